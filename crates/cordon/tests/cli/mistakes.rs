//! The mistakes of a first hour: each message names the thing, the place and the way out.

use crate::support::{Bench, attack};

#[test]
fn a_typo_in_a_path_suggests_the_nearest() {
    let bench = Bench::new();
    bench.write("logs/security.json", attack());
    let run = bench.run("scan logs/securty.json --rules rules").expect(3);
    let run = run.says(&["cordon: logs/securty.json does not exist; did you mean logs/security.json?"]);
    assert_eq!(run.out, "");
    bench.run("scan logs --rules ruls").expect(3).says(&["ruls does not exist; did you mean rules?"]);
}

#[test]
fn a_typo_in_an_option_suggests_the_nearest() {
    let bench = Bench::new();
    bench.run("scan . --jsn -").expect(2).says(&["'--jsn'", "'--json'"]);
    bench.run("scna .").expect(2).says(&["'scan'"]);
    bench.run("scan . --min-level hihg").expect(2).says(&["'hihg'", "high", "critical"]);
}

#[test]
fn no_path_is_a_usage_error() {
    Bench::new().run("scan").expect(2).says(&["<PATH>"]);
}

#[test]
fn values_that_make_no_sense_are_refused() {
    let bench = Bench::new();
    bench.run("scan . --since yesterday").expect(2).says(&["\"yesterday\" is not a time", "2017-05-12"]);
    bench.run("scan . --since 2026-02-01 --until 2026-01-01").expect(2).says(&["--since", "is after --until"]);
    bench.run("scan . --threads 0").expect(2).says(&["--threads"]);
    bench.run("scan . --logsource linux").expect(2).says(&["product=linux,service=sshd"]);
    bench.run("scan . --exclude [").expect(2).says(&["--exclude"]);
    bench.run("scan . --json out --csv out").expect(2).says(&["--json and --csv both write to out"]);
    bench.run("scan . --demo").expect(2).says(&["--demo"]);
}

#[test]
fn an_empty_folder_holds_no_log() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.run("scan empty --rules rules").expect(3).says(&["cordon: found no log in empty: nothing is there"]);
    bench.write("notes/a.txt", "nothing but notes\n");
    bench.run("scan notes --rules rules").expect(3).says(&["found no log in notes: 1 file is no log that cordon knows"]);
}

#[test]
fn rules_without_rules_are_refused() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    bench.write("norules/README.md", "no rules");
    bench.run("scan a.json --rules norules").expect(3).says(&["no rule in norules", "--rules takes"]);
    bench.run("scan a.json --rules rules --min-level critical").expect(3).says(&["no rule of level critical or above in rules"]);
}

#[test]
fn a_rule_with_a_mistake_is_named_and_the_rest_used() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    bench.write("rules/broken.yml", "title: Broken\nlogsource: {product: windows}\ndetection:\n    selection:\n        Image|endswiht: x\n    condition: selection\n");
    let run = bench.run("scan a.json --rules rules").expect(0).says(&["cordon: rule left out: rules/broken.yml:", "endswiht"]);
    run.shows(&["1 high", "Rules that did not load: 1"]);
}

#[test]
fn an_excluded_rule_that_is_not_there_is_said() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let run = bench.run_with("scan a.json --rules rules --exclude-rule", &["Credential tool startd"]).expect(0);
    run.says(&["no rule has this id or title; did you mean \"Credential tool started\"?"]);
}

#[test]
fn placeholders_need_their_form() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    bench.write("values.yml", "- a\n");
    bench.run("scan a.json --rules rules --placeholders values.yml").expect(3).says(&["values.yml", "name: [value, …]"]);
    bench.run("scan a.json --rules rules --placeholders none.yml").expect(3).says(&["cannot read none.yml"]);
}

#[test]
fn names_of_files_cannot_drive_the_terminal() {
    let bench = Bench::new();
    let run = bench.run_with("scan --rules rules", &["a\x1b[2Jb\nc"]).expect(3);
    assert!(!run.err.contains('\x1b') && run.err.lines().count() == 1, "{:?}", run.err);
}

#[test]
fn help_tells_the_exit_codes() {
    let bench = Bench::new();
    for command in ["--help", "scan --help", "rules check --help"] {
        bench.run(command).expect(0).shows(&["Exit codes:", "130  ended by Ctrl-C"]);
    }
}
