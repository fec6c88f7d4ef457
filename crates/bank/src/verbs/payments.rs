//! Payments as the chat asks for them: a draft with everything on it, and how earlier ones went.

use super::{Doing, Reading, Told, Verb, count, declined, done, refused, row, text};
use crate::payments::alias::{self, Found, SURNAME};
use crate::payments::draft::{self, Drafted, Frozen, Payer, Wish};
use crate::payments::{CLOSED, When, cash, loan, recent, words};
use base::{Error, Fen, Result};
use corebank::money::LoanPart;
use corebank::{AccountRef, Bill, CoreError, Reject};
use dialogue::{Call, Outcome, Value};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    ("pay.draft", Doing::Draft(|r, call| Box::pin(r.pay_draft(call)))),
    ("pay.cash", Doing::Draft(|r, call| Box::pin(r.book_cash(call)))),
    ("cash.booked", Doing::Read(|r, call| Box::pin(r.cash_booked(call)))),
    ("pay.repay_card", Doing::Draft(|r, call| Box::pin(r.repay_card(call)))),
    ("pay.repay_loan", Doing::Draft(|r, call| Box::pin(r.repay_loan(call)))),
    ("pay.recent", Doing::Read(|r, call| Box::pin(r.pay_recent(call)))),
];

const NOTHING_OWED: &str = "上一期账单已经还清了，不用还。要提前还，说还多少就行。";
pub(super) const LABEL: &str = "核对并输密码";
const LABEL_NEW: &str = "填收款人的卡号";
const LABEL_WORD: &str = "设取款口令";

impl Reading<'_> {
    async fn pay_draft(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).cloned().unwrap_or_default();
        let Some(amount) = arg("amount").parse().ok().map(Fen::of).filter(|a| *a > Fen::ZERO)
        else {
            return Err(Error::fault("a draft without an amount"));
        };
        let when = match arg("when").as_str() {
            "" => None,
            said => match When::parse(said) {
                Some(when) => Some(when),
                None => return Err(Error::fault("a draft for no time")),
            },
        };
        let (from, to, purpose) = (arg("account"), arg("payee"), arg("purpose"));
        let wish = Wish { from, to, amount, purpose, when };
        match wish.to.strip_prefix("phone:") {
            Some(mobile) => self.to_phone(mobile, &arg("name"), &wish).await,
            None => self.drafted(&wish).await,
        }
    }

    /// Whom the number finds, once the customer says their surname; else the card's number is typed on the page.
    async fn to_phone(&self, mobile: &str, name: &str, wish: &Wish) -> Result<Told> {
        let by = self.payer();
        match alias::by_phone(self.app, &by, mobile, name).await {
            Ok(Found::Nobody) => self.drafted(wish).await,
            Ok(Found::Masked(words)) => Ok(Ok(refused(SURNAME.code, &words))),
            Ok(Found::To(to)) => {
                told_of(wish, draft::wish_for(self.app, &by, wish, *to, None).await)
            }
            Err(Error::Refused(no)) => Ok(Ok(declined(&no))),
            Err(fault) => Err(fault),
        }
    }

    /// What is left of the last bill, unless the customer says how much.
    async fn repay_card(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).cloned().unwrap_or_default();
        let card = arg("card");
        let amount = match arg("amount").parse().ok().map(Fen::of) {
            Some(said) => said,
            None => {
                let found = self.bound.accounts.iter().find(|a| a.id == card);
                let Some(own) = found else { return Ok(Err(Reject::NotFound.into())) };
                let account = AccountRef::new(&own.number);
                match self.app.core.bills(&self.ctx(), &account, 1).await {
                    Ok(bills) => bills.first().map_or(Fen::ZERO, Bill::left),
                    Err(CoreError::Rejected(reject)) => return Ok(Err(reject.into())),
                    Err(_) => return Ok(Ok(refused(CLOSED.code, &CLOSED.words))),
                }
            }
        };
        if amount <= Fen::ZERO {
            return Ok(Ok(refused("pay.nothing", NOTHING_OWED)));
        }
        let (from, to) = (arg("account"), format!("own:{card}"));
        self.drafted(&Wish { from, to, amount, purpose: String::new(), when: None }).await
    }

    /// As the core's trial told it: what it is made of, and what it saves.
    async fn repay_loan(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let Some(part) = LoanPart::of_word(arg("part")) else {
            return Err(Error::fault("a repayment of no known part"));
        };
        let ahead = arg("amount").parse().ok().map(Fen::of).filter(|a| *a > Fen::ZERO);
        let asked = loan::Asked { from: arg("account"), loan: arg("loan"), part, ahead };
        let by = self.payer();
        let made = match loan::draft(self.app, &by, &asked).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(made) => made,
        };
        let frozen = made.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a repayment without a loan"))?;
        let trial = &made.trial;
        let saved = if trial.saved > Fen::ZERO {
            format!("，少付利息 {} 元", trial.saved)
        } else {
            String::new()
        };
        let then = match &trial.next {
            _ if trial.left == Fen::ZERO => "还完这笔贷款就结清了。".to_owned(),
            Some(next) => {
                let amount = next.amount().unwrap_or(Fen::ZERO);
                let (month, day) = (next.due_on.month(), next.due_on.day());
                format!("还欠本金 {} 元，下一期 {month}月{day}日还 {amount} 元。", trial.left)
            }
            None => format!("还欠本金 {} 元。", trial.left),
        };
        let words = format!("{}其中{}{saved}。{then}", card(frozen), loan::parts(trial));
        Ok(Ok(done([
            ("card", text(words)),
            ("elder_card", text(format!("{}{then}", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(made.drafted.wish.raw().to_string())),
        ])))
    }

    pub(super) fn payer(&self) -> Payer {
        Payer {
            tenant: self.standing.tenant,
            follower: self.standing.id,
            bound: Arc::clone(self.bound),
            session: None,
        }
    }

    async fn drafted(&self, wish: &Wish) -> Result<Told> {
        told_of(wish, draft::wish(self.app, &self.payer(), wish).await)
    }

    async fn pay_recent(&self, _: &Call) -> Result<Told> {
        let all = recent(self.app, self.standing.tenant, &self.bound.customer).await?;
        let rows: Vec<_> = all
            .iter()
            .map(|p| {
                row([
                    ("at", Value::Time(p.at)),
                    ("to", text(&p.to)),
                    ("amount", Value::Money(p.amount)),
                    ("state", text(p.state.as_str())),
                    ("serial", text(&p.serial)),
                ])
            })
            .collect();
        let n = rows.len();
        Ok(Ok(Outcome::Done(
            [("rows".into(), Value::Rows(rows)), ("count".into(), count(n))].into(),
        )))
    }
}

impl Reading<'_> {
    async fn book_cash(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let amount = Fen::of(arg("amount").parse().unwrap_or_default());
        let drafted = match cash::wish(self.app, &self.payer(), arg("account"), amount).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(drafted) => drafted,
        };
        let card = format!(
            "无卡取现 {amount} 元（{}），约好后 {} 分钟内取，没取自动退回。点下面设一个 6 位取款口令。让家里人代取，取款码和口令要当面告诉，不要发给别人。",
            amount.in_words(),
            cash::MINUTES
        );
        let elder = format!("无卡取{}，半小时内取。点下面设取款口令。", amount.spoken());
        Ok(Ok(done([
            ("card", text(card)),
            ("elder_card", text(elder)),
            ("label", text(LABEL_WORD)),
            ("wish", text(drafted.wish.raw().to_string())),
        ])))
    }

    /// What waits at the machine; the page of the latest shows its code and calls it off.
    async fn cash_booked(&self, _: &Call) -> Result<Told> {
        let all = cash::booked(self.app, &self.payer()).await?;
        let one = |b: &cash::Booked| {
            row([("amount", Value::Money(b.amount)), ("until", text(b.until.as_str()))])
        };
        let wish = all.first().map(|b| b.wish.to_string()).unwrap_or_default();
        let rows: Vec<_> = all.iter().map(one).collect();
        Ok(Ok(done([
            ("count", count(rows.len())),
            ("wish", text(wish)),
            ("rows", Value::Rows(rows)),
        ])))
    }
}

/// To somebody new: why it waits, and that it need not.
const PUT_OFF: &str = "第一次转给这个人，明天才转出，之前可以撤销；要马上到，在下面的页面上选。";

/// What the chat says of a draft, or of why there is none.
fn told_of(wish: &Wish, drafted: Result<Drafted>) -> Result<Told> {
    let drafted = match drafted {
        Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
        Err(fault) => return Err(fault),
        Ok(drafted) => drafted,
    };
    let (card, elder, label) = match &drafted.known {
        Some(frozen) => (card(frozen), elder(frozen), LABEL),
        None => {
            let whose = match wish.to.split_once(':') {
                Some(("phone", mobile)) => {
                    format!("尾号{}的手机号没有登记收款。", base::mask_card(mobile))
                }
                Some((_, name)) => format!("{name}是新的收款人。"),
                None => "对方是新的收款人。".to_owned(),
            };
            let words = format!("{whose}卡号请点下面的页面填，不要发在聊天里。");
            (words.clone(), words, LABEL_NEW)
        }
    };
    Ok(Ok(done([
        ("card", text(card)),
        ("elder_card", text(elder)),
        ("label", text(label)),
        ("wish", text(drafted.wish.raw().to_string())),
    ])))
}

/// Said first of an equal payment minutes ago.
pub(super) fn again(frozen: &Frozen) -> String {
    let deed = frozen.intent.product.deed();
    if frozen.is_again {
        format!("刚才已经{deed}过同样的一笔，确实要再{deed}才往下办。\n")
    } else {
        String::new()
    }
}

pub(super) fn card(frozen: &Frozen) -> String {
    let i = &frozen.intent;
    let fee = if i.fee == Fen::ZERO {
        "手续费 0".to_owned()
    } else {
        format!("手续费 {} 元", i.fee)
    };
    let later = match i.when {
        Some(_) if frozen.is_put_off => PUT_OFF,
        Some(_) => "现在不扣钱，到时候账户里要有钱。",
        None => "",
    };
    format!(
        "{}{}{} {} 元（{}），从{}{}出，{fee}，{}。{later}",
        again(frozen),
        i.product.to(),
        words::whom(i),
        i.amount,
        i.amount.in_words(),
        i.payer.label,
        i.payer.tail,
        i.arrival
    )
}

/// One short sentence and a sum as it is spoken.
pub(super) fn elder(frozen: &Frozen) -> String {
    let i = &frozen.intent;
    let fee =
        if i.fee == Fen::ZERO { String::new() } else { format!("，手续费{}", i.fee.spoken()) };
    let when = i.when.map(|_| format!("{}，", i.arrival)).unwrap_or_default();
    let not_so = if frozen.is_put_off { "想马上到，也在下面选。" } else { "" };
    format!(
        "{}{when}{}{}{}{fee}。对的话点下面输密码。{not_so}",
        again(frozen),
        i.product.to(),
        words::whom(i),
        i.amount.spoken()
    )
}
