//! The rules that ship inside the binary. `build.rs` writes the table from `content/rules`.

/// One file of the built-in pack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BuiltinRule {
    /// Its path below `content/rules`, with `/` between the parts.
    pub(crate) path: &'static str,
    /// The YAML.
    pub(crate) text: &'static str,
    /// The JSON of the test beside it, if there is one.
    pub(crate) test: Option<&'static str>,
}

impl BuiltinRule {
    /// How messages name the file.
    pub(crate) fn file(&self) -> String {
        format!("builtin/{}", self.path)
    }
}

include!(concat!(env!("OUT_DIR"), "/rules.rs"));
