//! Each finding of the doctor, well and ill.

use super::machine::{database_file, disk, http_date, key_folder};
use super::{Finding, beside_database, clock, examine, settings, wechat};
use crate::config::Config;
use crate::testing::{LINGXI, TestBank};
use crate::vault::rotation;
use base::Time;
use corebank::Weather;
use db::{NewJob, Scope, params};
use std::path::Path;

fn of<'f>(found: &'f [Finding], what: &str) -> &'f Finding {
    found.iter().find(|f| f.what == what).unwrap_or_else(|| panic!("no {what} in {found:?}"))
}

/// What is wrong with it.
fn trouble<'f>(found: &'f [Finding], what: &str) -> &'f str {
    of(found, what).trouble.as_deref().unwrap_or_else(|| panic!("{what} is well: {found:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_that_is_well_has_nothing_to_mend_but_the_clock_of_its_test() {
    for bank in TestBank::each().await {
        let found = examine(&bank.app).await;
        let wrong: Vec<_> = found.iter().filter(|f| f.trouble.is_some()).collect();
        // The simulator's HTTP server tells the machine's time, the bank lives on its own; no ticket was pushed yet.
        let expected = ["clock", "clocks", "ticket", "database"];
        assert!(wrong.iter().all(|f| expected.contains(&f.what.as_str())), "{wrong:?}");
        for what in ["core", "accounts", "wechat", "keys", "errands", "key files", "disk"] {
            assert_eq!(of(&found, what).trouble, None);
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_a_given_up_errand_and_an_old_key_are_found() {
    for bank in TestBank::each().await {
        bank.core.set_weather(Weather { outage: true, ..Weather::default() });
        let unit = |tx: &db::Tx<'_>| {
            let job = NewJob {
                tenant: LINGXI,
                kind: "send_answer",
                payload: "{}",
                run_at: tx.now().plus_ms(base::DAY_MS),
                dedupe: None,
            };
            tx.enqueue(&job)?;
            tx.exec("UPDATE job SET state = 'dead' WHERE tenant_id = $1", params![LINGXI])
        };
        bank.app.db.write(Scope::House, unit).await.unwrap();
        bank.clock.advance_ms(rotation::LIFE_MS + 2 * base::DAY_MS);
        let found = examine(&bank.app).await;
        assert!(trouble(&found, "core").contains("core.url"));
        assert!(trouble(&found, "errands").contains("1 were given up"));
        assert!(trouble(&found, "keys").contains("weiyin rotate-keys"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_keys_that_stands_still_is_found() {
    for bank in TestBank::each().await {
        rotation::begin_all(&bank.app).await.unwrap();
        let found = examine(&bank.app).await;
        assert!(of(&found, "keys").note.contains("moving to a new data key"), "{found:?}");
        let stop = |tx: &db::Tx<'_>| tx.exec("DELETE FROM job WHERE kind = 'reseal'", &[]);
        bank.app.db.write(Scope::House, stop).await.unwrap();
        bank.clock.advance_ms(base::DAY_MS + 1);
        let found = examine(&bank.app).await;
        assert!(trouble(&found, "keys").contains("reseal"));
        bank.stop().await;
    }
}

#[tokio::test]
async fn a_wechat_that_cannot_be_reached_is_found() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let found = wechat(&url, Time::of_ms(0)).await;
    assert!(trouble(&found, "wechat").contains("DNS, firewall and proxy"));
}

#[test]
fn a_clock_that_is_off_is_found_and_a_moment_is_forgiven() {
    let theirs = http_date("Mon, 23 Nov 2026 02:00:00 GMT").unwrap();
    assert_eq!(theirs.china(), (2026, 11, 23, 10, 0));
    assert_eq!(clock(Some(theirs), theirs.plus_ms(2_900)).trouble, None);
    let fast = clock(Some(theirs), theirs.plus_ms(90_000)).trouble.unwrap();
    assert!(fast.starts_with("90 s fast") && fast.contains("time server"), "{fast}");
    let slow = clock(Some(theirs), theirs.plus_ms(-90_000)).trouble.unwrap();
    assert!(slow.starts_with("90 s slow"), "{slow}");
    for nonsense in ["", "yesterday", "Mon, 23 Nov 2026", "Mon, 23 Non 2026 02:00:00 GMT"] {
        assert_eq!(http_date(nonsense), None, "{nonsense}");
    }
}

#[test]
fn a_clock_that_is_off_beside_the_databases_is_warned_about_and_then_wrong() {
    let theirs = Time::of_ms(1_795_399_200_000);
    for off in [-2_000, 0, 2_000] {
        let found = beside_database(theirs, theirs.plus_ms(off));
        assert!(found.trouble.is_none() && found.warning.is_none(), "{off}: {found:?}");
        assert!(found.to_string().starts_with("  ok    clocks"), "{found}");
    }
    let fast = beside_database(theirs, theirs.plus_ms(2_001)).to_string();
    assert!(fast.starts_with("  WARN  clocks") && fast.contains("2 s fast"), "{fast}");
    let slow = beside_database(theirs, theirs.plus_ms(-60_000)).to_string();
    assert!(slow.starts_with("  WARN  clocks") && slow.contains("60 s slow"), "{slow}");
    assert!(slow.contains("time server"), "{slow}");
    let broken = beside_database(theirs, theirs.plus_ms(-60_001));
    assert!(broken.trouble.as_deref().is_some_and(|t| t.contains("stop the service")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_postgresql_for_its_time_and_sqlite_has_none() {
    for bank in TestBank::each().await {
        let found = examine(&bank.app).await;
        let clocks = found.iter().find(|f| f.what == "clocks");
        // PostgreSQL tells the machine's time, the bank of a test lives on its own, turned far ahead.
        bank.clock.advance_ms(10_000 * base::DAY_MS);
        let later = examine(&bank.app).await;
        match bank.app.db.engine() {
            db::Engine::Sqlite => assert_eq!(clocks, None),
            db::Engine::Postgres => assert!(trouble(&later, "clocks").contains("fast")),
        }
        bank.stop().await;
    }
}

#[test]
fn a_full_disk_is_found() {
    let at = Path::new("data");
    assert_eq!(disk(at, Some(50_000)).trouble, None);
    assert!(disk(at, Some(200)).trouble.unwrap().contains("200 MiB left; make room"));
}

#[cfg(unix)]
#[test]
fn files_others_may_read_or_replace_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weiyin.db");
    std::fs::write(&file, "x").unwrap();
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(&file, 0o600);
    assert_eq!(database_file(&file).trouble, None);
    set(&file, 0o644);
    assert!(database_file(&file).trouble.unwrap().contains("chmod"));
    set(folder.path(), 0o700);
    assert_eq!(key_folder(folder.path()).trouble, None);
    set(folder.path(), 0o777);
    assert!(key_folder(folder.path()).trouble.unwrap().contains("chmod 700"));
    set(folder.path(), 0o700);
}

#[test]
fn settings_that_are_dangerous_are_found() {
    let text = "[h5]\nsecure_cookies = false\n[server]\npublic_listen = \"0.0.0.0:80\"\nstaff_listen = \"0.0.0.0:81\"\n";
    let config = Config::from_parts("test", text, std::iter::empty()).unwrap();
    let found = settings(&config);
    assert!(trouble(&found, "sms").contains("sms.url"));
    assert!(trouble(&found, "proxy").contains("client_ip_header"));
    assert!(trouble(&found, "staff").contains("inner address"));
}
