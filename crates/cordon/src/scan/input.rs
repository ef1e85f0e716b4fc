//! What is scanned: the paths that were given, folders walked in sorted order.
//!
//! The list is made before anything is read, so that a mistyped path is refused at once and progress knows its total.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::suggest;

/// One thing to read.
#[derive(Debug)]
pub(crate) struct Input {
    /// As the user would name it.
    pub(crate) name: Arc<str>,
    /// Where its bytes come from.
    pub(crate) origin: Origin,
    /// Bytes, before unpacking; 0 when nobody can know.
    pub(crate) size_bytes: u64,
}

/// Where bytes come from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A file on disk.
    File(PathBuf),
    /// A pipe or device that was named on the command line, such as the shell's `<(…)`.
    Pipe(PathBuf),
    /// Standard input.
    Stdin,
    /// Bytes that the program made.
    Memory(Vec<u8>),
}

/// Everything to read, in order, and what was left out on the way.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// In the order in which they were given; what is in a folder, by name.
    pub(crate) list: Vec<Input>,
    /// Sum of the known sizes.
    pub(crate) size_bytes: u64,
    /// Some size is not known.
    pub(crate) is_open_ended: bool,
    /// Pipes, sockets and devices inside folders; links that lead nowhere.
    pub(crate) special: u64,
    /// Folders that a link led to again.
    pub(crate) repeated: u64,
    /// Files and folders that `--exclude` left out.
    pub(crate) excluded: u64,
    /// Folders and files that could not be looked at: name and reason.
    pub(crate) unreadable: Vec<(String, io::Error)>,
}

/// The globs of `--exclude`.
#[derive(Debug)]
pub(crate) struct Exclude {
    /// Globs without a slash, for the last part of a path.
    names: GlobSet,
    /// Globs with a slash, for the path below the folder that was given, or the whole path.
    paths: GlobSet,
}

impl Exclude {
    /// Brings the globs together.
    ///
    /// # Errors
    /// Together they are too large.
    pub(crate) fn new(globs: &[Glob]) -> anyhow::Result<Self> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for glob in globs {
            let with_slash = glob.glob().contains('/');
            (if with_slash { &mut paths } else { &mut names }).add(glob.clone());
        }
        Ok(Self { names: names.build()?, paths: paths.build()? })
    }

    fn covers(&self, path: &Path, root: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.is_match(name))
            || self.paths.is_match(path)
            || path.strip_prefix(root).is_ok_and(|below| self.paths.is_match(below))
    }
}

impl Inputs {
    /// Bytes that the program made, by name.
    pub(crate) fn from_memory(logs: Vec<(String, Vec<u8>)>) -> Self {
        let mut inputs = Self::default();
        for (name, bytes) in logs {
            inputs.add(&name, bytes.len() as u64, Origin::Memory(bytes));
        }
        inputs
    }

    /// Walks `paths`.
    ///
    /// # Errors
    /// A path that is not there, with the nearest one that is.
    pub(crate) fn from_paths(paths: &[PathBuf], exclude: &Exclude) -> anyhow::Result<Self> {
        if let Some(missing) = paths.iter().find(|path| !is_stdin(path) && path.symlink_metadata().is_err_and(is_missing)) {
            anyhow::bail!(no_such_path(missing));
        }
        let mut inputs = Self::default();
        let mut walk = Walk { inputs: &mut inputs, exclude, folders: HashSet::new() };
        for path in paths {
            walk.add_given(path);
        }
        Ok(inputs)
    }

    fn add(&mut self, name: &str, size_bytes: u64, origin: Origin) {
        self.is_open_ended |= matches!(origin, Origin::Stdin | Origin::Pipe(_));
        self.size_bytes += size_bytes;
        self.list.push(Input { name: name.into(), origin, size_bytes });
    }
}

/// The message for a path that is not there.
pub(crate) fn no_such_path(path: &Path) -> String {
    let hint = match suggest::nearest_path(path) {
        Some(nearest) => format!("did you mean {}?", nearest.display()),
        None => "check the spelling, or give the folder that holds the logs".to_owned(),
    };
    format!("{} does not exist; {hint}", path.display())
}

fn is_missing(error: io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

struct Walk<'a> {
    inputs: &'a mut Inputs,
    exclude: &'a Exclude,
    /// Canonical paths of the folders that were entered: a link that leads back ends here.
    folders: HashSet<PathBuf>,
}

impl Walk<'_> {
    /// A path of the command line: a pipe is read when it is named outright.
    fn add_given(&mut self, path: &Path) {
        if is_stdin(path) {
            if !self.inputs.list.iter().any(|input| matches!(input.origin, Origin::Stdin)) {
                self.inputs.add("standard input", 0, Origin::Stdin);
            }
            return;
        }
        match path.metadata() {
            Ok(found) if !found.is_dir() && !found.is_file() => {
                self.inputs.add(&path.to_string_lossy(), 0, Origin::Pipe(path.to_owned()));
            }
            Ok(_) => self.descend(path),
            Err(error) => self.inputs.unreadable.push((path.display().to_string(), error)),
        }
    }

    /// Everything below `root`, sorted, without recursion: how deep a tree is, is up to whoever made it.
    fn descend(&mut self, root: &Path) {
        let mut waiting = vec![root.to_owned()];
        while let Some(path) = waiting.pop() {
            if self.exclude.covers(&path, root) {
                self.inputs.excluded += 1;
                continue;
            }
            match path.metadata() {
                Ok(found) if found.is_dir() => match self.children(&path) {
                    Ok(children) => waiting.extend(children.into_iter().rev()),
                    Err(error) => self.inputs.unreadable.push((path.display().to_string(), error)),
                },
                Ok(found) if found.is_file() => {
                    let name = path.to_string_lossy().into_owned();
                    self.inputs.add(&name, found.len(), Origin::File(path));
                }
                Ok(_) => self.inputs.special += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.inputs.special += 1,
                Err(error) => self.inputs.unreadable.push((path.display().to_string(), error)),
            }
        }
    }

    /// What is in a folder, sorted; nothing the second time.
    fn children(&mut self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        if !self.folders.insert(fs::canonicalize(folder)?) {
            self.inputs.repeated += 1;
            return Ok(Vec::new());
        }
        let mut children = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        children.sort_unstable();
        Ok(children)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inputs: &Inputs, root: &Path) -> Vec<String> {
        let below = |name: &str| name[root.to_string_lossy().len() + 1..].replace('\\', "/");
        inputs.list.iter().map(|input| below(&input.name)).collect()
    }

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        dir
    }

    fn walk(dir: &Path, globs: &[&str]) -> Inputs {
        let globs: Vec<Glob> = globs.iter().map(|glob| Glob::new(glob).unwrap()).collect();
        Inputs::from_paths(&[dir.to_owned()], &Exclude::new(&globs).unwrap()).unwrap()
    }

    #[test]
    fn folders_are_walked_in_sorted_order() {
        let dir = tree(&["b/2.evtx", "b/1.evtx", "a.evtx", "c.evtx"]);
        let inputs = walk(dir.path(), &[]);
        assert_eq!(names(&inputs, dir.path()), ["a.evtx", "b/1.evtx", "b/2.evtx", "c.evtx"]);
        assert_eq!(inputs.size_bytes, 4);
    }

    #[test]
    fn globs_leave_out_names_and_paths() {
        let dir = tree(&["a.evtx", "a.bak", "old/b.evtx", "new/old/c.evtx", "new/d.bak"]);
        let inputs = walk(dir.path(), &["*.bak", "new/old/**"]);
        assert_eq!(names(&inputs, dir.path()), ["a.evtx", "old/b.evtx"]);
        assert_eq!(names(&walk(dir.path(), &["old", "*.bak"]), dir.path()), ["a.evtx"]);
    }

    #[cfg(unix)]
    #[test]
    fn link_loops_end_and_dangling_links_are_counted() {
        let dir = tree(&["a/x.evtx"]);
        std::os::unix::fs::symlink(dir.path(), dir.path().join("a/loop")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("dangling")).unwrap();
        let inputs = walk(dir.path(), &[]);
        assert_eq!(names(&inputs, dir.path()), ["a/x.evtx"]);
        assert_eq!((inputs.repeated, inputs.special), (1, 1));
    }

    #[test]
    fn a_typo_names_the_nearest_path() {
        let dir = tree(&["logs/security.evtx"]);
        let exclude = Exclude::new(&[]).unwrap();
        let error = Inputs::from_paths(&[dir.path().join("logs/securty.evtx")], &exclude).unwrap_err().to_string();
        assert!(error.contains("does not exist; did you mean") && error.contains("security.evtx"), "{error}");
    }
}
