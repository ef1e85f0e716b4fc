//! The index of one field: from one value to all the predicates that it satisfies, in one pass.

use std::collections::HashMap;

use crate::{
    needles::Needles,
    pattern::{Pattern, Shape},
    predicate::{Number, Test, parse_truth},
};

type Map<K> = HashMap<K, Vec<u32>, foldhash::fast::FixedState>;

/// The predicates on one field, arranged for looking up a value.
#[derive(Debug, Default)]
pub(crate) struct SlotIndex {
    /// Whole values.
    exact: Map<Box<str>>,
    /// Endings that start at the value's last backslash or slash: `\cmd.exe`.
    last_parts: Map<Box<str>>,
    has_backslash_parts: bool,
    has_slash_parts: bool,
    /// Literals, and for each what it proves.
    needles: Needles,
    hits: Vec<Vec<Hit>>,
    numbers: Map<u64>,
    truths: [Vec<u32>; 2],
    /// Satisfied by any value.
    every: Vec<u32>,
    /// Patterns without a literal.
    bare: Vec<(u32, Pattern)>,
    /// Tests that are asked of every value, since a rule hangs on them alone.
    scans: Vec<(u32, Test)>,
}

/// What it means that a literal occurs.
#[derive(Debug, Clone)]
struct Hit {
    predicate: u32,
    proof: Proof,
}

#[derive(Debug, Clone)]
enum Proof {
    Anywhere,
    AtStart,
    AtEnd,
    /// The pattern must still be matched in full.
    Pattern(Pattern),
}

/// Buffers for looking up values; one per thread.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    lowered: String,
    /// By literal: the look-up in which it was last found.
    found_in: Vec<u32>,
    look_up: u32,
}

impl Scratch {
    /// Starts a look-up among so many literals.
    fn begin(&mut self, literals: usize) {
        if self.found_in.len() < literals {
            self.found_in.resize(literals, 0);
        }
        self.look_up = self.look_up.wrapping_add(1);
        if self.look_up == 0 {
            self.found_in.fill(0);
            self.look_up = 1;
        }
    }
}

/// Collects the predicates of one field.
#[derive(Debug, Default)]
pub(crate) struct SlotBuilder {
    index: SlotIndex,
    literals: HashMap<Box<str>, usize>,
    ordered: Vec<Box<str>>,
}

impl SlotBuilder {
    /// Adds a predicate under its number in the partition.
    pub(crate) fn add(&mut self, number: u32, test: &Test) {
        let Test::AnyOf(values) = test else {
            self.index.scans.push((number, test.clone()));
            return;
        };
        for pattern in &values.patterns {
            self.add_pattern(number, pattern);
        }
        for number_wanted in &values.numbers {
            self.index.numbers.entry(number_wanted.get().to_bits()).or_default().push(number);
        }
        for truth in &values.truths {
            self.index.truths[usize::from(*truth)].push(number);
        }
    }

    fn add_pattern(&mut self, number: u32, pattern: &Pattern) {
        let (literal, proof) = match pattern.shape() {
            Shape::Everything => return self.index.every.push(number),
            Shape::Exact(text) if !pattern.cased || text.is_empty() => {
                return self.index.exact.entry(text.into()).or_default().push(number);
            }
            Shape::Ends(text) if !pattern.cased && is_last_part(text) => {
                self.index.has_backslash_parts |= text.starts_with('\\');
                self.index.has_slash_parts |= text.starts_with('/');
                return self.index.last_parts.entry(text.into()).or_default().push(number);
            }
            Shape::Glob("") => return self.index.bare.push((number, pattern.clone())),
            Shape::Contains(text) if !pattern.cased => (text, Proof::Anywhere),
            Shape::Starts(text) if !pattern.cased => (text, Proof::AtStart),
            Shape::Ends(text) if !pattern.cased => (text, Proof::AtEnd),
            _ => (pattern.literal(), Proof::Pattern(pattern.clone())),
        };
        let lowered = crate::pattern::lower(literal);
        let at = *self.literals.entry(lowered.as_ref().into()).or_insert_with(|| {
            self.ordered.push(lowered.as_ref().into());
            self.index.hits.push(Vec::new());
            self.ordered.len() - 1
        });
        self.index.hits[at].push(Hit { predicate: number, proof });
    }

    pub(crate) fn finish(mut self) -> SlotIndex {
        self.index.needles = Needles::new(self.ordered.into_iter().map(|literal| literal.into_boxed_bytes()).collect());
        self.index
    }
}

/// Whether an ending starts at a path's last separator, so that the last part of a value decides it.
fn is_last_part(ending: &str) -> bool {
    let mut characters = ending.chars();
    matches!(characters.next(), Some(separator @ ('\\' | '/')) if !characters.any(|character| character == separator))
}

impl SlotIndex {
    /// Puts the numbers of all predicates that `text` satisfies into `found`, each once.
    pub(crate) fn look_up(&self, text: &str, scratch: &mut Scratch, found: &mut Vec<u32>) {
        scratch.begin(self.needles.len());
        let mut buffer = std::mem::take(&mut scratch.lowered);
        buffer.clear();
        crate::pattern::push_lower(text, &mut buffer);
        let lowered = buffer.as_str();
        found.extend(&self.every);
        if let Some(list) = self.exact.get(lowered) {
            found.extend(list);
        }
        for (has, separator) in [(self.has_backslash_parts, b'\\'), (self.has_slash_parts, b'/')] {
            if has
                && let Some(at) = memchr::memrchr(separator, lowered.as_bytes())
                && let Some(list) = self.last_parts.get(&lowered[at..])
            {
                found.extend(list);
            }
        }
        if !self.numbers.is_empty()
            && let Some(number) = Number::parse(text)
            && let Some(list) = self.numbers.get(&number.get().to_bits())
        {
            found.extend(list);
        }
        if self.truths.iter().any(|list| !list.is_empty())
            && let Some(truth) = parse_truth(text)
        {
            found.extend(&self.truths[usize::from(truth)]);
        }
        if !self.needles.is_empty() {
            self.search(text, lowered, scratch, found);
        }
        let bare = self.bare.iter().filter(|(_, pattern)| pattern.matches(text, lowered)).map(|(number, _)| *number);
        found.extend(bare);
        found.extend(self.scans.iter().filter(|(_, test)| test.holds_for(text)).map(|(number, _)| *number));
        scratch.lowered = buffer;
        found.sort_unstable();
        found.dedup();
    }

    fn search(&self, text: &str, lowered: &str, scratch: &mut Scratch, found: &mut Vec<u32>) {
        self.needles.find(lowered.as_bytes(), |literal, start, end| {
            let is_first = std::mem::replace(&mut scratch.found_in[literal], scratch.look_up) != scratch.look_up;
            for hit in &self.hits[literal] {
                // What an occurrence proves wherever it stands is looked at once, so that long hostile values that
                // repeat a literal cost no more than their length.
                let holds = match &hit.proof {
                    Proof::Anywhere => is_first,
                    Proof::AtStart => start == 0,
                    Proof::AtEnd => end == lowered.len(),
                    Proof::Pattern(pattern) => is_first && pattern.matches(text, lowered),
                };
                if holds {
                    found.push(hit.predicate);
                }
            }
        });
    }
}
