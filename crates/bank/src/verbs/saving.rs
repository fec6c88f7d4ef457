//! Time deposits as the chat asks for them: a draft of opening one, and of taking money out of one.

use super::payments::{LABEL, card, elder};
use super::{Doing, Reading, Told, Verb, done, refused, text};
use crate::payments::saving::{self, Opening, Taking};
use base::{Error, Fen, Result};
use corebank::Day;
use dialogue::Call;

pub(super) const VERBS: &[Verb] = &[
    ("pay.open_deposit", Doing::Draft(|r, call| Box::pin(r.open_deposit(call)))),
    ("pay.take_deposit", Doing::Draft(|r, call| Box::pin(r.take_deposit(call)))),
];

/// The answer that wishes for it.
const YES: &str = "yes";

impl Reading<'_> {
    /// As the core's quote told it: rate, interest to the fen, and the day.
    async fn open_deposit(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let asked = Opening {
            from: arg("account"),
            months: arg("term").parse().unwrap_or(0),
            amount: Fen::of(arg("amount").parse().unwrap_or(0)),
            renews: arg("renew") == YES,
        };
        let (drafted, quote) = match saving::open(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(refused(no.code, &no.words))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a deposit without a draft"))?;
        let terms = saving::terms(&quote, asked.renews);
        let brings = format!("到期利息{}。", quote.interest.spoken());
        Ok(Ok(done([
            ("card", text(format!("{}{terms}。", card(frozen)))),
            ("elder_card", text(format!("{}{brings}", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(drafted.wish.raw().to_string())),
        ])))
    }

    /// As the core's trial told it: what it brings today, what is lost, and what stays.
    async fn take_deposit(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let amount = arg("amount").parse().ok().map(Fen::of);
        let asked = Taking { deposit: arg("deposit"), into: arg("account"), amount };
        let made = match saving::take(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(refused(no.code, &no.words))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a withdrawal without a draft"))?;
        let comes_to = saving::comes_to(&made.trial, Day::at(self.app.clock().now()));
        let (interest, lost) = (made.trial.interest, made.trial.lost);
        let brings = if lost > Fen::ZERO {
            format!("利息{}，比到期少{}。", interest.spoken(), lost.spoken())
        } else {
            format!("利息{}。", interest.spoken())
        };
        Ok(Ok(done([
            ("card", text(format!("{}{comes_to}", card(frozen)))),
            ("elder_card", text(format!("{}{brings}", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
            ("deposit", text(made.deposit)),
        ])))
    }
}
