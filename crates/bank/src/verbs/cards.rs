//! Whether something of a credit card may be set, before its page is opened (`cards` does it there).

use super::Doing::Read;
use super::{Reading, Told, Verb, cannot, done, refused, text};
use crate::cards::refused_words;
use crate::cases::{self, words};
use base::{Fen, Result};
use corebank::{AccountRef, AccountState, Bill, Card, CardSettings};
use db::{Scope, Tx};
use dialogue::{Call, Outcome, Value};

pub(super) const VERBS: &[Verb] = &[("core.card_set", Read(|r, call| Box::pin(r.card_set(call))))];

impl Reading<'_> {
    async fn card_set(&self, call: &Call) -> Result<Told> {
        let what = call.args.get("what").map_or("", String::as_str);
        if what == "raise"
            && let Some(open) = self.open_raise().await?
        {
            return Ok(Ok(open));
        }
        Ok(self.card_may_be_set(call, what).await)
    }

    async fn card_may_be_set(&self, call: &Call, what: &str) -> Told {
        let own = self.own(call)?;
        if own.kind != "credit" {
            return Ok(refused("account.missing", "这不是信用卡。"));
        }
        let (ctx, account) = (self.ctx(), AccountRef::new(&own.number));
        let card = self.app.core.card(&ctx, &account).await?;
        let Some(settings) = card.settings.clone() else { return Ok(cannot("信用卡设置")) };
        let state = self.app.core.balance(&ctx, &account).await?.state;
        let bills = self.app.core.bills(&ctx, &account, 1).await?;
        let amount = call.args.get("amount").and_then(|a| a.parse().ok()).map(Fen::of);
        let stands =
            Stands { card: &card, settings: &settings, state, bill: bills.first(), amount };
        if let Some((code, words)) = stands.why_not(what) {
            return Ok(refused(code, &words));
        }
        let points = self.app.core.points(&ctx, &account).await?.total;
        Ok(done([
            ("limit", Value::Money(card.limit)),
            ("used", Value::Money(card.used)),
            ("points", Value::Count(points)),
            ("note", text(stands.note(what, points))),
        ]))
    }

    /// A higher limit that is being looked at already.
    async fn open_raise(&self) -> Result<Option<Outcome>> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let (follower, bound) = (self.standing.id, self.bound.clone());
        let unit = move |tx: &Tx<'_>| {
            let all = cases::of_someone(tx, &keys, follower, Some(bound.as_ref()))?;
            let open = all.into_iter().find(|c| c.kind == "cc_limit_raise" && !c.is_over());
            let told = |case: cases::Case| {
                let form = case.form()?;
                let events = cases::events(tx, &keys, &case)?;
                let words =
                    words::standing(form, &case, &words::last_said(form, &events), tx.now());
                Ok::<_, base::Error>(format!("您已经申请过提额，还在办。{words}"))
            };
            open.map(told).transpose()
        };
        let words = self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await?;
        Ok(words.map(|words| refused(cases::OPEN.code, &words)))
    }
}

struct Stands<'a> {
    card: &'a Card,
    settings: &'a CardSettings,
    state: AccountState,
    bill: Option<&'a Bill>,
    amount: Option<Fen>,
}

impl Stands<'_> {
    fn is_late(&self) -> bool {
        let today = corebank::Day::at(self.card.as_of);
        self.bill.is_some_and(|b| b.left() > Fen::ZERO && b.bill.due_on < today)
    }

    /// What the core would refuse anyway, said before a page is opened.
    fn why_not(&self, what: &str) -> Option<(&'static str, String)> {
        let plain = |code: &'static str| Some((code, refused_words(code).to_owned()));
        let (card, set) = (self.card, self.settings);
        match what {
            _ if !matches!(self.state, AccountState::Active | AccountState::NoOut) => {
                plain("card.blocked")
            }
            "activate" if set.is_active => Some(("card.active", "这张卡已经激活，能用。".into())),
            "activate" if set.needs_signing => plain("card.signing"),
            "activate" => None,
            _ if !set.is_active => plain("card.inactive"),
            "close" if set.closes_on.is_some() => None,
            "close" if card.used > Fen::ZERO => {
                let words = format!("还欠 {} 元，还清了才能销。", card.used);
                Some(("card.owes", words))
            }
            "close" if card.surplus > Fen::ZERO => {
                let words = format!("卡里多存了 {} 元，取出来或转走了才能销。", card.surplus);
                Some(("card.owes", words))
            }
            "close" if card.held > Fen::ZERO => {
                let words = format!("有 {} 元预授权还没结，结了才能销。", card.held);
                Some(("card.owes", words))
            }
            _ if set.closes_on.is_some() => plain("card.inactive"),
            "lower" if self.amount.is_some_and(|to| to >= card.limit) => {
                let words = format!("现在的额度是 {} 元，要比它低才行。", card.limit);
                Some(("card.amount", words))
            }
            "raise" if self.is_late() => plain("card.late"),
            "raise" if self.amount.is_some_and(|to| to <= card.limit) => {
                let words = format!("现在的额度已经是 {} 元，要比它高才行。", card.limit);
                Some(("card.amount", words))
            }
            _ => None,
        }
    }

    /// What is good to know before it is done.
    fn note(&self, what: &str, points: i64) -> String {
        let day = |d: corebank::Day| format!("{}月{}日", d.month(), d.day());
        match (what, self.settings.closes_on, self.settings.raised_until) {
            ("close", Some(on), _) => format!("这张卡正在销，{}销掉，那天以前能撤回。", day(on)),
            ("close", None, _) if points > 0 => {
                format!("卡上 {points} 积分会清零，想用先兑掉。45天后正式销，那以前能撤回。")
            }
            ("close", None, _) => "45天后正式销，那以前能撤回。".to_owned(),
            ("lower", _, Some(_)) => "现在有临时额度，调低后临时的就没了。".to_owned(),
            ("raise", _, Some(until)) => format!("现在的额度是临时的，管到{}。", day(until)),
            _ => String::new(),
        }
    }
}
