//! "Did you mean": the nearest thing that exists.

use std::path::{Component, Path, PathBuf};

/// Below this likeness (0 to 1) a suggestion is noise.
const LIKE: f64 = 0.7;

/// The candidate most like `wanted`, without regard to case; `None` when none is near.
pub(crate) fn nearest(wanted: &str, candidates: impl IntoIterator<Item = String>) -> Option<String> {
    let wanted = wanted.to_lowercase();
    let likeness = |candidate: &str| strsim::normalized_damerau_levenshtein(&wanted, &candidate.to_lowercase());
    let scored = candidates.into_iter().map(|candidate| (likeness(&candidate), candidate));
    let best = scored.max_by(|(a, first), (b, second)| a.total_cmp(b).then_with(|| second.cmp(first)));
    best.filter(|(score, _)| *score >= LIKE).map(|(_, candidate)| candidate)
}

/// An existing path that `missing` may have meant: each part that is not there is replaced by the nearest one that is.
pub(crate) fn nearest_path(missing: &Path) -> Option<PathBuf> {
    let mut found = PathBuf::new();
    for part in missing.components() {
        let next = found.join(part);
        if !matches!(part, Component::Normal(_)) || next.exists() {
            found = next;
            continue;
        }
        let folder = if found.as_os_str().is_empty() { Path::new(".") } else { &found };
        let names = folder.read_dir().ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let name = nearest(&part.as_os_str().to_string_lossy(), names)?;
        found.push(name);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_needs_likeness() {
        let names = || ["Security.evtx", "System.evtx"].map(String::from);
        assert_eq!(nearest("securty.evtx", names()).as_deref(), Some("Security.evtx"));
        assert_eq!(nearest("apache.log", names()), None);
    }

    #[test]
    fn every_part_of_a_path_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("logs")).unwrap();
        std::fs::write(dir.path().join("logs/host1.evtx"), "").unwrap();
        assert_eq!(nearest_path(&dir.path().join("lgos/hots1.evtx")), Some(dir.path().join("logs/host1.evtx")));
        assert_eq!(nearest_path(&dir.path().join("logs/unlike.json")), None);
    }
}
