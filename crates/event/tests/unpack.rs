//! Packed logs come out as streams with labels, and nothing that is packed badly or in bad faith does harm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::{
    io::{self, Cursor, Read, Write},
    ops::ControlFlow,
};

use cordon_event::{
    Problem,
    unpack::{Limits, Visitor, unpack, unpack_stream},
};
use proptest::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

#[derive(Debug, Default)]
struct Found {
    logs: Vec<(String, Vec<u8>)>,
    problems: Vec<(String, Problem)>,
}

impl Visitor for Found {
    fn log(&mut self, label: &str, log: &mut dyn Read) -> ControlFlow<()> {
        let mut bytes = Vec::new();
        let _ = log.read_to_end(&mut bytes);
        self.logs.push((label.to_owned(), bytes));
        ControlFlow::Continue(())
    }

    fn problem(&mut self, label: &str, problem: Problem) {
        self.problems.push((label.to_owned(), problem));
    }
}

impl Found {
    fn text(&self) -> Vec<(&str, String)> {
        self.logs.iter().map(|(label, log)| (label.as_str(), String::from_utf8_lossy(log).into_owned())).collect()
    }

    fn reason(&self) -> &str {
        assert_eq!(self.problems.len(), 1, "{:?}", self.problems);
        &self.problems[0].1.reason
    }
}

fn find(label: &str, file: &[u8]) -> Found {
    find_within(label, file, &Limits::default())
}

fn find_within(label: &str, file: &[u8], limits: &Limits) -> Found {
    let mut found = Found::default();
    unpack(label, Cursor::new(file), limits, &mut found).unwrap();
    found
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packer = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        packer.append_data(&mut header, name, *bytes).unwrap();
    }
    packer.into_inner().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        packer.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        packer.write_all(bytes).unwrap();
    }
    packer.finish().unwrap().into_inner()
}

#[test]
fn packings_are_told_from_their_magic_and_nest() {
    let cases: Vec<(Vec<u8>, Vec<&str>)> = vec![
        (b"log".to_vec(), vec!["f"]),
        (gz(b"log"), vec!["f"]),
        (zst(b"log"), vec!["f"]),
        ([gz(b"l"), gz(b"og")].concat(), vec!["f"]),
        (tar(&[("a", b"log"), ("./b/c", b"log")]), vec!["f/a", "f/b/c"]),
        (gz(&tar(&[("a", b"log")])), vec!["f/a"]),
        (zst(&tar(&[("a", b"log")])), vec!["f/a"]),
        (zip(&[("a", b"log"), ("b/", b""), ("b/c", b"log")]), vec!["f/a", "f/b/c"]),
        (zip(&[("a.zip", &zip(&[("b.tgz", &gz(&tar(&[("c", b"log")])))]))]), vec!["f/a.zip/b.tgz/c"]),
        (tar(&[(&format!("{}/x", "long".repeat(40)), b"log")]), vec![]),
    ];
    for (file, labels) in cases {
        let found = find("f", &file);
        assert_eq!(found.problems, []);
        assert!(found.logs.iter().all(|(_, log)| log == b"log"), "{:?}", found.text());
        let seen: Vec<_> = found.logs.iter().map(|(label, _)| label.as_str()).collect();
        if labels.is_empty() {
            assert!(seen[0].len() > 160 && seen[0].ends_with("/x"), "{seen:?}");
        } else {
            assert_eq!(seen, labels);
        }
        let mut streamed = Found::default();
        unpack_stream("f", file.as_slice(), &Limits::default(), &mut streamed);
        assert_eq!(streamed.text(), found.text());
    }
}

#[test]
fn names_are_labels_without_what_garbles_a_terminal() {
    let found = find("f", &zip(&[("../../etc/\u{1b}[31mpasswd", b"log")]));
    assert_eq!(found.logs[0].0, "f/../../etc/\u{fffd}[31mpasswd");
}

#[test]
fn too_deep_is_a_problem_and_the_rest_goes_on() {
    let deep = zip(&[("a", &zip(&[("b", &zip(&[("c", &zip(&[("d", b"log")]))]))])), ("e", b"log")]);
    let found = find("f", &deep);
    assert_eq!(found.text(), [("f/e", "log".to_owned())]);
    assert!(found.problems[0].0 == "f/a/b/c" && found.reason().contains("more than 3 deep"), "{:?}", found.problems);
}

#[test]
fn bombs_are_stopped_and_what_came_before_is_kept() {
    let zeros = vec![b'0'; 4 << 20];
    let limits = Limits { ratio_from_bytes: 1 << 20, ..Limits::default() };
    for bomb in [gz(&zeros), zst(&zeros), zip(&[("a", &zeros), ("b", &zeros)]), gz(&gz(&zeros))] {
        let found = find_within("f", &bomb, &limits);
        assert!(found.logs.iter().all(|(_, log)| !log.is_empty() && log.len() < zeros.len()), "{:?}", found.problems);
        assert!(found.problems.iter().all(|(_, problem)| problem.reason.contains("more than 200 times")), "{:?}", found.problems);
        assert!(!found.problems.is_empty());
    }
    let log_limit = Limits { log_bytes: 1000, ratio: 10_000, ..Limits::default() };
    let found = find_within("f", &zip(&[("a", &zeros), ("b", b"log")]), &log_limit);
    assert!(found.reason().contains("longer than 1000 bytes"));
    assert_eq!(found.logs[1].1, b"log");
    let total = Limits { total_bytes: 1000, ratio: 10_000, ..Limits::default() };
    let found = find_within("f", &tar(&[("a", &zeros), ("b", &zeros)]), &total);
    assert_eq!(found.problems.len(), 2);
    let few = Limits { members: 1, ..Limits::default() };
    let found = find_within("f", &tar(&[("a", b"1"), ("b", b"2")]), &few);
    assert!(found.logs.len() == 1 && found.reason().contains("more than 1 members"));
}

#[test]
fn window_of_zstd_and_held_zip_are_limited() {
    let mut packer = zstd::Encoder::new(Vec::new(), 1).unwrap();
    packer.window_log(27).unwrap();
    packer.write_all(&[b'x'; 100]).unwrap();
    let found = find("f", &packer.finish().unwrap());
    assert!(found.logs.is_empty() && !found.reason().is_empty(), "{found:?}");
    let limits = Limits { held_bytes: 10, ..Limits::default() };
    let found = find_within("f", &tar(&[("a.zip", &zip(&[("b", b"log")])), ("c", b"log")]), &limits);
    assert_eq!(found.text(), [("f/c", "log".to_owned())]);
    assert!(found.reason().contains("longer than 10 bytes"));
}

#[test]
fn what_cannot_be_unpacked_is_named() {
    for (file, word) in [(&b"\xfd7zXZ\0\0\0"[..], "xz"), (b"7z\xbc\xaf\x27\x1c\0\0", "7-Zip"), (b"BZh91AY&SY\0", "bzip2")] {
        assert!(find("f", file).reason().contains(word));
    }
    // The flag of encryption set on the first member, in both of its headers.
    let mut file = zip(&[("secret", b"log"), ("open", b"log")]);
    file[6] |= 1;
    let directory = file.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    file[directory + 8] |= 1;
    let found = find("f", &file);
    assert_eq!(found.text(), [("f/open", "log".to_owned())]);
    assert!(found.problems[0].0 == "f/secret" && found.reason().contains("encrypted"), "{:?}", found.problems);
}

#[test]
fn cut_archives_give_what_they_have() {
    // Longer than the blocks that packers work in, and not to be packed.
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 | 1
    })
    .take(600_000)
    .collect();
    for file in [gz(&noise), zst(&noise), tar(&[("a", &noise)])] {
        let found = find("f", &file[..file.len() / 2]);
        assert!(!found.logs[0].1.is_empty() && noise.starts_with(&found.logs[0].1), "{:?}", found.problems);
        assert!(found.problems.iter().any(|(_, problem)| problem.reason.contains("before its time")), "{:?}", found.problems);
    }
    let file = zip(&[("a", b"log"), ("b", &noise)]);
    let found = find("f", &file[..file.len() / 2]);
    assert!(found.problems.len() >= 2, "{:?}", found.problems);
}

#[test]
fn damaged_tar_header_costs_its_member_only() {
    let mut file = tar(&[("a", b"log"), ("b", b"log"), ("c", b"log")]);
    file[1024 + 3] = b'x';
    let found = find("f", &file);
    assert_eq!(found.text(), [("f/a", "log".to_owned()), ("f/c", "log".to_owned())]);
    assert!(found.reason().contains("header is damaged") && found.problems[0].1.offset == 1024);
}

#[test]
fn failing_source_is_an_error_only_before_its_first_byte() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no disk"))
        }
    }
    let mut found = Found::default();
    unpack_stream("f", Broken, &Limits::default(), &mut found);
    assert!(found.reason().contains("no disk"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_never_panics_and_never_unpacks_more_than_allowed(
        packing in 0..5_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let members: [(&str, &[u8]); 2] = [("a", &[b'a'; 3000]), ("b/c", b"some text of a log")];
        let mut file = match packing {
            0 => gz(members[0].1),
            1 => zst(members[1].1),
            2 => tar(&members),
            3 => zip(&members),
            _ => zip(&[("t.tgz", &gz(&tar(&members)))]),
        };
        for (at, byte) in flips {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if packing % 2 == 0 {
            file.truncate(cut.index(file.len()) + 1);
        }
        let limits = Limits { total_bytes: 100_000, ..Limits::default() };
        let found = find_within("f", &file, &limits);
        prop_assert!(found.logs.iter().map(|(_, log)| log.len()).sum::<usize>() <= 300_000);
    }
}
