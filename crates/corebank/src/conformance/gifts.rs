//! Sentences about gifts of points: once under an id, the nearest end first, lamps without a gap.

use super::till::at_once;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::credit::Points;
use crate::error::{CoreError, Reject};
use crate::gifts::{GiftFate, GiftQuery, GiftTally, Gifts, Given, PointGift, ProjectRef};
use crate::port::Ctx;
use std::pin::Pin;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a gift takes the points that end first, and the project gets all of them", |r| {
        Box::pin(given(r))
    }),
    ("the same gift again is the same lamp, and nothing is taken again", |r| Box::pin(again(r))),
    ("a gift sent many times at once lights one lamp", |r| Box::pin(race(r))),
    ("gifts sent at once light lamps one after the other, without a gap", |r| Box::pin(no_gap(r))),
    ("a gift's id with another payload is refused, and its first answer stands", |r| {
        Box::pin(other_payload(r))
    }),
    ("more points than there are are not given, for ever", |r| Box::pin(short(r))),
    ("nothing, no card and a card twice are not given, and use up no id", |r| {
        Box::pin(senseless(r))
    }),
    ("somebody else's card and a project that nobody keeps give nothing", |r| Box::pin(strange(r))),
    ("a gift that was fenced is refused when it comes", |r| Box::pin(fenced(r))),
    ("a gift that comes past its time is refused", |r| Box::pin(too_late(r))),
    ("a gift that is taken back returns the points, and its lamp is never given again", |r| {
        Box::pin(voided(r))
    }),
];

/// How often one gift is sent at once.
const AT_ONCE: usize = 6;

type Sent<'s> = Pin<Box<dyn Future<Output = Result<Given, CoreError>> + Send + 's>>;

struct Alms<'a> {
    r: &'a Room<'a>,
    g: &'a dyn Gifts,
    project: &'a ProjectRef,
}

impl<'a> Alms<'a> {
    /// `None` where the core has no gifts; then it says so.
    fn open(r: &'a Room<'a>) -> Result<Option<Self>, String> {
        match (r.core.gifts(), r.core.capabilities().gifts, &r.f.project) {
            (Some(g), true, Some(project)) => Ok(Some(Self { r, g, project })),
            (None, false, None) => Ok(None),
            _ => Err("gifts are there and are not".into()),
        }
    }
    fn id(&self) -> String {
        format!("G{}", self.r.f.random.hex(12))
    }
    fn ctx(&self, id: &str) -> Ctx {
        Ctx { request_id: Some(id.to_owned()), ..self.r.ctx() }
    }
    fn wish(&self, points: i64) -> PointGift {
        PointGift {
            cust: self.r.f.card_cust.clone(),
            cards: vec![self.r.f.card.clone()],
            project: self.project.clone(),
            points,
            valid_until: self.r.f.clock.now().plus_ms(60_000),
        }
    }
    async fn give(&self, id: &str, gift: &PointGift) -> Result<Given, CoreError> {
        self.g.give_points(&self.ctx(id), gift).await
    }
    fn sent<'s>(&'s self, id: &'s str, gift: &'s PointGift) -> Sent<'s> {
        Box::pin(self.give(id, gift))
    }
    async fn points(&self) -> Result<Points, String> {
        answered(self.r.core.points(&self.r.ctx(), &self.r.f.card).await)
    }
    async fn tally(&self) -> Result<GiftTally, String> {
        answered(self.g.tally(&self.r.ctx(), self.project).await)
    }
    async fn fate(&self, id: &str, fence: bool) -> Result<GiftFate, String> {
        let ask = GiftQuery { request_id: id.to_owned(), fence };
        answered(self.g.gift(&self.r.ctx(), &ask).await)
    }
    /// Nothing is taken and nothing given since.
    async fn stands(&self, before: (i64, GiftTally), what: &str) -> Verdict {
        let now = (self.points().await?.total, self.tally().await?);
        ensure(now == before, || format!("{what}: {now:?}, not {before:?}"))
    }
    async fn stand(&self) -> Result<(i64, GiftTally), String> {
        Ok((self.points().await?.total, self.tally().await?))
    }
}

async fn given(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let (before, tally) = (b.points().await?, b.tally().await?);
    // One more than the first lot has: the second is touched, too.
    let first = before.lots.first().map_or(0, |l| l.points);
    ensure(before.total > first + 1, || "the fixture's card has two lots at least".into())?;
    let wish = b.wish(first + 1);
    let done = answered(b.give(&b.id(), &wish).await)?;
    let after = b.points().await?;
    let fits = done.differs(&wish).is_none() && !done.is_void && done.left == after.total;
    ensure(fits, || format!("{done:?} of {wish:?}"))?;
    ensure(after.total == before.total - wish.points, || format!("{after:?}"))?;
    let gone = after.lots.iter().all(|l| Some(l.ends_on) != before.lots.first().map(|l| l.ends_on));
    ensure(gone, || format!("the nearest lot is left: {after:?}"))?;
    let now = b.tally().await?;
    let fits = now.points == tally.points + wish.points && now.lamps == done.lamp;
    ensure(fits && done.lamp == tally.lamps + 1, || format!("{now:?} after {tally:?}"))
}

async fn again(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let (id, wish) = (b.id(), b.wish(1));
    let first = answered(b.give(&id, &wish).await)?;
    let before = b.stand().await?;
    let second = answered(b.give(&id, &wish).await)?;
    ensure(first == second, || format!("{first:?} and {second:?}"))?;
    let fate = b.fate(&id, true).await?;
    ensure(fate == GiftFate::Given(first), || format!("{fate:?}"))?;
    b.stands(before, "once more").await
}

async fn race(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let (id, wish, before) = (b.id(), b.wish(1), b.stand().await?);
    let all = at_once((0..AT_ONCE).map(|_| b.sent(&id, &wish)).collect()).await;
    let lamp = before.1.lamps + 1;
    let same = all.iter().all(|a| a.as_ref().is_ok_and(|g| g.lamp == lamp));
    ensure(same, || format!("{all:?}"))?;
    let points = before.1.points + 1;
    b.stands((before.0 - 1, GiftTally { points, lamps: lamp }), "at once").await
}

async fn no_gap(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let before = b.stand().await?;
    let ids: Vec<String> = (0..AT_ONCE).map(|_| b.id()).collect();
    let wish = b.wish(1);
    let all = at_once(ids.iter().map(|id| b.sent(id, &wish)).collect()).await;
    let mut lamps: Vec<i64> = all.iter().filter_map(|a| a.as_ref().ok()).map(|g| g.lamp).collect();
    lamps.sort_unstable();
    let wanted: Vec<i64> = (before.1.lamps + 1..).take(AT_ONCE).collect();
    ensure(lamps == wanted, || format!("{lamps:?}, not {wanted:?}: {all:?}"))
}

async fn other_payload(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let id = b.id();
    let first = answered(b.give(&id, &b.wish(1)).await)?;
    let before = b.stand().await?;
    let got = b.give(&id, &b.wish(2)).await;
    ensure(got == Err(Reject::PayloadMismatch.into()), || format!("{got:?}"))?;
    let fate = b.fate(&id, false).await?;
    ensure(fate == GiftFate::Given(first), || format!("{fate:?}"))?;
    b.stands(before, "another payload").await
}

async fn short(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let before = b.stand().await?;
    let (id, wish) = (b.id(), b.wish(before.0 + 1));
    for _ in 0..2 {
        let got = b.give(&id, &wish).await;
        ensure(got == Err(Reject::InsufficientFunds.into()), || format!("{got:?}"))?;
    }
    let fate = b.fate(&id, true).await?;
    ensure(fate == GiftFate::Rejected(Reject::InsufficientFunds), || format!("{fate:?}"))?;
    b.stands(before, "too many").await
}

async fn senseless(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let (id, before, wish) = (b.id(), b.stand().await?, b.wish(1));
    let twice = [wish.cards.clone(), wish.cards.clone()].concat();
    for (field, bad) in [
        ("points", PointGift { points: 0, ..wish.clone() }),
        ("points", PointGift { points: -5, ..wish.clone() }),
        ("cards", PointGift { cards: vec![], ..wish.clone() }),
        ("cards", PointGift { cards: twice, ..wish.clone() }),
    ] {
        let got = b.give(&id, &bad).await;
        ensure(got == Err(Reject::Validation { field }.into()), || format!("{field}: {got:?}"))?;
    }
    let nameless = b.g.give_points(&b.r.ctx(), &wish).await;
    let want = Err(Reject::Validation { field: "request_id" }.into());
    ensure(nameless == want, || format!("without an id: {nameless:?}"))?;
    let fate = b.fate(&id, false).await?;
    ensure(fate == GiftFate::NotFound, || format!("{fate:?}"))?;
    b.stands(before, "nonsense").await
}

async fn strange(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let (before, wish) = (b.stand().await?, b.wish(1));
    let nowhere = ProjectRef { code: "nobody-keeps-it".into(), ..wish.project.clone() };
    for (what, gift) in [
        ("a stranger", PointGift { cust: b.r.f.cust_no.clone(), ..wish.clone() }),
        ("no card", PointGift { cards: vec![b.r.f.account.clone()], ..wish.clone() }),
        ("another's", PointGift { cards: vec![b.r.f.other_account.clone()], ..wish.clone() }),
        ("no project", PointGift { project: nowhere, ..wish.clone() }),
    ] {
        let got = b.give(&b.id(), &gift).await;
        ensure(got == Err(Reject::NotFound.into()), || format!("{what}: {got:?}"))?;
    }
    b.stands(before, "strangers").await
}

async fn fenced(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let (id, before) = (b.id(), b.stand().await?);
    for _ in 0..2 {
        let fate = b.fate(&id, true).await?;
        ensure(fate == GiftFate::Fenced, || format!("{fate:?}"))?;
    }
    let got = b.give(&id, &b.wish(1)).await;
    ensure(got == Err(Reject::Expired.into()), || format!("{got:?}"))?;
    b.stands(before, "fenced").await
}

async fn too_late(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let before = b.stand().await?;
    let late = PointGift { valid_until: b.r.f.clock.now().plus_ms(-1), ..b.wish(1) };
    let got = b.give(&b.id(), &late).await;
    ensure(got == Err(Reject::Expired.into()), || format!("{got:?}"))?;
    b.stands(before, "late").await
}

async fn voided(r: &Room<'_>) -> Verdict {
    let Some(b) = Alms::open(r)? else { return Ok(()) };
    let before = b.stand().await?;
    let (id, lots) = (b.id(), b.points().await?.lots);
    let done = answered(b.give(&id, &b.wish(2)).await)?;
    let undo = b.id();
    for by in [&undo, &undo, &b.id()] {
        let back = answered(b.g.void_gift(&b.ctx(by), &id).await)?;
        ensure(back.is_void && back.lamp == done.lamp, || format!("{back:?}"))?;
    }
    ensure(b.points().await?.lots == lots, || "the points are in other lots".into())?;
    let tally = GiftTally { points: before.1.points, lamps: done.lamp };
    b.stands((before.0, tally), "taken back").await?;
    let fate = b.fate(&id, false).await?;
    ensure(matches!(&fate, GiftFate::Given(g) if g.is_void), || format!("{fate:?}"))?;
    // Taking it back has an id of its own, which may be asked after like the gift's.
    let fate = b.fate(&undo, false).await?;
    let same = |g: &Given| g.is_void && (g.lamp, g.points) == (done.lamp, done.points);
    ensure(matches!(&fate, GiftFate::Given(g) if same(g)), || format!("its undoing: {fate:?}"))?;
    let next = answered(b.give(&b.id(), &b.wish(1)).await)?;
    ensure(next.lamp == done.lamp + 1, || format!("{next:?} after {done:?}"))?;
    let none = b.g.void_gift(&b.ctx(&b.id()), "never-given").await;
    ensure(none == Err(Reject::NotFound.into()), || format!("nothing: {none:?}"))
}
