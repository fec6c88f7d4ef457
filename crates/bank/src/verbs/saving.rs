//! Time deposits as the chat asks for them: what is on offer, a draft of opening one, and of taking money out of one.

use super::payments::{LABEL, card, elder};
use super::{
    Doing, Reading, Row, Told, Verb, core_ctx, count, declined, done, rate_words, row, text,
};
use crate::app::App;
use crate::followers::Standing;
use crate::payments::offered;
use crate::payments::saving::{self, Opening, Taking};
use base::{Error, Fen, Result};
use corebank::Day;
use corebank::deposits::{DepositKind, DepositOffer};
use dialogue::{Call, Value};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    (
        "core.deposit_offers",
        Doing::Look(|app, standing, call| Box::pin(offers(app, standing, call))),
    ),
    ("pay.open_offered", Doing::Draft(|r, call| Box::pin(r.open_offered(call)))),
    ("pay.open_deposit", Doing::Draft(|r, call| Box::pin(r.open_deposit(call)))),
    ("pay.take_deposit", Doing::Draft(|r, call| Box::pin(r.take_deposit(call)))),
];

/// The answer that wishes for it.
const YES: &str = "yes";
/// How flows name a kind that is on offer, or both of those with notice.
const NOTICE: &str = "notice";
const KINDS: [(&str, DepositKind); 3] = [
    ("notice_1", DepositKind::Notice1),
    ("notice_7", DepositKind::Notice7),
    ("large_cd", DepositKind::LargeCd),
];

fn kind_of(word: &str) -> Option<DepositKind> {
    KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

/// What there is of one kind, with its quota as it stands.
async fn offers(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let wanted = call.args.get("kind").map(String::as_str).unwrap_or_default();
    let ctx = core_ctx(app, standing.tenant, standing.id.raw());
    let all = match offered::offers(app, &ctx).await {
        Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
        Err(fault) => return Err(fault),
        Ok(all) => all,
    };
    let fits = |o: &&DepositOffer| match wanted {
        NOTICE => o.kind.is_notice(),
        word => kind_of(word) == Some(o.kind),
    };
    let rows: Vec<Row> = all.iter().filter(fits).map(offer_row).collect();
    Ok(Ok(done([("count", count(rows.len())), ("rows", Value::Rows(rows))])))
}

fn offer_row(offer: &DepositOffer) -> Row {
    let left = match offer.left {
        None => "不限额".to_owned(),
        Some(left) if left < offer.least => "卖完了".to_owned(),
        Some(left) => format!("还剩 {left} 元"),
    };
    row([
        ("name", text(offered::called(offer))),
        ("rate", text(rate_words(offer.rate_bp))),
        ("least", Value::Money(offer.least)),
        ("left", text(left)),
    ])
}

impl Reading<'_> {
    /// As it is on offer: rate, what is left, and the day.
    async fn open_offered(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let Some(kind) = kind_of(arg("offer")) else {
            return Err(Error::fault("a deposit of no known kind"));
        };
        let amount = Fen::of(arg("amount").parse().unwrap_or(0));
        let months = arg("term").parse().ok();
        let asked = offered::Opening { from: arg("account"), kind, months, amount };
        let (drafted, offer) = match offered::open(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a deposit without a draft"))?;
        let terms = offered::terms(&offer, amount, Day::at(self.app.clock().now()))?;
        Ok(Ok(done([
            ("card", text(format!("{}{terms}。", card(frozen)))),
            ("elder_card", text(format!("{}{terms}。", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(drafted.wish.raw().to_string())),
        ])))
    }

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
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
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
        let is_notice = arg("kind") == NOTICE;
        let asked = Taking { deposit: arg("deposit"), is_notice, into: arg("account"), amount };
        let made = match saving::take(self.app, &self.payer(), &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a withdrawal without a draft"))?;
        let (interest, lost) = (made.trial.interest, made.trial.lost);
        let brings = if lost > Fen::ZERO {
            format!("利息{}，比到期少{}。", interest.spoken(), lost.spoken())
        } else {
            format!("利息{}。", interest.spoken())
        };
        Ok(Ok(done([
            ("card", text(format!("{}{}", card(frozen), made.comes_to))),
            ("elder_card", text(format!("{}{brings}", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
            ("deposit", text(made.deposit)),
        ])))
    }
}
