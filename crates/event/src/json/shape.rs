//! The shapes that records come in, how they are told apart, and what a key means in each.

use super::{names, place::Place};
use crate::event::{Format, NameId, Names};

/// A shape of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// The tree of event XML: `evtx_dump`, Velociraptor, `xmltodict`.
    Tree,
    /// Winlogbeat and the Elastic Agent.
    Winlog,
    /// One level of names: NXLog, Sigma's own, PowerShell's `Get-WinEvent`, Sentinel.
    Flat,
    /// The Elastic Common Schema without a `winlog` part.
    Ecs,
    /// The systemd journal.
    Journal,
    /// Anything else.
    Generic,
}

/// What a key says about the record that it stands in.
pub(super) mod mark {
    pub(crate) const EVENT_ID: u16 = 1;
    pub(crate) const ORIGIN: u16 = 1 << 1;
    pub(crate) const WINLOG: u16 = 1 << 2;
    pub(crate) const TREE: u16 = 1 << 3;
    pub(crate) const JOURNAL: u16 = 1 << 4;
    pub(crate) const ECS: u16 = 1 << 5;
}

impl Shape {
    pub(super) const COUNT: usize = 6;
    const ALL: [Self; Self::COUNT] = [Self::Tree, Self::Winlog, Self::Flat, Self::Ecs, Self::Journal, Self::Generic];

    /// The shape of a record from the marks of all its keys.
    #[inline]
    pub(super) fn from_marks(marks: u16) -> Self {
        let has = |wanted: u16| marks & wanted == wanted;
        match () {
            () if has(mark::WINLOG) => Self::Winlog,
            () if has(mark::TREE) => Self::Tree,
            () if has(mark::EVENT_ID | mark::ORIGIN) => Self::Flat,
            () if has(mark::JOURNAL) => Self::Journal,
            () if has(mark::ECS) => Self::Ecs,
            () => Self::Generic,
        }
    }

    pub(super) fn format(self) -> Format {
        match self {
            Self::Tree | Self::Winlog | Self::Flat => Format::Windows,
            Self::Journal => Format::Syslog,
            Self::Ecs | Self::Generic => Format::Generic,
        }
    }
}

/// What a value is used for, in one shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Role {
    /// The field's name.
    pub(super) name: NameId,
    pub(super) action: Action,
    /// The part of the header that it fills.
    pub(super) slot: Slot,
    /// When several values fill one part, the lowest rank does.
    pub(super) rank: u8,
}

impl Default for Role {
    fn default() -> Self {
        Self { name: NameId(0), action: Action::Drop, slot: Slot::None, rank: 0 }
    }
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// A field.
    Keep,
    /// A field unless the record has one of that name.
    Fallback,
    /// A field; may be a whole event as XML.
    Message,
    /// The name of the field whose value stands beside it.
    PairName,
    /// The value of the field whose name stands beside it.
    PairValue,
    /// Nothing.
    Drop,
}

/// A part of the event's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    Time,
    Channel,
    Provider,
    EventId,
    Computer,
    RecordId,
    None,
}

impl Slot {
    pub(super) const COUNT: usize = 7;
}

/// What the presence of a value at `place` tells about the shape.
pub(super) fn marks(place: &Place) -> u16 {
    let clean = place.clean();
    if clean.starts_with("winlog.") || names::graylog(clean).is_some() {
        return mark::WINLOG;
    }
    let flat = flat_name(clean);
    let by_name = names::FLAT.iter().filter(|row| row.from == flat).fold(0, |marks, row| match row.slot {
        Slot::EventId => marks | mark::EVENT_ID,
        Slot::Channel | Slot::Provider => marks | mark::ORIGIN,
        Slot::Computer if row.rank < names::WEAK => marks | mark::ORIGIN,
        _ => marks,
    });
    by_name
        | match clean {
            "System.EventID" | "System.EventID.Value" | "System.Provider.Name" => mark::TREE,
            "__REALTIME_TIMESTAMP" | "_SYSTEMD_UNIT" | "SYSLOG_IDENTIFIER" => mark::JOURNAL,
            "ecs.version" | "event.category" | "event.kind" | "event.module" | "process.executable" | "process.command_line" => {
                mark::ECS
            }
            _ => 0,
        }
}

/// What a value at `place` is used for in each shape.
pub(super) fn roles(place: &Place, names: &mut Names) -> [Role; Shape::COUNT] {
    Shape::ALL.map(|shape| role(shape, place, names))
}

fn role(shape: Shape, place: &Place, names: &mut Names) -> Role {
    let clean = place.clean();
    if clean.is_empty() || clean.rsplit('.').next().is_some_and(|leaf| leaf == "xmlns" || leaf.starts_with("xmlns:")) {
        return Role::default();
    }
    match shape {
        Shape::Tree => tree_role(place, names),
        Shape::Winlog => {
            let graylog = names::graylog(clean);
            let place = graylog.as_ref().unwrap_or(place);
            let event_data = ["winlog.event_data.", "winlog.user_data."].iter().find_map(|parent| place.name_below(parent));
            match event_data {
                Some(name) => keep(name, names),
                None => by_table(names::WINLOG, place.clean(), names)
                    .or_else(|| by_table(names::ECS_TO_SIGMA, place.clean(), names).map(Role::fallback))
                    .unwrap_or_else(|| keep(place.clean(), names)),
            }
        }
        Shape::Flat => {
            let data = ["EventData.", "UserData.", "event_data.", "user_data."];
            match data.iter().find_map(|parent| place.name_below(parent)) {
                Some(_) if place.is_pair_name() || place.is_pair_value() => tree_role(place, names),
                Some(name) => keep(name, names),
                None => {
                    let name = flat_name(clean);
                    by_table(names::FLAT, name, names).unwrap_or_else(|| keep(name, names))
                }
            }
        }
        Shape::Ecs => by_table(names::ECS, clean, names)
            .or_else(|| by_table(names::ECS_TO_SIGMA, clean, names))
            .unwrap_or_else(|| keep(clean, names)),
        Shape::Journal => by_table(names::JOURNAL, clean, names).unwrap_or_else(|| keep(clean, names)),
        Shape::Generic => {
            let name = place.dotted().strip_prefix("_source.").unwrap_or(place.dotted());
            by_table(names::GENERIC, name, names).unwrap_or_else(|| keep(name, names))
        }
    }
}

fn tree_role(place: &Place, names: &mut Names) -> Role {
    let clean = place.clean();
    if let Some(role) = by_table(names::TREE, clean, names) {
        return role;
    }
    if place.is_pair_name() {
        return Role { action: Action::PairName, ..Role::default() };
    }
    if place.is_pair_value() {
        return Role { action: Action::PairValue, ..keep("Data", names) };
    }
    if place.is_attribute
        && let Some((part @ ("EventData" | "UserData"), name)) = clean.split_once('.')
        && !name.contains('.')
    {
        return keep(&format!("{part}_{name}"), names);
    }
    let below = ["EventData.", "UserData.", "System."].iter().find_map(|parent| place.name_below(parent));
    match below {
        Some(name) => keep(name, names),
        None => keep(clean, names),
    }
}

fn by_table(table: &[names::Row], name: &str, names: &mut Names) -> Option<Role> {
    let row = table.iter().find(|row| row.from == name)?;
    if row.to.is_empty() {
        return Some(Role::default());
    }
    let action = if row.is_message { Action::Message } else { Action::Keep };
    Some(Role { name: names.intern(row.to), action, slot: row.slot, rank: row.rank })
}

fn keep(name: &str, names: &mut Names) -> Role {
    Role { name: names.intern(name), action: Action::Keep, slot: Slot::None, rank: 0 }
}

impl Role {
    fn fallback(self) -> Self {
        Self { action: Action::Fallback, ..self }
    }
}

/// GELF puts an underscore before every name of the sender's.
fn flat_name(name: &str) -> &str {
    match name.strip_prefix('_') {
        Some(bare) if bare.starts_with(|first: char| first.is_ascii_uppercase()) => bare,
        _ => name,
    }
}
