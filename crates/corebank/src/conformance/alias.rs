//! Sentences about whom a mobile number or a shown account finds, and what a payer learns of them.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::alias::{Alias, AliasAsk, AliasFound};
use crate::controls::ControlWish;
use crate::error::{CoreError, Reject};
use crate::model::{AccountRef, CustNo, PartyClaim};
use crate::money::{Money, Payee};
use crate::port::Ctx;
use base::TenantId;

pub(super) const SENTENCES: &[Sentence] = &[
    (
        "nobody is found by their number unless they let themselves be, and then by who knows them",
        |r| Box::pin(by_number(r)),
    ),
    ("a number finds people of another institution, too", |r| Box::pin(elsewhere(r))),
    ("a number that finds nobody says the same, whoever has it", |r| Box::pin(nobody(r))),
    ("an account that is shown is found, and what is not there is not", |r| Box::pin(shown(r))),
    ("look-ups by number are counted by payer and day", |r| Box::pin(counted(r))),
];

/// More look-ups than any core lets a payer have in a day.
const MANY: usize = 200;

/// Someone who can be found, as the fixture claims them.
struct Known<'a> {
    tenant: TenantId,
    cust: &'a CustNo,
    account: &'a AccountRef,
    claim: &'a PartyClaim,
}

impl Known<'_> {
    fn name(&self) -> &str {
        self.claim.name.reveal()
    }
    fn number(&self) -> String {
        self.claim.mobile.reveal().clone()
    }
    fn surname(&self) -> String {
        self.name().chars().take(1).collect()
    }
}

/// Where people are looked for.
struct Hall<'a> {
    r: &'a Room<'a>,
    m: &'a dyn Money,
}

impl<'a> Hall<'a> {
    fn open(r: &'a Room<'a>) -> Option<Self> {
        let can = r.core.capabilities();
        let m = r.core.money().filter(|_| can.aliases && can.controls)?;
        Some(Self { r, m })
    }
    fn one(&self) -> Known<'a> {
        let f = self.r.f;
        Known { tenant: f.tenant, cust: &f.cust_no, account: &f.account, claim: &f.claim }
    }
    fn other(&self) -> Known<'a> {
        let f = self.r.f;
        let (cust, account) = (&f.other_cust_no, &f.other_account);
        Known { tenant: f.other_tenant, cust, account, claim: &f.other_claim }
    }
    async fn set(&self, who: &Known<'_>, is_on: bool) -> Result<(), String> {
        let id = Some(format!("conformance-{}", self.r.f.random.hex(8)));
        let ctx = Ctx { request_id: id, ..self.r.ctx_of(who.tenant) };
        let wish = ControlWish::ByMobile { is_on };
        answered(self.r.core.set_control(&ctx, who.cust, who.account, wish).await)?;
        let now = self.r.core.controls(&self.r.ctx_of(who.tenant), who.cust, who.account).await;
        ensure(answered(now)?.by_mobile == is_on, || "it does not stand so".into())
    }
    async fn look(&self, payer: &CustNo, alias: Alias) -> Result<AliasFound, CoreError> {
        self.m.alias(&self.r.ctx(), &AliasAsk { payer: payer.clone(), alias }).await
    }
    async fn by(&self, number: String, name: Option<String>) -> Result<AliasFound, CoreError> {
        self.look(&self.r.f.borrower, Alias::Mobile { number, name }).await
    }
}

fn told(found: &AliasFound) -> String {
    format!("{} at {}, tail {:?}", found.name.as_str(), found.bank.name, found.tail)
}

async fn by_number(r: &Room<'_>) -> Verdict {
    let Some(hall) = Hall::open(r) else { return Ok(()) };
    let one = hall.one();
    hall.set(&one, false).await?;
    let got = hall.by(one.number(), Some(one.surname())).await;
    ensure(got == Err(Reject::NotFound.into()), || "found without wanting to be".into())?;
    hall.set(&one, true).await?;
    let seen = answered(hall.by(one.number(), None).await)?;
    let is_bare = seen.payee.is_none() && seen.tail.is_empty();
    ensure(is_bare && seen.name.as_str() == base::mask_name(one.name()), || told(&seen))?;
    let got = hall.by(one.number(), Some("诸葛".into())).await;
    ensure(got == Err(Reject::PayeeMismatch.into()), || "a wrong name fits".into())?;
    for name in [one.surname(), one.name().to_owned()] {
        let found = answered(hall.by(one.number(), Some(name)).await)?;
        let payee = Some(Payee::Here { account: one.account.clone() });
        ensure(found.payee == payee && !found.tail.is_empty(), || told(&found))?;
    }
    hall.set(&one, false).await?;
    let got = hall.by(one.number(), None).await;
    ensure(got == Err(Reject::NotFound.into()), || "found after it was switched off".into())
}

async fn elsewhere(r: &Room<'_>) -> Verdict {
    let Some(hall) = Hall::open(r) else { return Ok(()) };
    let other = hall.other();
    hall.set(&other, true).await?;
    let found = answered(hall.by(other.number(), Some(other.surname())).await)?;
    let fits = matches!(&found.payee, Some(Payee::Elsewhere { name, bank_no, .. })
        if name == other.name() && *bank_no == found.bank.bank_no);
    ensure(fits, || told(&found))?;
    hall.set(&other, false).await
}

async fn nobody(r: &Room<'_>) -> Verdict {
    let Some(hall) = Hall::open(r) else { return Ok(()) };
    let one = hall.one();
    hall.set(&one, false).await?;
    let theirs = hall.by(one.number(), None).await;
    let nobodys = hall.by("19900000000".into(), None).await;
    ensure(theirs == nobodys && theirs == Err(Reject::NotFound.into()), || "they differ".into())?;
    let got = hall.by("1234".into(), None).await;
    let wanted = Err(Reject::Validation { field: "number" }.into());
    ensure(got == wanted, || "no number at all is looked up".into())
}

async fn shown(r: &Room<'_>) -> Verdict {
    let Some(hall) = Hall::open(r) else { return Ok(()) };
    let (one, other) = (hall.one(), hall.other());
    let alias = |who: &Known<'_>, account: &AccountRef| Alias::Shown {
        institution: who.tenant,
        account: account.clone(),
    };
    let payer = &r.f.borrower;
    let found = answered(hall.look(payer, alias(&one, one.account)).await)?;
    let payee = Some(Payee::Here { account: one.account.clone() });
    ensure(found.payee == payee, || told(&found))?;
    let found = answered(hall.look(payer, alias(&other, other.account)).await)?;
    let fits = matches!(&found.payee, Some(Payee::Elsewhere { name, .. }) if name == other.name());
    ensure(fits && found.name.as_str() == base::mask_name(other.name()), || told(&found))?;
    let got = hall.look(payer, alias(&one, &AccountRef::new("999999999999"))).await;
    ensure(got == Err(Reject::NotFound.into()), || "found what is not there".into())
}

async fn counted(r: &Room<'_>) -> Verdict {
    let Some(hall) = Hall::open(r) else { return Ok(()) };
    for name in [None, Some("诸葛".to_owned())] {
        let mut is_locked = false;
        for n in 0..MANY {
            let alias = Alias::Mobile { number: format!("1990{n:07}"), name: name.clone() };
            match hall.look(&r.f.card_cust, alias).await {
                Err(CoreError::Rejected(Reject::PartyLocked { until })) => {
                    is_locked = until > r.f.clock.now();
                    break;
                }
                Err(CoreError::Rejected(Reject::NotFound)) => {}
                other => return Err(format!("{:?}", other.map(|found| told(&found)))),
            }
        }
        ensure(is_locked, || format!("{MANY} look-ups were answered"))?;
    }
    // Another payer is not locked by it.
    let got = hall.look(&r.f.saver, Alias::Mobile { number: "19900000000".into(), name: None });
    ensure(got.await == Err(Reject::NotFound.into()), || "someone else is locked".into())
}
