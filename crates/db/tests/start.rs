//! Opening a database: the schema, the folder, the file, and several processes at once.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

use base::{Clock, Time};
use db::testing::databases;
use db::{Db, Engine, Migration, Options, Scope, params};

const NOTE: Migration = Migration {
    name: "0001_note",
    sql: "CREATE TABLE note (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));",
};
const MORE: Migration = Migration {
    name: "0002_more",
    sql: "ALTER TABLE note ADD COLUMN body TEXT NOT NULL DEFAULT '';",
};

fn clock() -> Clock {
    Clock::manual(Time::of_ms(1_785_000_000_000))
}
fn options(url: &str, migrations: &[Migration]) -> Options {
    let mut options = Options::new(url, clock());
    options.migrations = migrations.to_vec();
    options
}
async fn refusal(options: Options) -> String {
    Db::open(options).await.unwrap_err().to_string()
}

#[tokio::test]
async fn each_step_runs_once_and_a_later_start_adds_the_new_ones() {
    for db in databases(&[NOTE], &clock()).await {
        (*db).clone().close().await;
        for _ in 0..2 {
            let again = Db::open(options(&db.url, &[NOTE, MORE])).await.unwrap();
            let steps = again.read(Scope::House, |tx| {
                tx.all::<String>(
                    "SELECT name FROM migration WHERE name >= '0001' ORDER BY name",
                    params![],
                )
            });
            assert_eq!(steps.await.unwrap(), ["0001_note", "0002_more"]);
            again.close().await;
        }
    }
}

#[tokio::test]
async fn a_landed_step_that_changed_refuses_to_start_and_is_named() {
    for db in databases(&[NOTE], &clock()).await {
        (*db).clone().close().await;
        let changed = Migration { sql: "CREATE TABLE note (tenant_id BIGINT)", ..NOTE };
        let words = refusal(options(&db.url, &[changed])).await;
        assert!(words.contains("0001_note has changed"), "{words}");
    }
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing_behind_and_is_named() {
    let broken = Migration {
        name: "0002_broken",
        sql: "CREATE TABLE half (a BIGINT); CREATE TABLE oops (;",
    };
    for db in databases(&[NOTE], &clock()).await {
        (*db).clone().close().await;
        let words = refusal(options(&db.url, &[NOTE, broken])).await;
        assert!(words.contains("0002_broken"), "{words}");
        let mended = Migration { sql: "CREATE TABLE half (a BIGINT);", ..broken };
        Db::open(options(&db.url, &[NOTE, mended])).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn an_older_program_still_runs_on_a_newer_schema() {
    for db in databases(&[NOTE, MORE], &clock()).await {
        (*db).clone().close().await;
        Db::open(options(&db.url, &[NOTE])).await.unwrap().close().await;
    }
}

#[tokio::test]
async fn a_wrong_url_says_what_is_wanted() {
    let words = refusal(options("mysql://x", &[])).await;
    assert!(words.contains("sqlite: or postgres://"), "{words}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_refused_with_advice() {
    let words = refusal(options("sqlite:/proc/nowhere/bank.db", &[])).await;
    assert!(words.contains("/proc/nowhere cannot be written"), "{words}");
    assert!(words.contains("set another path"), "{words}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let file = std::env::temp_dir().join(format!("weiyin-{}.txt", base::Random::system().hex(6)));
    std::fs::write(&file, "a letter to my bank, long enough to be read as a header").unwrap();
    let words = refusal(options(&format!("sqlite:{}", file.display()), &[])).await;
    assert!(words.contains("check that it is a database"), "{words}");
    std::fs::remove_file(&file).unwrap();
    let _ = std::fs::remove_file(file.with_extension("txt.lock"));
}

#[tokio::test]
async fn one_sqlite_file_is_owned_by_one_process() {
    for db in databases(&[NOTE], &clock()).await {
        if db.engine() == Engine::Sqlite {
            let words = refusal(options(&db.url, &[NOTE])).await;
            assert!(words.contains("use PostgreSQL for several processes"), "{words}");
        }
    }
}

#[tokio::test]
async fn sqlite_tables_are_strict_and_the_disk_is_waited_for() {
    for db in databases(&[NOTE], &clock()).await {
        if db.engine() == Engine::Sqlite {
            let look = db.write(Scope::House, |tx| {
                let strict: i64 = tx.one(
                    "SELECT COUNT(*) FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite%'",
                    params![],
                )?;
                let journal: String = tx.one("SELECT journal_mode FROM pragma_journal_mode", params![])?;
                let sync: i64 = tx.one("SELECT synchronous FROM pragma_synchronous", params![])?;
                let keys: i64 = tx.one("SELECT foreign_keys FROM pragma_foreign_keys", params![])?;
                Ok((strict, journal, sync, keys))
            });
            assert_eq!(look.await.unwrap(), (0, "wal".to_owned(), 2, 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_on_postgresql_agree_and_share_no_node_number() {
    // One empty database; every starter finds the schema missing.
    for db in databases(&[], &clock()).await {
        if db.engine() == Engine::Sqlite {
            assert_eq!(db.node(), 0);
            continue;
        }
        let mut starters = tokio::task::JoinSet::new();
        for _ in 0..6 {
            starters.spawn(Db::open(options(&db.url, &[NOTE, MORE])));
        }
        let opened: Vec<Db> = starters.join_all().await.into_iter().map(Result::unwrap).collect();
        let mut nodes: Vec<u8> = opened.iter().chain([&*db]).map(Db::node).collect();
        nodes.sort_unstable();
        nodes.dedup();
        assert_eq!(nodes.len(), 7);
        let steps = db.read(Scope::House, |tx| {
            tx.one::<i64>("SELECT COUNT(*) FROM migration WHERE name >= '0001'", params![])
        });
        assert_eq!(steps.await.unwrap(), 2);
        for one in opened {
            one.close().await;
        }
    }
}

#[tokio::test]
async fn a_chosen_node_number_is_used() {
    for db in databases(&[], &clock()).await {
        (*db).clone().close().await;
        let chosen = Options { node: Some(42), ..options(&db.url, &[]) };
        let again = Db::open(chosen).await.unwrap();
        let id = again.write(Scope::House, |tx| Ok(tx.new_id::<base::Tenant>().raw()));
        assert_eq!((id.await.unwrap() >> 13) & 0xff, 42);
        again.close().await;
    }
}
