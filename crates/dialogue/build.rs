//! Lists `flows/**.toml` and `knowledge/**.toml` so that the crate can embed every file without naming each one, and trains
//! the classifier on the flows' phrases, so that no process has to at its start (docs/adr/0016-trained-when-built.md).

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
    kind: String,
    #[serde(default)]
    say: Vec<String>,
    #[serde(default)]
    order: Vec<String>,
    #[serde(default)]
    control: BTreeMap<String, Vec<String>>,
}

/// The item and its phrases. None of a file that cannot be read: the loader says what is wrong with it.
fn said(path: &Path) -> Option<(String, Said)> {
    let text = fs::read_to_string(path).ok()?;
    let item = path.file_stem()?.to_string_lossy().into_owned();
    Some((item, toml::from_str(&text).ok()?))
}

fn examples((item, said): &(String, Said)) -> Vec<nlu::Example> {
    let of_items = said.say.iter().chain(&said.order).map(|phrase| phrases::of_item(item, phrase));
    let of_controls = said.control.iter().flat_map(|(control, words)| {
        words.iter().map(|word| phrases::of_control(control, nlu::sentence::key_of(word)))
    });
    of_items.chain(of_controls).collect()
}

/// Writes a constant with path and text of every file of a folder of the repository. Gives their paths.
fn embed(folder: &str, name: &str, what: &str) -> io::Result<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    println!("cargo::rerun-if-changed={}", root.display());
    let mut found = vec![];
    files(&root, &mut found)?;
    found.sort();
    let mut code = format!(
        "/// Path below the repository and text of every file of {what}.\nconst {name}: &[(&str, &str)] = &[\n"
    );
    for path in &found {
        println!("cargo::rerun-if-changed={}", path.display());
        let below = path.strip_prefix(&root).map_err(io::Error::other)?;
        let below = below.to_string_lossy().replace('\\', "/");
        let text = path.to_string_lossy();
        writeln!(code, "    (\"{folder}/{below}\", include_str!({text:?})),")
            .map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    fs::write(out()?.join(format!("{}.rs", name.to_lowercase())), code)?;
    Ok(found)
}

fn out() -> io::Result<PathBuf> {
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    Ok(PathBuf::from(out))
}

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src/phrases.rs");
    println!("cargo::rerun-if-changed=src/tales.txt");
    let flows = embed("flows", "FLOW_FILES", "the flows")?;
    embed("knowledge", "KNOWLEDGE_FILES", "what is known")?;
    let said: Vec<(String, Said)> = flows.iter().filter_map(|path| said(path)).collect();
    let learned: Vec<nlu::Example> = said.iter().flat_map(examples).collect();
    let model = nlu::Understander::train(&learned, phrases::MODEL_SEED);
    fs::write(out()?.join("model.bin"), model.keep())?;
    let orders = said.iter().flat_map(|(_, s)| &s.order).map(String::as_str);
    let others = said.iter().filter(|(_, s)| s.kind != "transaction").flat_map(|(_, s)| &s.say);
    let lessons = phrases::lessons(orders, others.map(String::as_str));
    let judge = nlu::Understander::train(&lessons, phrases::MODEL_SEED);
    fs::write(out()?.join("orders.bin"), judge.keep())
}
