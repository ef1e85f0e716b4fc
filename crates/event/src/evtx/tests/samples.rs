//! Logs that the project writes itself, with every type of value.

use cordon_fixtures::{Data, EvtxWriter, RecordSpec};
use cordon_model::Timestamp;

/// 2017-05-12T08:24:00Z.
const START: Timestamp = Timestamp(1_494_577_440_000_000);

/// A log of `count` records of four shapes, over several chunks when there are more than about 150.
pub(super) fn log(count: usize) -> Vec<u8> {
    let mut writer = EvtxWriter::new();
    (0..count).for_each(|index| writer.write(&record(index)));
    assert_eq!(writer.left_out(), 0);
    writer.finish()
}

/// The record of that number.
pub(super) fn record(index: usize) -> RecordSpec {
    let system = RecordSpec {
        time: Timestamp(START.0 + index as i64 * 1_234_567),
        channel: "Security".into(),
        provider: "Microsoft-Windows-Security-Auditing".into(),
        provider_guid: [0x25, 0x96, 0x84, 0x54, 0x78, 0x54, 0x94, 0x49, 0xa5, 0xba, 0x3e, 0x3b, 0x03, 0x28, 0xc3, 0x0d],
        event_id: 4000 + (index % 4) as u16,
        version: 2,
        task: 12_544,
        keywords: 0x8020_0000_0000_0000,
        computer: "WARD7-WS-003.example.org".into(),
        process_id: 876,
        thread_id: 928 + index as u32 % 7,
        ..RecordSpec::default()
    };
    match index % 4 {
        0 => system
            .with("SubjectUserName", format!("user{}", index % 11))
            .with("CommandLine", r#"vssadmin.exe  delete shadows /all /quiet & echo "<done>""#)
            .with("Unicode", "grüße 😀 \u{202e}gpj.exe")
            .with("Empty", "")
            .with("Missing", Data::Null)
            .with("LogonType", Data::U32(3))
            .with("LogonId", Data::Hex64(0x3e7))
            .with("Status", Data::Hex32(0xc000_006d))
            .with("Elevated", Data::Bool(true)),
        1 => RecordSpec { user: Some("S-1-5-18".into()), ..system }
            .with("ProcessGuid", Data::Guid([7; 16]))
            .with("Started", Data::Time(START))
            .with("UserSid", Data::Sid("S-1-5-21-1004336348-1177238915-682003330-512".into()))
            .with("Signed", Data::I32(-5))
            .with("Byte", Data::U8(200))
            .with("Port", Data::U16(445))
            .with("Wide", Data::U64(u64::MAX))
            .with("Hashes", Data::Binary(vec![0xde, 0xad, 0xbe, 0xef])),
        2 => RecordSpec { qualifiers: Some(16_384), ..system }
            .with("", "first")
            .with("", "second")
            .with("List", Data::Texts(vec!["a".into(), "b".into(), "c".into()])),
        _ => RecordSpec { user_data: Some("LogFileCleared".into()), ..system }
            .with("SubjectUserName", "clerk")
            .with("BackupPath", "C:\\backup"),
    }
}
