//! What a rule means, worked out the plain way: no index, no memory, nothing shared with the matcher.
//!
//! Source: Sigma specification 2.1, "Detection", "Condition" and appendix "Modifiers".

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::LazyLock,
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use regex::Regex;

use super::{
    rule::{Condition, Detection, Filter, Item, Rule, Scalar},
    words::{PLACEHOLDERS, TIMES},
};

/// An event under one view.
#[derive(Debug)]
pub struct Told {
    /// By name: the texts, `None` for null.
    pub fields: BTreeMap<String, Vec<Option<String>>>,
    /// All texts of the record, where keywords are looked for.
    pub record: Vec<String>,
}

/// One piece of a value.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    One(char),
    AnyOne,
    Any,
    Dash,
}

impl Told {
    fn values(&self, field: &str) -> &[Option<String>] {
        self.fields.get(field).map_or(&[], Vec::as_slice)
    }

    fn texts(&self, field: &str) -> impl Iterator<Item = &str> {
        self.values(field).iter().flatten().map(String::as_str)
    }
}

/// Whether the rule's condition holds; its log source is not looked at.
pub fn rule_holds(rule: &Rule, told: &Told) -> bool {
    let held: Vec<bool> = rule.detections.iter().map(|detection| detection_holds(detection, told)).collect();
    rule.conditions.iter().any(|condition| condition_holds(rule, condition, &held))
}

/// Whether the filter lets a match through.
pub fn filter_holds(filter: &Filter, told: &Told) -> bool {
    items_hold(&filter.items, told) != filter.is_negated
}

fn condition_holds(rule: &Rule, condition: &Condition, held: &[bool]) -> bool {
    match condition {
        Condition::Detection(at) => held[at % held.len()],
        Condition::Of(count, pattern) => {
            let chosen = rule.chosen(pattern);
            let count = count.unwrap_or(chosen.len());
            chosen.iter().filter(|at| held[**at]).count() >= count
        }
        Condition::Not(part) => !condition_holds(rule, part, held),
        Condition::And(parts) => parts.iter().all(|part| condition_holds(rule, part, held)),
        Condition::Or(parts) => parts.iter().any(|part| condition_holds(rule, part, held)),
    }
}

fn detection_holds(detection: &Detection, told: &Told) -> bool {
    match detection {
        Detection::Items(items) => items_hold(items, told),
        Detection::AnyOf(maps) => maps.iter().any(|items| items_hold(items, told)),
        Detection::Keywords(values) => {
            let item = Item { field: "", modifiers: Vec::new(), values: values.clone() };
            item_holds(&item, told)
        }
    }
}

fn items_hold(items: &[Item], told: &Told) -> bool {
    items.iter().all(|item| item_holds(item, told))
}

fn item_holds(item: &Item, told: &Told) -> bool {
    let has_value = told.texts(item.field).next().is_some();
    if item.has("exists") {
        return has_value == (item.values[0] == Scalar::Truth(true));
    }
    let holds = |value: &Scalar| match (value, item.field) {
        (Scalar::Null, _) => !has_value,
        (_, "") => told.record.iter().any(|text| value_holds(item, value, text, told)),
        (_, field) => told.texts(field).any(|text| value_holds(item, value, text, told)),
    };
    let held = if item.has("all") { item.values.iter().all(holds) } else { item.values.iter().any(holds) };
    if item.has("neq") { told.fields.contains_key(item.field) && !held } else { held }
}

/// Whether one text of the event is what one value of the rule asks for.
fn value_holds(item: &Item, value: &Scalar, text: &str, told: &Told) -> bool {
    let written = match value {
        Scalar::Text(written) => written.clone(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Float(number) => number.to_string(),
        Scalar::Truth(truth) => truth.to_string(),
        Scalar::Null => return false,
    };
    let place = ["contains", "startswith", "endswith"].into_iter().find(|place| item.has(place));
    for modifier in &item.modifiers {
        match *modifier {
            "re" => return regex(item, &written).is_match(text),
            "cidr" => return in_network(text, &written),
            "gt" => return compare(text, &written, |left, right| left > right),
            "gte" => return compare(text, &written, |left, right| left >= right),
            "lt" => return compare(text, &written, |left, right| left < right),
            "lte" => return compare(text, &written, |left, right| left <= right),
            "minute" | "hour" | "day" | "week" | "month" | "year" => return part_of_time(modifier, text) == written.parse().ok(),
            "fieldref" => {
                let pieces = |text: &str| placed(literal(text), place);
                return told.texts(&written).any(|other| matches(&pieces(other), text, item.has("cased")));
            }
            _ => {}
        }
    }
    match value {
        Scalar::Truth(truth) => return parse_truth(text) == Some(*truth),
        Scalar::Int(_) | Scalar::Float(_) if place.is_none() && !item.field.is_empty() && !transforms(item) => {
            return compare(text, &written, |left, right| left == right);
        }
        _ => {}
    }
    let place = place.or_else(|| item.field.is_empty().then_some("contains"));
    let variants = if item.has("expand") { expand(&written) } else { vec![written] };
    let is_text = matches!(value, Scalar::Text(_));
    variants.into_iter().any(|written| {
        let pieces = if is_text { parse(&written) } else { literal(&written) };
        encoded(item, pieces).into_iter().any(|pieces| {
            let place = if item.has("base64offset") { Some("contains") } else { place };
            matches(&placed(pieces, place), text, item.has("cased"))
        })
    })
}

pub fn transforms(item: &Item) -> bool {
    ["base64", "base64offset", "wide", "utf16le", "utf16be", "utf16", "windash", "expand"].iter().any(|name| item.has(name))
}

fn regex(item: &Item, written: &str) -> Regex {
    thread_local!(static BUILT: RefCell<HashMap<String, Regex>> = RefCell::default());
    let flags: String = item.modifiers.iter().filter(|modifier| modifier.len() == 1).copied().collect();
    let text = if flags.is_empty() { written.to_owned() } else { format!("(?{flags}){written}") };
    BUILT.with_borrow_mut(|built| built.entry(text).or_insert_with_key(|text| Regex::new(text).unwrap()).clone())
}

fn in_network(text: &str, network: &str) -> bool {
    let (base, length) = network.split_once('/').map_or((network, None), |(base, length)| (base, Some(length)));
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (32, u128::from(u32::from(address))),
        IpAddr::V6(address) => (128, u128::from(address)),
    };
    let (Ok(address), Ok(base)) = (text.parse().map(bits), base.parse().map(bits)) else { return false };
    let length: u32 = length.map_or(base.0, |length| length.parse().unwrap());
    let shift = base.0 - length;
    address.0 == base.0 && address.1.checked_shr(shift).unwrap_or(0) == base.1.checked_shr(shift).unwrap_or(0)
}

fn compare(text: &str, written: &str, holds: impl Fn(f64, f64) -> bool) -> bool {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$").unwrap());
    NUMBER.is_match(text) && holds(text.parse().unwrap(), written.parse().unwrap())
}

fn part_of_time(part: &str, text: &str) -> Option<i64> {
    let at = ["minute", "hour", "day", "week", "month", "year"].iter().position(|name| *name == part)?;
    TIMES.iter().find(|(time, _)| *time == text).and_then(|(_, parts)| Some((*parts)?[at]))
}

fn parse_truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

/// Every way to put values in the place of `%name%`s.
fn expand(written: &str) -> Vec<String> {
    for (name, values) in PLACEHOLDERS {
        if let Some((before, after)) = written.split_once(&format!("%{name}%")) {
            return values.iter().flat_map(|value| expand(&format!("{before}{value}{after}"))).collect();
        }
    }
    vec![written.to_owned()]
}

/// Reads wildcards and escapes: a backslash takes away the meaning of `*`, `?` and `\` behind it, and is itself elsewhere.
fn parse(written: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut characters = written.chars().peekable();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '\\' => Piece::One(characters.next_if(|next| "*?\\".contains(*next)).unwrap_or('\\')),
            '*' => Piece::Any,
            '?' => Piece::AnyOne,
            other => Piece::One(other),
        });
    }
    pieces
}

/// Whether a text has wildcards.
pub fn has_wildcards(written: &str) -> bool {
    parse(written).iter().any(|piece| matches!(piece, Piece::Any | Piece::AnyOne))
}

fn literal(text: &str) -> Vec<Piece> {
    text.chars().map(Piece::One).collect()
}

fn placed(mut pieces: Vec<Piece>, place: Option<&str>) -> Vec<Piece> {
    if matches!(place, Some("contains" | "endswith")) {
        pieces.insert(0, Piece::Any);
    }
    if matches!(place, Some("contains" | "startswith")) {
        pieces.push(Piece::Any);
    }
    pieces
}

/// What the modifiers that rewrite a value make of it.
fn encoded(item: &Item, pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let plain: Option<String> = pieces.iter().map(|piece| if let Piece::One(one) = piece { Some(*one) } else { None }).collect();
    let wide = ["wide", "utf16le", "utf16be", "utf16"].into_iter().find(|name| item.has(name));
    let bytes = plain.map(|plain| match wide {
        None => plain.into_bytes(),
        Some("utf16be") => plain.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Some(name) => {
            let mark = (name == "utf16").then_some(0xfeff);
            mark.into_iter().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
    });
    let bytes = || bytes.clone().expect("only texts without wildcards are encoded");
    match () {
        () if item.has("base64offset") => {
            (0..3).map(|offset| base64_inside(&bytes(), offset)).filter(|text| !text.is_empty()).collect()
        }
        () if item.has("base64") => vec![literal(&BASE64_STANDARD.encode(bytes()))],
        () if item.has("windash") => vec![with_dashes(pieces)],
        () if wide.is_some() => vec![literal(&String::from_utf8_lossy(&bytes()))],
        () => vec![pieces],
    }
}

/// The characters of base64 that hold bits of `bytes` alone, when `offset` bytes stand before them.
fn base64_inside(bytes: &[u8], offset: usize) -> Vec<Piece> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |at: usize| usize::from(bytes[at / 8 - offset] >> (7 - at % 8) & 1);
    let (first, last) = (offset * 8, (offset + bytes.len()) * 8);
    let whole = (0..last / 6).filter(|at| at * 6 >= first);
    whole.map(|at| Piece::One(char::from(ALPHABET[(0..6).fold(0, |sum, step| sum * 2 + bit(at * 6 + step))]))).collect()
}

/// Flags may be written with any dash or a slash.
fn with_dashes(pieces: Vec<Piece>) -> Vec<Piece> {
    let is_word = |piece: Option<&Piece>| matches!(piece, Some(Piece::One(one)) if one.is_alphanumeric() || *one == '_');
    let leads = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| pieces.get(before));
        matches!(pieces[at], Piece::One('-' | '/')) && !is_word(before) && is_word(pieces.get(at + 1))
    };
    (0..pieces.len()).map(|at| if leads(at) { Piece::Dash } else { pieces[at].clone() }).collect()
}

/// Matches by trying at each place: `reach[n]` says whether the pieces so far can take the first `n` characters.
fn matches(pieces: &[Piece], text: &str, cased: bool) -> bool {
    let fold = |character: char| match character {
        // Letters that are not of ASCII are never the same as one that is.
        'İ' | '\u{212a}' => character,
        _ if cased => character,
        _ => character.to_lowercase().next().unwrap(),
    };
    let text: Vec<char> = text.chars().map(fold).collect();
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for piece in pieces {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match piece {
                Piece::Any => reach[at] || (at > 0 && next[at - 1]),
                _ if at == 0 || !reach[at - 1] => false,
                Piece::AnyOne => true,
                Piece::One(one) => text[at - 1] == fold(*one),
                Piece::Dash => "-/\u{2013}\u{2014}\u{2015}".contains(text[at - 1]),
            };
        }
        reach = next;
    }
    reach[text.len()]
}
