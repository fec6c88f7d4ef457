//! Billers of a county and the households they know. The same seed gives the same households; what is there stays.

use super::families::add_families;
use super::names::{Dice, VILLAGES, person};
use crate::day::Day;
use crate::sandbox::bills::{BILLERS, County, Known};
use crate::sandbox::seal::{Column, TenantKeys};
use base::{Error, Fen, Result};
use db::{Tx, params};

/// Last digits of the households' numbers, and whether they owe. The first owes what is usual, the first four zeros and what
/// follows are those that their billers treat otherwise (`sandbox/bills`).
const TAILS: [(&str, bool); 12] = [
    ("0231", true),
    ("0118", false),
    ("0404", true),
    ("0505", true),
    ("0606", true),
    ("0707", true),
    ("0808", true),
    ("0362", true),
    ("0479", false),
    ("0523", true),
    ("0617", true),
    ("0745", false),
];
/// Room for the households of one biller.
const STRIDE: i64 = 1_000;
/// A bill is due so many days after its month began.
const DUE_DAYS: i64 = 50;

pub(crate) fn add_billers(tx: &Tx<'_>, keys: &TenantKeys, county: &County) -> Result<()> {
    for (seq, known) in (1..).zip(BILLERS) {
        if county.without.contains(&known.kind) {
            continue;
        }
        tx.exec(
            "INSERT INTO core_biller (tenant_id, biller, kind, name, seq) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (tenant_id, biller) DO NOTHING",
            params![
                tx.tenant(),
                known.id,
                known.kind.word(),
                known.called(&county.name, &county.town),
                seq
            ],
        )?;
        if let Some(usual) = known.usual {
            households(tx, keys, county, known, usual, seq * STRIDE)?;
        }
    }
    add_families(tx, keys, county)
}

fn households(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    county: &County,
    known: &Known,
    usual: Fen,
    first_no: i64,
) -> Result<()> {
    let dice = Dice::new(county.seed ^ u64::try_from(first_no)?);
    for (n, (tail, owes)) in (0_i64..).zip(TAILS) {
        // Drawn in any case, so that what is there already does not change what follows.
        let (name, village) = (person(&dice, 1970, n % 2 == 0), dice.pick(VILLAGES));
        let more = Fen::of(dice.between(0, usual.fen() / 200) * 100);
        let owed = if n == 0 { Some(usual) } else { usual.checked_add(more) };
        let owed = owed.filter(|owed| owes && *owed > Fen::ZERO);
        let number = known.number(&county.legal_no, tail);
        let number = number.ok_or_else(|| Error::fault("a household without a number"))?;
        let house_no = first_no + n;
        let holder = format!("{name}\n{}{village}", county.town);
        let sealed = keys.seal(tx.random(), Column::Holder, house_no, &holder)?;
        let fresh = tx.exec(
            "INSERT INTO core_household (tenant_id, house_no, biller, number_index, holder_sealed)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, house_no) DO NOTHING",
            params![tx.tenant(), house_no, known.id, keys.index("household", &number)?, sealed],
        )?;
        if let (1, Some(owed)) = (fresh, owed) {
            bill(tx, house_no, owed)?;
        }
    }
    Ok(())
}

/// The biller bills a household for the month of now, unless it did already.
pub(crate) fn add_bill(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (biller, number): (&str, &str),
    owed: Fen,
) -> Result<()> {
    let index = keys.index("household", number)?;
    let house_no: Option<i64> = tx.opt(
        "SELECT house_no FROM core_household WHERE tenant_id = $1 AND biller = $2 AND number_index = $3",
        params![tx.tenant(), biller, index],
    )?;
    bill(tx, house_no.ok_or_else(|| Error::fault("no such household"))?, owed)
}

fn bill(tx: &Tx<'_>, house_no: i64, owed: Fen) -> Result<()> {
    let month = Day::at(tx.now()).first_of_month();
    let period = month.number() / 100;
    tx.exec(
        "INSERT INTO core_bill (tenant_id, bill_no, house_no, period, amount_fen, due_on, state)
         VALUES ($1, $2, $3, $4, $5, $6, 'open')
         ON CONFLICT (tenant_id, bill_no) DO NOTHING",
        params![
            tx.tenant(),
            format!("{period}{house_no:06}"),
            house_no,
            period,
            owed,
            month.plus_days(DUE_DAYS).number()
        ],
    )?;
    Ok(())
}
