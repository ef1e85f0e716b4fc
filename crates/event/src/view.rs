//! What a rule may ask for, and a way to look at an event that answers it: sources, other names, conditions.
//!
//! [`Taxonomy::views`](crate::Taxonomy::views) makes views; who matches rules resolves their names once per kind of event.

use std::borrow::Cow;

use serde::Deserialize;

use crate::{form::Form, value::Value};

/// What a rule may ask of a log, or an event satisfies. Parts compare without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSource {
    /// Such as `windows` or `linux`.
    #[serde(default)]
    pub product: Option<String>,
    /// Such as `process_creation`.
    #[serde(default)]
    pub category: Option<String>,
    /// Such as `security` or `sysmon`.
    #[serde(default)]
    pub service: Option<String>,
}

impl LogSource {
    /// Whether an event of this source satisfies a rule that asks for `wanted`: each part that is asked for is there.
    ///
    /// A source with a category is there for rules that ask for one. The event also has the source of its whole log,
    /// which has none, so that a rule for a service or a product alone meets the event once and under its own names.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let part = |have: &Option<String>, want: &Option<String>| match (have, want) {
            (_, None) => true,
            (Some(have), Some(want)) => have.eq_ignore_ascii_case(want),
            (None, Some(_)) => false,
        };
        let same_scope = wanted.category.is_some() || self.category.is_none();
        same_scope
            && part(&self.product, &wanted.product)
            && part(&self.category, &wanted.category)
            && part(&self.service, &wanted.service)
    }
}

/// A field that is known under another name in a log source.
///
/// Several aliases may give one name: the first that has a value counts, and when none has, the name has no value.
/// A field of the record that carries the name itself is not seen then.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The name that rules use.
    pub name: String,
    /// The name in the record; `None` takes the name away, so that a field of the record under it is not seen.
    /// A field that occurs more than once gives each of its values.
    #[serde(default)]
    pub from: Option<String>,
    /// A separator and a second field (the first one of that name) whose text follows the first.
    /// Where the second is not there, or says nothing, the value is the first alone, without the separator.
    #[serde(default)]
    pub with: Option<(String, String)>,
    /// How the value is rewritten; applied to the whole when it is composed of two.
    #[serde(default)]
    pub form: Form,
}

impl Alias {
    /// The text under this alias, given the value of `from` and the first value of the second field of `with`.
    ///
    /// `None` when `from` says nothing (null, empty, or the `-` that Windows writes for what it does not know) or its
    /// form has no text for it: then the next alias of the same name is asked.
    pub fn text<'a>(&self, from: Value<'a>, with: Option<Value<'a>>) -> Option<Cow<'a, str>> {
        let mut text = telling(from)?;
        if let (Some((separator, _)), Some(second)) = (&self.with, with.and_then(telling)) {
            let whole = text.to_mut();
            whole.push_str(separator);
            whole.push_str(&second);
        }
        Some(self.form.apply(text)).filter(|text| !text.is_empty())
    }
}

/// The text of a value that says something.
fn telling(value: Value<'_>) -> Option<Cow<'_, str>> {
    let text = value.to_text();
    (!value.is_null() && !text.is_empty() && text != "-").then_some(text)
}

/// A condition on a field: one of its values is one of these texts, without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The name in the record (not one that an alias gives).
    pub field: String,
    /// The texts, any of which will do.
    pub any: Vec<String>,
}

impl When {
    /// Whether `value`, one of the field's, meets the condition.
    pub fn holds(&self, value: Value<'_>) -> bool {
        let text = value.to_text();
        !value.is_null() && self.any.iter().any(|wanted| wanted.eq_ignore_ascii_case(&text))
    }
}

/// One way to look at an event: the sources it satisfies, and the names that its fields have there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// The event satisfies each of these.
    pub sources: Vec<LogSource>,
    /// Fields by other names. A name given here hides a field of the record with the same name.
    pub aliases: Vec<Alias>,
    /// The view holds only for events that meet all of these.
    pub when: Vec<When>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alias(with: Option<&str>, form: Form) -> Alias {
        let with = with.map(|separator| (separator.to_owned(), "second".to_owned()));
        Alias { name: "name".into(), from: Some("first".into()), with, form }
    }

    fn text(alias: &Alias, first: &'static str, second: Option<&'static str>) -> Option<String> {
        alias.text(Value::from_text(first), second.map(Value::from_text)).map(Cow::into_owned)
    }

    #[test]
    fn two_fields_are_joined_only_when_both_say_something() {
        let user = alias(Some("\\"), Form::Plain);
        assert_eq!(text(&user, "WARD", Some("nurse")).as_deref(), Some("WARD\\nurse"));
        assert_eq!(text(&user, "WARD", Some("-")).as_deref(), Some("WARD"));
        assert_eq!(text(&user, "WARD", None).as_deref(), Some("WARD"));
        assert_eq!(text(&user, "-", Some("nurse")), None);
        assert_eq!(text(&user, "", Some("nurse")), None);
        assert_eq!(user.text(Value::NULL, Some(Value::from_text("nurse"))), None);
    }

    #[test]
    fn form_applies_to_the_whole_and_may_have_no_text() {
        let key = alias(Some("\\"), Form::RegistryHive);
        assert_eq!(text(&key, r"\REGISTRY\USER\S-1-5-18", Some("Run")).as_deref(), Some(r"HKU\S-1-5-18\Run"));
        assert_eq!(text(&alias(None, Form::ServiceAccount), "S-1-5-21-7", None), None);
    }

    #[test]
    fn rule_without_category_is_not_met_through_a_category() {
        let part = |text: &str| Some(text.to_owned());
        let whole = LogSource { product: part("windows"), category: None, service: part("security") };
        let process = LogSource { product: part("windows"), category: part("process_creation"), service: part("security") };
        let wanted = LogSource { product: part("Windows"), ..LogSource::default() };
        assert!(whole.satisfies(&wanted) && !process.satisfies(&wanted));
        assert!(process.satisfies(&LogSource { category: part("process_creation"), ..LogSource::default() }));
    }
}
