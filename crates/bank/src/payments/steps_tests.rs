//! The page's calls in any order (TA-05): money moves when everything was proved for what was shown, once, and never before.

use super::order_tests::intent;
use super::state::State;
use super::tests::{PIN, Page, knows_qiang};
use crate::testing::{APPID, TestBank, people};
use base::{DAY_MS, Random};
use serde_json::{Value, json};

const QIANG: i64 = 101_100_000_401;
const START: i64 = 128_050;
const STORIES: u64 = 40;
const STEPS: usize = 16;
/// A code is good for so long, and once it was right for so long again.
const CODE_MS: i64 = 180_000;
const PROOF_MS: i64 = 300_000;
const LOOKED_AT_MS: i64 = 360_000;

#[derive(Debug, Clone, Copy)]
enum Call {
    Show,
    SendCode,
    RightCode,
    WrongCode,
    Pay,
    PayAnother,
    WrongPin,
    Cancel,
    Result,
}
/// Drawn from; what leads on stands more than once.
const CALLS: [Call; 13] = [
    Call::Show,
    Call::SendCode,
    Call::SendCode,
    Call::RightCode,
    Call::RightCode,
    Call::WrongCode,
    Call::Pay,
    Call::Pay,
    Call::Pay,
    Call::PayAnother,
    Call::WrongPin,
    Call::Cancel,
    Call::Result,
];

/// What a reader of the rules expects of one payment.
#[derive(Debug, Default)]
struct Expected {
    now: i64,
    sent_at: Option<i64>,
    wrong: u32,
    proved_at: Option<i64>,
    is_over: bool,
    is_paid: bool,
    pins_wrong: u32,
}

impl Expected {
    fn is_proved(&self) -> bool {
        self.proved_at.is_some_and(|at| self.now - at < PROOF_MS)
    }
    fn has_code(&self) -> bool {
        self.sent_at.is_some_and(|at| self.now - at < CODE_MS) && self.wrong < 3
    }
}

struct Story<'a> {
    bank: &'a TestBank,
    page: Page,
    intent: String,
    stale: String,
    seen: Expected,
}

impl Story<'_> {
    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.page.post(self.bank, path, body).await
    }

    async fn code(&mut self, is_right: bool) {
        let right = match self.seen.sent_at {
            Some(_) => self.bank.code_for(people()[0].mobile).await,
            None => "135790".into(),
        };
        let wrong = if right == "000000" { "111111" } else { "000000" };
        let code = if is_right { right.as_str() } else { wrong };
        let (status, _) =
            self.post("pay/check", json!({ "intent": self.intent, "code": code })).await;
        if !self.seen.has_code() {
            return;
        }
        if is_right && status == 200 {
            self.seen.proved_at = Some(self.seen.now);
            self.seen.sent_at = None;
        } else if !is_right {
            assert_ne!(status, 200);
            self.seen.wrong += 1;
        }
    }

    async fn take(&mut self, call: Call) {
        match call {
            Call::Show => drop(self.page.browser.api(self.bank, &self.page.slug, "pay").await),
            Call::Result => {
                drop(self.page.browser.api(self.bank, &self.page.slug, "pay/result").await);
            }
            Call::SendCode => {
                self.bank.clock.advance_ms(61_000);
                self.seen.now += 61_000;
                let (status, _) = self.post("pay/code", json!({ "intent": self.intent })).await;
                if status == 200 {
                    (self.seen.sent_at, self.seen.wrong) = (Some(self.seen.now), 0);
                }
            }
            Call::RightCode => self.code(true).await,
            Call::WrongCode => self.code(false).await,
            Call::Pay => {
                let (_, told) = self.page.pay(self.bank, &self.intent, PIN).await;
                if self.seen.is_over {
                    return;
                }
                let is_paid = told["state"] == "done";
                assert_eq!(is_paid, self.seen.is_proved(), "{told}");
                (self.seen.is_over, self.seen.is_paid) = (is_paid, is_paid);
            }
            Call::PayAnother => {
                let (status, told) = self.page.pay(self.bank, &self.stale, PIN).await;
                assert_eq!((status, &told["code"]), (409, &json!("pay.changed")), "{told}");
            }
            // More would lock it for the day.
            Call::WrongPin if self.seen.pins_wrong < 2 => {
                let (status, told) = self.page.pay(self.bank, &self.intent, "111112").await;
                assert!(self.seen.is_over || status != 200, "{told}");
                self.seen.pins_wrong += 1;
            }
            Call::WrongPin => {}
            Call::Cancel => {
                let (status, _) = self.post("pay/cancel", json!({})).await;
                if status == 200 {
                    self.seen.is_over = true;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_whatever_order_the_pages_calls_come_only_what_was_proved_is_paid_and_once_ta_05() {
    let always = "[payments]\nsingle_max_fen = 500000\nday_max_fen = 2000000\npin_only_max_fen = 0\n\
                  new_payee_max_fen = 200000\nnew_payee_wait_ms = 1800000\n";
    for bank in TestBank::each_with(always).await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转一块").await;
        let stale = intent(&page.get(&bank).await);
        bank.say(APPID, "lifang", "不转了").await;
        let mut paid = 0;
        let mut stories = 0;
        for n in 0..STORIES {
            bank.clock.advance_ms(DAY_MS);
            let random = Random::seeded(0x7a05 + n);
            let yuan = 2 + i64::try_from(n).unwrap();
            let (_, page) = bank.pay_page("lifang", &format!("给王强转{yuan}块")).await;
            let intent = intent(&page.get(&bank).await);
            let seen = Expected::default();
            let mut story = Story { bank: &bank, page, intent, stale: stale.clone(), seen };
            let mut calls = vec![];
            for _ in 0..STEPS {
                let drawn = random.below(CALLS.len() as u64);
                let call = CALLS[usize::try_from(drawn).unwrap()];
                calls.push(call);
                story.take(call).await;
                let more = if story.seen.is_paid { yuan * 100 } else { 0 };
                assert_eq!(bank.worth(QIANG).await, START + paid + more, "story {n}: {calls:?}");
            }
            paid += if story.seen.is_paid { yuan * 100 } else { 0 };
            stories += i64::from(story.seen.is_paid);
            bank.say(APPID, "lifang", "不转了").await;
            // Looked at once more within the day, the core says the same.
            bank.clock.advance_ms(LOOKED_AT_MS);
            crate::recon::today::look(&bank.app).await.unwrap();
            let states = bank.payments().await;
            assert!(!states.contains(&State::Manual), "story {n}: {calls:?} {states:?}");
        }
        assert!(stories > 0, "no story came to an end with money");
        bank.stop().await;
    }
}
