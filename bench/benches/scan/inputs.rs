//! Rules and logs to measure with: the shared ones where they are, generated ones everywhere.

use std::{
    fs,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use cordon_event::{
    Block, Blocks, LogKind, Problem, ReadOptions,
    unpack::{Limits, Visitor, unpack},
};

/// Rule files, by name and text.
pub(crate) struct Rules {
    pub(crate) from: &'static str,
    pub(crate) files: Vec<(String, String)>,
}

/// A log, cut into blocks and held in memory, so that disks are not measured.
pub(crate) struct Input {
    pub(crate) name: &'static str,
    pub(crate) blocks: Vec<Block>,
    /// Each EVTX file whole, for the peers.
    pub(crate) files: Vec<Vec<u8>>,
}

/// Recordings beyond this are left out, so that the peers finish.
const MOST_BYTES: usize = 160 << 20;

impl Input {
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes.len()).sum()
    }

    pub(crate) fn is_evtx(&self) -> bool {
        self.blocks.first().is_some_and(|block| block.kind == LogKind::Evtx)
    }

    fn from_files(name: &'static str, files: Vec<Vec<u8>>) -> Self {
        let mut blocks = Vec::new();
        for file in &files {
            cut(file.as_slice(), &mut blocks);
        }
        Self { name, blocks, files }
    }
}

fn cut(log: impl Read, into: &mut Vec<Block>) {
    let mut blocks = Blocks::new(log, ReadOptions::default()).unwrap();
    while let Some(block) = blocks.next(Vec::new()).unwrap() {
        into.push(block);
    }
}

fn data() -> Option<PathBuf> {
    let given = std::env::var_os("CORDON_DATA").map(PathBuf::from);
    let path = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"));
    path.join("sigma/rules/windows").is_dir().then_some(path)
}

/// SigmaHQ's rules for Windows, else the built-in ones.
pub(crate) fn rules() -> Rules {
    let (from, folder) = match data() {
        Some(data) => ("SigmaHQ rules/windows", data.join("sigma/rules/windows")),
        None => ("built in; no shared data here", Path::new(env!("CARGO_MANIFEST_DIR")).join("../content/rules")),
    };
    let read = |path: PathBuf| (path.display().to_string(), fs::read_to_string(&path).unwrap());
    Rules { from, files: files(&folder, "yml").into_iter().map(read).collect() }
}

/// All inputs.
pub(crate) fn all() -> Vec<Input> {
    let mut inputs = Vec::new();
    if let Some(data) = data() {
        let recordings = files(&data.join("evtx"), "evtx");
        inputs.push(Input::from_files("EVTX, recordings", recordings.iter().map(|path| fs::read(path).unwrap()).collect()));
        let mut json = Json(Vec::new());
        for path in files(&data.join("otrf"), "zip") {
            unpack("", fs::File::open(path).unwrap(), &Limits::default(), &mut json).unwrap();
        }
        inputs.push(Input { name: "JSON (NXLog), recordings", blocks: json.0, files: Vec::new() });
    }
    inputs.push(Input::from_files("EVTX, generated Sysmon", vec![cordon_fixtures::sysmon_evtx(20_000, 1)]));
    inputs.push(Input::from_files("EVTX, generated Security", vec![cordon_fixtures::security_evtx(20_000, 1)]));
    let mut blocks = Vec::new();
    cut(cordon_fixtures::flat_json(40_000, 1).as_bytes(), &mut blocks);
    inputs.push(Input { name: "JSON (flat), generated", blocks, files: Vec::new() });
    inputs
}

struct Json(Vec<Block>);

impl Visitor for Json {
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()> {
        if label.ends_with(".json") {
            cut(log, &mut self.0);
        }
        match self.0.iter().map(|block| block.bytes.len()).sum::<usize>() > MOST_BYTES {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn problem(&mut self, _: &str, _: Problem) {}
}

/// All files below a folder with this ending, in order.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
