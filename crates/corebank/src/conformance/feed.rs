//! Sentences about events that a core tells by itself. One that keeps no list of them has no feed.

use super::acts::{Act, Came};
use super::till::Till;
use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::{CoreError, Reject};
use crate::feed::{EVENTS_MAX, Entry, Event, Feed, Happened};
use crate::model::AccountRef;
use crate::port::EventFeed;

pub(super) const SENTENCES: &[Sentence] = &[
    ("events are numbered from one without a gap, and told again they are the same", |r| {
        Box::pin(numbered(r))
    }),
    ("a payment is told of on both accounts, as their statements have it", |r| Box::pin(told(r))),
    ("what is undone is told with what it undoes", |r| Box::pin(undone(r))),
    ("one institution's events are no other's", |r| Box::pin(apart(r))),
    ("a number beyond the last event and a page too large are refused", |r| Box::pin(refused(r))),
];

/// The feed, where there is one and money to make events with.
fn open<'a>(r: &'a Room<'a>) -> Result<Option<(&'a dyn Feed, Till<'a>)>, String> {
    let polls = r.core.capabilities().events == EventFeed::Poll;
    match (r.core.feed(), polls) {
        (Some(feed), true) => Ok(Till::open(r)?.map(|till| (feed, till))),
        (None, false) => Ok(None),
        _ => Err("a feed is there and is not".into()),
    }
}

/// All events after a number, page by page.
async fn after(r: &Room<'_>, feed: &dyn Feed, mut last: i64) -> Result<Vec<Event>, String> {
    let mut all: Vec<Event> = vec![];
    loop {
        let page = answered(feed.events(&r.ctx(), last, EVENTS_MAX).await)?;
        let is_over = page.len() < EVENTS_MAX;
        for event in page {
            ensure(event.seq == last + 1, || format!("{} after {last}", event.seq))?;
            last = event.seq;
            all.push(event);
        }
        if is_over {
            return Ok(all);
        }
    }
}

async fn numbered(r: &Room<'_>) -> Verdict {
    let Some((feed, till)) = open(r)? else { return Ok(()) };
    let ready = till.ready(Act::PayHere).await?;
    answered(till.send(&ready).await)?;
    let all = after(r, feed, 0).await?;
    ensure(!all.is_empty(), || "no events after a payment".into())?;
    let again = answered(feed.events(&r.ctx(), 0, 1).await)?;
    ensure(again == all[..1], || format!("{again:?} after {:?}", all.first()))?;
    let one_by_one = answered(feed.events(&r.ctx(), all[all.len() - 1].seq - 1, 1).await)?;
    ensure(one_by_one == all[all.len() - 1..], || format!("{one_by_one:?}"))
}

fn entry_of<'e>(events: &'e [Event], account: &AccountRef, serial: &str) -> Option<&'e Entry> {
    events.iter().filter(|e| e.account == *account).find_map(|e| match &e.what {
        Happened::Entry(entry) if entry.core_serial == serial => Some(entry),
        _ => None,
    })
}

async fn told(r: &Room<'_>) -> Verdict {
    let Some((feed, till)) = open(r)? else { return Ok(()) };
    let before = after(r, feed, 0).await?.len();
    let ready = till.ready(Act::PayHere).await?;
    let Came::Paid(paid) = answered(till.send(&ready).await)? else {
        return Err("a payment was answered with something else".into());
    };
    let events = after(r, feed, i64::try_from(before).map_err(|e| e.to_string())?).await?;
    for (account, is_in) in [(&till.f.payer, false), (&till.f.payee, true)] {
        let found = entry_of(&events, account, &paid.core_serial);
        let entry = found.ok_or_else(|| format!("no event of {account:?} in {events:?}"))?;
        let line = answered(r.core.line(&r.ctx(), account, &entry.line).await)?;
        let same = entry.is_in == is_in
            && entry.amount == ready.payment.amount
            && (entry.is_in, entry.amount, entry.core_date)
                == (line.is_in, line.amount, line.core_date)
            && entry.core_serial == line.core_serial
            && entry.balance_after.is_none_or(|b| b == line.balance_after)
            && entry.channel_serial == line.channel_serial
            && entry.reverses.is_none();
        ensure(same, || format!("the event of {account:?} is not its line"))?;
    }
    Ok(())
}

async fn undone(r: &Room<'_>) -> Verdict {
    let Some((feed, till)) = open(r)? else { return Ok(()) };
    if !r.core.capabilities().reverse_by_request_id {
        return Ok(());
    }
    let payment = till.ready(Act::PayHere).await?;
    let Came::Paid(paid) = answered(till.send(&payment).await)? else {
        return Err("a payment was answered with something else".into());
    };
    let before = after(r, feed, 0).await?.len();
    let ask = till.reversal(&payment.id, "timeout");
    answered(till.m.reverse(&till.command(&till.fresh_id()), &ask).await)?;
    let events = after(r, feed, i64::try_from(before).map_err(|e| e.to_string())?).await?;
    let mirrored = events.iter().filter(|e| match &e.what {
        Happened::Entry(entry) => entry.reverses.as_ref() == Some(&paid.core_serial),
        _ => false,
    });
    let accounts: Vec<_> = mirrored.map(|e| e.account.clone()).collect();
    let both = accounts.contains(&till.f.payer) && accounts.contains(&till.f.payee);
    ensure(both, || format!("{accounts:?}"))
}

async fn apart(r: &Room<'_>) -> Verdict {
    let Some((feed, till)) = open(r)? else { return Ok(()) };
    let elsewhere = r.ctx_of(r.f.other_tenant);
    let mut last = 0;
    loop {
        let page = answered(feed.events(&elsewhere, last, EVENTS_MAX).await)?;
        let ours = page.iter().any(|e| e.account == till.f.payer || e.account == r.f.account);
        ensure(!ours, || "an event of another institution's account".into())?;
        match page.last() {
            Some(event) if page.len() == EVENTS_MAX => last = event.seq,
            _ => return Ok(()),
        }
    }
}

async fn refused(r: &Room<'_>) -> Verdict {
    let Some((feed, _)) = open(r)? else { return Ok(()) };
    let count = after(r, feed, 0).await?.len();
    let beyond = i64::try_from(count).map_err(|e| e.to_string())? + 1;
    for (after, limit, field) in [(beyond, 1, "after"), (-1, 1, "after"), (0, 0, "limit")] {
        let said = feed.events(&r.ctx(), after, limit).await;
        let is_it = matches!(&said, Err(CoreError::Rejected(Reject::Validation { field: f })) if *f == field);
        ensure(is_it, || format!("{after} {limit}: {said:?}"))?;
    }
    Ok(())
}
