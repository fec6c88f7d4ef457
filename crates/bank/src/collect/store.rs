//! Rows of receiving codes.

use super::{Code, CodeId, Kept};
use crate::tenants::AccountId;
use crate::vault::{Place, TenantKeys};
use base::{Fen, Result, Time};
use db::{Tx, params};

const KEPT: &str = "collect_code.kept";

type Row = (CodeId, Vec<u8>, Option<Fen>, Option<Time>);

fn code(keys: &TenantKeys, (id, sealed, amount, expires_at): Row) -> Result<Code> {
    let kept: Kept = keys.open_json(Place::new(KEPT, id.raw()), &sealed)?;
    Ok(Code { id, kept, amount, expires_at })
}

pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (binding, at): (i64, AccountId),
    code: &Code,
) -> Result<()> {
    let sealed = keys.seal_json(Place::new(KEPT, code.id.raw()), &code.kept)?;
    tx.exec(
        "INSERT INTO collect_code (tenant_id, id, binding_id, wx_account_id, account_key, kept_sealed, amount_fen, state, \
         made_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', $8, $9)",
        params![
            tx.tenant(),
            code.id,
            binding,
            at,
            code.kept.account.id.as_str(),
            sealed,
            code.amount,
            tx.now(),
            code.expires_at
        ],
    )?;
    Ok(())
}

/// A live code of a customer who is still bound, and the account its payers log in at.
pub(super) fn live(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    id: CodeId,
) -> Result<Option<(AccountId, Code)>> {
    type Found = (AccountId, CodeId, Vec<u8>, Option<Fen>, Option<Time>);
    let found: Option<Found> = tx.opt(
        "SELECT c.wx_account_id, c.id, c.kept_sealed, c.amount_fen, c.expires_at_ms FROM collect_code c \
         JOIN binding b ON b.tenant_id = c.tenant_id AND b.id = c.binding_id \
         WHERE c.tenant_id = $1 AND c.id = $2 AND c.state = 'live' AND b.state = 'live'",
        params![tx.tenant(), id],
    )?;
    let Some((at, id, sealed, amount, expires_at)) = found else { return Ok(None) };
    Ok(Some((at, code(keys, (id, sealed, amount, expires_at))?)))
}

/// The live code of an account that names neither a sum nor anything else.
pub(super) fn plain(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    binding: i64,
    account: &str,
) -> Result<Option<Code>> {
    let rows: Vec<Row> = tx.all(
        "SELECT id, kept_sealed, amount_fen, expires_at_ms FROM collect_code WHERE tenant_id = $1 AND binding_id = $2 \
         AND account_key = $3 AND state = 'live' AND amount_fen IS NULL ORDER BY id DESC",
        params![tx.tenant(), binding, account],
    )?;
    for row in rows {
        let code = code(keys, row)?;
        if code.kept.note.is_empty() {
            return Ok(Some(code));
        }
    }
    Ok(None)
}

/// Codes with a sum that are good now.
pub(super) fn fixed(tx: &Tx<'_>, binding: i64) -> Result<i64> {
    tx.one(
        "SELECT COUNT(*) FROM collect_code WHERE tenant_id = $1 AND binding_id = $2 AND state = 'live' AND expires_at_ms > $3",
        params![tx.tenant(), binding, tx.now()],
    )
}

pub(super) fn end_all(tx: &Tx<'_>, binding: i64) -> Result<u64> {
    tx.exec(
        "UPDATE collect_code SET state = 'ended', ended_at_ms = $1 WHERE tenant_id = $2 AND binding_id = $3 AND state = 'live'",
        params![tx.now(), tx.tenant(), binding],
    )
}
