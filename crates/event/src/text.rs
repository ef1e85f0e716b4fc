//! Logs of lines in no form that another reader knows.

/// What follows the last `#Fields:` directive in `bytes`.
pub(crate) fn last_fields_directive(bytes: &[u8]) -> Option<&[u8]> {
    const DIRECTIVE: &[u8] = b"#Fields:";
    let start = memchr::memmem::rfind_iter(bytes, DIRECTIVE).find(|at| *at == 0 || bytes[at - 1] == b'\n')? + DIRECTIVE.len();
    let rest = &bytes[start..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    Some(rest[..end].trim_ascii())
}
