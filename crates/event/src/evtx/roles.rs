//! What the fields of elements and attributes are called: the names that stock Sigma rules use.

use std::borrow::Cow;

use super::layout::{Context, Slot, WhenNull};

/// What an element means where it stands.
pub(super) struct Role<'n> {
    /// What its text is called.
    pub(super) field: Cow<'n, str>,
    /// Where its children stand.
    pub(super) inner: Context,
    pub(super) slot: Slot,
    /// Whether the element is there to be seen when it is empty.
    pub(super) when_null: WhenNull,
    /// Whether an attribute `Name` says what its text is called.
    pub(super) is_data: bool,
}

/// The role of `element` inside `outer`.
pub(super) fn of_element(outer: Context, element: &str) -> Role<'_> {
    let role = |inner, slot, when_null| Role { field: Cow::Borrowed(element), inner, slot, when_null, is_data: false };
    match outer {
        Context::Record if element == "Event" => role(Context::Event, Slot::None, WhenNull::Drop),
        Context::Record | Context::Event => {
            let inner = match element {
                "System" => Context::System,
                "EventData" => Context::EventData,
                "RenderingInfo" => Context::Rendering,
                _ => Context::UserData,
            };
            role(inner, Slot::None, WhenNull::Drop)
        }
        Context::System => {
            let slot = match element {
                "EventID" => Slot::EventId,
                "EventRecordID" => Slot::RecordId,
                "Channel" => Slot::Channel,
                "Computer" => Slot::Computer,
                _ => Slot::None,
            };
            role(Context::System, slot, WhenNull::Drop)
        }
        Context::EventData | Context::UserData => {
            Role { is_data: matches!(element, "Data" | "ComplexData"), ..role(Context::UserData, Slot::None, WhenNull::Keep) }
        }
        Context::Rendering => {
            let field = match element {
                "Message" => Cow::Borrowed(element),
                _ => Cow::Owned(format!("RenderingInfo_{element}")),
            };
            Role { field, ..role(Context::Rendering, Slot::None, WhenNull::Drop) }
        }
    }
}

/// The field of an attribute of `element`, which stands inside `outer`; `None` for what only serves XML.
pub(super) fn of_attribute<'n>(outer: Context, element: &str, attribute: &'n str) -> Option<(Cow<'n, str>, Slot)> {
    if attribute == "xmlns" || attribute.starts_with("xmlns:") {
        return None;
    }
    let attribute = local(attribute);
    let field = match outer {
        Context::System if element == "Provider" => {
            let slot = if attribute == "Name" { Slot::Provider } else { Slot::None };
            return Some((Cow::Owned(format!("Provider_{attribute}")), slot));
        }
        Context::System if element == "TimeCreated" && attribute == "SystemTime" => {
            return Some((Cow::Borrowed(attribute), Slot::Time));
        }
        Context::System | Context::EventData | Context::UserData => Cow::Borrowed(attribute),
        Context::Record | Context::Event | Context::Rendering => Cow::Owned(format!("{element}_{attribute}")),
    };
    Some((field, Slot::None))
}

/// The name without its namespace prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}
