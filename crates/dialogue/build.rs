//! Lists `flows/**.toml` and `knowledge/**.toml` so that the crate can embed every file without naming each one.

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

fn main() -> io::Result<()> {
    embed("flows", "FLOW_FILES", "the flows")?;
    embed("knowledge", "KNOWLEDGE_FILES", "what is known")
}
