//! Billers of the sandbox: what they make of payments, by the last digits of a household's number; and what the books say.

use crate::fixture::electric;
use crate::money::yuan;
use crate::town::{LING, Town, XI, towns};
use base::Fen;
use corebank::bills::{BillAsk, BillDue, BillKind};
use corebank::money::{Fate, Money, Payee, Payment, Query, Rail, Undone};
use corebank::{CoreBank, CoreError, Day, DayState, Reject};
use db::{Scope, params};

const SOON_MS: i64 = 6_000;
const MINUTE_MS: i64 = 60_000;

impl Town {
    async fn due(&self, tail: &str) -> Result<BillDue, CoreError> {
        self.core.bill_desk().unwrap().bill(&self.ctx(LING), &electric(tail)).await
    }
    /// A payment of what this household owes, or of another sum.
    async fn bill(&self, tail: &str, sum: Option<Fen>) -> Payment {
        let due = self.due(tail).await.unwrap();
        let BillAsk { biller, number } = electric(tail);
        let payee = Payee::Biller { biller, number, bill: due.bill };
        let amount = sum.unwrap_or(due.owed);
        Payment { payee, rail: Rail::Biller, purpose: String::new(), ..self.to_wang(amount) }
    }
    async fn settled(&self) -> usize {
        self.core.settle_rails().await.unwrap()
    }
    /// What stands in one of the bank's own accounts.
    async fn own(&self, gl: i64) -> i64 {
        let unit = move |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COALESCE(CAST(SUM(CASE WHEN side = 'C' THEN amount_fen ELSE -amount_fen END) AS BIGINT), 0)
                   FROM core_entry WHERE tenant_id = $1 AND account_kind = 'G' AND account = $2",
                params![tx.tenant(), gl],
            )
        };
        self.core.db().read(Scope::Tenant(LING), unit).await.unwrap().0
    }
}

#[tokio::test]
async fn a_bill_waits_in_the_pending_account_until_its_biller_has_confirmed() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        let (pending, theirs) = (town.own(2241).await, town.own(2011).await);
        let due = town.due("0231").await.unwrap();
        assert_eq!((due.owed, due.is_prepaid), (Fen::of(8_600), true));
        let payment = town.bill("0231", None).await;
        let paid = town.pay("b1", &payment).await.unwrap();
        assert!(!paid.is_final);
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(due.owed).unwrap());
        assert_eq!((town.own(2241).await - pending, town.own(2011).await), (8_600, theirs));
        assert_eq!(town.settled().await, 0);

        town.clock.advance_ms(SOON_MS);
        assert_eq!((town.settled().await, town.settled().await), (1, 0));
        assert_eq!((town.own(2241).await, town.own(2011).await - theirs), (pending, 8_600));
        let Fate::Posted(told) = town.fate("b1", false).await else { panic!("it was paid") };
        assert!(told.is_final);
        assert_eq!(town.due("0231").await.unwrap().owed, Fen::ZERO);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

/// It was settled between the question's look and its own settling, and the question told what it had seen before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_asks_while_a_biller_confirms_hears_that_it_has() {
    for town in towns(8).await {
        for n in 0..24 {
            let id = format!("b{n}");
            let sum = (n > 0).then_some(yuan(1));
            town.pay(&id, &town.bill("0231", sum).await).await.unwrap();
            town.clock.advance_ms(SOON_MS);
            let ask =
                Query { request_id: id, channel_date: Day::at(town.clock.now()), fence: false };
            let mut asking = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let (core, ctx, ask) = (town.core.clone(), town.ctx(LING), ask.clone());
                asking.spawn(async move { core.query(&ctx, &ask).await.unwrap() });
            }
            town.settled().await;
            for fate in asking.join_all().await {
                assert!(matches!(&fate, Fate::Posted(paid) if paid.is_final), "b{n}: {fate:?}");
            }
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_bill_is_paid_by_one_payment_whatever_is_tried() {
    for town in towns(8).await {
        let payment = town.bill("0231", None).await;
        let less = Payment { amount: Fen::of(8_599), ..payment.clone() };
        let no = town.pay("less", &less).await;
        assert_eq!(no, Err(Reject::Validation { field: "amount" }.into()));
        town.pay("b1", &payment).await.unwrap();
        assert_eq!(town.pay("b2", &payment).await, Err(Reject::BillPaid.into()));
        town.clock.advance_ms(SOON_MS);
        town.settled().await;
        assert_eq!(town.pay("b3", &payment).await, Err(Reject::BillPaid.into()));
        // Paid in beyond what is owed, it may be the same sum again.
        for id in ["more1", "more2"] {
            town.pay(id, &town.bill("0231", Some(yuan(50))).await).await.unwrap();
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_a_biller_refuses_comes_back_and_is_owed_again() {
    for town in towns(8).await {
        for (tail, after_ms) in [("0404", SOON_MS), ("0505", 31 * MINUTE_MS)] {
            let before = town.has(&town.payer()).await;
            let payment = town.bill(tail, None).await;
            town.pay(tail, &payment).await.unwrap();
            assert_eq!(town.due(tail).await.unwrap().owed, Fen::ZERO, "it is being paid");
            town.clock.advance_ms(after_ms);
            assert_eq!(town.settled().await, 1, "{tail}");
            let fate = town.fate(tail, true).await;
            assert!(matches!(fate, Fate::Returned(..)), "{tail}: {fate:?}");
            assert_eq!(town.has(&town.payer()).await, before);
            assert_eq!(town.due(tail).await.unwrap().owed, payment.amount);
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_late_biller_confirms_late_and_an_offline_one_takes_nothing() {
    for town in towns(8).await {
        town.pay("late", &town.bill("0606", None).await).await.unwrap();
        town.clock.advance_ms(9 * MINUTE_MS);
        assert_eq!(town.settled().await, 0);
        town.clock.advance_ms(2 * MINUTE_MS);
        assert_eq!(town.settled().await, 1);
        assert_eq!(town.due("0707").await, Err(Reject::BillerOffline.into()));
        let mut offline = town.bill("0118", Some(yuan(10))).await;
        if let Payee::Biller { number, .. } = &mut offline.payee {
            *number = electric("0707").number;
        }
        let before = town.has(&town.payer()).await;
        assert_eq!(town.pay("off", &offline).await, Err(Reject::BillerOffline.into()));
        assert_eq!(town.has(&town.payer()).await, before);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_bill_undone_before_its_biller_began_is_owed_again() {
    for town in towns(8).await {
        let payment = town.bill("0231", None).await;
        town.pay("b1", &payment).await.unwrap();
        assert!(matches!(town.reverse("r1", "b1").await, Undone::Reversed { .. }));
        assert_eq!(town.due("0231").await.unwrap().owed, payment.amount);
        town.pay("b2", &payment).await.unwrap();
        town.clock.advance_ms(SOON_MS);
        assert_eq!(town.settled().await, 1);
        assert_eq!(town.reverse("r2", "b2").await, Undone::Refused(Reject::NotEligible));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn while_the_day_is_closed_a_biller_waits_for_its_money() {
    for town in towns(8).await {
        town.pay("b1", &town.bill("0231", None).await).await.unwrap();
        town.clock.advance_ms(SOON_MS);
        assert!(town.core.set_day(LING, DayState::Closed, None).await.unwrap());
        assert_eq!(town.settled().await, 0);
        assert!(town.core.set_day(LING, DayState::Open, None).await.unwrap());
        assert_eq!(town.settled().await, 1);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn every_other_county_has_no_heating_and_all_have_the_rest() {
    for town in towns(8).await {
        let desk = town.core.bill_desk().unwrap();
        for kind in BillKind::ALL {
            let here = desk.billers(&town.ctx(LING), *kind).await.unwrap();
            let there = desk.billers(&town.ctx(XI), *kind).await.unwrap();
            assert!(!here.is_empty(), "{kind:?}");
            assert_eq!(there.is_empty(), *kind == BillKind::Heating, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn a_bill_called_paid_that_was_not_is_found() {
    for town in towns(8).await {
        let spoil = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE core_bill SET state = 'paid', paid_by = 'nobody' WHERE tenant_id = $1 AND house_no = 1000",
                params![tx.tenant()],
            )
        };
        assert_eq!(town.core.db().write(Scope::Tenant(LING), spoil).await.unwrap(), 1);
        let broken = town.broken().await;
        assert!(broken.iter().any(|b| b.contains("a bill does not fit its payment")), "{broken:?}");
    }
}
