//! Stands in for the demo until the fixtures have landed.

pub(crate) fn demo_attack() -> Vec<(String, Vec<u8>)> {
    Vec::new()
}
