//! Every command of the port that moves something, as the sweep sends it: small, certain to be done, each with what it
//! leaves in the books.

use crate::fixture::electric;
use crate::town::{LING, Town};
use base::Fen;
use corebank::bills::BillAsk;
use corebank::conformance::Fixture;
use corebank::gifts::{GiftFate, GiftQuery, Given, PointGift};
use corebank::money::{
    Fate, Held, HoldAsk, HoldState, Money, Paid, Payee, Payment, Query, QuoteAsk, Rail, Reversal,
    Undone,
};
use corebank::sandbox::movement;
use corebank::{CoreBank, CoreError, Ctx, Day, Reject};

/// What a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Here,
    Elsewhere,
    Bill,
    /// More than there is: refused for ever, and nothing else.
    TooMuch,
    Hold,
    Commit,
    Void,
    Reverse,
    Gift,
    VoidGift,
}

pub(crate) const DEEDS: [Deed; 10] = [
    Deed::Here,
    Deed::Elsewhere,
    Deed::Bill,
    Deed::TooMuch,
    Deed::Hold,
    Deed::Commit,
    Deed::Void,
    Deed::Reverse,
    Deed::Gift,
    Deed::VoidGift,
];

/// What a core says it did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Done {
    Paid(Paid),
    Held(Held),
    Undone(Undone),
    Given(Given),
}

/// What became of a command, of whichever kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Became {
    Done,
    Refused(Reject),
    NotFound,
    Fenced,
}

/// What a deed changes: of the payer posted and held, of the payee posted, points of the card and of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) posted: i64,
    pub(crate) held: i64,
    pub(crate) payee: i64,
    pub(crate) points: i64,
    pub(crate) given: i64,
}

impl Deed {
    /// What the core says of it for ever, once it came.
    pub(crate) const fn becomes(self) -> Became {
        match self {
            Self::TooMuch => Became::Refused(Reject::InsufficientFunds),
            _ => Became::Done,
        }
    }
}

/// The id of what must be there before a command.
fn before(id: &str) -> String {
    format!("before-{id}")
}

const SMALL: i64 = 1;
const BILL: i64 = 100;
/// Enough for every byte of every command.
const PLENTY: i64 = 1_000_000_000;

/// A town with the people and things that commands are about.
pub(crate) struct Stage {
    pub(crate) town: Town,
    fixture: Fixture,
    elsewhere: Payment,
    bill: Payment,
}

impl Stage {
    pub(crate) async fn of(town: Town) -> Self {
        let fixture = town.fixture().await;
        let payer = town.person("李芳").account.clone();
        let acct = payer.as_str().parse().unwrap();
        let cash = movement::cash_in(acct, Fen::of(PLENTY));
        let _ = town.core.post(LING, "plenty".to_owned(), cash).await.unwrap().unwrap();
        let ctx = town.ctx(LING);
        let money = town.core.money().unwrap();
        let ask = &fixture.money.as_ref().unwrap().elsewhere;
        let payee = money.payee(&ctx, ask).await.unwrap().payee;
        let ask = QuoteAsk { payer: payer.clone(), payee, amount: Fen::of(BILL) };
        let quote = money.quote(&ctx, &ask).await.unwrap();
        let elsewhere = Payment {
            payer,
            payee: ask.payee,
            amount: ask.amount,
            fee: quote.fee,
            rail: quote.rail,
            purpose: "房租".into(),
            valid_until: town.clock.now().plus_ms(20_000),
        };
        let BillAsk { biller, number } = electric("0231");
        let payee = Payee::Biller { biller, number, bill: String::new() };
        let bill = Payment { payee, fee: Fen::ZERO, rail: Rail::Biller, ..elsewhere.clone() };
        let stage = Self { town, fixture, elsewhere, bill };
        stage.pay_what_is_owed().await;
        stage
    }

    /// Beyond what is owed the same household may be paid for again and again.
    async fn pay_what_is_owed(&self) {
        let desk = self.town.core.bill_desk().unwrap();
        let due = desk.bill(&self.town.ctx(LING), &electric("0231")).await.unwrap();
        let BillAsk { biller, number } = electric("0231");
        let payee = Payee::Biller { biller, number, bill: due.bill };
        let payment = Payment { payee, amount: due.owed, ..self.bill.clone() };
        self.directly().pay(&self.order("owed"), &payment).await.unwrap();
    }

    fn directly(&self) -> &dyn Money {
        self.town.core.money().unwrap()
    }
    fn order(&self, id: &str) -> Ctx {
        let channel = Some((format!("serial-{id}"), Day::at(self.town.clock.now())));
        Ctx { request_id: Some(id.to_owned()), channel, ..self.town.ctx(LING) }
    }
    fn here(&self, amount: i64) -> Payment {
        let payee = Payee::Here { account: self.town.person("王强").account.clone() };
        let (amount, fee) = (Fen::of(amount), Fen::ZERO);
        Payment { payee, amount, fee, rail: Rail::Book, ..self.elsewhere.clone() }
    }
    fn holding(&self, amount: i64) -> HoldAsk {
        HoldAsk {
            account: self.elsewhere.payer.clone(),
            amount: Fen::of(amount),
            until: self.town.clock.now().plus_ms(86_000_000),
            reason: "缴费".into(),
        }
    }
    fn gift(&self) -> PointGift {
        PointGift {
            cust: self.fixture.card_cust.clone(),
            cards: vec![self.fixture.card.clone()],
            project: self.fixture.project.clone().unwrap(),
            points: 1,
            valid_until: self.elsewhere.valid_until,
        }
    }

    /// What must be there before, done at the core itself.
    pub(crate) async fn prepare(&self, deed: Deed, id: &str) {
        let (first, core) = (before(id), self.directly());
        match deed {
            Deed::Commit => {
                core.hold(&self.order(&first), &self.holding(2 * SMALL)).await.map(|_| ())
            }
            Deed::Void => core.hold(&self.order(&first), &self.holding(SMALL)).await.map(|_| ()),
            Deed::Reverse => core.pay(&self.order(&first), &self.here(SMALL)).await.map(|_| ()),
            Deed::VoidGift => {
                let gifts = self.town.core.gifts().unwrap();
                gifts.give_points(&self.order(&first), &self.gift()).await.map(|_| ())
            }
            Deed::Here | Deed::Elsewhere | Deed::Bill | Deed::TooMuch | Deed::Hold | Deed::Gift => {
                Ok(())
            }
        }
        .unwrap();
    }

    /// Sends it, the same under the same id.
    pub(crate) async fn send(
        &self,
        core: &dyn CoreBank,
        deed: Deed,
        id: &str,
    ) -> Result<Done, CoreError> {
        let (ctx, first) = (self.order(id), before(id));
        let (money, gifts) = (core.money().unwrap(), core.gifts().unwrap());
        Ok(match deed {
            Deed::Here => Done::Paid(money.pay(&ctx, &self.here(SMALL)).await?),
            Deed::Elsewhere => Done::Paid(money.pay(&ctx, &self.elsewhere).await?),
            Deed::Bill => Done::Paid(money.pay(&ctx, &self.bill).await?),
            Deed::TooMuch => Done::Paid(money.pay(&ctx, &self.here(10 * PLENTY)).await?),
            Deed::Hold => Done::Held(money.hold(&ctx, &self.holding(SMALL)).await?),
            Deed::Commit => Done::Paid(money.commit(&ctx, &first, &self.here(SMALL)).await?),
            Deed::Void => Done::Held(money.void(&ctx, &first).await?),
            Deed::Reverse => {
                let channel_date = Day::at(self.town.clock.now());
                let ask =
                    Reversal { original: first, channel_date, reason: "leg_failed".to_owned() };
                match money.reverse(&ctx, &ask).await? {
                    Undone::Refused(no) => return Err(no.into()),
                    undone => Done::Undone(undone),
                }
            }
            Deed::Gift => Done::Given(gifts.give_points(&ctx, &self.gift()).await?),
            Deed::VoidGift => Done::Given(gifts.void_gift(&ctx, &first).await?),
        })
    }

    /// What the core says became of it.
    pub(crate) async fn ask(
        &self,
        core: &dyn CoreBank,
        deed: Deed,
        id: &str,
        fence: bool,
    ) -> Result<Became, CoreError> {
        let (ctx, request_id) = (self.town.ctx(LING), id.to_owned());
        if matches!(deed, Deed::Gift | Deed::VoidGift) {
            let gifts = core.gifts().unwrap();
            return Ok(match gifts.gift(&ctx, &GiftQuery { request_id, fence }).await? {
                // The id is known, and is no gift's: what was taken back is told of the gift itself.
                GiftFate::Rejected(Reject::PayloadMismatch) if deed == Deed::VoidGift => {
                    let original = GiftQuery { request_id: before(id), fence: false };
                    match gifts.gift(&ctx, &original).await? {
                        GiftFate::Given(given) if given.is_void => Became::Done,
                        other => panic!("{deed:?} {id}: {other:?}"),
                    }
                }
                GiftFate::Given(_) => Became::Done,
                GiftFate::Rejected(no) => Became::Refused(no),
                GiftFate::NotFound => Became::NotFound,
                GiftFate::Fenced => Became::Fenced,
            });
        }
        let channel_date = Day::at(self.town.clock.now());
        let ask = Query { request_id, channel_date, fence };
        Ok(match core.money().unwrap().query(&ctx, &ask).await? {
            Fate::Posted(_) | Fate::Hold(HoldState::Open | HoldState::Ended) => Became::Done,
            Fate::Rejected(no) => Became::Refused(no),
            Fate::NotFound => Became::NotFound,
            Fate::Fenced => Became::Fenced,
            other => panic!("{deed:?} {id}: {other:?}"),
        })
    }

    /// What the books say when it was done.
    pub(crate) fn after(&self, before: Stand, deed: Deed) -> Stand {
        let mut to = before;
        let elsewhere = self.elsewhere.amount.fen() + self.elsewhere.fee.fen();
        match deed {
            Deed::Here => (to.posted, to.payee) = (to.posted - SMALL, to.payee + SMALL),
            Deed::Elsewhere => to.posted -= elsewhere,
            Deed::Bill => to.posted -= BILL,
            Deed::TooMuch => {}
            Deed::Hold => to.held += SMALL,
            Deed::Commit => {
                to.held -= 2 * SMALL;
                (to.posted, to.payee) = (to.posted - SMALL, to.payee + SMALL);
            }
            Deed::Void => to.held -= SMALL,
            Deed::Reverse => (to.posted, to.payee) = (to.posted + SMALL, to.payee - SMALL),
            Deed::Gift => (to.points, to.given) = (to.points - 1, to.given + 1),
            Deed::VoidGift => (to.points, to.given) = (to.points + 1, to.given - 1),
        }
        to
    }

    /// As the core's own books have it, not asked over the wire.
    pub(crate) async fn stands(&self) -> Stand {
        let (ctx, core) = (self.town.ctx(LING), &self.town.core);
        let payer = core.balance(&ctx, &self.elsewhere.payer).await.unwrap();
        let payee = core.balance(&ctx, &self.town.person("王强").account).await.unwrap();
        let project = self.fixture.project.as_ref().unwrap();
        Stand {
            posted: payer.posted.fen(),
            held: payer.held.fen(),
            payee: payee.posted.fen(),
            points: core.points(&ctx, &self.fixture.card).await.unwrap().total,
            given: core.gifts().unwrap().tally(&ctx, project).await.unwrap().points,
        }
    }
}
