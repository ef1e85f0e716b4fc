//! Events made by tests: values in any encoding, inside the raw record or beside it.

use std::fmt;

use cordon_event::{Encoding, Event, Field, Format, Header, Names, Value};

/// An event that owns its bytes.
#[derive(Clone, Default)]
pub struct Record {
    pub format: Format,
    pub event_id: Option<u32>,
    /// Whether there is a raw record that holds the values which text logs hold.
    pub has_raw: bool,
    pub fields: Vec<Stored>,
    pub raw: Vec<u8>,
}

/// A field: its text as a reader should see it, and its bytes.
#[derive(Clone)]
pub struct Stored {
    pub name: String,
    /// `None` for a value that is null.
    pub text: Option<String>,
    encoding: Encoding,
    bytes: Vec<u8>,
    /// Where it starts in the raw record.
    at: Option<usize>,
}

impl Stored {
    /// A text in one of the encodings that can hold it; `choice` chooses among them and among ways to escape.
    pub fn new(name: &str, text: Option<&str>, choice: u16) -> Self {
        let (encoding, bytes) = text.map_or((Encoding::Null, Vec::new()), |text| encode(text, choice));
        Self { name: name.to_owned(), text: text.map(str::to_owned), encoding, bytes, at: None }
    }

    /// Bytes in this encoding, whatever their text is.
    pub fn of_bytes(name: &str, encoding: Encoding, bytes: Vec<u8>) -> Self {
        let text = Value { encoding, bytes: &bytes }.to_text().into_owned();
        Self { name: name.to_owned(), text: Some(text), encoding, bytes, at: None }
    }
}

impl Record {
    /// A Windows event with these fields as UTF-8; `EventID` and `Channel` among them are in the header too.
    pub fn windows(fields: &[(&str, &str)]) -> Self {
        let stored = |(name, text): &(&str, &str)| Stored::new(name, Some(text), 0);
        let event_id = fields.iter().find(|(name, _)| *name == "EventID").and_then(|(_, text)| text.parse().ok());
        Self { format: Format::Windows, event_id, fields: fields.iter().map(stored).collect(), ..Self::default() }.finish()
    }

    /// Puts together the raw record; to be called after the last change.
    pub fn finish(mut self) -> Self {
        self.raw.clear();
        for field in &mut self.fields {
            let is_text = matches!(field.encoding, Encoding::Utf8 | Encoding::Json | Encoding::Xml | Encoding::Literal);
            field.at = (self.has_raw && is_text).then_some(self.raw.len());
            if field.at.is_some() {
                self.raw.extend_from_slice(&field.bytes);
                self.raw.push(b'\n');
            }
        }
        self
    }

    /// The event, as a reader would give it.
    pub fn event<'a>(&'a self, names: &mut Names) -> Event<'a> {
        let fields: Vec<Field<'a>> =
            self.fields.iter().map(|field| Field { name: names.intern(&field.name), value: self.value(field) }).collect();
        let first =
            |name: &str| self.fields.iter().find(|field| field.name == name).map_or(Value::NULL, |field| self.value(field));
        let header = Header {
            format: self.format,
            channel: first("Channel"),
            provider: first("Provider_Name"),
            event_id: self.event_id,
            ..Header::default()
        };
        Event { header, fields, raw: self.has_raw.then_some(self.raw.as_slice()) }
    }

    fn value<'a>(&'a self, field: &'a Stored) -> Value<'a> {
        let bytes = match field.at {
            Some(at) => &self.raw[at..at + field.bytes.len()],
            None => &field.bytes,
        };
        Value { encoding: field.encoding, bytes }
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { format, event_id, has_raw, fields, .. } = self;
        write!(f, "{format:?} {event_id:?}, raw: {has_raw}, {fields:?}")
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = String::from_utf8_lossy(&self.bytes);
        write!(f, "{}: {:?} ({:?} {bytes:?})", self.name, self.text, self.encoding)
    }
}

/// An encoding of `text`.
fn encode(text: &str, choice: u16) -> (Encoding, Vec<u8>) {
    let style = choice / 8;
    match choice % 8 {
        1 | 2 => (Encoding::Utf16, text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        3 => (Encoding::Json, json(text, style)),
        4 => (Encoding::Xml, xml(text, style)),
        5 if !text.is_empty() => (Encoding::HexText, text.bytes().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect()),
        6 | 7 => number(text, style).unwrap_or_else(|| (Encoding::Utf8, text.into())),
        _ => (Encoding::Utf8, text.into()),
    }
}

/// The inside of a JSON string. Of `style`, one bit for each of the first characters says to write it by its number.
fn json(text: &str, style: u16) -> Vec<u8> {
    let mut out = String::new();
    for (at, character) in text.chars().enumerate() {
        match character {
            _ if at < 6 && style >> at & 1 == 1 => {
                character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            '"' | '\\' => out.extend(['\\', character]),
            '/' if style & 64 != 0 => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(character),
        }
    }
    out.into_bytes()
}

/// XML character data, with references chosen as for [`json`].
fn xml(text: &str, style: u16) -> Vec<u8> {
    let mut out = String::new();
    for (at, character) in text.chars().enumerate() {
        match character {
            _ if at < 6 && style >> at & 1 == 1 => out.push_str(&format!("&#x{:X};", u32::from(character))),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if style & 64 != 0 => out.push_str("&quot;"),
            _ => out.push(character),
        }
    }
    out.into_bytes()
}

/// A text that is a number or a truth value, as binary logs hold it.
fn number(text: &str, style: u16) -> Option<(Encoding, Vec<u8>)> {
    if let Some(number) = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
        return (format!("0x{number:x}") == text).then(|| (Encoding::HexInt, number.to_le_bytes().into()));
    }
    if let Ok(truth) = text.parse::<bool>() {
        return Some((Encoding::Bool, u32::from(truth).to_le_bytes().into()));
    }
    let number: i64 = text.parse().ok().filter(|number: &i64| number.to_string() == text)?;
    Some(match style % 3 {
        0 => (Encoding::Literal, text.into()),
        1 => (Encoding::Int, number.to_le_bytes().into()),
        _ => (Encoding::Uint, u64::try_from(number).ok()?.to_le_bytes().into()),
    })
}
