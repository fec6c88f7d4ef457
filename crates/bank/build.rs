//! The pages are embedded when they have been built; the folders must exist either way.

fn main() {
    for dist in ["../../web/customer/dist", "../../web/console/dist"] {
        if let Err(e) = std::fs::create_dir_all(dist) {
            println!("cargo::warning=cannot make {dist}: {e}");
        }
        println!("cargo::rerun-if-changed={dist}");
    }
}
