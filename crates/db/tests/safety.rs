//! What holds when something goes wrong: slow statements, broken commits, lost connections, and the
//! nets under tenants and under the wire.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

use base::{Clock, Random, Result, TenantId, Time};
use db::testing::{TestDb, databases, databases_with, postgres_url};
use db::{Db, Engine, Migration, Options, Scope, Tx, params};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

const NOTE: Migration = Migration {
    name: "0001_note",
    sql: "
    CREATE TABLE note (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
    CREATE TABLE reply (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, note_id BIGINT NOT NULL,
        PRIMARY KEY (tenant_id, id),
        FOREIGN KEY (tenant_id, note_id) REFERENCES note (tenant_id, id) DEFERRABLE INITIALLY DEFERRED);",
};
const TENANT: Scope = Scope::Tenant(TenantId::of(7));

fn clock() -> Clock {
    Clock::manual(Time::of_ms(1_785_000_000_000))
}
fn options(url: &str) -> Options {
    let mut options = Options::new(url, clock());
    options.migrations = vec![NOTE];
    options
}

fn add(id: i64) -> impl Fn(&Tx<'_>) -> Result<()> + Send + 'static {
    move |tx| {
        tx.exec("INSERT INTO note (tenant_id, id) VALUES ($1, $2)", params![tx.tenant(), id])?;
        Ok(())
    }
}
fn count(tx: &Tx<'_>) -> Result<i64> {
    tx.one("SELECT COUNT(*) FROM note WHERE tenant_id = $1", params![tx.tenant()])
}
const ENDLESS: &str = "INSERT INTO note (tenant_id, id)
    WITH RECURSIVE c(n) AS (SELECT CAST(1000 AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000)
    SELECT $1, n FROM c";

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_stopped_and_its_neighbours_are_kept() {
    let quick = |url: &str| Options { statement_timeout_ms: 150, ..options(url) };
    for db in databases_with(quick).await {
        let mut all = tokio::task::JoinSet::new();
        for id in 0..40 {
            let db = (*db).clone();
            all.spawn(async move {
                match id {
                    20 => {
                        db.write(TENANT, |tx| tx.exec(ENDLESS, params![tx.tenant()]).map(|_| ()))
                            .await
                    }
                    _ => db.write(TENANT, add(id)).await,
                }
            });
        }
        let failed: Vec<_> = all.join_all().await.into_iter().filter_map(Result::err).collect();
        assert_eq!(failed.len(), 1, "{:?}: {failed:?}", db.engine());
        assert!(failed[0].to_string().contains("took longer than"), "{:?}", failed[0]);
        assert_eq!(db.read(TENANT, count).await.unwrap(), 39);
        let slow_read = |tx: &Tx<'_>| {
            tx.one::<i64>(
                "WITH RECURSIVE c(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000)
                 SELECT COUNT(*) FROM c WHERE $1 > 0 -- tenant_id",
                params![tx.tenant()],
            )
        };
        assert!(db.read(TENANT, slow_read).await.is_err());
        assert_eq!(db.read(TENANT, count).await.unwrap(), 39);
    }
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_its_units_and_the_next_ones_go_on() {
    for db in databases(&[NOTE], &clock()).await {
        let dangling = db.write(TENANT, |tx| {
            tx.exec(
                "INSERT INTO reply (tenant_id, id, note_id) VALUES ($1, 1, 99)",
                params![tx.tenant()],
            )
        });
        let e = dangling.await.unwrap_err().to_string();
        assert!(e.to_lowercase().contains("foreign key"), "{e}");
        assert!(!e.contains("outcome unknown"), "{e}");
        db.write(TENANT, add(1)).await.unwrap();
        let replies = |tx: &Tx<'_>| {
            tx.one::<i64>("SELECT COUNT(*) FROM reply WHERE tenant_id = $1", params![tx.tenant()])
        };
        assert_eq!(db.read(TENANT, replies).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_makes_callers_wait_and_loses_nobody() {
    let narrow = |url: &str| Options { queue_max: 1, ..options(url) };
    for db in databases_with(narrow).await {
        let mut all = tokio::task::JoinSet::new();
        for id in 0..100 {
            let db = (*db).clone();
            all.spawn(async move { db.write(TENANT, add(id)).await });
        }
        assert!(all.join_all().await.into_iter().all(|r| r.is_ok()));
        assert_eq!(db.read(TENANT, count).await.unwrap(), 100);
    }
}

#[tokio::test]
async fn without_collisions_a_group_may_be_of_one() {
    let single = |url: &str| Options { group_max: 1, pg_writers: 1, ..options(url) };
    for db in databases_with(single).await {
        let (a, b) = tokio::join!(db.write(TENANT, add(1)), db.write(TENANT, add(2)));
        a.and(b).unwrap();
        assert_eq!(db.read(TENANT, count).await.unwrap(), 2);
    }
}

/// What is logged by this test binary.
fn log() -> MutexGuard<'static, Vec<u8>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || Shared(writer.clone()))
            .init();
        log
    })
    .lock()
    .unwrap()
}
struct Shared(Arc<Mutex<Vec<u8>>>);
impl Write for Shared {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn a_slow_one(tx: &Tx<'_>) -> Result<()> {
    std::thread::sleep(Duration::from_millis(60));
    add(1)(tx)
}

#[tokio::test]
async fn a_slow_unit_is_logged_with_its_name() {
    drop(log());
    for db in databases(&[NOTE], &clock()).await {
        log().clear();
        db.write(TENANT, a_slow_one).await.unwrap();
        let text = String::from_utf8(log().clone()).unwrap();
        assert!(
            text.contains("slow unit of work") && text.contains("safety::a_slow_one"),
            "{text}"
        );
    }
}

/// The same server by another user, or through another port.
fn changed(url: &str, user: Option<&str>, port: Option<u16>) -> String {
    let (head, tail) = url.split_once("://").unwrap();
    let (login, rest) = tail.split_once('@').unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let host = port.map_or(host.to_owned(), |p| format!("127.0.0.1:{p}"));
    format!("{head}://{}@{host}/{path}", user.unwrap_or(login))
}

fn on_postgres(all: Vec<TestDb>) -> Option<TestDb> {
    all.into_iter().find(|db| db.engine() == Engine::Postgres)
}

/// Runs a statement as the administrator of the tests' server.
async fn administer(sql: String) {
    let url = postgres_url().unwrap();
    let run = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(&sql).unwrap();
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[tokio::test]
async fn row_security_holds_where_a_statement_forgets_its_tenant() {
    let Some(admin) = on_postgres(databases(&[NOTE], &clock()).await) else {
        return;
    };
    let role = format!("weiyin_role_{}", Random::system().hex(6));
    administer(format!("CREATE ROLE {role} LOGIN")).await;
    let plain = Options {
        migration_url: Some(admin.url.clone()),
        row_security: true,
        ..options(&changed(&admin.url, Some(&role), None))
    };
    let db = Db::open(plain).await.unwrap();
    assert_eq!(db.self_check(), [] as [String; 0]);
    db.write(TENANT, add(1)).await.unwrap();
    let careless =
        |tx: &Tx<'_>| tx.one::<i64>("SELECT COUNT(*) FROM note WHERE tenant_id > 0", params![]);
    assert_eq!(db.read(TENANT, careless).await.unwrap(), 1);
    let other = Scope::Tenant(TenantId::of(8));
    assert_eq!(db.read(other, careless).await.unwrap(), 0);
    assert_eq!(db.read(Scope::House, careless).await.unwrap(), 1);
    let foreign =
        |tx: &Tx<'_>| tx.exec("INSERT INTO note (tenant_id, id) VALUES (7, 2)", params![]);
    assert!(db.write(other, foreign).await.unwrap_err().to_string().contains("row-level security"));
    db.close().await;

    // Nothing is seen by a session that names no tenant, and the program refuses to run half protected.
    let half = options(&changed(&admin.url, Some(&role), None));
    let half = Options { migration_url: Some(admin.url.clone()), ..half };
    let words = Db::open(half).await.unwrap_err().to_string();
    assert!(words.contains("set row_security = true"), "{words}");
    let bare = changed(&admin.url, Some(&role), None);
    let seen = tokio::task::spawn_blocking(move || {
        let mut client = postgres::Client::connect(&bare, postgres::NoTls).unwrap();
        client.query_one("SELECT COUNT(*) FROM note", &[]).unwrap().get::<_, i64>(0)
    });
    assert_eq!(seen.await.unwrap(), 0);
    drop(admin);
    tokio::time::sleep(Duration::from_millis(200)).await;
    administer(format!("DROP ROLE {role}")).await;
}

#[tokio::test]
async fn a_superuser_that_owns_the_tables_is_warned_about() {
    let Some(db) = on_postgres(databases(&[NOTE], &clock()).await) else {
        return;
    };
    let warnings = db.self_check().join("\n");
    assert!(warnings.contains("BYPASSRLS") && warnings.contains("owns"), "{warnings}");
}

#[tokio::test]
async fn the_wire_is_encrypted_when_asked_and_an_unknown_root_is_refused() {
    let Some(plain) = on_postgres(databases(&[NOTE], &clock()).await) else {
        return;
    };
    let on = |tx: &Tx<'_>| tx.one::<String>("SELECT current_setting('ssl')", params![]);
    if plain.read(Scope::House, on).await.unwrap() != "on" {
        eprintln!("SKIPPED: the test server speaks no TLS");
        return;
    }
    let url = |mode: &str| format!("{}?sslmode={mode}", plain.url);
    let secret = Db::open(options(&url("require"))).await.unwrap();
    let ssl = |tx: &Tx<'_>| {
        tx.one::<bool>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", params![])
    };
    assert!(secret.read(Scope::House, ssl).await.unwrap());
    assert!(!plain.read(Scope::House, ssl).await.unwrap());
    secret.close().await;
    let words = Db::open(options(&url("verify-full"))).await.unwrap_err().to_string();
    assert!(words.contains("certificate"), "{words}");
}

#[tokio::test]
async fn connections_that_were_cut_are_made_anew() {
    let Some(db) = on_postgres(databases(&[NOTE], &clock()).await) else {
        return;
    };
    db.write(TENANT, add(1)).await.unwrap();
    let name = db.url.rsplit_once('/').unwrap().1.to_owned();
    administer(format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ))
    .await;
    for id in 2..20 {
        db.write(TENANT, add(id)).await.unwrap();
        assert_eq!(db.read(TENANT, count).await.unwrap(), id);
    }
}

/// Passes bytes to the server and cuts the line at the `COMMIT` that follows the word `arm`.
fn cutting_proxy(server: String, armed: Arc<Mutex<bool>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(std::result::Result::ok) {
            let (up, armed) = (TcpStream::connect(&server).unwrap(), armed.clone());
            let (mut from_server, mut to_client) =
                (up.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut from_server, &mut to_client));
            std::thread::spawn(move || cut(client, up, &armed));
        }
    });
    port
}

fn cut(mut client: TcpStream, mut up: TcpStream, armed: &Mutex<bool>) {
    let mut buffer = [0; 65_536];
    while let Ok(n @ 1..) = client.read(&mut buffer) {
        let commits = buffer[..n].windows(6).any(|w| w == b"COMMIT");
        if commits && std::mem::take(&mut *armed.lock().unwrap()) {
            // The answer is lost on its way: the server commits, the client does not hear of it.
            let _ = client.shutdown(std::net::Shutdown::Both);
            let _ = up.write_all(&buffer[..n]);
            std::thread::sleep(Duration::from_millis(100));
            break;
        }
        if up.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = up.shutdown(std::net::Shutdown::Both);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_while_committing_leaves_the_outcome_unknown_and_says_so() {
    let Some(direct) = on_postgres(databases(&[NOTE], &clock()).await) else {
        return;
    };
    let server = direct.url.split_once('@').unwrap().1.split_once('/').unwrap().0.to_owned();
    let armed = Arc::new(Mutex::new(false));
    let port = cutting_proxy(server, armed.clone());
    let far = Db::open(options(&changed(&direct.url, None, Some(port)))).await.unwrap();
    far.write(TENANT, add(1)).await.unwrap();
    *armed.lock().unwrap() = true;
    let e = far.write(TENANT, add(2)).await.unwrap_err().to_string();
    assert!(e.contains("outcome unknown: re-read by key"), "{e}");
    // It happens nevertheless, as a look by key tells, soon.
    let mut looks = 0;
    while direct.read(TENANT, count).await.unwrap() < 2 {
        looks += 1;
        assert!(looks < 500, "the commit was lost");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    far.write(TENANT, add(3)).await.unwrap();
    far.close().await;
}
