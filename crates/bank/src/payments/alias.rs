//! Payees who are not named by an account's number: whom a mobile number finds (手机号转账).
//!
//! The core finds them, counts the look-ups and compares the name; what is shown here is masked, and only who knows the surname
//! gets a draft. Not for: saying whether a number is a customer's: one that finds nobody is always answered alike.

use super::draft::{Payer, SELF, TRIES, of_core};
use super::intent::Target;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::verbs::core_ctx;
use base::{Refusal, Result};
use corebank::alias::{Alias, AliasAsk, AliasFound};
use corebank::money::Payee;
use corebank::{CoreError, CustNo, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

pub const SURNAME: Refusal = Refusal::conflict("ask.surname", "没有扣钱。姓对不上。");
const UNSURE: &str = "没有扣钱。不清楚对方姓什么，请先问清楚。";
const OWN: &str = "没有扣钱。这个手机号收钱的就是您自己的账户。";
const LOCKED: &str = "没有扣钱。今天查手机号的次数太多了，请明天再转，或用卡号转。";
/// A surname as it is typed has no more characters, a name neither.
const NAME_CHARS_MAX: usize = 12;
/// In front of a surname as people say it.
const OPENERS: [&str; 8] = ["对方", "他", "她", "人家", "是", "姓", "叫", "名字叫"];

/// Whom a mobile number finds.
#[derive(Debug)]
pub enum Found {
    Nobody,
    /// Masked name and bank, as the chat says them; the surname is to be typed.
    Masked(String),
    To(Box<Target>),
}

/// 他姓李 → 李. `None` when it is no name: 不知道.
fn surname(said: &str) -> Option<String> {
    let kept: String =
        said.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c) || *c == '·').collect();
    let mut name = kept.as_str();
    while let Some(rest) =
        OPENERS.iter().find_map(|o| name.strip_prefix(o)).filter(|r| !r.is_empty())
    {
        name = rest;
    }
    let is_name = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    let is_unsure = ["不知", "不晓", "不清楚", "忘", "没有"].iter().any(|w| kept.contains(w));
    (is_name && !is_unsure).then(|| name.to_owned())
}

/// Asks the core whom a number finds; with what the customer says of the name, whom to pay.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.surname` has the name asked for anew.
pub async fn by_phone(app: &Arc<App>, by: &Payer, mobile: &str, said: &str) -> Result<Found> {
    if mobile == "registered" {
        return SELF.say(OWN).into();
    }
    if !app.core.capabilities().aliases {
        return Ok(Found::Nobody);
    }
    let name = match said {
        "" => None,
        said => Some(surname(said).ok_or_else(|| SURNAME.say(UNSURE))?),
    };
    let has_name = name.is_some();
    let found = find(app, by, Alias::Mobile { number: mobile.to_owned(), name }).await;
    note(app, by, &found).await?;
    match found {
        Ok(found) if !has_name => Ok(Found::Masked(format!(
            "尾号{}的手机号，收钱的是 {}（{}）。",
            base::mask_card(mobile),
            found.name.as_str(),
            found.bank.name
        ))),
        Ok(found) => {
            let to = target(by, found)?;
            Ok(to.map_or(Found::Nobody, |to| Found::To(Box::new(to))))
        }
        Err(CoreError::Rejected(Reject::NotFound | Reject::Unsupported)) => Ok(Found::Nobody),
        Err(CoreError::Rejected(Reject::PayeeMismatch)) => SURNAME.into(),
        Err(CoreError::Rejected(Reject::PartyLocked { .. })) => TRIES.say(LOCKED).into(),
        Err(e) => Err(of_core(e)),
    }
}

pub(crate) async fn find(
    app: &Arc<App>,
    by: &Payer,
    alias: Alias,
) -> std::result::Result<AliasFound, CoreError> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let ask = AliasAsk { payer: CustNo::new(&by.bound.customer), alias };
    match app.core.money() {
        Some(money) => money.alias(&ctx, &ask).await,
        None => Err(Reject::Unsupported.into()),
    }
}

/// Every look-up leaves its row: who looked, never for which number.
async fn note(
    app: &Arc<App>,
    by: &Payer,
    found: &std::result::Result<AliasFound, CoreError>,
) -> Result<()> {
    let (outcome, detail) = match found {
        Ok(_) => ("done", ""),
        Err(CoreError::Rejected(Reject::PayeeMismatch)) => ("refused", "payee.mismatch"),
        Err(CoreError::Rejected(Reject::PartyLocked { .. })) => ("refused", "payee.tries"),
        Err(CoreError::Rejected(_)) => ("refused", "payee.missing"),
        Err(_) => ("unknown", ""),
    };
    let actor = Actor::Follower(by.follower.raw());
    let unit = move |tx: &Tx<'_>| audit::note(tx, actor, "payee.by_phone", "", outcome, detail);
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Who was found as somebody to pay; none when the core told of nobody.
pub(crate) fn target(by: &Payer, found: AliasFound) -> Result<Option<Target>> {
    let Some(payee) = found.payee else { return Ok(None) };
    let is_own = matches!(&payee, Payee::Here { account }
        if by.bound.accounts.iter().any(|a| a.number == account.as_str()));
    if is_own {
        return SELF.say(OWN).into();
    }
    let bank = match payee {
        Payee::Here { .. } => String::new(),
        _ => found.bank.name,
    };
    Ok(Some(Target {
        name: found.name.as_str().to_owned(),
        bank,
        tail: found.tail,
        payee,
        book: None,
        is_own: false,
        is_new: true,
        shown: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surname_is_read_as_people_say_it_and_what_is_none_is_not_tried() {
        for (said, want) in [
            ("李", Some("李")),
            ("姓李", Some("李")),
            ("他姓李。", Some("李")),
            ("对方叫李桂香", Some("李桂香")),
            ("欧阳", Some("欧阳")),
            ("不知道", None),
            ("忘了", None),
            ("123", None),
            ("", None),
        ] {
            assert_eq!(surname(said).as_deref(), want, "{said}");
        }
    }
}
