//! Wealth products in the sandbox: dealing days, confirmation, what comes back, what ends by itself, quotas, many orders at once.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen, Random};
use corebank::money::{Fate, Payee, Payment, Rail, Undone};
use corebank::recon::Line;
use corebank::sandbox::{NewWealth, NewWealthHolding};
use corebank::wealth::{
    Holding, PurchaseAsk, PurchaseTrial, RedemptionAsk, RedemptionTrial, RiskGrade, WealthBook,
};
use corebank::{CoreBank, CoreError, CustNo, Day, DayState, Reject};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A product that is worth one yuan a unit until a net value is published.
fn product(code: &str) -> NewWealth {
    NewWealth {
        code: code.into(),
        name: format!("测试{code}"),
        issuer: "云岭理财有限责任公司".into(),
        grade: RiskGrade::R2,
        low_bp: 230,
        high_bp: 310,
        least: yuan(1_000),
        step: yuan(100),
        days: None,
        sale_from: day("2026-01-01"),
        sale_until: None,
        quota: None,
        redeems_in: 1,
        large: None,
        day_micro: 0,
        swing_micro: 0,
        closed: vec![],
    }
}

impl Town {
    async fn sells(&self, new: NewWealth) {
        assert!(self.core.add_wealth(LING, new).await.unwrap());
    }
    fn investor(&self) -> &CustNo {
        &self.person("李芳").cust_no
    }
    async fn book(&self) -> WealthBook {
        self.core.wealth().unwrap().wealth_book(&self.ctx(LING), self.investor()).await.unwrap()
    }
    async fn holding(&self, code: &str) -> Option<Holding> {
        self.book().await.holdings.into_iter().find(|h| h.product == code)
    }
    async fn trial(&self, code: &str, amount: Fen) -> Result<PurchaseTrial, CoreError> {
        let ask = PurchaseAsk { product: code.into(), amount };
        self.core.wealth().unwrap().purchase_trial(&self.ctx(LING), &ask).await
    }
    async fn buying(&self, code: &str, amount: Fen) -> Payment {
        let told = self.trial(code, amount).await.unwrap();
        let payee = Payee::Subscription {
            product: code.into(),
            grade: told.grade,
            begins_on: told.begins_on,
        };
        Payment { payee, rail: Rail::Wealth, purpose: String::new(), ..self.to_wang(amount) }
    }
    /// Buys, with money of its own.
    async fn buys(&self, id: &str, code: &str, amount: Fen) {
        self.give(&self.payer(), amount).await;
        let payment = self.buying(code, amount).await;
        assert!(!self.pay(id, &payment).await.unwrap().is_final);
    }
    async fn selling_trial(
        &self,
        held: &Holding,
        amount: Option<Fen>,
    ) -> Result<RedemptionTrial, CoreError> {
        let ask = RedemptionAsk { holding: held.account.clone(), amount };
        self.core.wealth().unwrap().redemption_trial(&self.ctx(LING), &ask).await
    }
    async fn selling(&self, held: &Holding, amount: Option<Fen>) -> Payment {
        let told = self.selling_trial(held, amount).await.unwrap();
        let payee = Payee::Redemption {
            account: self.payer(),
            units: told.units,
            arrives_on: told.arrives_on,
        };
        Payment {
            payer: held.account.clone(),
            payee,
            rail: Rail::Wealth,
            purpose: String::new(),
            ..self.to_wang(told.amount)
        }
    }
    /// Lets time pass and the wealth company speak.
    async fn passes(&self, days: i64) {
        self.clock.advance_ms(days * DAY_MS);
        self.core.settle_rails().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_bought_on_a_friday_is_confirmed_on_the_next_dealing_day() {
    for town in towns(8).await {
        // Monday to Friday.
        town.clock.advance_ms(4 * DAY_MS);
        town.sells(NewWealth { closed: vec![day("2026-11-30")], ..product("T1") }).await;
        let had = town.has(&town.payer()).await;
        town.buys("b1", "T1", yuan(1_000)).await;
        assert_eq!(town.has(&town.payer()).await, had);
        let order = town.book().await.under_way[0].clone();
        assert_eq!((order.on, order.due_on), (day("2026-11-27"), day("2026-12-01")));
        town.passes(3).await;
        assert!(town.holding("T1").await.is_none());
        assert!(matches!(town.fate("b1", true).await, Fate::Posted(p) if !p.is_final));
        // 08:59 and 09:00 of that day.
        town.clock.advance_ms(DAY_MS - 3_600_000 - 60_000);
        assert_eq!(town.core.settle_rails().await.unwrap(), 0);
        town.clock.advance_ms(60_000);
        assert_eq!(town.core.settle_rails().await.unwrap(), 1);
        let held = town.holding("T1").await.unwrap();
        assert_eq!((held.units, held.cost), (100_000, yuan(1_000)));
        assert_eq!(held.begun_on, day("2026-12-01"));
        assert!(matches!(town.fate("b1", true).await, Fate::Posted(p) if p.is_final));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn units_are_bought_at_the_days_value_and_sold_at_the_one_published_last() {
    for town in towns(8).await {
        town.sells(product("T1")).await;
        let nav = |on: &str, micro| town.core.publish_nav(LING, "T1", day(on), micro);
        nav("2026-11-23", 1_250_000).await.unwrap();
        town.buys("b1", "T1", yuan(1_000)).await;
        town.passes(1).await;
        let held = town.holding("T1").await.unwrap();
        // 1,000.00 at 1.25 is 800 units.
        assert_eq!((held.units, held.value, held.income()), (80_000, yuan(1_000), Fen::ZERO));
        nav("2026-11-24", 1_200_000).await.unwrap();
        town.passes(1).await;
        let held = town.holding("T1").await.unwrap();
        assert_eq!((held.value, held.income()), (yuan(960), Fen::of(-4_000)));
        assert_eq!((held.last_day, held.nav.on), (Fen::of(-4_000), day("2026-11-24")));
        let had = town.has(&town.payer()).await;
        let payment = town.selling(&held, None).await;
        assert_eq!(payment.amount, yuan(960));
        town.pay("s1", &payment).await.unwrap();
        assert!(town.holding("T1").await.is_none());
        assert_eq!(town.has(&town.payer()).await, had);
        town.passes(1).await;
        assert_eq!(town.has(&town.payer()).await, had.checked_add(yuan(960)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_does_not_come_about_comes_back_and_its_quota_with_it() {
    for town in towns(8).await {
        town.sells(NewWealth { quota: Some(yuan(2_000)), ..product("T9X") }).await;
        let had = town.has(&town.payer()).await;
        town.buys("b1", "T9X", yuan(2_000)).await;
        let full = town.trial("T9X", yuan(1_000)).await;
        assert_eq!(full, Err(Reject::LimitExceeded.into()));
        town.passes(1).await;
        assert!(matches!(town.fate("b1", true).await, Fate::Returned(..)));
        assert_eq!(town.has(&town.payer()).await, had.checked_add(yuan(2_000)).unwrap());
        assert!(town.holding("T9X").await.is_none() && town.book().await.under_way.is_empty());
        assert!(town.trial("T9X", yuan(2_000)).await.is_ok());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_closed_product_is_not_sold_back_and_pays_by_itself_on_its_last_day() {
    for town in towns(8).await {
        town.sells(NewWealth { days: Some(30), ..product("T30") }).await;
        town.buys("b1", "T30", yuan(1_000)).await;
        town.passes(1).await;
        let held = town.holding("T30").await.unwrap();
        assert_eq!(held.matures_on, Some(day("2026-12-24")));
        assert_eq!(town.selling_trial(&held, None).await, Err(Reject::NotEligible.into()));
        town.core.publish_nav(LING, "T30", day("2026-12-23"), 1_002_500).await.unwrap();
        let had = town.has(&town.payer()).await;
        town.passes(29).await;
        assert_eq!(town.has(&town.payer()).await, had);
        town.passes(1).await;
        assert_eq!(town.has(&town.payer()).await, had.checked_add(Fen::of(100_250)).unwrap());
        assert!(town.holding("T30").await.is_none());
        town.passes(1).await;
        assert_eq!(town.has(&town.payer()).await, had.checked_add(Fen::of(100_250)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_large_redemption_comes_a_dealing_day_later() {
    for town in towns(8).await {
        town.sells(NewWealth { large: Some(yuan(5_000)), ..product("T1") }).await;
        town.buys("b1", "T1", yuan(10_000)).await;
        town.passes(1).await;
        let held = town.holding("T1").await.unwrap();
        let told = async |fen| town.selling_trial(&held, Some(Fen::of(fen))).await.unwrap();
        let small = told(499_999).await;
        assert_eq!((small.is_large, small.arrives_on), (false, day("2026-11-25")));
        let large = told(500_000).await;
        assert_eq!((large.is_large, large.arrives_on), (true, day("2026-11-26")));
        assert_eq!(large.left, yuan(5_000));
        // What stays would be less than a first purchase.
        let got = town.selling_trial(&held, Some(Fen::of(900_001))).await;
        assert_eq!(got, Err(Reject::Validation { field: "amount" }.into()));
    }
}

#[tokio::test]
async fn nothing_is_undone_once_its_day_has_come() {
    for town in towns(8).await {
        town.sells(product("T1")).await;
        town.buys("b1", "T1", yuan(1_000)).await;
        town.passes(1).await;
        let got = town.reverse("r1", "b1").await;
        assert!(matches!(got, Undone::Refused(_)), "{got:?}");
        assert!(town.holding("T1").await.is_some());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_second_purchase_joins_the_first_and_another_customer_never_does() {
    for town in towns(8).await {
        town.sells(product("T1")).await;
        town.buys("b1", "T1", yuan(1_000)).await;
        town.buys("b2", "T1", yuan(1_100)).await;
        town.passes(1).await;
        let held = town.holding("T1").await.unwrap();
        assert_eq!((held.units, held.cost), (210_000, yuan(2_100)));
        let wang = town.person("王强").cust_no.clone();
        let book = town.core.wealth().unwrap().wealth_book(&town.ctx(LING), &wang).await.unwrap();
        assert!(book.holdings.is_empty() && !book.has_bought);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn out_of_its_window_nothing_is_sold_and_a_closed_day_is_no_verdict() {
    for town in towns(8).await {
        town.sells(NewWealth { sale_until: Some(day("2026-11-23")), ..product("T1") }).await;
        town.give(&town.payer(), yuan(2_000)).await;
        let payment = town.buying("T1", yuan(1_000)).await;
        assert!(town.core.set_day(LING, DayState::Closed, None).await.unwrap());
        let shut = Reject::DayClosed { opens_at: None };
        assert_eq!(town.pay("b1", &payment).await, Err(shut.clone().into()));
        assert_eq!(town.trial("T1", yuan(1_000)).await, Err(shut.into()));
        assert!(town.core.set_day(LING, DayState::Open, None).await.unwrap());
        assert!(town.pay("b1", &payment).await.is_ok());
        town.clock.advance_ms(DAY_MS);
        assert_eq!(town.trial("T1", yuan(1_000)).await, Err(Reject::NotEligible.into()));
        let all = town.core.wealth().unwrap().wealth_products(&town.ctx(LING)).await.unwrap();
        assert!(!all.iter().find(|p| p.code == "T1").unwrap().is_on_sale);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_quota_for_three_purchases_at_once_no_more_is_sold() {
    for town in towns(8).await {
        town.sells(NewWealth { quota: Some(yuan(3_500)), ..product("T1") }).await;
        town.give(&town.payer(), yuan(8_000)).await;
        let payment = town.buying("T1", yuan(1_000)).await;
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..8 {
            let (core, ctx, payment) =
                (town.core.clone(), town.order(&format!("b{n}")), payment.clone());
            asks.spawn(async move { core.money().unwrap().pay(&ctx, &payment).await });
        }
        let told = asks.join_all().await;
        assert_eq!(told.iter().filter(|t| t.is_ok()).count(), 3, "{told:?}");
        let no = Err(Reject::LimitExceeded.into());
        assert!(told.iter().filter(|t| t.is_err()).all(|t| *t == no), "{told:?}");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn forty_days_of_orders_leave_every_book_in_order() {
    let random = Random::seeded(23);
    let below = |n: u64| i64::try_from(random.below(n)).unwrap();
    for town in towns(8).await {
        let moving = NewWealth { day_micro: 60, swing_micro: 900, redeems_in: 2, ..product("T1") };
        town.sells(moving).await;
        town.sells(NewWealth { days: Some(9), swing_micro: 300, ..product("T9") }).await;
        for n in 0..60 {
            let code = if below(3) == 0 { "T9" } else { "T1" };
            let id = format!("o{n}");
            match (below(3), town.holding("T1").await) {
                (0, Some(held)) => {
                    let part = Some(Fen::of(held.value.fen() / 3)).filter(|_| below(2) == 0);
                    if town.selling_trial(&held, part).await.is_ok() {
                        town.pay(&id, &town.selling(&held, part).await).await.unwrap();
                    }
                }
                _ => town.buys(&id, code, Fen::of(100_000 + below(20) * 10_000)).await,
            }
            if below(4) == 0 {
                town.reverse(&format!("r{n}"), &id).await;
            }
            town.passes(below(2)).await;
            assert_eq!(town.broken().await, Vec::<String>::new(), "after {n}");
        }
        town.passes(30).await;
        assert!(town.book().await.under_way.is_empty());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_was_bought_at_a_branch_is_there_once() {
    for town in towns(8).await {
        town.sells(product("T1")).await;
        let cust_no = town.investor().as_str().parse().unwrap();
        let acct_id = town.payer().as_str().parse().unwrap();
        let new = NewWealthHolding {
            cust_no,
            acct_id,
            code: "T1".into(),
            cost: yuan(3_000),
            begun_on: day("2026-06-01"),
        };
        assert!(town.core.carry_wealth(LING, new.clone()).await.unwrap());
        assert!(!town.core.carry_wealth(LING, new).await.unwrap());
        let held = town.holding("T1").await.unwrap();
        assert_eq!((held.units, held.value), (300_000, yuan(3_000)));
        assert!(town.book().await.has_bought);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_reconciliation_file_has_the_lines_of_orders_and_of_what_came_back() {
    for town in towns(8).await {
        town.sells(product("T1")).await;
        town.sells(product("T9X")).await;
        let date = Day::at(town.clock.now());
        town.buys("b1", "T1", yuan(1_000)).await;
        town.buys("b2", "T9X", yuan(1_000)).await;
        town.passes(1).await;
        let held = town.holding("T1").await.unwrap();
        town.pay("s1", &town.selling(&held, None).await).await.unwrap();
        town.passes(1).await;
        let lines = async |date| {
            let mut out = vec![];
            town.money().recon_file(&town.ctx(LING), date, &mut out).await.unwrap();
            let text = String::from_utf8(out).unwrap();
            let found: Vec<(String, String, String)> = text
                .lines()
                .filter_map(Line::parse)
                .map(|l| (l.request_id.to_owned(), l.payer.to_owned(), l.payee.to_owned()))
                .collect();
            found
        };
        let (payer, holding) = (town.payer(), held.account.clone());
        let line = |id: &str, from: &str, to: &str| (id.to_owned(), from.to_owned(), to.to_owned());
        assert_eq!(
            lines(date).await,
            [line("b1", payer.as_str(), "wealth:T1"), line("b2", payer.as_str(), "wealth:T9X")]
        );
        let next = lines(date.plus_days(1)).await;
        let wanted = [
            line("return:b2", payer.as_str(), "wealth:T9X"),
            line("s1", holding.as_str(), payer.as_str()),
        ];
        assert_eq!(next, wanted);
    }
}
