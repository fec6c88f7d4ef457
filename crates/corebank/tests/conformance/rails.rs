//! Payments to other banks: under way, arrived, given back, undone in time; and settling that is broken off.

use crate::money::{card, yuan};
use crate::town::{LING, Town, XI, towns};
use base::Fen;
use corebank::facts::LimitOn;
use corebank::money::{Fate, Paid, Payee, PayeeAsk, Payment, QuoteAsk, Rail, Undone};
use corebank::{
    AccountRef, AccountState, CoreBank, DayState, Flow, Reject, StatementQuery, StatementRange,
};
use db::{Scope, params};
use std::time::Duration;

/// Longer than any rail but 小额 takes.
const LATER_MS: i64 = 90_000;

impl Town {
    fn zhou(&self) -> AccountRef {
        self.person("周海燕").account.clone()
    }
    async fn zhou_has(&self) -> Fen {
        self.core.balance(&self.ctx(XI), &self.zhou()).await.unwrap().posted
    }
    /// A payment to a card elsewhere, as it is quoted.
    async fn out(&self, number: &str, name: &str, amount: Fen) -> Payment {
        let ask = PayeeAsk { number: number.into(), name: name.into(), bank_no: None };
        let payee = self.money().payee(&self.ctx(LING), &ask).await.unwrap().payee;
        let quoted = QuoteAsk { payer: self.payer(), payee: payee.clone(), amount };
        let quote = self.money().quote(&self.ctx(LING), &quoted).await.unwrap();
        Payment { payee, fee: quote.fee, rail: quote.rail, ..self.to_wang(amount) }
    }
    async fn to_zhou(&self, amount: Fen) -> Payment {
        self.out(&self.person("周海燕").card_no.clone(), "周海燕", amount).await
    }
    async fn settle(&self) -> usize {
        self.core.settle_rails().await.unwrap()
    }
    async fn posted(&self, id: &str) -> Paid {
        match self.fate(id, false).await {
            Fate::Posted(paid) => paid,
            other => panic!("{id}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_payment_to_a_bank_of_the_province_arrives_when_its_rail_is_through() {
    for town in towns(8).await {
        let (mine, hers) = (town.has(&town.payer()).await, town.zhou_has().await);
        let payment = town.to_zhou(yuan(20)).await;
        assert_eq!(payment.rail, Rail::Rural);
        let paid = town.pay("p1", &payment).await.unwrap();
        assert!(!paid.is_final && !town.posted("p1").await.is_final);
        assert_eq!((town.settle().await, town.zhou_has().await), (0, hers));

        town.clock.advance_ms(LATER_MS);
        assert_eq!((town.settle().await, town.settle().await), (1, 0));
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(20)).unwrap());
        assert_eq!(town.has(&town.payer()).await, mine.checked_sub(yuan(20)).unwrap());
        assert_eq!(town.posted("p1").await, Paid { is_final: true, ..paid.clone() });
        assert_eq!(town.pay("p1", &payment).await, Ok(paid), "the answer stays as it was");

        let today = corebank::Day::at(town.clock.now());
        let range = StatementRange {
            account: town.zhou(),
            from: today,
            to: today,
            flow: Flow::In,
            q: None,
        };
        let ask = StatementQuery { range, cursor: None, limit: 1 };
        let page = town.core.transactions(&town.ctx(XI), &ask).await.unwrap();
        let line = &page.lines[0];
        let told = (line.label.as_str(), line.counterparty.as_str(), line.explain.as_str());
        assert_eq!(told, ("跨行转入", "*芳 6688", "附言：房租"));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn asking_after_a_payment_is_enough_for_its_rail_to_tell() {
    for town in towns(8).await {
        let hers = town.zhou_has().await;
        town.pay("p1", &town.to_zhou(yuan(20)).await).await.unwrap();
        town.clock.advance_ms(LATER_MS);
        assert!(town.posted("p1").await.is_final);
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(20)).unwrap());
        assert_eq!(town.settle().await, 0);
    }
}

#[tokio::test]
async fn what_the_other_bank_cannot_book_comes_back_whole_with_its_fee() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        for id in ["name", "none"] {
            let mut payment = town.to_zhou(yuan(20)).await;
            match &mut payment.payee {
                Payee::Elsewhere { name, .. } if id == "name" => *name = "周海".into(),
                _ => payment = town.out(&card("622202", "0404"), "郑生", yuan(30)).await,
            }
            payment.fee = yuan(2);
            let paid = town.pay(id, &payment).await.unwrap();
            town.clock.advance_ms(LATER_MS);
            assert_eq!(town.settle().await, 1, "{id}");
            let Fate::Returned(told, on) = town.fate(id, true).await else { panic!("{id}") };
            assert_eq!((told.core_serial, on), (paid.core_serial, paid.core_date));
            assert_eq!(town.has(&town.payer()).await, before, "{id}");
            let undone = town.reverse(&format!("r-{id}"), id).await;
            assert_eq!(undone, Undone::Refused(Reject::NotEligible));
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_comes_back_on_another_day_says_which() {
    for town in towns(8).await {
        let payment = town.out(&card("622202", "0404"), "郑生", yuan(30)).await;
        let paid = town.pay("p1", &payment).await.unwrap();
        town.clock.advance_ms(base::DAY_MS);
        let Fate::Returned(_, on) = town.fate("p1", false).await else { panic!("not returned") };
        assert_eq!(on, paid.core_date.plus_days(1));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_rail_that_never_answers_is_undone_in_time_and_never_settles() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        let silent = town.out(&card("622202", "0505"), "郑生", yuan(30)).await;
        town.pay("p1", &silent).await.unwrap();
        town.clock.advance_ms(LATER_MS);
        assert_eq!(town.settle().await, 0);
        assert!(!town.posted("p1").await.is_final);
        assert!(matches!(town.reverse("r1", "p1").await, Undone::Reversed { .. }));

        let arrives = town.to_zhou(yuan(20)).await;
        town.pay("p2", &arrives).await.unwrap();
        assert!(matches!(town.reverse("r2", "p2").await, Undone::Reversed { .. }));
        town.clock.advance_ms(LATER_MS);
        assert_eq!(town.settle().await, 0);
        assert_eq!(town.has(&town.payer()).await, before);
        assert!(matches!(town.fate("p2", false).await, Fate::Reversed(_)));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_has_arrived_is_not_undone() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        town.pay("p1", &town.to_zhou(yuan(20)).await).await.unwrap();
        town.clock.advance_ms(LATER_MS);
        assert_eq!(town.settle().await, 1);
        assert_eq!(town.reverse("r1", "p1").await, Undone::Refused(Reject::NotEligible));
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(20)).unwrap());
    }
}

#[tokio::test]
async fn a_rail_waits_for_a_closed_day_and_for_an_account_that_takes_nothing() {
    for town in towns(8).await {
        let (mine, hers) = (town.has(&town.payer()).await, town.zhou_has().await);
        town.pay("p1", &town.to_zhou(yuan(20)).await).await.unwrap();
        let back = town.out(&card("622202", "0404"), "郑生", yuan(30)).await;
        town.pay("p2", &back).await.unwrap();
        town.clock.advance_ms(LATER_MS);
        let payer = town.payer();
        assert!(town.core.set_day(XI, DayState::Closed, None).await.unwrap());
        assert!(town.core.set_state(LING, &payer, AccountState::Frozen).await.unwrap());
        assert_eq!((town.settle().await, town.zhou_has_when_open().await), (0, hers));
        assert!(town.core.set_state(LING, &payer, AccountState::Active).await.unwrap());
        assert_eq!(town.settle().await, 2);
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(20)).unwrap());
        assert_eq!(town.has(&payer).await, mine.checked_sub(yuan(20)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

impl Town {
    /// A closed day tells no balance, so it is opened for that.
    async fn zhou_has_when_open(&self) -> Fen {
        assert!(self.core.set_day(XI, DayState::Open, None).await.unwrap());
        self.zhou_has().await
    }
}

#[tokio::test]
async fn settling_that_is_broken_off_anywhere_pays_once() {
    const PAYMENTS: i64 = 12;
    for town in towns(8).await {
        let hers = town.zhou_has().await;
        let payment = town.to_zhou(yuan(1)).await;
        for n in 0..PAYMENTS {
            town.pay(&format!("p{n}"), &payment).await.unwrap();
        }
        town.clock.advance_ms(LATER_MS);
        // Dropped ever later until it is through.
        for us in (200..).step_by(200) {
            let cut = Duration::from_micros(us);
            if tokio::time::timeout(cut, town.core.settle_rails()).await.is_ok() {
                break;
            }
        }
        assert_eq!(town.settle().await, 0);
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(PAYMENTS)).unwrap());
        for n in 0..PAYMENTS {
            assert!(town.posted(&format!("p{n}")).await.is_final);
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rail_that_begins_while_a_payment_is_undone_does_one_or_the_other() {
    for town in towns(8).await {
        let (mine, hers) = (town.has(&town.payer()).await, town.zhou_has().await);
        let mut arrived = 0;
        for n in 0..12 {
            let id = format!("p{n}");
            town.pay(&id, &town.to_zhou(yuan(1)).await).await.unwrap();
            town.clock.advance_ms(LATER_MS);
            let core = town.core.clone();
            let mut settling = tokio::task::JoinSet::new();
            settling.spawn(async move { core.settle_rails().await.unwrap() });
            let undone = town.reverse(&format!("r{n}"), &id).await;
            settling.join_all().await;
            match (undone, town.fate(&id, false).await) {
                (Undone::Reversed { .. }, Fate::Reversed(_)) => {}
                (Undone::Refused(Reject::NotEligible), Fate::Posted(p)) if p.is_final => {
                    arrived += 1;
                }
                other => panic!("{id}: {other:?}"),
            }
        }
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(arrived)).unwrap());
        assert_eq!(town.has(&town.payer()).await, mine.checked_sub(yuan(arrived)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn who_is_paid_elsewhere_is_sealed_and_a_quiet_hand_in_the_payments_is_found() {
    const HANDS: &[(&str, &str)] = &[
        ("I7", "UPDATE core_payment SET amount_fen = amount_fen + 1 WHERE tenant_id = $1"),
        (
            "I7",
            "UPDATE core_payment SET back_journal = 1 WHERE tenant_id = $1 AND state = 'reversed'",
        ),
        ("I8", "UPDATE core_hold SET ended_at_ms = 1 WHERE tenant_id = $1 AND request_id = 'h1'"),
        (
            "I10",
            "UPDATE core_journal SET core_date = core_date - 1 WHERE tenant_id = $1 AND reversal_of IS NOT NULL",
        ),
        (
            "I7",
            "UPDATE core_journal SET reversal_of = 1 WHERE tenant_id = $1 AND reversal_of IS NOT NULL",
        ),
        ("I4", "DELETE FROM core_request WHERE tenant_id = $1 AND request_id = 'p1'"),
    ];
    for town in towns(8).await {
        let payment = town.out(&card("622202", "7771"), "郑生", yuan(20)).await;
        town.pay("p1", &payment).await.unwrap();
        town.pay("p2", &payment).await.unwrap();
        assert!(matches!(town.reverse("r2", "p2").await, Undone::Reversed { .. }));
        town.hold("h1", yuan(5)).await.unwrap();
        assert_eq!(town.broken().await, Vec::<String>::new());

        let db = town.core.db();
        let sealed: Vec<u8> = db
            .read(Scope::Tenant(LING), |tx| {
                tx.one(
                    "SELECT payee_sealed FROM core_payment WHERE tenant_id = $1 AND request_id = 'p1'",
                    params![tx.tenant()],
                )
            })
            .await
            .unwrap();
        let Payee::Elsewhere { number, name, .. } = &payment.payee else { panic!("it is here") };
        for plain in [number, name] {
            assert!(!sealed.windows(plain.len()).any(|w| w == plain.as_bytes()));
        }
        for (sign, sql) in HANDS {
            let before = town.broken().await;
            let changed =
                db.write(Scope::Tenant(LING), |tx| tx.exec(sql, params![tx.tenant()])).await;
            assert!(changed.unwrap() > 0, "{sql}");
            let after = town.broken().await;
            let found = after.iter().any(|s| !before.contains(s) && s.contains(sign));
            assert!(found, "{sql}: {after:?}");
        }
    }
}

#[tokio::test]
async fn what_came_back_uses_up_no_limit_and_neither_does_a_fee() {
    for town in towns(8).await {
        let used = async || {
            let limits = town.core.limits(&town.ctx(LING), &town.payer()).await.unwrap();
            limits.into_iter().find(|l| l.on == LimitOn::Transfer).unwrap().day_used
        };
        let before = used().await;
        let back = town.out(&card("622202", "0404"), "郑生", yuan(30)).await;
        town.pay("p1", &Payment { fee: yuan(2), ..back }).await.unwrap();
        town.pay("p2", &Payment { fee: yuan(1), ..town.to_wang(yuan(5)) }).await.unwrap();
        town.pay("p3", &town.to_wang(yuan(7))).await.unwrap();
        assert_eq!(used().await, before.checked_add(yuan(42)).unwrap());
        assert!(matches!(town.reverse("r3", "p3").await, Undone::Reversed { .. }));
        town.clock.advance_ms(LATER_MS);
        assert_eq!(town.settle().await, 1);
        assert_eq!(used().await, before.checked_add(yuan(5)).unwrap());
    }
}

#[tokio::test]
async fn what_was_delivered_stays_delivered_though_nobody_heard_of_it() {
    for town in towns(8).await {
        let hers = town.zhou_has().await;
        town.pay("p1", &town.to_zhou(yuan(20)).await).await.unwrap();
        town.clock.advance_ms(LATER_MS);
        assert_eq!(town.settle().await, 1);
        // As if it had been broken off before this side was told; meanwhile the payee's account takes nothing any more.
        let forget = "UPDATE core_payment SET state = 'settling' WHERE tenant_id = $1";
        let db = town.core.db();
        db.write(Scope::Tenant(LING), |tx| tx.exec(forget, params![tx.tenant()])).await.unwrap();
        assert!(town.core.set_state(XI, &town.zhou(), AccountState::Frozen).await.unwrap());
        assert_eq!(town.settle().await, 1);
        assert!(town.posted("p1").await.is_final);
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(20)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_that_settle_at_once_deliver_once() {
    for town in towns(8).await {
        let (mine, hers) = (town.has(&town.payer()).await, town.zhou_has().await);
        let arrives = town.to_zhou(yuan(1)).await;
        let back = town.out(&card("622202", "0404"), "郑生", yuan(1)).await;
        for n in 0..6 {
            town.pay(&format!("a{n}"), &arrives).await.unwrap();
            town.pay(&format!("b{n}"), &back).await.unwrap();
        }
        town.clock.advance_ms(LATER_MS);
        let mut settling = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let core = town.core.clone();
            settling.spawn(async move { core.settle_rails().await.unwrap() });
        }
        assert_eq!(settling.join_all().await.into_iter().sum::<usize>(), 12);
        assert_eq!(town.zhou_has().await, hers.checked_add(yuan(6)).unwrap());
        assert_eq!(town.has(&town.payer()).await, mine.checked_sub(yuan(6)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_paid_elsewhere_out_of_a_hold_comes_back_to_be_spent() {
    for town in towns(8).await {
        let before = town.core.balance(&town.ctx(LING), &town.payer()).await.unwrap();
        town.hold("h1", yuan(40)).await.unwrap();
        let back = town.out(&card("622202", "0303"), "郑生", yuan(30)).await;
        let back = Payment { fee: yuan(2), ..back };
        let paid = town.money().commit(&town.order("c1"), "h1", &back).await.unwrap();
        assert!(!paid.is_final);
        town.clock.advance_ms(LATER_MS);
        assert!(matches!(town.fate("c1", false).await, Fate::Returned(..)));
        let after = town.core.balance(&town.ctx(LING), &town.payer()).await.unwrap();
        assert_eq!((after.held, after.available), (before.held, before.available));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
