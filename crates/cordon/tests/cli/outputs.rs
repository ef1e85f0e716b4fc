//! Outputs besides the summary.

use crate::support::{Bench, attack};

#[test]
fn every_output_can_go_to_a_file() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    bench
        .run("scan a.json --rules rules --html o/r.html --json o/d.jsonl --csv o/d.csv --ocsf o/f.jsonl --navigator o/layer.json")
        .expect(3)
        .says(&["cordon: cannot write o/d.jsonl", "folder o does not exist"]);
    bench.write("o/keep", "");
    bench
        .run("scan a.json --rules rules --html o/r.html --json o/d.jsonl --csv o/d.csv --ocsf o/f.jsonl --navigator o/layer.json")
        .expect(0)
        .shows(&["1 high"]);
    assert_eq!(bench.files("o"), ["d.csv", "d.jsonl", "f.jsonl", "keep", "layer.json", "r.html"]);
    assert!(bench.read("o/r.html").contains("Credential tool started"));
    assert_eq!(bench.read("o/d.jsonl").lines().count(), 2);
    assert_eq!(bench.read("o/d.csv").lines().count(), 3);
    assert_eq!(bench.read("o/f.jsonl").lines().count(), 2);
    assert!(bench.read("o/layer.json").contains("T1003"));
}

#[test]
fn standard_output_is_for_one_output_and_the_summary_makes_room() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let run = bench.run("scan a.json --rules rules --json -").expect(0).says(&["Credential tool started", "1 high"]);
    assert!(run.out.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{}", run.out);
    bench.run("scan a.json --rules rules --json - --csv -").expect(2).says(&["--json and --csv both write to -"]);
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_scan() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let run = bench.run("scan a.json --rules rules --html rules").expect(3).says(&["cannot write", "it is a folder"]);
    assert_eq!(run.out, "");
}

#[test]
fn a_failed_scan_leaves_the_old_output() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    bench.write("out.json", "old");
    bench.run("scan a.json --rules nowhere --json out.json").expect(3);
    assert_eq!(bench.read("out.json"), "old");
    assert_eq!(bench.files(""), ["a.json", "out.json", "rules"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_device_stays_a_device() {
    use std::os::unix::fs::FileTypeExt as _;

    let bench = Bench::new();
    bench.write("a.json", attack());
    bench.run("scan a.json --rules rules --quiet --json /dev/full").expect(3).says(&["cannot write /dev/full"]);
    bench.run("scan a.json --rules rules --quiet --json /dev/null").expect(0);
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_the_scan_quietly() {
    use std::{io::Read as _, process::Stdio};

    let bench = Bench::new();
    bench.write("a.json", attack().repeat(2_000));
    let mut command = bench.command("scan a.json --rules rules --json -");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(141), ""));
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    assert!(!bench.run("scan a.json --rules rules").expect(0).out.contains('\x1b'));
    assert!(bench.run("scan a.json --rules rules --color always").expect(0).out.contains('\x1b'));
}
