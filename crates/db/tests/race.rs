//! Two processes whose units of work want the same key at the same moment, on PostgreSQL, where they truly run side by side.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of a test fails its test")]
#![expect(clippy::print_stdout, reason = "a test says that it did not run")]

use base::{Clock, Result, TenantId, Time};
use db::testing::{TestDb, databases};
use db::{Db, Engine, Migration, Options, Scope, Tx, params};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const NAME: Migration = Migration {
    name: "0001_name",
    sql: "CREATE TABLE name (tenant_id BIGINT NOT NULL, name TEXT NOT NULL, owner BIGINT NOT NULL, \
          PRIMARY KEY (tenant_id, name))",
};
const TENANT: Scope = Scope::Tenant(TenantId::of(7));
const PATIENCE: Duration = Duration::from_secs(20);

fn clock() -> Clock {
    Clock::manual(Time::of_ms(1_785_000_000_000))
}

async fn postgres() -> Option<TestDb> {
    let mut all = databases(&[NAME], &clock()).await;
    let found = all.iter().position(|db| db.engine() == Engine::Postgres);
    if found.is_none() {
        println!("DID NOT RUN: TEST_POSTGRES_URL names no PostgreSQL");
    }
    found.map(|at| all.swap_remove(at))
}

fn owner(tx: &Tx<'_>) -> Result<Option<i64>> {
    tx.opt("SELECT owner FROM name WHERE tenant_id = $1 AND name = 'a'", params![tx.tenant()])
}
fn insert(tx: &Tx<'_>, owner: i64) -> Result<()> {
    tx.exec(
        "INSERT INTO name (tenant_id, name, owner) VALUES ($1, 'a', $2)",
        params![tx.tenant(), owner],
    )?;
    Ok(())
}

/// Where one run of a unit stops until the other unit has committed.
struct Meeting {
    runs: AtomicU64,
    looked: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Meeting {
    /// The first run says that it has looked, and waits; later runs go straight through.
    fn stop(&self) -> Result<()> {
        if self.runs.fetch_add(1, Ordering::SeqCst) == 0 {
            self.looked.send(())?;
            self.go_on.lock().unwrap().recv_timeout(PATIENCE)?;
        }
        Ok(())
    }
}

/// Runs `unit` so that between its look and its insert another process takes the name; what it answered and its runs.
async fn overtaken(
    db: &TestDb,
    unit: impl Fn(&Tx<'_>, &Meeting) -> Result<i64> + Send + 'static,
) -> (Result<i64>, u64) {
    let migrations = vec![NAME];
    let other = Db::open(Options { migrations, ..Options::new(&db.url, clock()) }).await.unwrap();
    let ((looked, has_looked), (tell, go_on)) = (channel(), channel());
    let meeting = Arc::new(Meeting { runs: AtomicU64::new(0), looked, go_on: Mutex::new(go_on) });
    let there = meeting.clone();
    let slow = db.write(TENANT, move |tx| unit(tx, &there));
    let fast = async {
        let seen = tokio::task::spawn_blocking(move || has_looked.recv_timeout(PATIENCE));
        seen.await.unwrap().expect("the slow unit looks");
        other.write(TENANT, |tx| insert(tx, 1)).await.expect("the fast unit is kept");
        tell.send(()).unwrap();
    };
    let both = async { tokio::join!(slow, fast) };
    let (answer, ()) = tokio::time::timeout(PATIENCE, both).await.expect("an answer");
    other.close().await;
    (answer, meeting.runs.load(Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_looked_before_another_was_faster_is_run_again_and_sees_it() {
    let Some(db) = postgres().await else { return };
    let unit = |tx: &Tx<'_>, meeting: &Meeting| {
        let found = owner(tx)?;
        meeting.stop()?;
        match found {
            Some(owner) => Ok(owner),
            None => insert(tx, 2).map(|()| 2),
        }
    };
    let (answer, runs) = overtaken(&db, unit).await;
    assert_eq!(answer.unwrap(), 1, "the one who was faster has it");
    assert_eq!(runs, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_holds_for_a_change_that_travels_with_the_commit() {
    let Some(db) = postgres().await else { return };
    let unit = |tx: &Tx<'_>, meeting: &Meeting| {
        let found = owner(tx)?;
        meeting.stop()?;
        if let Some(owner) = found {
            return Ok(owner);
        }
        tx.exec_later(
            "INSERT INTO name (tenant_id, name, owner) VALUES ($1, 'a', 2)",
            params![tx.tenant()],
        )?;
        Ok(2)
    };
    let (answer, runs) = overtaken(&db, unit).await;
    assert_eq!(answer.unwrap(), 1);
    assert_eq!(runs, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_does_not_look_hears_the_rule_after_a_few_runs() {
    let Some(db) = postgres().await else { return };
    let unit = |tx: &Tx<'_>, meeting: &Meeting| {
        meeting.stop()?;
        insert(tx, 2).map(|()| 2)
    };
    let (answer, runs) = overtaken(&db, unit).await;
    assert!(answer.unwrap_err().to_string().contains("name_pkey"));
    assert_eq!(runs, 4, "it is run again three times");
}
