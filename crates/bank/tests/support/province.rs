//! A small province for `weiyin setup` and `weiyin serve`: a union, one bank, and Official Accounts connected directly.

use crate::command::run;
use std::path::{Path, PathBuf};

pub(crate) const TOKEN: &str = "blackboxtoken";
/// Appid, 原始ID and EncodingAESKey of each account.
pub(crate) const ACCOUNTS: [[&str; 3]; 2] = [
    ["wxb1ackb0x00000001", "gh_b1ackb0x0001", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"],
    ["wxb1ackb0x00000002", "gh_b1ackb0x0002", "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"],
];

/// The settings of `weiyin serve` in `folder`; `more` follows and may open further sections.
pub(crate) fn settings(
    folder: &Path,
    port: u16,
    wechat: &str,
    database: &str,
    more: &str,
) -> String {
    let at = folder.display();
    format!(
        "[server]\npublic_listen = \"127.0.0.1:{port}\"\nstaff_listen = \"127.0.0.1:{}\"\n\
         public_url = \"http://127.0.0.1:{port}\"\n\
         [database]\nurl = \"{database}\"\n[core]\nurl = \"sqlite:{at}/core-{port}.db\"\n\
         [keys]\nmaster_file = \"{at}/keys/master.key\"\ncore_pin_file = \"{at}/keys/core-pin.key\"\n\
         [wechat]\napi_url = \"{wechat}\"\nmp_url = \"{wechat}\"\nopen_url = \"{wechat}\"\n\
         [h5]\nsecure_cookies = false\n{more}",
        port + 1
    )
}

/// Writes a file in `folder`; its path.
pub(crate) fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The setup file, with the secrets beside it. `keys` are the accounts' EncodingAESKeys.
pub(crate) fn province(folder: &Path, keys: [&str; 2]) -> PathBuf {
    let at = folder.display();
    file(folder, "token", TOKEN);
    file(folder, "secret", "blackboxsecret");
    let mut text = String::new();
    for (number, code, kind) in [(1, "union", "union"), (11, "lingxi", "commercial_bank")] {
        text += &format!(
            "[[institution]]\nnumber = {number}\ncode = \"{code}\"\nkind = \"{kind}\"\nname = \"黑盒{code}\"\n\
             short = \"黑盒{code}\"\nphone = \"0990-96990\"\n"
        );
    }
    for (n, ([appid, original_id, _], key)) in ACCOUNTS.iter().zip(keys).enumerate() {
        file(folder, &format!("key{n}"), key);
        text += &format!(
            "[[account]]\ninstitution = \"lingxi\"\nappid = \"{appid}\"\noriginal_id = \"{original_id}\"\n\
             name = \"黑盒{n}号\"\nkind = \"service\"\nverified = true\nconnected = \"direct\"\n\
             token = {{ file = \"{at}/token\" }}\naes_key = {{ file = \"{at}/key{n}\" }}\n\
             secret = {{ file = \"{at}/secret\" }}\n"
        );
    }
    file(folder, "province.toml", &text)
}

/// `weiyin setup` with these settings; panics when it fails.
pub(crate) fn set_up(folder: &Path, config: &Path) {
    let file = province(folder, [ACCOUNTS[0][2], ACCOUNTS[1][2]]);
    let args = ["setup", file.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let ended = run(&args, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}
