//! How a value is rewritten to the form that stock rules expect, which is the form that Sysmon writes.
//!
//! Forms work on the text of a value, after decoding. Each leaves alone what it does not know, or answers with an empty
//! text where its doc says so; [`Alias::text`](crate::Alias::text) takes that for "no value".

use std::borrow::Cow;

/// A way to rewrite the text of a value; named in the taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As it is.
    #[default]
    Plain,
    /// `0x1a4` becomes `420`: Security 4688 writes process ids so, Sysmon in decimal.
    HexToDecimal,
    /// `\REGISTRY\MACHINE\…` becomes `HKLM\…`, `\REGISTRY\USER\…` becomes `HKU\…`, and below `HKLM\SYSTEM` a numbered
    /// control set becomes `CurrentControlSet`, as Sysmon writes keys.
    RegistryHive,
    /// A registry value with its type before it, `%%1876 4`, becomes `DWORD (0x00000004)` and so on, as Sysmon writes
    /// the data of values. Empty for a type that is not known.
    RegistryValue,
    /// `%%1905` becomes `SetValue` and so on: operations of Security 4657 as Sysmon names them.
    RegistryOperation,
    /// `S-1-16-12288` becomes `High` and so on: mandatory labels as Sysmon writes integrity levels.
    IntegrityLevel,
    /// `S-1-5-18` becomes `NT AUTHORITY\SYSTEM` and so on: the accounts that Security events name by the machine's
    /// account instead. Empty for any other account.
    ServiceAccount,
    /// `0x0` becomes empty: the logon id that Security events write for "no other logon".
    NonZero,
    /// `SOFTWARE.EXE` in `C:\…\SOFTWARE.EXE`: only what stands behind the last backslash or slash.
    Basename,
    /// `\Device\HarddiskVolume2\…` becomes `C:\…`: the filtering platform writes paths of the kernel. The drive letter
    /// is not in the record; system volumes are nearly always `C:`.
    DevicePath,
    /// `%%14593` (outbound) becomes `true`, `%%14592` (inbound) `false`: whether this host opened the connection.
    Initiated,
    /// `6` becomes `tcp`, `17` becomes `udp`.
    IpProtocol,
    /// `example.com.` becomes `example.com`: DNS servers write names with the root's dot.
    DnsName,
    /// `16` becomes `TXT` and so on: types of DNS records by name.
    DnsType,
    /// NUL characters become spaces: auditd parts the arguments of a process title so.
    NulToSpace,
}

impl Form {
    /// Rewrites `text`, which is the text of a value, to this form.
    pub fn apply(self, text: Cow<'_, str>) -> Cow<'_, str> {
        match self {
            Self::Plain => text,
            Self::HexToDecimal => match number_with_prefix(&text) {
                Some(number) => Cow::Owned(number.to_string()),
                None => text,
            },
            Self::RegistryHive => registry_hive(&text).map_or(text, Cow::Owned),
            Self::RegistryValue => Cow::Owned(registry_value(&text)),
            Self::RegistryOperation => registry_operation(&text).map_or(text, Cow::Borrowed),
            Self::IntegrityLevel => integrity_level(&text).map_or(text, Cow::Borrowed),
            Self::ServiceAccount => Cow::Borrowed(service_account(&text)),
            Self::NonZero if number_with_prefix(&text) == Some(0) => Cow::Borrowed(""),
            Self::NonZero => text,
            Self::Basename => match text.rfind(['\\', '/']) {
                Some(at) => Cow::Owned(text[at + 1..].to_owned()),
                None => text,
            },
            Self::DevicePath => device_path(&text).map_or(text, Cow::Owned),
            Self::Initiated => initiated(&text).map_or(text, Cow::Borrowed),
            Self::IpProtocol => ip_protocol(&text).map_or(text, Cow::Borrowed),
            Self::DnsName => match text.strip_suffix('.').filter(|name| !name.is_empty()) {
                Some(name) => Cow::Owned(name.to_owned()),
                None => text,
            },
            Self::DnsType => dns_type(&text).map_or(text, Cow::Borrowed),
            Self::NulToSpace if text.contains('\0') => Cow::Owned(text.trim_end_matches('\0').replace('\0', " ")),
            Self::NulToSpace => text,
        }
    }
}

fn number_with_prefix(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?, 16).ok()
}

/// `text` without `prefix`, compared without regard to case.
fn strip_prefix_any_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Source: Sysmon's documentation, "Event ID 12: RegistryEvent", abbreviations of root keys.
fn registry_hive(key: &str) -> Option<String> {
    const HIVES: [(&str, &str); 2] = [("\\REGISTRY\\MACHINE", "HKLM"), ("\\REGISTRY\\USER", "HKU")];
    let (hive, rest) = HIVES.iter().find_map(|(kernel, short)| {
        let rest = strip_prefix_any_case(key, kernel)?;
        (rest.is_empty() || rest.starts_with('\\')).then_some((*short, rest))
    })?;
    let Some(numbered) = (hive == "HKLM").then(|| strip_prefix_any_case(rest, "\\SYSTEM\\ControlSet")).flatten() else {
        return Some(format!("{hive}{rest}"));
    };
    let digits = numbered.bytes().take_while(u8::is_ascii_digit).count();
    match &numbered[digits..] {
        below if digits == 3 && (below.is_empty() || below.starts_with('\\')) => {
            Some(format!("{hive}\\SYSTEM\\CurrentControlSet{below}"))
        }
        _ => Some(format!("{hive}{rest}")),
    }
}

/// `text` is the type, a space and the data; nothing behind the type means empty data.
/// Source: the message table of the Security log (msobjs.dll), 1872 to 1883; Sysmon 13 as recorded.
fn registry_value(text: &str) -> String {
    let (kind, data) = text.split_once(' ').unwrap_or((text, ""));
    match kind {
        "%%1873" | "%%1874" | "%%1879" if data.is_empty() => "(Empty)".to_owned(),
        "%%1873" | "%%1874" | "%%1879" => data.to_owned(),
        "%%1875" => "Binary Data".to_owned(),
        "%%1876" => match number(data) {
            Some(number) => format!("DWORD (0x{number:08x})"),
            None => data.to_owned(),
        },
        "%%1883" => match number(data) {
            Some(number) => format!("QWORD (0x{:08x}-0x{:08x})", number >> 32, number & 0xffff_ffff),
            None => data.to_owned(),
        },
        _ => String::new(),
    }
}

fn number(text: &str) -> Option<u64> {
    number_with_prefix(text).or_else(|| text.parse().ok())
}

/// Source: the message table of the Security log, 1904 to 1906, and its English text.
fn registry_operation(text: &str) -> Option<&'static str> {
    match text {
        "%%1904" | "%%1905" | "New registry value created" | "Existing registry value modified" => Some("SetValue"),
        "%%1906" | "Registry value deleted" => Some("DeleteValue"),
        _ => None,
    }
}

/// Source: Windows SDK, winnt.h, SECURITY_MANDATORY_*_RID.
fn integrity_level(label: &str) -> Option<&'static str> {
    match label {
        "S-1-16-0" => Some("Untrusted"),
        "S-1-16-4096" => Some("Low"),
        "S-1-16-8192" => Some("Medium"),
        "S-1-16-8448" => Some("Medium Plus"),
        "S-1-16-12288" => Some("High"),
        "S-1-16-16384" => Some("System"),
        "S-1-16-20480" => Some("Protected Process"),
        _ => None,
    }
}

/// Source: \[MS-DTYP\] §2.4.2.4, well-known SIDs.
fn service_account(sid: &str) -> &'static str {
    match sid {
        "S-1-5-18" => "NT AUTHORITY\\SYSTEM",
        "S-1-5-19" => "NT AUTHORITY\\LOCAL SERVICE",
        "S-1-5-20" => "NT AUTHORITY\\NETWORK SERVICE",
        _ => "",
    }
}

fn device_path(path: &str) -> Option<String> {
    let rest = strip_prefix_any_case(path, "\\Device\\HarddiskVolume")?;
    let at = rest.find('\\')?;
    (at > 0 && rest[..at].bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("C:{}", &rest[at..]))
}

/// Source: the message table of the Security log, 14592 and 14593, and its English text.
fn initiated(direction: &str) -> Option<&'static str> {
    match direction {
        "%%14593" | "Outbound" => Some("true"),
        "%%14592" | "Inbound" => Some("false"),
        _ => None,
    }
}

/// Source: IANA, "Protocol Numbers". Sysmon knows these two only.
fn ip_protocol(number: &str) -> Option<&'static str> {
    match number {
        "6" => Some("tcp"),
        "17" => Some("udp"),
        _ => None,
    }
}

/// Source: IANA, "Domain Name System (DNS) Parameters", resource record types.
fn dns_type(number: &str) -> Option<&'static str> {
    Some(match number {
        "1" => "A",
        "2" => "NS",
        "5" => "CNAME",
        "6" => "SOA",
        "10" => "NULL",
        "12" => "PTR",
        "15" => "MX",
        "16" => "TXT",
        "28" => "AAAA",
        "33" => "SRV",
        "64" => "SVCB",
        "65" => "HTTPS",
        "252" => "AXFR",
        "255" => "ANY",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(form: Form, text: &str) -> String {
        form.apply(Cow::Borrowed(text)).into_owned()
    }

    #[test]
    fn forms_rewrite_only_what_they_know() {
        assert_eq!(apply(Form::HexToDecimal, "0x1a4"), "420");
        assert_eq!(apply(Form::HexToDecimal, "420"), "420");
        assert_eq!(apply(Form::IntegrityLevel, "S-1-16-12288"), "High");
        assert_eq!(apply(Form::DevicePath, r"\device\harddiskvolume12\a.exe"), r"C:\a.exe");
        assert_eq!(apply(Form::DevicePath, r"\Device\Mup\server\share"), r"\Device\Mup\server\share");
        assert_eq!(apply(Form::Basename, r"C:\a\b.exe"), "b.exe");
        assert_eq!(apply(Form::Initiated, "%%14593"), "true");
        assert_eq!(apply(Form::IpProtocol, "58"), "58");
        assert_eq!(apply(Form::NonZero, "0x3e7"), "0x3e7");
        assert_eq!(apply(Form::DnsName, "example.com."), "example.com");
        assert_eq!(apply(Form::DnsName, "."), ".");
        assert_eq!(apply(Form::DnsType, "16"), "TXT");
        assert_eq!(apply(Form::NulToSpace, "cat\0/etc/shadow\0"), "cat /etc/shadow");
    }

    #[test]
    fn keys_are_written_as_sysmon_writes_them() {
        assert_eq!(apply(Form::RegistryHive, r"\REGISTRY\MACHINE\SOFTWARE\x"), r"HKLM\SOFTWARE\x");
        assert_eq!(apply(Form::RegistryHive, r"\Registry\User\S-1-5-18\x"), r"HKU\S-1-5-18\x");
        assert_eq!(apply(Form::RegistryHive, r"\REGISTRY\MACHINERY"), r"\REGISTRY\MACHINERY");
        assert_eq!(
            apply(Form::RegistryHive, r"\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services"),
            r"HKLM\SYSTEM\CurrentControlSet\Services"
        );
        assert_eq!(apply(Form::RegistryHive, r"\REGISTRY\MACHINE\SYSTEM\ControlSet01x\y"), r"HKLM\SYSTEM\ControlSet01x\y");
        assert_eq!(apply(Form::RegistryHive, r"\REGISTRY\USER\SYSTEM\ControlSet001"), r"HKU\SYSTEM\ControlSet001");
    }

    #[test]
    fn registry_data_is_written_as_sysmon_writes_it() {
        assert_eq!(apply(Form::RegistryValue, "%%1876 4"), "DWORD (0x00000004)");
        assert_eq!(apply(Form::RegistryValue, "%%1883 4294967297"), "QWORD (0x00000001-0x00000001)");
        assert_eq!(apply(Form::RegistryValue, r"%%1873 C:\a b.exe"), r"C:\a b.exe");
        assert_eq!(apply(Form::RegistryValue, "%%1874"), "(Empty)");
        assert_eq!(apply(Form::RegistryValue, "%%1875 0A"), "Binary Data");
        assert_eq!(apply(Form::RegistryValue, "%%1876 many"), "many");
        assert_eq!(apply(Form::RegistryValue, "%%1872 x"), "");
    }

    #[test]
    fn only_service_accounts_are_named_by_their_sid() {
        assert_eq!(apply(Form::ServiceAccount, "S-1-5-18"), "NT AUTHORITY\\SYSTEM");
        assert_eq!(apply(Form::ServiceAccount, "S-1-5-21-1-2-3-500"), "");
    }

    #[test]
    fn text_beyond_ascii_is_not_cut_apart() {
        for form in [Form::RegistryHive, Form::DevicePath, Form::RegistryValue, Form::Basename] {
            apply(form, "\\REGISTRY\\MACHIN\u{e9}\\\u{1f600}");
            apply(form, "\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}\u{1f600}");
        }
    }
}
