//! Loans under a credit line as the chat asks for them: a draft of drawing one.

use super::payments::{LABEL, card, elder};
use super::{Doing, Reading, Told, Verb, declined, done, text};
use crate::payments::lending::{self, Drawing};
use base::{Error, Fen, Result};
use corebank::loans::Method;
use dialogue::Call;

pub(super) const VERBS: &[Verb] =
    &[("pay.draw_loan", Doing::Draft(|r, call| Box::pin(r.draw_loan(call))))];

/// How the choices of a flow are called.
fn method_of(word: &str) -> Option<Method> {
    match word {
        "interest_first" => Some(Method::InterestFirst),
        "equal_payment" => Some(Method::EqualPayment),
        "equal_principal" => Some(Method::EqualPrincipal),
        _ => None,
    }
}

impl Reading<'_> {
    /// As the core's trial told it: what a day costs, what comes first, and all of the interest.
    async fn draw_loan(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let asked = Drawing {
            line: arg("line"),
            into: arg("account"),
            amount: arg("amount").parse().ok().map(Fen::of),
            months: arg("term").parse().ok(),
            method: method_of(arg("method")),
        };
        let made = match lending::draw(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a draw without a draft"))?;
        let day = made.trial.day_interest.spoken();
        let brings = format!("每天利息大约{day}，随时可以提前还。");
        let words = format!(
            "{}{}。{}",
            card(frozen),
            frozen.intent.purpose,
            lending::comes_to(&made.trial)
        );
        Ok(Ok(done([
            ("card", text(words)),
            ("elder_card", text(format!("{}{brings}", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
        ])))
    }
}
