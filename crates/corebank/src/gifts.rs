//! Points given to a good cause: a command that a core does exactly once under its request id, and what is asked after it.
//!
//! The same rules as for money ([`crate::money`]): a definite answer sticks to its id for ever, but for
//! [`Reject::DayClosed`](crate::Reject::DayClosed); after silence [`Gifts::gift`] is asked, never the command sent under another id.
//! Points are not money: nothing of them is in the general ledger, and a gift of money is an ordinary payment.
//!
//! Not for: which projects there are and what they promise; nor limits of the channel.

use crate::day::Day;
use crate::error::Reject;
use crate::model::{AccountRef, CustNo};
use crate::port::{Answer, Ctx};
use base::{TenantId, Time};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// What a core can be told to do with points. An adapter without them has no [`Gifts`](crate::CoreBank::gifts).
pub trait Gifts: Send + Sync + Debug {
    /// Takes points off a customer's cards, those that end first before the others, and gives them to a project, all of it or
    /// nothing. [`Reject::InsufficientFunds`] when there are fewer, [`Reject::NotFound`] for a card that is not the customer's
    /// or a project nobody keeps, [`Reject::Expired`] after `valid_until` or after a fence.
    fn give_points<'a>(&'a self, ctx: &'a Ctx, gift: &'a PointGift) -> Answer<'a, Given>;

    /// What became of a gift, or under a [`Gifts::void_gift`]'s own id the gift that it took back. With `fence`, an id the core has
    /// never seen is refused from then on.
    fn gift<'a>(&'a self, ctx: &'a Ctx, ask: &'a GiftQuery) -> Answer<'a, GiftFate>;

    /// Takes a gift back within a day, under a request id of its own: the points return to the lots they came from, the lamp's
    /// number is marked and never given again. A gift that was taken back already is answered as it stands.
    /// [`Reject::NotFound`] when there is none, [`Reject::Expired`] when the day is over.
    fn void_gift<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Given>;

    /// Opens the ledger of a project that `ctx.tenant` keeps; one that is there stays as it is. Doing it twice is the same as once.
    fn open_project<'a>(&'a self, ctx: &'a Ctx, code: &'a str) -> Answer<'a, ()>;

    /// How a project stands. [`Reject::NotFound`] when nobody keeps it.
    fn tally<'a>(&'a self, ctx: &'a Ctx, project: &'a ProjectRef) -> Answer<'a, GiftTally>;
}

/// A project, and the institution that keeps its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRef {
    pub owner: TenantId,
    pub code: String,
}

/// Points to be given. Byte for byte the same on every resend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointGift {
    pub cust: CustNo,
    /// The cards whose points may be taken, together.
    pub cards: Vec<AccountRef>,
    pub project: ProjectRef,
    pub points: i64,
    /// The core must not begin it later.
    pub valid_until: Time,
}

/// A gift that was made, in the core's words. The caller compares it with what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    pub core_serial: String,
    pub core_date: Day,
    pub at: Time,
    pub project: ProjectRef,
    pub points: i64,
    /// The lamp's number (第几盏灯): one more than the one before in its project.
    pub lamp: i64,
    /// Points left on the cards just after it.
    pub left: i64,
    pub is_void: bool,
}

impl Given {
    /// The first field that is not as asked.
    pub fn differs(&self, gift: &PointGift) -> Option<&'static str> {
        [("project", self.project == gift.project), ("points", self.points == gift.points)]
            .into_iter()
            .find_map(|(field, same)| (!same).then_some(field))
    }
}

/// Which gift is asked after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftQuery {
    pub request_id: String,
    pub fence: bool,
}

/// What became of a gift.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GiftFate {
    /// [`Given::is_void`] tells whether it was taken back since.
    Given(Given),
    Rejected(Reject),
    /// Never seen, and it may still come.
    NotFound,
    /// Never seen, and refused if it comes now.
    Fenced,
}

/// How a project stands: what was given and not taken back, and the lamp's number given out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GiftTally {
    pub points: i64,
    pub lamps: i64,
}
