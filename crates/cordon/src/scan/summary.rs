//! What a person reads in ten seconds when a scan ends: when, where, what, the worst first, and what could not be read.
//!
//! Plain text when it is piped; colour and block characters only where the terminal takes them.

use std::fmt::Write as _;

use cordon_model::{Level, Timestamp};

use crate::report::{self, Findings, ScanStats, text};

/// How much is listed; the report has the rest.
const HOSTS: usize = 6;
const RULES: usize = 16;
const PROBLEMS: usize = 5;
/// Width of the names on the left.
const MARGIN: usize = 10;

/// What the terminal takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Columns, from 60 up.
    pub(crate) width: usize,
    /// Whether colours are shown.
    pub(crate) colour: bool,
    /// Whether more than ASCII is shown.
    pub(crate) unicode: bool,
}

impl Style {
    /// Decides by the rules that terminals follow: colour on a terminal unless `NO_COLOR` is set or `TERM` is `dumb`; block characters
    /// where the locale is UTF-8 (always on Windows, whose console is given UTF-16); 80 columns when nobody knows better.
    pub(crate) fn decide(terminal: bool, columns: Option<usize>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Self {
            width: columns.filter(|_| terminal).unwrap_or(80).clamp(60, 120),
            colour: terminal && !dumb && set("NO_COLOR").is_none(),
            unicode: !dumb && (cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")),
        }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn level(self, level: Level, text: &str) -> String {
        let code = match level {
            Level::Critical => "1;97;41",
            Level::High => "1;31",
            Level::Medium => "33",
            Level::Low => "36",
            Level::Informational => "2",
        };
        self.paint(code, text)
    }

    fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Foreign text: one line, no escapes, at most `limit` characters, ASCII when the terminal takes no more.
    fn foreign(self, text: &str, limit: usize) -> String {
        let line = text::one_line(text::head(text, 8 * limit));
        let line = if self.unicode { line } else { line.chars().map(|char| if char.is_ascii() { char } else { '?' }).collect() };
        text::fit(&line, limit, self.ellipsis())
    }
}

/// The summary, with a line feed at its end. `next` is one line that says what to do now.
pub(crate) fn render(findings: &Findings, stats: &ScanStats, style: Style, next: &str) -> String {
    let mut page = Page { style, text: String::new() };
    page.text.push('\n');
    if findings.total() == 0 {
        nothing(&mut page, stats);
    } else {
        headline(&mut page, findings);
        when(&mut page, findings);
        hosts(&mut page, findings);
        tactics(&mut page, findings);
        detections(&mut page, findings);
    }
    problems(&mut page, stats);
    scanned(&mut page, stats);
    if !next.is_empty() {
        page.named("Next", &style.foreign(next, 1000));
    }
    page.text
}

struct Page {
    style: Style,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// A line with a name in the margin.
    fn named(&mut self, name: &str, line: &str) {
        let name = self.style.paint("1", &format!("{name:<MARGIN$}"));
        self.line(&format!("{name}{line}"));
    }

    /// A line below a named one.
    fn more(&mut self, line: &str) {
        self.line(&format!("{:MARGIN$}{line}", ""));
    }

    /// Parts with commas between them, never broken inside; each as it is measured and as it is shown.
    fn flow(&mut self, name: &str, parts: &[(String, String)]) {
        let room = self.style.width - MARGIN;
        let (mut lines, mut used) = (vec![String::new()], 0);
        for (index, (plain, painted)) in parts.iter().enumerate() {
            let length = plain.chars().count() + 2;
            if used > 0 && used + length > room + 1 {
                lines.push(String::new());
                used = 0;
            }
            used += length;
            let comma = if index + 1 < parts.len() { ", " } else { "" };
            if let Some(line) = lines.last_mut() {
                let _ = write!(line, "{painted}{comma}");
            }
        }
        for (index, line) in lines.iter().enumerate() {
            if index == 0 { self.named(name, line) } else { self.more(line) }
        }
    }

    /// Prose, with `name` in the margin of the first line.
    fn prose(&mut self, name: &str, text: &str) {
        for (index, line) in broken(text, self.style.width - MARGIN).iter().enumerate() {
            if index == 0 { self.named(name, line) } else { self.more(line) }
        }
    }
}

/// Breaks text between words into lines of at most `room` characters; a longer word is broken where the line ends, never cut, since it
/// may be the name of a file.
fn broken(text: &str, room: usize) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for character in word.chars() {
            if used == room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(character);
            used += 1;
        }
    }
    lines.push(line);
    lines
}

fn nothing(page: &mut Page, stats: &ScanStats) {
    if stats.events == 0 {
        page.prose("Nothing", "No event was read, so nothing can be said. Check the paths, and what could not be read below.");
    } else if stats.rules == 0 {
        page.prose("Nothing", "No rule was loaded, so nothing could match.");
    } else {
        let events = text::counted(stats.events, "event", "events");
        let text = format!(
            "No rule matched in {events}. That does not prove that nothing happened: rules see only what was logged and what they describe."
        );
        page.prose("Nothing", &text);
    }
    page.line("");
}

fn headline(page: &mut Page, findings: &Findings) {
    let style = page.style;
    let found = Level::DESCENDING.into_iter().filter(|level| findings.levels()[*level as usize] > 0);
    let parts: Vec<(String, String)> = found
        .map(|level| {
            let plain = format!("{} {level}", text::count(findings.levels()[level as usize]));
            let painted = style.level(level, &plain);
            (plain, painted)
        })
        .collect();
    page.flow("Found", &parts);
}

fn when(page: &mut Page, findings: &Findings) {
    let style = page.style;
    let Some((first, last)) = findings.span() else {
        page.named("When", "no detection has a time");
        return;
    };
    page.named("When", &format!("{} UTC ({})", text::period(first, last), text::span(last.micros_since(first))));
    let Some(columns) = findings.timeline().columns(style.width - MARGIN - 2).filter(|columns| columns.counts.len() > 1) else {
        return;
    };
    page.more(&sparkline(style, &columns));
    let mut note = format!("one column is {}", text::span(columns.width));
    if columns.outside > 0 {
        let _ = write!(
            note,
            "; {} far outside {} not drawn",
            text::count(columns.outside),
            if columns.outside == 1 { "is" } else { "are" }
        );
    }
    page.more(&style.paint("2", &note));
}

/// One character a column, its height by the number of detections, its colour by the worst of them.
fn sparkline(style: Style, columns: &report::Columns) -> String {
    let marks: Vec<char> = if style.unicode { " ▁▂▃▄▅▆▇█" } else { " .:-=+*#@" }.chars().collect();
    let most = columns.counts.iter().map(|counts| counts.iter().sum::<u64>()).max().unwrap_or(1).max(1);
    let mut line = String::new();
    for counts in &columns.counts {
        let count: u64 = counts.iter().sum();
        let mark = marks[(count as u128 * 8).div_ceil(u128::from(most)) as usize];
        match report::worst(counts) {
            // A red background would hide the height: critical is red here, too.
            Some(Level::Critical) => line.push_str(&style.paint("91", &mark.to_string())),
            Some(level) => line.push_str(&style.level(level, &mark.to_string())),
            None => line.push(mark),
        }
    }
    line
}

fn hosts(page: &mut Page, findings: &Findings) {
    let style = page.style;
    let is_narrow = style.width < 76;
    let ranked = report::hosts(findings);
    let name = |host: &report::RankedHost<'_>| match host.host.name.as_str() {
        "" => "(no name)".to_owned(),
        name => style.foreign(name, if is_narrow { 20 } else { 28 }),
    };
    let shown: Vec<(String, &report::RankedHost<'_>)> = ranked.iter().take(HOSTS).map(|host| (name(host), host)).collect();
    let longest = shown.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let widest = shown.iter().map(|(_, host)| host.worst.as_str().len()).max().unwrap_or_default();
    for (index, (name, host)) in shown.iter().enumerate() {
        let level = style.level(host.worst, &format!("{:<widest$}", host.worst.as_str()));
        let padding = " ".repeat(longest - name.chars().count());
        let mut line = format!("{name}{padding}  {level} {}", text::counted(host.host.tally.count, "detection", "detections"));
        if !is_narrow {
            let _ = write!(line, " of {}", text::counted(host.rules, "rule", "rules"));
        }
        if index == 0 { page.named("Hosts", &line) } else { page.more(&line) }
    }
    if ranked.len() > HOSTS {
        page.more(&format!("and {} more", text::count((ranked.len() - HOSTS) as u64)));
    }
    if findings.on_other_hosts() > 0 {
        let others = text::counted(findings.on_other_hosts(), "detection", "detections");
        page.more(&format!("{others} on further hosts, which were too many to tell apart"));
    }
}

fn tactics(page: &mut Page, findings: &Findings) {
    let tactics = findings.tactics();
    let part = |(tactic, joint): &(report::Tactic, report::Joint)| format!("{} {}", tactic.name(), text::count(joint.count));
    let parts: Vec<(String, String)> = tactics.iter().map(|tactic| (part(tactic), part(tactic))).collect();
    if !parts.is_empty() {
        page.flow("Tactics", &parts);
    }
}

fn detections(page: &mut Page, findings: &Findings) {
    let style = page.style;
    let ranked = report::rules(findings);
    // Everything on one day needs no date; a narrow terminal gets no time of day.
    let one_day = findings.span().is_none_or(|(first, last)| text::day(first) == text::day(last));
    let (show, room): (fn(Timestamp) -> String, usize) = match one_day {
        true => (text::clock, 11),
        false if style.width < 76 => (text::day, 11),
        false => (text::moment, 20),
    };
    let title = style.width - 18 - room;
    page.line("");
    page.line(
        &style.paint("1", &format!("{:<title$}  {:>7} {:>6}  {}", "Detections, worst first", "count", "hosts", "first (UTC)")),
    );
    let mut level = None;
    for ranked in ranked.iter().take(RULES) {
        let rule = ranked.rule;
        if level != Some(rule.info.level) {
            level = Some(rule.info.level);
            page.line(&style.level(rule.info.level, rule.info.level.as_str()));
        }
        let hosts = text::count(rule.hosts.len() as u64) + if rule.elsewhere { "+" } else { "" };
        let first = rule.tally.span.map_or(String::new(), |(first, _)| show(first));
        let name = if rule.info.title.is_empty() { &rule.info.id } else { &rule.info.title };
        let name = style.foreign(name, title - 2);
        let padding = " ".repeat(title - 2 - name.chars().count().min(title - 2));
        page.line(&format!("  {name}{padding}  {:>7} {hosts:>6}  {first}", text::count(rule.tally.count)));
    }
    if ranked.len() > RULES {
        let rest: u64 = ranked[RULES..].iter().map(|ranked| ranked.rule.tally.count).sum();
        let rules = text::counted((ranked.len() - RULES) as u64, "more rule", "more rules");
        page.line(&format!("  {rules} with {}", text::counted(rest, "detection", "detections")));
    }
    page.line("");
}

fn problems(page: &mut Page, stats: &ScanStats) {
    let style = page.style;
    if stats.unread.total() > 0 {
        page.line(&style.paint("1", &format!("Could not be read: {}", text::counted(stats.unread.total(), "place", "places"))));
        for unread in stats.unread.kept().iter().take(PROBLEMS) {
            let offset = unread.offset.map_or(String::new(), |offset| format!(" at byte {}", text::count(offset)));
            listed(page, &format!("{}{offset}: {}", style.foreign(&unread.source, 300), style.foreign(&unread.reason, 300)));
        }
        left_out(page, stats.unread.total());
    }
    if stats.unloaded.total() > 0 {
        page.line(&style.paint("1", &format!("Rules that did not load: {}", text::count(stats.unloaded.total()))));
        for rule in stats.unloaded.kept().iter().take(PROBLEMS) {
            listed(page, &format!("{}:{}: {}", style.foreign(&rule.file, 300), rule.line, style.foreign(&rule.reason, 300)));
        }
        left_out(page, stats.unloaded.total());
    }
    if stats.unread.total() + stats.unloaded.total() > 0 {
        page.line("");
    }
}

fn listed(page: &mut Page, text: &str) {
    for (index, line) in broken(text, page.style.width - 4).iter().enumerate() {
        page.line(&format!("{}{line}", if index == 0 { "  " } else { "    " }));
    }
}

fn left_out(page: &mut Page, total: u64) {
    if total > PROBLEMS as u64 {
        page.line(&format!("  and {} more", text::count(total - PROBLEMS as u64)));
    }
}

fn scanned(page: &mut Page, stats: &ScanStats) {
    let mut text = format!(
        "{} in {} ({}), {} in {}",
        text::counted(stats.events, "event", "events"),
        text::counted(stats.files, "file", "files"),
        text::size(stats.bytes),
        text::counted(stats.rules, "rule", "rules"),
        text::span(stats.wall.as_micros() as i64),
    );
    if let Some(rate) = stats.events_per_second() {
        let _ = write!(text, ", {} events/s", text::count(rate));
    }
    if let Some((first, last)) = stats.span {
        let _ = write!(text, "; events of {} UTC", text::period(first, last));
    }
    page.prose("Scanned", &text);
}

#[cfg(test)]
mod tests;
