//! Crates may depend only on those that the house allows. See "The house" in `ARCHITECTURE.md`.

use serde_json::Value;

use crate::{
    report::{Outcome, Report, Stop},
    workspace::Workspace,
};

/// Who may depend on whom. A new crate gets a row here and a line in `ARCHITECTURE.md`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("cordon-model", &[]),
    ("cordon-event", &["cordon-model"]),
    ("cordon-detect", &["cordon-event", "cordon-model"]),
    ("cordon-fixtures", &["cordon-model"]),
    ("cordon", &["cordon-detect", "cordon-event", "cordon-fixtures", "cordon-model"]),
    ("cordon-bench", &["cordon-detect", "cordon-event", "cordon-fixtures", "cordon-model"]),
    ("xtask", &[]),
];

/// What the tests of any crate may use besides.
const ALLOWED_IN_TESTS: &[&str] = &["cordon-fixtures"];

/// Other readers and matchers that ours are compared with. Never at run time.
const ORACLES: &[&str] = &["evtx", "rsigma-eval"];

/// Checks every edge inside the workspace, and that the oracles stay in tests.
pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let wrong = wrong_edges(workspace.packages());
    if wrong.is_empty() { Ok(Report::default()) } else { Err(Stop::from(wrong.join("\n"))) }
}

fn wrong_edges(packages: &[Value]) -> Vec<String> {
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let members: Vec<String> = packages.iter().map(name).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let from = name(package);
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == from) else {
            wrong.push(format!("{from} has no row in xtask/src/edges.rs; add one that says what it may depend on"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = name(dependency);
            // Null: a dependency at run time. Otherwise `dev` or `build`.
            let is_in_tests = dependency["kind"] == "dev";
            let is_oracle = ORACLES.contains(&to.as_str());
            let is_allowed = allowed.contains(&to.as_str()) || is_in_tests && ALLOWED_IN_TESTS.contains(&to.as_str());
            if is_oracle && !is_in_tests {
                wrong.push(format!("{from} → {to}: an oracle of the tests, allowed under [dev-dependencies] only"));
            } else if members.contains(&to) && !is_allowed {
                let kind = dependency["kind"].as_str().map_or(String::new(), |kind| format!(" ({kind})"));
                wrong.push(format!("{from} → {to}{kind}: not an edge of the house; see ARCHITECTURE.md"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod unit {
    use serde_json::json;

    use super::*;

    fn wrong(from: &str, to: &str, kind: Option<&str>) -> Vec<String> {
        let package = json!({"name": from, "dependencies": [{"name": to, "kind": kind}]});
        wrong_edges(&[
            package,
            json!({"name": "cordon-model"}),
            json!({"name": "cordon-event"}),
            json!({"name": "cordon-fixtures"}),
        ])
    }

    #[test]
    fn edges_of_the_house_are_allowed() {
        assert_eq!(wrong("cordon-detect", "cordon-model", None), [""; 0]);
        assert_eq!(wrong("cordon-detect", "cordon-fixtures", Some("dev")), [""; 0]);
        assert_eq!(wrong("cordon-detect", "evtx", Some("dev")), [""; 0]);
        assert_eq!(wrong("cordon-detect", "regex", None), [""; 0]);
    }

    #[test]
    fn other_edges_are_named() {
        assert!(wrong("cordon-detect", "cordon-fixtures", None)[0].starts_with("cordon-detect → cordon-fixtures"));
        assert!(wrong("cordon-model", "cordon-event", Some("dev"))[0].contains("(dev)"));
        assert!(wrong("cordon-event", "evtx", None)[0].contains("oracle"));
        assert!(wrong("cordon-new", "regex", None)[0].contains("no row"));
    }
}
