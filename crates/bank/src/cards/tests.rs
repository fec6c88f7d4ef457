//! Credit cards on their page: what each thing needs, what a wrong try costs, and what a silent core owes.

use crate::followers::{BoundAccount, FollowerId};
use crate::guard;
use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, link_in, people};
use base::{DAY_MS, Fen, Secret};
use corebank::sandbox::{NewAccount, NewPrint, movement};
use corebank::{AccountKind, AccountRef, Card, CardFees, CardWish, CoreBank, Ctx, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳 and the credit card these tests give her.
const CUST: i64 = 1_011_000_001;
pub(crate) const CARD: i64 = 101_100_000_107;
const CVV: &str = "410";
const PIN: &str = "274906";

fn yuan(yuan: i64) -> Fen {
    Fen::of(yuan * 100)
}

/// A new credit card of 李芳's with a limit of 5,000, raised at once up to 8,000.
pub(crate) async fn give_card(bank: &TestBank, is_active: bool) {
    let core = bank.core.inner();
    let fees = CardFees {
        product: "乡村振兴信用卡".into(),
        annual: yuan(80),
        free_after: Some(5),
        cash_percent: 50,
        cash_fee_bp: 100,
        cash_fee_least: yuan(10),
        day_rate_bp: 5,
        late_fee_bp: 500,
    };
    core.set_card_product(LINGXI, fees).await.unwrap();
    let card = NewAccount {
        acct_id: CARD,
        cust_no: CUST,
        kind: AccountKind::Credit,
        product: "乡村振兴信用卡".into(),
        class: None,
        number: "6298101100004410".into(),
        opened_on: "2026-06-01".parse().unwrap(),
        limit: yuan(5_000),
        rate_bp: 0,
        ends_on: None,
    };
    core.add_card(LINGXI, card, 5, 25).await.unwrap();
    let print = NewPrint {
        acct_id: CARD,
        cvv: Secret::new(CVV.to_owned()),
        is_active,
        needs_signing: false,
        granted: yuan(8_000),
    };
    core.print_card(LINGXI, print).await.unwrap();
}

/// A bank where 李芳 is bound and has the card.
async fn banks(is_active: bool) -> Vec<TestBank> {
    let all = TestBank::each().await;
    for bank in &all {
        give_card(bank, is_active).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(61_000);
    }
    all
}

async fn card(bank: &TestBank) -> Card {
    let ctx = Ctx::new(LINGXI, bank.clock.now().plus_ms(10_000), "test");
    bank.core.inner().card(&ctx, &AccountRef::new(CARD.to_string())).await.unwrap()
}

/// A page of 李芳's, opened from the chat.
struct Page {
    browser: Browser,
    slug: String,
    ask: Value,
}

impl Page {
    async fn after(bank: &TestBank, texts: &[&str]) -> Self {
        let mut told = Value::Null;
        for text in texts {
            let message = json!({ "type": "text", "content": text });
            told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), message).await;
        }
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        let browser = Browser::default();
        let slug = browser.web_view(bank, APPID, "lifang", &link).await.slug();
        let (status, shown) = browser.api(bank, &slug, "card").await;
        assert_eq!(status, 200, "{shown}");
        let ask = json!({ "what": shown["what"], "account": shown["cards"][0]["id"] });
        Self { browser, slug, ask }
    }
    async fn post(&self, bank: &TestBank, path: &str, body: Value) -> (u16, Value) {
        self.browser.post(bank, &self.slug, path, body).await
    }
    async fn code(&self, bank: &TestBank) -> Value {
        let (status, told) = self.post(bank, "card/code", json!({ "ask": self.ask })).await;
        assert_eq!(status, 200, "{told}");
        let code = bank.code_for(people()[0].mobile).await;
        let (status, told) =
            self.post(bank, "card/check", json!({ "ask": self.ask, "code": code })).await;
        assert_eq!(status, 200, "{told}");
        told["needs"].clone()
    }
    async fn typed(&self, bank: &TestBank, path: &str, digits: &str) -> (u16, Value) {
        let typed = self.browser.typed(bank, &self.slug, digits, digits).await;
        let body = json!({ "ask": self.ask, "key_id": typed["key_id"], "cipher": typed["cipher"] });
        self.post(bank, path, body).await
    }
    async fn act(&self, bank: &TestBank) -> (u16, Value) {
        self.post(bank, "card/do", json!({ "ask": self.ask })).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_card_is_activated_with_a_code_and_the_digits_on_its_back() {
    for bank in banks(false).await {
        let page = Page::after(&bank, &["新信用卡激活"]).await;
        assert_eq!(page.ask["what"], "activate");
        let (status, told) = page.act(&bank).await;
        assert_eq!((status, &told["code"]), (409, &json!("card.digits")), "{told}");
        let (status, told) = page.typed(&bank, "card/digits", CVV).await;
        assert_eq!((status, &told["code"]), (409, &json!("undo.code")), "the code first: {told}");
        let needs = page.code(&bank).await;
        assert_eq!(needs["digits"], true, "{needs}");
        let (status, told) = page.typed(&bank, "card/digits", "999").await;
        assert_eq!(
            (status, &told["code"], &told["left"]),
            (400, &json!("card.digits_wrong"), &json!(4))
        );
        let (status, told) = page.act(&bank).await;
        assert_eq!((status, &told["code"]), (409, &json!("card.digits")), "{told}");
        let (status, told) = page.typed(&bank, "card/digits", CVV).await;
        assert_eq!((status, &told["needs"]["digits"]), (200, &json!(false)), "{told}");
        let (status, told) = page.act(&bank).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert!(told["words"].as_str().unwrap().contains("设信用卡密码"), "{told}");
        assert_eq!(card(&bank).await.available, yuan(5_000));
        let said = bank.say(APPID, "lifang", "新信用卡激活").await;
        assert!(said.contains("已经激活"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_digits_lock_the_card_for_the_day() {
    for bank in banks(false).await {
        let page = Page::after(&bank, &["新信用卡激活"]).await;
        page.code(&bank).await;
        for left in [4, 3, 2, 1] {
            let (_, told) = page.typed(&bank, "card/digits", "999").await;
            assert_eq!(told["left"], left, "{told}");
        }
        for digits in ["999", CVV] {
            let (status, told) = page.typed(&bank, "card/digits", digits).await;
            assert_eq!((status, &told["code"]), (429, &json!("card.digits_locked")), "{told}");
        }
        assert_eq!(card(&bank).await.available, Fen::ZERO);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_set_with_code_and_digits_a_weak_one_is_refused_and_the_customer_hears_of_it_ca_13()
 {
    for bank in banks(true).await {
        let page = Page::after(&bank, &["改信用卡密码", "交易密码"]).await;
        assert_eq!(page.ask["what"], "pin");
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["code"]), (409, &json!("card.digits")), "{told}");
        page.code(&bank).await;
        let (_, told) = page.typed(&bank, "card/digits", CVV).await;
        assert_eq!(told["needs"]["new_pin"], true, "{told}");
        for weak in ["123456", "111111", &people()[0].mobile[5..]] {
            let (status, told) = page.typed(&bank, "card/do", weak).await;
            assert_eq!((status, &told["code"]), (400, &json!("pin.weak")), "{told}");
        }
        let (status, told) = page.typed(&bank, "card/do", "580317").await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert!(card(&bank).await.settings.unwrap().has_pin);
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert!(told.contains("不是您本人改的"), "{told}");
        let (_, told) = page.typed(&bank, "card/do", "580317").await;
        assert_ne!(told["done"], json!(true), "a proof is good once: {told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_the_core_was_silent_about_is_neither_set_nor_failed() {
    for bank in banks(true).await {
        let page = Page::after(&bank, &["改信用卡密码", "交易密码"]).await;
        page.code(&bank).await;
        page.typed(&bank, "card/digits", CVV).await;
        bank.core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        let typed = page.browser.typed(&bank, &page.slug, "580317", "580317").await;
        let body = json!({ "ask": page.ask, "key_id": typed["key_id"], "cipher": typed["cipher"] });
        let (status, told) = page.post(&bank, "card/do", body).await;
        assert_eq!(status, 503, "{told}");
        bank.core.set_weather(Weather::default());
        let (status, told) = page.typed(&bank, "card/do", "580317").await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_lowered_with_the_pin_at_once_and_a_proof_is_for_one_amount_only() {
    for bank in banks(true).await {
        let mut page = Page::after(&bank, &["调低信用卡额度", "三千"]).await;
        page.ask["amount_fen"] = json!(300_000);
        let (status, told) = page.typed(&bank, "card/do", "911382").await;
        assert_eq!((status, &told["code"]), (400, &json!("pin.wrong")), "{told}");
        assert_eq!(card(&bank).await.limit, yuan(5_000));
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert_eq!(card(&bank).await.limit, yuan(3_000));
        page.ask["amount_fen"] = json!(0);
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["code"]), (400, &json!("card.amount")), "{told}");
        let said = bank.say(APPID, "lifang", "调低信用卡额度").await;
        assert!(said.contains("调到多少元"), "{said}");
        let said = bank.say(APPID, "lifang", "五千").await;
        assert!(said.contains("比现在的额度低"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_below_what_is_used_is_refused_and_nothing_changes() {
    for bank in banks(true).await {
        let buy = movement::purchase(CARD, yuan(1_000), "惠民超市");
        bank.core.inner().post(LINGXI, "b1", buy).await.unwrap().unwrap();
        let mut page = Page::after(&bank, &["调低信用卡额度", "五百"]).await;
        page.ask["amount_fen"] = json!(50_000);
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["code"]), (409, &json!("card.refused")), "{told}");
        assert!(told["words"].as_str().unwrap().contains("已经用掉"), "{told}");
        assert_eq!(card(&bank).await.limit, yuan(5_000));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_raised_at_once_where_it_was_granted_and_otherwise_becomes_one_case() {
    for bank in banks(true).await {
        let mut page = Page::after(&bank, &["申请信用卡提额", "永久"]).await;
        assert_eq!(page.ask["what"], "raise");
        page.ask["amount_fen"] = json!(600_000);
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert_eq!(card(&bank).await.limit, yuan(6_000));
        let mut page = Page::after(&bank, &["申请信用卡提额", "临时"]).await;
        assert_eq!(page.ask["what"], "raise_for_a_time");
        page.ask["amount_fen"] = json!(2_000_000);
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!(status, 200, "{told}");
        assert!(told["words"].as_str().unwrap().contains("已交信用卡中心"), "{told}");
        assert_eq!(card(&bank).await.limit, yuan(6_000), "nothing changed yet");
        let said = bank.say(APPID, "lifang", "申请信用卡提额").await;
        let said = if said.contains("哪一种") {
            bank.say(APPID, "lifang", "永久").await
        } else {
            said
        };
        assert!(said.contains("还在办"), "{said}");
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM case_file WHERE tenant_id = $1 AND kind = 'cc_limit_raise' AND state = 'submitted'",
                params![tx.tenant()],
            )
        };
        assert_eq!(bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_closed_with_code_and_pin_and_may_be_kept_until_its_day() {
    for bank in banks(true).await {
        let page = Page::after(&bank, &["信用卡注销"]).await;
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["code"]), (409, &json!("undo.code")), "{told}");
        page.code(&bank).await;
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert!(told["words"].as_str().unwrap().contains("可以撤回"), "{told}");
        assert_eq!(card(&bank).await.available, Fen::ZERO);
        bank.clock.advance_ms(DAY_MS);
        let mut page = Page::after(&bank, &["信用卡注销"]).await;
        page.ask["what"] = json!("keep");
        page.code(&bank).await;
        let (status, told) = page.typed(&bank, "card/do", PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert_eq!(card(&bank).await.available, yuan(5_000));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_owes_is_not_closed_and_the_chat_says_how_much() {
    for bank in banks(true).await {
        let buy = movement::purchase(CARD, yuan(120), "惠民超市");
        bank.core.inner().post(LINGXI, "b1", buy).await.unwrap().unwrap();
        let said = bank.say(APPID, "lifang", "信用卡注销").await;
        assert!(said.contains("还欠 120.00 元"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_until_it_is_known_and_the_customer_hears_it_in_chat() {
    for bank in banks(true).await {
        let page = Page::after(&bank, &["信用卡注销"]).await;
        page.code(&bank).await;
        let typed = page.browser.typed(&bank, &page.slug, PIN, PIN).await;
        let body = json!({ "ask": page.ask, "key_id": typed["key_id"], "cipher": typed["cipher"] });
        bank.core.set_weather(OUTAGE);
        let (status, _) = page.post(&bank, "card/do", body).await;
        assert_eq!(status, 503, "the PIN could not be proved: nothing was ordered");
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<(FollowerId,)>(
                "SELECT follower_id FROM binding WHERE tenant_id = $1 AND state = 'live'",
                params![tx.tenant()],
            )
        };
        let (follower,) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let orders = guard::Orders {
            tenant: LINGXI,
            follower,
            customer: CUST.to_string(),
            accounts: vec![own(page.ask["account"].as_str().unwrap())],
            wish: CardWish::Close.into(),
        };
        let came = guard::place(&bank.app, orders).await.unwrap();
        assert_eq!(came[0].1, guard::Came::Unknown, "neither done nor failed");
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(10_000);
        bank.settle().await;
        assert_eq!(card(&bank).await.available, Fen::ZERO);
        let told = bank.chat(APPID, "lifang").await.join("\n");
        assert!(told.contains("销卡申请收下了"), "{told}");
        bank.stop().await;
    }
}

fn own(id: &str) -> BoundAccount {
    BoundAccount {
        id: id.to_owned(),
        number: CARD.to_string(),
        kind: "credit".into(),
        label: "信用卡".into(),
        tail: "4410".into(),
    }
}
