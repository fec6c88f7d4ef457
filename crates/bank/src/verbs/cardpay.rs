//! Autopay of credit cards as the chat asks for it: a draft of an agreement.

use super::payments::LABEL;
use super::{Doing, Reading, Told, Verb, declined, done, refused, text};
use crate::payments::cardpay::{self, Part};
use crate::payments::draft::Frozen;
use base::{Error, Result};
use dialogue::Call;

pub(super) const VERBS: &[Verb] =
    &[("pay.card_autopay", Doing::Draft(|r, call| Box::pin(r.card_autopay(call))))];

impl Reading<'_> {
    async fn card_autopay(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let Some(part) = Part::of(arg("mode")) else {
            return Ok(Ok(refused(cardpay::MODE.code, &cardpay::MODE.words)));
        };
        let of = (arg("account"), arg("card"));
        let drafted = match cardpay::sign(self.app, &self.payer(), of, part).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(drafted) => drafted,
        };
        let Some(frozen) = &drafted.known else {
            return Err(Error::fault("an autopay without a draft"));
        };
        Ok(Ok(done([
            ("card", text(card(frozen))),
            ("elder_card", text(elder(frozen))),
            ("label", text(LABEL)),
            ("wish", text(drafted.wish.raw().to_string())),
        ])))
    }
}

fn card(frozen: &Frozen) -> String {
    let i = &frozen.intent;
    format!(
        "设信用卡{}自动还款：还{}，{}，从{}{}出。钱不够就不扣，告诉您，第二天再试，最多再试两天；到期没还上要算逾期。\
         以前设的不再算数。现在不扣钱，随时能取消。",
        i.to.tail, i.purpose, i.arrival, i.payer.label, i.payer.tail
    )
}

/// One short sentence.
fn elder(frozen: &Frozen) -> String {
    let i = &frozen.intent;
    let day = i.when.map(|w| format!("每月{}号", w.day_of_month())).unwrap_or_default();
    format!("{day}自动还信用卡，还{}，对不对？对的话点下面输密码。", i.purpose)
}
