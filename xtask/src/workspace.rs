//! The workspace: where it is, what cargo says about it, and how to call cargo in it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::process;

/// The workspace that is checked.
pub(crate) struct Workspace {
    /// The folder with the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// What `cargo metadata --no-deps` prints.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// The workspace that this program belongs to.
    pub(crate) fn find() -> Result<Self, String> {
        // Set by `cargo run`. Not asked of the compiler, since one target directory may serve several checkouts.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let start = manifest.map_or_else(env::current_dir, Ok).map_err(|error| format!("no current directory: {error}"))?;
        let metadata = metadata(&start.join("Cargo.toml"))?;
        let path = |key: &str| metadata[key].as_str().map(PathBuf::from).ok_or_else(|| format!("cargo metadata has no {key}"));
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")?, metadata })
    }

    /// Cargo with these arguments, to be run in the root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo();
        command.args(arguments).current_dir(&self.root);
        // Golden files are compared, never written, whatever the user's shell says.
        command.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
        command
    }

    /// A program that the step `build` built.
    pub(crate) fn built(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.target.join("debug").join(name).with_extension(env::consts::EXE_EXTENSION);
        if path.is_file() {
            Ok(path)
        } else {
            Err(format!("{} is not there; run `cargo xtask test --only build`", path.display()))
        }
    }

    /// Members of the workspace.
    pub(crate) fn packages(&self) -> &[Value] {
        self.metadata["packages"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Every file of the project, relative to the root: what git tracks or would track; without git, what is there.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>, String> {
        let mut git = Command::new("git");
        git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(&self.root);
        if let Ok(listed) = process::output(git) {
            let files = listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
            return Ok(files.filter(|file| self.root.join(file).is_file()).collect());
        }
        let mut files = Vec::new();
        self.walk(Path::new(""), &mut files).map_err(|error| format!("{} cannot be listed: {error}", self.root.display()))?;
        Ok(files)
    }

    fn walk(&self, folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            // Folders that cargo and git fill; the same are in `.gitignore`.
            let is_ours = !matches!(entry.file_name().to_str(), Some("target" | ".git" | "corpus" | "artifacts"));
            if kind.is_dir() && is_ours {
                self.walk(&path, files)?;
            } else if kind.is_file() {
                files.push(path);
            }
        }
        Ok(())
    }
}

/// Names of a package's targets of one kind, such as `bench` or `bin`.
pub(crate) fn targets<'p>(package: &'p Value, kind: &'static str) -> impl Iterator<Item = &'p str> {
    let targets = package["targets"].as_array().into_iter().flatten();
    let of_kind =
        targets.filter(move |target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind)));
    of_kind.filter_map(|target| target["name"].as_str())
}

/// What cargo says about the packages of a workspace.
pub(crate) fn metadata(manifest: &Path) -> Result<Value, String> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--no-deps", "--manifest-path"]).arg(manifest);
    let text = process::output(command)?;
    serde_json::from_str(&text).map_err(|error| format!("cargo metadata printed what is not JSON: {error}"))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
