//! Instalments of credit cards as the chat asks for them: a draft of one, and the plans there are.

use super::payments::{LABEL, again};
use super::{Doing, Reading, Told, Verb, cannot, count, declined, done, row, text};
use crate::payments::split::{self, Splitting};
use base::{Error, Fen, Result};
use corebank::AccountRef;
use corebank::instalments::CardPlan;
use dialogue::{Call, Value};

pub(super) const VERBS: &[Verb] = &[
    ("pay.split_card", Doing::Draft(|r, call| Box::pin(r.split_card(call)))),
    ("core.card_plans", Doing::Read(|r, call| Box::pin(async { Ok(r.card_plans(call).await) }))),
];

/// The answer that means a single purchase.
const PURCHASE: &str = "purchase";

impl Reading<'_> {
    /// As the core's trial told it: what each bill will ask for, all fees, and what they come to in a year.
    async fn split_card(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let asked = Splitting {
            card: arg("card"),
            is_purchase: arg("target") == PURCHASE,
            which: arg("which"),
            amount: arg("amount").parse().ok().map(Fen::of),
            months: arg("term").parse().ok(),
        };
        let made = match split::split(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a plan without a draft"))?;
        let (amount, payer) = (frozen.intent.amount, &frozen.intent.payer);
        let words = format!(
            "{}把{}{}的{} {}",
            again(frozen),
            payer.label,
            payer.tail,
            made.what,
            split::comes_to(&made, amount)
        );
        let elder = format!(
            "{}把{}分{}期还，每期{}，一共多付{}。对的话点下面输密码。",
            again(frozen),
            amount.spoken(),
            made.months,
            made.trial.each.spoken(),
            made.trial.fees.spoken()
        );
        Ok(Ok(done([
            ("card", text(words)),
            ("elder_card", text(elder)),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
        ])))
    }

    async fn card_plans(&self, call: &Call) -> Told {
        if !self.app.core.capabilities().card_plans {
            return Ok(cannot("分期"));
        }
        let card = AccountRef::new(&self.own(call)?.number);
        let all = self.app.core.card_plans(&self.ctx(), &card).await?;
        let open: Vec<&CardPlan> = all.iter().filter(|p| p.next_bill.is_some()).collect();
        let rows: Vec<_> = open
            .iter()
            .map(|p| {
                let what = if p.billed_on.is_some() { "账单分期" } else { "单笔分期" };
                let bill = p.next_bill.map(super::credit::md).unwrap_or_default();
                row([
                    ("what", text(what)),
                    ("amount", Value::Money(p.amount)),
                    ("months", Value::Count(p.months)),
                    ("rest", Value::Count(p.months - p.billed)),
                    ("left", Value::Money(p.left)),
                    ("next", Value::Money(p.next)),
                    ("bill", text(bill)),
                ])
            })
            .collect();
        Ok(done([("count", count(rows.len())), ("rows", Value::Rows(rows))]))
    }
}
