//! Every promise of the crate as a sentence, on SQLite always and on PostgreSQL when
//! `TEST_POSTGRES_URL` is set.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

use base::{Clock, Error, Refusal, Result, TenantId, Time};
use db::testing::{TestDb, databases};
use db::{Engine, FromRow, Many, Migration, Row, Scope, Tx, params};
use std::sync::LazyLock;

const QUEUE: Migration = Migration {
    name: "0001_queue",
    sql: "
    CREATE TABLE branch_queue (
        tenant_id BIGINT NOT NULL, branch_id BIGINT NOT NULL, is_open BOOLEAN NOT NULL, last_number BIGINT NOT NULL,
        PRIMARY KEY (tenant_id, branch_id));
    CREATE TABLE ticket (
        tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, branch_id BIGINT NOT NULL, customer_id BIGINT NOT NULL,
        number BIGINT NOT NULL, taken_at_ms BIGINT NOT NULL, note TEXT, photo BYTEA,
        PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, branch_id, number));",
};
const TENANT: Scope = Scope::Tenant(TenantId::of(7));
const OTHER: Scope = Scope::Tenant(TenantId::of(8));
const CLOSED: Refusal = Refusal::conflict("queue.closed", "该网点已停止取号");

fn start() -> Clock {
    Clock::manual(Time::of_ms(1_785_000_000_000))
}

#[derive(Debug, PartialEq, Clone)]
struct Ticket {
    id: i64,
    number: i64,
    taken_at: Time,
    note: Option<String>,
}
impl FromRow for Ticket {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self { id: r.next()?, number: r.next()?, taken_at: r.next()?, note: r.next()? })
    }
}

fn open_branch(tx: &Tx<'_>, branch: i64) -> Result<()> {
    tx.exec(
        "INSERT INTO branch_queue (tenant_id, branch_id, is_open, last_number) VALUES ($1, $2, TRUE, 0)",
        params![tx.tenant(), branch],
    )?;
    Ok(())
}

fn take_ticket(tx: &Tx<'_>, branch: i64, customer: i64) -> Result<Ticket> {
    let open: bool = tx.one(
        "SELECT is_open FROM branch_queue WHERE tenant_id = $1 AND branch_id = $2",
        params![tx.tenant(), branch],
    )?;
    if !open {
        return CLOSED.into();
    }
    // $2 before $1 on purpose: values are found by number, not by place.
    let number: i64 = tx.one(
        "UPDATE branch_queue SET last_number = last_number + 1 WHERE branch_id = $2 AND tenant_id = $1 RETURNING last_number",
        params![tx.tenant(), branch],
    )?;
    let id = tx.new_id::<base::Tenant>();
    tx.exec(
        "INSERT INTO ticket (tenant_id, id, branch_id, customer_id, number, taken_at_ms, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tx.tenant(), id, branch, customer, number, tx.now(), None::<String>],
    )?;
    tx.one(
        "SELECT id, number, taken_at_ms, note FROM ticket WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )
}

fn close_branch(tx: &Tx<'_>, branch: i64) -> Result<()> {
    let closed = tx.exec_one(
        "UPDATE branch_queue SET is_open = $3 WHERE tenant_id = $1 AND branch_id = $2",
        params![tx.tenant(), branch, false],
    )?;
    assert!(closed);
    Ok(())
}

async fn tickets(db: &TestDb) -> i64 {
    let count = |tx: &Tx<'_>| {
        tx.one::<i64>("SELECT COUNT(*) FROM ticket WHERE tenant_id = $1", params![tx.tenant()])
    };
    db.read(TENANT, count).await.unwrap()
}

#[tokio::test]
async fn a_ticket_is_taken_once_and_in_order() {
    let clock = start();
    for db in databases(&[QUEUE], &clock).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let first = db.write(TENANT, |tx| take_ticket(tx, 1, 100)).await.unwrap();
        clock.advance_ms(60_000);
        let second = db.write(TENANT, |tx| take_ticket(tx, 1, 101)).await.unwrap();
        assert_eq!((first.number, second.number), (1, 2));
        assert_eq!(second.taken_at.since(first.taken_at), 60_000);
        assert!(second.id > first.id);
        assert_eq!(first.note, None);
    }
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let e = db.write(OTHER, |tx| take_ticket(tx, 1, 100)).await.unwrap_err();
        assert!(e.to_string().contains("no row"), "{e}");
    }
}

#[tokio::test]
async fn a_refusal_rolls_everything_back_and_keeps_its_words() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let refused = db.write(TENANT, |tx| {
            take_ticket(tx, 1, 100)?;
            close_branch(tx, 1)?;
            take_ticket(tx, 1, 101)
        });
        let e = refused.await.unwrap_err();
        assert!(e.is_refusal("queue.closed"), "{e:?}");
        assert_eq!(tickets(&db).await, 0);
        assert_eq!(db.write(TENANT, |tx| take_ticket(tx, 1, 100)).await.unwrap().number, 1);
    }
}

#[tokio::test]
async fn after_a_failed_statement_nothing_more_runs() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let hidden = db.write(TENANT, |tx| {
            let _ = open_branch(tx, 1);
            open_branch(tx, 2)
        });
        let e = hidden.await.unwrap_err();
        assert!(e.to_string().contains("already failed"), "{e}");
    }
}

#[tokio::test]
async fn an_error_may_not_be_swallowed() {
    for db in databases(&[QUEUE], &start()).await {
        let swallowed = db.write(TENANT, |tx| {
            open_branch(tx, 1)?;
            let _ = open_branch(tx, 1);
            Ok(())
        });
        assert!(
            swallowed.await.unwrap_err().to_string().contains("went on after a failed statement")
        );
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_duplicate_is_a_fault_that_names_the_rule() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let e = db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap_err().to_string();
        assert!(e.contains("branch_queue") && e.to_lowercase().contains("unique"), "{e}");
    }
}

#[tokio::test]
async fn a_panic_undoes_its_unit_and_the_writer_lives_on() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let panicked = db.write(TENANT, |tx| -> Result<()> {
            take_ticket(tx, 1, 1)?;
            panic!("boom")
        });
        let e = panicked.await.unwrap_err();
        assert!(e.to_string().contains("panicked: boom"), "{e}");
        let read = db.read(TENANT, |_| -> Result<()> { panic!("bang") }).await.unwrap_err();
        assert!(read.to_string().contains("bang"));
        assert_eq!(tickets(&db).await, 0);
        assert_eq!(db.write(TENANT, |tx| take_ticket(tx, 1, 100)).await.unwrap().number, 1);
    }
}

#[tokio::test]
async fn inside_a_tenant_a_statement_must_name_its_tenant() {
    for db in databases(&[QUEUE], &start()).await {
        let all = |tx: &Tx<'_>| tx.one::<i64>("SELECT COUNT(*) FROM ticket", params![]);
        let e = db.read(TENANT, all).await.unwrap_err();
        assert!(e.to_string().contains("must name tenant_id"), "{e}");
        assert_eq!(db.read(Scope::House, all).await.unwrap(), 0);
        assert_eq!(db.read(Scope::House, |tx| Ok(tx.tenant().raw())).await.unwrap(), 0);
        // The statement is prepared now; the net still holds.
        assert!(db.read(TENANT, all).await.is_err());
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    for db in databases(&[QUEUE], &start()).await {
        assert!(db.read(TENANT, |tx| open_branch(tx, 1)).await.is_err());
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_answered_is_seen_by_the_next_read() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        for n in 1..=50 {
            db.write(TENANT, move |tx| take_ticket(tx, 1, n)).await.unwrap();
            assert_eq!(tickets(&db).await, n);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_glance_sees_what_was_answered_and_cannot_write() {
    for db in databases(&[QUEUE], &start()).await {
        assert!(db.glance(TENANT, |tx| open_branch(tx, 1)).await.is_err());
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let last = |tx: &Tx<'_>| {
            tx.opt::<i64>(
                "SELECT last_number FROM branch_queue WHERE branch_id = $2 AND tenant_id = $1",
                params![tx.tenant(), 1],
            )
        };
        for n in 1..=20 {
            db.write(TENANT, move |tx| take_ticket(tx, 1, n)).await.unwrap();
            assert_eq!(db.glance(TENANT, last).await.unwrap(), Some(n));
            assert_eq!(db.glance(OTHER, last).await.unwrap(), None);
        }
        let nameless = db.glance(TENANT, |tx| tx.one::<i64>("SELECT 1", params![])).await;
        assert!(nameless.unwrap_err().to_string().contains("tenant_id"));
        let panicked = db.glance(TENANT, |_| -> Result<()> { panic!("a defect") }).await;
        assert!(panicked.unwrap_err().to_string().contains("a defect"));
        assert_eq!(db.glance(TENANT, last).await.unwrap(), Some(20));
        let all = together((0..50).map(|_| db.glance(TENANT, last)).collect()).await;
        assert!(all.into_iter().all(|one| one.unwrap() == Some(20)));
    }
}

static PHOTOS: LazyLock<Many> = LazyLock::new(|| {
    let one = "UPDATE ticket SET photo = $3 WHERE tenant_id = $1 AND id = $2";
    let around = (
        "UPDATE ticket SET photo = v.column3 FROM (VALUES ",
        ") AS v WHERE ticket.tenant_id = v.column1 AND ticket.id = v.column2",
    );
    Many::new(3, one, around, Some(&["BIGINT", "BIGINT", "BYTEA"]))
});
static TICKETS: LazyLock<Many> = LazyLock::new(|| {
    let one = "INSERT INTO ticket (tenant_id, id, branch_id, customer_id, number, taken_at_ms) \
        VALUES ($1, $2, 1, 1, $2, $3) ON CONFLICT (tenant_id, id) DO NOTHING";
    let around = (
        "INSERT INTO ticket (tenant_id, id, taken_at_ms, branch_id, customer_id, number) \
            SELECT v.column1, v.column2, v.column3, 1, 1, v.column2 FROM (VALUES ",
        ") AS v WHERE TRUE ON CONFLICT (tenant_id, id) DO NOTHING",
    );
    Many::new(3, one, around, Some(&["BIGINT", "BIGINT", "BIGINT"]))
});

#[tokio::test]
async fn many_rows_are_changed_as_if_one_by_one() {
    for db in databases(&[QUEUE], &start()).await {
        // 87 is 64, 16, 4, 2 and 1.
        let add = |tx: &Tx<'_>| {
            let rows = (1..=87).flat_map(|n| [7, n, 5].map(db::Value::Int));
            tx.exec_many(&TICKETS, &rows.collect::<Vec<_>>())
        };
        assert_eq!(db.write(TENANT, add).await.unwrap(), 87);
        assert_eq!(db.write(TENANT, add).await.unwrap(), 0, "{:?}", db.engine());
        let change = |tx: &Tx<'_>| {
            let photo =
                |n| if n % 2 == 0 { db::Value::Bytes(b"\x00\xff") } else { db::Value::Null };
            let rows = (80..=100).flat_map(|n| [db::Value::Int(7), db::Value::Int(n), photo(n)]);
            tx.exec_many(&PHOTOS, &rows.collect::<Vec<_>>())
        };
        assert_eq!(db.write(TENANT, change).await.unwrap(), 8);
        let photos = |tx: &Tx<'_>| {
            tx.all::<Option<Vec<u8>>>(
                "SELECT photo FROM ticket WHERE tenant_id = $1 AND id >= 80 ORDER BY id LIMIT 2",
                params![tx.tenant()],
            )
        };
        let found = db.read(TENANT, photos).await.unwrap();
        assert_eq!(found, [Some(vec![0, 255]), None]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gap_and_no_double_under_contention() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let all = together(
            (1..=200).map(|i| db.write(TENANT, move |tx| take_ticket(tx, 1, i))).collect(),
        );
        let mut numbers: Vec<i64> = all.await.into_iter().map(|t| t.unwrap().number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=200).collect::<Vec<_>>(), "{:?}", db.engine());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_unit_does_not_harm_its_neighbours_in_one_commit() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let unit = |i: i64| {
            move |tx: &Tx<'_>| {
                let ticket = take_ticket(tx, 1, i)?;
                match i % 4 {
                    1 => CLOSED.into(),
                    2 => Err(Error::fault("no")),
                    3 => panic!("bad luck"),
                    _ => Ok(ticket.number),
                }
            }
        };
        let all = together((0..100).map(|i| db.write(TENANT, unit(i))).collect()).await;
        let mut kept: Vec<i64> = all.into_iter().filter_map(Result::ok).collect();
        kept.sort_unstable();
        assert_eq!(kept, (1..=25).collect::<Vec<_>>(), "{:?}", db.engine());
        assert_eq!(tickets(&db).await, 25);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_units_cannot_both_act_on_what_the_other_changed() {
    // Write skew: both look, both see room for one more, each adds one. Alone, only one may.
    for db in databases(&[QUEUE], &start()).await {
        let last_place = |branch: i64| {
            move |tx: &Tx<'_>| {
                let open: i64 = tx.one(
                    "SELECT COUNT(*) FROM branch_queue WHERE tenant_id = $1",
                    params![tx.tenant()],
                )?;
                if open > 0 {
                    return CLOSED.into();
                }
                open_branch(tx, branch)
            }
        };
        let all = together((0..32).map(|i| db.write(TENANT, last_place(i))).collect()).await;
        assert_eq!(all.iter().filter(|r| r.is_ok()).count(), 1, "{:?}", db.engine());
        assert!(
            all.iter().all(|r| { r.as_ref().err().is_none_or(|e| e.is_refusal("queue.closed")) })
        );
    }
}

fn add_ticket_later(tx: &Tx<'_>, id: i64) -> Result<()> {
    tx.exec_later(
        "INSERT INTO ticket (tenant_id, id, branch_id, customer_id, number, taken_at_ms) VALUES ($1, $2, 1, 1, $2, $3)",
        params![tx.tenant(), id, tx.now()],
    )
}

#[tokio::test]
async fn a_later_change_is_seen_by_the_next_statement_and_is_kept() {
    for db in databases(&[QUEUE], &start()).await {
        let seen = db.write(TENANT, |tx| {
            for id in 0..150 {
                add_ticket_later(tx, id)?;
            }
            tx.one::<i64>("SELECT COUNT(*) FROM ticket WHERE tenant_id = $1", params![tx.tenant()])
        });
        assert_eq!(seen.await.unwrap(), 150);
        db.write(TENANT, |tx| add_ticket_later(tx, 150)).await.unwrap();
        assert_eq!(tickets(&db).await, 151);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_change_that_fails_undoes_its_own_unit_and_no_other() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| add_ticket_later(tx, 1000)).await.unwrap();
        let unit = |id: i64| {
            move |tx: &Tx<'_>| {
                add_ticket_later(tx, id)?;
                add_ticket_later(tx, if id % 10 == 0 { 1000 } else { 2000 + id })
            }
        };
        let all = together((0..60).map(|id| db.write(TENANT, unit(id))).collect()).await;
        for (id, ended) in all.iter().enumerate() {
            assert_eq!(ended.is_ok(), id % 10 != 0, "{:?} {id}: {ended:?}", db.engine());
        }
        let e = all[0].as_ref().unwrap_err().to_string().to_lowercase();
        assert!(e.contains("unique") && !e.contains("unknown"), "{e}");
        assert_eq!(tickets(&db).await, 1 + 2 * 54);
    }
}

#[tokio::test]
async fn a_later_change_is_undone_with_its_unit() {
    for db in databases(&[QUEUE], &start()).await {
        let refused = db.write(TENANT, |tx| -> Result<()> {
            add_ticket_later(tx, 1)?;
            CLOSED.into()
        });
        assert!(refused.await.unwrap_err().is_refusal("queue.closed"));
        assert_eq!(tickets(&db).await, 0);
    }
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    for db in databases(&[QUEUE], &start()).await {
        let wanted = ("转账 'a' \u{1f600}".to_owned(), vec![0_u8, 255, 10]);
        let (text, bytes) = wanted.clone();
        let write = db.write(TENANT, move |tx| {
            tx.exec(
                "INSERT INTO ticket (tenant_id, id, branch_id, customer_id, number, taken_at_ms, note, photo)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                params![tx.tenant(), i64::MIN, 0, i64::MAX, -1, tx.now(), text, bytes],
            )
        });
        assert_eq!(write.await.unwrap(), 1);
        let read = db.read(TENANT, |tx| {
            tx.one::<(i64, i64, i64, Time, Option<String>, Option<Vec<u8>>, bool)>(
                "SELECT id, customer_id, number, taken_at_ms, note, photo, number < 0 FROM ticket WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        });
        let (id, customer, number, at, text, bytes, negative) = read.await.unwrap();
        assert_eq!((id, customer, number, negative), (i64::MIN, i64::MAX, -1, true));
        assert_eq!(at.ms(), 1_785_000_000_000);
        assert_eq!((text.unwrap(), bytes.unwrap()), wanted);
    }
}

#[tokio::test]
async fn a_value_of_the_wrong_kind_is_a_fault_on_both_engines() {
    for db in databases(&[QUEUE], &start()).await {
        let note = |tx: &Tx<'_>| {
            tx.exec(
                "UPDATE branch_queue SET last_number = $2 WHERE tenant_id = $1",
                params![tx.tenant(), "x"],
            )
        };
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        assert!(db.write(TENANT, note).await.is_err(), "{:?}", db.engine());
        let read = |tx: &Tx<'_>| {
            tx.one::<String>(
                "SELECT last_number FROM branch_queue WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        assert!(db.read(TENANT, read).await.unwrap_err().to_string().contains("is not a"));
        let few = |tx: &Tx<'_>| {
            tx.exec("DELETE FROM ticket WHERE tenant_id = $1 AND id = $2", params![tx.tenant()])
        };
        assert!(db.write(TENANT, few).await.is_err());
    }
}

#[tokio::test]
async fn a_guarded_change_of_many_rows_is_a_fault_and_changes_none() {
    for db in databases(&[QUEUE], &start()).await {
        let two = |tx: &Tx<'_>| {
            open_branch(tx, 1)?;
            open_branch(tx, 2)
        };
        db.write(TENANT, two).await.unwrap();
        let close = |tx: &Tx<'_>| {
            tx.exec_one(
                "UPDATE branch_queue SET is_open = FALSE WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        assert!(db.write(TENANT, close).await.unwrap_err().to_string().contains("2 did"));
        let open = |tx: &Tx<'_>| {
            tx.one::<i64>(
                "SELECT COUNT(*) FROM branch_queue WHERE tenant_id = $1 AND is_open",
                params![tx.tenant()],
            )
        };
        assert_eq!(db.read(TENANT, open).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_closed_database_answers_what_waits_and_refuses_what_comes() {
    for db in databases(&[QUEUE], &start()).await {
        db.write(TENANT, |tx| open_branch(tx, 1)).await.unwrap();
        let (kept, closing) = (db.clone(), db.clone());
        let (waiting, ()) = tokio::join!(kept.write(TENANT, |tx| take_ticket(tx, 1, 1)), async {
            tokio::task::yield_now().await;
            closing.close().await;
        });
        assert_eq!(waiting.unwrap().number, 1);
        let e = kept.write(TENANT, |tx| take_ticket(tx, 1, 2)).await.unwrap_err();
        assert!(e.to_string().contains("closed"), "{e}");
        kept.close().await;
        assert!(matches!(db.engine(), Engine::Sqlite | Engine::Postgres));
    }
}

/// Runs all at once and gives their results in order.
async fn together<T: Send + 'static>(all: Vec<impl Future<Output = Result<T>>>) -> Vec<Result<T>> {
    let mut all: Vec<_> = all.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|cx| {
        let mut ready = true;
        for (future, out) in &mut all {
            if out.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(v) => *out = Some(v),
                    std::task::Poll::Pending => ready = false,
                }
            }
        }
        if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    all.into_iter().filter_map(|(_, out)| out).collect()
}
