//! Every shape of JSON comes out under the names that Sigma rules use.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use cordon_event::Format;
use support::{read, read_one};

const TIME: &str = "2024-05-12T08:24:00.500Z";

#[test]
fn evtx_dump_tree_has_system_and_data_fields() {
    let event = read_one(
        r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Sysmon","Guid":"G"}},
        "EventID":{"#attributes":{"Qualifiers":0},"#text":1},"Version":5,"TimeCreated":{"#attributes":{"SystemTime":"2024-05-12T08:24:00.500000Z"}},
        "EventRecordID":77,"Correlation":null,"Execution":{"#attributes":{"ProcessID":12,"ThreadID":34}},
        "Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ward7.example","Security":{"#attributes":{"UserID":"S-1-5-18"}}},
        "EventData":{"Image":"C:\\a.exe","Hashes":null,"ProcessId":7}}}"##,
    );
    assert_eq!(event.format, Format::Windows);
    assert_eq!((event.time.as_deref(), event.event_id, event.record_id), (Some(TIME), Some(1), Some(77)));
    assert_eq!(event.channel, "Microsoft-Windows-Sysmon/Operational");
    assert_eq!((event.provider.as_str(), event.computer.as_str()), ("Microsoft-Windows-Sysmon", "ward7.example"));
    assert_eq!(
        event.line(),
        "Provider_Name=Microsoft-Windows-Sysmon Provider_Guid=G Qualifiers=0 EventID=1 Version=5 \
         SystemTime=2024-05-12T08:24:00.500000Z EventRecordID=77 ProcessID=12 ThreadID=34 \
         Channel=Microsoft-Windows-Sysmon/Operational Computer=ward7.example UserID=S-1-5-18 Image=C:\\a.exe Hashes=null ProcessId=7"
    );
    assert!(event.raw.starts_with("{\"Event\"") && event.raw.ends_with("}}}"));
}

#[test]
fn attributes_may_be_written_in_other_ways() {
    let expected = ("Security".to_owned(), "P".to_owned(), Some(4624), "7");
    for record in [
        r#"{"Event":{"System":{"Provider_attributes":{"Name":"P"},"EventID":4624,"Channel":"Security"},"EventData":{"LogonType":"7"}},"Event_attributes":{"xmlns":"x"}}"#,
        r##"{"Event":{"@xmlns":"x","System":{"Provider":{"@Name":"P"},"EventID":{"@Qualifiers":"","#text":"4624"},"Channel":"Security"},"EventData":{"Data":[{"@Name":"LogonType","#text":"7"}]}}}"##,
        r##"{"Event":{"System":{"Provider":{"@Name":"P"},"EventID":"4624","Channel":"Security"},"EventData":{"Data":[{"#text":"7","@Name":"LogonType"}]}}}"##,
        r#"{"System":{"Provider":{"Name":"P","Guid":""},"EventID":{"Value":4624},"Channel":"Security"},"EventData":{"LogonType":7}}"#,
        r#"{"_index":"i","_source":{"Event":{"System":{"Provider":{"Name":"P"},"EventID":4624,"Channel":"Security"},"UserData":{"A":{"LogonType":7}}}}}"#,
    ] {
        let event = read_one(record);
        let seen = (event.channel.clone(), event.provider.clone(), event.event_id, event.field("LogonType"));
        assert_eq!(seen, (expected.0.clone(), expected.1.clone(), expected.2, expected.3.to_owned()), "{record}");
    }
}

#[test]
fn data_without_a_name_is_repeated() {
    let event = read_one(r##"{"Event":{"System":{"EventID":1},"EventData":{"Data":{"#text":["a","b"]},"Binary":"00"}}}"##);
    assert_eq!((event.field("Data"), event.field("Binary")), ("a|b".to_owned(), "00".to_owned()));
    let event =
        read_one(r##"{"Event":{"System":{"EventID":1},"EventData":{"Data":["a",{"@Name":"b","#text":"c"},{"@Name":"d"}]}}}"##);
    assert_eq!((event.field("Data"), event.field("b"), event.field("d")), ("a".to_owned(), "c".to_owned(), "null".to_owned()));
}

#[test]
fn nxlog_names_become_those_of_the_system_part() {
    let event = read_one(
        r#"{"EventTime":"2024-05-12 09:24:00","@timestamp":"2024-05-12T08:24:00.500Z","Hostname":"ward7.example","Keywords":-9,"SeverityValue":2,
        "EventID":4688,"SourceName":"Microsoft-Windows-Security-Auditing","ProviderGuid":"{G}","Version":2,"RecordNumber":9,"ExecutionProcessID":4,
        "ThreadID":5,"Channel":"Security","Message":"A new \"process\"\r\n","NewProcessName":"C:\\b.exe","ProcessId":"0x4","tags":["a","b"],"host":"collector"}"#,
    );
    assert_eq!((event.format, event.time.as_deref()), (Format::Windows, Some(TIME)));
    assert_eq!((event.event_id, event.record_id, event.computer.as_str()), (Some(4688), Some(9), "ward7.example"));
    assert_eq!(event.field("Provider_Name"), "Microsoft-Windows-Security-Auditing");
    assert_eq!(
        (event.field("Computer"), event.field("ProcessID"), event.field("ProcessId")),
        ("ward7.example".into(), "4".into(), "0x4".into())
    );
    assert_eq!((event.field("Message"), event.field("tags")), ("A new \"process\"\r\n".into(), "a|b".into()));
}

#[test]
fn other_flat_shapes_are_windows_events_too() {
    for record in [
        r#"{"EventID":1,"Channel":"C","Provider_Name":"P","Computer":"H","Image":"i"}"#,
        r#"{"Id":1,"LogName":"C","ProviderName":"P","MachineName":"H","TimeCreated":"/Date(1715502240500)/","Image":"i"}"#,
        r#"{"event_id":1,"log_name":"C","source_name":"P","computer_name":"H","event_data":{"Image":"i"}}"#,
        r#"{"EventID":"1","Channel":"C","EventSourceName":"P","Computer":"H","EventData":{"Image":"i"}}"#,
        r#"{"version":"1.1","short_message":"x","_EventID":1,"_Channel":"C","_SourceName":"P","_Hostname":"H","_Image":"i"}"#,
    ] {
        let event = read_one(record);
        assert_eq!((event.format, event.event_id), (Format::Windows, Some(1)), "{record}");
        assert_eq!([event.channel.as_str(), &event.provider, &event.computer], ["C", "P", "H"], "{record}");
        assert_eq!(event.field("Image"), "i", "{record}");
    }
}

#[test]
fn winlogbeat_is_read_nested_dotted_and_through_graylog() {
    for record in [
        r#"{"@timestamp":"2024-05-12T08:24:00.500Z","winlog":{"event_id":1,"channel":"C","provider_name":"P","computer_name":"H","record_id":"5","event_data":{"Image":"i"},"process":{"pid":3}}}"#,
        r#"{"@timestamp":"2024-05-12T08:24:00.500Z","winlog.event_id":"1","winlog.channel":"C","winlog.provider_name":"P","winlog.computer_name":"H","winlog.record_id":5,"winlog.event_data.Image":"i","winlog.process.pid":3}"#,
        r#"{"@timestamp":"2024-05-12T08:24:00.500Z","winlogbeat_winlog_event_id":1,"winlogbeat_winlog_channel":"C","winlogbeat_winlog_provider_name":"P","winlogbeat_winlog_computer_name":"H","winlogbeat_winlog_record_id":5,"winlogbeat_winlog_event_data_Image":"i","winlog":{"process":{"pid":3}}}"#,
        r#"{"_source":{"@timestamp":"2024-05-12T08:24:00.500Z","winlog":{"event_id":1,"channel":"C","provider_name":"P","record_id":5,"event_data":{"Image":"i"},"process":{"pid":3}},"host":{"name":"H"}}}"#,
    ] {
        let event = read_one(record);
        assert_eq!((event.format, event.event_id, event.record_id), (Format::Windows, Some(1), Some(5)), "{record}");
        assert_eq!([event.channel.as_str(), &event.provider, &event.computer], ["C", "P", "H"], "{record}");
        assert_eq!(event.time.as_deref(), Some(TIME), "{record}");
        assert_eq!([event.field("Image"), event.field("ProcessID"), event.field("Computer")], ["i", "3", "H"], "{record}");
    }
}

#[test]
fn winlogbeat_fields_that_its_modules_moved_come_back() {
    let event = read_one(
        r#"{"winlog":{"event_id":1,"channel":"C","event_data":{"Image":"first"}},"process":{"executable":"second","command_line":"c"}}"#,
    );
    assert_eq!((event.field("Image"), event.field("CommandLine")), ("first".to_owned(), "c".to_owned()));
}

#[test]
fn elastic_common_schema_alone_is_mapped() {
    let event = read_one(
        r#"{"@timestamp":"2024-05-12T08:24:00.500Z","ecs":{"version":"8"},"event":{"code":"1","provider":"Microsoft-Windows-Sysmon"},
        "host":{"name":"H"},"process":{"executable":"i","parent":{"executable":"p"}}}"#,
    );
    assert_eq!((event.format, event.event_id, event.provider.as_str()), (Format::Windows, Some(1), "Microsoft-Windows-Sysmon"));
    assert_eq!([event.field("Image"), event.field("ParentImage"), event.field("Computer")], ["i", "p", "H"]);
    let event = read_one(r#"{"process.executable":"/bin/sh","process.command_line":"sh -c id","host.os.type":"linux"}"#);
    assert_eq!(
        (event.format, event.field("Image"), event.field("CommandLine")),
        (Format::Generic, "/bin/sh".into(), "sh -c id".into())
    );
}

#[test]
fn journal_is_syslog() {
    let event = read_one(
        r#"{"__REALTIME_TIMESTAMP":"1715502240500000","_HOSTNAME":"ward7","SYSLOG_IDENTIFIER":"sshd","_PID":"12","PRIORITY":"6","MESSAGE":"hello"}"#,
    );
    assert_eq!((event.format, event.time.as_deref()), (Format::Syslog, Some(TIME)));
    assert_eq!([event.provider.as_str(), &event.computer], ["sshd", "ward7"]);
    assert_eq!(
        [event.field("message"), event.field("program"), event.field("Provider_Name"), event.field("pid")],
        ["hello", "sshd", "sshd", "12"]
    );
    let event = read_one(r#"{"__REALTIME_TIMESTAMP":"1715502240500000","MESSAGE":[104,105,255]}"#);
    assert_eq!(event.field("message"), "hi\u{fffd}");
}

#[test]
fn sysmon_for_linux_inside_json_is_the_windows_event_that_it_is() {
    let xml = r#"<Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID><Channel>Linux-Sysmon/Operational</Channel><Computer>ward7</Computer></System><EventData><Data Name=\"Image\">/bin/sh</Data></EventData></Event>"#;
    for record in [
        format!(r#"{{"__REALTIME_TIMESTAMP":"1715502240500000","SYSLOG_IDENTIFIER":"sysmon","MESSAGE":"{xml}"}}"#),
        format!(r#"{{"message":"{xml}","host":"x"}}"#),
        format!(r#"{{"message":"{}"}}"#, xml.replace('<', "\\u003c").replace('>', "\\u003e")),
    ] {
        let event = read_one(&record);
        assert_eq!(
            (event.format, event.event_id, event.channel.as_str()),
            (Format::Windows, Some(1), "Linux-Sysmon/Operational")
        );
        assert_eq!((event.provider.as_str(), event.field("Image")), ("Linux-Sysmon", "/bin/sh".to_owned()));
        assert_eq!(event.raw, record);
    }
}

#[test]
fn other_records_keep_their_names_joined_with_dots() {
    let event = read_one(
        r#"{"eventTime":"2024-05-12T08:24:00.500Z","userIdentity":{"type":"Root","arn":null},"resources":[{"type":"a","id":1},{"type":"b"}],
        "tags":["x",["y"]],"mfa":false,"empty":{},"none":[],"a\u0062c":1}"#,
    );
    assert_eq!((event.format, event.time.as_deref()), (Format::Generic, Some(TIME)));
    assert_eq!(
        event.line(),
        "eventTime=2024-05-12T08:24:00.500Z userIdentity.type=Root userIdentity.arn=null resources.type=a resources.id=1 \
         resources.type=b tags=x tags=y mfa=false abc=1"
    );
}

#[test]
fn shapes_may_alternate_from_record_to_record() {
    let log = "{\"EventID\":1,\"Channel\":\"C\",\"host\":\"h\"}\n{\"eventName\":\"x\",\"Channel\":\"y\"}\n{\"EventID\":2,\"Channel\":\"D\"}\n";
    let formats: Vec<_> = read(log).events.iter().map(|event| (event.format, event.event_id)).collect();
    assert_eq!(formats, [(Format::Windows, Some(1)), (Format::Generic, None), (Format::Windows, Some(2))]);
}

#[test]
fn containers_of_records_are_opened() {
    let expected = ["a=1", "a=2", "a=3"];
    for log in [
        "{\"a\":1}\n{\"a\":2}\n{\"a\":3}",
        "{\"a\":1}\r\n\r\n{\"a\":2}\r\n{\"a\":3}\r\n",
        "[{\"a\":1},{\"a\":2},{\"a\":3}]",
        "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": 2\n  },\n  {\n    \"a\": 3\n  }\n]\n",
        "[\n{\"a\":1},\n{\"a\":2},\n{\"a\":3}\n]\n",
        "{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n{\n  \"a\": 3\n}\n",
        "{\"a\":1}{\"a\":2} {\"a\":3}",
        "{\"Records\":[{\"a\":1},{\"a\":2},{\"a\":3}]}",
        "{\"Records\":[{\"a\":1}]}\n{\"Records\":[{\"a\":2},{\"a\":3}],\"next\":\"]}\"}",
        "{\n \"Records\" : [ \n {\n\"a\":1}, {\n\"a\":2}, {\"a\":3} ], \"x\": {\"y\": [1]} }",
        "{\"took\":1,\"hits\":{\"total\":3,\"hits\":[{\"a\":1},{\"a\":2},{\"a\":3}]}}",
        "\u{feff}[{\"a\":1},{\"a\":2}]\n[{\"a\":3}]",
    ] {
        let harvest = read(log);
        let lines: Vec<_> = harvest.events.iter().map(support::Seen::line).collect();
        assert_eq!(lines, expected, "{log}");
        assert_eq!(harvest.problems, [], "{log}");
        let text = log.as_bytes();
        let true_offsets = harvest.events.iter().all(|event| text[event.offset as usize..].starts_with(event.raw.as_bytes()));
        assert!(true_offsets, "{log}");
    }
}

#[test]
fn broken_lines_are_problems_and_the_rest_goes_on() {
    let log = "{\"a\":1}\ngarbage\n{\"a\":2\n{\"a\":\"3}\n{\"a\" 4}\n{\"a\":5}trailing\n{\"a\":tru}\n{\"a\":6}\n";
    let harvest = read(log);
    let lines: Vec<_> = harvest.events.iter().map(support::Seen::line).collect();
    assert_eq!(lines, ["a=1", "a=5", "a=6"]);
    let offsets: Vec<_> = harvest.problems.iter().map(|problem| problem.offset).collect();
    assert_eq!(offsets, [8, 16, 23, 32, 47, 56]);
}

#[test]
fn broken_record_of_many_lines_costs_itself_only() {
    let log = "[\n  {\n    \"a\": 1\n  },\n  {\n    \"a\": \"2\n  },\n  {\n    \"a\": 3\n  },\n  {\n    \"a\": 4\n  }\n]\n";
    let harvest = read(log);
    let lines: Vec<_> = harvest.events.iter().map(support::Seen::line).collect();
    assert!(lines.ends_with(&["a=4".to_owned()]) && lines.starts_with(&["a=1".to_owned()]), "{lines:?}");
    assert!(!harvest.problems.is_empty());
}

#[test]
fn hostile_records_are_bounded() {
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let wide = format!("{{{}\"z\":1}}", (0..20_000).map(|at| format!("\"k{at}\":1,")).collect::<String>());
    let long_key = format!("{{\"{}\":1}}", "k".repeat(5000));
    for record in [deep, wide, long_key, "[".repeat(100_000)] {
        let harvest = read(format!("{{\"a\":1}}\n{record}\n{{\"a\":2}}\n"));
        let lines: Vec<_> = harvest.events.iter().map(support::Seen::line).collect();
        assert_eq!(lines, ["a=1", "a=2"]);
        assert_eq!((harvest.problems.len(), harvest.problems[0].offset), (1, 8), "{:?}", harvest.problems);
    }
}
