//! Whom the conformance suite is tried on, read from a file, so that a bank can run it against a server of its own.
//!
//! Not for: closing the server's day, ending it or cutting its line, which is the server's own matter; the sentences about
//! these are left out.

use crate::wire::gifts::{BillAsk, BillKind, ProjectRef};
use crate::wire::money::PayeeAsk;
use crate::wire::who::PartyClaim;
use crate::wire::{Bad, Block, Day, Form};
use base::{Clock, Random, TenantId};
use corebank::PinKey;
use corebank::conformance::{BillsFixture, FamilyFixture, Fixture, MoneyFixture};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    id: String,
    /// 16 bytes in hex.
    key: Block,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Money {
    payer: String,
    payee: String,
    here: PayeeAsk,
    elsewhere: PayeeAsk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    biller: String,
    number: String,
    unknown: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bills {
    kind: BillKind,
    owes: BillAsk,
    unknown: BillAsk,
    /// Absent where nobody is contracted for insurance.
    #[serde(default)]
    family: Option<Family>,
}

/// The names are those of [`Fixture`], where each is explained.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tenant: i64,
    pin_key: Pin,
    claim: PartyClaim,
    cust_no: String,
    account: String,
    from: Day,
    to: Day,
    other_tenant: i64,
    other_cust_no: String,
    other_account: String,
    other_claim: PartyClaim,
    passbook_claim: PartyClaim,
    card: String,
    card_cust: String,
    fresh_card: String,
    fresh_cust: String,
    fresh_cvv: String,
    project: Option<ProjectRef>,
    paid_cust: String,
    pension_cust: String,
    borrower: String,
    saver: String,
    renewable: String,
    spare_claim: PartyClaim,
    money: Option<Money>,
    bills: Option<Bills>,
}

/// Reads a fixture from its JSON text (`docs/api/core-fixture.json` is one). A fault names what is wrong with it, and shows no
/// value of it.
pub fn fixture(text: &str, clock: Clock, random: Random) -> base::Result<Fixture> {
    let file: File = serde_json::from_str(text).map_err(|e| {
        base::Error::fault(format!("the fixture's line {} cannot be read", e.line()))
    })?;
    made(file, clock, random)
        .map_err(|Bad| base::Error::fault("the fixture has a day or a key that is none"))
}

fn made(file: File, clock: Clock, random: Random) -> Result<Fixture, Bad> {
    Ok(Fixture {
        clock,
        random,
        pin_key: PinKey::new(file.pin_key.id, file.pin_key.key.port()?),
        tenant: TenantId::of(file.tenant),
        claim: file.claim.port()?,
        cust_no: file.cust_no.port()?,
        account: file.account.port()?,
        from: file.from.port()?,
        to: file.to.port()?,
        other_tenant: TenantId::of(file.other_tenant),
        other_cust_no: file.other_cust_no.port()?,
        other_account: file.other_account.port()?,
        other_claim: file.other_claim.port()?,
        passbook_claim: file.passbook_claim.port()?,
        card: file.card.port()?,
        card_cust: file.card_cust.port()?,
        fresh_card: file.fresh_card.port()?,
        fresh_cust: file.fresh_cust.port()?,
        fresh_cvv: file.fresh_cvv,
        project: file.project.port()?,
        paid_cust: file.paid_cust.port()?,
        pension_cust: file.pension_cust.port()?,
        borrower: file.borrower.port()?,
        saver: file.saver.port()?,
        renewable: file.renewable.port()?,
        spare_claim: file.spare_claim.port()?,
        money: file.money.map(money).transpose()?,
        bills: file.bills.map(bills).transpose()?,
    })
}

fn money(file: Money) -> Result<MoneyFixture, Bad> {
    let (here, elsewhere) = (file.here.port()?, file.elsewhere.port()?);
    Ok(MoneyFixture {
        payer: file.payer.port()?,
        payee: file.payee.port()?,
        here,
        elsewhere,
        day: None,
        trouble: None,
        anew: None,
    })
}

fn bills(file: Bills) -> Result<BillsFixture, Bad> {
    let family =
        |f: Family| FamilyFixture { biller: f.biller, number: f.number, unknown: f.unknown };
    Ok(BillsFixture {
        family: file.family.map(family),
        kind: file.kind.port()?,
        owes: file.owes.port()?,
        unknown: file.unknown.port()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = include_str!("../../../docs/api/core-fixture.json");

    #[test]
    fn the_kept_fixture_is_read_and_a_broken_one_is_not_shown() {
        let read = |text: &str| fixture(text, Clock::System, Random::seeded(1));
        let good = read(KEPT).unwrap();
        assert_eq!((good.tenant, good.from.to_string().as_str()), (TenantId::of(2), "2026-09-01"));
        for (from, to) in
            [("\"tenant\"", "\"tenants\""), ("2026-09-01", "2026-09-31"), ("0909", "zz09")]
        {
            assert!(KEPT.contains(from), "{from}");
            let error = read(&KEPT.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(!error.contains("李芳"), "{error}");
        }
    }
}
