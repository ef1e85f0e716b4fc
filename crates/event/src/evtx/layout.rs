//! A template, flattened: which field takes which value.

use crate::event::NameId;

/// Where elements stand; decides what their fields are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub(super) enum Context {
    /// At the top of a record.
    #[default]
    Record,
    /// Inside `Event`.
    Event,
    /// Inside `System`.
    System,
    /// Inside `EventData`.
    EventData,
    /// Inside `UserData`, or anywhere else where elements are called what their author liked.
    UserData,
    /// Inside `RenderingInfo`, which repeats the names of `System`.
    Rendering,
}

/// What of the header a field also fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Slot {
    #[default]
    None,
    Time,
    Channel,
    Provider,
    EventId,
    Computer,
    RecordId,
}

/// One step of a layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Op {
    /// The field; [`DYNAMIC`] when the record names it.
    pub(super) name: NameId,
    pub(super) slot: Slot,
    pub(super) action: Action,
}

/// Stands for the name that the last [`Action::Name`] made.
pub(super) const DYNAMIC: NameId = NameId(u32::MAX);

/// Where a field's value comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// A value of the record. Elements of a fragment in its place stand in `inner`.
    Value { index: u16, inner: Context, when_null: WhenNull },
    /// Text of the template: the literal of that number.
    Literal(u16),
    /// Text in several pieces: `parts[from..from + count]` of the layout.
    Parts { from: u16, count: u16 },
    /// No value.
    Null,
    /// No field: makes the name of those that follow, from `parts[from..from + count]`.
    Name { from: u16, count: u16 },
}

/// What becomes of a field whose value the record leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenNull {
    /// It is there without a value.
    Keep,
    /// It is not there: an attribute, or an element that only holds others.
    Drop,
}

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Value(u16),
    Literal(u16),
    Char(char),
}

/// A flattened template. Literals are not in it: each host has its own, such as its name.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) ops: Vec<Op>,
    pub(super) parts: Vec<Part>,
}
