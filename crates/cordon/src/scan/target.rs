//! Where an output goes: a file that appears whole or not at all, or standard output.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// An open output.
#[derive(Debug)]
pub(crate) enum Target {
    /// Standard output.
    Stdout(BufWriter<io::Stdout>),
    /// A file beside the one that was asked for, renamed when it is complete.
    File {
        /// What is written.
        temporary: BufWriter<NamedTempFile>,
        /// The name that it gets.
        path: PathBuf,
    },
    /// A pipe or device, such as `/dev/null`: there is nothing to rename.
    Device {
        /// What is written.
        device: BufWriter<File>,
        /// Its name.
        path: PathBuf,
    },
}

impl Target {
    /// Opens an output before the scan starts, so that a path that cannot be written is refused before anybody waits.
    ///
    /// # Errors
    /// The path is a folder, its folder is missing, or the system does not let us write there.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout(BufWriter::new(io::stdout())));
        }
        // A link is followed: what it leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let cannot = || format!("cannot write {}", path.display());
        match path.metadata() {
            Ok(found) if found.is_dir() => anyhow::bail!("{}: it is a folder; give a file name in it", cannot()),
            Ok(found) if !found.is_file() => {
                let device = OpenOptions::new().write(true).open(&path).with_context(cannot)?;
                return Ok(Self::Device { device: BufWriter::new(device), path });
            }
            // The folder may be writable and the file not: respect what its owner wanted.
            Ok(_) => drop(OpenOptions::new().append(true).open(&path).with_context(cannot)?),
            Err(_) => {}
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            anyhow::bail!("{}: folder {} does not exist; make it first", cannot(), folder.display());
        }
        let temporary = temporary(folder).with_context(cannot)?;
        Ok(Self::File { temporary: BufWriter::new(temporary), path })
    }

    /// Writes out what is buffered, and gives a file its name.
    ///
    /// # Errors
    /// What the system says, with the file's name.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut stdout) => stdout.flush(),
            Self::Device { mut device, .. } => device.flush(),
            Self::File { temporary, path } => {
                let temporary = temporary.into_inner().map_err(io::IntoInnerError::into_error)?;
                temporary.persist(path).map_err(|error| error.error)?;
                Ok(())
            }
        }
    }

    /// How messages name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdout(_) => "standard output".to_owned(),
            Self::File { path, .. } | Self::Device { path, .. } => path.display().to_string(),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File { temporary, .. } => temporary.write(bytes),
            Self::Device { device, .. } => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File { temporary, .. } => temporary.flush(),
            Self::Device { device, .. } => device.flush(),
        }
    }
}

/// A hidden file that ends as readable as any file the user makes (the usual temporary file is the owner's alone).
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cordon-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_appears_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.json");
        let mut target = Target::open(&path).unwrap();
        target.write_all(b"all").unwrap();
        assert!(!path.exists());
        target.commit().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "all");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn abandoned_output_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.json");
        fs::write(&path, "old").unwrap();
        let mut target = Target::open(&path).unwrap();
        target.write_all(b"half").unwrap();
        drop(target);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(dir.path().read_dir().unwrap().count(), 1);
    }

    #[test]
    fn folders_and_missing_folders_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let message = |path: &Path| format!("{:#}", Target::open(path).unwrap_err());
        assert!(message(dir.path()).contains("it is a folder"));
        assert!(message(&dir.path().join("no/out.json")).contains("does not exist"));
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_and_never_replaced() {
        let mut target = Target::open(Path::new("/dev/null")).unwrap();
        assert!(matches!(target, Target::Device { .. }));
        target.write_all(b"gone").unwrap();
        target.commit().unwrap();
    }
}
