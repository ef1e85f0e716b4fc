//! Finds rule files and compiles them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use cordon_detect::RuleSet;
use cordon_event::{LogSource, Taxonomy};
use cordon_model::Level;

use crate::{cli::RuleArgs, content, scan::input::no_such_path};

/// Rule files are small; what is larger is something else, and is named.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// One file of rules.
#[derive(Debug, Clone)]
pub(crate) struct RuleFile {
    /// As messages name it.
    pub(crate) name: String,
    /// The YAML.
    pub(crate) text: String,
    /// The JSON of the test beside it, if there is one and it was asked for.
    pub(crate) test: Option<String>,
}

/// Files of rules, and those that could not be read.
#[derive(Debug, Default)]
pub(crate) struct RuleFiles {
    /// In sorted order, folder by folder.
    pub(crate) files: Vec<RuleFile>,
    /// Name and reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Values by the name of a placeholder.
pub(crate) type Placeholders = BTreeMap<String, Vec<String>>;

impl RuleFiles {
    /// What the arguments ask for: the folders; the built-in pack without folders or beside them.
    ///
    /// # Errors
    /// A folder that is not there.
    pub(crate) fn from_args(args: &RuleArgs) -> anyhow::Result<Self> {
        let mut found = Self::default();
        if args.dirs.is_empty() || args.builtin {
            found.add_builtin();
        }
        for dir in &args.dirs {
            found.add_path(dir)?;
        }
        Ok(found)
    }

    /// The rules inside the binary.
    pub(crate) fn add_builtin(&mut self) {
        self.files.extend(content::RULES.iter().map(|rule| RuleFile {
            name: rule.file(),
            text: rule.text.to_owned(),
            test: rule.test.map(str::to_owned),
        }));
    }

    /// A file, or every rule below a folder. Other YAML that lies in a tree of rules (workflows, metadata) is passed over.
    ///
    /// # Errors
    /// There is nothing under that name.
    pub(crate) fn add_path(&mut self, path: &Path) -> anyhow::Result<()> {
        anyhow::ensure!(path.exists(), "{}", no_such_path(path));
        let is_folder = path.is_dir();
        let mut waiting = vec![path.to_owned()];
        let mut entered = std::collections::HashSet::new();
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                let children =
                    fs::canonicalize(&path).and_then(|real| if entered.insert(real) { children(&path) } else { Ok(Vec::new()) });
                match children {
                    Ok(children) => waiting.extend(children.into_iter().rev()),
                    Err(error) => self.unreadable.push((path.display().to_string(), error.to_string())),
                }
                continue;
            }
            let is_yaml = path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml");
            if is_folder && !is_yaml {
                continue;
            }
            match read(&path) {
                Ok(text) if is_folder && !looks_like_rule(&text) => {}
                Ok(text) => {
                    let test = fs::read_to_string(path.with_extension("test.json")).ok();
                    self.files.push(RuleFile { name: path.display().to_string(), text, test });
                }
                Err(reason) => self.unreadable.push((path.display().to_string(), reason)),
            }
        }
        Ok(())
    }

    /// Compiles all files. Rules that could not be loaded are in [`RuleSet::problems`].
    ///
    /// # Errors
    /// The taxonomy that ships with the program is broken.
    pub(crate) fn compile(
        &self,
        min_level: Option<Level>,
        placeholders: &Placeholders,
        assumed: Option<&LogSource>,
    ) -> anyhow::Result<RuleSet> {
        let mut taxonomy = Taxonomy::builtin()?;
        if let Some(source) = assumed {
            taxonomy.assume(source.clone());
        }
        let mut builder = RuleSet::builder();
        if let Some(level) = min_level {
            builder.min_level(level);
        }
        for (name, values) in placeholders {
            builder.placeholder(name, values.clone());
        }
        for file in &self.files {
            builder.add_file(&file.name, &file.text);
        }
        Ok(builder.compile(taxonomy))
    }
}

/// Reads `name: [value, …]` or `name: value`.
///
/// # Errors
/// The file cannot be read, or is not of that form.
pub(crate) fn placeholders(file: Option<&PathBuf>) -> anyhow::Result<Placeholders> {
    let Some(file) = file else { return Ok(Placeholders::new()) };
    let text = read(file).map_err(|reason| anyhow::anyhow!("cannot read {}: {reason}", file.display()))?;
    let form = || format!("{} does not have the form `name: [value, …]`", file.display());
    let read: BTreeMap<String, yaml_serde::Value> = yaml_serde::from_str(&text).with_context(form)?;
    let mut placeholders = Placeholders::new();
    for (name, value) in read {
        let values = match value {
            yaml_serde::Value::Sequence(values) => values,
            value => vec![value],
        };
        let values: Option<Vec<String>> = values.iter().map(scalar).collect();
        let values = values.with_context(|| format!("{}: the values of {name:?} are not all text or numbers", file.display()))?;
        placeholders.insert(name, values);
    }
    Ok(placeholders)
}

fn scalar(value: &yaml_serde::Value) -> Option<String> {
    match value {
        yaml_serde::Value::String(text) => Some(text.clone()),
        yaml_serde::Value::Number(number) => Some(number.to_string()),
        yaml_serde::Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// What is in a folder, sorted, without what is hidden (`.github`).
fn children(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut children = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            children.push(entry.path());
        }
    }
    children.sort_unstable();
    Ok(children)
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE_BYTES {
        return Err(format!("{size} bytes are too many for a rule file; the limit is {MAX_FILE_BYTES}"));
    }
    fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => "it is not UTF-8; save it as UTF-8".to_owned(),
        _ => error.to_string(),
    })
}

/// Whether YAML in a tree of rules is meant as one: it has a title and one of the parts that only rules have.
fn looks_like_rule(text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':')));
    has("title") && (has("detection") || has("logsource") || has("correlation") || has("filter"))
        || has("detection") && has("logsource")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_yaml_in_a_tree_of_rules_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("b/rule.yml", "title: One\nlogsource: {product: windows}\ndetection: {}\n");
        write("a/mistyped.yaml", "title: Two\nlogsource: {product: windows}\ndetektion: {}\n");
        write("a/info.yml", "id: x\nrule_metadata: []\n");
        write(".github/workflow.yml", "title: x\ndetection: y\n");
        write("README.md", "title: x");
        let mut found = RuleFiles::default();
        found.add_path(dir.path()).unwrap();
        let names: Vec<_> = found.files.iter().map(|file| file.name.rsplit(['/', '\\']).next().unwrap()).collect();
        assert_eq!(names, ["mistyped.yaml", "rule.yml"]);
    }

    #[test]
    fn placeholders_take_one_value_or_many() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("values.yml");
        fs::write(&file, "admins: [ada, 7]\ndomain: example\n").unwrap();
        let found = placeholders(Some(&file)).unwrap();
        assert_eq!(found["admins"], ["ada", "7"]);
        assert_eq!(found["domain"], ["example"]);
        fs::write(&file, "admins: {a: b}\n").unwrap();
        assert!(placeholders(Some(&file)).unwrap_err().to_string().contains("\"admins\""));
    }
}
