//! Which Sigma log sources an event satisfies, and under which names its fields are known there.
//!
//! The table is `content/taxonomy.yaml`, compiled in; a new source needs a row there and no code.

use serde::Deserialize;

use crate::{event::Format, value::Form};

/// The table, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    sources: Vec<Row>,
    #[serde(default)]
    aliases: std::collections::BTreeMap<String, Vec<Alias>>,
    #[serde(default)]
    generic: Vec<LogSource>,
}

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
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let part = |have: &Option<String>, want: &Option<String>| match (have, want) {
            (_, None) => true,
            (Some(have), Some(want)) => have.eq_ignore_ascii_case(want),
            (None, Some(_)) => false,
        };
        part(&self.product, &wanted.product) && part(&self.category, &wanted.category) && part(&self.service, &wanted.service)
    }
}

/// A field that is known under another name in a log source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The name that rules use.
    pub name: String,
    /// The name in the record; `None` takes the name away, so that a field of the record under it is not seen.
    #[serde(default)]
    pub from: Option<String>,
    /// How the value is rewritten.
    #[serde(default)]
    pub form: Form,
}

/// One way to look at an event: the sources it satisfies, and the names that its fields have there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// The event satisfies each of these.
    pub sources: Vec<LogSource>,
    /// Fields by other names. A name given here hides a field of the record with the same name.
    pub aliases: Vec<Alias>,
    /// The view holds only for events in which this field has one of these values (without regard to case).
    pub when: Option<(String, Vec<String>)>,
}

/// One row of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    format: Format,
    /// Channels, any of which will do. A record without a channel is judged by its provider instead.
    #[serde(default)]
    channel: Vec<String>,
    #[serde(default)]
    provider: Vec<String>,
    #[serde(default)]
    event_id: Vec<u32>,
    #[serde(default)]
    when: Option<When>,
    product: Option<String>,
    #[serde(default)]
    category: Vec<String>,
    service: Option<String>,
    /// The key of a list under `aliases`.
    #[serde(default)]
    aliases: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct When {
    field: String,
    any: Vec<String>,
}

/// The table could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaxonomyError {
    /// It is not YAML of the expected form.
    #[error("taxonomy is not readable")]
    Yaml(#[from] yaml_serde::Error),
    /// A row names a list of aliases that is not there.
    #[error("taxonomy has no list of aliases {name:?}; add it under `aliases`")]
    UnknownAliases {
        /// The name that was used.
        name: String,
    },
}

impl Taxonomy {
    /// The table that ships with Cordon.
    ///
    /// # Errors
    /// Never with the file as shipped; a test reads it.
    pub fn builtin() -> Result<Self, TaxonomyError> {
        Self::from_yaml(include_str!("../../../content/taxonomy.yaml"))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`TaxonomyError`] when the text is not YAML of the expected form or a row names aliases that are not there.
    pub fn from_yaml(text: &str) -> Result<Self, TaxonomyError> {
        let taxonomy: Self = yaml_serde::from_str(text)?;
        let named = taxonomy.sources.iter().filter_map(|row| row.aliases.as_ref());
        match named.into_iter().find(|name| !taxonomy.aliases.contains_key(*name)) {
            Some(name) => Err(TaxonomyError::UnknownAliases { name: name.clone() }),
            None => Ok(taxonomy),
        }
    }

    /// Says that records of no known family come from `source` (as given on the command line).
    pub fn assume(&mut self, source: LogSource) {
        self.generic = vec![source];
    }

    /// The ways to look at events of this kind. `channel` and `provider` are empty when the record has none.
    ///
    /// The first view has no aliases and no condition: the record under its own names.
    pub fn views(&self, format: Format, channel: &str, provider: &str, event_id: Option<u32>) -> Vec<View> {
        let mut views = vec![View::default()];
        for row in self.sources.iter().filter(|row| row.covers(format, channel, provider, event_id)) {
            let aliases = row.aliases.as_ref().and_then(|name| self.aliases.get(name)).cloned().unwrap_or_default();
            let when = row.when.as_ref().map(|when| (when.field.clone(), when.any.clone()));
            let at = views.iter().position(|view| view.aliases == aliases && view.when == when).unwrap_or_else(|| {
                views.push(View { sources: Vec::new(), aliases, when });
                views.len() - 1
            });
            views[at].sources.extend(row.sources());
        }
        if format == Format::Generic {
            views[0].sources.extend(self.generic.iter().cloned());
        }
        views
    }
}

impl Row {
    fn covers(&self, format: Format, channel: &str, provider: &str, event_id: Option<u32>) -> bool {
        let listed = |list: &[String], word: &str| list.iter().any(|entry| entry.eq_ignore_ascii_case(word));
        let origin = match (self.channel.is_empty(), channel.is_empty()) {
            (false, false) => listed(&self.channel, channel),
            (false, true) => listed(&self.provider, provider),
            (true, _) => self.provider.is_empty() || listed(&self.provider, provider),
        };
        self.format == format && origin && (self.event_id.is_empty() || event_id.is_some_and(|id| self.event_id.contains(&id)))
    }

    fn sources(&self) -> impl Iterator<Item = LogSource> + '_ {
        let categories = self.category.iter().cloned().map(Some);
        let none = self.category.is_empty().then_some(None);
        categories.chain(none).map(|category| LogSource {
            product: self.product.clone(),
            category,
            service: self.service.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builtin_table_is_readable() {
        Taxonomy::builtin().unwrap();
    }

    #[test]
    fn process_creation_has_two_origins() {
        let taxonomy = Taxonomy::builtin().unwrap();
        let wanted = LogSource { product: Some("windows".into()), category: Some("process_creation".into()), service: None };
        for (channel, id) in [("Microsoft-Windows-Sysmon/Operational", 1), ("Security", 4688)] {
            let views = taxonomy.views(Format::Windows, channel, "", Some(id));
            assert!(views.iter().any(|view| view.sources.iter().any(|source| source.satisfies(&wanted))), "{channel}");
        }
    }

    #[test]
    fn unknown_aliases_are_named() {
        let error = Taxonomy::from_yaml("sources: [{format: windows, aliases: nope}]").unwrap_err();
        assert!(error.to_string().contains("nope"));
    }
}
