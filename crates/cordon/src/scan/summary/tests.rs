//! The summary as a terminal, a pipe and an old console show it.

use super::*;
use crate::report::sample;

const NEXT: &str = "cordon scan evidence --html report.html writes a report with every detection in full";
const PLAIN: Style = Style { width: 80, colour: false, unicode: true };

#[test]
fn a_bad_morning_fits_on_a_screen() {
    insta::assert_snapshot!(render(&sample::findings(), &sample::stats(), PLAIN, NEXT));
}

#[test]
fn a_narrow_ascii_terminal_gets_the_same_in_less_room() {
    let narrow = render(&sample::findings(), &sample::stats(), Style { width: 60, colour: false, unicode: false }, NEXT);
    insta::assert_snapshot!(narrow);
    assert!(narrow.is_ascii());
    let too_wide: Vec<&str> = narrow.lines().filter(|line| line.len() > 60 && !line.starts_with("Next")).collect();
    assert!(too_wide.is_empty(), "{too_wide:?}");
}

#[test]
fn nothing_found_is_not_called_safe() {
    let mut stats = sample::stats();
    (stats.unread, stats.unloaded) = (report::Bounded::new(5), report::Bounded::new(5));
    let text = render(&Findings::default(), &stats, PLAIN, "");
    assert!(text.contains("No rule matched") && text.contains("does not prove"), "{text}");
    stats.events = 0;
    assert!(render(&Findings::default(), &stats, PLAIN, "").contains("No event was read"));
}

#[test]
fn event_text_cannot_steer_the_terminal() {
    let mut findings = Findings::default();
    findings.add(sample::hostile());
    let mut stats = ScanStats::default();
    let bad = "\x1b]0;x\x07\u{202e}\n".to_owned();
    stats.unread.push(report::Unread { source: bad.clone(), offset: Some(u64::MAX), reason: bad.clone() });
    stats.unloaded.push(report::UnloadedRule { file: bad.clone(), line: 0, title: None, reason: bad });
    let text = render(&findings, &stats, PLAIN, "");
    assert!(!text.lines().any(|line| line.chars().any(text::is_unsafe)), "{text:?}");
}

#[test]
fn colour_only_where_the_terminal_wants_it() {
    let decide = |terminal, pairs: &[(&str, &str)]| {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Style::decide(terminal, Some(100), find)
    };
    assert_eq!(decide(true, &[("LANG", "en_GB.UTF-8")]), Style { width: 100, colour: true, unicode: true });
    assert!(!decide(false, &[("LANG", "en_GB.UTF-8")]).colour);
    assert_eq!(decide(false, &[]).width, 80);
    assert!(!decide(true, &[("NO_COLOR", "1")]).colour);
    assert!(!decide(true, &[("TERM", "dumb"), ("LANG", "C.UTF-8")]).unicode);
    assert!(cfg!(windows) || !decide(true, &[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]).unicode);
    let coloured = render(&sample::findings(), &sample::stats(), Style { width: 80, colour: true, unicode: true }, NEXT);
    assert!(coloured.contains("\x1b[1;97;41m"));
    sample::save("summary.txt", coloured.as_bytes());
}
