//! Golden files are fresh: each belongs to a test that is still there, and none waits for somebody's review.

use std::fs;

use crate::{
    report::{Outcome, Report, Stop},
    workspace::Workspace,
};

/// Checks the snapshots. Whether they still fit is what the tests themselves compare.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let mut wrong = Vec::new();
    for file in workspace.files()? {
        let name = file.to_string_lossy();
        if name.ends_with(".snap.new") || name.ends_with(".pending-snap") {
            wrong.push(format!("{name}: waits for review; compare it with the golden file beside it, then rename or remove it"));
        } else if name.ends_with(".snap") {
            let text =
                fs::read_to_string(workspace.root.join(&file)).map_err(|error| format!("{name} cannot be read: {error}"))?;
            let source = text.lines().find_map(|line| line.strip_prefix("source: ")).unwrap_or_default().trim_matches('"');
            if source.is_empty() || !workspace.root.join(source).is_file() {
                wrong.push(format!("{name}: made by {source:?}, which is not there; remove the file"));
            }
        }
    }
    if wrong.is_empty() { Ok(Report::default()) } else { Err(Stop::from(wrong.join("\n"))) }
}
