//! Units of work a second: one read, two inserts and one update each, by 64 callers.
//!
//! `cargo run --profile dist -p db --example throughput -- sqlite:/tmp/t.db [group_max] [pg_writers] [seconds]`
//! The database must be new, or made by this program.

use base::{Clock, Result, Stopwatch, TenantId};
use db::{Db, Migration, Options, Scope, Tx, params};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const TABLES: Migration = Migration {
    name: "0001_throughput",
    sql: "
    CREATE TABLE seat (tenant_id BIGINT NOT NULL, follower BIGINT NOT NULL, state TEXT NOT NULL,
        updated_at_ms BIGINT NOT NULL, PRIMARY KEY (tenant_id, follower));
    CREATE TABLE message (id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL, follower BIGINT NOT NULL,
        body TEXT NOT NULL, at_ms BIGINT NOT NULL);
    CREATE INDEX message_by_follower ON message (tenant_id, follower, id);
    CREATE TABLE errand (id BIGINT PRIMARY KEY, tenant_id BIGINT NOT NULL, kind TEXT NOT NULL,
        payload TEXT NOT NULL, run_at_ms BIGINT NOT NULL);
    CREATE INDEX errand_due ON errand (run_at_ms);",
};
const CALLERS: i64 = 64;
const FOLLOWERS: i64 = 10_000;
const SCOPE: Scope = Scope::Tenant(TenantId::of(1));

fn turn(tx: &Tx<'_>, follower: i64) -> Result<()> {
    let _: String = tx.one(
        "SELECT state FROM seat WHERE tenant_id = $1 AND follower = $2",
        params![tx.tenant(), follower],
    )?;
    let (id, now) = (tx.new_id::<base::Tenant>(), tx.now());
    tx.exec_later(
        "INSERT INTO message (id, tenant_id, follower, body, at_ms) VALUES ($1, $2, $3, $4, $5)",
        params![id, tx.tenant(), follower, "查询余额 尾号6688", now],
    )?;
    tx.exec(
        "UPDATE seat SET state = $1, updated_at_ms = $2 WHERE tenant_id = $3 AND follower = $4",
        params!["asked", now, tx.tenant(), follower],
    )?;
    tx.exec_later(
        "INSERT INTO errand (id, tenant_id, kind, payload, run_at_ms) VALUES ($1, $2, $3, $4, $5)",
        params![id, tx.tenant(), "wechat.send", "查询余额 尾号6688", now],
    )?;
    Ok(())
}

fn look(tx: &Tx<'_>, follower: i64) -> Result<()> {
    let _: String = tx.one(
        "SELECT state FROM seat WHERE tenant_id = $1 AND follower = $2",
        params![tx.tenant(), follower],
    )?;
    Ok(())
}

async fn seed(db: &Db) -> Result<()> {
    for from in (0..FOLLOWERS).step_by(500) {
        let some = move |tx: &Tx<'_>| {
            for follower in from..from + 500 {
                tx.exec(
                    "INSERT INTO seat (tenant_id, follower, state, updated_at_ms) VALUES ($1, $2, 'idle', 0)
                     ON CONFLICT (tenant_id, follower) DO NOTHING",
                    params![tx.tenant(), follower],
                )?;
            }
            Ok(())
        };
        db.write(SCOPE, some).await?;
    }
    Ok(())
}

/// Calls `once` from 64 callers for so long; prints units a second and how long one took.
async fn measure<F>(
    name: &str,
    seconds: u64,
    once: impl Fn(i64) -> F + Send + Sync + 'static,
) -> Result<()>
where
    F: Future<Output = Result<()>> + Send,
{
    let (count, once) = (Arc::new(AtomicI64::new(0)), Arc::new(once));
    let (whole, limit) = (Stopwatch::start(), Duration::from_secs(seconds));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (count, once) = (count.clone(), once.clone());
        callers.spawn(async move {
            let mut took = Vec::new();
            while whole.elapsed() < limit {
                let follower = (count.fetch_add(1, Ordering::Relaxed) * 7_919) % FOLLOWERS;
                let one = Stopwatch::start();
                once(follower).await?;
                took.push(one.elapsed().as_micros());
            }
            Ok::<_, base::Error>(took)
        });
    }
    let mut all = Vec::new();
    while let Some(took) = callers.join_next().await {
        all.extend(took??);
    }
    all.sort_unstable();
    let rate = all.len() as u128 * 1000 / whole.elapsed().as_millis().max(1);
    let (p50, p99) = (all[all.len() / 2], all[all.len() * 99 / 100]);
    writeln!(std::io::stdout(), "{name:6} {rate:>7} units/s   p50 {p50:>6} µs   p99 {p99:>6} µs")?;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let url = args.next().unwrap_or_else(|| "sqlite:/tmp/throughput.db".to_owned());
    let mut options = Options::new(url, Clock::System);
    options.migrations = vec![TABLES];
    if let Some(group_max) = args.next() {
        options.group_max = group_max.parse()?;
    }
    if let Some(writers) = args.next() {
        options.pg_writers = writers.parse()?;
    }
    let seconds = args.next().map_or(Ok(5), |s| s.parse())?;
    let db = Db::open(options).await?;
    seed(&db).await?;
    let (writing, reading) = (db.clone(), db.clone());
    measure("write", seconds, move |follower| {
        let db = writing.clone();
        async move { db.write(SCOPE, move |tx| turn(tx, follower)).await }
    })
    .await?;
    measure("read", seconds, move |follower| {
        let db = reading.clone();
        async move { db.read(SCOPE, move |tx| look(tx, follower)).await }
    })
    .await?;
    db.close().await;
    Ok(())
}
