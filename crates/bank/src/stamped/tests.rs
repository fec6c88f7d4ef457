//! Journey 3, 〔要盖章的流水〕: through the page, the file, the chat and the public check.

use super::{FILE_MS, GIVE_UP_MS};
use crate::binding::codes::answer;
use crate::sessions::{hash, tenant_of};
use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, link_in, people};
use base::Fen;
use corebank::loans::{Instalment, Method};
use corebank::sandbox::{self, movement};
use corebank::{AccountKind, Weather};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// 李芳's debit card at the core.
pub(super) const CARD: i64 = 101_100_000_101;
const LOAN: i64 = 101_100_000_109;

pub(super) async fn bound(bank: &TestBank) -> (Browser, String, Value) {
    let browser = Browser::default();
    let slug = bank.open_binding(APPID, "lifang", &browser).await;
    bank.bind_on(&browser, &slug, &people()[0]).await;
    // The code of binding must not stand in the way of the next one.
    bank.clock.advance_ms(61_000);
    let (_, accounts) = browser.api(bank, &slug, "accounts").await;
    let account = accounts["items"][0]["id"].clone();
    let ask = json!({ "account": account, "from": "2026-11-01", "to": "2026-11-23" });
    (browser, slug, ask)
}

pub(super) async fn entries(bank: &TestBank, count: i64) {
    for n in 0..count {
        let m = movement::transfer_in(CARD, Fen::of(100 + n), &base::mask_name("王小强"));
        bank.core.inner().post(LINGXI, format!("e{n}"), m).await.unwrap().unwrap();
    }
}

/// Asks for a code, reads it, and orders the statement.
pub(super) async fn order(
    bank: &TestBank,
    browser: &Browser,
    slug: &str,
    ask: &Value,
) -> (u16, Value) {
    let (status, told) = browser.post(bank, slug, "stamped/code", json!({ "ask": ask })).await;
    assert_eq!(status, 200, "{told}");
    let code = bank.code_for(people()[0].mobile).await;
    browser.post(bank, slug, "stamped/make", json!({ "ask": ask, "code": code })).await
}

/// The statement page, opened by the account's menu.
async fn statement_page(bank: &TestBank, browser: &Browser) -> String {
    let url = format!("{}/h5/go/{APPID}/statement", bank.url);
    browser.web_view(bank, APPID, "lifang", &url).await.slug()
}

pub(super) async fn fetch(bank: &TestBank, browser: &Browser, path: &str) -> (u16, Vec<u8>) {
    let answer = browser.get(bank, &format!("{}{path}", bank.url)).await;
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

pub(super) async fn check(bank: &TestBank, code: &str) -> (u16, String) {
    let (status, page) = fetch(bank, &Browser::default(), &format!("/v/{code}")).await;
    (status, String::from_utf8(page).unwrap())
}

/// `/Type /Page` objects of a PDF.
fn pages(file: &[u8]) -> usize {
    let text = String::from_utf8_lossy(file);
    text.matches("/Type /Page\n").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamped_statement_is_made_after_a_code_and_anyone_can_check_its_paper() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        entries(&bank, 3).await;
        let (status, file) = order(&bank, &browser, &slug, &ask).await;
        assert_eq!(status, 200, "{file}");
        let (status, pdf) = fetch(&bank, &browser, file["url"].as_str().unwrap()).await;
        assert_eq!(status, 200);
        assert!(pdf.starts_with(b"%PDF-") && pages(&pdf) == 1, "{} bytes", pdf.len());

        let code = file["check_code"].as_str().unwrap();
        assert_eq!(tenant_of(code), Some(LINGXI));
        assert_eq!(code.split_once('x').unwrap().1.len(), 32, "128 bits");
        let (status, page) = check(&bank, code).await;
        let print: String = Sha256::digest(&pdf).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(status, 200);
        for fact in ["陵溪农村商业银行", "*芳", "2026-11-01 至 2026-11-23", "4 笔", &print]
        {
            assert!(page.contains(fact), "{fact} is not in {page}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_page_shows_no_name_number_or_amount_and_knows_no_other_code_dp_08() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        let code = file["check_code"].as_str().unwrap();
        let (_, page) = check(&bank, code).await;
        let p = &people()[0];
        for part in [p.name, p.card_no.as_str(), &p.id_no, p.mobile, "1,280.50", "128050"] {
            assert!(!page.contains(part), "{part} is shown");
        }
        let (tenant, rest) = code.split_once('x').unwrap();
        let foreign = format!("{:x}x{rest}", crate::testing::YUNLU.raw());
        let other = format!("{tenant}x{}", "0".repeat(32));
        for bad in [foreign.as_str(), &other, "x", "1", "ffffx00", "<b>"] {
            let (status, page) = check(&bank, bad).await;
            assert!(status == 404 && page.contains("没有查到"), "{bad}: {status}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_a_statement_asks_a_question_and_calls_like_any_other_ca_05() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        let send = async |wish: Value| {
            let body = json!({ "ask": ask, "wish": wish });
            browser.post(&bank, &slug, "stamped/code", body).await
        };
        assert_eq!(send(json!({})).await.1["way"], "text");
        bank.clock.advance_ms(61_000);
        assert_eq!(send(json!({ "way": "voice" })).await.1["way"], "voice");
        let told = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let call = told["items"].as_array().unwrap().last().unwrap();
        assert_eq!(call["way"], "voice");
        assert!(call["text"].as_str().unwrap().contains("用于生成盖章流水"), "{call}");
        bank.clock.advance_ms(61_000);
        let (status, told) = send(json!({})).await;
        assert_eq!((status, &told["code"]), (409, &json!("otp.question")));
        let value = answer(told["question"]["words"].as_str().unwrap());
        let reply = json!({ "id": told["question"]["id"], "value": value });
        let (status, told) = send(json!({ "answer": reply })).await;
        assert_eq!((status, &told["way"]), (200, &json!("text")), "{told}");
        let code = bank.code_for(people()[0].mobile).await;
        let order = json!({ "ask": ask, "code": code });
        let (status, told) = browser.post(&bank, &slug, "stamped/make", order).await;
        assert_eq!(status, 200, "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_code_for_this_very_span_nothing_is_made_ca_04() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        let code = bank.code_for(people()[0].mobile).await;
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let try_with = async |ask: &Value, code: &str| {
            let body = json!({ "ask": ask, "code": code });
            let (status, told) = browser.post(&bank, &slug, "stamped/make", body).await;
            (status, told["code"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(try_with(&ask, wrong).await, (400, "otp.wrong".into()));
        let mut longer = ask.clone();
        longer["from"] = json!("2026-01-01");
        assert_eq!(try_with(&longer, &code).await, (410, "otp.expired".into()));
        let (_, list) = browser.api(&bank, &slug, "stamped").await;
        assert_eq!(list["items"], json!([]));
        for (from, to) in [
            ("2025-11-01", "2026-11-23"),
            ("2026-11-20", "2026-11-01"),
            ("2026-11-01", "2026-12-01"),
            ("x", "2026-11-01"),
        ] {
            let span = json!({ "account": ask["account"], "from": from, "to": to });
            assert_eq!(try_with(&span, &code).await, (400, "stamped.span".into()), "{from} {to}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_statement_asked_for_again_is_the_one_that_is_there() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        let body = json!({ "ask": ask, "code": "" });
        let (status, again) = browser.post(&bank, &slug, "stamped/make", body).await;
        assert_eq!((status, &again), (200, &file));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_opens_for_its_customer_only_and_for_two_days_but_its_paper_is_checked_for_a_year()
{
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        let path = file["url"].as_str().unwrap();
        let other = Browser::default();
        let theirs = bank.open_binding(APPID, "wangqiang", &other).await;
        assert_eq!(fetch(&bank, &other, path).await.0, 401);
        let under_theirs = path.replace(&slug, &theirs);
        assert_eq!(fetch(&bank, &other, &under_theirs).await.0, 410);

        bank.clock.advance_ms(FILE_MS);
        crate::rounds::sweep(&bank.app).await.unwrap();
        let later = Browser::default();
        let slug = statement_page(&bank, &later).await;
        let (_, list) = later.api(&bank, &slug, "stamped").await;
        assert_eq!(list["items"], json!([]));
        let id = file["id"].as_str().unwrap();
        let path = format!("/h5/s/{slug}/api/stamped/file/{id}");
        assert_eq!(fetch(&bank, &later, &path).await.0, 410);
        let kept: (Option<Vec<u8>>,) = bank
            .app
            .db
            .read(db::Scope::Tenant(LINGXI), |tx| {
                tx.one("SELECT file_sealed FROM stamped WHERE tenant_id = $1", db::params![LINGXI])
            })
            .await
            .unwrap();
        assert_eq!(kept.0, None, "the file is gone, not only shut");
        assert_eq!(check(&bank, file["check_code"].as_str().unwrap()).await.0, 200);
        bank.clock.advance_ms(super::CHECK_MS);
        assert_eq!(check(&bank, file["check_code"].as_str().unwrap()).await.0, 404);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_statement_is_made_by_a_job_over_many_pages_and_the_chat_says_when() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        entries(&bank, 401).await;
        let (status, file) = order(&bank, &browser, &slug, &ask).await;
        assert_eq!(status, 200, "{file}");
        bank.settle().await;
        let said = bank.chat(APPID, "lifang").await;
        assert!(said.iter().any(|w| w.contains("流水好了")), "{said:?}");
        let chat = bank.look(&format!("chats/{APPID}/lifang")).await;
        let link = link_in(&chat["items"]).unwrap();
        let slug = browser.web_view(&bank, APPID, "lifang", &link).await.slug();
        let (_, list) = browser.api(&bank, &slug, "stamped").await;
        let url = list["items"][0]["url"].as_str().unwrap();
        let (_, pdf) = fetch(&bank, &browser, url).await;
        assert_eq!(pages(&pdf), 11, "402 lines: 31, then 39 a page");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unfollowed_before_it_was_ready_hears_by_text_message_and_without_a_link() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        entries(&bank, 401).await;
        assert_eq!(order(&bank, &browser, &slug, &ask).await.0, 200);
        bank.control("users/lifang/unfollow?wait=1", json!({ "appid": APPID })).await;
        bank.settle().await;
        let inbox = bank.look(&format!("sms?to={}", people()[0].mobile)).await;
        let texts: Vec<&str> =
            inbox["items"].as_array().unwrap().iter().filter_map(|m| m["text"].as_str()).collect();
        let told: Vec<_> = texts.iter().filter(|t| t.contains("流水已生成")).collect();
        assert_eq!(told.len(), 1, "{texts:?}");
        assert!(told[0].contains("请重新关注") && !told[0].contains("http"), "{told:?}");
        bank.follow(APPID, "lifang").await;
        let said = bank.chat(APPID, "lifang").await;
        assert!(said.iter().any(|w| w.contains("流水好了")), "{said:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_falls_silent_is_asked_again_and_after_ten_minutes_it_is_admitted() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        // As if the process had died between the order and the file.
        let id: super::FileId = file["id"].as_str().unwrap().parse().unwrap();
        let undo = move |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE stamped SET state = 'making', file_sealed = NULL, file_hash = NULL WHERE tenant_id = $1 AND id = $2",
                db::params![LINGXI, id],
            )
        };
        bank.app.db.write(db::Scope::Tenant(LINGXI), undo).await.unwrap();
        bank.core.set_weather(OUTAGE);
        for ms in [31_000, 61_000, GIVE_UP_MS, GIVE_UP_MS] {
            bank.clock.advance_ms(ms);
            bank.settle().await;
        }
        let said = bank.chat(APPID, "lifang").await;
        let times = said.iter().filter(|w| w.contains("没有做成")).count();
        assert_eq!(times, 1, "{said:?}");
        bank.core.set_weather(Weather::default());
        // The page's session ended meanwhile; the menu opens another.
        let slug = statement_page(&bank, &browser).await;
        let (status, again) = order(&bank, &browser, &slug, &ask).await;
        assert!(status == 200 && again["id"] != file["id"] && again["url"].is_string(), "{again}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_and_its_facts_lie_sealed_dp_01() {
    for bank in TestBank::each().await {
        let (browser, slug, ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        let rows: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> = bank
            .app
            .db
            .read(db::Scope::Tenant(LINGXI), |tx| {
                tx.all(
                    "SELECT facts_sealed, file_sealed, code_hash FROM stamped WHERE tenant_id = $1",
                    db::params![LINGXI],
                )
            })
            .await
            .unwrap();
        let [(facts, pdf, code)] = rows.as_slice() else { panic!("one row") };
        assert!(!pdf.windows(5).any(|w| w == b"%PDF-"));
        assert!(!String::from_utf8_lossy(facts).contains("陵溪"));
        assert_eq!(*code, hash(file["check_code"].as_str().unwrap()));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_is_for_and_english_make_another_paper_and_are_told_to_who_checks() {
    for bank in TestBank::each().await {
        let (browser, slug, plain) = bound(&bank).await;
        let (_, first) = order(&bank, &browser, &slug, &plain).await;
        assert_eq!((&first["purpose"], &first["english"]), (&Value::Null, &json!(false)));
        bank.clock.advance_ms(61_000);
        let mut visa = plain.clone();
        visa["purpose"] = json!("visa");
        visa["note"] = json!(" 看女儿 ");
        visa["english"] = json!(true);
        let (status, second) = order(&bank, &browser, &slug, &visa).await;
        assert_eq!(status, 200, "{second}");
        assert_eq!((&second["purpose"], &second["english"]), (&json!("visa"), &json!(true)));
        assert_ne!(first["id"], second["id"]);
        // Each asked for again is itself.
        for (ask, file) in [(&plain, &first), (&visa, &second)] {
            let body = json!({ "ask": ask, "code": "" });
            let (status, again) = browser.post(&bank, &slug, "stamped/make", body).await;
            assert_eq!((status, &again["id"]), (200, &file["id"]));
        }
        let (_, page) = check(&bank, second["check_code"].as_str().unwrap()).await;
        for fact in [
            "用途（客户自述） Purpose as stated",
            "签证 Visa application",
            "Debit card *",
            "Rural Bank of lingxi",
        ] {
            assert!(page.contains(fact), "{fact} is not in {page}");
        }
        assert!(!page.contains("看女儿"), "the customer's own words are for the paper");
        let (_, page) = check(&bank, first["check_code"].as_str().unwrap()).await;
        assert!(!page.contains("用途") && !page.contains("Purpose"), "{page}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_for_one_purpose_confirms_no_other_and_a_note_that_looks_like_the_banks_is_refused_ca_04()
 {
    for bank in TestBank::each().await {
        let (browser, slug, mut ask) = bound(&bank).await;
        ask["purpose"] = json!("loan");
        browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        let code = bank.code_for(people()[0].mobile).await;
        let mut other = ask.clone();
        other["purpose"] = json!("visa");
        let body = json!({ "ask": other, "code": code });
        let (status, told) = browser.post(&bank, &slug, "stamped/make", body).await;
        assert_eq!((status, &told["code"]), (410, &json!("otp.expired")));
        for (note, wanted) in
            [("余额：99,999.00", "stamped.note"), ("卡629911010668", "stamped.note")]
        {
            ask["note"] = json!(note);
            let (status, told) =
                browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
            assert_eq!((status, &told["code"]), (400, &json!(wanted)), "{note}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_checks_too_often_is_asked_to_wait_and_can_again_later() {
    for bank in TestBank::each_with("checks_per_ip = 3\nchecks_all = 100\n").await {
        let (browser, slug, ask) = bound(&bank).await;
        let (_, file) = order(&bank, &browser, &slug, &ask).await;
        let code = file["check_code"].as_str().unwrap();
        for _ in 0..3 {
            assert_eq!(check(&bank, code).await.0, 200);
        }
        bank.clock.advance_ms(60_000);
        let answer = bank.http.get(format!("{}/v/{code}", bank.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 429);
        let wait: i64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=540).contains(&wait), "{wait}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("查得太频繁了") && page.contains("分钟再查"), "{page}");
        bank.clock.advance_ms(wait * 1_000);
        assert_eq!(check(&bank, code).await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_of_one_entry_comes_from_the_chat_after_a_statement_and_can_be_checked() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        entries(&bank, 3).await;
        bank.clock.advance_ms(61_000);
        bank.say(APPID, "lifang", "最近的明细").await;
        let message = json!({ "type": "text", "content": "第二个的回单" });
        let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), message).await;
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        let browser = Browser::default();
        let slug = browser.web_view(&bank, APPID, "lifang", &link).await.slug();
        let (status, page) = browser.api(&bank, &slug, "stamped/paper").await;
        assert_eq!((status, &page["paper"]), (200, &json!("receipt")), "{page}");
        let amount = page["facts"].as_array().unwrap().iter().find(|f| f["name"] == "金额（元）");
        assert_eq!(amount.unwrap()["value"], "1.01", "{page}");
        let ask = json!({ "account": page["account"], "paper": "receipt", "entry": page["entry"] });
        let (status, file) = order(&bank, &browser, &slug, &ask).await;
        assert_eq!((status, &file["paper"]), (200, &json!("receipt")), "{file}");
        let (status, pdf) = fetch(&bank, &browser, file["url"].as_str().unwrap()).await;
        assert!(status == 200 && pdf.starts_with(b"%PDF-") && pages(&pdf) == 1);
        let (status, page) = check(&bank, file["check_code"].as_str().unwrap()).await;
        assert!(status == 200 && page.contains("是本行出具的电子回单"), "{page}");
        assert!(!page.contains("1.01") && !page.contains("王小强"), "{page}");
        let other = json!({ "account": ask["account"], "paper": "receipt", "entry": "9999999" });
        let (status, told) =
            browser.post(&bank, &slug, "stamped/code", json!({ "ask": other })).await;
        assert_eq!((status, &told["code"]), (404, &json!("entry.missing")), "{told}");
        bank.stop().await;
    }
}

/// A loan of 李芳's of two instalments, so many of them paid.
pub(super) async fn lend(bank: &TestBank, paid: usize) {
    let account = sandbox::NewAccount {
        acct_id: LOAN,
        cust_no: 1_011_000_001,
        kind: AccountKind::Loan,
        product: "惠农贷".into(),
        class: None,
        number: "101103000000002091".into(),
        opened_on: "2026-08-01".parse().unwrap(),
        limit: Fen::of(200_000),
        rate_bp: 435,
        ends_on: Some("2026-10-20".parse().unwrap()),
    };
    let core = bank.core.inner();
    core.add_account(LINGXI, account).await.unwrap();
    let owed = Fen::of(200_000 - 100_000 * i64::try_from(paid).unwrap());
    if owed > Fen::ZERO {
        let debt = movement::carried_debt(LOAN, owed);
        core.post(LINGXI, "l1", debt).await.unwrap().unwrap();
    }
    let instalment = |seq: i64, due_on: &str| Instalment {
        seq,
        due_on: due_on.parse().unwrap(),
        principal: Fen::of(100_000),
        interest: Fen::of(362),
        paid_on: (usize::try_from(seq).unwrap() <= paid).then(|| due_on.parse().unwrap()),
    };
    let loan = sandbox::NewLoan {
        acct_id: LOAN,
        method: Method::EqualPrincipal,
        instalments: vec![instalment(1, "2026-09-20"), instalment(2, "2026-10-20")],
        repay_acct_id: None,
        guarantors: vec![],
    };
    core.add_loan(LINGXI, loan).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_of_settlement_is_made_for_a_loan_that_is_paid_back_only() {
    for bank in TestBank::each().await {
        lend(&bank, 2).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(61_000);
        let message = json!({ "type": "text", "content": "贷款结清证明" });
        let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), message).await;
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        let browser = Browser::default();
        let slug = browser.web_view(&bank, APPID, "lifang", &link).await.slug();
        let (_, page) = browser.api(&bank, &slug, "stamped/paper").await;
        assert_eq!(page["paper"], "settled", "{page}");
        let ask = json!({ "account": page["account"], "paper": "settled" });
        let (status, file) = order(&bank, &browser, &slug, &ask).await;
        assert_eq!(status, 200, "{file}");
        let (_, page) = check(&bank, file["check_code"].as_str().unwrap()).await;
        for fact in ["是本行出具的结清证明", "惠农贷", "2026-10-20"] {
            assert!(page.contains(fact), "{fact} is not in {page}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_loan_that_is_not_paid_back_the_customer_hears_what_is_owed() {
    for bank in TestBank::each().await {
        lend(&bank, 1).await;
        let browser = bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.say(APPID, "lifang", "贷款结清证明").await;
        assert!(said.contains("还欠本金 1,000.00 元"), "{said}");
        let slug = statement_page(&bank, &browser).await;
        let (_, accounts) = browser.api(&bank, &slug, "accounts").await;
        let items = accounts["items"].as_array().unwrap();
        let loan = items.iter().find(|a| a["kind"] == "loan").unwrap();
        let ask = json!({ "account": loan["id"], "paper": "settled" });
        let (status, told) =
            browser.post(&bank, &slug, "stamped/code", json!({ "ask": ask })).await;
        assert_eq!((status, &told["code"]), (409, &json!("loan.owes")), "{told}");
        bank.stop().await;
    }
}
