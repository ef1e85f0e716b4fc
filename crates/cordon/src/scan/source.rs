//! Opens inputs: bytes that count themselves for the progress bar, and pipes that Ctrl-C can break off.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::SystemTime,
};

use cordon_model::Timestamp;
use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::input::{Input, Origin};

/// What decompressors read in small pieces is fetched in larger ones; large reads pass by.
const FILE_BUFFER_BYTES: usize = 64 << 10;
const PIPE_CHUNK_BYTES: usize = 64 << 10;
/// Chunks that may be read ahead from a pipe.
const PIPE_CHUNKS: usize = 4;

/// Set once by Ctrl-C, for every thread.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    is_set: &'static AtomicBool,
    /// Nothing is ever sent; it closes when Ctrl-C is pressed, which wakes whoever waits for a pipe.
    closed: Receiver<()>,
}

impl Interrupt {
    /// Takes Ctrl-C over: the first one ends the scan with a report, the second one ends the program.
    pub(crate) fn install() -> Self {
        static IS_SET: AtomicBool = AtomicBool::new(false);
        // The end that is dropped to close the channel. It stands outside the handler, which may be refused and dropped.
        static OPEN: Mutex<Option<Sender<()>>> = Mutex::new(None);
        let open = || OPEN.lock().unwrap_or_else(PoisonError::into_inner);

        let (sender, closed) = bounded::<()>(0);
        *open() = Some(sender);
        // Without a handler Ctrl-C ends the program as it always does.
        let _ = ctrlc::set_handler(move || {
            if IS_SET.swap(true, Ordering::Relaxed) {
                std::process::exit(i32::from(crate::exit::Exit::Interrupted.code()));
            }
            open().take();
        });
        Self { is_set: &IS_SET, closed }
    }

    /// Whether Ctrl-C was pressed.
    pub(crate) fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }
}

/// An input, opened.
pub(crate) struct Opened<'a> {
    /// Its bytes, before unpacking.
    pub(crate) bytes: Bytes<'a>,
    /// When it was written, as far as that is known: syslog leaves the year out.
    pub(crate) written: Option<Timestamp>,
}

/// Bytes, and whether one can go back in them.
pub(crate) enum Bytes<'a> {
    /// A file.
    File(Counted<'a, BufReader<File>>),
    /// Made by the program.
    Memory(Counted<'a, io::Cursor<&'a [u8]>>),
    /// A pipe.
    Pipe(Counted<'a, Pipe>),
}

/// Opens an input. `read_bytes` is raised by what is read from it.
///
/// # Errors
/// What the system says.
pub(crate) fn open<'a>(input: &'a Input, interrupt: &Interrupt, read_bytes: &'a AtomicU64) -> io::Result<Opened<'a>> {
    let now = || timestamp(SystemTime::now());
    let pipe = |path| Ok::<_, io::Error>(Bytes::Pipe(Counted { inner: Pipe::open(path, interrupt.clone())?, read_bytes }));
    Ok(match &input.origin {
        Origin::File(path) => {
            let file = File::open(path)?;
            let written = file.metadata().and_then(|metadata| metadata.modified()).ok().and_then(timestamp);
            let inner = BufReader::with_capacity(FILE_BUFFER_BYTES, file);
            Opened { bytes: Bytes::File(Counted { inner, read_bytes }), written }
        }
        Origin::Pipe(path) => Opened { bytes: pipe(Some(path.as_path()))?, written: now() },
        Origin::Stdin => Opened { bytes: pipe(None)?, written: now() },
        Origin::Memory(bytes) => {
            Opened { bytes: Bytes::Memory(Counted { inner: io::Cursor::new(bytes), read_bytes }), written: None }
        }
    })
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(Timestamp(i64::try_from(since_epoch.as_micros()).ok()?))
}

/// Counts what is read.
pub(crate) struct Counted<'a, R> {
    inner: R,
    read_bytes: &'a AtomicU64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read_bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}

/// A pipe, read on a thread of its own: a read that waits for a writer cannot be broken off, but who waits for that
/// thread can be. The thread ends with the pipe or the program.
pub(crate) struct Pipe {
    chunks: Receiver<io::Result<Vec<u8>>>,
    interrupt: Interrupt,
    chunk: io::Cursor<Vec<u8>>,
}

impl Pipe {
    fn open(path: Option<&Path>, interrupt: Interrupt) -> io::Result<Self> {
        let (sender, chunks) = bounded(PIPE_CHUNKS);
        let path = path.map(Path::to_owned);
        thread::Builder::new().name("pipe".to_owned()).spawn(move || {
            // Opening a named pipe waits for a writer too.
            match path {
                None => pump(io::stdin().lock(), &sender),
                Some(path) => match File::open(path) {
                    Ok(file) => pump(file, &sender),
                    Err(error) => drop(sender.send(Err(error))),
                },
            }
        })?;
        Ok(Self { chunks, interrupt, chunk: io::Cursor::default() })
    }
}

fn pump(mut from: impl Read, to: &Sender<io::Result<Vec<u8>>>) {
    loop {
        let mut chunk = vec![0; PIPE_CHUNK_BYTES];
        let message = match from.read(&mut chunk) {
            Ok(0) => return,
            Ok(read) => {
                chunk.truncate(read);
                Ok(chunk)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let is_over = message.is_err();
        if to.send(message).is_err() || is_over {
            return;
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let chunk = select! {
                recv(self.chunks) -> chunk => chunk,
                recv(self.interrupt.closed) -> _ => return Ok(0),
            };
            match chunk {
                Ok(chunk) => self.chunk = io::Cursor::new(chunk?),
                Err(_) => return Ok(0),
            }
        }
    }
}
