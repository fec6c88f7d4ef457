//! Sealing, and keys changing under a running bank.

use super::*;
use crate::tenants::UNION;
use crate::testing::{APPID, LINGXI, TestBank, people};

fn keys(profile: Profile, tenant: i64) -> TenantKeys {
    let random = Random::seeded(tenant.unsigned_abs());
    let masters = Masters { current: Secret::new([7; 32]), previous: None };
    let vault = Vault::new(&masters, profile, random).unwrap();
    let tenant = TenantId::of(tenant);
    let row = |p: &str| KeyRow {
        purpose: p.to_owned(),
        no: 1,
        alg: profile.name().to_owned(),
        wrapped: vault.opener.wrapped(tenant, p, 1).unwrap(),
        use_from: Time::of_ms(0),
        moved_at: None,
    };
    let rows = vec![row(PURPOSE_DATA), row(PURPOSE_INDEX)];
    let ring = vault.opener.ring(tenant, rows, Time::of_ms(0)).unwrap();
    TenantKeys { tenant, ring: RwLock::new(Arc::new(ring)), opener: vault.opener, source: None }
}

#[test]
fn a_sealed_value_opens_only_in_its_own_place_dp_03() {
    for profile in [Profile::Standard, Profile::National] {
        let (ours, theirs) = (keys(profile, 1), keys(profile, 2));
        let at = Place::new("turn.body_sealed", 5);
        let sealed = ours.seal(at, "余额 1,280.50".as_bytes()).unwrap();
        assert_eq!(ours.open_text(at, &sealed).unwrap(), "余额 1,280.50");
        assert!(ours.open(Place::new("turn.body_sealed", 6), &sealed).is_err());
        assert!(ours.open(Place::new("seat.body_sealed", 5), &sealed).is_err());
        assert!(theirs.open(at, &sealed).is_err());
        let mut bent = sealed.clone();
        *bent.last_mut().unwrap() ^= 1;
        assert!(ours.open(at, &bent).is_err());
        assert!(ours.open(at, &sealed[..10]).is_err());
    }
}

#[test]
fn the_blind_index_differs_between_tenants_and_names_dp_03() {
    let (ours, theirs) = (keys(Profile::Standard, 1), keys(Profile::Standard, 2));
    assert_eq!(ours.blind("card", "1"), ours.blind("card", "1"));
    assert_ne!(ours.blind("card", "1"), ours.blind("mobile", "1"));
    assert_ne!(ours.blind("card", "1"), theirs.blind("card", "1"));
}

#[test]
fn a_master_key_others_may_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys/master.key");
    let first = key_file::<32>(&path, &Random::seeded(3)).unwrap();
    assert_eq!(key_file::<32>(&path, &Random::seeded(4)).unwrap().reveal(), first.reveal());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let e = key_file::<32>(&path, &Random::seeded(3)).unwrap_err();
        assert!(e.to_string().contains("chmod 600"), "{e}");
    }
}

/// Of every column of a tenant: how many values are sealed with another key than `key`.
async fn left_behind(bank: &TestBank, tenant: TenantId, key: u32) -> Vec<(String, i64)> {
    let unit = move |tx: &Tx<'_>| {
        let each = columns::ALL.iter().map(|c| Ok((c.name(), c.on_other_keys(tx, tenant, key)?)));
        each.collect::<Result<Vec<_>>>()
    };
    let all = bank.app.db.read(Scope::Tenant(tenant), unit).await.unwrap();
    all.into_iter().filter(|(_, n)| *n > 0).collect()
}

/// Opens every sealed value of a tenant in its place; how many there are.
async fn open_all(app: &crate::app::App, tenant: TenantId) -> usize {
    let keys = app.vault.tenant(&app.db, tenant).await.unwrap();
    let unit = move |tx: &Tx<'_>| {
        let mut opened = 0;
        for column in columns::ALL {
            for value in column.page(tx, columns::START, 10_000)? {
                keys.open(value.place, &value.sealed).doing(column.name())?;
                opened += 1;
            }
        }
        Ok(opened)
    };
    app.db.read(Scope::Tenant(tenant), unit).await.unwrap()
}

async fn key_of(bank: &TestBank, tenant: TenantId) -> rotation::Newest {
    let all = rotation::newest(&bank.app).await.unwrap();
    all.into_iter().find(|k| k.tenant == tenant).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_over_while_customers_talk_dp_06() {
    for bank in TestBank::each().await {
        let other = bank.second_process().await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.follow(APPID, "wangqiang").await;
        bank.say(APPID, "wangqiang", "我要留言").await;
        bank.say(APPID, "wangqiang", "存折丢了怎么补办").await;
        bank.say(APPID, "wangqiang", "余额").await;
        let moments = [0, rotation::PUBLISHED_MS, rotation::PUBLISHED_MS, 1_000];
        for (n, wait) in moments.into_iter().enumerate() {
            bank.clock.advance_ms(wait);
            if n == 0 {
                assert_eq!(rotation::begin_all(&bank.app).await.unwrap(), 3, "three institutions");
                assert_eq!(rotation::begin_all(&bank.app).await.unwrap(), 0, "once at a time");
            }
            bank.app.reload().await.unwrap();
            let settled = bank.settle();
            let talk = async {
                for _ in 0..5 {
                    let told = bank.say(APPID, "lifang", "余额").await;
                    assert!(told.contains("1,280.50"), "{told}");
                    bank.say(APPID, "wangqiang", "紫色的拖拉机").await;
                }
            };
            tokio::join!(settled, talk);
        }
        bank.settle().await;
        for tenant in [LINGXI, UNION] {
            let key = key_of(&bank, tenant).await;
            assert!(key.no == 2 && key.resealed_at.is_some(), "{key:?}");
            assert_eq!(left_behind(&bank, tenant, 2).await, [], "on the old key");
            assert!(open_all(&bank.app, tenant).await > 0);
        }
        if let Some(other) = other {
            // It made no rounds meanwhile, so it has never read the new key.
            let keys = other.vault.tenant(&other.db, LINGXI).await.unwrap();
            assert_eq!(keys.current(), 1);
            assert!(open_all(&other, LINGXI).await > 0);
            assert_eq!(keys.current(), 2, "and from then on it seals with it");
            other.shut_down().await;
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_published_before_it_is_used_dp_06() {
    for bank in TestBank::each().await {
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        rotation::begin_all(&bank.app).await.unwrap();
        bank.clock.advance_ms(rotation::PUBLISHED_MS - 1);
        bank.app.reload().await.unwrap();
        assert_eq!(keys.current(), 1);
        bank.clock.advance_ms(1);
        bank.app.reload().await.unwrap();
        assert_eq!(keys.current(), 2);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_whose_process_died_is_taken_up_where_it_was_dp_06() {
    for bank in TestBank::each().await {
        let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
        let unit = move |tx: &Tx<'_>| {
            for n in 1..=2_500_i64 {
                let body = keys.seal(Place::new("unread.body", n), b"waiting")?;
                tx.exec(
                    "INSERT INTO unread (tenant_id, id, follower_id, body_sealed, at_ms) VALUES ($1, $2, 1, $3, $4)",
                    params![tx.tenant(), n, body, tx.now()],
                )?;
            }
            Ok(())
        };
        bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
        rotation::begin_all(&bank.app).await.unwrap();
        // Whoever took the first errand is never heard of again.
        let lease_end = bank.clock.now().plus_ms(3 * rotation::PUBLISHED_MS);
        let died = move |tx: &Tx<'_>| {
            tx.exec(
                "UPDATE job SET state = 'running', worker = 'died', attempt = attempt + 1, epoch = epoch + 1, \
                 due_at_ms = $1 WHERE kind = 'reseal' AND tenant_id = $2",
                params![lease_end, LINGXI],
            )
        };
        assert_eq!(bank.app.db.write(Scope::House, died).await.unwrap(), 1);
        bank.clock.advance_ms(2 * rotation::PUBLISHED_MS);
        bank.app.reload().await.unwrap();
        assert_eq!(left_behind(&bank, LINGXI, 2).await.last().unwrap().1, 2_500);
        bank.clock.advance_ms(rotation::PUBLISHED_MS);
        bank.settle().await;
        assert_eq!(left_behind(&bank, LINGXI, 2).await, []);
        assert!(key_of(&bank, LINGXI).await.resealed_at.is_some());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_by_the_year_dp_06() {
    for bank in TestBank::each().await {
        assert_eq!(rotation::begin_due(&bank.app).await.unwrap(), 0);
        bank.clock.advance_ms(rotation::LIFE_MS);
        assert_eq!(rotation::begin_due(&bank.app).await.unwrap(), 3);
        bank.stop().await;
    }
}
