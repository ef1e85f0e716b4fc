//! The report as a browser would take it: whole, safe whatever the events hold, and bounded.

use super::*;
use crate::report::sample;

fn html(findings: &Findings, stats: &ScanStats) -> String {
    let mut out = Vec::new();
    write_html(&mut out, findings, stats).unwrap();
    String::from_utf8(out).unwrap()
}

/// Names of the elements in the order in which they open and close, checked for balance.
fn elements(html: &str) -> Vec<String> {
    const VOID: [&str; 5] = ["meta", "input", "rect", "br", "!DOCTYPE"];
    let (mut open, mut seen): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("every tag ends");
        let (inside, after) = (&rest[..end], &rest[end + 1..]);
        let name = inside.trim_start_matches('/').split([' ', '/']).next().unwrap().to_owned();
        rest = after;
        if inside.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name.as_str()), "closes what is open");
            continue;
        }
        seen.push(name.clone());
        if name == "style" || name == "script" {
            rest = &after[after.find("</").unwrap()..];
        }
        if !(VOID.contains(&name.as_str()) && (name != "rect" || inside.ends_with('/'))) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn the_report_is_whole_and_well_formed() {
    let html = html(&sample::findings(), &sample::stats());
    sample::save("report.html", html.as_bytes());
    elements(&html);
    for part in [
        "id=\"timeline\"",
        "id=\"hosts\"",
        "id=\"attack\"",
        "id=\"detections\"",
        "id=\"unread\"",
        "id=\"unloaded\"",
        "id=\"about\"",
        "<mark>Delete Shadows</mark>",
        "Raw event",
        "What belongs together",
        "OS Credential Dumping: LSASS Memory",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("javascript:alert(1)\""), "only web pages become links");
}

#[test]
fn every_link_inside_leads_somewhere_and_no_id_stands_twice() {
    let html = html(&sample::findings(), &sample::stats());
    let after = |pattern: &str| -> Vec<String> {
        html.split(pattern).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let mut ids = after(" id=\"");
    for target in after("href=\"#") {
        assert!(ids.contains(&target), "#{target}");
    }
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn nothing_is_fetched_and_only_our_script_and_style_run() {
    let html = html(&sample::findings(), &sample::stats());
    let policy = format!("default-src 'none'; style-src '{}'; script-src '{}'", digest(STYLE), digest(SCRIPT));
    assert!(html.contains(&policy));
    assert_eq!(digest(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    for fetching in ["src=", "url(", "@import", "<link", "<iframe", "<object", "style=", "onclick="] {
        assert!(!html.contains(fetching), "{fetching}");
    }
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</"), "the blocks end where we end them");
}

#[test]
fn hostile_events_stay_text() {
    let mut findings = Findings::default();
    findings.add(sample::hostile());
    let hostile = html(&findings, &sample::stats());
    sample::save("hostile.html", hostile.as_bytes());
    let seen = elements(&hostile);
    let once = |name: &str| seen.iter().filter(|element| *element == name).count();
    assert_eq!((once("script"), once("style"), once("title") > 0), (1, 1, true));
    assert!(!seen.iter().any(|name| name == "img" || name == "b>" || name == "iframe"));
    let body = hostile.split_once("</style>").unwrap().1;
    assert!(!body.chars().any(|char| text::is_unsafe(char) && !matches!(char, '\n' | '\t')), "nothing invisible is left");
    assert!(hostile.contains("[cut here: ") && hostile.len() < 400_000, "{}", hostile.len());
    assert!(!hostile.contains("href=\"javascript"));
}

#[test]
fn nothing_found_makes_an_honest_page() {
    let html = html(&Findings::default(), &sample::stats());
    elements(&html);
    assert!(html.contains("<h1 id=\"top\">No rule matched</h1>") && html.contains("does not prove"));
    sample::save("nothing.html", html.as_bytes());
}

#[test]
fn the_file_stays_small_when_there_are_many_detections() {
    let findings = sample::findings();
    let mut out = Vec::new();
    write_page(Page { out: &mut out, written: 0, bytes_before_details_stop: 60_000 }, &findings, &sample::stats()).unwrap();
    let html = String::from_utf8(out).unwrap();
    elements(&html);
    assert!(html.contains("counted but not shown"));
    assert!(html.len() < 130_000, "{}", html.len());
    assert_eq!(html.matches("class=\"rule ").count(), findings.rules().len());
}
