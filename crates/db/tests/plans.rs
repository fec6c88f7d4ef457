//! What PostgreSQL remembers of a statement: not for ever what it thought of it when there was nothing to find.

use base::{Clock, Result, TenantId, Time};
use db::testing::databases_with;
use db::{Migration, Options, Scope, Tx, params};

/// The index that a planner who knows nothing takes, because it is the last: it leads to all books of a tenant.
const BOOKS: Migration = Migration {
    name: "0001_books",
    sql: "
    CREATE TABLE book (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, shelf BIGINT NOT NULL, PRIMARY KEY (tenant_id, id));
    CREATE INDEX book_on_shelf ON book (tenant_id, shelf);",
};
const TENANT: Scope = Scope::Tenant(TenantId::of(7));
const BOOKS_MAX: i64 = 600;

fn shelf_of(tx: &Tx<'_>, id: i64) -> Result<Option<i64>> {
    tx.opt("SELECT shelf FROM book WHERE tenant_id = $1 AND id = $2", params![tx.tenant(), id])
}

/// Rows that PostgreSQL has fetched by an index in this connection and not yet told anybody of.
fn fetched(tx: &Tx<'_>) -> Result<i64> {
    tx.one(
        "SELECT CAST(COALESCE(SUM(idx_tup_fetch), 0) AS BIGINT) FROM pg_stat_xact_user_tables \
         WHERE relname = 'book' AND $1 > 0 -- tenant_id",
        params![tx.tenant()],
    )
}

#[tokio::test]
async fn a_row_is_found_by_its_key_though_its_table_was_empty_when_it_was_first_looked_for() {
    let alone = |url: &str| {
        let clock = Clock::manual(Time::of_ms(1_785_000_000_000));
        Options { pg_writers: 1, migrations: vec![BOOKS], ..Options::new(url, clock) }
    };
    for db in databases_with(alone).await {
        for _ in 0..10 {
            assert_eq!(db.write(TENANT, |tx| shelf_of(tx, 1)).await.unwrap(), None);
        }
        for id in 0..BOOKS_MAX {
            let add = move |tx: &Tx<'_>| {
                let sql = "INSERT INTO book (tenant_id, id, shelf) VALUES ($1, $2, $3)";
                tx.exec(sql, params![tx.tenant(), id, id % 7]).map(|_| ())
            };
            db.write(TENANT, add).await.unwrap();
        }
        let is_server = db.engine() == db::Engine::Postgres;
        let look = move |tx: &Tx<'_>| {
            let before = if is_server { fetched(tx)? } else { 0 };
            let found = shelf_of(tx, BOOKS_MAX - 1)?;
            let after = if is_server { fetched(tx)? } else { 0 };
            Ok((found, after - before))
        };
        let (found, rows) = db.write(TENANT, look).await.unwrap();
        assert_eq!(found, Some((BOOKS_MAX - 1) % 7));
        assert!(rows <= 1, "{rows} rows were fetched for one");
    }
}
