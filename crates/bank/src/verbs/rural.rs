//! Questions about money that comes in batches (补贴, 养老金, 津贴, 工地工资, 地租) and about social security.
//!
//! What has not come is answered with its reason: the payer's list is not there yet, it has nothing for the customer, or
//! the account could not take it. Never a guess.

use super::Doing::Read;
use super::credit::{md, md_at};
use super::{Reading, Row, Told, Verb, count, done, refused, row, signed, text};
use crate::bills::{self, Home};
use crate::payments::state::State;
use base::{Fen, Result, Time};
use corebank::bills::BillKind;
use corebank::{
    BatchState, Came, CardStage, Contribution, CoreError, Day, Insurance, Payout, PayoutClass,
    PayoutFailure, PayoutQuery, Pension, Reject, Share, SocialCard,
};
use db::{Scope, Tx};
use dialogue::{Call, Value};

/// Batches in one chat bubble.
const BATCHES_A_BUBBLE: usize = 6;
/// Pension payments in one chat bubble, and months looked back for them.
const PENSIONS_A_BUBBLE: usize = 3;
const PENSION_MONTHS: i64 = 4;
const LINES_A_BUBBLE: usize = 5;
const CONTRIBUTIONS_A_BUBBLE: usize = 6;
/// Payments for a family that are told beside them.
const OTHERS: i64 = 3;
/// A batch expected so many months ahead is told of.
const AHEAD_MONTHS: i64 = 6;
/// Days before its last day on which a certification is worth a word.
const CERTIFY_DAYS: i64 = 60;
/// Days by which a pension may be later than usual.
const LATE_DAYS: i64 = 3;

pub(super) const VERBS: &[Verb] = &[
    ("core.payouts", Read(|r, call| Box::pin(async { Ok(r.payouts(call).await) }))),
    ("core.pension", Read(|r, _| Box::pin(async { Ok(r.pension().await) }))),
    ("core.pension_certify", Read(|r, _| Box::pin(async { Ok(r.pension_certify().await) }))),
    ("core.medical_account", Read(|r, _| Box::pin(async { Ok(r.medical_account().await) }))),
    ("core.contributions", Read(|r, _| Box::pin(r.contributions()))),
    ("core.social_card", Read(|r, _| Box::pin(async { Ok(r.social_card().await) }))),
];

impl Reading<'_> {
    async fn payouts(&self, call: &Call) -> Told {
        let today = Day::at(self.app.clock().now());
        let arg = |name: &str| call.args.get(name).cloned().unwrap_or_default();
        let class = match arg("class").as_str() {
            "subsidy" => PayoutClass::Subsidy,
            "allowance" => PayoutClass::Allowance,
            "site_wage" => PayoutClass::SiteWage,
            "land_rent" => PayoutClass::LandRent,
            _ => return Err(Reject::Validation { field: "class" }.into()),
        };
        let (Ok(from), Ok(to)) = (arg("from").parse::<Day>(), arg("to").parse::<Day>()) else {
            return Err(Reject::Validation { field: "range" }.into());
        };
        // Who asks up to today also wants to know what is still to come.
        let to = if to >= today { today.plus_months(AHEAD_MONTHS) } else { to };
        let ask = PayoutQuery { class, from, to };
        let all = self.app.core.payouts(&self.ctx(), &self.customer(), ask).await?;
        let mut shown: Vec<(u8, &Payout)> =
            all.iter().filter_map(|p| Some((rank(p)?, p))).collect();
        shown.sort_by_key(|(rank, _)| *rank);
        let paid: Vec<Fen> = all.iter().filter_map(paid_amount).collect();
        let total = paid.iter().try_fold(Fen::ZERO, |sum, f| sum.checked_add(*f));
        let rows: Vec<Row> = shown
            .iter()
            .take(BATCHES_A_BUBBLE)
            .map(|(_, p)| row([("title", text(title(p))), ("what", text(what(p)))]))
            .collect();
        let without =
            all.iter().filter(|p| p.share.is_none() && p.state == BatchState::Paid).count();
        let note = match (class.is_public() && paid.is_empty(), without) {
            (true, 1..) => format!("发过的 {without} 批名单里没有您，不对的话请问村委会。"),
            _ => String::new(),
        };
        Ok(done([
            ("paid", count(paid.len())),
            ("total", Value::Money(total.unwrap_or(Fen::ZERO))),
            ("note", text(note)),
            ("rows", Value::Rows(rows)),
        ]))
    }

    async fn pension(&self) -> Told {
        let (ctx, customer) = (self.ctx(), self.customer());
        let today = Day::at(self.app.clock().now());
        let ask = PayoutQuery {
            class: PayoutClass::Pension,
            from: today.first_of_month().plus_months(-PENSION_MONTHS),
            to: today.last_of_month(),
        };
        let all = self.app.core.payouts(&ctx, &customer, ask).await?;
        let known = match self.app.core.pension(&ctx, &customer).await {
            Ok(known) => Some(known),
            Err(CoreError::Rejected(Reject::NotFound | Reject::Unsupported)) => None,
            Err(e) => return Err(e),
        };
        let came: Vec<(base::Time, &Share)> = all
            .iter()
            .filter_map(|p| p.share.as_ref())
            .filter_map(|s| if let Came::Paid(at) = s.came { Some((at, s)) } else { None })
            .collect();
        let note = pension_note(&all, known.as_ref(), today);
        let Some((at, last)) = came.first() else {
            let none = "这几个月没有查到给您发的养老金。";
            return Ok(refused("pension.none", &format!("{none}{note}")));
        };
        let rows = came.iter().take(PENSIONS_A_BUBBLE);
        let rows =
            rows.map(|(at, s)| row([("at", Value::Time(*at)), ("amount", Value::Money(s.amount))]));
        Ok(done([
            ("amount", Value::Money(last.amount)),
            ("at", Value::Time(*at)),
            ("tail", text(&last.tail)),
            ("note", text(note)),
            ("rows", Value::Rows(rows.collect())),
        ]))
    }

    /// What the core knows of the yearly certification. Certifying is another's: the office's own face check or its people.
    async fn pension_certify(&self) -> Told {
        let today = Day::at(self.app.clock().now());
        match self.app.core.pension(&self.ctx(), &self.customer()).await {
            Ok(known) => Ok(done([("state", text(certify_state(&known, today)))])),
            Err(CoreError::Rejected(Reject::NotFound)) => {
                Ok(refused("pension.none", "没有查到您的养老金。"))
            }
            Err(CoreError::Rejected(Reject::Unsupported)) => Ok(super::cannot("养老认证日期")),
            Err(e) => Err(e),
        }
    }

    async fn medical_account(&self) -> Told {
        let told = match self.app.core.medical_account(&self.ctx(), &self.customer()).await {
            Err(CoreError::Rejected(Reject::NotFound)) => {
                return Ok(refused("medical.none", "没有查到您的医保个人账户。"));
            }
            other => other?,
        };
        let line = |l: &corebank::Line| {
            let label =
                if l.is_in || l.counterparty.is_empty() { &l.label } else { &l.counterparty };
            row([
                ("at", Value::Time(l.at)),
                ("label", text(label)),
                ("amount", Value::Money(signed(l))),
            ])
        };
        Ok(done([
            ("balance", Value::Money(told.balance)),
            ("in", Value::Money(told.year_in)),
            ("out", Value::Money(told.year_out)),
            ("as_of", Value::Time(told.as_of)),
            ("rows", Value::Rows(told.lines.iter().take(LINES_A_BUBBLE).map(line).collect())),
        ]))
    }

    async fn contributions(&self) -> Result<Told> {
        let others = self.paid_for_others().await?;
        Ok(self.contributed(others).await)
    }

    /// What the customer paid here for others of a family, the latest first.
    async fn paid_for_others(&self) -> Result<Vec<Row>> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let customer = self.bound.customer.clone();
        let unit = move |tx: &Tx<'_>| {
            let mut rows = vec![];
            for kind in [BillKind::Medical, BillKind::Pension] {
                let range = (Time::of_ms(0), tx.now().plus_ms(1));
                let paid = bills::history(tx, &keys, &customer, Some(kind), range, OTHERS)?.rows;
                let paid = paid.into_iter().filter(|p| p.state == State::Succeeded);
                rows.extend(paid.flat_map(|p| for_others(&p.home)));
            }
            Ok(rows)
        };
        self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await
    }

    async fn contributed(&self, others: Vec<Row>) -> Told {
        let all = self.app.core.contributions(&self.ctx(), &self.customer()).await?;
        let year = Day::at(self.app.clock().now()).year();
        let years = |of| all.iter().filter(|c| c.insurance == of).count();
        let of_year = |y| all.iter().any(|c| c.insurance == Insurance::Medical && c.year == y);
        let note = match (of_year(year), of_year(year + 1)) {
            _ if all.is_empty() => String::new(),
            (_, true) => format!("{}年的医保已经交了。", year + 1),
            (true, false) => format!("{year}年的医保交了，{}年的还没查到。", year + 1),
            (false, false) => format!("{year}年的医保没有查到。"),
        };
        let one = |c: &Contribution| {
            let what = match c.insurance {
                Insurance::Pension => "养老",
                Insurance::Medical => "医保",
            };
            row([
                ("year", Value::Count(c.year)),
                ("what", text(what)),
                ("amount", Value::Money(c.amount)),
                ("place", text(&c.place)),
            ])
        };
        let own = all.iter().take(CONTRIBUTIONS_A_BUBBLE).map(one);
        Ok(done([
            ("pension", count(years(Insurance::Pension))),
            ("medical", count(years(Insurance::Medical))),
            ("note", text(note)),
            ("rows", Value::Rows(own.chain(others).collect())),
        ]))
    }

    async fn social_card(&self) -> Told {
        let told = match self.app.core.social_card(&self.ctx(), &self.customer()).await {
            Err(CoreError::Rejected(Reject::NotFound)) => {
                return Ok(refused("social_card.none", "没有查到您在办的社保卡。"));
            }
            other => other?,
        };
        let (stage, note) = card_words(&told);
        Ok(done([
            ("stage", text(stage)),
            ("since", Value::Time(told.since.start())),
            ("note", text(note)),
        ]))
    }
}

/// A payment for a family, one row for each who is not the customer.
fn for_others(home: &Home) -> Vec<Row> {
    let what = if home.kind == BillKind::Pension { "养老" } else { "医保" };
    let others = home.who.iter().filter(|p| !p.is_self);
    let one = |p: &bills::Person| {
        row([
            ("year", Value::Count(home.year.unwrap_or_default())),
            ("what", text(format!("{what}·{}", p.name))),
            ("amount", Value::Money(p.pays)),
            ("place", text("您代交")),
        ])
    };
    others.map(one).collect()
}

/// The order in which batches are told; `None`: not told by itself.
fn rank(p: &Payout) -> Option<u8> {
    match (&p.share, p.state) {
        (Some(Share { came: Came::Failed(_), .. }), _) => Some(0),
        (Some(Share { came: Came::Waiting, .. }), _) => Some(1),
        (Some(Share { came: Came::Paid(_), .. }), _) => Some(2),
        (None, BatchState::Announced) => Some(3),
        (None, _) => None,
    }
}

fn paid_amount(p: &Payout) -> Option<Fen> {
    let share = p.share.as_ref()?;
    matches!(share.came, Came::Paid(_)).then_some(share.amount)
}

fn title(p: &Payout) -> String {
    match p.class {
        PayoutClass::Subsidy | PayoutClass::Allowance | PayoutClass::Pension => p.title.clone(),
        PayoutClass::SiteWage | PayoutClass::LandRent => p.payer.clone(),
    }
}

/// What came of a batch for the customer.
fn what(p: &Payout) -> String {
    let expected = p.on.map(|d| format!("，预计{}", md(d))).unwrap_or_default();
    match &p.share {
        Some(Share { amount, tail, came: Came::Paid(at) }) => {
            format!("{amount} 元，{}已到尾号{tail}", md_at(*at))
        }
        Some(Share { amount, came: Came::Waiting, .. }) => {
            format!("{amount} 元，名单已到银行，等着发{expected}")
        }
        Some(Share { amount, tail, came: Came::Failed(why) }) => {
            format!("{amount} 元没发成：{}", failure(*why, tail))
        }
        None if p.state == BatchState::Announced => {
            format!("还没发：{}的名单和钱还没交到银行{expected}", p.payer)
        }
        None => "这一批没有您".to_owned(),
    }
}

/// Why a share did not come, and what helps.
fn failure(why: PayoutFailure, tail: &str) -> String {
    match why {
        PayoutFailure::Dormant => format!("尾号{tail}成了睡眠户，带身份证到网点恢复，钱会补发"),
        PayoutFailure::Frozen => format!("尾号{tail}是冻结的，到网点问清，解开后补发"),
        PayoutFailure::Closed => format!("尾号{tail}已销户，带新卡到村委会改名单"),
        PayoutFailure::NameMismatch => "名单上的账号不是您的，请村委会改名单".to_owned(),
    }
}

/// This month's pension where it has not come, and the certification where it is near.
fn pension_note(all: &[Payout], known: Option<&Pension>, today: Day) -> String {
    let month = today.first_of_month();
    let of_month = |p: &&Payout| p.on.is_some_and(|d| d >= month);
    let this = all.iter().find(|p| of_month(p) && p.share.is_some());
    let mut note = match this.and_then(|p| p.share.as_ref()) {
        Some(Share { came: Came::Failed(why), tail, .. }) => {
            format!("这个月的没发成：{}。", failure(*why, tail))
        }
        Some(Share { came: Came::Waiting, .. }) => "这个月的名单已到银行，等着发。".to_owned(),
        Some(Share { came: Came::Paid(_), .. }) => String::new(),
        None => match known {
            Some(p) if p.is_paused => "因为没做资格认证，现在停发了。".to_owned(),
            Some(p) if today.day() <= p.pay_day => {
                format!("这个月的还没到日子，一般{}日前后到。", p.pay_day)
            }
            Some(p) if today.day() > p.pay_day + LATE_DAYS => {
                "这个月的还没到，社保中心还没把钱交到银行，可打 12333 问。".to_owned()
            }
            Some(_) => "这个月的还没到，再等一两天。".to_owned(),
            None => String::new(),
        },
    };
    let certify =
        known.and_then(|p| p.certify_by).filter(|by| by.days_since(today) <= CERTIFY_DAYS);
    match certify {
        Some(by) if by < today => note += "资格认证已经过期，请尽快做。",
        Some(by) => note += &format!("资格认证请在{}前做。", md(by)),
        None => {}
    }
    note
}

/// Until when it is to be done, or that it is late, and when it was done last.
fn certify_state(known: &Pension, today: Day) -> String {
    let last = known.certified_on.map(|d| format!("上次是{}做的。", super::day_words(d)));
    let last = last.unwrap_or_default();
    match known.certify_by {
        _ if known.is_paused => {
            format!("因为没做资格认证，养老金现在停发了，做好了才接着发。{last}")
        }
        Some(by) if by < today => {
            format!("认证期到{}，已经过了，请尽快做。{last}", super::day_words(by))
        }
        Some(by) => format!("下次要在{}前做。{last}", super::day_words(by)),
        None => format!("银行这边没有您的认证日期，请问村里经办人。{last}"),
    }
}

fn card_words(card: &SocialCard) -> (&'static str, String) {
    let active =
        if card.is_active { "" } else { "银行功能还没激活，带身份证到网点办。" };
    match card.stage {
        CardStage::Applied => ("已经收下申请", "审核过了就去制卡。".to_owned()),
        CardStage::Making => ("正在制卡", "做好了会送到网点。".to_owned()),
        CardStage::AtBranch => ("做好了，可以领", format!("带身份证到{}领。", card.branch)),
        CardStage::Collected => ("已经领走", active.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(d: &str) -> Day {
        d.parse().unwrap()
    }

    fn payout(state: BatchState, day: Option<&str>, came: Option<Came>) -> Payout {
        Payout {
            batch: "1".into(),
            class: PayoutClass::Pension,
            title: "城乡居民基本养老保险待遇".into(),
            payer: "陵溪县社保中心".into(),
            period: "2026-11".into(),
            state,
            on: day.map(on),
            share: came.map(|came| Share { amount: Fen::of(23_640), tail: "0037".into(), came }),
        }
    }

    #[test]
    fn what_did_not_come_says_why_and_what_helps() {
        let failed = |why| what(&payout(BatchState::Paid, None, Some(Came::Failed(why))));
        assert!(failed(PayoutFailure::Dormant).contains("睡眠户"));
        assert!(failed(PayoutFailure::NameMismatch).contains("改名单"));
        assert_eq!(
            what(&payout(BatchState::Announced, Some("2026-11-30"), None)),
            "还没发：陵溪县社保中心的名单和钱还没交到银行，预计11月30日"
        );
        assert_eq!(what(&payout(BatchState::Paid, Some("2026-11-12"), None)), "这一批没有您");
    }

    #[test]
    fn a_pension_that_has_not_come_this_month_says_where_it_is() {
        let known = |certify_by: &str, is_paused| Pension {
            system: "城乡居民基本养老保险".into(),
            monthly: Fen::of(23_640),
            pay_day: 12,
            certified_on: None,
            certify_by: Some(on(certify_by)),
            is_paused,
        };
        let came = |day: &str| {
            let at: Time = on(day).start();
            vec![payout(BatchState::Paid, Some(day), Some(Came::Paid(at)))]
        };
        let (last, this) = (came("2026-10-12"), came("2026-11-12"));
        for (all, certify_by, is_paused, today, words) in [
            (&this, "2027-08-01", false, "2026-11-23", ""),
            (&last, "2027-08-01", false, "2026-11-09", "这个月的还没到日子，一般12日前后到。"),
            (&last, "2027-08-01", false, "2026-11-14", "这个月的还没到，再等一两天。"),
            (
                &last,
                "2027-08-01",
                false,
                "2026-11-23",
                "这个月的还没到，社保中心还没把钱交到银行，可打 12333 问。",
            ),
            (
                &last,
                "2026-10-31",
                true,
                "2026-11-23",
                "因为没做资格认证，现在停发了。资格认证已经过期，请尽快做。",
            ),
            (&this, "2026-12-23", false, "2026-11-23", "资格认证请在12月23日前做。"),
        ] {
            let known = known(certify_by, is_paused);
            assert_eq!(pension_note(all, Some(&known), on(today)), words, "{today}");
        }
    }
}
