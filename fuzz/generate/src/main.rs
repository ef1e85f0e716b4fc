//! Writes `fuzz/seeds`: for each target a few small inputs that reach far into it. The same content gives the same seeds.
//!
//! Run it in the project's root, not in `fuzz`, where everything is instrumented:
//! `cargo run --manifest-path fuzz/Cargo.toml --package cordon-fuzz-seeds`.

mod logs;
mod packed;
mod rules;

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

/// Larger seeds slow the fuzzer down and the repository up.
const MAX_SEED_BYTES: usize = 16 << 10;

/// A seed and its name.
type Seed = (String, Vec<u8>);

fn main() -> Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let seeds = fuzz.join("seeds");
    if seeds.exists() {
        fs::remove_dir_all(&seeds).with_context(|| format!("cannot clear {}", seeds.display()))?;
    }
    let rules = rules::from_content(&fuzz.join("../content/rules"))?;
    let targets = [
        ("evtx", logs::evtx()),
        ("json", logs::json()),
        ("xml", logs::xml()),
        ("syslog", logs::syslog()),
        ("auditd", logs::auditd()),
        ("text", logs::text()),
        ("unpack", packed::files()?),
        ("blocks", logs::with_lengths()),
        ("rules", rules.into_iter().chain(rules::forms()).collect()),
    ];
    for (target, inputs) in targets {
        let directory = seeds.join(target);
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        let mut total_bytes = 0;
        for (name, bytes) in inputs {
            ensure!(
                bytes.len() <= MAX_SEED_BYTES,
                "seed {target}/{name} has {} bytes; the most is {MAX_SEED_BYTES}",
                bytes.len()
            );
            total_bytes += bytes.len();
            let path = directory.join(name);
            fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        println!("{target}: {total_bytes} bytes");
    }
    Ok(())
}
