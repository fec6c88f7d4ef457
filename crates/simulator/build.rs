//! The phone page's folder must exist before it can be embedded; until the page is built it is empty.

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/phone/dist");
    if let Err(e) = std::fs::create_dir_all(folder) {
        let mut out = std::io::stdout().lock();
        let _ = std::io::Write::write_fmt(
            &mut out,
            format_args!("cargo:warning=cannot make {folder}: {e}\n"),
        );
    }
    let mut out = std::io::stdout().lock();
    let _ = std::io::Write::write_fmt(&mut out, format_args!("cargo:rerun-if-changed={folder}\n"));
}
