//! The outputs of a scan besides the summary: opened before it starts, fed while it runs, named when it is complete.

use std::{
    cell::RefCell,
    io::{self, Write},
    path::PathBuf,
    rc::Rc,
};

use cordon_model::{Detection, Timestamp};

use super::target::Target;
use crate::{
    cli::OutputArgs,
    report::{CsvWriter, Findings, JsonWriter, OcsfWriter, ScanStats, write_html, write_navigator},
};

/// All outputs that were asked for.
#[derive(Default)]
pub(crate) struct Outputs {
    /// Those that take one detection at a time.
    lines: Vec<(Shared, Box<dyn LineWriter>)>,
    html: Option<Shared>,
    navigator: Option<Shared>,
}

/// An output could not be written: its name, and what the system says.
pub(crate) type OutputError = (String, io::Error);

impl Outputs {
    /// Opens them all, so that a path that cannot be written is refused before anybody waits.
    ///
    /// # Errors
    /// See [`Target::open`].
    pub(crate) fn open(args: &OutputArgs, now: Timestamp) -> anyhow::Result<Self> {
        let open = |path: &Option<PathBuf>| path.as_deref().map(Shared::open).transpose();
        let mut lines: Vec<(Shared, Box<dyn LineWriter>)> = Vec::new();
        if let Some(target) = open(&args.json)? {
            lines.push((target.clone(), Box::new(JsonWriter::new(target))));
        }
        if let Some(target) = open(&args.csv)? {
            lines.push((target.clone(), Box::new(CsvWriter::new(target))));
        }
        if let Some(target) = open(&args.ocsf)? {
            lines.push((target.clone(), Box::new(OcsfWriter::new(target, now))));
        }
        Ok(Self { lines, html: open(&args.html)?, navigator: open(&args.navigator)? })
    }

    /// Writes a detection to those that take one at a time.
    ///
    /// # Errors
    /// The first that could not be written.
    pub(crate) fn write(&mut self, detection: &Detection) -> Result<(), OutputError> {
        self.lines.iter_mut().try_for_each(|(target, writer)| target.named(writer.write(detection)))
    }

    /// Writes those that need everything, and completes them all.
    ///
    /// # Errors
    /// The first that could not be written. Files that were not completed keep their old content.
    pub(crate) fn complete(self, findings: &Findings, stats: &ScanStats, title: &str) -> Result<(), OutputError> {
        for (target, mut writer) in self.lines {
            target.named(writer.flush())?;
            target.commit()?;
        }
        if let Some(mut target) = self.html {
            let written = write_html(&mut target, findings, stats);
            target.named(written)?;
            target.commit()?;
        }
        if let Some(mut target) = self.navigator {
            let written = write_navigator(&mut target, findings, title);
            target.named(written)?;
            target.commit()?;
        }
        Ok(())
    }
}

/// Writes one detection at a time.
trait LineWriter {
    fn write(&mut self, detection: &Detection) -> io::Result<()>;
    fn flush(&mut self) -> io::Result<()>;
}

macro_rules! line_writer {
    ($($writer:ident),*) => {$(
        impl<W: Write> LineWriter for $writer<W> {
            fn write(&mut self, detection: &Detection) -> io::Result<()> {
                $writer::write(self, detection)
            }

            fn flush(&mut self) -> io::Result<()> {
                $writer::flush(self)
            }
        }
    )*};
}

line_writer!(JsonWriter, CsvWriter, OcsfWriter);

/// A target that a writer holds and that is completed from outside.
#[derive(Debug, Clone)]
struct Shared(Rc<RefCell<Option<Target>>>);

impl Shared {
    fn open(path: &std::path::Path) -> anyhow::Result<Self> {
        Ok(Self(Rc::new(RefCell::new(Some(Target::open(path)?)))))
    }

    fn named<T>(&self, result: io::Result<T>) -> Result<T, OutputError> {
        result.map_err(|error| (self.0.borrow().as_ref().map_or_else(String::new, Target::name), error))
    }

    fn commit(&self) -> Result<(), OutputError> {
        let Some(target) = self.0.borrow_mut().take() else { return Ok(()) };
        let name = target.name();
        target.commit().map_err(|error| (name, error))
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().as_mut().map_or(Ok(0), |target| target.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().as_mut().map_or(Ok(()), Write::flush)
    }
}
