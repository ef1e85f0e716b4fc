//! Event XML, syslog, the audit log and lines of text, from their bytes to fields.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use cordon_event::{Format, LogKind, ReadOptions};
use support::{Seen, at, read, read_one, read_with};

const EVENT: &str = r#"<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{G}'/><EventID Qualifiers='0'>1</EventID><Version>5</Version><TimeCreated SystemTime='2024-05-12T08:24:00.500000000Z'/><EventRecordID>77</EventRecordID><Correlation/><Execution ProcessID='12' ThreadID='34'/><Channel>C</Channel><Computer>ward7</Computer><Security UserID='S-1-5-18'/></System><EventData><Data Name='Image'>C:\a &amp; b.exe</Data><Data Name='Empty'></Data><Data Name='Null'/><Data>x</Data><Data>y</Data></EventData><RenderingInfo Culture='en-GB'><Message>Text</Message><Level>Information</Level></RenderingInfo></Event>"#;

#[test]
fn event_xml_has_system_and_data_fields() {
    let event = read_one(EVENT);
    assert_eq!((event.format, event.time.as_deref()), (Format::Windows, Some("2024-05-12T08:24:00.500Z")));
    assert_eq!((event.event_id, event.record_id), (Some(1), Some(77)));
    assert_eq!([&*event.channel, &*event.provider, &*event.computer], ["C", "Microsoft-Windows-Sysmon", "ward7"]);
    assert_eq!(
        event.line(),
        "Provider_Name=Microsoft-Windows-Sysmon Provider_Guid={G} Qualifiers=0 EventID=1 Version=5 \
         SystemTime=2024-05-12T08:24:00.500000000Z EventRecordID=77 ProcessID=12 ThreadID=34 Channel=C Computer=ward7 \
         UserID=S-1-5-18 Image=C:\\a & b.exe Empty= Null=null Data=x Data=y Message=Text"
    );
    assert_eq!(event.raw, EVENT);
}

#[test]
fn event_xml_may_stand_in_a_root_on_many_lines_and_in_utf_16() {
    let pretty = EVENT.replace("><", ">\r\n  <");
    let in_root = format!(
        "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<!-- export -->\r\n<Events>\r\n{pretty}\r\n{EVENT}\r\n</Events>\r\n"
    );
    let wide: Vec<u8> = format!("\u{feff}{in_root}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for log in [in_root.as_bytes(), &wide] {
        let harvest = read(log);
        assert_eq!((harvest.kind, harvest.problems.as_slice(), harvest.events.len()), (Some(LogKind::Xml), &[][..], 2));
        assert_eq!(harvest.events[0].line().replace("Empty=\r\n  ", "Empty="), harvest.events[1].line());
        assert_eq!(harvest.events[1].line(), read_one(EVENT).line());
    }
}

#[test]
fn user_data_quotes_cdata_and_references_are_read() {
    let event = read_one(
        "<e:Event xmlns:e=\"x\"><System><Provider Name=\"a'b\"/><EventID>1</EventID></System><UserData><n:Thing xmlns:n='y'>\
         <A>1<!-- -->2</A><B><![CDATA[<x>&amp;]]></B><C>&lt;&#65;&bogus;</C><D kind='k'/></n:Thing></UserData></e:Event>"
            .replace("e:", ""),
    );
    assert_eq!(event.line(), "Provider_Name=a'b EventID=1 A=12 B=<x>&amp; C=<A&bogus; kind=k");
}

#[test]
fn nothing_that_a_document_type_declares_is_expanded() {
    let bomb = format!(
        "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
        EVENT.replace("x</Data>", "&b;&f;</Data>")
    );
    let event = read_one(bomb);
    assert_eq!(event.field("Data"), "&b;&f;|y");
}

#[test]
fn broken_event_xml_costs_itself_only() {
    let cut = &EVENT[..EVENT.len() / 2];
    let log = format!("{EVENT}{cut}\n{EVENT}\nrubbish\n{}\n{EVENT}{cut}", EVENT.replacen("</System>", "</Sistem>", 1));
    let harvest = read(&log);
    assert_eq!(harvest.events.len(), 3);
    assert!(harvest.events.iter().all(|event| event.raw == EVENT));
    let reasons: Vec<_> = harvest.problems.iter().map(|problem| (problem.offset, problem.reason.as_str())).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert_eq!(reasons[0].0, EVENT.len() as u64);
}

#[test]
fn syslog_of_both_kinds_is_read() {
    let log = "<165>1 2024-05-12T08:24:00Z ward7 app 12 ID47 [ex@1 user=\"a\\\"b\" ip=\"192.0.2.7\"] \u{feff}hello\n\
               <38>May 12 09:24:00 ward7 sshd[99]: Accepted password\nfree text\n";
    let options = ReadOptions { received: at("2024-06-01T00:00:00Z"), ..ReadOptions::default() };
    let harvest = read_with(log.as_bytes(), &options);
    assert_eq!((harvest.kind, harvest.problems.len()), (Some(LogKind::Syslog), 0));
    let lines: Vec<_> = harvest.events.iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "hostname=ward7 program=app Provider_Name=app pid=12 msgid=ID47 facility=local4 severity=notice \
             ex@1.user=a\"b user=a\"b ex@1.ip=192.0.2.7 ip=192.0.2.7 message=hello",
            "hostname=ward7 program=sshd Provider_Name=sshd pid=99 facility=auth severity=info message=Accepted password",
            "message=free text",
        ]
    );
    let times: Vec<_> = harvest.events.iter().map(|event| event.time.as_deref()).collect();
    assert_eq!(times, [Some("2024-05-12T08:24:00Z"), Some("2024-05-12T09:24:00Z"), None]);
    assert_eq!((harvest.events[1].provider.as_str(), harvest.events[1].computer.as_str()), ("sshd", "ward7"));
}

#[test]
fn sysmon_for_linux_inside_syslog_is_the_windows_event_that_it_is() {
    let xml = EVENT.replace("Microsoft-Windows-Sysmon", "Linux-Sysmon").replace(">C<", ">Linux-Sysmon/Operational<");
    let line = format!(
        "May 12 09:24:00 ward7 sysmon: {}",
        xml.replacen(" xmlns='http://schemas.microsoft.com/win/2004/08/events/event'", "", 1)
    );
    let event = read_one(&line);
    assert_eq!((event.format, event.event_id, event.channel.as_str()), (Format::Windows, Some(1), "Linux-Sysmon/Operational"));
    assert_eq!((event.provider.as_str(), event.raw.as_str()), ("Linux-Sysmon", line.as_str()));
}

#[test]
fn audit_lines_of_one_serial_are_one_event() {
    let log = "type=SYSCALL msg=audit(1715502240.500:77): arch=c000003e syscall=59 a0=55 comm=\"sh\" exe=\"/bin/sh\" key=(null)\u{1d}ARCH=x86_64 SYSCALL=execve AUID=\"root\"\n\
               type=EXECVE msg=audit(1715502240.500:77): argc=3 a0=\"sh\" a1=\"-c\" a2=6964202D61\n\
               type=PROCTITLE msg=audit(1715502240.500:77): proctitle=7368002D63\n\
               node=ward7 type=USER_CMD msg=audit(1715502241.000:78): pid=5 msg='cwd=\"/root\" cmd=6C73202D6C res=success'\n";
    let harvest = read(log);
    assert_eq!((harvest.kind, harvest.problems.as_slice(), harvest.events.len()), (Some(LogKind::Auditd), &[][..], 2));
    let event = &harvest.events[0];
    assert_eq!((event.format, event.provider.as_str(), event.record_id), (Format::Auditd, "SYSCALL", Some(77)));
    assert_eq!(event.time.as_deref(), Some("2024-05-12T08:24:00.500Z"));
    assert_eq!([event.field("type"), event.field("a0"), event.field("a2")], ["SYSCALL|EXECVE|PROCTITLE", "55|sh", "id -a"]);
    assert_eq!([event.field("SYSCALL"), event.field("proctitle"), event.field("exe")], ["execve", "sh -c", "/bin/sh"]);
    assert_eq!(event.raw.lines().count(), 3);
    let event = &harvest.events[1];
    assert_eq!((event.computer.as_str(), event.provider.as_str()), ("ward7", "USER_CMD"));
    assert_eq!([event.field("cmd"), event.field("cwd"), event.field("res")], ["ls -l", "/root", "success"]);
}

#[test]
fn long_arguments_and_prefixes_of_syslog_are_read() {
    let log = "May 12 09:24:00 ward7 audispd: type=EXECVE msg=audit(1.0:1): argc=2 a0=\"sh\" a1_len=9 a1[0]=\"abc\" a1[1]=646566 a1[2]=\"ghi\"\n\
               ----\nnot audit\n";
    let harvest = read(log);
    assert_eq!((harvest.events.len(), harvest.events[0].field("a1")), (1, "abcdefghi".to_owned()));
    assert_eq!(harvest.problems.len(), 1, "{:?}", harvest.problems);
}

#[test]
fn lines_of_web_servers_have_the_fields_of_sigma() {
    let log = "192.0.2.7 - - [12/May/2024:08:24:00 +0000] \"GET /a.php?id=1 HTTP/1.1\" 404 5 \"https://www.example/\" \"agent/1\"\nsomething else\n";
    let harvest = read(log);
    assert_eq!(harvest.kind, Some(LogKind::Text));
    let event = &harvest.events[0];
    assert_eq!((event.format, event.time.as_deref()), (Format::Generic, Some("2024-05-12T08:24:00Z")));
    let fields =
        ["c-ip", "cs-method", "c-uri", "cs-uri-stem", "cs-uri-query", "sc-status", "cs-referer", "cs-user-agent", "c-useragent"];
    let expected = ["192.0.2.7", "GET", "/a.php?id=1", "/a.php", "id=1", "404", "https://www.example/", "agent/1", "agent/1"];
    assert_eq!(fields.map(|name| event.field(name)), expected);
    assert_eq!(harvest.events[1].line(), "message=something else");
}

#[test]
fn directive_of_w3c_holds_for_all_blocks_until_the_next() {
    let line = |at: usize| format!("2024-05-12 08:24:{:02} GET /a{at} - 200 agent+x", at % 60);
    let log = format!(
        "#Software: IIS\r\n#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)\r\n{}\r\n#Fields: date time sc-status\r\n2024-05-12 09:00:00 500\r\n",
        (0..50).map(line).collect::<Vec<_>>().join("\r\n")
    );
    for block_bytes in [64, 1 << 20] {
        let harvest = read_with(log.as_bytes(), &ReadOptions { block_bytes, ..ReadOptions::default() });
        assert_eq!(harvest.events.len(), 51);
        let event = &harvest.events[49];
        assert_eq!(event.time.as_deref(), Some("2024-05-12T08:24:49Z"));
        assert_eq!(
            [event.field("cs-uri-stem"), event.field("cs-uri-query"), event.field("cs-user-agent")],
            ["/a49", "null", "agent+x"]
        );
        assert_eq!(
            (harvest.events[50].field("sc-status"), harvest.events[50].field("cs-method")),
            ("500".to_owned(), String::new())
        );
    }
}

#[test]
fn hostile_repetition_costs_no_more_than_its_length() {
    let logs = [
        "<Event ><!--".repeat(200_000),
        "<Event x='".repeat(200_000),
        format!(
            "type=EXECVE msg=audit(1.0:1): a1[0]=\"x\"{}",
            (1..200_000).map(|at| format!(" a1[{at}]=\"x\"")).collect::<String>()
        ),
        format!("{{\"a\":1}}\n{{\n{}", "\"a\":[{},{\n".repeat(100_000)),
        "[{\"a\":[{},".repeat(100_000),
        format!("<34>1 - - - - - {}", "[a b=\"".repeat(200_000)),
    ];
    // Quadratic work would take hours.
    for log in logs {
        read(&log);
    }
}
