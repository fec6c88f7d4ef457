//! Deposits on offer through the front door: notice deposits told of and taken, certificates bought until they are sold out.

use super::tests::{PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::deposits::{DepositKind, TermDeposit};
use corebank::sandbox::{NewOffer, movement};
use corebank::{CoreBank, Ctx, CustNo};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;

impl TestBank {
    /// 李芳 is bound since two days and has so much more.
    async fn has_wan(&self, wan: i64) {
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
        let cash = movement::cash_in(CARD, Fen::of(wan * 1_000_000));
        self.core.inner().post(LINGXI, "savings", cash).await.unwrap().unwrap();
    }
    async fn offered(&self) -> Vec<TermDeposit> {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        self.core.inner().term_deposits(&ctx, &CustNo::new("1011000001")).await.unwrap()
    }
    async fn has_certificate(&self, quota: i64) {
        let new = NewOffer {
            code: "large-36".into(),
            kind: DepositKind::LargeCd,
            name: "第三期".into(),
            months: Some(36),
            rate_bp: 165,
            least: Fen::of(20_000_000),
            quota: Some(Fen::of(quota * 100)),
        };
        self.core.inner().set_offer(LINGXI, new).await.unwrap();
    }
    /// A notice deposit of 100,000.00 for seven days, opened in chat and on the page.
    async fn saves_with_notice(&self) {
        self.say(APPID, "lifang", "存一笔通知存款").await;
        self.say(APPID, "lifang", "七天通知").await;
        let (words, page) = self.pay_page("lifang", "十万").await;
        assert!(words.contains("存七天通知存款 100,000.00 元"), "{words}");
        assert!(words.contains("年利率0.65%（按取那天的算），要取提前7天通知。"), "{words}");
        let card = page.get(self).await["card"].clone();
        assert_eq!((&card["title"], &card["factors"]), (&json!("存通知存款"), &json!("pin")));
        let (status, done) = page.pay(self, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        self.quiet().await;
    }
    /// What the chat said last asks for on the settings page; proved with the PIN.
    async fn notices(&self, said: &str, give: bool, amount_fen: Option<i64>) -> Value {
        let (browser, slug, shown) = self.setting_page("lifang", said).await;
        assert_eq!(shown["what"], "notice", "{shown}");
        let (_, session) = browser.api(self, &slug, "session").await;
        let deposit = &session["task"]["with"]["deposit"];
        let mut wish = json!({ "set": "notice", "deposit": deposit, "give": give });
        if let Some(fen) = amount_fen {
            wish["amount_fen"] = json!(fen);
        }
        let ask = json!({ "wish": wish });
        let (status, look) = browser.post(self, &slug, "setting/look", ask.clone()).await;
        if status != 200 {
            return look;
        }
        assert_eq!(look["needs"], "pin", "{look}");
        let (status, told) = self.with_pin(&browser, &slug, &ask, PIN).await;
        assert_eq!(status, 200, "{told}");
        self.quiet().await;
        look
    }
    async fn taken(&self, said: &str) -> (String, Value) {
        let (words, page) = self.pay_page("lifang", said).await;
        let card = page.get(self).await["card"].clone();
        let (_, done) = page.pay(self, card["intent"].as_str().unwrap(), PIN).await;
        self.quiet().await;
        (words, done)
    }
    async fn books_hold(&self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
    }
}

impl Page {
    /// Pays a certificate, which wants a code before the PIN.
    async fn bought(&self, bank: &TestBank) -> (u16, Value) {
        let page = self.get(bank).await;
        assert_eq!(page["card"]["factors"], "code_and_pin", "{page}");
        let intent = page["card"]["intent"].as_str().unwrap().to_owned();
        self.code(bank, &intent, people()[0].mobile).await;
        self.pay(bank, &intent, PIN).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_deposit_is_told_of_in_time_and_bears_its_own_rate_on_the_day() {
    for bank in TestBank::each().await {
        bank.has_wan(12).await;
        bank.saves_with_notice().await;
        let all = bank.offered().await;
        assert_eq!((all.len(), all[0].kind), (1, DepositKind::Notice7));
        let said = bank.say(APPID, "lifang", "通知存款").await;
        assert!(said.contains("您有 1 笔通知存款，共 100,000.00 元"), "{said}");
        assert!(said.contains("要取提前7天说"), "{said}");
        let look = bank.notices("通知要取", true, None).await;
        assert_eq!(look["changes"][0]["new"], "12月2日取 100,000.00 元", "{look}");
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("通知好了：七天通知存款"), "{chat:?}");
        assert_eq!(bank.offered().await[0].notice.unwrap().amount, Fen::of(10_000_000));
        // Six days on it is too early: ten thousand yuan for six days at 0.05 % come to 0.83.
        bank.clock.advance_ms(6 * DAY_MS);
        let (words, _) = bank.pay_page("lifang", "取通知存款").await;
        assert!(words.contains("没到通知的日子，按活期0.05%算，利息 0.83 元"), "{words}");
        bank.say(APPID, "lifang", "不取了").await;
        // On the day its customer is told, and it bears seven days at 0.65 %: 12.64.
        bank.clock.advance_ms(DAY_MS);
        bank.settle().await;
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("今天可以取了：七天通知存款"), "{chat:?}");
        let before = bank.worth(CARD).await;
        let (words, done) = bank.taken("取通知存款").await;
        assert!(words.contains("到了通知的日子，按0.65%算，利息 12.64 元。全部取出。"), "{words}");
        assert_eq!(done["title"], "✔ 已取出", "{done}");
        assert_eq!(done["words"], "另付利息 12.64 元。", "{done}");
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("另付利息 12.64 元。"), "{chat:?}");
        assert_eq!(bank.worth(CARD).await - before, 10_001_264);
        assert_eq!(bank.offered().await, vec![]);
        bank.books_hold().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notice_is_taken_back_given_once_and_what_is_left_below_the_least_goes_along() {
    for bank in TestBank::each().await {
        bank.has_wan(12).await;
        bank.saves_with_notice().await;
        bank.say(APPID, "lifang", "通知存款").await;
        let told = bank.notices("取消通知", false, None).await;
        assert_eq!(told["code"], "notice.none", "{told}");
        bank.say(APPID, "lifang", "通知存款").await;
        let told = bank.notices("通知要取", true, Some(4_999_999)).await;
        assert_eq!(told["code"], "notice.amount", "{told}");
        bank.say(APPID, "lifang", "通知存款").await;
        bank.notices("通知要取", true, Some(6_000_000)).await;
        bank.say(APPID, "lifang", "通知存款").await;
        let told = bank.notices("通知要取", true, None).await;
        assert_eq!(told["code"], "notice.given", "{told}");
        bank.say(APPID, "lifang", "通知存款").await;
        let look = bank.notices("取消通知", false, None).await;
        assert_eq!(look["changes"][0]["old"], "12月2日取 60,000.00 元", "{look}");
        assert_eq!(bank.offered().await[0].notice, None);
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("已取消通知"), "{chat:?}");
        // 60,000 of 100,000 would leave 40,000: all of it goes.
        let (words, done) = bank.taken("取通知存款六万").await;
        assert!(words.contains("100,000.00 元") && words.contains("剩下的不够5万元"), "{words}");
        assert_eq!(done["title"], "✔ 已取出", "{done}");
        assert_eq!(bank.offered().await, vec![]);
        bank.books_hold().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_opens_no_notice_deposit_and_is_asked_for_anew() {
    for bank in TestBank::each().await {
        bank.has_wan(12).await;
        bank.say(APPID, "lifang", "存一笔通知存款").await;
        bank.say(APPID, "lifang", "一天通知").await;
        let said = bank.say(APPID, "lifang", "两万").await;
        assert!(said.contains("没有扣钱。一天通知存款最少存 50,000.00 元。"), "{said}");
        let (words, _) = bank.pay_page("lifang", "五万").await;
        assert!(words.contains("存一天通知存款 50,000.00 元"), "{words}");
        assert_eq!(bank.offered().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_bought_until_it_is_sold_out_and_shown_with_the_other_deposits() {
    for bank in TestBank::each().await {
        bank.has_wan(100).await;
        bank.has_certificate(500_000).await;
        let said = bank.say(APPID, "lifang", "看大额存单").await;
        assert!(said.contains("大额存单3年 年利率1.65%，还剩 500,000.00 元"), "{said}");
        let said = bank.say(APPID, "lifang", "买一笔").await;
        assert!(said.contains("买几年期的"), "{said}");
        bank.say(APPID, "lifang", "三年").await;
        let said = bank.say(APPID, "lifang", "十万").await;
        assert!(said.contains("没有扣钱。大额存单3年最少存 200,000.00 元。"), "{said}");
        let (words, page) = bank.pay_page("lifang", "三十万").await;
        assert!(words.contains("存大额存单3年 300,000.00 元"), "{words}");
        assert!(words.contains("利息 14,850.00 元，到期转活期。"), "{words}");
        let (status, done) = page.bought(&bank).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.quiet().await;
        let said = bank.say(APPID, "lifang", "我的定期").await;
        assert!(said.contains("大额存单") && said.contains("300,000.00 元，1.65%"), "{said}");
        // 200,000 are left: 300,000 are too much, and after the next there is none.
        bank.say(APPID, "lifang", "买大额存单").await;
        bank.say(APPID, "lifang", "三年").await;
        let said = bank.say(APPID, "lifang", "三十万").await;
        assert!(said.contains("没有扣钱。大额存单3年只剩 200,000.00 元"), "{said}");
        let (_, first) = bank.pay_page("lifang", "二十万").await;
        // Somebody was faster between the card and the PIN.
        bank.has_certificate(400_000).await;
        let (_, told) = first.bought(&bank).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("failed"), &json!("untouched")));
        assert!(told["words"].as_str().unwrap().contains("卖完"), "{told}");
        bank.quiet().await;
        bank.has_certificate(300_000).await;
        bank.say(APPID, "lifang", "买大额存单").await;
        bank.say(APPID, "lifang", "三年").await;
        let said = bank.say(APPID, "lifang", "二十万").await;
        assert!(said.contains("没有扣钱。大额存单3年卖完了"), "{said}");
        assert_eq!(bank.offered().await.len(), 1);
        bank.books_hold().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_taken_early_at_the_rate_at_call_and_its_quota_stays_sold() {
    for bank in TestBank::each().await {
        bank.has_wan(60).await;
        bank.has_certificate(500_000).await;
        bank.say(APPID, "lifang", "买大额存单").await;
        bank.say(APPID, "lifang", "三年").await;
        let (_, page) = bank.pay_page("lifang", "五十万").await;
        let (_, done) = page.bought(&bank).await;
        assert_eq!(done["state"], "done", "{done}");
        bank.quiet().await;
        bank.clock.advance_ms(36 * DAY_MS);
        let said = bank.say(APPID, "lifang", "提前支取四十万").await;
        assert!(said.contains("没有扣钱。这笔大额存单有 500,000.00 元"), "{said}");
        let before = bank.worth(CARD).await;
        // 300,000.00 for 36 days at 0.05 %: 15.00; 200,000 may stay.
        let (words, done) = bank.taken("三十万").await;
        assert!(words.contains("从大额存单") && words.contains("利息 15.00 元"), "{words}");
        assert_eq!(done["title"], "✔ 已取出", "{done}");
        assert_eq!(bank.worth(CARD).await - before, 30_001_500);
        let said = bank.say(APPID, "lifang", "看大额存单").await;
        assert!(said.contains("大额存单3年 年利率1.65%，卖完了"), "{said}");
        bank.books_hold().await;
        bank.stop().await;
    }
}
