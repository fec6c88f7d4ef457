//! 不认的账: a line its customer does not know becomes a case, once, whether a notice told of it, a chat listed it or a page showed it.
//!
//! Not for: stopping the account; the chat offers that first and needs no case for it.

use super::words::promise;
use super::{Case, CaseId};
use crate::followers::FollowerId;
use crate::vault::TenantKeys;
use base::Result;
use db::Tx;

/// The form of the case.
const KIND: &str = "txn_doubt";
/// How a form names its answers.
const LINE: &str = "line";
const SERIAL: &str = "serial";

/// Writes it down, or finds where it was: `line` in words, `serial` as the core has it. `None` when the customer has handed in
/// all they may today.
///
/// # Errors
/// The database.
pub fn file(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    line: &str,
    serial: &str,
) -> Result<Option<CaseId>> {
    let own = super::of_someone(tx, keys, follower, None)?;
    let is_same = |c: &&Case| {
        c.kind == KIND && !c.is_over() && c.answers.given.get(SERIAL).is_some_and(|s| s == serial)
    };
    if let Some(found) = own.iter().find(is_same) {
        return Ok(Some(found.id));
    }
    if !super::may_submit(tx, keys, follower)? {
        return Ok(None);
    }
    let given = [(LINE, line), (SERIAL, serial)];
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    super::say(tx, keys, follower, KIND, &given.collect()).map(|case| Some(case.id))
}

/// 这笔已记下，编号 261123-0018，风险专员11月26日前给您答复。
///
/// # Errors
/// The database.
pub fn words(tx: &Tx<'_>, keys: &TenantKeys, id: Option<CaseId>) -> Result<String> {
    let case = id.map(|id| super::by_id(tx, keys, id)).transpose()?.flatten();
    Ok(match case {
        Some(case) => format!("这笔已记下，{}", promise(&case)?),
        None => "今天报的已经很多，这笔请打客服电话说。".to_owned(),
    })
}
