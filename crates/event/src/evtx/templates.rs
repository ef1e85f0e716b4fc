//! Layouts of templates, kept from chunk to chunk.
//!
//! A definition looks different in every chunk and on every host: names stand in it or elsewhere, offsets and sizes follow
//! from that, and the host's own name is a text of it. What is the same is its [`Shape`]. A layout is used again only when the whole shape is found again under the
//! template's identifier; the identifier alone proves nothing.

use std::collections::HashMap;

use super::{
    Reason,
    compile::{Compiled, Workshop},
    layout::{Context, Layout},
    limits,
    text::{self, Literal},
    u32_at,
};
use crate::event::Names;

/// Bytes of a definition before its elements: offset of another one, identifier, size.
const HEADER_BYTES: usize = 24;

/// The bytes of a definition that do not depend on the chunk or the host.
#[derive(Debug, Default)]
pub(super) struct Shape {
    solid: Vec<u8>,
    joints: Vec<Joint>,
    texts: Vec<u8>,
}

/// A place where bytes were left out.
#[derive(Debug)]
struct Joint {
    solid_end: u32,
    /// Where its text in [`Shape::texts`] ends; it starts where the one before ends.
    text_end: u32,
    kind: JointKind,
}

#[derive(Debug)]
enum JointKind {
    /// The offset of a name, with so many bytes of sizes before and after it.
    Name { before: u8, after: u8 },
    /// A literal.
    Literal(Expected),
}

/// What a literal must be for a layout to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// White space or nothing.
    Blank,
    /// Anything else.
    Text,
    /// What it was.
    Same,
}

impl Shape {
    /// Adds `solid` bytes and the name behind them, with `before` and `after` bytes of sizes around it.
    pub(super) fn push_name(&mut self, solid: &[u8], before: usize, after: usize, name: &[u8]) {
        self.texts.extend_from_slice(name);
        self.push(solid, JointKind::Name { before: before as u8, after: after as u8 });
    }

    /// Adds `solid` bytes and the literal behind them.
    pub(super) fn push_literal(&mut self, solid: &[u8], text: &[u8], expected: Expected) {
        if expected == Expected::Same {
            self.texts.extend_from_slice(text);
        }
        self.push(solid, JointKind::Literal(expected));
    }

    /// Adds the last `solid` bytes.
    pub(super) fn push_end(&mut self, solid: &[u8]) {
        self.solid.extend_from_slice(solid);
    }

    fn push(&mut self, solid: &[u8], kind: JointKind) {
        self.solid.extend_from_slice(solid);
        self.joints.push(Joint { solid_end: self.solid.len() as u32, text_end: self.texts.len() as u32, kind });
    }

    /// Whether this is what stands at `at` of `chunk`; adds the literals there to `literals`.
    fn is_at(&self, chunk: &[u8], mut at: usize, literals: &mut Vec<Literal>) -> Option<()> {
        let (mut solid_from, mut text_from) = (0, 0);
        for joint in &self.joints {
            let solid = self.solid.get(solid_from..joint.solid_end as usize)?;
            chunk.get(at..)?.starts_with(solid).then_some(())?;
            at += solid.len();
            let known = self.texts.get(text_from..joint.text_end as usize)?;
            match joint.kind {
                JointKind::Name { before, after } => {
                    at += usize::from(before);
                    let offset = u32_at(chunk, at)?;
                    at += 4;
                    let (_, end) = text::name_bytes(chunk, offset).filter(|(name, _)| *name == known)?;
                    if offset as usize == at {
                        at = end;
                    }
                    at += usize::from(after);
                }
                JointKind::Literal(expected) => {
                    let literal = Literal::at(chunk, at)?;
                    let bytes = literal.bytes(chunk);
                    let fits = match expected {
                        Expected::Blank => text::is_blank(bytes),
                        Expected::Text => !text::is_blank(bytes),
                        Expected::Same => bytes == known,
                    };
                    fits.then_some(())?;
                    literals.push(literal);
                    at = literal.end();
                }
            }
            (solid_from, text_from) = (joint.solid_end as usize, joint.text_end as usize);
        }
        chunk.get(at..)?.starts_with(self.solid.get(solid_from..)?).then_some(())
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
    /// Where its literals start in [`Templates::literals`].
    pub(super) literals: u32,
}

/// All templates that were seen, up to a limit.
#[derive(Default)]
pub(super) struct Templates {
    templates: Vec<Option<Box<Template>>>,
    by_identity: HashMap<([u8; 16], Context), Vec<u32>>,
    generation: u32,
    known: Vec<Known>,
    /// Literals of this chunk.
    pub(super) literals: Vec<Literal>,
    pub(super) workshop: Workshop,
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
        self.workshop.start_chunk();
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
        let mut compiled = Compiled::default();
        self.workshop.compile(chunk, start..end, true, context, names, &mut compiled)?;
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
