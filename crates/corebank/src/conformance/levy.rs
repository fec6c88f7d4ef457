//! Sentences about residents' insurance. A core without billers of it has no family to try them on.

use super::bills::{Desk, GOOD_MS};
use super::{FamilyFixture, Room, Sentence, Verdict, answered, ensure};
use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::levy::{Levy, LevyAsk, LevyOf, Stands};
use crate::money::{Payee, Payment, Rail};
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a family's insurance is told without effect, and adds up", |r| Box::pin(told(r))),
    ("an unknown family, a wrong number and a year that is not collected are told apart", |r| {
        Box::pin(wrong(r))
    }),
    ("a member's year is paid once, by whichever command comes first", |r| Box::pin(paid_once(r))),
];

struct Family<'a> {
    d: Desk<'a>,
    f: &'a FamilyFixture,
}

impl<'a> Family<'a> {
    fn of(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let Some(d) = Desk::of(r)? else { return Ok(None) };
        Ok(d.bills.family.as_ref().map(|f| Self { f, d }))
    }
    fn ask(&self, number: &str, chosen: Vec<i64>) -> LevyAsk {
        let of = LevyOf::Number(number.to_owned());
        LevyAsk { biller: self.f.biller.clone(), of, year: None, chosen, tier: None }
    }
    async fn levy(&self, ask: &LevyAsk) -> Result<Levy, CoreError> {
        self.d.desk.levy(&self.d.r.ctx(), ask).await
    }
    async fn now(&self, chosen: Vec<i64>) -> Result<Levy, String> {
        answered(self.levy(&self.ask(&self.f.number, chosen)).await)
    }
    fn is_season(&self, levy: &Levy) -> bool {
        levy.is_open(Day::at(self.d.r.f.clock.now()))
    }
}

async fn told(r: &Room<'_>) -> Verdict {
    let Some(family) = Family::of(r)? else { return Ok(()) };
    let before = family.d.worth().await?;
    let (one, two) = (family.now(vec![]).await?, family.now(vec![]).await?);
    let is_same = one == two && family.d.worth().await? == before;
    ensure(is_same, || format!("{one:?}, then {two:?}"))?;
    ensure(one.number == family.f.number && one.years.contains(&one.year), || format!("{one:?}"))?;
    let mut numbers: Vec<i64> = one.members.iter().map(|m| m.no).collect();
    numbers.dedup();
    ensure(numbers.is_sorted() && numbers.len() == one.members.len(), || format!("{numbers:?}"))?;
    let open = one.members.iter().filter(|m| m.stands == Stands::Open);
    let owed = open.map(|m| m.pays).try_fold(Fen::ZERO, Fen::checked_add);
    let is_payable = owed == Some(one.owed) && one.owed > Fen::ZERO && !one.bill.is_empty();
    ensure(is_payable || !family.is_season(&one), || format!("{one:?}, {owed:?}"))
}

async fn wrong(r: &Room<'_>) -> Verdict {
    let Some(family) = Family::of(r)? else { return Ok(()) };
    let good = family.ask(&family.f.number, vec![]);
    let far = LevyAsk { year: Some(1_999), ..good.clone() };
    let stranger = LevyAsk { biller: format!("{}-none", good.biller), ..good.clone() };
    let asked = [
        (family.ask(&family.f.unknown, vec![]), Reject::NotFound),
        (family.ask(&family.f.number[1..], vec![]), Reject::Validation { field: "number" }),
        (family.ask(&family.f.number, vec![9_999]), Reject::NotFound),
        (far, Reject::Validation { field: "year" }),
        (stranger, Reject::Unsupported),
    ];
    for (ask, reject) in asked {
        let got = family.levy(&ask).await;
        ensure(got == Err(reject.clone().into()), || format!("{got:?}, not {reject:?}"))?;
    }
    let elsewhere = family.d.desk.levy(&r.ctx_of(r.f.other_tenant), &good).await;
    ensure(matches!(elsewhere, Err(CoreError::Rejected(_))), || format!("{elsewhere:?}"))
}

async fn paid_once(r: &Room<'_>) -> Verdict {
    let Some(family) = Family::of(r)? else { return Ok(()) };
    let all = family.now(vec![]).await?;
    let open = all.members.iter().filter(|m| m.stands == Stands::Open);
    let Some(member) = open.min_by_key(|m| m.pays).filter(|_| family.is_season(&all)) else {
        return Ok(());
    };
    let levy = family.now(vec![member.no]).await?;
    ensure(levy.owed == member.pays, || format!("{levy:?}"))?;
    let payment = Payment {
        payer: family.d.cash.payer.clone(),
        payee: Payee::Biller {
            biller: family.f.biller.clone(),
            number: levy.number.clone(),
            bill: levy.bill.clone(),
        },
        amount: levy.owed,
        fee: Fen::ZERO,
        rail: Rail::Biller,
        purpose: String::new(),
        valid_until: r.f.clock.now().plus_ms(GOOD_MS),
    };
    let ids = [(); 3].map(|()| r.f.random.hex(8));
    let less = Fen::of(levy.owed.fen() - 1);
    let short = family.d.pay(&ids[0], &Payment { amount: less, ..payment.clone() }).await;
    ensure(short == Err(Reject::Validation { field: "amount" }.into()), || format!("{short:?}"))?;
    let before = family.d.worth().await?;
    let paid = answered(family.d.pay(&ids[1], &payment).await)?;
    let again = family.d.pay(&ids[1], &payment).await;
    ensure(again.as_ref() == Ok(&paid), || format!("again: {again:?}"))?;
    let second = family.d.pay(&ids[2], &payment).await;
    ensure(second == Err(Reject::BillPaid.into()), || format!("second: {second:?}"))?;
    let asked = family.levy(&family.ask(&family.f.number, vec![member.no])).await;
    ensure(asked == Err(Reject::BillPaid.into()), || format!("{asked:?}"))?;
    let after = family.now(vec![]).await?;
    let stands = after.member(member.no).map(|m| m.stands);
    let is_told = matches!(stands, Some(Stands::Paying | Stands::Paid));
    let left = after.owed.checked_add(levy.owed);
    ensure(is_told && left == Some(all.owed), || format!("{stands:?}, {after:?}"))?;
    let cost = before.checked_sub(family.d.worth().await?);
    ensure(cost == Some(levy.owed), || format!("it cost {cost:?}"))
}
