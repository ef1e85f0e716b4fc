//! Where a value stands in a record, told without the habits of the program that wrote it.
//!
//! Programs that turn event XML into JSON differ in how they write attributes and text (`#attributes`, `@Name`,
//! `Event_attributes`, `#text`) and in what they wrap a record in (`Event`, `_source`). All of that is taken off here, so
//! that one table of names serves them all.

/// A path of keys.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// All keys, joined with dots.
    dotted: Box<str>,
    /// The keys that say something, joined with dots: `System.Provider.Name`.
    clean: Box<str>,
    /// The last key that says something.
    leaf: Box<str>,
    /// An attribute of an XML element.
    pub(super) is_attribute: bool,
    /// The text of an XML element that has attributes too.
    is_text: bool,
}

impl Place {
    /// The place of `key` under this one.
    pub(super) fn child(&self, key: &str) -> Self {
        let dotted = join(&self.dotted, key);
        match key {
            "_source" | "Event" | "Events" if self.clean.is_empty() => Self { dotted, ..Self::default() },
            "#attributes" => Self { dotted, is_attribute: true, ..self.clone() },
            "#text" | "$text" | "_text" => Self { dotted, is_text: true, ..self.clone() },
            _ => {
                let (word, is_attribute) = attribute(key);
                let is_attribute = is_attribute || self.is_attribute;
                Self { dotted, clean: join(&self.clean, word), leaf: word.into(), is_attribute, is_text: false }
            }
        }
    }

    /// The keys as they stand, joined with dots.
    pub(super) fn dotted(&self) -> &str {
        &self.dotted
    }

    /// The keys that say something, joined with dots.
    pub(super) fn clean(&self) -> &str {
        &self.clean
    }

    /// The name of a value somewhere below `parent`, which is a clean path that ends with a dot: the last key. A key that
    /// holds dots itself may span the parent and the name.
    pub(super) fn name_below(&self, parent: &str) -> Option<&str> {
        let rest = self.clean.strip_prefix(parent)?;
        let whole_leaf = rest.len() >= self.leaf.len();
        Some(if whole_leaf { &self.leaf } else { rest }).filter(|name| !name.is_empty())
    }

    /// Whether objects here hold one field each, its name and value apart: `{"@Name": …, "#text": …}`.
    pub(super) fn is_pair(&self) -> bool {
        &*self.clean == "EventData.Data" && !self.is_attribute
    }

    /// Whether it is the name in such an object.
    pub(super) fn is_pair_name(&self) -> bool {
        &*self.clean == "EventData.Data.Name"
    }

    /// Whether it is the value in such an object.
    pub(super) fn is_pair_value(&self) -> bool {
        let is_member = matches!(&*self.clean, "EventData.Data.Value" | "EventData.Data.Text");
        !self.is_attribute && (is_member || self.is_text && self.is_pair())
    }
}

/// The key without the mark of an attribute, and whether it had one.
fn attribute(key: &str) -> (&str, bool) {
    // These are fields of records that never were XML.
    if matches!(key, "@timestamp" | "@version" | "@metadata") {
        return (key, false);
    }
    let bare = key.strip_prefix('@').or_else(|| key.strip_suffix("_attributes")).filter(|bare| !bare.is_empty());
    (bare.unwrap_or(key), bare.is_some())
}

fn join(parent: &str, key: &str) -> Box<str> {
    if parent.is_empty() { key.into() } else { format!("{parent}.{key}").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(keys: &[&str]) -> Place {
        keys.iter().fold(Place::default(), |place, key| place.child(key))
    }

    #[test]
    fn dialects_of_event_xml_share_their_places() {
        for keys in [
            &["Event", "System", "Provider", "#attributes", "Name"][..],
            &["Event", "System", "Provider_attributes", "Name"],
            &["Event", "System", "Provider", "@Name"],
            &["_source", "Event", "System", "Provider", "Name"],
            &["System", "Provider", "Name"],
        ] {
            assert_eq!(place(keys).clean(), "System.Provider.Name", "{keys:?}");
        }
        assert_eq!(place(&["Event", "System", "EventID", "#text"]).clean(), "System.EventID");
    }

    #[test]
    fn names_keep_their_own_dots() {
        assert_eq!(place(&["EventData", "a.b"]).name_below("EventData."), Some("a.b"));
        assert_eq!(place(&["UserData", "EventXML", "Param"]).name_below("UserData."), Some("Param"));
        assert_eq!(place(&["winlog.event_data.Image"]).name_below("winlog.event_data."), Some("Image"));
    }
}
