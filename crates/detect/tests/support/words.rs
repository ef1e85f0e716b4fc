//! What random rules and events are made of: few words, so that they often match.

#[rustfmt::skip]
pub const FIELDS: [&str; 22] = [
    "A", "A", "A", "B", "B", "Image", "Image", "CommandLine", "ProcessId", "NewProcessId", "NewProcessName", "User",
    "SubjectUserName", "SubjectDomainName", "TargetUserSid", "LogonId", "SubjectLogonId", "Protocol", "ObjectType",
    "ProcessName", "Time", "Address",
];

/// Fields that tell the kind.
#[rustfmt::skip]
pub const CONSTANTS: [&str; 3] = [
    "EventID", "Channel", "Provider_Name",
];

/// Values of placeholders.
#[rustfmt::skip]
pub const PLACEHOLDERS: [(&str, &[&str]); 2] = [
    ("p", &["a", "*b", "cmd"]), ("q.q", &["7"]),
];

/// Minute, hour, day, week, month and year.
pub type TimeParts = Option<[i64; 6]>;

#[rustfmt::skip]
pub const TIMES: [(&str, TimeParts); 9] = [
    ("2017-05-12T08:24:00Z", Some([24, 8, 12, 19, 5, 2017])),
    ("2017-05-12T10:24:00+02:00", Some([24, 8, 12, 19, 5, 2017])),
    ("2016-01-03 00:00:00", Some([0, 0, 3, 53, 1, 2016])),
    ("2021-12-31T23:59:59.5Z", Some([59, 23, 31, 52, 12, 2021])),
    ("2024-12-30T12:00:00Z", Some([0, 12, 30, 1, 12, 2024])),
    ("1494577440", Some([24, 8, 12, 19, 5, 2017])),
    ("1494577440000", Some([24, 8, 12, 19, 5, 2017])),
    ("soon", None),
    ("", None),
];

#[rustfmt::skip]
pub const PIECES: [&str; 33] = [
    "a", "a", "a", "b", "b", "A", "B", "ab", "AB", "é", "É", "ß", " ", " ", "-", "-a", "/", "/a", "\u{2013}b", "\\", "\\",
    "\\cmd.exe", "cmd", ".exe", "0", "1", "7", "_", "*", "?", "%", "\"", "<&",
];

/// Characters that engines disagree about, so that only the plain evaluation judges them.
#[rustfmt::skip]
pub const RARE: [&str; 4] = [
    "\u{212a}", "İ", "\n", "ς",
];

/// Keywords, as rules have them; [`PIECES_OF_LONG`] put next to each other give them.
#[rustfmt::skip]
pub const LONG: [&str; 12] = [
    "kabcd", "icmd x", "abc\\\\def", "needle", "xyz*needle", "é-needle", "s-1-5-18", "x?needle", "4688", "6a020000",
    "KIABC", "\"needle<&",
];

#[rustfmt::skip]
pub const PIECES_OF_LONG: [&str; 20] = [
    "k", "abcd", "i", "cmd x", "ABC", "\\", "DEF", "nee", "dle", "NEEDLE", "xyz", "é-", "É-", "x", "x é", "\u{212a}", "İ",
    "\"", "<&", "kiabc",
];

#[rustfmt::skip]
pub const NUMBERS: [&str; 20] = [
    "0", "1", "7", "-1", "42", "4688", "4624", "3", "1.5", "1e0", "007", "+7", "0x7", "0x1a4", "420", "1.", ".5", "inf",
    "-inf", "nan",
];

#[rustfmt::skip]
pub const WORDS: [&str; 12] = [
    "true", "FALSE", "yes", "no", "-", "S-1-5-18", "6", "17", "File", "file", "NT AUTHORITY\\SYSTEM", "WARD\\nurse",
];

#[rustfmt::skip]
pub const ADDRESSES: [&str; 8] = [
    "192.0.2.1", "192.0.2.200", "198.51.100.7", "2001:db8::1", "2001:DB8:0::2", "::ffff:192.0.2.1", "192.0.2.1 ",
    "203.0.113.255",
];

#[rustfmt::skip]
pub const SECRETS: [&str; 5] = [
    "ab", "cmd", "-a", "é", "abcabc",
];

/// Pieces of rules' texts as authors write them.
#[rustfmt::skip]
pub const WRITTEN: [&str; 25] = [
    "a", "a", "b", "A", "AB", "é", "É", "k", "i", "ß", "Σ", " ", "-a", "-", "/a", "\\cmd.exe", "cmd", ".exe", "0", "7",
    "\\*", "\\?", "\\\\", "\\", "_",
];

/// The same, with wildcards.
#[rustfmt::skip]
pub const WILD: [&str; 8] = [
    "*", "*", "?", "a", "b", "cmd", "-a", "\\cmd",
];
