//! `cordon rules`, completions and man pages.

use crate::support::{Bench, RULES, attack, process};

#[test]
fn list_shows_level_title_technique_and_log_source() {
    let bench = Bench::new();
    let run = bench.run("rules list --rules rules").expect(0);
    let run = run.shows(&["high", "Credential tool started", "T1003", "windows/process_creation", "3 rules"]);
    assert!(run.out.starts_with("high"), "the most serious comes first:\n{}", run.out);
    bench.run("rules list credential --rules rules").expect(0).shows(&["1 rule\n"]);
    bench.run("rules list --level low --level medium --rules rules").expect(0).shows(&["2 rules\n"]);
    let json = bench.run("rules list ssh --rules rules --json").expect(0).out;
    let record: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(record["logsource"]["service"], "sshd");
}

#[test]
fn check_names_each_mistake_by_file_and_line() {
    let bench = Bench::new();
    bench.run("rules check rules").expect(0).shows(&["3 rules in 1 file loaded", "0 mistakes"]);
    bench.write("rules/broken.yml", RULES.replace("endswith", "endswiht").replace("1111-1111", "1111-1112"));
    bench.run("rules check rules").expect(1).shows(&["rules/broken.yml:", "endswiht", "mistakes"]);
    bench.write("rules/yaml.yml", "title: [\ndetection: x\nlogsource: y\n");
    bench.run("rules check rules/yaml.yml").expect(1).shows(&["rules/yaml.yml:", "0 rules"]);
    bench.run("rules check nowhere").expect(3).says(&["nowhere does not exist"]);
}

#[test]
fn explain_shows_what_held_and_what_did_not() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let title = ["Credential tool started", "a.json", "--rules", "rules"];
    bench.run_with("rules explain", &title).expect(0).shows(&[
        "Event     2: 2026-03-04T00:01:00Z",
        "✔ matches",
        "✔ log source windows/process_creation",
        r"✔ Image is *\kerbgrab.exe",
        r"seen: C:\Temp\kerbgrab.exe",
    ]);
    let first = [&title[..], &["--record", "1"]].concat();
    bench.run_with("rules explain", &first).expect(0).shows(&["✘ does not match", r"seen: C:\Temp\notepad.exe"]);
    let past = [&title[..], &["--record", "9"]].concat();
    bench.run_with("rules explain", &past).expect(3).says(&["a.json has no record 9; it holds 3 events"]);
    bench.run("rules explain rules/windows.yml a.json").expect(0).shows(&["✔ matches"]);
}

#[test]
fn explain_takes_standard_input_and_says_which_log_source_is_missing() {
    let bench = Bench::new();
    let id = "rules explain 33333333-3333-4333-8333-333333333333 - --rules rules";
    bench.run_with_stdin(id, process("whoami.exe", 0).as_bytes()).expect(0).shows(&[
        "✘ does not match",
        "✘ log source linux/sshd",
        "the event is windows",
    ]);
    bench.run("rules explain nonsense - --rules rules").expect(3).says(&["no rule has the id or title \"nonsense\""]);
    let near = ["Credential tool startd", "-", "--rules", "rules"];
    bench.run_with("rules explain", &near).expect(3).says(&["did you mean \"Credential tool started\"?"]);
}

/// A test of the rules' first kind.
fn test_json(matching: &str, near_miss: &str) -> String {
    format!(r#"{{"match": {}, "near_miss": {}}}"#, process(matching, 0), process(near_miss, 0))
}

#[test]
fn test_runs_what_stands_beside_rules() {
    let bench = Bench::new();
    let one = RULES.split("---").next().unwrap();
    bench.write("pack/a.yml", one);
    bench.run("rules test pack").expect(1).shows(&["FAIL pack/a.yml: no test beside it", "0 passed, 1 failed"]);
    bench.write("pack/a.test.json", test_json("kerbgrab.exe", "notepad.exe"));
    bench.run("rules test pack").expect(0).shows(&["1 rule tested: 1 passed, 0 failed"]);
    bench.write("pack/a.test.json", test_json("notepad.exe", "notepad.exe"));
    bench.run("rules test pack").expect(1).shows(&["FAIL pack/a.yml (Credential tool started): match does not match", "✘ "]);
    bench.write("pack/a.test.json", test_json("kerbgrab.exe", "kerbgrab.exe"));
    bench.run("rules test pack").expect(1).shows(&["near_miss matches"]);
    bench.write("pack/a.test.json", "{");
    bench.run("rules test pack").expect(1).shows(&["its test is not JSON"]);
}

#[test]
fn test_takes_the_log_source_from_the_rule() {
    let bench = Bench::new();
    bench.write("pack/ssh.yml", RULES.split("---").nth(2).unwrap());
    bench.write("pack/ssh.test.json", r#"{"match": {"message": "Failed password for x"}, "near_miss": {"message": "Accepted"}}"#);
    bench.run("rules test pack").expect(0).shows(&["1 passed"]);
}

#[test]
fn test_of_a_correlation_replays_its_events() {
    let bench = Bench::new();
    let rule = RULES.split("---").next().unwrap().replace("id: 1111", "name: grab\nid: 1111");
    let correlation = "---\ntitle: Grabbed again and again\ncorrelation:\n    type: event_count\n    rules: [grab]\n    group-by: [Computer]\n    timespan: 10m\n    condition: {gte: 3}\nlevel: critical\n";
    bench.write("pack/many.yml", rule + correlation);
    let events = |minutes: &[u32]| minutes.iter().map(|minute| process("kerbgrab.exe", *minute)).collect::<Vec<_>>().join(",");
    let test = |first: &[u32], second: &[u32]| format!(r#"{{"match": [{}], "near_miss": [{}]}}"#, events(first), events(second));
    bench.write("pack/many.test.json", test(&[0, 1, 2], &[0, 20, 40]));
    bench.run("rules test pack").expect(0).shows(&["1 passed"]);
    bench.write("pack/many.test.json", test(&[0, 1], &[0, 1, 2]));
    bench.run("rules test pack").expect(1).shows(&["does not come true over match; of its events 2 matched"]);
    // The same over a scan: the log is not in the order of time.
    bench.write("a.json", process("kerbgrab.exe", 9) + &process("kerbgrab.exe", 1) + &process("kerbgrab.exe", 5));
    bench.run("scan a.json --rules pack").expect(0).shows(&["1 critical", "Grabbed again and again"]);
    let excluded = bench.run_with("scan a.json --rules pack --exclude-rule", &["Grabbed again and again"]).expect(0);
    assert!(!excluded.out.contains("critical"), "{}", excluded.out);
}

#[test]
fn the_builtin_pack_passes_its_tests() {
    Bench::new().run("rules test").expect(0).shows(&["0 failed"]);
}

#[test]
fn completions_and_man_pages_are_made() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        bench.run(&format!("completions {shell}")).expect(0).shows(&["fail-on"]);
    }
    bench.run("man").expect(0).shows(&[".TH cordon 1"]);
    bench.run("man pages").expect(0);
    assert!(bench.files("pages").contains(&"cordon-scan.1".to_owned()));
}
