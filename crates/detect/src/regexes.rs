//! Regular expressions, built within bounds.
//!
//! An expression of seven characters (`.{9999}`) can need megabytes and a tenth of a second to build, used or refused. So
//! each file has an allowance, and all files together have one, in bytes of what is built; published rules need a
//! fraction.

use rsigma_parser::SigmaValue;

use crate::{
    lower::{Refusal, refuse},
    predicate::Regex,
};

/// The largest expression. The largest in published rules needs 4 MiB.
const MAX_BYTES: usize = 8 << 20;
/// Sizes that are tried, and counted; each step is four times the one before.
const FIRST_BYTES: usize = 8 << 10;
/// What may be built, or tried in vain, for one file.
const MAX_FILE_BYTES: usize = 64 << 20;
/// What may be built for all files.
const MAX_ALL_BYTES: usize = 512 << 20;
/// Bounds the cache that a regular expression keeps in each thread.
const MAX_CACHE_BYTES: usize = 256 << 10;

/// What is left to build regular expressions with.
#[derive(Debug)]
pub(crate) struct Allowance {
    file: usize,
    all: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { file: MAX_FILE_BYTES, all: MAX_ALL_BYTES }
    }
}

impl Allowance {
    /// Starts the next file.
    pub(crate) fn next_file(&mut self) {
        self.file = MAX_FILE_BYTES;
    }

    /// Builds the expression that is a rule's value. `flags`: those of `i`, `m` and `s` that are set.
    pub(crate) fn build(&mut self, value: &SigmaValue, flags: &str) -> Result<Regex, Refusal> {
        let text = match value {
            SigmaValue::String(text) => text.original.clone(),
            SigmaValue::Null => return refuse("", "re takes a text"),
            other => other.to_string(),
        };
        let flagged = if flags.is_empty() { text.clone() } else { format!("(?{flags}){text}") };
        let named = || match text.char_indices().nth(100) {
            Some((end, _)) => format!("regular expression {:?}…", &text[..end]),
            None => format!("regular expression {text:?}"),
        };
        let mut size = FIRST_BYTES;
        loop {
            if size > self.file || size > self.all {
                let whose = if size > self.file {
                    format!("this file (the limit is {MAX_FILE_BYTES} bytes)")
                } else {
                    "all rules".to_owned()
                };
                return refuse(
                    text.clone(),
                    format!("{}: the expressions of {whose} need too much memory; bound what repeats", named()),
                );
            }
            match regex::RegexBuilder::new(&flagged).size_limit(size).dfa_size_limit(MAX_CACHE_BYTES).build() {
                Ok(regex) => {
                    self.file -= size;
                    self.all -= size;
                    return Ok(Regex(regex));
                }
                Err(regex::Error::CompiledTooBig(_)) if size < MAX_BYTES => size = (size * 4).min(MAX_BYTES),
                Err(regex::Error::CompiledTooBig(_)) => {
                    self.file -= size;
                    return refuse(text.clone(), format!("{} needs more than {MAX_BYTES} bytes; bound what repeats", named()));
                }
                Err(error) => {
                    let reason = error.to_string();
                    let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                    return refuse(text.clone(), format!("{} cannot be used: {last}", named()));
                }
            }
        }
    }
}
