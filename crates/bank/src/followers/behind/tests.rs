//! What may be lost when seats are written late: nothing.

use super::*;
use crate::followers::{Person, Standing};
use crate::inbound::read_standing;
use crate::testing::{APPID, TestBank};

const GUESTS: usize = 24;

/// Everyone's standing as a process reads it.
async fn standings(bank: &TestBank, app: &crate::app::App, guests: &[String]) -> Vec<Standing> {
    let account = bank.app.registry().account(APPID).unwrap().id;
    let mut all = vec![];
    for uid in guests {
        let openid = simulator::openid_of(APPID, uid);
        let who = Person::new(account, openid.into());
        all.push(read_standing(app, &who).await.unwrap().unwrap());
    }
    all
}

fn same(a: &[Standing], b: &[Standing]) {
    for (a, b) in a.iter().zip(b) {
        assert_eq!(
            (a.id, a.tenant, a.version, a.facts, a.last_key, &a.seat),
            (b.id, b.tenant, b.version, b.facts, b.last_key, &b.seat)
        );
    }
}

async fn everyone_says(bank: &TestBank, guests: &[String], words: &str) {
    let said = guests.iter().map(|uid| bank.say(APPID, uid, words));
    for answer in futures_util::future::join_all(said).await {
        assert!(!answer.is_empty() && !answer.contains("无法提供服务"), "{answer}");
    }
}

async fn guests(bank: &TestBank) -> Vec<String> {
    let mut all = vec![];
    for n in 0..GUESTS {
        let user = bank.control("users", serde_json::json!({ "name": format!("客{n}") })).await;
        all.push(user["id"].as_str().unwrap().to_owned());
        bank.follow(APPID, &all[n]).await;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_kill_every_conversation_is_where_it_was() {
    for bank in TestBank::each().await {
        let guests = guests(&bank).await;
        everyone_says(&bank, &guests, "你好").await;
        everyone_says(&bank, &guests, "查余额").await;
        assert_eq!(bank.app.behind.is_empty(), !bank.app.behind.is_on());
        let before = standings(&bank, &bank.app, &guests).await;
        assert!(before.iter().all(|s| s.version >= 3), "{before:?}");

        let risen = bank.after_a_kill().await;
        same(&before, &standings(&bank, &risen, &guests).await);
        assert!(risen.behind.is_empty(), "what the log held was swept before anyone was served");
        risen.shut_down().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_among_the_turns_loses_none_of_them_and_lets_the_log_go() {
    // So small a log that batches sweep all the time.
    for bank in TestBank::each_with("seat_log_bytes = 1500\n").await {
        let guests = guests(&bank).await;
        for words in ["你好", "菜单", "查余额", "取消", "再说一遍", "菜单"] {
            everyone_says(&bank, &guests, words).await;
        }
        let before = standings(&bank, &bank.app, &guests).await;
        let rows = |tx: &Tx<'_>| {
            tx.one::<(i64, Option<i64>)>(
                "SELECT COUNT(*), MIN(id) FROM seat_log WHERE tenant_id = $1",
                params![UNION],
            )
        };
        let (_, first) = bank.app.db.read(Scope::House, rows).await.unwrap();
        if bank.app.behind.is_on() {
            assert!(first.is_none_or(|id| id > 1), "no row of the log was ever let go");
        }
        let risen = bank.after_a_kill().await;
        same(&before, &standings(&bank, &risen, &guests).await);
        risen.shut_down().await;

        bank.app.behind.sweep(&bank.app.db).await.unwrap();
        assert!(bank.app.behind.is_empty());
        let (left, _) = bank.app.db.read(Scope::House, rows).await.unwrap();
        assert_eq!(left, 0, "swept, and still in the log");
        same(&before, &standings(&bank, &bank.app, &guests).await);
        bank.stop().await;
    }
}

#[test]
fn a_log_row_is_read_as_it_was_written_and_a_cut_one_is_refused() {
    let behind = Behind(Some(Mutex::default()));
    let seat = |n: i64, body: Option<&'static [u8]>| Latest {
        tenant: TenantId::of(7),
        follower: Id::of(n),
        version: n + 1,
        last_key: -n,
        body: body.map(Bytes::from_static),
    };
    let seats = vec![seat(1, Some(b"sealed")), seat(2, None), seat(3, Some(b"x"))];
    let row = behind.row(&seats);
    assert_eq!(row.read().unwrap(), seats);
    for cut in 1..row.seats.len() {
        let cut = LogRow { id: 1, seats: row.seats.slice(..cut) };
        // At the end of a seat there is nothing to notice: the row is one value, whole or absent.
        assert!(cut.read().is_err() || cut.read().unwrap().len() < seats.len());
    }
    assert!(LogRow { id: 1, seats: Bytes::from_static(&[9]) }.read().is_err());
}
