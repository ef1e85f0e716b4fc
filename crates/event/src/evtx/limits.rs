//! What hostile input can make a reader spend. Real logs stay far below each of these.

/// Fields that an event usually fits in; only where a list starts.
pub(super) const USUAL_FIELDS: usize = 128;
/// Fields, list items and text parts of one record. The largest real record seen has about 200.
pub(super) const RECORD_STEPS: u32 = 16_384;
/// The same for all records of a chunk, which hold about 4,000. Records of a few bytes can share one large template.
pub(super) const CHUNK_STEPS: u32 = 400_000;
/// Tokens of templates and of records without a template that are compiled per chunk; each takes at least a byte there,
/// but a chunk can point to the same bytes many times.
pub(super) const CHUNK_TOKENS: u32 = 160_000;
/// Text that is built for the records of a chunk, in bytes: values that stand in several pieces.
pub(super) const CHUNK_TEXT_BYTES: usize = 1 << 20;
/// Fragments inside fragments. Windows nests two.
pub(super) const FRAGMENT_DEPTH: u32 = 16;
/// Elements inside elements, in one fragment.
pub(super) const ELEMENT_DEPTH: usize = 64;
/// UTF-16 units of an element's or attribute's name.
pub(super) const NAME_UNITS: usize = 512;
/// Layouts kept. An estate's logs use about a thousand.
pub(super) const LAYOUTS: usize = 4_096;
/// Layouts of one template identifier, which honest files have one or two of.
pub(super) const VARIANTS: usize = 8;
/// Elements of a chunk whose role is kept; looked through one by one, so there are few.
pub(super) const CHUNK_ROLES: usize = 32;
/// Names, past which a name that a record makes up is not interned any more. Twice what starts a new generation.
pub(super) const NAMES: usize = 65_536;
