//! Just enough XML to flatten what the peer prints: it writes one declaration, elements, attributes and text.

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The root of a document that is well-formed.
pub(super) fn parse(document: &str) -> Element {
    let mut rest = document;
    let mut open = vec![Element::default()];
    while let Some(at) = rest.find('<') {
        let innermost = open.last_mut().unwrap();
        innermost.text.push_str(&unescape(&rest[..at]));
        let end = at + tag_end(&rest[at..]);
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('?') {
            continue;
        }
        if tag.starts_with('/') {
            let done = open.pop().unwrap();
            open.last_mut().unwrap().children.push(done);
        } else {
            let element = start_tag(tag.trim_end_matches('/'));
            match tag.ends_with('/') {
                true => innermost.children.push(element),
                false => open.push(element),
            }
        }
    }
    open.remove(0).children.remove(0)
}

/// Where the tag ends, quoted `>` left aside.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, char) in tag.char_indices() {
        match (quote, char) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            _ => {}
        }
    }
    panic!("tag without an end: {tag}");
}

fn start_tag(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while let Some((name, value)) = rest.split_once('=') {
        let quote = value.chars().next().unwrap();
        let (value, after) = value[1..].split_once(quote).unwrap();
        attributes.push((name.trim().to_owned(), unescape(value)));
        rest = after;
    }
    Element { name: name.to_owned(), attributes, ..Element::default() }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}
