//! The keys that change by an operator's hand: index, master and PIN key, under a bank that works.

use super::rotation::{PUBLISHED_MS, Which};
use super::{PURPOSE_INDEX, reindex};
use crate::app::App;
use crate::jobs::Job;
use crate::ops::{self, Command};
use crate::tenants::UNION;
use crate::testing::{APPID, Browser, LINGXI, TestBank, elements, people};
use corebank::PinKey;
use db::{Scope, Tx, params};
use std::sync::Arc;

/// `weiyin rotate-keys --which …`, as the server hears it.
async fn rotate(app: &Arc<App>, which: Which) -> base::Result<i64> {
    let told = ops::run(app, Command::RotateKeys { which }).await?;
    Ok(told.as_i64().unwrap())
}

async fn later(bank: &TestBank, ms: i64) {
    bank.clock.advance_ms(ms);
    bank.app.reload().await.unwrap();
    bank.settle().await;
}

/// What the page says to someone else who claims 李芳's card.
async fn claimed_by_another(bank: &TestBank, browser: &Browser, slug: &str) -> String {
    let (_, told) = browser.post(bank, slug, "bind/check", elements(&people()[0])).await;
    told["code"].as_str().unwrap_or("it was free").to_owned()
}

/// Tries that a follower has left today.
async fn left(bank: &TestBank, browser: &Browser, slug: &str) -> i64 {
    browser.api(bank, slug, "bind").await.1["left"].as_i64().unwrap()
}

/// The number of the index key that each binding is hashed with.
async fn hashed_with(bank: &TestBank) -> Vec<Option<u32>> {
    let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
    let unit = move |tx: &Tx<'_>| {
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = tx.all(
            "SELECT id, customer_index, customer_sealed FROM binding WHERE tenant_id = $1",
            params![tx.tenant()],
        )?;
        let with = |(id, hash, sealed): (i64, Vec<u8>, Vec<u8>)| {
            let at = super::Place::new(crate::followers::store::CUSTOMER, id);
            let customer = keys.open_text(at, &sealed)?;
            let mut known = keys.ring().index.iter().map(|k| k.no).collect::<Vec<_>>().into_iter();
            Ok(known.find(|no| keys.blind_with(*no, "customer", &customer).unwrap() == hash))
        };
        rows.into_iter().map(with).collect()
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_index_key_changes_everyone_bound_is_found_and_every_try_counted_dp_06() {
    for bank in TestBank::each().await {
        let other = bank.second_process().await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        let (rival, guesser) = (Browser::default(), Browser::default());
        let rivals = bank.open_binding(APPID, "wangqiang", &rival).await;
        let guessers = bank.open_binding(APPID, "zhao", &guesser).await;
        let mut wrong = elements(&people()[3]);
        wrong["name"] = serde_json::json!("王刚");
        guesser.post(&bank, &guessers, "bind/check", wrong.clone()).await;
        let few = left(&bank, &guesser, &guessers).await;
        assert_eq!(few, 4);

        assert_eq!(rotate(&bank.app, Which::Index).await.unwrap(), 3, "three institutions");
        assert_eq!(rotate(&bank.app, Which::Index).await.unwrap(), 0, "once at a time");
        for wait in [0, PUBLISHED_MS, PUBLISHED_MS, 1_000] {
            later(&bank, wait).await;
            assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"));
            assert_eq!(claimed_by_another(&bank, &rival, &rivals).await, "bind.taken");
            assert_eq!(left(&bank, &guesser, &guessers).await, few, "nothing is forgiven");
        }
        later(&bank, PUBLISHED_MS).await;
        assert_eq!(hashed_with(&bank).await, [Some(2)], "moved");
        wrong["name"] = serde_json::json!("王强强");
        guesser.post(&bank, &guessers, "bind/check", wrong).await;
        assert_eq!(left(&bank, &guesser, &guessers).await, few - 1, "and counted on");
        if let Some(other) = other {
            // It made no rounds meanwhile, so it knows nothing of the key 李芳 is found by.
            let keys = other.vault.tenant(&other.db, LINGXI).await.unwrap();
            assert_eq!(keys.current_index(), 1);
            let (unit_keys, customer) = (keys.clone(), "1011000001");
            let holder = move |tx: &Tx<'_>| crate::binding::holder(tx, &unit_keys, customer);
            let found = other.db.write(Scope::Tenant(LINGXI), holder).await.unwrap();
            assert!(found.is_some() && keys.current_index() == 2, "{found:?}");
            other.shut_down().await;
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_two_days_the_old_index_key_is_looked_up_by_no_more_dp_06() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        rotate(&bank.app, Which::Index).await.unwrap();
        later(&bank, 2 * PUBLISHED_MS).await;
        later(&bank, PUBLISHED_MS).await;
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        assert_eq!(keys.blind("customer", "1").all().count(), 2);
        later(&bank, reindex::FORGOTTEN_MS).await;
        bank.app.reload().await.unwrap();
        assert_eq!(keys.blind("customer", "1").all().count(), 1);
        assert_eq!(hashed_with(&bank).await, [Some(2)]);
        let told = bank.say(APPID, "lifang", "余额").await;
        assert!(told.contains("1,280.50"), "{told}");
        assert_eq!(rotate(&bank.app, Which::Index).await.unwrap(), 3, "and may change again");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_index_keys_whose_process_died_is_taken_up_where_it_was_dp_06() {
    const ROWS: i64 = 2_500;
    for bank in TestBank::each().await {
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        let unit = move |tx: &Tx<'_>| {
            for n in 1..=ROWS {
                let customer = n.to_string();
                let place = super::Place::new(crate::followers::store::CUSTOMER, n);
                let (index, sealed) =
                    (keys.blind("customer", &customer), keys.seal(place, customer.as_bytes())?);
                tx.exec(
                    "INSERT INTO binding (tenant_id, id, follower_id, state, customer_index, customer_sealed, \
                     accounts_sealed, is_elder, bound_at_ms) VALUES ($1, $2, $2, 'ended', $3, $4, $5, $6, $7)",
                    params![tx.tenant(), n, index.now(), sealed, b"".as_slice(), false, tx.now()],
                )?;
            }
            Ok(())
        };
        bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
        rotate(&bank.app, Which::Index).await.unwrap();
        // Whoever took the first errand moved a thousand rows and is never heard of again.
        let lease_end = bank.clock.now().plus_ms(3 * PUBLISHED_MS);
        let died = move |tx: &Tx<'_>| {
            tx.exec(
                "UPDATE job SET state = 'running', worker = 'died', attempt = attempt + 1, epoch = epoch + 1, \
                 due_at_ms = $1 WHERE kind = 'reindex' AND tenant_id = $2",
                params![lease_end, LINGXI],
            )
        };
        assert_eq!(bank.app.db.write(Scope::House, died).await.unwrap(), 1);
        bank.clock.advance_ms(2 * PUBLISHED_MS);
        bank.app.reload().await.unwrap();
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        let some = move |tx: &Tx<'_>| {
            for n in 1..=1_000_i64 {
                let fresh = keys.blind_with(2, "customer", &n.to_string())?;
                tx.exec(
                    "UPDATE binding SET customer_index = $1 WHERE tenant_id = $2 AND id = $3",
                    params![fresh, tx.tenant(), n],
                )?;
            }
            Ok(())
        };
        bank.app.db.write(Scope::Tenant(LINGXI), some).await.unwrap();
        let moved = hashed_with(&bank).await.iter().filter(|k| **k == Some(2)).count();
        assert_eq!(moved, 1_000, "in the middle");
        later(&bank, PUBLISHED_MS).await;
        assert!(hashed_with(&bank).await.iter().all(|k| *k == Some(2)));
        later(&bank, reindex::FORGOTTEN_MS).await;
        let ended = |tx: &Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM tenant_key WHERE purpose = $1 AND resealed_at_ms IS NOT NULL",
                params![PURPOSE_INDEX],
            )
        };
        assert_eq!(bank.app.db.read(Scope::House, ended).await.unwrap(), (3,));
        bank.stop().await;
    }
}

/// The new master key beside the old one, as settings name them.
fn new_master(config: &mut crate::config::Config) {
    config.keys.previous_master_file.clone_from(&config.keys.master_file);
    config.keys.master_file = config.keys.master_file.with_file_name("master-2.key");
}

fn pin(no: u8) -> PinKey {
    PinKey::new(format!("pin-{no}"), [no; 16])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_master_key_takes_over_and_the_old_one_can_go_dp_06() {
    for mut bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let alone = rotate(&bank.app, Which::Master).await.unwrap_err();
        assert!(alone.to_string().contains("keys.previous_master_file"), "{alone}");

        bank.restart(new_master, None).await;
        // A key made before the change is begun opens for a process that was not started again yet.
        rotate(&bank.app, Which::Data).await.unwrap();
        let keys = rotate(&bank.app, Which::Master).await.unwrap();
        assert_eq!(keys, 9, "an index key and two data keys of three institutions");
        bank.settle().await;
        assert!(bank.say(APPID, "lifang", "余额").await.contains("1,280.50"));
        let to_do = super::rewrap::still_to_do(&bank.app).await.unwrap();
        assert_eq!(to_do, Some(0));
        later(&bank, PUBLISHED_MS).await;

        bank.restart(|c| c.keys.previous_master_file = "".into(), None).await;
        let told = bank.say(APPID, "lifang", "余额").await;
        assert!(told.contains("1,280.50"), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_master_key_cut_short_in_the_middle_goes_on_after_the_start_dp_06() {
    for mut bank in TestBank::each().await {
        bank.restart(new_master, None).await;
        // One institution's keys are wrapped anew; then the process is gone, its errand still leased.
        bank.app.vault.opener.begin();
        super::rewrap::wrap_all_of(&bank.app, LINGXI).await.unwrap();
        let (to, lease_end) =
            (bank.app.vault.opener.mark.clone(), bank.clock.now().plus_ms(PUBLISHED_MS));
        let died = move |tx: &Tx<'_>| {
            Job::Rewrap { to: to.clone() }.enqueue(tx, lease_end)?;
            tx.exec(
                "UPDATE job SET state = 'running', worker = 'died', attempt = 1, epoch = 1 \
                 WHERE tenant_id = $1 AND kind = 'rewrap'",
                params![UNION],
            )
        };
        bank.app.db.write(Scope::Tenant(UNION), died).await.unwrap();
        bank.restart(|_| (), None).await;
        let to_do = super::rewrap::still_to_do(&bank.app).await.unwrap();
        assert_eq!(to_do, Some(4), "of two institutions");
        later(&bank, PUBLISHED_MS).await;
        assert_eq!(super::rewrap::still_to_do(&bank.app).await.unwrap(), Some(0));
        later(&bank, PUBLISHED_MS).await;
        let done = |tx: &Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM audit WHERE act = 'key.rewrap' AND outcome = 'done'",
                params![],
            )
        };
        assert_eq!(bank.app.db.read(Scope::House, done).await.unwrap(), (1,));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_not_started_with_the_new_master_key_never_calls_the_change_done() {
    for bank in TestBank::each().await {
        let strange = super::rewrap::walk(&bank.app, "0011223344556677").await.unwrap_err();
        assert!(strange.to_string().contains("keys.master_file"), "{strange}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pin_key_is_told_by_its_id_and_pins_set_under_the_old_one_still_hold_dp_06() {
    for mut bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let before = bank.app.pin_key.clone();
        bank.restart(|_| (), Some((pin(2), Some(before)))).await;
        // 李芳 moves her binding to another WeChat and proves the PIN she set under the old key.
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "wangqiang", &browser).await;
        let mut claim = elements(&people()[0]);
        claim["aim"] = serde_json::json!("swap");
        bank.clock.advance_ms(61_000);
        assert_eq!(browser.post(&bank, &slug, "bind/check", claim).await.0, 200);
        bank.to_the_pin(&browser, &slug, &people()[0]).await;
        bank.pass_face(&browser, &slug).await;
        let typed = browser.typed(&bank, &slug, "274906", "274906").await;
        let (status, told) = browser.post(&bank, &slug, "bind/pin", typed).await;
        assert_eq!((status, told["step"].as_str()), (200, Some("done")), "{told}");
        bank.stop().await;
    }
}
