//! The province as a file.

use super::setup::{self, Applied};
use crate::ops;
use crate::testing::{APPID, LINGXI, TestBank};
use std::path::PathBuf;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const NEW_KEY: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

/// A setup file for the test bank's account with this EncodingAESKey.
fn file(dir: &tempfile::TempDir, aes_key: &str, union_kind: &str) -> PathBuf {
    for (name, text) in [("token", "testtoken"), ("key", aes_key), ("secret", "testsecret")] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let at = dir.path().display();
    let text = format!(
        r#"
[[institution]]
number = 1
code = "qinghe"
kind = "{union_kind}"
name = "青禾省联社"
short = "青禾农信"
phone = "0990-96990"
[[institution]]
number = 11
code = "lingxi"
kind = "commercial_bank"
name = "陵溪农村商业银行股份有限公司"
short = "陵溪农商行"
phone = "0990-5200110"
[[institution.branch]]
name = "营业部"
address = "城关镇人民路1号"
phone = "0990-5200111"
lat_e6 = 33000000
lon_e6 = 111000000
hours = "8:30-17:00"
[[account]]
institution = "lingxi"
appid = "{APPID}"
original_id = "gh_0000000000b1"
name = "陵溪农商行"
kind = "service"
verified = true
connected = "direct"
token = {{ file = "{at}/token" }}
aes_key = {{ file = "{at}/key" }}
secret = {{ file = "{at}/secret" }}
"#
    );
    let path = dir.path().join("province.toml");
    std::fs::write(&path, text).unwrap();
    path
}

/// As the command does: reads the file, and hands the server what it read.
async fn apply(bank: &TestBank, file: &std::path::Path) -> base::Result<Applied> {
    let told = ops::run(&bank.app, ops::Command::Setup(setup::read(file)?)).await?;
    Ok(serde_json::from_value(told)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_the_file_twice_changes_nothing_more_and_a_new_key_keeps_the_old_one() {
    for bank in TestBank::each().await {
        let dir = tempfile::tempdir().unwrap();
        let wanted = Applied { institutions: 2, branches: 1, accounts: 1 };
        for _ in 0..2 {
            let path = file(&dir, KEY, "union");
            assert_eq!(apply(&bank, &path).await.unwrap(), wanted);
        }
        let registry = bank.app.registry();
        assert_eq!(registry.institution(LINGXI).unwrap().name, "陵溪农村商业银行股份有限公司");
        assert!(registry.account(APPID).unwrap().callback.previous_key.is_none());

        apply(&bank, &file(&dir, NEW_KEY, "union")).await.unwrap();
        assert!(bank.app.registry().account(APPID).unwrap().callback.previous_key.is_some());
        // WeChat still seals under the old key: the message opens and is answered under it.
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", "你好").await;
        assert!(!said.is_empty() && !said.contains("无法提供服务"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_says_what_to_do_and_changes_nothing() {
    for bank in TestBank::each().await {
        let dir = tempfile::tempdir().unwrap();
        for (key, kind, words) in [
            ("short", "union", "exactly 43"),
            (KEY, "village_bank", "exactly one institution of kind"),
        ] {
            let e = apply(&bank, &file(&dir, key, kind)).await.unwrap_err();
            assert!(e.to_string().contains(words), "{e}");
        }
        bank.stop().await;
    }
}
