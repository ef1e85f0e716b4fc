//! A pull scanner for XML that borrows everything. It knows elements, attributes, text and CDATA; comments, processing
//! instructions and document types are passed over, so nothing that a document type declares can ever be expanded.
//!
//! Source: XML 1.0, fifth edition.

use memchr::memmem;

/// Why a document cannot be read.
pub(super) type Fault = &'static str;

/// A piece of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name attributes>`, or `<name attributes/>` when it is empty.
    Open { name: &'a [u8], attributes: &'a [u8], is_empty: bool },
    /// `</name>`
    Close { name: &'a [u8] },
    /// Character data, references still in place.
    Text(&'a [u8]),
    /// The inside of a CDATA section: characters as they are.
    Cdata(&'a [u8]),
}

/// A place in a document.
pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token<'a>>, Fault> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            match rest {
                [] => return Ok(None),
                [b'<', b'!', b'-', b'-', ..] => self.pass(rest, 4, b"-->", "a comment has no end")?,
                [b'<', b'?', ..] => self.pass(rest, 2, b"?>", "a processing instruction has no end")?,
                _ if rest.starts_with(b"<![CDATA[") => {
                    let start = self.at + 9;
                    self.pass(rest, 9, b"]]>", "a CDATA section has no end")?;
                    return Ok(Some(Token::Cdata(&self.bytes[start..self.at - 3])));
                }
                [b'<', b'!', ..] => self.pass_declaration(rest)?,
                [b'<', b'/', inside @ ..] => {
                    let end = memchr::memchr(b'>', inside).ok_or("a tag has no end")?;
                    self.at += end + 3;
                    return Ok(Some(Token::Close { name: inside[..end].trim_ascii_end() }));
                }
                [b'<', inside @ ..] => return self.open(inside).map(Some),
                text => {
                    let end = memchr::memchr(b'<', text).unwrap_or(text.len());
                    self.at += end;
                    return Ok(Some(Token::Text(&text[..end])));
                }
            }
        }
    }

    fn pass(&mut self, rest: &[u8], opening: usize, closing: &[u8], fault: Fault) -> Result<(), Fault> {
        let end = memmem::find(rest.get(opening..).unwrap_or_default(), closing).ok_or(fault)?;
        self.at += opening + end + closing.len();
        Ok(())
    }

    /// Passes over a document type with all that it declares.
    fn pass_declaration(&mut self, rest: &[u8]) -> Result<(), Fault> {
        let mut depth = 0_u32;
        for (at, byte) in rest.iter().enumerate() {
            match byte {
                b'<' => depth += 1,
                b'>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += at + 1;
                return Ok(());
            }
        }
        Err("a declaration has no end")
    }

    fn open(&mut self, inside: &'a [u8]) -> Result<Token<'a>, Fault> {
        let mut end = 0;
        loop {
            let found = memchr::memchr3(b'>', b'"', b'\'', &inside[end..]).ok_or("a tag has no end")?;
            end += found;
            if inside[end] == b'>' {
                break;
            }
            let quote = inside[end];
            end += 2 + memchr::memchr(quote, &inside[end + 1..]).ok_or("an attribute has no end")?;
        }
        self.at += end + 2;
        let tag = &inside[..end];
        let (tag, is_empty) = tag.strip_suffix(b"/").map_or((tag, false), |tag| (tag, true));
        let name_end = tag.iter().position(u8::is_ascii_whitespace).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_end);
        if name.is_empty() || name.contains(&b'<') {
            return Err("a tag has no name");
        }
        Ok(Token::Open { name, attributes, is_empty })
    }
}

/// The attributes of a tag: their names, and their values with references still in place.
pub(super) fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let equals = memchr::memchr(b'=', rest)?;
        let name = rest[..equals].trim_ascii();
        let value = rest[equals + 1..].trim_ascii_start();
        let (quote, value) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        let end = memchr::memchr(*quote, value)?;
        rest = &value[end + 1..];
        Some((name, &value[..end]))
    })
}

/// A name without its namespace prefix.
pub(super) fn local(name: &[u8]) -> &[u8] {
    memchr::memrchr(b':', name).map_or(name, |at| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
        let mut tokens = Vec::new();
        while let Some(token) = scanner.next()? {
            tokens.push(token);
        }
        Ok(tokens)
    }

    #[test]
    fn what_says_nothing_is_passed_over() {
        let text = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b \"<x>\">]><!-- <c> --><a d='>'/>";
        let expected = Token::Open { name: b"a", attributes: b" d='>'", is_empty: true };
        assert_eq!(tokens(text), Ok(vec![expected]));
    }

    #[test]
    fn cdata_and_text_are_told_apart() {
        let pieces = tokens("a&amp;<![CDATA[<b>&]]></ c >").unwrap();
        assert_eq!(pieces, [Token::Text(b"a&amp;"), Token::Cdata(b"<b>&"), Token::Close { name: b" c" }]);
    }

    #[test]
    fn attributes_may_have_either_quote() {
        let pairs: Vec<_> = attributes(br#" a='1"' b = "2'" c"#).collect();
        assert_eq!(pairs, [(&b"a"[..], &b"1\""[..]), (b"b", b"2'")]);
    }

    #[test]
    fn pieces_without_an_end_are_faults() {
        for text in ["<a", "<a b='", "<!-- ", "<![CDATA[ ", "<!DOCTYPE [", "</a", "<?xml", "<>"] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }
}
