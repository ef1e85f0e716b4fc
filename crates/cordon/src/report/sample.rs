//! Made-up detections that the tests of this room share: a few for golden files, a hospital's bad morning for the report, and one in
//! which every text is hostile. Nothing here is real.

use std::{path::PathBuf, sync::Arc};

use cordon_model::{Correlation, Detection, Level, Match, RuleInfo, Timestamp};

use super::{Findings, ScanStats, UnloadedRule, Unread};

/// `minute` minutes after the morning began.
fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2024-03-01T07:58:12Z".parse().unwrap();
    Timestamp(start.0 + minute * 60_000_000 + 417_000)
}

fn rule(number: u32, level: Level, title: &str, tags: &[&str], description: &str, false_positive: &str) -> Arc<RuleInfo> {
    Arc::new(RuleInfo {
        id: format!("0f0e0d0c-0000-4000-8000-{number:012}"),
        title: title.to_owned(),
        level,
        tags: tags.iter().map(|tag| format!("attack.{tag}")).collect(),
        description: description.to_owned(),
        author: "Cordon".to_owned(),
        references: vec!["https://attack.mitre.org/".to_owned(), "javascript:alert(1)".to_owned()],
        false_positives: vec![false_positive.to_owned()],
        file: format!("windows/rule_{number}.yml"),
        line: 1,
    })
}

struct Kind {
    rule: Arc<RuleInfo>,
    channel: &'static str,
    provider: &'static str,
    event_id: u32,
    image: &'static str,
    command: &'static str,
    part: &'static str,
}

fn kinds() -> Vec<Kind> {
    use Level::{Critical, High, Informational, Low, Medium};
    let sysmon = ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon");
    let kind = |rule, (channel, provider), event_id, image, command, part| Kind {
        rule,
        channel,
        provider,
        event_id,
        image,
        command,
        part,
    };
    vec![
        kind(
            rule(
                1,
                Critical,
                "Shadow copies deleted",
                &["impact", "t1490"],
                "Deletes the copies from which files could be restored, as ransomware does just before it encrypts.",
                "Backup software that manages its own shadow copies",
            ),
            sysmon,
            1,
            r"C:\Windows\System32\vssadmin.exe",
            "vssadmin.exe Delete Shadows /All /Quiet",
            "Delete Shadows",
        ),
        kind(
            rule(
                2,
                Critical,
                "LSASS memory written to a file",
                &["credential-access", "t1003.001"],
                "Passwords and hashes of everyone who is logged on can be read from such a file.",
                "Crash dumps taken by support staff",
            ),
            sysmon,
            1,
            r"C:\Windows\System32\rundll32.exe",
            r"rundll32.exe C:\windows\System32\comsvcs.dll, MiniDump 624 C:\ProgramData\l.dmp full",
            "comsvcs.dll, MiniDump",
        ),
        kind(
            rule(
                3,
                High,
                "Service installed from an administrative share",
                &["lateral-movement", "execution", "t1021.002", "t1569.002"],
                "A service whose program was just copied over the network: how worms and PsExec run code on the next machine.",
                "Software distribution by push",
            ),
            ("System", "Service Control Manager"),
            7045,
            r"%SystemRoot%\mssecsvc.exe",
            r"\\127.0.0.1\ADMIN$\mssecsvc.exe -m security",
            "ADMIN$",
        ),
        kind(
            rule(
                4,
                High,
                "Defender protection switched off",
                &["defense-impairment", "t1685"],
                "Real-time protection was turned off by command.",
                "Administrators during troubleshooting",
            ),
            ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell"),
            4104,
            r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
            "Set-MpPreference -DisableRealtimeMonitoring $true",
            "-DisableRealtimeMonitoring",
        ),
        kind(
            rule(
                5,
                High,
                "Encoded PowerShell command",
                &["execution", "stealth", "t1059.001", "t1027.010"],
                "The command line hides what it does.",
                "Some management agents",
            ),
            sysmon,
            1,
            r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
            "powershell.exe -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0ATwBiAGoAZQBjAHQAIABOAGUAdAAuAFcAZQBiAEMAbABpAGUAbgB0ACkA",
            "-enc",
        ),
        kind(
            rule(
                6,
                Medium,
                "Domain groups listed",
                &["discovery", "t1069.002", "t1087.002"],
                "Looks for who has power in the domain.",
                "Inventory scripts",
            ),
            sysmon,
            1,
            r"C:\Windows\System32\net.exe",
            "net group \"Domain Admins\" /domain",
            "Domain Admins",
        ),
        kind(
            rule(
                7,
                Medium,
                "Scheduled task made from the command line",
                &["persistence", "execution", "t1053.005"],
                "A task that starts a program again later.",
                "Installers",
            ),
            sysmon,
            1,
            r"C:\Windows\System32\schtasks.exe",
            r"schtasks /create /sc minute /mo 5 /tn Updater /tr C:\ProgramData\u.exe",
            "/create",
        ),
        kind(
            rule(
                8,
                Low,
                "Failed logon with an unknown account",
                &["credential-access", "t1110.003"],
                "One among many is a typing error; many are a spray.",
                "Typing errors",
            ),
            ("Security", "Microsoft-Windows-Security-Auditing"),
            4625,
            "-",
            "",
            "",
        ),
        kind(
            rule(
                9,
                Informational,
                "Remote desktop session",
                &["lateral-movement", "t1021.001", "t9999"],
                "Someone logged on over the network.",
                "Daily work",
            ),
            ("Security", "Microsoft-Windows-Security-Auditing"),
            4624,
            "-",
            "",
            "",
        ),
    ]
}

fn detection(kind: &Kind, host: &str, minute: i64, number: u64) -> Detection {
    let logon = kind.event_id == 4624 || kind.event_id == 4625;
    let mut fields = vec![
        ("EventID".to_owned(), kind.event_id.to_string()),
        ("Provider_Name".to_owned(), kind.provider.to_owned()),
        ("Channel".to_owned(), kind.channel.to_owned()),
        ("Computer".to_owned(), host.to_owned()),
    ];
    let matched = if logon {
        fields.extend([
            ("TargetUserName".to_owned(), format!("user{}", number % 17)),
            ("LogonType".to_owned(), "10".to_owned()),
            ("IpAddress".to_owned(), format!("192.0.2.{}", number % 250)),
        ]);
        vec![Match { field: "LogonType".into(), value: "10".into(), ranges: vec![] }]
    } else {
        fields.extend([
            ("Image".to_owned(), kind.image.to_owned()),
            ("CommandLine".to_owned(), kind.command.to_owned()),
            ("ProcessId".to_owned(), (4000 + number).to_string()),
            ("ParentImage".to_owned(), r"C:\Windows\System32\cmd.exe".to_owned()),
            ("User".to_owned(), r"TRUST\svc-imaging".to_owned()),
            ("Hashes".to_owned(), "SHA256=E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855".to_owned()),
        ]);
        let name = kind.image.rfind('\\').map_or(0, |slash| slash);
        let start = kind.command.find(kind.part).unwrap();
        vec![
            Match { field: "Image".into(), value: kind.image.into(), ranges: vec![(name, kind.image.len())] },
            Match { field: "CommandLine".into(), value: kind.command.into(), ranges: vec![(start, start + kind.part.len())] },
        ]
    };
    let members: Vec<String> = fields.iter().map(|(name, value)| format!("{name:?}:{value:?}")).collect();
    Detection {
        rule: Arc::clone(&kind.rule),
        time: Some(at(minute)),
        host: host.to_owned(),
        source: format!("{}.zip/{}.evtx", host.to_lowercase(), kind.channel.rsplit('-').next().unwrap().replace('/', "%4"))
            .into(),
        offset: 4096 + 65_536 * (number / 7) + 512 * (number % 7),
        record_id: Some(1000 + number),
        channel: kind.channel.to_owned(),
        provider: kind.provider.to_owned(),
        event_id: Some(kind.event_id),
        matched,
        fields,
        raw: format!("{{{}}}", members.join(",")),
        correlation: None,
    }
}

fn correlation(host: &str, minute: i64) -> Detection {
    let kinds = kinds();
    let mut found = detection(&kinds[7], host, minute, 77);
    found.rule = rule(
        20,
        Level::Critical,
        "Many failed logons, then a remote session",
        &["credential-access", "lateral-movement", "t1110.003", "t1021.001"],
        "A password was guessed and then used.",
        "A forgotten password",
    );
    found.correlation = Some(Correlation {
        group: vec![("IpAddress".into(), "192.0.2.77".into()), ("TargetUserName".into(), "svc-imaging".into())],
        first: at(minute - 9),
        value: 42.0,
        rules: vec![(Arc::clone(&kinds[7].rule), 41), (Arc::clone(&kinds[8].rule), 1)],
    });
    found
}

/// Four detections of different kinds, for golden files.
pub(crate) fn few() -> Vec<Detection> {
    let kinds = kinds();
    let mut bare = detection(&kinds[8], "", 3, 4);
    (bare.time, bare.record_id, bare.matched) = (None, None, vec![]);
    vec![
        detection(&kinds[0], "PACS-01.trust.example", 0, 1),
        detection(&kinds[4], "WARD7-PC12", 1, 2),
        correlation("DC-01", 9),
        bare,
    ]
}

/// A few hundred detections on ten hosts: a spray, a foothold, then ransomware.
pub(crate) fn many() -> Vec<Detection> {
    let kinds = kinds();
    let hosts = [
        "PACS-01.trust.example",
        "DC-01.trust.example",
        "WARD7-PC12",
        "WARD7-PC14",
        "PHARMACY-03",
        "ED-TRIAGE-2",
        "THEATRE-HL7",
        "FILE-02",
        "RECEPTION-1",
        "LAB-LIMS",
    ];
    let mut detections = Vec::new();
    for number in 0..180_u64 {
        detections.push(detection(&kinds[7], hosts[1 + (number % 2) as usize], (number / 9) as i64, number));
    }
    for number in 0..60_u64 {
        detections.push(detection(&kinds[8], hosts[(number % 10) as usize], 2 * number as i64, 300 + number));
    }
    detections.push(correlation(hosts[1], 22));
    for (wave, minute) in [(5, 25), (4, 26), (6, 31), (3, 40), (2, 44), (1, 47), (3, 58), (0, 75)] {
        let spread = [2, 2, 3, 6, 4, 3, 9, 7][(minute % 8) as usize];
        for number in 0..spread * 2 {
            let host = hosts[(number as usize * 3 + wave) % hosts.len()];
            detections.push(detection(&kinds[wave], host, minute + (number / 2) as i64, 500 + 10 * minute as u64 + number));
        }
    }
    detections
}

/// One detection in which every text tries something.
pub(crate) fn hostile() -> Detection {
    let markup = "</script></style></title><script>alert('x')</script><img src=x onerror=alert(1)>\"'`&amp;";
    let steering = "\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}gpj.exe\u{2066}\u{feff}\r\n\u{2028}\u{e0041}";
    let text = format!("=cmd|' /C calc'!A0 {markup}{steering}");
    let long = "A\u{202e}<b>".repeat(130_000);
    let rule = RuleInfo {
        id: text.clone(),
        title: text.clone(),
        level: Level::High,
        tags: vec![
            text.clone(),
            "attack.t<script>".into(),
            "attack.t1059<b>".into(),
            "attack.t1059.001".into(),
            "attack.execution".into(),
        ],
        description: text.clone(),
        author: text.clone(),
        references: vec!["javascript:alert(1)".into(), format!("https://example.invalid/{markup}"), text.clone()],
        false_positives: vec![text.clone()],
        file: text.clone(),
        line: u32::MAX,
    };
    Detection {
        rule: Arc::new(rule),
        time: Some(Timestamp(i64::MAX)),
        host: text.clone(),
        source: text.clone().into(),
        offset: u64::MAX,
        record_id: Some(u64::MAX),
        channel: text.clone(),
        provider: text.clone(),
        event_id: Some(u32::MAX),
        matched: vec![
            Match {
                field: text.clone(),
                value: long.clone(),
                ranges: vec![(0, 1), (2, 3), (5, 4), (7, usize::MAX), (1_000, 1_003)],
            },
            Match { field: String::new(), value: text.clone(), ranges: vec![(20, 28), (0, 5), (3, 9)] },
        ],
        fields: vec![
            (text.clone(), long.clone()),
            ("Data".into(), "first".into()),
            ("Data".into(), "second".into()),
            (String::new(), markup.into()),
        ],
        raw: long,
        correlation: Some(Correlation {
            group: vec![(text.clone(), text)],
            first: Timestamp(i64::MIN),
            value: f64::NAN,
            rules: vec![],
        }),
    }
}

/// The bad morning, collected.
pub(crate) fn findings() -> Findings {
    let mut findings = Findings::default();
    many().into_iter().for_each(|detection| findings.add(detection));
    findings
}

/// Figures to go with it.
pub(crate) fn stats() -> ScanStats {
    let mut stats = ScanStats {
        started: Some("2024-03-01T12:00:00Z".parse().unwrap()),
        options: vec![("inputs".into(), "evidence/".into()), ("--min-level".into(), "informational".into())],
        files: 42,
        bytes: 3_210_000_000,
        events: 4_812_345,
        rules: 2412,
        threads: 2,
        wall: std::time::Duration::from_millis(9_870),
        cpu: Some(std::time::Duration::from_millis(18_910)),
        version: "0.1.0".into(),
        ..ScanStats::default()
    };
    stats.saw("2024-02-28T00:00:04Z".parse().unwrap());
    stats.saw(at(130));
    stats.unread.push(Unread {
        source: "ward7-pc14.zip/Security.evtx".into(),
        offset: Some(1_118_208),
        reason: "chunk checksum does not match; the chunk was read as far as it goes".into(),
    });
    stats.unread.push(Unread {
        source: "notes.docx".into(),
        offset: None,
        reason: "not a log that Cordon knows; name its format with --format".into(),
    });
    stats.unloaded.push(UnloadedRule {
        file: "local/vendor.yml".into(),
        line: 14,
        title: Some("Vendor tool".into()),
        reason: "condition names `selection2`, which is not defined".into(),
    });
    stats
}

/// Writes what a test made to the folder that `CORDON_SAMPLE_DIR` names, to be looked at or validated; does nothing without it.
pub(crate) fn save(name: &str, bytes: &[u8]) {
    if let Some(folder) = std::env::var_os("CORDON_SAMPLE_DIR") {
        std::fs::write(PathBuf::from(folder).join(name), bytes).unwrap();
    }
}
