//! Which Sigma log sources an event satisfies, and under which names its fields are known there.
//!
//! The table is `content/taxonomy.yaml`, compiled in; a new source needs a row there and no code.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    event::Format,
    view::{Alias, LogSource, View, When},
};

/// The table, read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taxonomy {
    logs: Vec<Log>,
    #[serde(default)]
    aliases: BTreeMap<String, Vec<Alias>>,
    /// Sources that no record gives away: they must be named by the user.
    #[serde(default)]
    elsewhere: Vec<LogSource>,
    #[serde(skip)]
    assumed: Vec<LogSource>,
}

/// One log: where its events come from, and what they satisfy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    format: Format,
    /// Channels, any of which will do. A record without a channel is judged by its provider instead.
    #[serde(default)]
    channel: Vec<String>,
    /// Providers, any of which will do; asked where the log lists no channel or the record has none.
    #[serde(default)]
    provider: Vec<String>,
    /// Channels and providers that are not covered; for logs that cover nearly all.
    #[serde(default)]
    except: Vec<String>,
    /// Event ids, where it is not all of them.
    #[serde(default)]
    id: Vec<u32>,
    product: Option<String>,
    service: Option<String>,
    /// The key of a list under `aliases`.
    aliases: Option<String>,
    #[serde(default)]
    events: Vec<Events>,
}

/// Events of a log that satisfy categories.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Events {
    #[serde(default)]
    id: Vec<u32>,
    #[serde(default)]
    when: Vec<When>,
    category: Vec<String>,
    /// Instead of those of the log.
    aliases: Option<String>,
}

/// How records of a log source are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// They are told from the record.
    Record,
    /// They are not, but the source is a known one: the user names it for the log that holds them.
    Given,
    /// Nothing is known of such a source; perhaps the rule misspells it.
    Unknown,
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
        let named =
            |log: &Log| log.events.iter().map(|events| events.aliases.clone()).chain([log.aliases.clone()]).collect::<Vec<_>>();
        let unknown = |name: &String| !taxonomy.aliases.contains_key(name);
        match taxonomy.logs.iter().flat_map(named).flatten().find(unknown) {
            Some(name) => Err(TaxonomyError::UnknownAliases { name }),
            None => Ok(taxonomy),
        }
    }

    /// Says that records which do not tell their source come from `source` (as given on the command line); may be
    /// called more than once. That is every record of no known family, every syslog message on top of what its program
    /// tells (network devices send syslog too), and every Windows record without channel and provider.
    pub fn assume(&mut self, source: LogSource) {
        self.assumed.push(source);
    }

    /// How records that satisfy a rule asking for `wanted` are found.
    pub fn reach(&self, wanted: &LogSource) -> Reach {
        if self.logs.iter().flat_map(Log::sources).chain(self.assumed_sources()).any(|source| source.satisfies(wanted)) {
            Reach::Record
        } else if self.elsewhere.iter().any(|source| source.satisfies(wanted)) {
            Reach::Given
        } else {
            Reach::Unknown
        }
    }

    /// The ways to look at events of this kind. `channel` and `provider` are empty when the record has none.
    ///
    /// The first view has no aliases and no condition: the record under its own names.
    pub fn views(&self, format: Format, channel: &str, provider: &str, event_id: Option<u32>) -> Vec<View> {
        let mut views = vec![View::default()];
        for log in self.logs.iter().filter(|log| log.covers(format, channel, provider, event_id)) {
            self.add(&mut views, log.aliases.as_ref(), &[], log.source(None));
            for events in log.events.iter().filter(|events| has_id(&events.id, event_id)) {
                let aliases = events.aliases.as_ref().or(log.aliases.as_ref());
                for category in &events.category {
                    self.add(&mut views, aliases, &events.when, log.source(Some(category)));
                }
            }
        }
        let tells_nothing = match format {
            Format::Generic | Format::Syslog => true,
            Format::Windows => channel.is_empty() && provider.is_empty(),
            Format::Auditd => false,
        };
        if tells_nothing {
            views[0].sources.extend(self.assumed_sources());
        }
        views
    }

    /// Adds `source` to the view with these aliases and conditions.
    fn add(&self, views: &mut Vec<View>, aliases: Option<&String>, when: &[When], source: LogSource) {
        let aliases = aliases.and_then(|name| self.aliases.get(name)).map_or(&[][..], Vec::as_slice);
        let at = views.iter().position(|view| view.aliases == aliases && view.when == when).unwrap_or_else(|| {
            views.push(View { sources: Vec::new(), aliases: aliases.to_vec(), when: when.to_vec() });
            views.len() - 1
        });
        if !views[at].sources.contains(&source) {
            views[at].sources.push(source);
        }
    }

    /// What the user named, and the same without the category for rules that ask for none.
    fn assumed_sources(&self) -> impl Iterator<Item = LogSource> + '_ {
        let whole = |source: &LogSource| LogSource { category: None, ..source.clone() };
        self.assumed.iter().flat_map(move |source| {
            let log = source.category.is_some().then(|| whole(source));
            [Some(source.clone()), log].into_iter().flatten()
        })
    }
}

impl Log {
    fn covers(&self, format: Format, channel: &str, provider: &str, event_id: Option<u32>) -> bool {
        let listed = |list: &[String], word: &str| list.iter().any(|entry| same(entry, word));
        // A collector that puts the name of its own channel there tells nothing about where the record comes from.
        let channel = if channel.eq_ignore_ascii_case("ForwardedEvents") { "" } else { channel };
        let origin = match (self.channel.is_empty(), channel.is_empty()) {
            (false, false) => listed(&self.channel, channel),
            (false, true) => listed(&self.provider, provider),
            (true, _) => self.provider.is_empty() || listed(&self.provider, provider),
        };
        let excepted = listed(&self.except, channel) || listed(&self.except, provider);
        self.format == format && origin && !excepted && has_id(&self.id, event_id)
    }

    fn source(&self, category: Option<&String>) -> LogSource {
        LogSource { product: self.product.clone(), category: category.cloned(), service: self.service.clone() }
    }

    /// Everything that some event of this log satisfies.
    fn sources(&self) -> impl Iterator<Item = LogSource> + '_ {
        let categories = self.events.iter().flat_map(|events| &events.category);
        categories.map(|category| self.source(Some(category))).chain([self.source(None)])
    }
}

/// Whether the id is listed; an empty list takes all.
fn has_id(listed: &[u32], id: Option<u32>) -> bool {
    listed.is_empty() || id.is_some_and(|id| listed.contains(&id))
}

/// Whether `word` is the channel or provider `entry`, with or without the prefix that some shippers cut off.
fn same(entry: &str, word: &str) -> bool {
    const PREFIX: &str = "Microsoft-Windows-";
    entry.eq_ignore_ascii_case(word) || entry.strip_prefix(PREFIX).is_some_and(|short| short.eq_ignore_ascii_case(word))
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
        let error = Taxonomy::from_yaml("logs: [{format: windows, aliases: nope}]").unwrap_err();
        assert!(error.to_string().contains("nope"));
    }
}
