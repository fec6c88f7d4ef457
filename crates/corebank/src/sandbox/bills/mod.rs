//! [`Bills`] for the sandbox, and the billers themselves: who is contracted, what households owe, and what a biller makes of a
//! payment. The payment is one like any other (`sandbox/money`); its rail is the biller.
//!
//! What a biller does is told by the last four digits of the household's number:
//!
//! | number ends in | what its biller does |
//! | --- | --- |
//! | 0404 | refuses what was debited: it comes back within seconds |
//! | 0505 | says nothing until its time is over ([`GIVE_BACK_MS`]); then it comes back |
//! | 0606 | says nothing for [`LATE_MS`], then confirms |
//! | 0707 | is offline: neither asked nor paid |
//! | 0808 | answers a question after [`SLOW_MS`] |
//! | else | answers at once and confirms after [`USUAL_MS`] |
//!
//! Numbers are made of the institution's number and four digits ([`number`]). Of those, 0231 owes and takes payments as usual,
//! 0118 owes nothing. A telephone on credit is any number of eleven digits. Residents' insurance is collected from families, whose
//! numbers are like those of households ([`family_number`]). Not for: remembering households; the channel does.

mod catalogue;
mod check;
mod desk;
mod levy;
mod pay;

pub(super) use catalogue::{BILLERS, Known};
pub(super) use check::broken;
pub(super) use levy::add_family;
pub use levy::{Help, NewFamily, NewMember};
pub(super) use pay::{Look, Settled, Wanted, due_at, label, look, mark, reopen, settle, verdict};

use crate::bills::{BillAsk, BillDue, BillKind, Biller, Bills};
use crate::levy::{Levy, LevyAsk, LevyOf};
use crate::port::{Answer, Ctx};
use crate::sandbox::Sandbox;
use base::{Fen, Result, TenantId};
use std::time::Duration;

/// How long a biller usually takes to confirm.
pub const USUAL_MS: i64 = 5_000;
/// A slow one confirms then.
pub const LATE_MS: i64 = 10 * 60_000;
/// What is not confirmed by then is given back.
pub const GIVE_BACK_MS: i64 = 30 * 60_000;
/// How long a slow answer to a question takes.
pub const SLOW_MS: u64 = 2_500;

const REFUSES: &str = "0404";
const SILENT: &str = "0505";
const LATE: &str = "0606";
const OFFLINE: &str = "0707";
const SLOW: &str = "0808";

/// Where billers are contracted.
#[derive(Debug, Clone)]
pub struct County {
    /// The institution's number: its billers' numbers begin with it.
    pub legal_no: String,
    /// 陵溪县
    pub name: String,
    pub town: String,
    pub seed: u64,
    /// Kinds that nobody is contracted for.
    pub without: Vec<BillKind>,
}

/// A household's number at a biller of the sandbox; none for what has no households, or for other than four digits.
pub fn number(biller: &str, legal_no: &str, tail: &str) -> Option<String> {
    BILLERS.iter().find(|k| k.id == biller)?.number(legal_no, tail)
}

/// A family's number, for the billers of insurance.
pub fn family_number(legal_no: &str, tail: &str) -> String {
    format!("{legal_no:0>4}00{tail:0>4}")
}

impl Sandbox {
    /// The office knows a family from now on.
    pub async fn add_family(&self, tenant: TenantId, family: NewFamily) -> Result<()> {
        self.unit(tenant, move |tx, keys| levy::add_family(tx, keys, &family)).await
    }

    /// Contracts billers and gives them households. What is there already stays as it is.
    pub async fn add_billers(&self, tenant: TenantId, county: County) -> Result<()> {
        self.unit(tenant, move |tx, keys| super::seed::add_billers(tx, keys, &county)).await
    }

    /// A biller bills a household for the month of now, as it does when meters were read; once a month.
    pub async fn add_bill(
        &self,
        tenant: TenantId,
        (biller, number): (&'static str, &str),
        owed: Fen,
    ) -> Result<()> {
        let number = number.to_owned();
        self.unit(tenant, move |tx, keys| super::seed::add_bill(tx, keys, (biller, &number), owed))
            .await
    }

    async fn wait_for(&self, ctx: &Ctx, number: &str) -> Result<(), crate::CoreError> {
        if number.ends_with(SLOW) {
            let left = ctx.left_ms(self.0.db.clock().now())?;
            tokio::time::sleep(Duration::from_millis(left.min(SLOW_MS))).await;
        }
        Ok(())
    }

    async fn levy_now(&self, ctx: &Ctx, ask: &LevyAsk) -> Result<Levy, crate::CoreError> {
        if let LevyOf::Number(number) = &ask.of {
            self.wait_for(ctx, number).await?;
        }
        let ask = ask.clone();
        self.ask(ctx, "levy", move |tx, keys| levy::levy(tx, keys, &ask)).await
    }

    async fn bill_now(&self, ctx: &Ctx, ask: &BillAsk) -> Result<BillDue, crate::CoreError> {
        self.wait_for(ctx, &ask.number).await?;
        let ask = ask.clone();
        self.ask(ctx, "bill", move |tx, keys| desk::due(tx, keys, &ask)).await
    }
}

impl Bills for Sandbox {
    fn billers<'a>(&'a self, ctx: &'a Ctx, kind: BillKind) -> Answer<'a, Vec<Biller>> {
        Box::pin(self.ask(ctx, "billers", move |tx, _| desk::billers(tx, kind)))
    }

    fn bill<'a>(&'a self, ctx: &'a Ctx, ask: &'a BillAsk) -> Answer<'a, BillDue> {
        Box::pin(self.bill_now(ctx, ask))
    }

    fn levy<'a>(&'a self, ctx: &'a Ctx, ask: &'a LevyAsk) -> Answer<'a, Levy> {
        Box::pin(self.levy_now(ctx, ask))
    }
}
