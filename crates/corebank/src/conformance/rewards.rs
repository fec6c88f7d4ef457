//! Sentences about exchanges of points: once under an id, all of it or nothing, never more than is left.

use super::till::at_once;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::credit::Points;
use crate::error::{CoreError, Reject};
use crate::port::Ctx;
use crate::rewards::{Exchange, ExchangeFate, ExchangeQuery, Exchanged, Handover, Rewards, Ware};
use std::pin::Pin;

pub(super) const SENTENCES: &[Sentence] = &[
    ("an exchange takes the points that end first, and the wares from the stock", |r| {
        Box::pin(exchanged(r))
    }),
    ("the same exchange again is the same order, and nothing is taken again", |r| {
        Box::pin(again(r))
    }),
    ("an exchange sent many times at once is one order", |r| Box::pin(race(r))),
    ("an exchange's id with another payload is refused, and its first answer stands", |r| {
        Box::pin(other_payload(r))
    }),
    ("without enough points, stock or right to it nothing is exchanged, for ever", |r| {
        Box::pin(refused(r))
    }),
    ("nothing and too much are not exchanged, and use up no id", |r| Box::pin(senseless(r))),
    ("an exchange that was fenced, or comes past its time, is refused", |r| Box::pin(fenced(r))),
];

/// How often one exchange is sent at once.
const AT_ONCE: usize = 6;

type Sent<'s> = Pin<Box<dyn Future<Output = Result<Exchanged, CoreError>> + Send + 's>>;

struct Shop<'a> {
    r: &'a Room<'a>,
    shop: &'a dyn Rewards,
    /// The cheapest that is there.
    ware: Ware,
}

impl<'a> Shop<'a> {
    /// `None` where the core has no rewards; then it says so.
    async fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        let shop = match (r.core.rewards(), r.core.capabilities().rewards) {
            (Some(shop), true) => shop,
            (None, false) => return Ok(None),
            _ => return Err("rewards are there and are not".into()),
        };
        let all = answered(shop.wares(&r.ctx()).await)?;
        let ware = all.into_iter().find(|w| w.left > 0 && !w.handovers.is_empty());
        let ware = ware.ok_or("the fixture's bank has nothing for points")?;
        Ok(Some(Self { r, shop, ware }))
    }
    fn id(&self) -> String {
        format!("X{}", self.r.f.random.hex(12))
    }
    fn ctx(&self, id: &str) -> Ctx {
        Ctx { request_id: Some(id.to_owned()), ..self.r.ctx() }
    }
    fn wish(&self, count: i64) -> Exchange {
        Exchange {
            cust: self.r.f.card_cust.clone(),
            card: self.r.f.card.clone(),
            ware: self.ware.code.clone(),
            count,
            points: self.ware.points * count,
            handover: self.ware.handovers.first().copied().unwrap_or(Handover::Branch),
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    async fn exchange(&self, id: &str, wish: &Exchange) -> Result<Exchanged, CoreError> {
        self.shop.exchange(&self.ctx(id), wish).await
    }
    fn sent<'s>(&'s self, id: &'s str, wish: &'s Exchange) -> Sent<'s> {
        Box::pin(self.exchange(id, wish))
    }
    async fn points(&self) -> Result<Points, String> {
        answered(self.r.core.points(&self.r.ctx(), &self.r.f.card).await)
    }
    async fn left(&self) -> Result<i64, String> {
        let all = answered(self.shop.wares(&self.r.ctx()).await)?;
        all.iter()
            .find(|w| w.code == self.ware.code)
            .map(|w| w.left)
            .ok_or("the ware is gone".into())
    }
    async fn stand(&self) -> Result<(i64, i64), String> {
        Ok((self.points().await?.total, self.left().await?))
    }
    async fn stands(&self, before: (i64, i64), what: &str) -> Verdict {
        let now = self.stand().await?;
        ensure(now == before, || format!("{what}: {now:?}, not {before:?}"))
    }
    async fn fate(&self, id: &str, fence: bool) -> Result<ExchangeFate, String> {
        let ask = ExchangeQuery { request_id: id.to_owned(), fence };
        answered(self.shop.exchanged(&self.r.ctx(), &ask).await)
    }
}

async fn exchanged(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let (before, left) = (b.points().await?, b.left().await?);
    let wish = b.wish(1);
    let done = answered(b.exchange(&b.id(), &wish).await)?;
    let after = b.points().await?;
    let fits = done.differs(&wish).is_none() && done.left == after.total;
    ensure(fits && !done.core_serial.is_empty(), || format!("{done:?} of {wish:?}"))?;
    ensure(after.total == before.total - wish.points, || format!("{after:?}"))?;
    let first = |p: &Points| p.lots.first().map(|l| (l.ends_on, l.points));
    ensure(first(&before) != first(&after), || format!("the nearest lot is whole: {after:?}"))?;
    b.stands((after.total, left - 1), "an exchange").await
}

async fn again(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let (id, wish) = (b.id(), b.wish(1));
    let first = answered(b.exchange(&id, &wish).await)?;
    let before = b.stand().await?;
    let second = answered(b.exchange(&id, &wish).await)?;
    ensure(first == second, || format!("{first:?} and {second:?}"))?;
    let fate = b.fate(&id, true).await?;
    ensure(fate == ExchangeFate::Exchanged(first), || format!("{fate:?}"))?;
    b.stands(before, "once more").await
}

async fn race(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let (id, wish, before) = (b.id(), b.wish(1), b.stand().await?);
    let all = at_once((0..AT_ONCE).map(|_| b.sent(&id, &wish)).collect()).await;
    let order = |a: &Result<Exchanged, CoreError>| a.as_ref().ok().map(|x| x.core_serial.clone());
    let first = all.first().and_then(order);
    let same = first.is_some() && all.iter().all(|a| order(a) == first);
    ensure(same, || format!("{all:?}"))?;
    b.stands((before.0 - wish.points, before.1 - 1), "at once").await
}

async fn other_payload(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let id = b.id();
    let first = answered(b.exchange(&id, &b.wish(1)).await)?;
    let before = b.stand().await?;
    let got = b.exchange(&id, &b.wish(2)).await;
    ensure(got == Err(Reject::PayloadMismatch.into()), || format!("{got:?}"))?;
    let fate = b.fate(&id, false).await?;
    ensure(fate == ExchangeFate::Exchanged(first), || format!("{fate:?}"))?;
    b.stands(before, "another payload").await
}

async fn refused(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let (before, wish) = (b.stand().await?, b.wish(1));
    let missing = Exchange { ware: "nobody-has-it".into(), ..wish.clone() };
    let cheaper = Exchange { points: wish.points + 1, ..wish.clone() };
    let way = Handover::ALL.into_iter().find(|h| !b.ware.handovers.contains(h));
    let elsewhere = way.map(|handover| Exchange { handover, ..wish.clone() });
    let stranger = Exchange { cust: r.f.cust_no.clone(), ..wish.clone() };
    let no_card = Exchange { card: r.f.account.clone(), ..wish.clone() };
    let mut all = vec![
        ("no such ware", missing, Reject::NotFound),
        ("another price", cheaper, Reject::NotEligible),
        ("somebody else's card", stranger, Reject::NotFound),
        ("an account without points", no_card, Reject::NotFound),
    ];
    all.extend(elsewhere.map(|wish| ("another way", wish, Reject::NotEligible)));
    let affordable = before.0 / b.ware.points;
    if affordable > before.1 {
        all.push(("more than is left", b.wish(before.1 + 1), Reject::SoldOut));
    } else {
        all.push(("more than there are points", b.wish(affordable + 1), Reject::InsufficientFunds));
    }
    for (what, wish, reject) in all {
        let id = b.id();
        for _ in 0..2 {
            let got = b.exchange(&id, &wish).await;
            ensure(got == Err(reject.clone().into()), || format!("{what}: {got:?}"))?;
        }
        let fate = b.fate(&id, true).await?;
        ensure(fate == ExchangeFate::Rejected(reject), || format!("{what}: {fate:?}"))?;
    }
    b.stands(before, "refused").await
}

async fn senseless(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let (id, before, wish) = (b.id(), b.stand().await?, b.wish(1));
    for (field, bad) in [
        ("count", Exchange { count: 0, ..wish.clone() }),
        ("count", Exchange { count: -1, ..wish.clone() }),
        ("points", Exchange { points: 0, ..wish.clone() }),
        ("ware", Exchange { ware: String::new(), ..wish.clone() }),
    ] {
        let got = b.exchange(&id, &bad).await;
        ensure(got == Err(Reject::Validation { field }.into()), || format!("{field}: {got:?}"))?;
    }
    let nameless = b.shop.exchange(&b.r.ctx(), &wish).await;
    let want = Err(Reject::Validation { field: "request_id" }.into());
    ensure(nameless == want, || format!("without an id: {nameless:?}"))?;
    let fate = b.fate(&id, false).await?;
    ensure(fate == ExchangeFate::NotFound, || format!("{fate:?}"))?;
    b.stands(before, "nonsense").await
}

async fn fenced(r: &Room<'_>) -> Verdict {
    let Some(b) = Shop::open(r).await? else { return Ok(()) };
    let (id, before) = (b.id(), b.stand().await?);
    for _ in 0..2 {
        let fate = b.fate(&id, true).await?;
        ensure(fate == ExchangeFate::Fenced, || format!("{fate:?}"))?;
    }
    let got = b.exchange(&id, &b.wish(1)).await;
    ensure(got == Err(Reject::Expired.into()), || format!("{got:?}"))?;
    let late = Exchange { valid_until: b.r.f.clock.now().plus_ms(-1), ..b.wish(1) };
    let got = b.exchange(&b.id(), &late).await;
    ensure(got == Err(Reject::Expired.into()), || format!("late: {got:?}"))?;
    b.stands(before, "fenced").await
}
