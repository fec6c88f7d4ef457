//! The rows an institution keeps over the union's files.

use base::Result;
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
