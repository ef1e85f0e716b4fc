//! An event as rules see it: the record's own fields, or under a view's aliases. The plain, slow way to look; the
//! matcher's fast way must agree with it.

use std::borrow::Cow;

use cordon_event::{Alias, Event, Names, Value};

use crate::{
    expr::{Expr, PredicateId, Vocabulary},
    predicate::{FieldId, Test, field_ref_holds},
};

/// An event under a view.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'e> {
    pub(crate) event: &'e Event<'e>,
    pub(crate) names: &'e Names,
    pub(crate) aliases: &'e [Alias],
}

impl<'e> Lens<'e> {
    /// Calls `each` with the texts of a field, `None` for a value that is null, until it returns `true`; whether it did.
    pub(crate) fn any(&self, field: &str, each: &mut dyn FnMut(Option<&str>) -> bool) -> bool {
        for alias in self.aliases.iter().filter(|alias| alias.name == field) {
            let with = alias.with.as_ref().and_then(|(_, second)| self.record(second).next());
            let mut told = false;
            for value in alias.from.iter().flat_map(|from| self.record(from)) {
                if let Some(text) = alias.text(value, with) {
                    told = true;
                    if each(Some(&text)) {
                        return true;
                    }
                }
            }
            if told {
                return false;
            }
        }
        if self.is_aliased(field) {
            return false;
        }
        self.record(field).any(|value| match value.is_null() {
            true => each(None),
            false => each(Some(&value.to_text())),
        })
    }

    /// Whether the view gives this name a value of its own, so that the record's is not seen.
    pub(crate) fn is_aliased(&self, field: &str) -> bool {
        self.aliases.iter().any(|alias| alias.name == field)
    }

    /// The values that the record has under a name.
    pub(crate) fn record(&self, name: &str) -> impl Iterator<Item = Value<'e>> + use<'e> {
        let id = self.names.find(name);
        self.event.fields.iter().filter(move |field| Some(field.name) == id).map(|field| field.value)
    }

    /// The first text of a field.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        let mut found = None;
        self.any(field, &mut |text| {
            found = text.map(str::to_owned);
            found.is_some()
        });
        found
    }

    /// Calls `each` with name and text of every value of the record until it returns `true`; whether it did.
    pub(crate) fn any_value(&self, each: &mut dyn FnMut(&str, Cow<'_, str>) -> bool) -> bool {
        let mut told = self.event.fields.iter().filter(|field| !field.value.is_null());
        told.any(|field| each(self.names.name(field.name), field.value.to_text()))
    }

    /// Decides a predicate.
    pub(crate) fn holds(&self, predicate: PredicateId, vocabulary: &Vocabulary) -> bool {
        let predicate = vocabulary.get(predicate);
        if predicate.field == FieldId::KEYWORDS {
            return self.any_value(&mut |_, text| predicate.test.holds_for(&text));
        }
        let field = vocabulary.field_name(predicate.field);
        let has_value = || match self.is_aliased(field) {
            true => self.any(field, &mut |text| text.is_some()),
            // Without decoding it.
            false => self.record(field).any(|value| !value.is_null()),
        };
        match &predicate.test {
            Test::Exists => has_value(),
            Test::Null => !has_value(),
            Test::Present if !self.is_aliased(field) => self.record(field).next().is_some(),
            Test::Present => self.any(field, &mut |_| true),
            Test::FieldRef(other, place, cased) => {
                let other = vocabulary.field_name(*other);
                self.any(field, &mut |text| {
                    text.is_some_and(|text| {
                        self.any(other, &mut |other| other.is_some_and(|other| field_ref_holds(text, other, *place, *cased)))
                    })
                })
            }
            test => self.any(field, &mut |text| text.is_some_and(|text| test.holds_for(text))),
        }
    }

    /// Decides a condition.
    pub(crate) fn matches(&self, expr: &Expr, vocabulary: &Vocabulary) -> bool {
        expr.eval(&mut |predicate| self.holds(predicate, vocabulary))
    }
}
