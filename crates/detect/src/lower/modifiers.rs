//! The modifiers of a detection's line, sorted by what they do; what contradicts itself is refused.

use rsigma_parser::Modifier;

use super::{Refusal, refuse};
use crate::predicate::{Comparison, Place, TimePart};

/// The modifiers of one item, sorted by what they do.
#[derive(Debug)]
pub(super) struct Modifiers {
    pub(super) operator: Operator,
    pub(super) operators: usize,
    pub(super) all: bool,
    pub(super) cased: bool,
    pub(super) negated: bool,
    pub(super) expand: bool,
    pub(super) windash: bool,
    pub(super) base64: bool,
    pub(super) base64offset: bool,
    pub(super) wide: Option<Modifier>,
    pub(super) regex_flags: String,
    pub(super) others: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operator {
    Text(Place),
    Regex,
    Cidr,
    Exists,
    FieldRef(Place),
    Compare(Comparison),
    TimePart(TimePart),
}

impl Modifiers {
    pub(super) fn read(list: &[Modifier]) -> Self {
        let mut found = Self {
            operator: Operator::Text(Place::Whole),
            operators: 0,
            all: false,
            cased: false,
            negated: false,
            expand: false,
            windash: false,
            base64: false,
            base64offset: false,
            wide: None,
            regex_flags: String::new(),
            others: Vec::new(),
        };
        for modifier in list {
            match modifier {
                Modifier::Contains => found.place(Place::Inside),
                Modifier::StartsWith => found.place(Place::Start),
                Modifier::EndsWith => found.place(Place::End),
                Modifier::Re => found.operate(Operator::Regex),
                Modifier::Cidr => found.operate(Operator::Cidr),
                Modifier::Exists => found.operate(Operator::Exists),
                Modifier::FieldRef => found.operate(Operator::FieldRef(Place::Whole)),
                Modifier::Gt => found.operate(Operator::Compare(Comparison::Greater)),
                Modifier::Gte => found.operate(Operator::Compare(Comparison::GreaterOrEqual)),
                Modifier::Lt => found.operate(Operator::Compare(Comparison::Less)),
                Modifier::Lte => found.operate(Operator::Compare(Comparison::LessOrEqual)),
                Modifier::Minute => found.operate(Operator::TimePart(TimePart::Minute)),
                Modifier::Hour => found.operate(Operator::TimePart(TimePart::Hour)),
                Modifier::Day => found.operate(Operator::TimePart(TimePart::Day)),
                Modifier::Week => found.operate(Operator::TimePart(TimePart::Week)),
                Modifier::Month => found.operate(Operator::TimePart(TimePart::Month)),
                Modifier::Year => found.operate(Operator::TimePart(TimePart::Year)),
                Modifier::All => found.all = true,
                Modifier::Cased => found.cased = true,
                Modifier::Neq => found.negated = true,
                Modifier::Expand => found.transform("expand", |found| found.expand = true),
                Modifier::WindAsh => found.transform("windash", |found| found.windash = true),
                Modifier::Base64 => found.transform("base64", |found| found.base64 = true),
                Modifier::Base64Offset => found.transform("base64offset", |found| found.base64offset = true),
                Modifier::Wide | Modifier::Utf16 | Modifier::Utf16be => {
                    found.transform("utf16", |found| found.wide = Some(*modifier));
                }
                Modifier::IgnoreCase => found.regex_flags.push('i'),
                Modifier::Multiline => found.regex_flags.push('m'),
                Modifier::DotAll => found.regex_flags.push('s'),
            }
        }
        found
    }

    fn operate(&mut self, operator: Operator) {
        self.operators += 1;
        self.operator = operator;
    }

    /// `contains` and its like also say where `fieldref` looks.
    fn place(&mut self, place: Place) {
        match self.operator {
            Operator::FieldRef(Place::Whole) => self.operator = Operator::FieldRef(place),
            _ => self.operate(Operator::Text(place)),
        }
    }

    fn transform(&mut self, name: &'static str, set: impl FnOnce(&mut Self)) {
        self.others.push(name);
        set(self);
    }

    /// Whether the value is rewritten before it is compared.
    pub(super) fn transforms(&self) -> bool {
        !self.others.is_empty()
    }

    /// Refuses what contradicts itself, since any reading of it would be a guess.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let is_text = matches!(self.operator, Operator::Text(_));
        match () {
            () if self.operators > 1 => refuse("", "more than one modifier says how to compare; keep one"),
            () if !is_text && self.transforms() => refuse("", format!("modifier {} works on text only", self.others.join(", "))),
            () if self.base64 && self.base64offset => refuse("", "base64 and base64offset exclude each other"),
            () if self.others.iter().filter(|name| **name == "utf16").count() > 1 => {
                refuse("", "wide, utf16le, utf16be and utf16 exclude each other")
            }
            () if self.operator != Operator::Regex && !self.regex_flags.is_empty() => {
                refuse("", "modifiers i, m and s belong to re; text is compared without regard to case unless cased is given")
            }
            () if self.operator == Operator::Exists && self.negated => refuse("", "exists takes no neq; write exists: false"),
            () => Ok(()),
        }
    }
}
