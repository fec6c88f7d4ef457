//! Lists `flows/**.toml` so that the crate can embed every file without naming each one.

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

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../flows");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut found = vec![];
    files(&root, &mut found)?;
    found.sort();
    let mut code = String::from(
        "/// Path below the repository and text of every flow file.\nconst FLOW_FILES: &[(&str, &str)] = &[\n",
    );
    for path in found {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        let line = format!("    (\"flows/{name}\", include_str!({:?})),", path.to_string_lossy());
        writeln!(code, "{line}").map_err(io::Error::other)?;
    }
    code.push_str("];\n");
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("flow_files.rs"), code)
}
