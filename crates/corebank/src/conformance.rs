//! What every adapter must keep, as sentences that are tried against it.
//!
//! [`check`] tries all of them and answers one [`Finding`] each; a broken one says what was seen. The
//! fixture names customers whom the adapter's peer knows. What a core says it cannot do is not tried.
//! Not for: how an adapter speaks.

mod acts;
mod alias;
mod bills;
mod cardset;
mod cash;
mod cells;
mod controls;
mod credit;
mod drawing;
mod feed;
mod gifts;
mod lending;
mod levy;
mod money;
mod offers;
mod reading;
mod repaying;
mod rewards;
mod rural;
mod saving;
mod splitting;
mod stops;
mod till;
mod wealth;
mod who;

use crate::bills::{BillAsk, BillKind};
use crate::day::Day;
use crate::gifts::ProjectRef;
use crate::model::{AccountRef, CustNo, DayState, PartyClaim};
use crate::money::PayeeAsk;
use crate::pin::PinKey;
use crate::port::{CoreBank, Ctx};
use base::{Clock, Random, TenantId};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whom the adapter's peer knows.
#[derive(Debug, Clone)]
pub struct Fixture {
    pub clock: Clock,
    pub random: Random,
    pub pin_key: PinKey,
    pub tenant: TenantId,
    /// A claim that fits; its tries are used and given back.
    pub claim: PartyClaim,
    /// Who the claim is.
    pub cust_no: CustNo,
    /// An account of that customer with at least seven lines of both directions in the range, none made meanwhile.
    pub account: AccountRef,
    pub from: Day,
    pub to: Day,
    /// A customer of another institution, an account of hers, and a claim that fits there.
    pub other_tenant: TenantId,
    pub other_cust_no: CustNo,
    pub other_account: AccountRef,
    pub other_claim: PartyClaim,
    /// A claim of `tenant`'s that names a passbook; its customer has no card.
    pub passbook_claim: PartyClaim,
    /// A credit card of `tenant`'s with at least three bills and purchases in them, and whose it is. Any account where the
    /// core has no cards.
    pub card: AccountRef,
    pub card_cust: CustNo,
    /// A credit card of `tenant`'s that is even and not activated yet, whose it is, and the three digits on its back. Any
    /// account where the core sets no cards.
    pub fresh_card: AccountRef,
    pub fresh_cust: CustNo,
    pub fresh_cvv: String,
    /// A project that points of `card` are given to, kept by another institution of the same core; `None` where the core has none.
    pub project: Option<ProjectRef>,
    /// A customer of `tenant`'s with shares of every class that is not public, subsidies paid within the year, and
    /// contributions; at least one batch of subsidies is only announced.
    pub paid_cust: CustNo,
    /// One who draws a pension and has no medical account; `cust_no` has one, and draws no pension.
    pub pension_cust: CustNo,
    /// Someone with a loan by instalments for which another stands.
    pub borrower: CustNo,
    /// Someone with time deposits, and one of them whose renewal may be set.
    pub saver: CustNo,
    pub renewable: AccountRef,
    /// A claim of `tenant`'s whose tries may be used up.
    pub spare_claim: PartyClaim,
    /// What money is tried with; `None` where the core moves none.
    pub money: Option<MoneyFixture>,
    /// Whose bills are tried; `None` where the core asks no billers.
    pub bills: Option<BillsFixture>,
}

/// Households at billers of `tenant`'s, all of one kind and paid by [`MoneyFixture::payer`].
#[derive(Debug, Clone)]
pub struct BillsFixture {
    pub kind: BillKind,
    /// One that owes less than a hundred yuan, at a biller that takes payments.
    pub owes: BillAsk,
    /// A well-formed number that nobody has.
    pub unknown: BillAsk,
    /// Whose insurance is tried; `None` where nobody is contracted for it.
    pub family: Option<FamilyFixture>,
}

/// A family that pays for its insurance.
#[derive(Debug, Clone)]
pub struct FamilyFixture {
    /// A biller of [`BillKind::Medical`].
    pub biller: String,
    /// A family with at least one member who may pay, at most four hundred yuan, while it is the season.
    pub number: String,
    /// A well-formed number that no family has.
    pub unknown: String,
}

/// Opens or closes the day of the fixture's `tenant`.
pub type DaySwitch =
    Arc<dyn Fn(DayState) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What happens on the way to a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No more; what was held up has come through when the switch returns.
    None,
    /// The next command does not reach the core.
    Unreachable,
    /// The core does the next command, and its answer is lost.
    LostAnswer,
    /// The next command, or its answer, takes longer than anybody waits.
    Slow,
}

/// Makes the way to the core bad for the next command.
pub type TroubleSwitch =
    Arc<dyn Fn(Trouble) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Ends the core, or the adapter where the core is not ours to end, and begins it anew over the same books; what speaks to it then.
pub type Anew =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Arc<dyn CoreBank>> + Send>> + Send + Sync>;

/// Accounts between which money is tried. Nobody else uses them meanwhile, and nothing of them is switched off.
#[derive(Clone)]
pub struct MoneyFixture {
    /// An account at call of `cust_no`'s with at least a thousand yuan.
    pub payer: AccountRef,
    /// Someone else's account at the same institution, and how it is asked for.
    pub payee: AccountRef,
    pub here: PayeeAsk,
    /// An account at another bank that takes money.
    pub elsewhere: PayeeAsk,
    /// `None` where the fixture cannot close a day.
    pub day: Option<DaySwitch>,
    /// `None` where the way to the core cannot be made bad on purpose.
    pub trouble: Option<TroubleSwitch>,
    /// `None` where nothing can be begun anew.
    pub anew: Option<Anew>,
}

impl fmt::Debug for MoneyFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoneyFixture").field("payer", &self.payer).finish_non_exhaustive()
    }
}

/// One sentence, and what was seen if it does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub sentence: &'static str,
    /// The commands it was tried with, where it is a sentence about commands.
    pub tried: Vec<&'static str>,
    pub broken: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.broken {
            None => write!(f, "holds: {}", self.sentence)?,
            Some(seen) => return write!(f, "BROKEN: {}: {seen}", self.sentence),
        }
        if self.tried.is_empty() { Ok(()) } else { write!(f, " ({})", self.tried.join(", ")) }
    }
}

/// `Err` says what was seen instead.
type Verdict = Result<(), String>;
type Trial<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;
type Sentence = (&'static str, for<'a> fn(&'a Room<'a>) -> Trial<'a>);

/// Where a sentence is tried.
struct Room<'a> {
    core: &'a dyn CoreBank,
    f: &'a Fixture,
    tried: Mutex<Vec<&'static str>>,
}

/// Milliseconds a question may take.
const PATIENCE_MS: i64 = 10_000;

impl<'a> Room<'a> {
    fn new(core: &'a dyn CoreBank, f: &'a Fixture) -> Self {
        Self { core, f, tried: Mutex::default() }
    }
    fn tried(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// These are tried now.
    fn note(&self, acts: &[acts::Act]) {
        let mut tried = self.tried();
        for word in acts.iter().map(|a| a.word()) {
            if !tried.contains(&word) {
                tried.push(word);
            }
        }
    }
    fn ctx(&self) -> Ctx {
        self.ctx_of(self.f.tenant)
    }
    fn ctx_of(&self, tenant: TenantId) -> Ctx {
        Ctx::new(tenant, self.f.clock.now().plus_ms(PATIENCE_MS), "conformance")
    }
}

/// Says why a sentence does not hold.
fn ensure(holds: bool, seen: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(seen()) }
}

/// Something that should have been answered.
fn answered<T>(answer: Result<T, crate::CoreError>) -> Result<T, String> {
    answer.map_err(|e| format!("no answer but «{e}»"))
}

/// Tries every sentence, in an order in which none spoils the next.
pub async fn check(core: &dyn CoreBank, fixture: &Fixture) -> Vec<Finding> {
    let room = Room::new(core, fixture);
    let mut findings = Vec::new();
    let all = [
        reading::SENTENCES,
        credit::SENTENCES,
        cardset::SENTENCES,
        rural::SENTENCES,
        lending::SENTENCES,
        who::SENTENCES,
        stops::SENTENCES,
        controls::SENTENCES,
        money::SENTENCES,
        bills::SENTENCES,
        levy::SENTENCES,
        gifts::SENTENCES,
        rewards::SENTENCES,
        repaying::SENTENCES,
        feed::SENTENCES,
        saving::SENTENCES,
        wealth::SENTENCES,
        cash::SENTENCES,
        alias::SENTENCES,
        offers::SENTENCES,
        drawing::SENTENCES,
        splitting::SENTENCES,
        // They pay what the others ask about.
        cells::SENTENCES,
    ];
    for (sentence, trial) in all.into_iter().flatten() {
        let broken = trial(&room).await.err();
        let tried = std::mem::take(&mut *room.tried());
        findings.push(Finding { sentence, tried, broken });
    }
    findings
}
