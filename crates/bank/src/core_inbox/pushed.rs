//! What a core pushes, by the front door: kept like what is polled, and only when it is the core's.

use super::tests::{event, numbers, stream};
use super::{ALARM_MS, read, round};
use crate::tenants::UNION;
use crate::testing::{LINGXI, OUTAGE, TestBank, YUNLU};
use base::{Clock, Fen, Random, Secret, TenantId};
use corebank::feed::{EVENTS_MAX, Event, Happened};
use corebank::{CoreBank, CoreError, Ctx, Reject, UnknownCause, Weather};
use corehttp::{Key, Keys, Peer, Pusher, Stand, WINDOW_MS};
use db::{Scope, params};
use serde_json::Value;

const KEY: &str = "core-2026a";
const FILL: u8 = 7;

/// Banks that know the core's key.
async fn banks() -> Vec<TestBank> {
    let mut banks = TestBank::each().await;
    for bank in &mut banks {
        let file = bank.app.config.keys.master_file.with_file_name("push.key");
        let secret = format!("{FILL:02x}").repeat(32);
        std::fs::write(&file, format!("hmac-sm3:{secret}\n")).unwrap();
        let ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, ours).unwrap();
        let change = |config: &mut crate::config::Config| {
            config.core.push_key_id = KEY.into();
            config.core.push_key_file = file;
        };
        bank.restart(change, None).await;
    }
    banks
}

/// Someone who pushes: under which key, by which clock, with which nonces.
fn someone(bank: &TestBank, key: &str, fill: u8, off_ms: i64, seed: u64) -> Pusher {
    let key = Key::hmac(key, Secret::new(vec![fill; 32])).unwrap();
    let peer =
        Peer { url: format!("{}/core", bank.staff_url), keys: Keys::new(vec![key]).unwrap() };
    let clock = Clock::manual(bank.clock.now().plus_ms(off_ms));
    Pusher::new(peer, clock, Random::seeded(seed)).unwrap()
}

fn the_core(bank: &TestBank) -> Pusher {
    someone(bank, KEY, FILL, 0, 1)
}

/// All that the core of 陵溪 has to tell.
async fn told(bank: &TestBank) -> Vec<Event> {
    let ctx = Ctx::new(LINGXI, bank.clock.now().plus_ms(20_000), "t");
    let told = bank.core.feed().unwrap().events(&ctx, 0, EVENTS_MAX).await.unwrap();
    assert!(told.len() > 4, "{}", told.len());
    told
}

fn whole(last: i64) -> Stand {
    Stand { last, has_gap: false }
}

/// Audit rows of pushes: how they ended and why.
async fn audited(bank: &TestBank, tenant: TenantId) -> Vec<(String, String)> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all(
            "SELECT outcome, detail FROM audit WHERE tenant_id = $1 AND act = 'core.push' ORDER BY id",
            params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(tenant), unit).await.unwrap()
}

fn refused(problem: &str) -> (String, String) {
    ("refused".to_owned(), problem.to_owned())
}

fn status<T: std::fmt::Debug>(answer: Result<T, CoreError>) -> u16 {
    match answer {
        Err(CoreError::Unknown(UnknownCause::ServerError(status))) => status,
        other => panic!("believed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_core_pushes_is_kept_once_beside_what_it_is_asked_for_ch_15() {
    for bank in banks().await {
        let (core, told) = (the_core(&bank), told(&bank).await);
        let last = i64::try_from(told.len()).unwrap();
        assert_eq!(core.push(LINGXI, &[]).await, Ok(whole(0)), "nothing has come yet");
        assert_eq!(core.push(LINGXI, &told[..2]).await, Ok(whole(2)));
        // Told again, and in another order.
        let again = [told[3].clone(), told[1].clone(), told[2].clone()];
        assert_eq!(core.push(LINGXI, &again).await, Ok(whole(4)));
        round(&bank.app).await.unwrap();
        assert_eq!(core.push(LINGXI, &told).await, Ok(whole(last)));
        assert_eq!(read(&bank.app, LINGXI, 0, 1_000).await.unwrap(), told);
        assert_eq!(stream(&bank).await.contradicted, 0, "both ways say the same");

        // Another institution has numbers of its own.
        assert_eq!(core.push(YUNLU, &[event(&bank, 1, 100)]).await, Ok(whole(1)));
        assert_eq!(stream(&bank).await.last, last);
        assert!(audited(&bank, UNION).await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_between_pushes_waits_is_pulled_and_calls_people_after_a_minute_ch_15() {
    for bank in banks().await {
        let (core, told) = (the_core(&bank), told(&bank).await);
        core.push(LINGXI, &told[..1]).await.unwrap();
        let stand = core.push(LINGXI, &told[3..4]).await;
        assert_eq!(stand, Ok(Stand { last: 1, has_gap: true }));
        assert_eq!(numbers(&bank).await, [1], "what came after the gap waits");

        bank.core.set_weather(OUTAGE);
        bank.clock.advance_ms(ALARM_MS - 1);
        round(&bank.app).await.unwrap();
        assert!(!stream(&bank).await.is_alarmed);
        bank.clock.advance_ms(1);
        round(&bank.app).await.unwrap();
        assert!(stream(&bank).await.is_alarmed);

        bank.core.set_weather(Weather::FINE);
        round(&bank.app).await.unwrap();
        let now = stream(&bank).await;
        assert_eq!((now.gap_since, now.is_alarmed, now.contradicted), (None, false, 0));
        assert_eq!(read(&bank.app, LINGXI, 0, 1_000).await.unwrap(), told);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_contradicts_what_is_known_is_refused_whole_and_audited_ch_15() {
    for bank in banks().await {
        let core = the_core(&bank);
        let first = event(&bank, 1, 100);
        core.push(LINGXI, std::slice::from_ref(&first)).await.unwrap();
        let mismatch = Err(CoreError::Rejected(Reject::PayloadMismatch));
        let page = [event(&bank, 2, 200), event(&bank, 1, 999)];
        assert_eq!(core.push(LINGXI, &page).await, mismatch);
        let twice = [event(&bank, 2, 200), event(&bank, 2, 201)];
        assert_eq!(core.push(LINGXI, &twice).await, mismatch, "one page, one number, two events");
        assert_eq!(read(&bank.app, LINGXI, 0, 9).await.unwrap(), [first]);
        assert_eq!(stream(&bank).await.contradicted, 2);
        assert_eq!(
            audited(&bank, LINGXI).await,
            [refused("contradicted"), refused("contradicted")]
        );
        assert_eq!(core.push(LINGXI, &[event(&bank, 2, 200)]).await, Ok(whole(2)));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_is_not_the_cores_or_not_fresh_has_no_effect_ch_15() {
    for bank in banks().await {
        let page = [event(&bank, 1, 100)];
        let from = |key, fill, off_ms, seed| someone(&bank, key, fill, off_ms, seed);
        for (who, problem) in [
            (from(KEY, FILL + 1, 0, 2), "signature"),
            (from("core-2019", FILL, 0, 3), "key"),
            (from(KEY, FILL, -WINDOW_MS - 1, 4), "timestamp"),
        ] {
            assert_eq!(status(who.push(LINGXI, &page).await), 401, "{problem}");
            let noted = audited(&bank, UNION).await;
            assert_eq!(noted.last(), Some(&refused(problem)));
        }
        let ahead = from(KEY, FILL, WINDOW_MS + 1, 5);
        assert_eq!(status(ahead.push(LINGXI, &page).await), 401);

        // The same nonce a second time, under a good signature.
        from(KEY, FILL, 0, 6).push(LINGXI, &[]).await.unwrap();
        assert_eq!(status(from(KEY, FILL, 0, 6).push(LINGXI, &page).await), 401);
        // Signed by the core, about nobody here.
        for tenant in [TenantId::of(99), UNION] {
            let core = from(KEY, FILL, 0, 7 + tenant.raw().unsigned_abs());
            assert_eq!(core.push(tenant, &page).await, Err(CoreError::Rejected(Reject::NotFound)));
        }
        let words = ["signature", "key", "timestamp", "nonce", "tenant"];
        assert_eq!(audited(&bank, UNION).await, words.map(refused));
        assert!(numbers(&bank).await.is_empty());
        assert_eq!(stream(&bank).await.last, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knocks_all_day_leaves_one_audit_row_a_minute_ch_15() {
    for bank in banks().await {
        let page = [event(&bank, 1, 100)];
        for seed in 0..5 {
            let forger = someone(&bank, KEY, FILL + 1, 0, seed);
            assert_eq!(status(forger.push(LINGXI, &page).await), 401);
        }
        assert_eq!(audited(&bank, UNION).await.len(), 1);
        bank.clock.advance_ms(60_000);
        let forger = someone(&bank, KEY, FILL + 1, 0, 9);
        assert_eq!(status(forger.push(LINGXI, &page).await), 401);
        assert_eq!(audited(&bank, UNION).await.len(), 2);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_makes_no_sense_is_refused_for_certain_ch_15() {
    for bank in banks().await {
        let core = the_core(&bank);
        let invalid = |field| Err(CoreError::Rejected(Reject::Validation { field }));
        assert_eq!(core.push(LINGXI, &[event(&bank, 0, 100)]).await, invalid("number"));
        assert_eq!(core.push(LINGXI, &[event(&bank, 1, -1)]).await, invalid("amount"));
        let many: Vec<Event> = (1..=501).map(|seq| event(&bank, seq, 100)).collect();
        assert_eq!(core.push(LINGXI, &many).await, invalid("limit"));
        let mut long = event(&bank, 1, 100);
        if let Happened::Entry(entry) = &mut long.what {
            entry.label = "长".repeat(corehttp::REQUEST_BYTES_MAX / 3);
            entry.amount = Fen::of(1);
        }
        assert_eq!(status(core.push(LINGXI, &[long]).await), 413);
        assert!(numbers(&bank).await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_is_on_the_inner_address_only_and_says_what_is_wrong_ch_15() {
    for bank in banks().await {
        let at = |url: &str| format!("{url}/core/v1/push");
        let answer = bank.http.post(at(&bank.staff_url)).body("{}").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 400);
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["problem"], "headers");
        let outside = bank.http.post(at(&bank.url)).body("{}").send().await.unwrap();
        assert_eq!(outside.status().as_u16(), 404);
        let read = bank.http.get(at(&bank.staff_url)).send().await.unwrap();
        assert_eq!(read.status().as_u16(), 405);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nothing_is_pushed_ch_15() {
    for bank in TestBank::each().await {
        let answer = the_core(&bank).push(LINGXI, &[event(&bank, 1, 100)]).await;
        assert_eq!(status(answer), 404);
        assert!(numbers(&bank).await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_and_questions_at_one_time_keep_each_event_once_ch_15() {
    for bank in banks().await {
        let told = told(&bank).await;
        let last = i64::try_from(told.len()).unwrap();
        let (one, other) = (someone(&bank, KEY, FILL, 0, 1), someone(&bank, KEY, FILL, 0, 2));
        let (a, b, c) = tokio::join!(
            one.push(LINGXI, &told[1..]),
            other.push(LINGXI, &told[..3]),
            round(&bank.app)
        );
        a.unwrap();
        b.unwrap();
        c.unwrap();
        assert_eq!(one.push(LINGXI, &[]).await, Ok(whole(last)));
        assert_eq!(read(&bank.app, LINGXI, 0, 1_000).await.unwrap(), told);
        assert_eq!(stream(&bank).await.contradicted, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_kill_ch_15() {
    for bank in banks().await {
        let page = [event(&bank, 1, 100), event(&bank, 2, 200)];
        assert_eq!(the_core(&bank).push(LINGXI, &page).await, Ok(whole(2)));
        let survivor = bank.after_a_kill().await;
        assert_eq!(read(&survivor, LINGXI, 0, 9).await.unwrap(), page);
        survivor.shut_down().await;
        bank.stop().await;
    }
}
