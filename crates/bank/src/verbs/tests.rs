//! Loans, deposits and the rest of accounts as a customer hears them, through the front door.

use crate::testing::{APPID, LINGXI, OUTAGE, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::deposits::{DepositKind, Form, Renewal};
use corebank::facts::LimitOn;
use corebank::loans::{Instalment, Method, Plan};
use corebank::sandbox::{
    Face, NewAccount, NewBranch, NewLoan, NewOfficer, NewTerm, OwnLimit, Sandbox, movement,
};
use corebank::{AccountKind, CoreBank, CustNo, Day, Weather};
use db::{Scope, params};
use serde_json::{Value, json};

const LI: i64 = 1_011_000_001;
const WANG: i64 = 1_011_000_004;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn account(cust_no: i64, n: i64, kind: AccountKind, tail: &str) -> NewAccount {
    let product = if kind == AccountKind::Loan { "惠农贷" } else { "整存整取" };
    NewAccount {
        acct_id: cust_no * 100 + n,
        cust_no,
        kind,
        product: product.into(),
        class: None,
        number: format!("10119900000{n:03}{tail}"),
        opened_on: day("2026-04-23"),
        limit: Fen::ZERO,
        rate_bp: 135,
        ends_on: Some(day("2027-04-23")),
    }
}

/// A loan of 12,000.00 for three months at 6 %, its first instalment due on `first_due`; 李芳 stands for it.
async fn lend(core: &Sandbox, n: i64, tail: &str, first_due: &str, paid: usize) {
    let principal = Fen::of(1_200_000);
    let method = Method::EqualPrincipal;
    let plan = Plan { principal, rate_bp: 600, months: 3, method, first_due: day(first_due) };
    let all = plan.instalments().unwrap().into_iter().enumerate();
    let instalments: Vec<Instalment> =
        all.map(|(at, i)| Instalment { paid_on: (at < paid).then_some(i.due_on), ..i }).collect();
    let owed = instalments.iter().filter(|i| i.paid_on.is_none()).map(|i| i.principal.fen()).sum();
    let loan = account(WANG, n, AccountKind::Loan, tail);
    let acct_id = loan.acct_id;
    core.add_account(LINGXI, NewAccount { limit: principal, rate_bp: 600, ..loan }).await.unwrap();
    let carried = movement::carried_debt(acct_id, Fen::of(owed));
    core.post(LINGXI, format!("lend-{n}"), carried).await.unwrap().unwrap();
    let loan = NewLoan {
        acct_id,
        method,
        instalments,
        repay_acct_id: Some(WANG * 100 + 1),
        guarantors: vec![(LI, principal)],
    };
    core.add_loan(LINGXI, loan).await.unwrap();
}

async fn save(core: &Sandbox, n: i64, tail: &str, kind: DepositKind, form: Form) {
    let acct = account(WANG, n, AccountKind::Deposit, tail);
    let (months, acct) = if kind.is_notice() {
        (None, NewAccount { ends_on: None, ..acct })
    } else {
        (Some(12), acct)
    };
    let acct_id = acct.acct_id;
    core.add_account(LINGXI, acct).await.unwrap();
    let opened = movement::opening(acct_id, Fen::of(5_000_000));
    core.post(LINGXI, format!("save-{n}"), opened).await.unwrap().unwrap();
    let renewal = Renewal::SameTerm;
    let term = NewTerm { acct_id, kind, form, months, call_rate_bp: 5, renewal };
    core.add_term(LINGXI, term).await.unwrap();
}

impl TestBank {
    fn sandbox(&self) -> &Sandbox {
        self.core.inner()
    }
    async fn wang(&self) {
        self.bind(APPID, "wangqiang", &people()[3]).await;
    }
    async fn hear(&self, text: &str) -> String {
        self.say(APPID, "wangqiang", text).await
    }
    /// All that was said to 王强 after `count` messages.
    async fn since(&self, count: usize) -> String {
        self.chat(APPID, "wangqiang").await.split_off(count).join("\n")
    }
    async fn renewal(&self, tail: &str) -> Renewal {
        let ctx = crate::verbs::core_ctx(&self.app, LINGXI, 1);
        let all = self.core.term_deposits(&ctx, &CustNo::new(WANG.to_string())).await.unwrap();
        all.into_iter().find(|d| d.tail == tail).unwrap().renewal
    }
    async fn audited(&self, act: &'static str) -> Vec<(String, String)> {
        let unit = move |tx: &db::Tx<'_>| {
            tx.all(
                "SELECT outcome, detail FROM audit WHERE tenant_id = $1 AND act = $2 ORDER BY id",
                params![tx.tenant(), act],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
}

impl TestBank {
    /// 王强's last answer to the questions about a deposit, and the page it leads to, with the PIN.
    async fn answers_on_page(&self, answer: &str) -> (Value, Value) {
        let (browser, slug, _) = self.setting_page("wangqiang", answer).await;
        let (_, session) = browser.api(self, &slug, "session").await;
        let with = &session["task"]["with"];
        let wish =
            json!({ "set": "renew", "deposit": with["deposit"], "renew": with["renew"] == "yes" });
        let ask = json!({ "wish": wish });
        let (status, look) = browser.post(self, &slug, "setting/look", ask.clone()).await;
        assert_eq!((status, &look["needs"]), (200, &json!("pin")), "{look}");
        let (_, told) = browser.post(self, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(told["code"], "setting.pin", "{told}");
        let (status, told) = self.with_pin(&browser, &slug, &ask, "274906").await;
        assert_eq!(status, 200, "{told}");
        (look, told)
    }

    /// What 王强 proved on a page, at the moment it is written down.
    async fn proved_wish(&self, tail: &str, renew: bool) {
        let ctx = corebank::Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let customer = corebank::CustNo::new(WANG.to_string());
        let all = self.core.inner().term_deposits(&ctx, &customer).await.unwrap();
        let own = all.iter().find(|d| d.tail == tail).unwrap();
        let deposit = super::handle(&own.account);
        let keys = self.app.vault.tenant(&self.app.db, LINGXI).await.unwrap();
        let unit = move |tx: &db::Tx<'_>| {
            let follower = crate::binding::holder(tx, &keys, &WANG.to_string())?.unwrap();
            super::wish_renewal(tx, &keys, follower, &deposit, renew)
        };
        self.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
    }

    /// The lines about guarantees, shown after a code.
    async fn guarantees(&self, uid: &str, mobile: &str) -> Vec<Value> {
        let (browser, slug, shown) = self.setting_page(uid, "担保查询").await;
        assert_eq!(shown["what"], "guarantees", "{shown}");
        let ask = json!({ "wish": { "set": "see_guarantees" } });
        let (_, told) = browser.post(self, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(told["code"], "undo.code", "{told}");
        assert_eq!(self.with_code(&browser, &slug, &ask, mobile).await["proved"], true);
        let (status, told) = browser.post(self, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(status, 200, "{told}");
        told["lines"].as_array().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_loan_is_told_with_what_comes_next_and_what_is_late_first() {
    for bank in TestBank::each().await {
        lend(bank.sandbox(), 7, "2091", "2026-11-20", 1).await;
        lend(bank.sandbox(), 8, "2092", "2026-10-20", 0).await;
        bank.wang().await;
        let said = bank.hear("贷款余额查询").await;
        for words in [
            "惠农贷2092已逾期34天，欠8,100.00元",
            "贷款还欠本金 20,000.00 元，共 2 笔",
            "惠农贷2091 还欠 8,000.00 元（借了 12,000.00，6.00%，等额本金）12月20日要还4,040.00元",
            "还不上怎么办",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let said = bank.hear("还款计划").await;
        for words in [
            "惠农贷2091：等额本金，共3期，还剩2期，2027年1月20日还完。",
            "12月20日 惠农贷2091第2期 4,040.00 元（本金 4,000.00，利息 40.00）",
            "惠农贷2092第3期",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let said = bank.hear("还款有困难").await;
        assert!(said.contains("惠农贷2092 2 期没还，从10月20日起 34 天"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_for_whom_and_who_looks_after_one_are_told() {
    for bank in TestBank::each().await {
        lend(bank.sandbox(), 7, "2091", "2026-11-20", 1).await;
        bank.wang().await;
        let lines = bank.guarantees("wangqiang", people()[3].mobile).await;
        let one = "惠农贷2091，担保 12,000.00 元，到2027年1月20日，还款正常";
        assert_eq!(lines, [json!({ "title": "*芳给您", "words": one })]);
        bank.bind(APPID, "lifang", &people()[0]).await;
        let lines = bank.guarantees("lifang", people()[0].mobile).await;
        let one = "惠农贷，担保 12,000.00 元，到2027年1月20日，还款正常";
        assert_eq!(lines, [json!({ "title": "您给*强", "words": one })]);

        let said = bank.hear("我的客户经理").await;
        assert!(said.contains("还没有给您安排客户经理"), "{said}");
        let branch = NewBranch {
            branch_no: 3,
            name: "陵溪农商行城关支行".into(),
            bank_no: "314101100030".into(),
            address: "城关镇人民路3号".into(),
            phone: "0990-8000003".into(),
        };
        bank.sandbox().add_branch(LINGXI, branch).await.unwrap();
        let officer = NewOfficer {
            officer_no: 2007,
            name: "周敏".into(),
            phone: "0990-7000007".into(),
            branch_no: 3,
            away: None,
        };
        bank.sandbox().add_officer(LINGXI, officer).await.unwrap();
        assert!(bank.sandbox().set_officer(LINGXI, WANG, 2007).await.unwrap());
        assert!(bank.sandbox().set_branch(LINGXI, WANG * 100 + 1, 3).await.unwrap());
        let said = bank.hear("我的客户经理").await;
        assert!(said.contains("周敏，工号2007，电话 0990-7000007，在陵溪农商行城关支行"), "{said}");
        let said = bank.hear("查开户行").await;
        assert!(said.contains("陵溪农商行城关支行\n行号：314101100030"), "{said}");
        let said = bank.say(APPID, "lifang", "查开户行").await;
        assert!(said.contains("没有查到开户行"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_at_maturity_is_changed_at_the_core_and_told_and_audited() {
    for bank in TestBank::each().await {
        save(bank.sandbox(), 7, "7001", DepositKind::Fixed, Form::Electronic).await;
        save(bank.sandbox(), 8, "7002", DepositKind::Fixed, Form::Paper).await;
        bank.wang().await;
        let said = bank.hear("自动转存").await;
        for words in [
            "您有 2 笔定期，共 100,000.00 元",
            "① 定期7001 50,000.00 元，1.35%，2027年4月23日到期，利息 675.00 元（到期自动再存）",
            "② 纸质存单定期7002",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let said = bank.hear("第一笔自动转存").await;
        assert!(said.contains("到期要自动接着存吗"), "{said}");
        let before = bank.chat(APPID, "wangqiang").await.len();
        let (look, told) = bank.answers_on_page("不要").await;
        assert_eq!(look["changes"][0]["old"], "到期自动再存", "{look}");
        assert!(told["words"].as_str().unwrap().contains("正在改"), "{told}");
        bank.settle().await;
        let said = bank.since(before).await;
        assert!(
            said.contains("改好了：定期7001（50,000.00元）2027年4月23日到期后不再自动转存"),
            "{said}"
        );
        assert_eq!(bank.renewal("7001").await, Renewal::Off);
        let told = bank.audited("deposit.renewal").await;
        assert_eq!(told, [("asked".into(), "off".into()), ("done".into(), String::new())]);

        // A certificate on paper is changed where the paper is.
        bank.hear("我的定期").await;
        bank.hear("第二笔自动转存").await;
        let before = bank.chat(APPID, "wangqiang").await.len();
        bank.answers_on_page("不要").await;
        bank.settle().await;
        let said = bank.since(before).await;
        assert!(said.contains("这张是纸质存单，没有改"), "{said}");
        assert_eq!(bank.renewal("7002").await, Renewal::SameTerm);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_told_again_under_the_same_id_until_it_answers() {
    for bank in TestBank::each().await {
        save(bank.sandbox(), 7, "7001", DepositKind::Fixed, Form::Electronic).await;
        bank.wang().await;
        let before = bank.chat(APPID, "wangqiang").await.len();
        // It is done, but every answer is lost.
        bank.core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        bank.proved_wish("7001", false).await;
        bank.settle().await;
        assert!(!bank.since(before).await.contains("改好了"));
        bank.clock.advance_ms(11_000);
        bank.settle().await;
        let said = bank.since(before).await;
        assert!(said.contains("有点慢"), "{said}");
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(31_000);
        bank.settle().await;
        let said = bank.since(before).await;
        assert_eq!(said.matches("改好了").count(), 1, "{said}");
        assert_eq!(bank.renewal("7001").await, Renewal::Off);

        // One that stays silent is said to be unknown, never done.
        bank.core.set_weather(Weather::default());
        let before = bank.chat(APPID, "wangqiang").await.len();
        bank.core.set_weather(OUTAGE);
        bank.proved_wish("7001", true).await;
        for _ in 0..6 {
            bank.settle().await;
            bank.clock.advance_ms(1_800_001);
        }
        bank.settle().await;
        let said = bank.since(before).await;
        assert!(said.contains("改没改成还不知道") && !said.contains("改好了"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_taken_early_is_told_with_what_is_lost() {
    for bank in TestBank::each().await {
        save(bank.sandbox(), 7, "7001", DepositKind::Fixed, Form::Electronic).await;
        save(bank.sandbox(), 8, "7003", DepositKind::Notice7, Form::Electronic).await;
        bank.wang().await;
        bank.hear("我的定期").await;
        let said = bank.hear("提前取少多少").await;
        assert!(
            said.contains(
                "定期7001（50,000.00 元，2027年4月23日到期）利息约 14.86 元，比到期少 660.14 元"
            ),
            "{said}"
        );
        let said = bank.hear("通知存款").await;
        assert!(said.contains("七天通知存款7003 50,000.00 元"), "{said}");
        let said = bank.hear("我的定期").await;
        assert!(
            said.contains("您有 2 笔定期，共 100,000.00 元") && said.contains("七天通知存款7003"),
            "{said}"
        );
        let said = bank.hear("存款证明").await;
        assert!(
            said.contains("共 101,280.50 元") && said.contains("七天通知存款7003 50,000.00 元"),
            "{said}"
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payment_is_found_by_sum_by_name_and_by_word() {
    for bank in TestBank::each().await {
        let (wang, li) = (
            Face { acct_id: WANG * 100 + 1, shown: "*强 6688".into() },
            Face { acct_id: LI * 100 + 1, shown: "*芳 6688".into() },
        );
        let pay = movement::transfer(&wang, &li, Fen::of(12_345)).words("转账", "合买化肥的钱");
        bank.sandbox().post(LINGXI, "pay", pay).await.unwrap().unwrap();
        let bill = movement::bill(wang.acct_id, Fen::of(8_600), "电费", "陵溪供电公司");
        bank.sandbox().post(LINGXI, "bill", bill).await.unwrap().unwrap();
        bank.wang().await;
        let said = bank.hear("查某一笔").await;
        assert!(said.contains("多少钱的，或者对方是谁"), "{said}");
        let said = bank.hear("李芳").await;
        assert!(
            said.contains("有“李芳”的进出账共 1 笔") && said.contains("转出 *芳 6688 −123.45"),
            "{said}"
        );
        let said = bank.hear("有笔86的支出是哪天的").await;
        assert!(said.contains("电费 陵溪供电公司 −86.00"), "{said}");
        let said = bank.hear("第一笔的回单").await;
        assert!(
            said.contains("流水号：20261123") && said.contains("今天10:00 电费 −86.00 元"),
            "{said}"
        );
        let said = bank.hear("有笔3000的支出是哪天的").await;
        assert!(said.contains("没有“3000”的出账"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interest_limits_and_class_are_told_of_ones_own_account() {
    for bank in TestBank::each().await {
        let acct_id = WANG * 100 + 1;
        let interest =
            movement::interest(acct_id, Fen::of(105)).words("结息", "2026年第3季度活期利息");
        bank.sandbox().post(LINGXI, "interest", interest).await.unwrap().unwrap();
        let yuan = |n: i64| Some(Fen::of(n * 100));
        let own =
            OwnLimit { acct_id, on: LimitOn::Transfer, single: yuan(2_000), day: yuan(5_000) };
        bank.sandbox().set_limit(LINGXI, own).await.unwrap();
        let out = movement::transfer_out(acct_id, Fen::of(30_000), "*军");
        bank.sandbox().post(LINGXI, "out", out).await.unwrap().unwrap();
        bank.wang().await;
        let said = bank.hear("查利息").await;
        assert!(said.contains("上次结息 1.05 元，下次12月21日"), "{said}");
        let said = bank.hear("查限额").await;
        assert!(
            said.contains("转账：一次 2,000.00元，一天 5,000.00元，今天还能用 4,700.00元"),
            "{said}"
        );
        assert!(said.contains("转账限额是您自己设过的"), "{said}");
        let said = bank.hear("一二三类户").await;
        assert!(said.contains("：一类户（存取转账都行）"), "{said}");
        bank.clock.advance_ms(DAY_MS);
        let said = bank.hear("查限额").await;
        assert!(said.contains("今天还能用 5,000.00元"), "{said}");
        bank.stop().await;
    }
}
