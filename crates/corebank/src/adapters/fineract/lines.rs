//! Balances, statement pages and single lines.
//!
//! `transactions/search` pages by offset, so that entries made meanwhile push lines down. A cursor therefore names the last
//! line that was told, and reading goes on where that line is now. Offsets are whole pages of a fixed size, because the
//! server rounds others. Lines that move nothing (holds, releases) and lines that were undone are not told.

use super::names::{self, DATE_FORMAT, LOCALE, Mark, date_text};
use super::shapes::{Lines, Savings, Tx};
use super::{Call, Fineract};
use crate::day::Day;
use crate::error::{CoreError, Reject, UnknownCause};
use crate::model::{
    AccountKind, AccountRef, AccountState, Balance, Detail, Flow, Line, LineId, NumberKind, Page,
    StatementQuery, StatementRange, Totals,
};
use crate::port::{Ctx, LINES_MAX, RANGE_DAYS_MAX};
use base::{Fen, Time};
use sm3::{Digest, Sm3};

/// Lines asked for at once.
const PAGE_LINES: usize = 100;
/// Pages read for one page of a statement; when a search finds little, the rest comes with the next page.
const STATEMENT_PAGES_MAX: usize = 20;
/// Pages read for a sum or to find a command: five thousand lines.
pub(super) const SCAN_PAGES_MAX: usize = 50;
/// The longest search.
const SEARCH_CHARS_MAX: usize = 40;
/// 预授权 and its release (transaction types).
pub(super) const HOLD: i64 = 20;
const RELEASE: i64 = 21;

pub(super) fn kind_of(core: &Fineract, savings: &Savings) -> AccountKind {
    let issuer = savings.external_id.as_deref().and_then(|number| core.issuer_of(number));
    match issuer.map(|i| i.kind) {
        Some(NumberKind::Debit) => AccountKind::Debit,
        // Fineract has no cards: an account at call without a card's number is kept in a book.
        _ => AccountKind::Passbook,
    }
}

/// The sub-status is a number: 0 none, 100 inactive, 200 dormant, 300 escheated, 400 blocked, 500 no credits, 600 no debits.
pub(super) fn state_of(savings: &Savings) -> AccountState {
    let sub = savings.sub_status.as_ref().map_or(0, |s| s.id);
    match (savings.status.active, savings.status.closed, sub) {
        (_, true, _) => AccountState::Closed,
        (true, false, 0) => AccountState::Active,
        (true, false, 100 | 200) => AccountState::Dormant,
        (true, false, 600) => AccountState::NoOut,
        // Blocked one way or both, or in a state that we do not know: looked at, not used.
        _ => AccountState::Frozen,
    }
}

fn label(kind: i64, is_transfer: bool, is_in: bool) -> &'static str {
    match (kind, is_transfer, is_in) {
        (1 | 2, true, true) => "转入",
        (1 | 2, true, false) => "转出",
        (1, ..) => "存入",
        (2, ..) => "支取",
        (3, ..) => "利息",
        (4, ..) => "手续费",
        (5, ..) => "年费",
        (7, ..) => "收费",
        (17, ..) => "透支利息",
        (18, ..) => "利息税",
        (_, _, true) => "入账",
        (_, _, false) => "出账",
    }
}

/// 核心流水号 of a transfer: the same in its lines and in what a payment is answered.
pub(super) fn transfer_serial(id: i64) -> String {
    format!("T{id}")
}

impl Tx {
    fn moves(&self) -> bool {
        !self.reversed && !matches!(self.transaction_type.id, HOLD | RELEASE)
    }
    pub(super) fn mark(&self) -> Option<Mark> {
        Mark::read(self.transfer.as_ref()?.transfer_description.as_deref()?)
    }
    pub(super) fn receipt(&self) -> Option<&str> {
        self.payment_detail_data.as_ref()?.receipt_number.as_deref().filter(|r| !r.is_empty())
    }

    fn line(&self, tenant: &str) -> Result<Line, CoreError> {
        let undecodable = CoreError::Unknown(UnknownCause::Undecodable);
        let is_in = match (self.entry_type.as_deref(), self.transaction_type.id) {
            (Some("CREDIT"), _) | (None, 1 | 3) => true,
            // A line that is read alone does not say it; its type does.
            (Some("DEBIT"), _) | (None, 2 | 4 | 5 | 7 | 17 | 18) => false,
            _ => return Err(undecodable),
        };
        let mark = self.mark();
        let (summary, serial) = match (&mark, &self.transfer) {
            (Some(mark), _) => (mark.purpose.clone(), Some(mark.id.clone())),
            (None, Some(leg)) => (leg.transfer_description.clone().unwrap_or_default(), None),
            (None, None) => {
                (self.note.clone().unwrap_or_default(), self.receipt().map(str::to_owned))
            }
        };
        let core_serial = match &self.transfer {
            Some(leg) => transfer_serial(leg.id),
            None => format!("S{}", self.id),
        };
        Ok(Line {
            id: names::line_id(tenant, self.account_id, self.id),
            core_serial,
            core_date: self.date.0,
            // The day is all that is told of the time.
            at: self.date.0.start(),
            is_in,
            amount: self.amount.0,
            balance_after: self.running_balance.ok_or(undecodable)?.0,
            label: label(self.transaction_type.id, self.transfer.is_some(), is_in).into(),
            counterparty: String::new(),
            summary,
            explain: String::new(),
            channel_serial: serial,
        })
    }
}

/// Which lines are wanted.
struct Wanted<'a> {
    flow: Flow,
    words: String,
    amount: Option<Fen>,
    tenant: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(range: &StatementRange, tenant: &'a str) -> Result<Self, CoreError> {
        if !(0..RANGE_DAYS_MAX).contains(&range.to.days_since(range.from)) {
            return Err(Reject::Validation { field: "range" }.into());
        }
        let words = range.q.as_deref().unwrap_or("").trim().to_lowercase();
        if words.chars().count() > SEARCH_CHARS_MAX {
            return Err(Reject::Validation { field: "q" }.into());
        }
        let amount = Fen::parse_yuan(&words.replace(',', "")).ok();
        Ok(Self { flow: range.flow, words, amount, tenant })
    }

    fn line(&self, tx: &Tx) -> Result<Option<Line>, CoreError> {
        if !tx.moves() {
            return Ok(None);
        }
        let line = tx.line(self.tenant)?;
        let flows = self.flow == Flow::All || line.is_in == (self.flow == Flow::In);
        let says = |text: &str| text.to_lowercase().contains(&self.words);
        let is_said = self.words.is_empty()
            || self.amount == Some(line.amount)
            || [&line.label, &line.counterparty, &line.summary, &line.explain]
                .into_iter()
                .any(|t| says(t));
        Ok((flows && is_said).then_some(line))
    }
}

/// Goes through an account's lines of some days, latest first, page by page.
pub(super) struct Walk<'a> {
    call: &'a Call<'a>,
    account: i64,
    days: (String, String),
    page: usize,
    /// The last line that was looked at.
    last: Option<i64>,
    /// The last line has still to be found again.
    is_seeking: bool,
    is_over: bool,
}

/// What a walk saw next.
pub(super) enum Seen {
    Some(Vec<Tx>),
    End,
    /// The line to go on from is not there.
    Lost,
}

impl<'a> Walk<'a> {
    pub(super) fn new(call: &'a Call<'a>, account: i64, from: Day, to: Day) -> Self {
        let days = (date_text(from), date_text(to));
        Self { call, account, days, page: 0, last: None, is_seeking: false, is_over: false }
    }
    fn going_on(mut self, (page, last): (usize, i64)) -> Self {
        (self.page, self.last, self.is_seeking) = (page, Some(last), true);
        self
    }

    async fn read(&self) -> Result<Lines, CoreError> {
        let (offset, limit) = ((self.page * PAGE_LINES).to_string(), PAGE_LINES.to_string());
        let told: Lines = self
            .call
            .get(
                &format!("/savingsaccounts/{}/transactions/search", self.account),
                &[
                    ("fromDate", self.days.0.as_str()),
                    ("toDate", self.days.1.as_str()),
                    ("dateFormat", DATE_FORMAT),
                    ("locale", LOCALE),
                    ("offset", offset.as_str()),
                    ("limit", limit.as_str()),
                    ("orderBy", "transactionDate,createdDate,id"),
                    ("sortOrder", "DESC"),
                ],
            )
            .await?;
        if told.content.iter().any(|tx| tx.account_id != self.account) {
            return Err(CoreError::Unknown(UnknownCause::IntegrityMismatch { field: "account" }));
        }
        Ok(told)
    }

    /// The lines of the next page that were not seen before.
    pub(super) async fn next(&mut self) -> Result<Seen, CoreError> {
        if self.is_over {
            return Ok(Seen::End);
        }
        let mut told = self.read().await?;
        self.is_over = told.content.is_empty() || (self.page + 1) * PAGE_LINES >= told.total;
        let known = told.content.iter().position(|tx| Some(tx.id) == self.last);
        let fresh = match known {
            Some(at) => told.content.split_off(at + 1),
            None if self.is_seeking => Vec::new(),
            None => told.content,
        };
        self.is_seeking = self.is_seeking && known.is_none();
        if self.is_over && self.is_seeking {
            return Ok(Seen::Lost);
        }
        if let Some(last) = fresh.last() {
            self.last = Some(last.id);
        }
        self.page += 1;
        Ok(Seen::Some(fresh))
    }
}

impl Fineract {
    pub(super) async fn balance_now(
        &self,
        ctx: &Ctx,
        account: &AccountRef,
    ) -> Result<Balance, CoreError> {
        let call = self.call(ctx)?;
        let told = call.savings(names::account_id(&call.at.identifier, account)?).await?;
        Ok(Balance {
            account: account.clone(),
            kind: kind_of(self, &told),
            state: state_of(&told),
            posted: told.summary.account_balance.0,
            held: told.savings_amount_on_hold.map_or(Fen::ZERO, |y| y.0),
            available: told.summary.available_balance.0,
            as_of: self.0.clock.now(),
            detail: Detail::Demand,
        })
    }

    pub(super) async fn page(&self, ctx: &Ctx, ask: &StatementQuery) -> Result<Page, CoreError> {
        let call = self.call(ctx)?;
        let account = names::account_id(&call.at.identifier, &ask.range.account)?;
        if !(1..=LINES_MAX).contains(&ask.limit) {
            return Err(Reject::Validation { field: "limit" }.into());
        }
        let wanted = Wanted::of(&ask.range, &call.at.identifier)?;
        let mut walk = Walk::new(&call, account, ask.range.from, ask.range.to);
        if let Some(text) = &ask.cursor {
            let start = read_cursor(text, &ask.range);
            walk = walk.going_on(start.ok_or(Reject::Validation { field: "cursor" })?);
        }
        let mut lines = Vec::new();
        let mut last = None;
        for _ in 0..STATEMENT_PAGES_MAX {
            let page = walk.page;
            let fresh = match walk.next().await? {
                Seen::Some(fresh) => fresh,
                Seen::End => return Ok(self.told(lines, None)),
                Seen::Lost => return Err(Reject::Validation { field: "cursor" }.into()),
            };
            for tx in fresh {
                let Some(line) = wanted.line(&tx)? else {
                    last = Some((page, tx.id));
                    continue;
                };
                if lines.len() == ask.limit {
                    let next = last.map(|at| cursor(at, &ask.range));
                    return Ok(self.told(lines, next));
                }
                lines.push(line);
                last = Some((page, tx.id));
            }
        }
        let next = last.map(|at| cursor(at, &ask.range));
        Ok(self.told(lines, next))
    }

    fn told(&self, lines: Vec<Line>, next: Option<String>) -> Page {
        Page { lines, next, as_of: self.0.clock.now() }
    }

    /// [`Reject::Validation`] `range` too where there are more lines than are added up.
    pub(super) async fn sums(
        &self,
        ctx: &Ctx,
        range: &StatementRange,
    ) -> Result<Totals, CoreError> {
        let call = self.call(ctx)?;
        let account = names::account_id(&call.at.identifier, &range.account)?;
        let wanted = Wanted::of(range, &call.at.identifier)?;
        let mut walk = Walk::new(&call, account, range.from, range.to);
        let as_of = self.0.clock.now();
        let mut sums =
            Totals { inflow: Fen::ZERO, outflow: Fen::ZERO, in_count: 0, out_count: 0, as_of };
        for _ in 0..SCAN_PAGES_MAX {
            let Seen::Some(fresh) = walk.next().await? else { return Ok(sums) };
            for tx in fresh {
                let Some(line) = wanted.line(&tx)? else { continue };
                let (sum, count) = if line.is_in {
                    (&mut sums.inflow, &mut sums.in_count)
                } else {
                    (&mut sums.outflow, &mut sums.out_count)
                };
                let too_much = UnknownCause::IntegrityMismatch { field: "amount" };
                *sum = sum.checked_add(line.amount).ok_or(CoreError::Unknown(too_much))?;
                *count += 1;
            }
        }
        Err(Reject::Validation { field: "range" }.into())
    }

    pub(super) async fn one_line(
        &self,
        ctx: &Ctx,
        account: &AccountRef,
        line: &LineId,
    ) -> Result<Line, CoreError> {
        let call = self.call(ctx)?;
        let tenant = &call.at.identifier;
        let account = names::account_id(tenant, account)?;
        let id = names::tx_id(tenant, account, line)?;
        let path = format!("/savingsaccounts/{account}/transactions/{id}");
        let tx: Tx = call.get(&path, &[]).await?;
        if tx.id != id || tx.account_id != account || !tx.moves() {
            return Err(Reject::NotFound.into());
        }
        tx.line(tenant)
    }
}

/// Ties a cursor to its range, so that one of another range is refused and not misread.
fn stamp(range: &StatementRange) -> String {
    let text = format!("{range:?}|{}", range.account.as_str());
    Sm3::digest(text.as_bytes()).iter().take(6).map(|b| format!("{b:02x}")).collect()
}
fn cursor((page, last): (usize, i64), range: &StatementRange) -> String {
    format!("{page}.{last}.{}", stamp(range))
}
fn read_cursor(text: &str, range: &StatementRange) -> Option<(usize, i64)> {
    let mut parts = text.split('.');
    let (page, last) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (parts.next()? == stamp(range) && parts.next().is_none()).then_some((page, last))
}

/// For a day that is only a day: when it began.
pub(super) fn posted_at(day: Day) -> Time {
    day.start()
}
