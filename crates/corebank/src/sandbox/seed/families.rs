//! Families of a county as the office that collects their insurance knows them: invented, and around customers of the bank.

use super::names::{Dice, VILLAGES, person};
use crate::day::Day;
use crate::numbers;
use crate::sandbox::bills::{County, Help, NewFamily, NewMember, add_family, family_number};
use crate::sandbox::parties;
use crate::sandbox::seal::TenantKeys;
use base::{Error, Result};
use db::{Tx, params};

/// Families of nobody at the bank: ends of their numbers, and whether the treasury pays for them. The first is as usual, the
/// others are those that their biller treats otherwise (`sandbox/bills`).
const TAILS: [(&str, Help); 7] = [
    ("0231", Help::None),
    ("0118", Help::Full),
    ("0404", Help::None),
    ("0505", Help::None),
    ("0606", Help::None),
    ("0707", Help::None),
    ("0808", Help::None),
];
/// Families of customers are numbered from here, so many at most.
const FIRST: i64 = 1_000;
const MOST: i64 = 200;
/// Customers from this age on have a family of their own.
const GROWN: i64 = 20;

pub(super) fn add_families(tx: &Tx<'_>, keys: &TenantKeys, county: &County) -> Result<()> {
    let today = Day::at(tx.now());
    for (family_no, (tail, help)) in (1..).zip(TAILS) {
        let dice = Dice::new(county.seed ^ u64::try_from(family_no)?.wrapping_mul(7_919));
        let head = Head {
            name: person(&dice, 1978, false),
            born: on(1978, 4, 12)?,
            is_woman: false,
            cust_no: None,
        };
        let number = family_number(&county.legal_no, tail);
        add_family(tx, keys, &family(&dice, county, (family_no, number), head, help)?)?;
    }
    let customers: Vec<i64> = tx.all(
        "SELECT cust_no FROM core_customer WHERE tenant_id = $1 AND state <> 'closed' ORDER BY cust_no LIMIT $2",
        params![tx.tenant(), MOST],
    )?;
    for (family_no, cust_no) in (FIRST..).zip(customers) {
        let Some(who) = parties::identity(tx, keys, cust_no)? else { continue };
        let id_no = who.id_no.reveal();
        let Some(born) = numbers::born_on(id_no) else { continue };
        if today.year() - born.year() < GROWN {
            continue;
        }
        // The last digit but one of an identity number is even for women.
        let is_woman = id_no.as_bytes().get(16).is_some_and(|d| d % 2 == 0);
        let dice = Dice::new(county.seed ^ u64::try_from(family_no)?.wrapping_mul(7_919));
        let head = Head { name: who.name.reveal().clone(), born, is_woman, cust_no: Some(cust_no) };
        let number = family_number(&county.legal_no, &family_no.to_string());
        add_family(tx, keys, &family(&dice, county, (family_no, number), head, Help::None)?)?;
    }
    Ok(())
}

struct Head {
    name: String,
    born: Day,
    is_woman: bool,
    cust_no: Option<i64>,
}

fn on(year: i64, month: i64, day: i64) -> Result<Day> {
    Day::of(year, month, day).ok_or_else(|| Error::fault("a birthday on no day"))
}

/// Householder, spouse, a son or daughter, the householder's mother while she may live, and a grandchild of who is old enough.
fn family(
    dice: &Dice,
    county: &County,
    (family_no, number): (i64, String),
    head: Head,
    help: Help,
) -> Result<NewFamily> {
    let year = head.born.year();
    let other = |relation: &str, born: i64, is_woman: bool, help: Help| -> Result<NewMember> {
        let born = on(born, dice.between(1, 12), dice.between(1, 28))?;
        let name = person(dice, born.year(), is_woman);
        Ok(NewMember { name, relation: relation.to_owned(), born, cust_no: None, help })
    };
    let mut members = vec![
        NewMember {
            name: head.name,
            relation: "户主".into(),
            born: head.born,
            cust_no: head.cust_no,
            help,
        },
        other("配偶", year + dice.between(-3, 3), !head.is_woman, help)?,
    ];
    let is_daughter = dice.chance(50);
    members.push(other(if is_daughter { "女" } else { "子" }, year + 26, is_daughter, help)?);
    if year >= 1955 {
        let help = if help == Help::None { Help::Half } else { help };
        members.push(other("母", year - 25, true, help)?);
    }
    if year <= 1972 {
        members.push(other("孙子", year + 50, false, help)?);
    }
    let place = format!("{}{}", county.town, dice.pick(VILLAGES));
    Ok(NewFamily { family_no, number, place, members })
}
