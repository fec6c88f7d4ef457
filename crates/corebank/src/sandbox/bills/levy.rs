//! Families and their insurance: who has to pay what, and whose year is being paid for.
//!
//! What may be paid is told by the calendar: medical insurance (医保) in the last months of a year for the next, pensions (养老) all
//! year, also for the three years before. A bill's reference says the year, the tier where there is one, and the members:
//! `2027:1.2.5`, `2026@500:1`. Not for: posting; the payment is one like any other bill's.

use crate::day::Day;
use crate::error::Reject;
use crate::levy::{CHOSEN_MAX, Levy, LevyAsk, LevyOf, Member, Stands, Tier};
use crate::model::AccountKind;
use crate::rural::Insurance;
use crate::sandbox::bills::OFFLINE;
use crate::sandbox::bills::desk::contracted;
use crate::sandbox::number;
use crate::sandbox::queries::{Said, invalid, no};
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::social::{self, NewContribution};
use crate::sandbox::words::{Word, from_word};
use base::{Error, Fen, Masked, Result};
use db::{Tx, params};

/// What everybody pays for a year of medical insurance, and what the treasury adds (2026).
const MEDICAL: Tier = Tier { pays: Fen::of(40_000), subsidy: Fen::of(70_000) };
/// What may be paid for a year of pension, and what is added.
const TIERS: [Tier; 6] = [
    tier(20_000, 3_000),
    tier(30_000, 4_000),
    tier(50_000, 6_000),
    tier(100_000, 10_000),
    tier(200_000, 16_000),
    tier(300_000, 22_000),
];
/// The month in which medical insurance begins to be collected for the next year.
const SEASON_FROM: i64 = 9;
/// Years of pension that may be made good.
const YEARS_BACK: i64 = 3;
/// Years of age at which one pays for a pension.
const PENSION_AGES: std::ops::Range<i64> = 16..60;
/// Members have row numbers of their own within a tenant.
const STRIDE: i64 = 100;
/// Where a contribution that was paid through us was paid.
const HERE: &str = "本行代缴";

const fn tier(pays: i64, subsidy: i64) -> Tier {
    Tier { pays: Fen::of(pays), subsidy: Fen::of(subsidy) }
}

/// What the treasury pays for a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    None,
    /// 低保: half of the medical insurance
    Half,
    /// 特困: all of it
    Full,
}

/// One of a family to be.
#[derive(Clone)]
pub struct NewMember {
    pub name: String,
    /// 户主, 配偶, 子 …
    pub relation: String,
    pub born: Day,
    /// The customer, where the member is one.
    pub cust_no: Option<i64>,
    pub help: Help,
}

/// A family to be. Its members are numbered in their order.
#[derive(Clone)]
pub struct NewFamily {
    pub family_no: i64,
    /// See [`family_number`](super::family_number).
    pub number: String,
    pub place: String,
    pub members: Vec<NewMember>,
}

base::unprinted!(NewMember, NewFamily);

/// Keeps a family. One that is known stays as it is.
pub(crate) fn add_family(tx: &Tx<'_>, keys: &TenantKeys, f: &NewFamily) -> Result<()> {
    let plain = format!("{}\n{}", f.number, f.place);
    let fresh = tx.exec(
        "INSERT INTO core_family (tenant_id, family_no, number_index, family_sealed) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, family_no) DO NOTHING",
        params![
            tx.tenant(),
            f.family_no,
            keys.index("family", &f.number)?,
            keys.seal(tx.random(), Column::Family, f.family_no, &plain)?
        ],
    )?;
    if fresh == 0 {
        return Ok(());
    }
    for (member_no, m) in (1..).zip(&f.members) {
        let plain = format!("{}\n{}\n{}", m.name, m.relation, m.born.number());
        let row = f.family_no * STRIDE + member_no;
        tx.exec(
            "INSERT INTO core_member (tenant_id, family_no, member_no, cust_no, help, member_sealed)
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![
                tx.tenant(),
                f.family_no,
                member_no,
                m.cust_no,
                m.help.word(),
                keys.seal(tx.random(), Column::Member, row, &plain)?
            ],
        )?;
    }
    Ok(())
}

/// When an insurance is collected, and for which years.
struct Season {
    years: Vec<i64>,
    opens_on: Day,
    closes_on: Day,
}

impl Season {
    fn of(insurance: Insurance, today: Day) -> Result<Self> {
        let y = today.year();
        let (years, from) = match insurance {
            Insurance::Medical => (vec![y + 1], SEASON_FROM),
            Insurance::Pension => ((y - YEARS_BACK..=y).rev().collect(), 1),
        };
        let on = |m, d| Day::of(y, m, d).ok_or_else(|| Error::fault("a season without a day"));
        Ok(Self { years, opens_on: on(from, 1)?, closes_on: on(12, 31)? })
    }
    fn is_open(&self, today: Day) -> bool {
        (self.opens_on..=self.closes_on).contains(&today)
    }
}

/// A family as it is known.
struct Family {
    no: i64,
    number: String,
    place: String,
}

fn family(tx: &Tx<'_>, keys: &TenantKeys, of: &LevyOf) -> Result<Option<Family>> {
    let found: Option<(i64, Vec<u8>)> = match of {
        LevyOf::Customer(cust_no) => tx.opt(
            "SELECT f.family_no, f.family_sealed FROM core_member m
               JOIN core_family f ON f.tenant_id = m.tenant_id AND f.family_no = m.family_no
              WHERE m.tenant_id = $1 AND m.cust_no = $2",
            params![tx.tenant(), number(cust_no.as_str()).unwrap_or(0)],
        )?,
        LevyOf::Number(number) => tx.opt(
            "SELECT family_no, family_sealed FROM core_family WHERE tenant_id = $1 AND number_index = $2",
            params![tx.tenant(), keys.index("family", number)?],
        )?,
    };
    let Some((no, sealed)) = found else { return Ok(None) };
    let plain = keys.open(Column::Family, no, &sealed)?;
    let (number, place) = plain.reveal().split_once('\n').unwrap_or((plain.reveal(), ""));
    Ok(Some(Family { no, number: number.to_owned(), place: place.to_owned() }))
}

fn members(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    family_no: i64,
    (insurance, year): (Insurance, i64),
    asking: Option<i64>,
) -> Result<Vec<Member>> {
    type Row = (i64, Option<i64>, String, Vec<u8>, Option<String>, i64, i64);
    let rows: Vec<Row> = tx.all(
        "SELECT m.member_no, m.cust_no, m.help, m.member_sealed, l.state,
                (SELECT COUNT(*) FROM core_contribution c WHERE c.tenant_id = m.tenant_id AND c.cust_no = m.cust_no
                    AND c.insurance = $3 AND c.year = $4),
                (SELECT COUNT(*) FROM core_account a WHERE a.tenant_id = m.tenant_id AND a.cust_no = m.cust_no
                    AND a.kind = $5 AND a.state <> 'closed')
           FROM core_member m
           LEFT JOIN core_levy l ON l.tenant_id = m.tenant_id AND l.family_no = m.family_no AND l.member_no = m.member_no
                AND l.insurance = $3 AND l.year = $4
          WHERE m.tenant_id = $1 AND m.family_no = $2 ORDER BY m.member_no",
        params![tx.tenant(), family_no, insurance.word(), year, AccountKind::Medical.word()],
    )?;
    let one = |(no, cust_no, help, sealed, state, paid, employed): Row| {
        let plain = keys.open(Column::Member, family_no * STRIDE + no, &sealed)?;
        let mut parts = plain.reveal().split('\n');
        let mut part = || parts.next().ok_or_else(|| Error::fault("a member without a birthday"));
        let (name, relation, born) = (part()?, part()?, part()?);
        let born = born.parse().ok().and_then(Day::of_number);
        let born = born.ok_or_else(|| Error::fault("a member born on no day"))?;
        let help: Help = from_word(&help)?;
        let stands = match state.as_deref() {
            _ if paid > 0 => Stands::Paid,
            Some("paying") => Stands::Paying,
            Some(_) => Stands::Paid,
            None => stands(insurance, help, year - born.year(), employed > 0),
        };
        let (pays, subsidy) = match (insurance, stands) {
            (Insurance::Medical, Stands::Open) => medical(help)?,
            _ => (Fen::ZERO, Fen::ZERO),
        };
        Ok(Member {
            no,
            name: Masked::name(name),
            relation: relation.to_owned(),
            is_asking: asking.is_some() && cust_no == asking,
            stands,
            pays,
            subsidy,
        })
    };
    rows.into_iter().map(one).collect()
}

const fn stands(insurance: Insurance, help: Help, age: i64, is_employed: bool) -> Stands {
    match (insurance, help) {
        _ if is_employed => Stands::Employed,
        (Insurance::Pension, _) if age < PENSION_AGES.start => Stands::TooYoung,
        (Insurance::Pension, _) if age >= PENSION_AGES.end => Stands::TooOld,
        (_, Help::Full) => Stands::Exempt,
        _ => Stands::Open,
    }
}

/// What a member pays for medical insurance, and what the treasury does.
fn medical(help: Help) -> Result<(Fen, Fen)> {
    let pays = if help == Help::Half { Fen::of(MEDICAL.pays.fen() / 2) } else { MEDICAL.pays };
    let whole = MEDICAL.pays.checked_add(MEDICAL.subsidy);
    let subsidy = whole.and_then(|w| w.checked_sub(pays));
    Ok((pays, subsidy.ok_or_else(|| Error::fault("a contribution overflows"))?))
}

/// Who was chosen, or all who may pay and choose nothing.
fn chosen(ask: &LevyAsk, insurance: Insurance, all: &[Member]) -> Result<Vec<i64>, Reject> {
    if ask.chosen.is_empty() {
        let open = all.iter().filter(|m| m.stands == Stands::Open).map(|m| m.no);
        let is_fixed = insurance == Insurance::Medical;
        return Ok(open.filter(|_| is_fixed).take(CHOSEN_MAX).collect());
    }
    let mut numbers = ask.chosen.clone();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() != ask.chosen.len() || numbers.len() > CHOSEN_MAX {
        return Err(Reject::Validation { field: "chosen" });
    }
    for no in &numbers {
        match all.iter().find(|m| m.no == *no).map(|m| m.stands) {
            None => return Err(Reject::NotFound),
            Some(Stands::Open) => {}
            Some(Stands::Paid | Stands::Paying) => return Err(Reject::BillPaid),
            Some(_) => return Err(Reject::NotEligible),
        }
    }
    Ok(numbers)
}

/// What a family pays for a year, of those chosen.
pub(super) fn levy(tx: &Tx<'_>, keys: &TenantKeys, ask: &LevyAsk) -> Said<Levy> {
    let Some((known, _)) = contracted(tx, &ask.biller)? else { return no(Reject::Unsupported) };
    let Some(insurance) = known.kind.insurance() else { return no(Reject::Unsupported) };
    if let LevyOf::Number(number) = &ask.of
        && !known.rule().fits(number)
    {
        return invalid("number");
    }
    let Some(family) = family(tx, keys, &ask.of)? else { return no(Reject::NotFound) };
    if family.number.ends_with(OFFLINE) {
        return no(Reject::BillerOffline);
    }
    let today = Day::at(tx.now());
    let season = Season::of(insurance, today)?;
    let usual = season.years.first().copied().unwrap_or(today.year());
    let year = ask.year.unwrap_or(usual);
    if !season.years.contains(&year) {
        return invalid("year");
    }
    let asking = match &ask.of {
        LevyOf::Customer(cust_no) => number(cust_no.as_str()),
        LevyOf::Number(_) => None,
    };
    let mut all = members(tx, keys, family.no, (insurance, year), asking)?;
    let numbers = match chosen(ask, insurance, &all) {
        Ok(numbers) => numbers,
        Err(reject) => return no(reject),
    };
    let tiers = if insurance == Insurance::Pension { TIERS.to_vec() } else { vec![] };
    let tier = match ask.tier.map(|t| tiers.iter().find(|k| k.pays == t).ok_or(())) {
        None => None,
        Some(Ok(tier)) => Some(*tier),
        Some(Err(())) => return invalid("tier"),
    };
    if let Some(tier) = tier {
        for m in all.iter_mut().filter(|m| numbers.contains(&m.no)) {
            (m.pays, m.subsidy) = (tier.pays, tier.subsidy);
        }
    }
    let owed = sum(&all, &numbers)?;
    let owed = if season.is_open(today) { owed } else { Fen::ZERO };
    let bill = if owed > Fen::ZERO { reference(year, tier, &numbers) } else { String::new() };
    let Family { number, place, .. } = family;
    let Season { years, opens_on, closes_on } = season;
    Ok(Ok(Levy {
        number,
        place,
        year,
        years,
        opens_on,
        closes_on,
        tiers,
        members: all,
        owed,
        bill,
    }))
}

fn sum(all: &[Member], numbers: &[i64]) -> Result<Fen> {
    let pays = all.iter().filter(|m| numbers.contains(&m.no)).map(|m| m.pays);
    let sum = pays.into_iter().try_fold(Fen::ZERO, Fen::checked_add);
    sum.ok_or_else(|| Error::fault("contributions overflow"))
}

fn reference(year: i64, tier: Option<Tier>, numbers: &[i64]) -> String {
    let tier = tier.map(|t| format!("@{}", t.pays.fen() / 100)).unwrap_or_default();
    let numbers = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    format!("{year}{tier}:{numbers}")
}

/// The reference read back: year, tier and members.
fn read(bill: &str) -> Option<(i64, Option<Fen>, Vec<i64>)> {
    let (head, numbers) = bill.split_once(':')?;
    let (year, tier) = match head.split_once('@') {
        Some((year, yuan)) => (year, Some(Fen::of(yuan.parse::<i64>().ok()?.checked_mul(100)?))),
        None => (head, None),
    };
    let numbers = numbers.split('.').map(str::parse).collect::<std::result::Result<_, _>>().ok()?;
    Some((year.parse().ok()?, tier, numbers))
}

/// Whose year a payment is for.
#[derive(Debug)]
pub(crate) struct Chosen {
    family_no: i64,
    insurance: Insurance,
    year: i64,
    parts: Vec<(i64, Fen)>,
}

/// Looks whether the office takes this payment: for members who may pay, the sum they pay.
pub(super) fn look(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    insurance: Insurance,
    (biller, number, bill): (&str, &str, &str),
    amount: Fen,
) -> Result<std::result::Result<Chosen, Reject>> {
    let Some((year, tier, chosen)) = read(bill) else { return Ok(Err(Reject::NotFound)) };
    let of = LevyOf::Number(number.to_owned());
    let ask = LevyAsk { biller: biller.to_owned(), of, year: Some(year), chosen, tier };
    let told = match levy(tx, keys, &ask)? {
        Ok(told) => told,
        // Drafted in its season and paid after it.
        Err(e) => match e.rejected() {
            Some(Reject::Validation { field: "year" }) => return Ok(Err(Reject::NotEligible)),
            Some(reject) => return Ok(Err(reject.clone())),
            None => return Err(Error::fault("a question of the books without a verdict")),
        },
    };
    if told.bill.is_empty() {
        return Ok(Err(Reject::NotEligible));
    }
    if told.bill != bill || told.owed != amount {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let Some(family) = family(tx, keys, &ask.of)? else { return Ok(Err(Reject::NotFound)) };
    let parts = ask.chosen.iter().filter_map(|no| told.member(*no)).map(|m| (m.no, m.pays));
    Ok(Ok(Chosen { family_no: family.no, insurance, year, parts: parts.collect() }))
}

/// A payment was posted: the year of everybody chosen is being paid, by it and no other.
pub(super) fn mark(tx: &Tx<'_>, request_id: &str, of: &Chosen) -> Result<()> {
    for (member_no, amount) in &of.parts {
        let fresh = tx.exec_one(
            "INSERT INTO core_levy (tenant_id, family_no, member_no, insurance, year, amount_fen, state, paid_by)
             VALUES ($1, $2, $3, $4, $5, $6, 'paying', $7)
             ON CONFLICT (tenant_id, family_no, member_no, insurance, year) DO NOTHING",
            params![
                tx.tenant(),
                of.family_no,
                *member_no,
                of.insurance.word(),
                of.year,
                *amount,
                request_id
            ],
        )?;
        if !fresh {
            return Err(Error::fault("a year changed while it was being paid"));
        }
    }
    Ok(())
}

/// The office has confirmed: the years are paid, and known of members who are customers.
pub(super) fn settle(tx: &Tx<'_>, request_id: &str) -> Result<()> {
    type Row = (Option<i64>, String, i64, Fen);
    let paid: Vec<Row> = tx.all(
        "SELECT m.cust_no, l.insurance, l.year, l.amount_fen FROM core_levy l
           JOIN core_member m ON m.tenant_id = l.tenant_id AND m.family_no = l.family_no AND m.member_no = l.member_no
          WHERE l.tenant_id = $1 AND l.paid_by = $2 AND l.state = 'paying' ORDER BY l.member_no",
        params![tx.tenant(), request_id],
    )?;
    for (cust_no, insurance, year, amount) in paid {
        let Some(cust_no) = cust_no else { continue };
        let told = NewContribution {
            cust_no,
            insurance: from_word(&insurance)?,
            year,
            amount,
            paid_on: Day::at(tx.now()),
            place: HERE.to_owned(),
            request_id: Some(request_id.to_owned()),
        };
        social::add_contribution(tx, &told)?;
    }
    tx.exec(
        "UPDATE core_levy SET state = 'paid' WHERE tenant_id = $1 AND paid_by = $2 AND state = 'paying'",
        params![tx.tenant(), request_id],
    )?;
    Ok(())
}

/// A payment came back or was undone: its years may be paid again.
pub(super) fn reopen(tx: &Tx<'_>, request_id: &str) -> Result<()> {
    tx.exec(
        "DELETE FROM core_levy WHERE tenant_id = $1 AND paid_by = $2 AND state = 'paying'",
        params![tx.tenant(), request_id],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_it_was_written_and_fits_a_payment() {
        let five_hundred = Some(TIERS[2]);
        for (tier, numbers) in [(None, vec![1, 2, 5]), (five_hundred, vec![3])] {
            let text = reference(2027, tier, &numbers);
            assert_eq!(read(&text), Some((2027, tier.map(|t| t.pays), numbers)), "{text}");
        }
        let longest = reference(2026, Some(TIERS[5]), &[11, 12, 13, 14, 15, 16, 17]);
        assert!(
            longest.len() <= 32 && read("2027").is_none() && read("2027:x").is_none(),
            "{longest}"
        );
    }

    #[test]
    fn who_pays_is_told_by_age_help_and_employer() {
        use Insurance::{Medical, Pension};
        assert_eq!(stands(Medical, Help::None, 3, false), Stands::Open);
        assert_eq!(stands(Medical, Help::Full, 70, false), Stands::Exempt);
        assert_eq!(stands(Medical, Help::None, 40, true), Stands::Employed);
        assert_eq!(stands(Pension, Help::None, 15, false), Stands::TooYoung);
        assert_eq!(stands(Pension, Help::None, 16, false), Stands::Open);
        assert_eq!(stands(Pension, Help::Half, 59, false), Stands::Open);
        assert_eq!(stands(Pension, Help::Full, 60, false), Stands::TooOld);
        assert_eq!(medical(Help::Half).unwrap(), (Fen::of(20_000), Fen::of(90_000)));
    }
}
