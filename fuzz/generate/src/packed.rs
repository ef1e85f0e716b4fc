//! Packed files of every kind, some inside each other.

use std::io::{Cursor, Write};

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::Seed;

const LOG: &[u8] = b"{\"EventID\":1}\n{\"EventID\":2}\n";

pub(crate) fn files() -> Result<Vec<Seed>> {
    let zipped = zipped(&[("a/b.json", LOG), ("empty.log", b"")])?;
    let tarred = tarred(&[("host/auth.log", b"May 12 08:24:00 pacs a: b\n"), ("inner.zip", &zipped)])?;
    let twice = gzipped(&gzipped(LOG)?)?;
    let two_members = [gzipped(LOG)?, gzipped(b"more\n")?].concat();
    let zeros = vec![0; 1 << 20];
    Ok([
        ("plain", LOG.to_vec()),
        ("gz", gzipped(LOG)?),
        ("gz_members", two_members),
        ("gz_twice", twice),
        ("gz_bomb", gzipped(&zeros)?),
        ("zst", zstd::encode_all(LOG, 3)?),
        ("zst_bomb", zstd::encode_all(&zeros[..], 19)?),
        ("zip", zipped.clone()),
        ("tar", tarred.clone()),
        ("tar_gz", gzipped(&tarred)?),
        ("deep", self::zipped(&[("a.tar.gz", &gzipped(&self::tarred(&[("b.zip", &zipped)])?)?)])?),
    ]
    .into_iter()
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .collect())
}

fn gzipped(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn zipped(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, (name, bytes)) in members.iter().enumerate() {
        let method = if number % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method))?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn tarred(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, name, *bytes)?;
    }
    Ok(builder.into_inner()?)
}
