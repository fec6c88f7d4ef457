//! Wrong settings: no start, and a sentence that says what to do.

use crate::NOWHERE;
use crate::command::run;
use crate::process::free_ports;
use crate::province::{ACCOUNTS, file, province, settings};
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Nobody listens there.
const NO_SERVER: &str = "postgres://nobody@127.0.0.1:9/none";

/// Ends with an error and says these words.
fn assert_refuses(what: &str, args: &[&str], env: &[(&str, &str)], words: &[&str]) {
    let ended = run(args, env);
    let said = ended.said.to_lowercase();
    assert!(ended.code.is_some_and(|c| c != 0), "{what}: it ended with {:?}\n{said}", ended.code);
    for word in words {
        assert!(said.contains(&word.to_lowercase()), "{what}: no {word:?} in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{what}: {said}");
}

/// Settings under which `weiyin serve` would start, to be spoilt.
struct Good {
    folder: TempDir,
    text: String,
}

impl Good {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}/weiyin.db", folder.path().display());
        let text = settings(folder.path(), free_ports(2), NOWHERE, &database, "[log]\n");
        Self { folder, text }
    }
    fn at(&self) -> &Path {
        self.folder.path()
    }
    fn path(&self, name: &str) -> String {
        self.at().join(name).display().to_string()
    }
    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let path = file(self.at(), name, text);
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    }
    fn config(&self, text: &str) -> PathBuf {
        file(self.at(), "weiyin.toml", text)
    }
    /// With the first `from` spoilt to `to`, `weiyin serve` ends and says these words.
    fn refuses(&self, what: &str, from: &str, to: &str, words: &[&str]) {
        assert!(self.text.contains(from), "{what}: {from:?} is not in the settings");
        let config = self.config(&self.text.replacen(from, to, 1));
        assert_refuses(what, &["serve", "--config", config.to_str().unwrap()], &[], words);
    }
}

#[test]
fn a_setting_that_is_unknown_or_makes_no_sense_is_named() {
    let good = Good::new();
    let unknown = ["weiyin.toml", "core.adress", "not a known setting"];
    good.refuses("an unknown key", "[core]\n", "[core]\nadress = 1\n", &unknown);
    good.refuses(
        "an unknown section",
        "[log]",
        "[logs]\nformat = \"text\"",
        &["[logs] is not known"],
    );
    good.refuses("not TOML", "[log]", "[log", &["weiyin.toml"]);
    good.refuses("a number where text belongs", "[log]\n", "[log]\nformat = 5\n", &["format"]);
    good.refuses("an address that is none", "\"127.0.0.1:", "\"everywhere:", &["public_listen"]);
    let tls = ["not https", "put TLS in front"];
    good.refuses("cookies that need TLS", "cookies = false", "cookies = true", &tls);
    let key = "k".repeat(42);
    let platform = format!("[wechat]\ncomponent_appid = \"wx1\"\ncomponent_aes_key = \"{key}\"\n");
    let words = ["42 characters", "exactly 43", "copy it again"];
    good.refuses("a platform key of 42 characters", "[wechat]\n", &platform, &words);
    let abacus = "[core]\nadapter = \"abacus\"\n";
    good.refuses("a core nobody knows", "[core]\n", abacus, &["abacus", "use \"sandbox\""]);
    let budget = "[server]\nreply_budget_ms = 6000\n";
    good.refuses("a budget WeChat does not give", "[server]\n", budget, &["5000"]);
}

#[test]
fn a_place_or_server_that_cannot_be_used_is_named() {
    let good = Good::new();
    let no_folder = good.file("a-file", "not a folder", 0o600);
    let inside = format!("{no_folder}/weiyin.db");
    good.refuses("a folder that is a file", &good.path("weiyin.db"), &inside, &["a-file"]);
    let inside = format!("{no_folder}/master.key");
    good.refuses("keys where no folder is", &good.path("keys/master.key"), &inside, &["a-file"]);
    let short = good.file("short.key", "abc", 0o600);
    let words = ["short.key", "64"];
    good.refuses("a master key too short", &good.path("keys/master.key"), &short, &words);
    let open = good.file("open.key", &"0".repeat(64), 0o644);
    let words = ["open.key", "chmod 600"];
    good.refuses("a master key others may read", &good.path("keys/master.key"), &open, &words);
    let pushes =
        |file: &str| format!("[core]\npush_key_id = \"core-1\"\npush_key_file = \"{file}\"\n");
    let words = ["open.key", "chmod 600"];
    good.refuses("a core's key others may read", "[core]\n", &pushes(&open), &words);
    let words = ["short.key", "hmac-sm3:"];
    good.refuses("a core's key that is none", "[core]\n", &pushes(&short), &words);
    let words = ["none.key", "cannot be read"];
    let none = good.path("none.key");
    good.refuses("a core's key that is not there", "[core]\n", &pushes(&none), &words);
    let database = format!("sqlite:{}", good.path("weiyin.db"));
    let words = ["database", "port 9", "refused"];
    good.refuses("no database there", &database, NO_SERVER, &words);
    let core = format!("sqlite:{}", good.path("core"));
    let words = ["core", "port 9", "refused"];
    good.refuses("no core there", &core, NO_SERVER, &words);
}

#[test]
fn a_wrong_environment_port_or_key_is_named() {
    let good = Good::new();
    let config = good.config(&good.text);
    let serve = ["serve", "--config", config.to_str().unwrap()];
    let none = good.path("none.toml");
    assert_refuses("no such file", &["serve", "--config", &none], &[], &["none.toml"]);
    let words = ["server.reply_budget_ms", "a whole number"];
    assert_refuses("environment", &serve, &[("WEIYIN__SERVER__REPLY_BUDGET_MS", "soon")], &words);
    let words = ["server.prot", "not a known setting"];
    assert_refuses("environment", &serve, &[("WEIYIN__SERVER__PROT", "1")], &words);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let env = [("WEIYIN__SERVER__PUBLIC_LISTEN", address.as_str())];
    assert_refuses("a taken port", &serve, &env, &[&address, "another program"]);

    let file = province(good.at(), [ACCOUNTS[0][2], &ACCOUNTS[1][2][..42]]);
    let setup = ["setup", file.to_str().unwrap(), serve[1], serve[2]];
    assert_refuses("a key of 42 characters", &setup, &[], &[ACCOUNTS[1][0], "43"]);

    // The first start made the keys and sealed under them; another master key cannot open what is there.
    std::fs::write(good.at().join("keys/master.key"), "0".repeat(64)).unwrap();
    assert_refuses("another master key", &serve, &[], &["key"]);
    let words = ["not a demo's", "--data"];
    assert_refuses("a stranger's folder", &["demo", "--data", &good.path("")], &[], &words);
}
