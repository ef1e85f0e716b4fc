//! Foreign text made safe for a page: it can neither become markup nor change how the text around it reads.

use std::fmt::{self, Write};

use crate::report::text;

/// Text between tags. Line feeds and tabs stay; other characters that hide or steer are shown by their code.
pub(super) fn content(text: &str) -> Escaped<'_> {
    Escaped { text, is_attribute: false }
}

/// Text inside a double-quoted attribute.
pub(super) fn attribute(text: &str) -> Escaped<'_> {
    Escaped { text, is_attribute: true }
}

/// See [`content`] and [`attribute`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Escaped<'t> {
    text: &'t str,
    is_attribute: bool,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                '\n' | '\t' if !self.is_attribute => out.write_char(character)?,
                '\r' if !self.is_attribute && characters.peek() == Some(&'\n') => {}
                _ if text::is_unsafe(character) => {
                    let code = text::one_line(character.encode_utf8(&mut [0; 4]));
                    if self.is_attribute { out.write_str(&code)? } else { write!(out, "<span class=\"c\">{code}</span>")? }
                }
                _ => out.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Text with the given byte ranges marked; no range: all of it. Ranges may overlap, be out of order, or lie outside.
pub(super) fn marked(text: &str, ranges: &[(usize, usize)]) -> String {
    let whole = [(0, text.len())];
    let mut ranges: Vec<(usize, usize)> = if ranges.is_empty() { whole.to_vec() } else { ranges.to_vec() };
    ranges.sort_unstable();
    let mut html = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for (start, end) in ranges {
        let (start, end) = (outward(text, start.min(text.len()), false).max(done), outward(text, end.min(text.len()), true));
        if start < end {
            let _ = write!(html, "{}<mark>{}</mark>", content(&text[done..start]), content(&text[start..end]));
            done = end;
        }
    }
    let _ = write!(html, "{}", content(&text[done..]));
    html.replace("</mark><mark>", "")
}

/// The nearest boundary between characters, before or behind `index`.
fn outward(text: &str, mut index: usize, behind: bool) -> usize {
    while !text.is_char_boundary(index) {
        if behind { index += 1 } else { index -= 1 }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_quotes_and_controls_lose_their_meaning() {
        assert_eq!(content("<b a=\"'\">&\0").to_string(), "&lt;b a=&quot;&#39;&quot;&gt;&amp;<span class=\"c\">\\x00</span>");
        assert_eq!(attribute("a\"\n\u{202e}").to_string(), "a&quot;\\n\\u{202e}");
        assert_eq!(content("a\r\nb\r").to_string(), "a\nb<span class=\"c\">\\r</span>");
    }

    #[test]
    fn ranges_are_marked_whatever_they_are() {
        assert_eq!(marked("abcdef", &[(1, 3), (2, 4)]), "a<mark>bcd</mark>ef");
        assert_eq!(marked("abc", &[]), "<mark>abc</mark>");
        assert_eq!(marked("é<", &[(1, usize::MAX), (9, 2)]), "<mark>é&lt;</mark>");
        assert_eq!(marked("", &[(0, 4)]), "");
    }
}
