//! Journals, entries and links that wait to be written, and their writing: many rows in a statement
//! where there are many, because on a server every statement is a journey.

use base::{Result, TenantId};
use db::{Param, Tx, Value};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Rows in one statement of the large kind.
const ROWS: usize = 32;

/// An `INSERT` up to its values, and the same whole for one row and for [`ROWS`] rows.
struct Insert {
    columns: usize,
    one: String,
    many: String,
}

impl Insert {
    fn new(head: &str, columns: usize) -> Self {
        let of = |rows: usize| {
            let mut sql = format!("{head} VALUES ");
            for row in 0..rows {
                sql.push_str(if row == 0 { "(" } else { ", (" });
                for column in 1..=columns {
                    let sign = if column == 1 { "$" } else { ", $" };
                    // Writing into a String cannot fail.
                    let _ = write!(sql, "{sign}{}", row * columns + column);
                }
                sql.push(')');
            }
            sql
        };
        Self { columns, one: of(1), many: of(ROWS) }
    }

    fn run(&'static self, tx: &Tx<'_>, values: &[Value<'_>]) -> Result<()> {
        let mut rest = values;
        while let Some((some, others)) = rest.split_at_checked(ROWS * self.columns) {
            tx.exec(&self.many, some)?;
            rest = others;
        }
        for row in rest.chunks(self.columns) {
            tx.exec(&self.one, row)?;
        }
        Ok(())
    }
}

static JOURNAL: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO core_journal (tenant_id, journal_no, request_id, core_date, posted_at_ms, kind,
            channel_serial, channel_date, amount_fen, summary, explain, reversal_of)",
        12,
    )
});
static ENTRY: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "INSERT INTO core_entry (tenant_id, journal_no, line_no, account_kind, account, side, amount_fen,
            balance_after_fen, posted_at_ms, label, counterparty)",
        11,
    )
});
static LINK: LazyLock<Insert> =
    LazyLock::new(|| Insert::new("INSERT INTO core_chain (tenant_id, seq, hash)", 3));

pub(crate) struct JournalRow {
    pub(crate) journal_no: i64,
    pub(crate) request_id: String,
    pub(crate) core_date: i64,
    pub(crate) posted_at_ms: i64,
    pub(crate) kind: &'static str,
    pub(crate) channel_serial: Option<String>,
    pub(crate) channel_date: Option<i64>,
    pub(crate) amount_fen: i64,
    pub(crate) summary: String,
    pub(crate) explain: String,
    pub(crate) reversal_of: Option<i64>,
    /// The journal's link of the chain.
    pub(crate) hash: Vec<u8>,
}

pub(crate) struct EntryRow {
    pub(crate) journal_no: i64,
    pub(crate) line_no: i64,
    pub(crate) account_kind: &'static str,
    pub(crate) account: i64,
    pub(crate) side: &'static str,
    pub(crate) amount_fen: i64,
    pub(crate) balance_after_fen: Option<i64>,
    pub(crate) posted_at_ms: i64,
    pub(crate) label: String,
    pub(crate) counterparty: String,
}

/// What has been posted but not written yet.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) journals: Vec<JournalRow>,
    pub(crate) entries: Vec<EntryRow>,
}

impl Pending {
    /// Writes everything.
    pub(crate) fn write(&self, tx: &Tx<'_>) -> Result<()> {
        let tenant: TenantId = tx.tenant();
        let mut journals = Vec::with_capacity(self.journals.len() * JOURNAL.columns);
        let mut links = Vec::with_capacity(self.journals.len() * LINK.columns);
        for j in &self.journals {
            journals.extend([
                tenant.value(),
                j.journal_no.value(),
                j.request_id.value(),
                j.core_date.value(),
                j.posted_at_ms.value(),
                j.kind.value(),
                j.channel_serial.value(),
                j.channel_date.value(),
                j.amount_fen.value(),
                j.summary.value(),
                j.explain.value(),
                j.reversal_of.value(),
            ]);
            links.extend([tenant.value(), j.journal_no.value(), j.hash.value()]);
        }
        let mut entries = Vec::with_capacity(self.entries.len() * ENTRY.columns);
        for e in &self.entries {
            entries.extend([
                tenant.value(),
                e.journal_no.value(),
                e.line_no.value(),
                e.account_kind.value(),
                e.account.value(),
                e.side.value(),
                e.amount_fen.value(),
                e.balance_after_fen.value(),
                e.posted_at_ms.value(),
                e.label.value(),
                e.counterparty.value(),
            ]);
        }
        JOURNAL.run(tx, &journals)?;
        ENTRY.run(tx, &entries)?;
        LINK.run(tx, &links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_of_many_rows_counts_its_values_on() {
        let insert = Insert::new("INSERT INTO t (tenant_id, b)", 2);
        assert_eq!(insert.one, "INSERT INTO t (tenant_id, b) VALUES ($1, $2)");
        assert!(
            insert.many.starts_with("INSERT INTO t (tenant_id, b) VALUES ($1, $2), ($3, $4), (")
        );
        assert!(insert.many.ends_with(", ($63, $64)"));
        for known in [&*JOURNAL, &ENTRY, &LINK] {
            assert_eq!(db::words_check(&known.many), Vec::<&str>::new());
            let named = known.one.split(" VALUES").next().unwrap().split(',').count();
            assert_eq!(named, known.columns, "{}", known.one);
        }
    }
}
