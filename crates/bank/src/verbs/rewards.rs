//! Points exchanged for wares, as the chat asks for it.

use super::Doing::{Draft, Order, Read};
use super::payments::LABEL;
use super::{Reading, Told, Verb, count, declined, done, refused, row, text};
use crate::charity::grouped;
use crate::rewards::{self, ExchangeId, Wish, handover_words, take};
use base::{Error, Result};
use corebank::rewards::{Handover, Ware};
use dialogue::{Call, Value};

pub(super) const VERBS: &[Verb] = &[
    ("points.wares", Read(|r, call| Box::pin(r.wares(call)))),
    ("points.offer", Draft(|r, call| Box::pin(r.offer_exchange(call)))),
    ("points.exchange", Order(|r, call| Box::pin(r.exchange_points(call)))),
    ("points.orders", Read(|r, _| Box::pin(r.exchanges()))),
];

fn arg<'c>(call: &'c Call, name: &str) -> &'c str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

fn no<T>(came: Result<T>) -> Result<std::result::Result<T, Told>> {
    match came {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Refused(no)) => Ok(Err(Ok(declined(&no)))),
        Err(fault) => Err(fault),
    }
}

impl Reading<'_> {
    async fn wares(&self, call: &Call) -> Result<Told> {
        let (tenant, follower) = (self.standing.tenant, self.standing.id.raw());
        let found = rewards::shelf(self.app, tenant, follower, arg(call, "named")).await;
        let shelf = match no(found)? {
            Ok(shelf) => shelf,
            Err(told) => return Ok(told),
        };
        let missing = if shelf.is_missing { "现在没有这一样。" } else { "" };
        let only = if let [one] = &shelf.wares[..] { one.code.as_str() } else { "" };
        let one = |w: &Ware| {
            let ways: Vec<_> = w.handovers.iter().map(|h| handover_words(*h)).collect();
            row([
                ("id", text(w.code.as_str())),
                ("name", text(w.name.as_str())),
                ("points", text(grouped(w.points))),
                ("ways", text(ways.join("或"))),
            ])
        };
        let rows: Vec<_> = shelf.wares.iter().map(one).collect();
        Ok(Ok(done([
            ("count", count(rows.len())),
            ("missing", text(missing)),
            ("only", text(only)),
            ("rows", Value::Rows(rows)),
        ])))
    }

    async fn offer_exchange(&self, call: &Call) -> Result<Told> {
        let wish = Wish {
            card: arg(call, "account"),
            ware: arg(call, "ware"),
            count: arg(call, "count").parse().unwrap_or(1),
            handover: Handover::of(arg(call, "handover")),
        };
        let offered = match no(rewards::offer(self.app, &self.payer(), wish).await)? {
            Ok(offered) => offered,
            Err(told) => return Ok(told),
        };
        let id = offered.id.raw().to_string();
        let (in_chat, on_page) =
            if offered.needs_pin { ("", id.as_str()) } else { (id.as_str(), "") };
        Ok(Ok(done([
            ("words", text(offered.words)),
            ("exchange", text(in_chat)),
            ("pin_exchange", text(on_page)),
            ("label", text(if offered.needs_pin { LABEL } else { "" })),
            ("by_post", text(offered.by_post.unwrap_or_default())),
            ("many", text(wish.count.to_string())),
        ])))
    }

    async fn exchange_points(&self, call: &Call) -> Result<Told> {
        let Ok(id) = arg(call, "exchange").parse().map(ExchangeId::of) else {
            return Ok(Ok(refused(take::NONE.code, &take::NONE.words)));
        };
        let how = if arg(call, "no").is_empty() { take::Take::Said } else { take::Take::Leave };
        // What was offered before the channel was frozen, or under other agreements, is not exchanged.
        if self.bound.is_frozen {
            return Ok(Ok(refused(super::FROZEN.code, &super::FROZEN.words)));
        }
        match no(take::take(self.app, &self.payer(), id, how).await)? {
            Ok(words) => Ok(Ok(done([("words", text(words))]))),
            Err(told) => Ok(told),
        }
    }

    async fn exchanges(&self) -> Result<Told> {
        let (tenant, customer) = (self.standing.tenant, &self.bound.customer);
        let all = rewards::orders(self.app, tenant, customer).await?;
        let one = |o: &rewards::Listed| {
            row([
                ("at", Value::Time(o.at)),
                ("what", text(o.what.as_str())),
                ("note", text(o.note.as_str())),
            ])
        };
        let rows: Vec<_> = all.iter().map(one).collect();
        Ok(Ok(done([("count", count(rows.len())), ("rows", Value::Rows(rows))])))
    }
}
