//! 不认的账, 转错账: a line its customer does not know, or did not mean so, becomes a case, once, whether a notice told of it, a chat
//! listed it or a page showed it.
//!
//! Not for: stopping the account; the chat offers that first and needs no case for it.

use super::words::promise;
use super::{Case, CaseId};
use crate::followers::FollowerId;
use crate::vault::TenantKeys;
use base::Result;
use db::Tx;

/// Forms of the cases.
pub const NOT_MINE: &str = "txn_doubt";
pub const WRONG: &str = "wrong_transfer";
/// How a form names its answers.
const LINE: &str = "line";
const SERIAL: &str = "serial";
const PROBLEM: &str = "problem";

/// What a case is about: the line in words, its number, and what is wrong with it where that is asked.
#[derive(Debug)]
pub struct About<'a> {
    pub kind: &'a str,
    pub line: &'a str,
    pub serial: &'a str,
    pub problem: &'a str,
}

/// Writes it down, or finds where it was. `None` when the customer has handed in all they may today.
///
/// # Errors
/// The database.
pub fn file(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    about: &About<'_>,
) -> Result<Option<CaseId>> {
    let own = super::of_someone(tx, keys, follower, None)?;
    let is_of = |c: &Case| c.answers.given.get(SERIAL).is_some_and(|s| s == about.serial);
    let is_same = |c: &&Case| c.kind == about.kind && !c.is_over() && is_of(c);
    if let Some(found) = own.iter().find(is_same) {
        return Ok(Some(found.id));
    }
    if !super::may_submit(tx, keys, follower)? {
        return Ok(None);
    }
    let given = [(LINE, about.line), (SERIAL, about.serial), (PROBLEM, about.problem)];
    let given = given.into_iter().filter(|(_, value)| !value.is_empty());
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    super::say(tx, keys, follower, about.kind, &given.collect()).map(|case| Some(case.id))
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
