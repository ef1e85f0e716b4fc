//! What no file of the project may name: paths of the machine that it was written on, and registries other than the
//! public ones, which a newcomer cannot reach.

use std::{env, fs, path::Path};

use crate::{
    report::{Outcome, Report, Stop},
    workspace::Workspace,
};

/// Absolute paths that stand for somebody's machine. Written in two halves, so that this file does not name them.
const PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/mnt", "/c/"), concat!("/Use", "rs/")];

/// Folders whose files speak of other people's machines: logs and what rules look for in them.
const ABOUT_OTHERS: &[&str] = &["content/rules", "content/taxonomy.yaml"];

/// The registry of every crate in the lock file.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Settings that send cargo, pip or npm to another registry.
const REDIRECTS: &[&str] =
    &["replace-with", "[source.", "[registries", "[registry", "registry =", "registry=", "index-url", "--find-links", "GOPROXY"];

/// Longer files are data.
const MAX_BYTES: u64 = 4 << 20;

/// Looks through every file of the project.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let here = format!("{}/", workspace.root.display());
    let home = env::var("HOME").map(|home| format!("{home}/")).unwrap_or_default();
    let mut wrong = Vec::new();
    for file in workspace.files()? {
        let path = workspace.root.join(&file);
        let is_short = path.metadata().is_ok_and(|metadata| metadata.len() <= MAX_BYTES);
        let Some(text) = is_short.then(|| fs::read_to_string(&path).ok()).flatten() else { continue };
        let is_about_others = ABOUT_OTHERS.iter().any(|folder| file.starts_with(folder));
        // A checkout right under `/`, or no home, would forbid far too much.
        let own = [here.as_str(), home.as_str()].into_iter().filter(|path| path.matches('/').count() > 2);
        let paths: Vec<&str> = PATHS.iter().copied().filter(|_| !is_about_others).chain(own).collect();
        for (number, line) in (1..).zip(text.lines()) {
            let found = paths.iter().find(|path| names_path(line, path)).map(|path| format!("names {path}"));
            let found = found.or_else(|| redirect(&file, line).map(|what| format!("{what:?} leads to another registry")));
            wrong.extend(found.map(|what| format!("{}:{number}: {what}", file.display())));
        }
    }
    if wrong.is_empty() { Ok(Report::default()) } else { Err(Stop::from(wrong.join("\n"))) }
}

/// Whether `path` begins in `line`; not in the middle of a longer path or of an address.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || "./-_~*}".contains(character))
    })
}

/// What in a line of a package manager's file leads away from the public registries.
fn redirect<'l>(file: &Path, line: &'l str) -> Option<&'l str> {
    let name = file.file_name()?.to_str()?;
    if name == "Cargo.lock" {
        let source = line.strip_prefix("source = \"")?.trim_end_matches('"');
        return (source != CRATES_IO).then_some(source);
    }
    let is_cargo = name == "Cargo.toml" || file.starts_with(".cargo");
    let is_other = name.ends_with("requirements.txt") || matches!(name, "pip.conf" | ".npmrc" | "package-lock.json");
    let is_comment = line.trim_start().starts_with('#');
    let hit = REDIRECTS.iter().find(|setting| line.contains(**setting))?;
    ((is_cargo || is_other || file.starts_with(".ci")) && !is_comment).then_some(*hit)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn paths_are_seen_where_they_begin() {
        assert!(names_path("see /srv/build/x", "/srv/build/"));
        assert!(names_path("\"/srv/build/x\"", "/srv/build/"));
        assert!(!names_path("https://example.com/srv/build/x", "/srv/build/"));
        assert!(!names_path("../srv/build/x", "/srv/build/"));
    }

    #[test]
    fn other_registries_are_seen() {
        let seen = |file: &str, line: &str| redirect(Path::new(file), line).is_some();
        assert!(seen("Cargo.lock", "source = \"registry+https://mirror.example/index\""));
        assert!(!seen("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\""));
        assert!(seen(".cargo/config.toml", "replace-with = \"mirror\""));
        assert!(seen("tests/requirements.txt", "--index-url https://mirror.example"));
        assert!(!seen("README.md", "replace-with"));
    }
}
