//! A condition as a person reads it: a tree of parts, each marked as held or not.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _},
};

use cordon_detect::{Part, What};

use crate::{cli::Color, report::text::one_line};

/// Parts shown below one; a list of hundreds of values is one part, so this is rarely met.
const MAX_PARTS: usize = 100;

/// How marks are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// For standard output.
    pub(crate) fn decide(color: Color) -> Self {
        let colour = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        };
        Self { colour }
    }

    /// `✔` or `✘`.
    pub(crate) fn mark(self, held: bool) -> &'static str {
        match (held, self.colour) {
            (true, true) => "\x1b[32m✔\x1b[0m",
            (false, true) => "\x1b[31m✘\x1b[0m",
            (true, false) => "✔",
            (false, false) => "✘",
        }
    }
}

/// Draws `part` and what it is made of, two spaces further in at each step.
pub(crate) fn draw(part: &Part, style: Style, indent: usize) -> String {
    let mut page = String::new();
    draw_part(part, style, indent, &mut page);
    page
}

fn draw_part(part: &Part, style: Style, depth: usize, page: &mut String) {
    let indent = "  ".repeat(depth);
    // Writing to a `String` cannot fail.
    let _ = write!(page, "{indent}{} ", style.mark(part.held));
    match &part.what {
        What::All => page.push_str("all of"),
        What::Any => page.push_str("any of"),
        What::AtLeast(count) => drop(write!(page, "at least {count} of")),
        What::Not => page.push_str("not"),
        What::Detection(name) => page.push_str(&one_line(name)),
        What::Test { field, test, seen } => {
            let field = if field.is_empty() { "any value" } else { field };
            let _ = write!(page, "{} {}", one_line(field), one_line(test));
            if seen.is_empty() {
                let _ = write!(page, "\n{indent}    not in the event");
            }
            for value in seen {
                let _ = write!(page, "\n{indent}    seen: {}", one_line(value));
            }
        }
    }
    page.push('\n');
    for part in part.parts.iter().take(MAX_PARTS) {
        draw_part(part, style, depth + 1, page);
    }
    if let Some(more) = part.parts.len().checked_sub(MAX_PARTS).filter(|more| *more > 0) {
        let _ = writeln!(page, "{indent}  … and {more} more parts");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_marked_and_values_shown() {
        let test = |held, seen: &[&str]| Part {
            what: What::Test {
                field: "Image".to_owned(),
                test: "is *\\cmd.exe".to_owned(),
                seen: seen.iter().map(|value| (*value).to_owned()).collect(),
            },
            held,
            parts: Vec::new(),
        };
        let part = Part { what: What::All, held: false, parts: vec![test(true, &["C:\\cmd.exe"]), test(false, &[])] };
        let expected =
            "✘ all of\n  ✔ Image is *\\cmd.exe\n      seen: C:\\cmd.exe\n  ✘ Image is *\\cmd.exe\n      not in the event\n";
        assert_eq!(draw(&part, Style { colour: false }, 0), expected);
    }
}
