//! Runs the binary in a folder of its own.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A folder with a few rules, and whatever the test puts there. Commands run in it.
pub(crate) struct Bench {
    dir: tempfile::TempDir,
}

/// How a run ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) const RULES: &str = r"title: Credential tool started
id: 11111111-1111-4111-8111-111111111111
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\kerbgrab.exe'
    condition: selection
tags: [attack.credential-access, attack.t1003]
level: high
---
title: Account asked who it is
id: 22222222-2222-4222-8222-222222222222
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image|endswith: '\whoami.exe'
    condition: selection
level: low
---
title: Failed login over SSH
id: 33333333-3333-4333-8333-333333333333
logsource: {product: linux, service: sshd}
detection:
    keywords:
        - 'Failed password'
    condition: keywords
level: medium
";

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self { dir: tempfile::tempdir().unwrap() };
        bench.write("rules/windows.yml", RULES);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// `cordon` with `arguments`, split at spaces.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cordon"));
        command.args(arguments.split_whitespace()).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_remove("NO_COLOR");
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    /// With what is not to be split at spaces behind the rest.
    pub(crate) fn run_with(&self, arguments: &str, more: &[&str]) -> Run {
        self.command(arguments).args(more.iter().map(OsStr::new)).output().unwrap().into()
    }

    pub(crate) fn run_with_stdin(&self, arguments: &str, input: &[u8]) -> Run {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }

    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<_> =
            Path::read_dir(&self.path(folder)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Checks how the run ended.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Checks that standard error holds each of `parts`.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "no {part:?} in:\n{}", self.err);
        }
        self
    }

    /// Checks that standard output holds each of `parts`.
    #[track_caller]
    pub(crate) fn shows(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.out.contains(part), "no {part:?} in:\n{}", self.out);
        }
        self
    }
}

/// The creation of a process, as a line of flat JSON.
pub(crate) fn process(image: &str, minute: u32) -> String {
    format!(
        r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","EventID":1,"Computer":"ward-7.example","SystemTime":"2026-03-04T{:02}:{:02}:00Z","Image":"C:\\Temp\\{image}"}}"#,
        minute / 60,
        minute % 60
    ) + "\n"
}

/// A log in which `kerbgrab.exe` and `whoami.exe` run once each.
pub(crate) fn attack() -> String {
    process("notepad.exe", 0) + &process("kerbgrab.exe", 1) + &process("whoami.exe", 2)
}
