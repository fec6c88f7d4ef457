//! Lists `flows/**.toml` and `knowledge/**.toml` so that the crate can embed every file without naming each one, and trains the
//! classifier on the flows' phrases, so that no process has to at its start (docs/adr/0016-trained-when-built.md).

#[path = "src/phrases.rs"]
mod phrases;

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

fn files(folder: &Path, out: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, out)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            out.push(path);
        }
    }
    Ok(())
}

/// What of a flow file teaches the classifier.
#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    say: Vec<String>,
    #[serde(default)]
    control: BTreeMap<String, Vec<String>>,
}

/// The phrases of one file. None of a file that cannot be read: the loader says what is wrong with it.
fn examples(path: &Path) -> Vec<nlu::Example> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let Ok(said) = toml::from_str::<Said>(&text) else { return vec![] };
    let item = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let of_items = said.say.iter().map(|phrase| phrases::of_item(&item, phrase));
    let of_controls = said.control.iter().flat_map(|(control, words)| {
        words.iter().map(|word| phrases::of_control(control, nlu::sentence::key_of(word)))
    });
    of_items.chain(of_controls).collect()
}

/// Writes a constant with path and text of every file of a folder of the repository.
fn embed(folder: &str, name: &str, what: &str) -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    println!("cargo::rerun-if-changed={}", root.display());
    let mut found = vec![];
    files(&root, &mut found)?;
    found.sort();
    let mut code = format!(
        "/// Path below the repository and text of every file of {what}.\nconst {name}: &[(&str, &str)] = &[\n"
    );
    for path in found {
        println!("cargo::rerun-if-changed={}", path.display());
        let below = path.strip_prefix(&root).map_err(io::Error::other)?;
        let below = below.to_string_lossy().replace('\\', "/");
        let text = path.to_string_lossy();
        writeln!(code, "    (\"{folder}/{below}\", include_str!({text:?})),")
            .map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join(format!("{}.rs", name.to_lowercase())), code)
}

/// Trains on every phrase of the flows.
fn train() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/phrases.rs");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows");
    let mut found = vec![];
    files(&root, &mut found)?;
    found.sort();
    let learned: Vec<nlu::Example> = found.iter().flat_map(|path| examples(path)).collect();
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let model = nlu::Understander::train(&learned, phrases::MODEL_SEED);
    fs::write(Path::new(&out).join("model.bin"), model.keep())
}

fn main() -> io::Result<()> {
    train()?;
    embed("flows", "FLOW_FILES", "the flows")?;
    embed("knowledge", "KNOWLEDGE_FILES", "what is known")
}
