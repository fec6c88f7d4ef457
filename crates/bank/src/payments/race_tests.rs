//! Very many taps at once on one payment, from two pages of its customer and beside the bank's own workers: one wins.

use super::state::State;
use super::tests::{PIN, Page, knows_qiang};
use crate::testing::{APPID, LINGXI, TestBank, link_in};
use db::{Scope, params};
use futures_util::future::join_all;
use serde_json::{Value, json};

const AT_ONCE: usize = 32;
/// Workers that look for what is due meanwhile.
const WORKERS: usize = 4;
/// How often a race is run.
const ROUNDS: i64 = 4;
const QIANG: i64 = 101_100_000_401;

/// One payment on two pages, each with a session of its own.
async fn two_pages(bank: &TestBank, text: &str) -> [Page; 2] {
    let path = format!("chats/{APPID}/lifang/send?wait=1");
    let told = bank.control(&path, json!({ "type": "text", "content": text })).await;
    let link = link_in(&told["items"]).unwrap();
    [bank.open_pay("lifang", &link).await, bank.open_pay("lifang", &link).await]
}

async fn intent(bank: &TestBank, page: &Page) -> String {
    page.get(bank).await["card"]["intent"].as_str().unwrap().to_owned()
}

/// Looks for what is due, as another process would.
async fn work(bank: &TestBank) {
    for _ in 0..WORKERS {
        super::run_due(&bank.app).await.unwrap();
    }
}

/// Request ids of bookings that were ever sent to the core.
async fn sent(bank: &TestBank) -> i64 {
    let unit = |tx: &db::Tx<'_>| {
        tx.one::<(i64,)>(
            "SELECT COUNT(DISTINCT request_id) FROM core_call WHERE tenant_id = $1 AND kind = 'P'",
            params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
}

/// Keypads that were not used yet.
async fn keypads(bank: &TestBank) -> i64 {
    let unit = |tx: &db::Tx<'_>| {
        tx.one::<(i64,)>(
            "SELECT COUNT(*) FROM pin_key WHERE tenant_id = $1 AND state = 'live'",
            params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
}

/// Refused is what a tap may be; a fault it may not.
fn no_fault(answers: &[(u16, Value)]) {
    assert!(answers.iter().all(|(status, _)| *status < 500), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_confirmations_on_two_pages_one_pays() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let mut moved = bank.worth(QIANG).await;
        for n in 1..=ROUNDS {
            let pages = two_pages(&bank, &format!("给王强转{n}元")).await;
            let shown = intent(&bank, &pages[0]).await;
            assert_eq!(intent(&bank, &pages[1]).await, shown);
            // Each page has a PIN of its own that would do.
            let orders = [
                pages[0].order(&bank, &shown, PIN).await,
                pages[1].order(&bank, &shown, PIN).await,
            ];
            let taps =
                (0..AT_ONCE).map(|t| pages[t % 2].post(&bank, "pay/do", orders[t % 2].clone()));
            let workers = join_all((0..WORKERS).map(|_| work(&bank)));
            let (answers, _) = tokio::join!(join_all(taps), workers);
            no_fault(&answers);
            let done: Vec<_> = answers.iter().filter(|(s, _)| *s == 200).collect();
            assert!(!done.is_empty(), "{answers:?}");
            assert!(done.iter().all(|(_, a)| a["serial"] == done[0].1["serial"]), "{answers:?}");
            bank.quiet().await;
            moved += n * 100;
            assert_eq!(bank.worth(QIANG).await, moved);
            assert_eq!(sent(&bank).await, n);
            assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        }
        assert!(bank.core.inner().check_invariants().await.unwrap().is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_confirmations_and_sixteen_cancellations_one_wins() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let mut moved = bank.worth(QIANG).await;
        let mut paid = 0;
        for n in 1..=ROUNDS {
            let pages = two_pages(&bank, &format!("给王强转{n}元")).await;
            let shown = intent(&bank, &pages[0]).await;
            let order = pages[0].order(&bank, &shown, PIN).await;
            let (half, unused) = (AT_ONCE / 2, keypads(&bank).await);
            let pays = (0..half).map(|_| pages[0].post(&bank, "pay/do", order.clone()));
            let cancels = (0..half).map(|_| pages[1].post(&bank, "pay/cancel", json!({})));
            // A PIN takes its time: every other time the cancellations come when it is spent already.
            let wait = async {
                while n % 2 == 0 && keypads(&bank).await == unused {
                    tokio::task::yield_now().await;
                }
                join_all(cancels).await
            };
            let workers = join_all((0..WORKERS).map(|_| work(&bank)));
            let (pays, cancels, _) = tokio::join!(join_all(pays), wait, workers);
            no_fault(&pays);
            no_fault(&cancels);
            bank.quiet().await;
            let ended = *bank.payments().await.last().unwrap();
            let is_paid = ended == State::Succeeded;
            assert!(is_paid || ended == State::Ended, "{ended:?}");
            paid += i64::from(is_paid);
            moved += if is_paid { n * 100 } else { 0 };
            assert_eq!(bank.worth(QIANG).await, moved, "{ended:?}");
            assert_eq!(sent(&bank).await, paid, "{ended:?}");
            // Nobody is told that the loser won.
            let told = pays.iter().chain(&cancels).filter(|(s, _)| *s == 200);
            let wrong = if is_paid { "ended" } else { "done" };
            for (_, answer) in told {
                assert_ne!(answer["state"], wrong, "{ended:?}: {answer}");
            }
        }
        assert!(bank.core.inner().check_invariants().await.unwrap().is_empty());
        println!("{paid} of {ROUNDS} were paid");
        bank.stop().await;
    }
}
