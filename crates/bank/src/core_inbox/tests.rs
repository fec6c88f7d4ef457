//! What the cores tell: from a payment in chat to the inbox, and everything that can come in a wrong order.

use super::{ALARM_MS, KEEP_MS, Stream, Via, read, round, store, take};
use crate::payments::tests::{PIN, knows_qiang};
use crate::testing::{LINGXI, OUTAGE, TestBank};
use base::Fen;
use corebank::feed::{Entry, Event, Happened};
use corebank::{AccountRef, LineId, Weather};
use db::Scope;

/// Somebody's account, as the core names it.
const ACCOUNT: &str = "101100000101";

pub(super) fn event(bank: &TestBank, seq: i64, fen: i64) -> Event {
    let at = bank.clock.now();
    let entry = Entry {
        line: LineId::new(format!("{seq}-1")),
        core_serial: format!("20261123{seq:012}"),
        core_date: corebank::Day::at(at),
        is_in: true,
        amount: Fen::of(fen),
        balance_after: None,
        label: "工资".into(),
        counterparty: String::new(),
        channel_serial: None,
        reverses: None,
    };
    Event { seq, account: AccountRef::new(ACCOUNT), at, what: Happened::Entry(entry) }
}

pub(super) async fn stream(bank: &TestBank) -> Stream {
    bank.app.db.read(Scope::Tenant(LINGXI), store::stream).await.unwrap()
}

pub(super) async fn numbers(bank: &TestBank) -> Vec<i64> {
    read(&bank.app, LINGXI, 0, 1_000).await.unwrap().iter().map(|e| e.seq).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paid_comes_into_the_inbox_once_and_in_the_cores_order() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        round(&bank.app).await.unwrap();
        let before = stream(&bank).await.last;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        assert_eq!(page.pay(&bank, &intent, PIN).await.0, 200);
        // Two processes ask at once.
        let (one, other) = tokio::join!(round(&bank.app), round(&bank.app));
        one.unwrap();
        other.unwrap();
        round(&bank.app).await.unwrap();
        let events = read(&bank.app, LINGXI, before, 1_000).await.unwrap();
        let moved: Vec<_> = events
            .iter()
            .filter_map(|e| match &e.what {
                Happened::Entry(entry) => {
                    Some((e.account.as_str(), entry.is_in, entry.amount.fen()))
                }
                _ => None,
            })
            .collect();
        assert_eq!(moved, [(ACCOUNT, false, 50_000), ("101100000401", true, 50_000)]);
        let last = before + i64::try_from(events.len()).unwrap();
        assert_eq!((stream(&bank).await.last, stream(&bank).await.gap_since), (last, None));
        assert!(events.iter().map(|e| e.seq).eq(before + 1..=last), "{events:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_number_is_missing_what_comes_after_it_waits() {
    for bank in TestBank::each().await {
        let later = vec![event(&bank, 3, 300), event(&bank, 2, 200)];
        let taken = take(&bank.app, LINGXI, Via::Push, later.clone()).await.unwrap();
        assert_eq!((taken.last, taken.has_gap), (0, true));
        assert!(numbers(&bank).await.is_empty());
        let since = stream(&bank).await.gap_since;
        assert_eq!(since, Some(bank.clock.now()));

        // It comes again while it waits, and the gap is as old as it was.
        bank.clock.advance_ms(ALARM_MS - 1);
        take(&bank.app, LINGXI, Via::Push, later).await.unwrap();
        super::watch(&bank.app, LINGXI).await.unwrap();
        assert_eq!((stream(&bank).await.gap_since, stream(&bank).await.is_alarmed), (since, false));
        bank.clock.advance_ms(1);
        super::watch(&bank.app, LINGXI).await.unwrap();
        assert!(stream(&bank).await.is_alarmed);

        let first = vec![event(&bank, 1, 100)];
        let taken = take(&bank.app, LINGXI, Via::Push, first).await.unwrap();
        assert_eq!((taken.last, taken.has_gap), (3, false));
        assert_eq!(numbers(&bank).await, [1, 2, 3]);
        let now = stream(&bank).await;
        assert_eq!((now.gap_since, now.is_alarmed), (None, false));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_number_with_something_else_in_it_never_takes_the_firsts_place() {
    for bank in TestBank::each().await {
        let (first, other) = (event(&bank, 1, 100), event(&bank, 1, 999));
        take(&bank.app, LINGXI, Via::Push, vec![first.clone()]).await.unwrap();
        let again = take(&bank.app, LINGXI, Via::Push, vec![first.clone()]).await.unwrap();
        assert_eq!(again.contradicted, 0);
        let told = take(&bank.app, LINGXI, Via::Push, vec![other]).await.unwrap();
        assert_eq!((told.contradicted, told.last), (1, 1));
        assert_eq!(read(&bank.app, LINGXI, 0, 9).await.unwrap(), [first]);
        assert_eq!(stream(&bank).await.contradicted, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_swept_does_not_come_back_when_it_is_told_again() {
    for bank in TestBank::each().await {
        let told = vec![event(&bank, 1, 100), event(&bank, 3, 300)];
        take(&bank.app, LINGXI, Via::Push, told.clone()).await.unwrap();
        bank.clock.advance_ms(KEEP_MS + 1);
        crate::rounds::sweep(&bank.app).await.unwrap();
        take(&bank.app, LINGXI, Via::Push, told).await.unwrap();
        assert!(numbers(&bank).await.is_empty());
        let second = vec![event(&bank, 2, 200)];
        take(&bank.app, LINGXI, Via::Push, second).await.unwrap();
        // What waited behind the gap was kept, however old.
        assert_eq!(numbers(&bank).await, [2, 3]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_core_loses_nothing_of_what_it_has_to_tell() {
    for bank in TestBank::each().await {
        round(&bank.app).await.unwrap();
        let before = stream(&bank).await.last;
        let wage = corebank::sandbox::movement::purchase(101_100_000_101, Fen::of(100), "超市");
        bank.core.set_weather(OUTAGE);
        bank.core.inner().post(LINGXI, "bought", wage).await.unwrap().unwrap();
        round(&bank.app).await.unwrap();
        assert_eq!(stream(&bank).await.last, before);
        bank.core.set_weather(Weather::FINE);
        round(&bank.app).await.unwrap();
        assert_eq!(stream(&bank).await.last, before + 1);
        bank.stop().await;
    }
}
