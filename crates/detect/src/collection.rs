//! Rule collections: files in which `action: global`, `reset` and `repeat` say what documents have in common.
//!
//! Source: Sigma specification 2.1, "Rule Collections".

use yaml_serde::{Mapping, Value};

/// What goes on from one document of a file to the next.
#[derive(Debug, Default)]
pub(crate) struct Collection {
    /// Stands in all documents that follow.
    global: Mapping,
    /// The document before, as it was read.
    previous: Option<Mapping>,
    bytes: usize,
}

/// Bytes of all documents of a file once what they have in common is written out.
const MAX_BYTES: usize = 8 << 20;
/// Mappings in mappings that are brought together; what is deeper is replaced.
const MAX_DEPTH: usize = 32;

impl Collection {
    /// The document that is meant, as YAML; `None` for one that says something about others.
    pub(crate) fn apply(&mut self, document: Value) -> Result<Option<String>, String> {
        let Value::Mapping(mut document) = document else { return Err("the document is not a mapping".to_owned()) };
        let action = document.remove("action");
        let action = action.as_ref().map(|action| action.as_str().unwrap_or_default());
        if self.bytes > MAX_BYTES {
            return Err("the collection has become too large before; split the file".to_owned());
        }
        let mut whole = match action {
            None => self.global.clone(),
            Some("global") => {
                self.global = document;
                return Ok(None);
            }
            Some("reset") => {
                self.global.clear();
                return Ok(None);
            }
            Some("repeat") => self.previous.clone().ok_or("action: repeat needs a document before it")?,
            Some(_) => return Err("action is none of global, reset and repeat".to_owned()),
        };
        merge(&mut whole, document, MAX_DEPTH);
        let text = yaml_serde::to_string(&whole).map_err(|error| error.to_string())?;
        self.previous = Some(whole);
        self.bytes += text.len();
        match self.bytes > MAX_BYTES {
            true => Err(format!("the rules of this collection have more than {MAX_BYTES} bytes written out; split the file")),
            false => Ok(Some(text)),
        }
    }
}

/// Adds `from` to `into`; where both have a mapping, these are brought together, else that of `from` stays.
fn merge(into: &mut Mapping, from: Mapping, depth: usize) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Mapping(into)), Value::Mapping(from)) if depth > 0 => merge(into, from, depth - 1),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(collection: &mut Collection, text: &str) -> Result<Option<Value>, String> {
        let whole = collection.apply(yaml_serde::from_str(text).unwrap());
        whole.map(|text| text.map(|text| yaml_serde::from_str(&text).unwrap()))
    }

    fn yaml(text: &str) -> Result<Option<Value>, String> {
        Ok(yaml_serde::from_str(text).unwrap())
    }

    #[test]
    fn documents_get_what_they_have_in_common() {
        let mut collection = Collection::default();
        assert_eq!(apply(&mut collection, "{action: global, a: 1, m: {x: 1}}"), Ok(None));
        assert_eq!(apply(&mut collection, "{b: 2, m: {y: 'no'}}"), yaml("{a: 1, b: 2, m: {x: 1, y: 'no'}}"));
        assert_eq!(apply(&mut collection, "{action: repeat, b: 3}"), yaml("{a: 1, b: 3, m: {x: 1, y: 'no'}}"));
        assert_eq!(apply(&mut collection, "action: reset"), Ok(None));
        assert_eq!(apply(&mut collection, "c: 1"), yaml("c: 1"));
        assert!(apply(&mut collection, "action: globall").is_err());
        assert!(Collection::default().apply(Value::Null).is_err());
    }
}
