//! Logs of each kind in the forms that its reader tells apart.

use cordon_fixtures::{EvtxWriter, RecordSpec, flat_json, security_evtx, sysmon_evtx};

use crate::Seed;

const FILE_HEADER_BYTES: usize = 4096;

/// Chunks without the file's header, cut behind the last record: they are read all the same, and are a tenth as long.
pub(crate) fn evtx() -> Vec<Seed> {
    let mut user_data = EvtxWriter::new();
    let mut cleared =
        RecordSpec { channel: "Security".into(), provider: "Microsoft-Windows-Eventlog".into(), ..RecordSpec::default() };
    cleared.event_id = 1102;
    cleared.user = Some("S-1-5-18".into());
    cleared.user_data = Some("LogFileCleared".into());
    user_data.write(&cleared.clone().with("SubjectUserName", "j.okafor"));
    user_data.write(&cleared.with("SubjectUserName", "m.lindqvist"));
    [("sysmon", sysmon_evtx(3, 7)), ("security", security_evtx(3, 7)), ("user_data", user_data.finish())]
        .map(|(name, log)| (name.to_owned(), used_part(&log[FILE_HEADER_BYTES..]).to_vec()))
        .into()
}

/// A chunk up to the end of its records, which stands at byte 48.
fn used_part(chunk: &[u8]) -> &[u8] {
    let end = chunk.get(48..52).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    chunk.get(..end as usize).unwrap_or(chunk)
}

pub(crate) fn json() -> Vec<Seed> {
    named(&[
        ("nxlog", &flat_json(4, 7)),
        ("evtx_dump", EVTX_DUMP),
        (
            "winlogbeat",
            r#"{"@timestamp":"2017-05-12T08:24:00.123Z","winlog":{"channel":"Security","provider_name":"Microsoft-Windows-Security-Auditing","event_id":"4688","computer_name":"ward-pc7","event_data":{"NewProcessName":"C:\\Windows\\System32\\cmd.exe","SubjectUserName":"SYSTEM"}},"host":{"name":"ward-pc7"}}
{"@timestamp":"2017-05-12T08:24:01Z","event":{"code":1,"provider":"Microsoft-Windows-Sysmon"},"process":{"executable":"C:\\tasksche.exe","command_line":"tasksche.exe /i","parent":{"executable":"C:\\Windows\\mssecsvc.exe"}},"hash":{"sha256":"00"}}"#,
        ),
        (
            "pretty_array",
            "[\n  {\n    \"EventID\": 1,\n    \"Channel\": \"Microsoft-Windows-Sysmon/Operational\",\n    \"Image\": \"a\\u00e9\\ud83d\\ude00\\\\b\",\n    \"n\": [1, -2.5e3, true, null, {\"x\": \"y\"}]\n  },\n  {\"EventID\": 3}\n]\n",
        ),
        (
            "cloudtrail",
            r#"{"Records":[{"eventVersion":"1.08","eventSource":"iam.example.com","eventName":"CreateUser","userIdentity":{"type":"Root","sessionContext":{"attributes":{"mfa":"false"}}},"sourceIPAddress":"192.0.2.7"}]}"#,
        ),
        (
            "wrapped",
            r#"{"_index":"logs","_source":{"message":"May 12 08:24:00 pacs sshd[7]: Failed password for root from 192.0.2.7 port 22 ssh2","log":{"syslog":{"appname":"sshd"}}}}
{"MESSAGE":"x","_HOSTNAME":"pacs","__REALTIME_TIMESTAMP":"1494577440000000"}"#,
        ),
        (
            "sysmon_linux",
            r#"{"message":"<Event><System><Provider Name=\"Linux-Sysmon\"/><EventID>1</EventID><Computer>pacs</Computer></System><EventData><Data Name=\"Image\">/bin/sh</Data></EventData></Event>"}"#,
        ),
        ("broken", "{\"a\":1}\n{\"b\":\n{\"a\":\"unfinished\n{\"a\":2}}}\n]\n{\"a\":\"\\uD800\"}\n"),
    ])
}

const EVTX_DUMP: &str = r##"{"Event":{"#attributes":{"xmlns":"http://schemas.microsoft.com/win/2004/08/events/event"},"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing","Guid":"54849625-5478-4994-A5BA-3E3B0328C30D"}},"EventID":{"#attributes":{"Qualifiers":0},"#text":4624},"TimeCreated":{"#attributes":{"SystemTime":"2017-05-12T08:24:00.000000Z"}},"EventRecordID":7,"Execution":{"#attributes":{"ProcessID":4,"ThreadID":8}},"Channel":"Security","Computer":"ward-pc7"},"EventData":{"TargetUserName":"m.lindqvist","LogonType":3,"IpAddress":"192.0.2.7"}}}
{"Event":{"System":{"EventID":7045,"Channel":"System"},"UserData":{"ServiceInstall":{"Name":["a","b"],"Data":{"#text":["x","y"]}}}}}
"##;

pub(crate) fn xml() -> Vec<Seed> {
    named(&[
        ("event", XML_EVENT),
        (
            "rooted",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- two -->\n<Events>\n<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Service Control Manager'/><EventID Qualifiers='16384'>7045</EventID><Channel>System</Channel></System><EventData><Data>one</Data><Data>two &amp; &#x41;&#66;</Data><Binary>00FF</Binary></EventData></Event>\n<Event><System><EventID>1102</EventID></System><UserData><LogFileCleared xmlns='x'><SubjectUserName><![CDATA[<a>]]></SubjectUserName></LogFileCleared></UserData><RenderingInfo Culture='en-GB'><Message>cleared</Message></RenderingInfo></Event></Events>",
        ),
        ("broken", "<Event><System><EventID>1</System></EventData><Event><System/></Event> & <Event a='b' a=c><x:y></Event>"),
    ])
}

const XML_EVENT: &str = "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider Name=\"Microsoft-Windows-Sysmon\" Guid=\"{5770385f-c22a-43e0-bf4c-06f5698ffbd9}\"/><EventID>1</EventID><Version>5</Version><Level>4</Level><Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords><TimeCreated SystemTime=\"2017-05-12T08:24:00.1234567Z\"/><EventRecordID>7</EventRecordID><Correlation/><Execution ProcessID=\"4\" ThreadID=\"8\"/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ward-pc7</Computer><Security UserID=\"S-1-5-18\"/></System><EventData><Data Name=\"Image\">C:\\Windows\\System32\\cmd.exe</Data><Data Name=\"CommandLine\">cmd /c &quot;a&quot; &gt; b</Data><Data Name=\"Empty\"></Data></EventData></Event>\n";

pub(crate) fn syslog() -> Vec<Seed> {
    named(&[
        (
            "rfc5424",
            "<34>1 2017-05-12T08:24:00.003Z pacs.aldermere.example su 77 ID47 [a@32473 k=\"v \\\"q\\\" \\]\" n=\"2\"][b x=\"\"] \u{feff}'su root' failed\n<165>1 - - - - - -\n<14>1 2017-05-12T08:24:00+01:00 h a p m - text\n",
        ),
        (
            "rfc3164",
            "<13>May 12 08:24:00 pacs sshd[4711]: Failed password for invalid user admin from 192.0.2.7 port 50022 ssh2\nFeb 29 23:59:59 pacs CRON[1]: (root) CMD (x)\nMay  1 00:00:00 h last message repeated 3 times\n",
        ),
        (
            "files",
            "2017-05-12T08:24:00.123456+01:00 pacs sudo:   mary : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh\n2017 May 12 08:24:00 h k: x\n83 <34>1 2017-05-12T08:24:00Z h a - - - counted\n",
        ),
        (
            "sysmon",
            "May 12 08:24:00 pacs sysmon: <Event><System><Provider Name=\"Linux-Sysmon\" Guid=\"{0}\"/><EventID>1</EventID></System><EventData><Data Name=\"Image\">/bin/sh</Data></EventData></Event>\n",
        ),
        ("broken", "<>\n<999>1 x\n<34>\n<34>1\n<34>1 2017-05-12T08:24:00Z h a p m [a b=\"c\n\u{0}\n"),
    ])
}

pub(crate) fn auditd() -> Vec<Seed> {
    named(&[
        (
            "execve",
            "type=SYSCALL msg=audit(1494577440.123:4711): arch=c000003e syscall=59 success=yes exit=0 a0=55d a1=7f items=2 ppid=1 pid=2 auid=1000 uid=0 comm=\"sh\" exe=\"/bin/dash\" key=\"exec\"\x1dARCH=x86_64 SYSCALL=execve AUID=\"mary\"\ntype=EXECVE msg=audit(1494577440.123:4711): argc=3 a0=\"sh\" a1=2D63 a2=6563686F2068690A\ntype=CWD msg=audit(1494577440.123:4711): cwd=\"/root\"\ntype=PATH msg=audit(1494577440.123:4711): item=0 name=\"/bin/sh\" inode=1 nametype=NORMAL\ntype=PROCTITLE msg=audit(1494577440.123:4711): proctitle=7368002D63\ntype=EOE msg=audit(1494577440.123:4711): \n",
        ),
        (
            "user",
            "node=pacs type=USER_LOGIN msg=audit(1494577441.000:4712): pid=9 uid=0 auid=4294967295 ses=1 msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.7 terminal=ssh res=failed'\ntype=UNKNOWN[1400] msg=audit(1494577441.001:4713): x\n",
        ),
        (
            "split",
            "type=EXECVE msg=audit(1.2:3): argc=2 a0=\"a\" a1_len=4 a1[0]=6162 a1[1]=6364\ntype=EXECVE msg=audit(1.2:3): a9=\"b\ntype= msg=audit(): \nmsg=audit(1.2:4)\n",
        ),
    ])
}

pub(crate) fn text() -> Vec<Seed> {
    named(&[
        (
            "access",
            "192.0.2.7 - mary [12/May/2017:08:24:00 +0100] \"GET /a?b=%2e%2e/ HTTP/1.1\" 200 17 \"http://example.org/\" \"Agent \\\"x\\\"\"\n2001:db8::1 - - [12/May/2017:08:24:00 +0000] \"-\" 400 -\n",
        ),
        (
            "w3c",
            "#Software: Example\n#Version: 1.0\n#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)\n2017-05-12 08:24:00 192.0.2.7 POST /x.aspx a=b 200 Agent+1\n#Fields: time s-ip\n08:24:01 192.0.2.8 extra\n- \n",
        ),
        ("squid", "1494577440.123    45 192.0.2.7 TCP_MISS/200 1024 GET http://example.org/ - HIER_DIRECT/192.0.2.9 text/html\n"),
        ("plain", "any line\n\n\ttabs and \u{fffd}\r\nlast without end"),
    ])
}

/// Some of the logs above, for the target that cuts blocks: two lengths of pieces and one of blocks stand in front.
pub(crate) fn with_lengths() -> Vec<Seed> {
    let logs = [("json", json()), ("xml", xml()), ("syslog", syslog()), ("auditd", auditd()), ("text", text())];
    let mut seeds = Vec::new();
    for (number, (kind, logs)) in (0_u8..).zip(logs) {
        for (name, log) in logs {
            seeds.push((format!("{kind}_{name}"), [&[number, 250, 16 + number], &log[..]].concat()));
        }
    }
    let text = "{\"a\":\"é\"}\n{\"b\":2}\n";
    let wide: Vec<u8> = [0xff, 0xfe, 100, 0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    seeds.push(("utf16".into(), wide));
    seeds
}

fn named(logs: &[(&str, &str)]) -> Vec<Seed> {
    logs.iter().map(|(name, log)| ((*name).to_owned(), log.as_bytes().to_vec())).collect()
}
