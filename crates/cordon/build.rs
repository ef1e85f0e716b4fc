//! Puts the rules under `content/rules` and the tests beside them into the binary.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| io::Error::other("run me through cargo"))?);
    let root = manifest.join("../../content/rules");
    println!("cargo::rerun-if-changed={}", root.display());

    let mut files = Vec::new();
    if root.is_dir() {
        collect(&root, &mut files)?;
    }
    files.sort();

    let mut table =
        String::from("/// The rules under `content/rules`, sorted by path.\npub(crate) const RULES: &[BuiltinRule] = &[\n");
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "yml")) {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        let test = file.with_extension("test.json");
        let test = match files.binary_search(&test) {
            Ok(_) => format!("Some(include_str!({test:?}))"),
            Err(_) => "None".to_owned(),
        };
        table += &format!("    BuiltinRule {{ path: {name:?}, text: include_str!({file:?}), test: {test} }},\n");
    }
    table += "];\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("run me through cargo"))?);
    fs::write(out.join("rules.rs"), table)
}

/// Every file below `dir`. Folders are named to cargo too: a new file changes only its folder.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        println!("cargo::rerun-if-changed={}", path.display());
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
