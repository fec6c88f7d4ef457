//! The rows an institution keeps over the union's files.

use super::changes::{Act, Change};
use base::{Id, Result, Time};
use db::{Tx, params};
use dialogue::knowledge::{Answer, OwnRow};

type AnswerRow = (String, String, Option<String>, String, String, i64, Option<i64>);
type RateRow = (String, String, i64, Option<i64>, String, String);

pub(super) fn answers(tx: &Tx<'_>) -> Result<Vec<(String, Answer)>> {
    let rows: Vec<AnswerRow> = tx.all(
        "SELECT entry, answer, elder, source, owner, from_day, to_day FROM knowledge_answer WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    let read = |(entry, answer, elder, source, owner, from, to): AnswerRow| {
        (entry, Answer { answer, elder, source, owner, from, to })
    };
    Ok(rows.into_iter().map(read).collect())
}

pub(super) fn rows(tx: &Tx<'_>) -> Result<Vec<OwnRow>> {
    let rows: Vec<RateRow> = tx.all(
        "SELECT row_key, value, from_day, to_day, source, owner FROM rate_row WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    let read = |(key, value, from, to, source, owner): RateRow| OwnRow {
        key,
        value,
        from,
        to,
        source,
        owner,
    };
    Ok(rows.into_iter().map(read).collect())
}

pub(super) fn keep_answer(tx: &Tx<'_>, by: i64, entry: &str, words: &Answer) -> Result<()> {
    let Answer { answer, elder, source, owner, from, to } = words;
    tx.exec(
        "INSERT INTO knowledge_answer (tenant_id, entry, answer, elder, source, owner, from_day, to_day, changed_by, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (tenant_id, entry) DO UPDATE SET answer = $3, elder = $4, source = $5, owner = $6, \
         from_day = $7, to_day = $8, changed_by = $9, at_ms = $10",
        params![tx.tenant(), entry, answer, elder, source, owner, *from, *to, by, tx.now()],
    )?;
    Ok(())
}

pub(super) fn keep_row(tx: &Tx<'_>, by: i64, row: &OwnRow) -> Result<()> {
    let OwnRow { key, value, from, to, source, owner } = row;
    tx.exec(
        "INSERT INTO rate_row (tenant_id, row_key, from_day, to_day, value, source, owner, changed_by, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (tenant_id, row_key, from_day) DO UPDATE SET to_day = $4, value = $5, source = $6, owner = $7, \
         changed_by = $8, at_ms = $9",
        params![tx.tenant(), key, *from, *to, value, source, owner, by, tx.now()],
    )?;
    Ok(())
}

/// The union's words count again.
pub(super) fn drop_answer(tx: &Tx<'_>, entry: &str) -> Result<()> {
    tx.exec(
        "DELETE FROM knowledge_answer WHERE tenant_id = $1 AND entry = $2",
        params![tx.tenant(), entry],
    )?;
    Ok(())
}

type ChangeRow =
    (i64, String, String, String, Option<String>, String, String, i64, Option<i64>, i64, Time);

fn read_change(row: ChangeRow) -> Result<Change> {
    let (id, entry, act, answer, elder, source, owner, from, to, maker, made_at) = row;
    let words = Answer { answer, elder, source, owner, from, to };
    Ok(Change { id, entry, act: Act::of(&act)?, words, maker, made_at })
}

/// Changes that wait for a second person, oldest first.
pub(super) fn waiting(tx: &Tx<'_>) -> Result<Vec<Change>> {
    let rows: Vec<ChangeRow> = tx.all(
        "SELECT id, entry, act, answer, elder, source, owner, from_day, to_day, maker, made_at_ms \
         FROM knowledge_change WHERE tenant_id = $1 AND state = 'proposed' ORDER BY id",
        params![tx.tenant()],
    )?;
    rows.into_iter().map(read_change).collect()
}

/// One of them, decided about or not.
pub(super) fn change(tx: &Tx<'_>, id: i64) -> Result<Option<Change>> {
    let row: Option<ChangeRow> = tx.opt(
        "SELECT id, entry, act, answer, elder, source, owner, from_day, to_day, maker, made_at_ms \
         FROM knowledge_change WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    row.map(read_change).transpose()
}

/// A new proposal; what was proposed for that question before is declined by it.
pub(super) fn propose(
    tx: &Tx<'_>,
    maker: i64,
    entry: &str,
    act: Act,
    words: &Answer,
) -> Result<i64> {
    tx.exec(
        "UPDATE knowledge_change SET state = 'declined', checker = $1, decided_at_ms = $2 \
         WHERE tenant_id = $3 AND entry = $4 AND state = 'proposed'",
        params![maker, tx.now(), tx.tenant(), entry],
    )?;
    let id: Id<()> = tx.new_id();
    let Answer { answer, elder, source, owner, from, to } = words;
    tx.exec(
        "INSERT INTO knowledge_change (tenant_id, id, entry, act, answer, elder, source, owner, from_day, to_day, state, \
         maker, made_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'proposed', $11, $12)",
        params![
            tx.tenant(), id, entry, act.word(), answer, elder, source, owner, *from, *to, maker, tx.now()
        ],
    )?;
    Ok(id.raw())
}

pub(super) fn decide(tx: &Tx<'_>, id: i64, checker: i64, approves: bool) -> Result<bool> {
    let state = if approves { "done" } else { "declined" };
    tx.exec_one(
        "UPDATE knowledge_change SET state = $1, checker = $2, decided_at_ms = $3 \
         WHERE tenant_id = $4 AND id = $5 AND state = 'proposed' AND maker <> $2",
        params![state, checker, tx.now(), tx.tenant(), id],
    )
}
