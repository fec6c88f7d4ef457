//! Points of a credit card exchanged for what the bank gives for them (积分兑换): a command that a core does exactly once under its
//! request id, and what is asked after it. The same rules as for gifts of points ([`crate::gifts`]).
//!
//! Not for: how wares are sent and handed over, nor limits of the channel.

use crate::day::Day;
use crate::error::Reject;
use crate::model::{AccountRef, CustNo};
use crate::port::{Answer, Ctx};
use base::Time;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// What a core gives for points. An adapter without it has no [`Rewards`](crate::CoreBank::rewards).
pub trait Rewards: Send + Sync + Debug {
    /// What points buy now, the cheapest first; what is sold out is told with none left.
    fn wares<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<Ware>>;

    /// Takes points off a card, those that end first before the others, and sets the wares aside for the customer, all of it or
    /// nothing. [`Reject::InsufficientFunds`] when there are too few points, [`Reject::SoldOut`] when too few are left,
    /// [`Reject::NotEligible`] when a ware costs something else by now or is not handed over that way, [`Reject::NotFound`] for a
    /// card that is not the customer's or a ware nobody has, [`Reject::Expired`] after `valid_until` or after a fence.
    fn exchange<'a>(&'a self, ctx: &'a Ctx, wish: &'a Exchange) -> Answer<'a, Exchanged>;

    /// What became of an exchange. With `fence`, an id the core has never seen is refused from then on.
    fn exchanged<'a>(&'a self, ctx: &'a Ctx, ask: &'a ExchangeQuery) -> Answer<'a, ExchangeFate>;
}

/// How wares come to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handover {
    /// 网点自提
    Branch,
    /// 邮寄, to where the card's bills go.
    Post,
    /// 充到预留手机号
    Mobile,
}

impl Handover {
    pub const ALL: [Self; 3] = [Self::Branch, Self::Post, Self::Mobile];
    pub const fn word(self) -> &'static str {
        match self {
            Self::Branch => "branch",
            Self::Post => "post",
            Self::Mobile => "mobile",
        }
    }
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|h| h.word() == word)
    }
}

/// Something that points buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ware {
    pub code: String,
    pub name: String,
    /// What one of them costs.
    pub points: i64,
    /// How many there are.
    pub left: i64,
    /// How it may be handed over: one at least.
    pub handovers: Vec<Handover>,
}

/// An exchange to be made. Byte for byte the same on every resend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    pub cust: CustNo,
    pub card: AccountRef,
    pub ware: String,
    pub count: i64,
    /// What all of it was said to cost.
    pub points: i64,
    pub handover: Handover,
    /// The core must not begin it later.
    pub valid_until: Time,
}

/// An exchange that was made, in the core's words. The caller compares it with what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchanged {
    /// 订单号
    pub core_serial: String,
    pub core_date: Day,
    pub at: Time,
    pub ware: String,
    pub count: i64,
    pub points: i64,
    pub handover: Handover,
    /// Points left on the card just after it.
    pub left: i64,
}

impl Exchanged {
    /// The first field that is not as asked.
    pub fn differs(&self, wish: &Exchange) -> Option<&'static str> {
        [
            ("ware", self.ware == wish.ware),
            ("count", self.count == wish.count),
            ("points", self.points == wish.points),
            ("handover", self.handover == wish.handover),
        ]
        .into_iter()
        .find_map(|(field, same)| (!same).then_some(field))
    }
}

/// Which exchange is asked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeQuery {
    pub request_id: String,
    pub fence: bool,
}

/// What became of an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeFate {
    Exchanged(Exchanged),
    Rejected(Reject),
    /// Never seen, and it may still come.
    NotFound,
    /// Never seen, and refused if it comes now.
    Fenced,
}
