//! Layouts of templates, kept from chunk to chunk.
//!
//! A definition looks different in every chunk: names stand in it or elsewhere, and offsets and sizes follow from that.
//! What is the same is its [`Shape`]. A layout is used again only when the whole shape is found again under the
//! template's identifier; the identifier alone proves nothing.

use std::collections::HashMap;

use super::{
    Reason,
    compile::{self, compile},
    layout::{Context, Layout},
    limits, u32_at,
};
use crate::event::Names;

/// Bytes of a definition before its elements: offset of another one, identifier, size.
const HEADER_BYTES: usize = 24;

/// The bytes of a definition that do not depend on the chunk.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) solid: Vec<u8>,
    /// Where in `solid` the literals stand, ascending.
    pub(super) literals: Vec<u32>,
    joints: Vec<Joint>,
    names: Vec<u8>,
}

/// A place where bytes were left out: sizes and a name.
#[derive(Debug)]
struct Joint {
    solid_end: u32,
    name_end: u32,
    before: u8,
    after: u8,
}

impl Shape {
    /// Adds `solid` bytes and the name behind them, with `before` and `after` bytes of sizes around it.
    pub(super) fn push_name(&mut self, solid: &[u8], before: usize, after: usize, name: &[u8]) {
        self.solid.extend_from_slice(solid);
        self.names.extend_from_slice(name);
        self.joints.push(Joint {
            solid_end: self.solid.len() as u32,
            name_end: self.names.len() as u32,
            before: before as u8,
            after: after as u8,
        });
    }

    /// Whether this is what stands at `at` of `chunk`; adds the places of its literals there to `literals`.
    fn is_at(&self, chunk: &[u8], mut at: usize, literals: &mut Vec<u32>) -> Option<()> {
        let (mut solid_from, mut name_from) = (0, 0);
        let mut places = self.literals.iter().map(|place| *place as usize).peekable();
        let mut solid = |from: usize, end: usize, at: usize| {
            let known = self.solid.get(from..end)?;
            (chunk.get(at..at + known.len())? == known).then_some(())?;
            while let Some(place) = places.next_if(|place| *place < end) {
                literals.push((at + place - from) as u32);
            }
            Some(at + known.len())
        };
        for joint in &self.joints {
            at = solid(solid_from, joint.solid_end as usize, at)? + usize::from(joint.before);
            let offset = u32_at(chunk, at)? as usize;
            at += 4;
            let (name, end) = compile::name_bytes(chunk, offset)?;
            if name != self.names.get(name_from..joint.name_end as usize)? {
                return None;
            }
            if offset == at {
                at = end;
            }
            at += usize::from(joint.after);
            (solid_from, name_from) = (joint.solid_end as usize, joint.name_end as usize);
        }
        // A literal of no bytes may stand at the very end.
        solid(solid_from, self.solid.len(), at)?;
        literals.extend(places.map(|_| at as u32));
        Some(())
    }
}

/// A layout, and what it was made from.
pub(super) struct Template {
    pub(super) layout: Layout,
    shape: Shape,
}

/// A definition of this chunk that was looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Its place in the chunk and the context, in one number.
    key: u32,
    template: Option<u32>,
    /// Where the places of its literals start in [`Templates::literals`].
    pub(super) literals: u32,
}

/// All templates that were seen, up to a limit.
#[derive(Default)]
pub(super) struct Templates {
    templates: Vec<Option<Box<Template>>>,
    by_identity: HashMap<([u8; 16], Context), Vec<u32>>,
    generation: u32,
    known: Vec<Known>,
    /// Places of literals in this chunk.
    pub(super) literals: Vec<u32>,
    /// What compiling may still cost in this chunk.
    pub(super) tokens: u32,
}

impl Templates {
    /// Forgets what other names or too many templates have made useless.
    pub(super) fn start_block(&mut self, names: &Names) {
        if self.generation != names.generation() || self.templates.len() >= limits::LAYOUTS {
            self.templates.clear();
            self.by_identity.clear();
            self.generation = names.generation();
        }
    }

    /// Forgets what was known of the chunk before.
    pub(super) fn start_chunk(&mut self) {
        self.known.clear();
        self.literals.clear();
        self.tokens = limits::CHUNK_TOKENS;
    }

    /// The template whose definition stands at `offset`, for elements inside `context`.
    pub(super) fn find(&mut self, chunk: &[u8], offset: u32, context: Context, names: &mut Names) -> Result<Known, Reason> {
        let key = offset.wrapping_mul(8) | context as u32;
        if let Some(known) = self.known.iter().find(|known| known.key == key) {
            return Ok(*known);
        }
        let literals = self.literals.len() as u32;
        let found = self.bind(chunk, offset as usize, context, names);
        // What failed is kept too, so that a hundred records do not try again.
        let known = Known { key, template: found.as_ref().ok().copied(), literals };
        self.known.push(known);
        found.map(|_| known)
    }

    fn bind(&mut self, chunk: &[u8], offset: usize, context: Context, names: &mut Names) -> Result<u32, Reason> {
        const MISSING: Reason = "its template is not in the chunk";
        let header = chunk.get(offset..).and_then(<[u8]>::first_chunk::<HEADER_BYTES>).ok_or(MISSING)?;
        let identifier: [u8; 16] = *header[4..].first_chunk().ok_or(MISSING)?;
        let size = u32_at(header, 20).ok_or(MISSING)? as usize;
        let start = offset + HEADER_BYTES;
        let end = start.checked_add(size).filter(|end| *end <= chunk.len()).ok_or(MISSING)?;

        let variants = self.by_identity.entry((identifier, context)).or_default();
        let literals_from = self.literals.len();
        for index in variants.iter() {
            let Some(template) = self.templates.get(*index as usize).and_then(Option::as_ref) else {
                continue;
            };
            if template.shape.is_at(&chunk[..end], start, &mut self.literals).is_some() {
                return Ok(*index);
            }
            self.literals.truncate(literals_from);
        }
        let compiled = compile(chunk, start..end, true, context, names, &mut self.tokens)?;
        self.literals.extend_from_slice(&compiled.literals);
        let index = self.templates.len() as u32;
        self.templates.push(Some(Box::new(Template { layout: compiled.layout, shape: compiled.shape })));
        if variants.len() >= limits::VARIANTS {
            variants.clear();
        }
        variants.push(index);
        Ok(index)
    }

    /// Lends the template out; [`Templates::put_back`] ends that. It is not there while it is lent out, so a template
    /// cannot run inside itself.
    pub(super) fn take(&mut self, known: Known) -> Result<Box<Template>, Reason> {
        let index = known.template.ok_or("its template is damaged")?;
        self.templates.get_mut(index as usize).and_then(Option::take).ok_or("its template contains itself")
    }

    /// Ends the loan of [`Templates::take`].
    pub(super) fn put_back(&mut self, known: Known, template: Box<Template>) {
        if let Some(place) = known.template.and_then(|index| self.templates.get_mut(index as usize)) {
            *place = Some(template);
        }
    }
}
