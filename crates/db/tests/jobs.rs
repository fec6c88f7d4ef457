//! The promises of the job table, on both engines.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

use base::{Clock, Result, TenantId, Time};
use db::job::{self, Claimed, Counts};
use db::testing::{TestDb, databases};
use db::{NewJob, Scope, Tx, params};

const TENANT: TenantId = TenantId::of(7);
const LEASE_MS: i64 = 30_000;

fn start() -> Clock {
    Clock::manual(Time::of_ms(1_785_000_000_000))
}

fn errand(tx: &Tx<'_>, payload: &str, dedupe: Option<&str>, in_ms: i64) -> Result<bool> {
    let run_at = tx.now().plus_ms(in_ms);
    tx.enqueue(&NewJob { tenant: TENANT, kind: "send", payload, run_at, dedupe })
}

async fn write(
    db: &TestDb,
    payload: &'static str,
    dedupe: Option<&'static str>,
    in_ms: i64,
) -> bool {
    let unit = move |tx: &Tx<'_>| errand(tx, payload, dedupe, in_ms);
    db.write(Scope::Tenant(TENANT), unit).await.unwrap()
}

async fn claim(db: &TestDb, limit: i64) -> Vec<Claimed> {
    db.write(Scope::House, move |tx| job::claim(tx, limit, LEASE_MS, "worker-1")).await.unwrap()
}

async fn counts(db: &TestDb) -> Counts {
    db.read(Scope::House, job::counts).await.unwrap()
}

#[tokio::test]
async fn a_job_is_claimed_once_oldest_first_and_gone_when_finished() {
    let clock = start();
    for db in databases(&[], &clock).await {
        for payload in ["1", "2", "3"] {
            assert!(write(&db, payload, None, 0).await);
            clock.advance_ms(1);
        }
        let first = claim(&db, 2).await;
        let payloads =
            |jobs: &[Claimed]| jobs.iter().map(|j| j.payload.clone()).collect::<Vec<_>>();
        assert_eq!(payloads(&first), ["1", "2"]);
        assert_eq!((first[0].attempt, first[0].epoch, first[0].tenant), (1, 1, TENANT));
        assert_eq!(payloads(&claim(&db, 5).await), ["3"]);
        assert!(claim(&db, 5).await.is_empty());
        let done = first[0].clone();
        assert!(db.write(Scope::House, move |tx| job::finish(tx, &done)).await.unwrap());
        assert_eq!(counts(&db).await, Counts { waiting: 0, running: 2, dead: 0 });
    }
}

#[tokio::test]
async fn a_job_is_undone_with_its_unit() {
    for db in databases(&[], &start()).await {
        let failing = db.write(Scope::Tenant(TENANT), |tx| -> Result<()> {
            errand(tx, "1", None, 0)?;
            Err(base::Error::fault("no"))
        });
        assert!(failing.await.is_err());
        assert_eq!(counts(&db).await, Counts::default());
    }
}

#[tokio::test]
async fn a_later_job_waits_for_its_time() {
    let clock = start();
    for db in databases(&[], &clock).await {
        write(&db, "1", None, 5_000).await;
        assert!(claim(&db, 5).await.is_empty());
        clock.advance_ms(5_000);
        assert_eq!(claim(&db, 5).await.len(), 1);
    }
}

#[tokio::test]
async fn the_same_errand_waits_once_but_a_running_one_does_not_count() {
    for db in databases(&[], &start()).await {
        assert!(write(&db, "1", Some("k"), 0).await);
        assert!(!write(&db, "2", Some("k"), 0).await);
        assert!(write(&db, "3", Some("other"), 0).await);
        assert_eq!(claim(&db, 5).await.len(), 2);
        assert!(write(&db, "4", Some("k"), 0).await);
        assert_eq!(counts(&db).await, Counts { waiting: 1, running: 2, dead: 0 });
    }
}

#[tokio::test]
async fn another_tenants_job_cannot_be_written() {
    for db in databases(&[], &start()).await {
        let foreign = db.write(Scope::Tenant(TenantId::of(8)), |tx| errand(tx, "1", None, 0));
        assert!(foreign.await.unwrap_err().to_string().contains("another tenant"));
    }
}

#[tokio::test]
async fn a_worker_whose_lease_ended_can_record_nothing() {
    let clock = start();
    for db in databases(&[], &clock).await {
        write(&db, "1", None, 0).await;
        let slow = claim(&db, 1).await.remove(0);
        clock.advance_ms(LEASE_MS - 1);
        assert!(claim(&db, 1).await.is_empty(), "the lease holds");
        clock.advance_ms(1);
        let quick = claim(&db, 1).await.remove(0);
        assert_eq!((quick.id, quick.attempt, quick.epoch), (slow.id, 2, 2));
        let stale = db.write(Scope::House, move |tx| {
            Ok([
                job::finish(tx, &slow)?,
                job::retry(tx, &slow, tx.now(), "late")?,
                job::fail(tx, &slow, "late")?,
                job::extend(tx, &slow, LEASE_MS)?,
            ])
        });
        assert_eq!(stale.await.unwrap(), [false; 4]);
        assert!(db.write(Scope::House, move |tx| job::finish(tx, &quick)).await.unwrap());
    }
}

#[tokio::test]
async fn a_lease_can_be_extended() {
    let clock = start();
    for db in databases(&[], &clock).await {
        write(&db, "1", None, 0).await;
        let held = claim(&db, 1).await.remove(0);
        clock.advance_ms(LEASE_MS - 1);
        let extended = db.write(Scope::House, move |tx| job::extend(tx, &held, LEASE_MS));
        assert!(extended.await.unwrap());
        clock.advance_ms(2);
        assert!(claim(&db, 1).await.is_empty());
    }
}

#[tokio::test]
async fn a_job_tried_again_waits_until_then_and_says_why() {
    let clock = start();
    for db in databases(&[], &clock).await {
        write(&db, "1", Some("k"), 0).await;
        let failed = claim(&db, 1).await.remove(0);
        let retry = db.write(Scope::House, move |tx| {
            job::retry(tx, &failed, tx.now().plus_ms(1_000), "45009")
        });
        assert!(retry.await.unwrap());
        assert!(claim(&db, 1).await.is_empty());
        let note = |tx: &Tx<'_>| tx.one::<Option<String>>("SELECT note FROM job", params![]);
        assert_eq!(db.read(Scope::House, note).await.unwrap().as_deref(), Some("45009"));
        clock.advance_ms(1_000);
        assert_eq!(claim(&db, 1).await[0].attempt, 2);
    }
}

#[tokio::test]
async fn a_job_tried_again_gives_way_to_the_same_errand_that_waits() {
    for db in databases(&[], &start()).await {
        write(&db, "1", Some("k"), 0).await;
        let failed = claim(&db, 1).await.remove(0);
        assert!(write(&db, "2", Some("k"), 0).await);
        let retry = db.write(Scope::House, move |tx| job::retry(tx, &failed, tx.now(), "busy"));
        assert!(retry.await.unwrap());
        assert_eq!(counts(&db).await, Counts { waiting: 1, running: 0, dead: 0 });
        assert_eq!(claim(&db, 5).await[0].payload, "2");
    }
}

#[tokio::test]
async fn a_dead_job_stays_until_a_person_revives_it() {
    for db in databases(&[], &start()).await {
        write(&db, "1", None, 0).await;
        let (hopeless, id) = {
            let job = claim(&db, 1).await.remove(0);
            (job.clone(), job.id)
        };
        assert!(db.write(Scope::House, move |tx| job::fail(tx, &hopeless, "40003")).await.unwrap());
        assert!(claim(&db, 5).await.is_empty());
        assert_eq!(counts(&db).await, Counts { waiting: 0, running: 0, dead: 1 });
        let revive = move |tx: &Tx<'_>| job::revive(tx, TENANT, id);
        assert!(db.write(Scope::House, revive).await.unwrap());
        assert!(!db.write(Scope::House, revive).await.unwrap());
        assert_eq!(claim(&db, 5).await.len(), 1);
    }
}

#[tokio::test]
async fn a_due_job_wakes_the_runner_after_its_commit_and_only_then() {
    for db in databases(&[], &start()).await {
        let mut ready = db.jobs_ready();
        let _ = db
            .write(Scope::Tenant(TENANT), |tx| -> Result<()> {
                errand(tx, "undone", None, 0)?;
                Err(base::Error::fault("no"))
            })
            .await;
        write(&db, "later", None, 60_000).await;
        assert!(!ready.has_changed().unwrap());
        write(&db, "now", None, 0).await;
        ready.changed().await.unwrap();
        assert_eq!(claim(&db, 5).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_workers_share_the_jobs_and_none_runs_twice() {
    for db in databases(&[], &start()).await {
        let fill = |tx: &Tx<'_>| {
            for _ in 0..120 {
                errand(tx, "1", None, 0)?;
            }
            Ok(())
        };
        db.write(Scope::Tenant(TENANT), fill).await.unwrap();
        let mut workers = tokio::task::JoinSet::new();
        for n in 0..6 {
            let db = (*db).clone();
            workers.spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let name = format!("worker-{n}");
                    let unit = move |tx: &Tx<'_>| job::claim(tx, 7, LEASE_MS, &name);
                    let jobs = db.write(Scope::House, unit).await.unwrap();
                    if jobs.is_empty() {
                        return mine;
                    }
                    mine.extend(jobs.into_iter().map(|job| job.id));
                }
            });
        }
        let mut all = workers.join_all().await.concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 120, "{:?}", db.engine());
        assert_eq!(counts(&db).await, Counts { waiting: 0, running: 120, dead: 0 });
    }
}
