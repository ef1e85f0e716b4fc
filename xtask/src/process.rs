//! Runs other programs and says what became of them.

use std::{
    ffi::OsStr,
    io::{self, BufRead as _, BufReader, Read, Write as _},
    path::PathBuf,
    process::{Command, Stdio},
};

/// Runs a command with its output in ours.
pub(crate) fn run(mut command: Command) -> Result<(), String> {
    announce(&command);
    let status = command.status().map_err(|error| cannot_start(&command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", describe(&command))) }
}

/// Where a command says what we want to know.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Output,
    Errors,
}

/// Runs a command, showing what it says and handing each line of one stream to `line`.
pub(crate) fn run_reading(mut command: Command, stream: Stream, line: &mut dyn FnMut(&str)) -> Result<(), String> {
    announce(&command);
    match stream {
        Stream::Output => command.stdout(Stdio::piped()),
        Stream::Errors => command.stderr(Stdio::piped()),
    };
    let mut child = command.spawn().map_err(|error| cannot_start(&command, &error))?;
    let pipe: Option<Box<dyn Read>> = match stream {
        Stream::Output => child.stdout.take().map(|pipe| Box::new(pipe) as _),
        Stream::Errors => child.stderr.take().map(|pipe| Box::new(pipe) as _),
    };
    for read in pipe.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')) {
        let bytes = read.map_err(|error| format!("the output of {} cannot be read: {error}", describe(&command)))?;
        let text = String::from_utf8_lossy(&bytes);
        println!("{text}");
        line(&text);
    }
    let status = child.wait().map_err(|error| format!("{} cannot be waited for: {error}", describe(&command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", describe(&command))) }
}

/// Runs a command for its standard output. What it wrote to standard error becomes part of the error.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| cannot_start(&command, &error))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{} ended with {}\n{}", describe(&command), output.status, errors.trim_end())),
    }
}

/// Where a program is, looking through `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Says what is about to run, so that a person can run it alone.
fn announce(command: &Command) {
    println!("$ {}", describe(command));
    // The command's own output must come behind this.
    let _ = io::stdout().flush();
}

fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn cannot_start(command: &Command, error: &io::Error) -> String {
    format!("{} cannot be started: {error}", command.get_program().display())
}
