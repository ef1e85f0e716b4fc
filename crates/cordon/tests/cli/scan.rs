//! Scans that go well, and what of the input they leave out.

use crate::support::{Bench, attack, process};

const RULES: &str = "--rules rules";

#[test]
fn a_log_with_an_attack_gives_a_summary() {
    let bench = Bench::new();
    bench.write("logs/a.json", attack());
    bench.run(&format!("scan logs {RULES}")).expect(0).shows(&[
        "1 high",
        "1 low",
        "Credential tool started",
        "ward-7.example",
        "3 events",
    ]);
}

#[test]
fn a_quiet_log_says_so() {
    let bench = Bench::new();
    bench.write("logs/a.json", process("notepad.exe", 0));
    let run = bench.run(&format!("scan logs {RULES}")).expect(0);
    assert!(!run.out.contains("Credential tool"), "{}", run.out);
}

#[test]
fn fail_on_decides_by_level() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    for (level, code) in [("critical", 0), ("high", 1), ("low", 1), ("informational", 1)] {
        bench.run(&format!("scan a.json {RULES} --fail-on {level}")).expect(code);
    }
    bench.write("b.json", process("notepad.exe", 0));
    bench.run(&format!("scan b.json {RULES} --fail-on informational")).expect(0);
}

#[test]
fn quiet_writes_only_what_was_asked_for() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let run = bench.run(&format!("scan a.json {RULES} --quiet --fail-on high")).expect(1);
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
}

#[test]
fn levels_times_and_rules_narrow_the_scan() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let count =
        |options: &str| bench.run(&format!("scan a.json {RULES} --quiet --json - {options}")).expect(0).out.lines().count();
    assert_eq!(count(""), 2);
    assert_eq!(count("--min-level high"), 1);
    assert_eq!(count("--since 2026-03-04T00:02:00Z"), 1);
    assert_eq!(count("--until 2026-03-04T00:00:30Z"), 0);
    assert_eq!(count("--since 2026-03-04 --until 2026-03-04"), 2);
    assert_eq!(count("--exclude-rule 22222222-2222-4222-8222-222222222222"), 1);
}

#[test]
fn results_are_the_same_with_any_number_of_threads() {
    let bench = Bench::new();
    // Several logs of several blocks each, with detections all over.
    for log in 0..3 {
        let lines = (0..12_000).map(|at| process(if at % 97 == log { "kerbgrab.exe" } else { "notepad.exe" }, at % 1440));
        bench.write(&format!("logs/{log}.json"), lines.collect::<String>());
    }
    let json = |threads: u32| bench.run(&format!("scan logs {RULES} --quiet --json - --threads {threads}")).expect(0).out;
    let one = json(1);
    let expected = (0..3).map(|log| (0..12_000).filter(|at| at % 97 == log).count()).sum::<usize>();
    assert_eq!(one.lines().count(), expected);
    for threads in [2, 4] {
        assert!(json(threads) == one, "--threads {threads} gives other results");
    }
}

/// Bytes of a Sysmon log as Windows writes it, of about 20 chunks.
fn evtx() -> Vec<u8> {
    cordon_fixtures::sysmon_evtx(1_200, 7)
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;

    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_packed_log_gives_what_it_gives_unpacked() {
    let bench = Bench::new();
    bench.write("rules/all.yml", "title: Any process\nlogsource: {product: windows, category: process_creation}\ndetection:\n    selection:\n        Image|contains: '\\'\n    condition: selection\n");
    bench.write("a.evtx", evtx());
    bench.write("a.evtx.gz", gzipped(&evtx()));
    let count = |log: &str| bench.run(&format!("scan {log} {RULES} --quiet --json -")).expect(0).out.lines().count();
    let plain = count("a.evtx");
    assert!(plain > 100, "{plain}");
    assert_eq!(count("a.evtx.gz"), plain);
}

#[test]
fn damaged_logs_are_read_as_far_as_they_go() {
    let bench = Bench::new();
    let whole = evtx();
    let mut flipped = whole.clone();
    // In the records of the third chunk.
    flipped[4096 + 2 * 65536 + 20_000..][..400].fill(0xa5);
    let packed = gzipped(&whole);
    bench.write("logs/cut.evtx", &whole[..whole.len() - 70_001]);
    bench.write("logs/flipped.evtx", flipped);
    bench.write("logs/short.evtx.gz", &packed[..packed.len() / 2]);
    bench.write("logs/whole.evtx", whole);
    let run = bench.run(&format!("scan logs {RULES} --threads 2")).expect(4);
    let run = run.says(&["flipped.evtx: damaged at byte", "short.evtx.gz: damaged at byte"]);
    assert!(!run.err.contains("whole.evtx"), "{}", run.err);
    run.shows(&["4 files", "could not be read"]);
}

#[test]
fn standard_input_is_a_log() {
    let bench = Bench::new();
    let run = bench.run_with_stdin(&format!("scan - {RULES} --quiet --json -"), attack().as_bytes()).expect(0);
    assert_eq!(run.out.lines().count(), 2);
    assert!(run.out.contains("standard input"), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_a_log() {
    let bench = Bench::new();
    bench.write("a.json", attack());
    let script = "\"$0\" scan <(cat a.json) --rules rules --quiet --json -";
    let run = std::process::Command::new("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_cordon")])
        .current_dir(bench.path(""))
        .output();
    match run {
        Ok(run) => assert_eq!(String::from_utf8_lossy(&run.stdout).lines().count(), 2),
        Err(error) => println!("skipped: bash is needed, because only a shell makes <(…): {error}"),
    }
}

#[test]
fn files_are_told_by_content_and_others_counted() {
    let bench = Bench::new();
    bench.write("logs/security.evtx.bak", attack());
    bench.write("logs/picture.json", [0x89, b'P', b'N', b'G', 0, 1, 2, 3, 0xff, 0xfe, 0, 0]);
    bench.write("logs/README.txt", "These logs are from the ward.\n");
    bench.write("logs/nothing.evtx", "");
    bench.run(&format!("scan logs {RULES}")).expect(0).shows(&[
        "1 high",
        "2 files are no log that cordon knows",
        "1 file is empty",
    ]);
}

#[test]
fn globs_leave_paths_out() {
    let bench = Bench::new();
    bench.write("logs/a.json", attack());
    bench.write("logs/old/b.json", attack());
    bench.run(&format!("scan logs {RULES} --exclude old")).expect(0).shows(&["1 high", "1 path was left out by --exclude"]);
}

#[test]
fn a_log_source_opens_plain_text() {
    let bench = Bench::new();
    bench.write("auth.log", "someone: Failed password for root from 192.0.2.7\nall is well\n");
    bench.run(&format!("scan auth.log {RULES} --logsource product=linux,service=sshd")).expect(0).shows(&["1 medium"]);
}

#[test]
fn damage_among_good_files_is_named_and_the_rest_read() {
    let bench = Bench::new();
    bench.write("logs/a.json", attack());
    bench.write("logs/b.json", attack().replace(r#""EventID":1,"#, r#""EventID":1,,"#) + &process("kerbgrab.exe", 5));
    bench.write("logs/c.json", attack());
    let run = bench.run(&format!("scan logs {RULES}")).expect(4).says(&["cordon: logs/b.json: damaged at byte"]);
    run.shows(&["3 high", "could not be read"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_read() {
    let bench = Bench::new();
    bench.write("logs/a.json", attack());
    // Opens for everybody, the super-user too, and fails to be read.
    std::os::unix::fs::symlink("/proc/self/mem", bench.path("logs/broken.json")).unwrap();
    bench
        .run(&format!("scan logs {RULES}"))
        .expect(4)
        .says(&["cordon: cannot read logs/broken.json: Input/output error (os error 5)"])
        .shows(&["1 high"]);
}

#[test]
fn detections_at_fail_on_outrank_damage() {
    let bench = Bench::new();
    bench.write("a.json", attack() + "{\"Channel\": \n" + &attack());
    bench.run(&format!("scan a.json {RULES} --fail-on high")).expect(1);
}

#[cfg(unix)]
#[test]
fn special_files_and_link_loops_do_not_stop_a_scan() {
    let bench = Bench::new();
    bench.write("logs/a.json", attack());
    std::os::unix::fs::symlink(".", bench.path("logs/loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", bench.path("logs/dangling")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", bench.path("logs/zero")).unwrap();
    bench.run(&format!("scan logs {RULES}")).expect(0).shows(&["1 high", "1 folder was reached again", "2 entries are a pipe"]);
}

#[test]
fn the_demo_shows_the_way_to_real_logs() {
    let bench = Bench::new();
    bench.run("scan --demo").expect(0).shows(&["critical", "cordon scan PATH"]);
}

#[cfg(unix)]
#[test]
fn control_c_ends_a_scan_with_its_summary() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let bench = Bench::new();
    let mut command = bench.command("scan - --rules rules --json out.json --csv -");
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Enough that the first block goes through while the pipe stays open, with few enough detections that they fit into
    // the pipe that nobody reads yet.
    let mut stdin = child.stdin.take().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    for round in 0..12_000 {
        let image = if round % 100 == 0 { "kerbgrab.exe" } else { "notepad.exe" };
        stdin.write_all(process(image, round % 1440).as_bytes()).unwrap();
    }
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("time,"), "{line}");
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{err}");
    assert!(err.contains("ended by Ctrl-C") && err.contains("Credential tool started"), "{err}");
    assert!(bench.read("out.json").lines().count() > 0);
    drop(stdin);
}
