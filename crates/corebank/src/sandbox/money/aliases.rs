//! Who is found by a mobile number, or by an account that is shown.
//!
//! A number that finds nobody is always answered alike: nobody has it, its owner does not let themselves be found, or the account
//! takes nothing now. Tries are taken before it is known whether they are right, by payer and day.

use crate::alias::{Alias, AliasAsk, AliasFound};
use crate::day::Day;
use crate::error::{CoreError, Direction, Reject};
use crate::model::{AccountRef, CustNo, Issuer};
use crate::money::Payee;
use crate::port::Ctx;
use crate::sandbox::money::banks;
use crate::sandbox::money::payees::{self, Holder};
use crate::sandbox::parties::{self, plain_digits, plain_name, same};
use crate::sandbox::queries::{self, Said, no};
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::{Sandbox, counter, number};
use base::{Masked, Result, Secret, TenantId, Time};
use db::{Tx, params};

/// Look-ups of one payer in a day that only ask who it is.
pub(super) const LOOKS_A_DAY: i64 = 20;
/// Names of one payer in a day, right or wrong.
pub(super) const NAMES_A_DAY: i64 = 10;
/// Characters of a surname, at most: 欧阳.
const SURNAME_CHARS_MAX: usize = 2;
const NAME_CHARS_MAX: usize = 60;

/// An account that is found, and what paying it from elsewhere needs.
struct Found {
    acct_id: i64,
    name: Secret<String>,
    number: Secret<String>,
    tail: String,
    since: Time,
}

fn is_mobile(number: &str) -> bool {
    number.len() == 11 && number.starts_with('1') && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a payer who typed this knows who it is: the whole name, or how it begins.
fn knows(name: &str, typed: &str) -> bool {
    let n = typed.chars().count();
    let is_surname =
        (1..=SURNAME_CHARS_MAX).contains(&n) && n < name.chars().count() && name.starts_with(typed);
    is_surname || same(name, typed)
}

/// Takes a try of the payer's day.
fn take(tx: &Tx<'_>, payer: i64, has_name: bool) -> Said<()> {
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    let (subject, most) = if has_name {
        (format!("alias.name:{payer}"), NAMES_A_DAY)
    } else {
        (format!("alias:{payer}"), LOOKS_A_DAY)
    };
    let today = Day::at(tx.now());
    match counter::take(tx, &subject, today, most)? {
        Some(_) => Ok(Ok(())),
        None => no(Reject::PartyLocked { until: today.end() }),
    }
}

fn found(tx: &Tx<'_>, keys: &TenantKeys, holder: Holder, since: Time) -> Result<Option<Found>> {
    if !payees::is_paid(holder.kind) || !holder.lets(Direction::In) {
        return Ok(None);
    }
    let sealed: Vec<u8> = tx.one(
        "SELECT number_sealed FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), holder.acct_id],
    )?;
    let number = keys.open(Column::AccountNo, holder.acct_id, &sealed)?;
    let (acct_id, name, tail) = holder.named();
    Ok(Some(Found { acct_id, name, number, tail, since }))
}

/// Whom a number finds in one institution: who said so last.
fn by_mobile(tx: &Tx<'_>, keys: &TenantKeys, mobile: &str) -> Result<Option<Found>> {
    let rows: Vec<(i64, i64, Time)> = tx.all(
        "SELECT cust_no, acct_id, since_ms FROM core_alias WHERE tenant_id = $1 AND mobile_index = $2
          ORDER BY since_ms DESC, cust_no",
        params![tx.tenant(), keys.index("mobile", mobile)?],
    )?;
    for (cust_no, acct_id, since) in rows {
        // The number may be another's by now.
        let reserved = parties::mobile(tx, keys, cust_no)?;
        if !reserved.is_some_and(|m| same(m.reveal(), mobile)) {
            continue;
        }
        let Some(holder) = payees::holder(tx, keys, acct_id)? else { continue };
        if let Some(found) = found(tx, keys, holder, since)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

impl Sandbox {
    pub(super) async fn find_alias(
        &self,
        ctx: &Ctx,
        ask: &AliasAsk,
    ) -> std::result::Result<AliasFound, CoreError> {
        match &ask.alias {
            Alias::Mobile { number, name } => {
                self.alias_of_mobile(ctx, &ask.payer, number, name.as_deref()).await
            }
            Alias::Shown { institution, account } => {
                let issuers = self.institutions();
                let there = issuers.iter().find(|i| i.tenant == *institution);
                let there = there.ok_or(Reject::NotFound)?;
                let found =
                    self.shown(ctx, *institution, account).await?.ok_or(Reject::NotFound)?;
                Ok(told(ctx, there, &found, true))
            }
        }
    }

    async fn alias_of_mobile(
        &self,
        ctx: &Ctx,
        payer: &CustNo,
        mobile: &str,
        name: Option<&str>,
    ) -> std::result::Result<AliasFound, CoreError> {
        let mobile = plain_digits(mobile);
        if !is_mobile(&mobile) {
            return Err(Reject::Validation { field: "number" }.into());
        }
        let name = name.map(plain_name);
        if name.as_ref().is_some_and(|n| n.is_empty() || n.chars().count() > NAME_CHARS_MAX) {
            return Err(Reject::Validation { field: "name" }.into());
        }
        let payer = number(payer.as_str()).ok_or(Reject::NotFound)?;
        let has_name = name.is_some();
        self.tell(ctx, "alias", move |tx, _| take(tx, payer, has_name)).await?;
        let mut last: Option<(Issuer, Found)> = None;
        for issuer in self.institutions() {
            let there = Ctx { tenant: issuer.tenant, ..ctx.clone() };
            let mobile = mobile.clone();
            let unit = move |tx: &Tx<'_>, keys: &TenantKeys| by_mobile(tx, keys, &mobile).map(Ok);
            let Some(found) = self.ask(&there, "alias", unit).await? else { continue };
            if last.as_ref().is_none_or(|(_, before)| before.since < found.since) {
                last = Some((issuer, found));
            }
        }
        let (there, found) = last.ok_or(Reject::NotFound)?;
        if name.as_ref().is_some_and(|typed| !knows(found.name.reveal(), typed)) {
            return Err(Reject::PayeeMismatch.into());
        }
        Ok(told(ctx, &there, &found, has_name))
    }

    async fn shown(
        &self,
        ctx: &Ctx,
        institution: TenantId,
        account: &AccountRef,
    ) -> std::result::Result<Option<Found>, CoreError> {
        let acct_id = number(account.as_str()).unwrap_or(0);
        let there = Ctx { tenant: institution, ..ctx.clone() };
        let unit = move |tx: &Tx<'_>, keys: &TenantKeys| {
            let Some(holder) = payees::holder(tx, keys, acct_id)? else { return Ok(Ok(None)) };
            found(tx, keys, holder, tx.now()).map(Ok)
        };
        self.ask(&there, "alias", unit).await
    }
}

/// What a payer hears of it; whom to pay only `with` reason to.
fn told(ctx: &Ctx, there: &Issuer, found: &Found, with: bool) -> AliasFound {
    let (name, bank) = (found.name.reveal(), banks::of_issuer(there));
    let payee = if there.tenant == ctx.tenant {
        Payee::Here { account: AccountRef::new(found.acct_id.to_string()) }
    } else {
        Payee::Elsewhere {
            number: found.number.reveal().clone(),
            name: name.clone(),
            bank_no: bank.bank_no.clone(),
        }
    };
    AliasFound {
        name: Masked::name(name),
        bank,
        tail: if with { found.tail.clone() } else { String::new() },
        payee: with.then_some(payee),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_or_the_whole_name_shows_that_a_payer_knows_who_it_is() {
        for (name, typed, fits) in [
            ("李桂香", "李", true),
            ("李桂香", "李桂香", true),
            ("欧阳春", "欧阳", true),
            ("李桂香", "桂", false),
            ("李桂香", "张", false),
            ("李桂香", "", false),
            ("李桂香", "李桂香兰", false),
            // Whoever types as much as the mask shows knows nothing.
            ("李桂香", "桂香", false),
        ] {
            assert_eq!(knows(name, typed), fits, "{name} {typed}");
        }
    }
}
