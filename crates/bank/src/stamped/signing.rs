//! Signed papers by the front door: the file, the check page that takes it, and the command that checks it alone.

use super::signed;
use super::tests::{bound, check, entries, fetch, lend, order};
use crate::testing::{APPID, Browser, LINGXI, TestBank, link_in, people};
use crate::vault::rotation;
use serde_json::json;

/// What `weiyin verify FILE --trust FINGERPRINT` says.
fn offline(pdf: &[u8], fingerprint: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paper.pdf");
    std::fs::write(&file, pdf).unwrap();
    let args = signed::Args { file, trust: vec![fingerprint.to_owned()] };
    signed::run(&args, &mut std::io::sink()).map_err(|e| e.to_string())
}

/// Holds a file against a code, as the check page's form does.
async fn hold(bank: &TestBank, code: &str, file: &[u8]) -> (u16, String) {
    let part = reqwest::multipart::Part::bytes(file.to_vec()).file_name("statement.pdf");
    let form = reqwest::multipart::Form::new().part("file", part);
    let url = format!("{}/v/{code}", bank.url);
    let answer = bank.http.post(url).multipart(form).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_signed_by_its_bank_and_the_check_page_notices_a_changed_byte() {
    for bank in TestBank::each().await {
        let (browser, slug, mut ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        let (_, pdf) = fetch(&bank, &browser, file["url"].as_str().unwrap()).await;
        let seen = signed::look(&pdf).unwrap();
        assert_eq!((seen.bank.as_str(), seen.at), ("陵溪农村商业银行", bank.clock.now()));
        assert!(offline(&pdf, &seen.fingerprint).is_ok());
        let code = file["check_code"].as_str().unwrap();
        assert!(check(&bank, code).await.1.contains(&seen.fingerprint));

        let (status, page) = hold(&bank, code, &pdf).await;
        assert!(status == 200 && page.contains("这个文件没有改过"), "{page}");
        let mut changed = pdf.clone();
        changed[200] ^= 1;
        assert!(offline(&changed, &seen.fingerprint).unwrap_err().contains("was changed"));
        assert!(hold(&bank, code, &changed).await.1.contains("这个文件被改过"));
        let (_, page) = hold(&bank, code, b"a picture of it").await;
        assert!(page.contains("这个文件不是本行出具的"), "{page}");
        assert_eq!(hold(&bank, "1x00", &pdf).await.0, 404);
        assert_eq!(hold(&bank, code, &vec![b'4'; 8 << 20]).await.0, 413);

        bank.clock.advance_ms(61_000);
        ask["from"] = json!("2026-10-01");
        let (_, other) = order(&bank, &browser, &slug, &ask).await;
        let (_, theirs) = fetch(&bank, &browser, other["url"].as_str().unwrap()).await;
        let (_, page) = hold(&bank, code, &theirs).await;
        assert!(page.contains("不是这个验真码的文件"), "{page}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_seal_key_takes_over_and_what_the_old_one_signed_still_stands_dp_06() {
    for bank in TestBank::each().await {
        let (browser, slug, mut ask) = bound(&bank).await;
        let (_, old) = order(&bank, &browser, &slug, &ask).await;
        let (_, old_pdf) = fetch(&bank, &browser, old["url"].as_str().unwrap()).await;
        assert_eq!(rotation::begin_of(&bank.app, rotation::Which::Seal).await.unwrap(), 1);
        bank.clock.advance_ms(61_000);
        ask["from"] = json!("2026-10-01");
        let (_, new) = order(&bank, &browser, &slug, &ask).await;
        let (_, new_pdf) = fetch(&bank, &browser, new["url"].as_str().unwrap()).await;
        let prints = [&old_pdf, &new_pdf].map(|pdf| signed::look(pdf).unwrap().fingerprint);
        assert_ne!(prints[0], prints[1]);
        for (file, pdf) in [(&old, &old_pdf), (&new, &new_pdf)] {
            let (_, page) = hold(&bank, file["check_code"].as_str().unwrap(), pdf).await;
            assert!(page.contains("这个文件没有改过"), "{page}");
        }
        let known = signed::keys::all(&bank.app).await.unwrap();
        let stands: Vec<_> = known.iter().map(|c| (c.no, c.ended_at.is_some())).collect();
        assert_eq!(stands, [(2, false), (1, true)]);
        let secrets: Vec<(i64, Vec<u8>)> = bank
            .app
            .db
            .read(db::Scope::Tenant(LINGXI), |tx| {
                tx.all(
                    "SELECT no, secret_sealed FROM seal_key WHERE tenant_id = $1 ORDER BY no",
                    db::params![LINGXI],
                )
            })
            .await
            .unwrap();
        assert!(secrets[0].1.is_empty(), "the old secret is gone");
        assert!(secrets[1].1.len() > 32, "the new one lies sealed");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_and_a_proof_of_settlement_are_signed_too_and_held_against_their_codes() {
    for bank in TestBank::each().await {
        lend(&bank, 2).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        entries(&bank, 3).await;
        bank.clock.advance_ms(61_000);
        bank.say(APPID, "lifang", "最近的明细").await;
        for (words, name) in [("第二个的回单", "电子回单"), ("贷款结清证明", "结清证明")]
        {
            let message = json!({ "type": "text", "content": words });
            let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), message).await;
            let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
            let browser = Browser::default();
            let slug = browser.web_view(&bank, APPID, "lifang", &link).await.slug();
            let (_, page) = browser.api(&bank, &slug, "stamped/paper").await;
            let mut ask = json!({ "account": page["account"], "paper": page["paper"] });
            ask["entry"] = page["entry"].clone();
            let (_, file) = order(&bank, &browser, &slug, &ask).await;
            let (_, pdf) = fetch(&bank, &browser, file["url"].as_str().unwrap()).await;
            let print = signed::look(&pdf).unwrap().fingerprint;
            assert!(offline(&pdf, &print).is_ok(), "{name}");
            let code = file["check_code"].as_str().unwrap();
            let (_, page) = check(&bank, code).await;
            assert!(page.contains(&print) && page.contains(name), "{page}");
            let (status, page) = hold(&bank, code, &pdf).await;
            assert!(status == 200 && page.contains("这个文件没有改过"), "{page}");
            let mut changed = pdf;
            changed[300] ^= 1;
            assert!(hold(&bank, code, &changed).await.1.contains("这个文件被改过"), "{name}");
            bank.clock.advance_ms(61_000);
        }
        bank.stop().await;
    }
}
