//! The risk assessment and the list of products through the front door.

use crate::testing::{APPID, Browser, LINGXI, TestBank, link_in, people};
use base::{DAY_MS, Fen};
use corebank::Day;
use corebank::sandbox::NewWealth;
use corebank::wealth::RiskGrade;
use db::{Scope, params};
use serde_json::{Value, json};

pub(crate) const PIN: &str = "274906";
/// Answers that come to C2, to C3, and to C5.
pub(crate) const C2: [usize; 10] = [2, 1, 1, 1, 1, 1, 1, 0, 1, 1];
pub(crate) const C3: [usize; 10] = [2, 2, 2, 2, 1, 1, 1, 1, 1, 1];
const C5: [usize; 10] = [3; 10];
/// Nothing at all may be lost.
pub(crate) const C1: [usize; 10] = [2, 3, 3, 3, 3, 0, 3, 3, 3, 3];

pub(crate) struct RiskPage {
    browser: Browser,
    slug: String,
}

/// A product of one yuan a unit.
pub(crate) fn product(code: &str, name: &str, grade: RiskGrade, least: i64) -> NewWealth {
    NewWealth {
        code: code.into(),
        name: name.into(),
        issuer: "云岭理财有限责任公司".into(),
        grade,
        low_bp: 230,
        high_bp: 310,
        least: Fen::of(least * 100),
        step: Fen::of(10_000),
        days: None,
        sale_from: "2026-01-01".parse().unwrap(),
        sale_until: None,
        quota: None,
        redeems_in: 1,
        large: None,
        day_micro: 0,
        swing_micro: 0,
        closed: vec![],
    }
}

impl TestBank {
    /// What the wealth company sells here.
    pub(crate) async fn sells_wealth(&self) {
        for (code, name, grade, least) in [
            ("YL2001", "稳享1号", RiskGrade::R2, 1_000),
            ("YL1001", "活钱宝", RiskGrade::R1, 100),
            ("YL3001", "增利混合", RiskGrade::R3, 1_000),
            ("YL4001", "远航权益", RiskGrade::R4, 10_000),
        ] {
            let new = product(code, name, grade, least);
            assert!(self.core.inner().add_wealth(LINGXI, new).await.unwrap());
        }
    }

    pub(crate) async fn risk_page(&self, uid: &str) -> RiskPage {
        let path = format!("chats/{APPID}/{uid}/send?wait=1");
        let told = self.control(&path, json!({ "type": "text", "content": "风险测评" })).await;
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {told}"));
        let browser = Browser::default();
        let landed = browser.web_view(self, APPID, uid, &link).await;
        assert!(landed.url.contains("/risk"), "{landed:?}");
        RiskPage { slug: landed.slug(), browser }
    }

    /// Takes the assessment with these answers.
    pub(crate) async fn is_assessed(&self, uid: &str, answers: &[usize]) -> Value {
        let (status, told) = self.risk_page(uid).await.takes(self, answers, PIN).await;
        assert_eq!(status, 200, "{told}");
        told
    }
}

impl RiskPage {
    async fn get(&self, bank: &TestBank) -> Value {
        let (status, page) = self.browser.api(bank, &self.slug, "risk").await;
        assert_eq!(status, 200, "{page}");
        page
    }
    pub(crate) async fn takes(
        &self,
        bank: &TestBank,
        answers: &[usize],
        pin: &str,
    ) -> (u16, Value) {
        let typed = self.browser.typed(bank, &self.slug, pin, pin).await;
        let body =
            json!({ "answers": answers, "key_id": typed["key_id"], "cipher": typed["cipher"] });
        self.browser.post(bank, &self.slug, "risk/do", body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_answers_and_the_pin_give_a_grade_for_a_year() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let page = bank.risk_page("lifang").await;
        let shown = page.get(&bank).await;
        assert_eq!(shown["questions"].as_array().unwrap().len(), 10, "{shown}");
        assert_eq!((&shown["last"], &shown["left"]), (&Value::Null, &json!(2)), "{shown}");
        assert!(!shown.to_string().contains("points"), "{shown}");
        let (status, told) = page.takes(&bank, &C2, PIN).await;
        assert_eq!((status, &told["title"]), (200, &json!("C2 稳健型")), "{told}");
        let until = Day::at(bank.clock.now()).plus_months(12);
        let words = format!("{}年{}月{}日", until.year(), until.month(), until.day());
        assert_eq!((&told["range"], &told["until"]), (&json!("R1到R2"), &json!(words)), "{told}");
        let shown = bank.risk_page("lifang").await.get(&bank).await;
        assert_eq!((&shown["last"]["title"], &shown["left"]), (&json!("C2 稳健型"), &json!(1)));
        bank.clock.advance_ms(366 * DAY_MS);
        let shown = bank.risk_page("lifang").await.get(&bank).await;
        assert_eq!(shown["last"]["is_good"], false, "{shown}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_sealed_and_audited_without_what_they_say() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.is_assessed("lifang", &C2).await;
        let unit = |tx: &db::Tx<'_>| {
            let sealed: Vec<Vec<u8>> = tx.all(
                "SELECT result_sealed FROM risk_assessment WHERE tenant_id = $1",
                params![tx.tenant()],
            )?;
            let noted: Vec<(String, String, String)> = tx.all(
                "SELECT act, outcome, detail FROM audit WHERE tenant_id = $1 AND act LIKE 'risk.%'",
                params![tx.tenant()],
            )?;
            Ok((sealed, noted))
        };
        let (sealed, noted) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        assert_eq!(sealed.len(), 1);
        let plain = String::from_utf8_lossy(&sealed[0]).into_owned();
        assert!(!plain.contains("c2") && !plain.contains("answers"), "{plain}");
        assert_eq!(noted, [("risk.assess".to_owned(), "done".to_owned(), String::new())]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_or_half_a_paper_grades_nobody() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let page = bank.risk_page("lifang").await;
        let (status, told) = page.takes(&bank, &C2, "194837").await;
        assert_eq!((status, &told["left"]), (400, &json!(4)), "{told}");
        let (status, told) = page.takes(&bank, &C2[..9], PIN).await;
        assert_eq!((status, &told["code"]), (400, &json!("risk.answers")), "{told}");
        let shown = page.get(&bank).await;
        assert_eq!((&shown["last"], &shown["left"]), (&Value::Null, &json!(2)), "{shown}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_taken_twice_a_day_and_the_later_one_counts() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.is_assessed("lifang", &C2).await;
        let told = bank.is_assessed("lifang", &C5).await;
        assert_eq!(told["title"], "C5 进取型", "{told}");
        let (status, told) = bank.risk_page("lifang").await.takes(&bank, &C1, PIN).await;
        assert_eq!((status, &told["code"]), (429, &json!("risk.too_many")), "{told}");
        let shown = bank.risk_page("lifang").await.get(&bank).await;
        assert_eq!((&shown["last"]["title"], &shown["left"]), (&json!("C5 进取型"), &json!(0)));
        bank.clock.advance_ms(DAY_MS);
        let told = bank.is_assessed("lifang", &C1).await;
        assert_eq!((&told["title"], &told["range"]), (&json!("C1 保守型"), &json!("R1")));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_old_is_graded_by_the_banks_record_and_no_higher_than_c3() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "zhao", &people()[1]).await;
        let told = bank.is_assessed("zhao", &C5).await;
        assert_eq!(told["title"], "C3 平衡型", "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_what_fits_the_grade_and_says_that_it_is_no_deposit() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "mo").await;
        let said = bank.say(APPID, "mo", "看理财").await;
        assert!(said.contains("没有合适的理财产品"), "{said}");
        bank.sells_wealth().await;
        let said = bank.say(APPID, "mo", "看理财").await;
        assert!(said.contains("理财非存款、产品有风险") && said.contains("先做风险测评"), "{said}");
        assert!(said.contains("业绩比较基准 2.30%—3.10%") && !said.contains("利率"), "{said}");
        // Three at most, the lowest risk first.
        assert!(said.contains("活钱宝") && said.contains("增利混合"), "{said}");
        assert!(!said.contains("远航权益"), "{said}");
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.is_assessed("lifang", &C2).await;
        let said = bank.say(APPID, "lifang", "看理财").await;
        assert!(said.contains("按您的测评C2挑的"), "{said}");
        assert!(said.contains("稳享1号") && !said.contains("增利混合"), "{said}");
        let said = bank.say(APPID, "lifang", "五百块能买什么理财").await;
        assert!(said.contains("活钱宝") && !said.contains("稳享1号"), "{said}");
        bank.bind(APPID, "zhao", &people()[1]).await;
        bank.is_assessed("zhao", &C2).await;
        let said = bank.say(APPID, "zhao", "看理财").await;
        assert!(said.contains("您满65岁，买之前先和家里人商量"), "{said}");
        bank.stop().await;
    }
}
