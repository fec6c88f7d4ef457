//! What a customer sets on a credit card: activation, PINs, limits, closing. Each command once under its request id, the same
//! answer for ever (I4).
//!
//! A card that is not active yet, or that is being closed, takes money in and pays none out; its state says so and the ledger
//! keeps it. Not for: who may ask (a channel proves its customers first), nor deciding what needs a person.

use crate::cardset::{CardCame, CardDone, CardPin, CardSettings, CardWish};
use crate::day::Day;
use crate::error::{Direction, Reject};
use crate::model::{AccountKind, AccountState};
use crate::sandbox::Sandbox;
use crate::sandbox::books::Books;
use crate::sandbox::queries::{Said, maybe_day, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::words::{Word, from_word};
use crate::sandbox::{cards, counter};
use base::{Error, Fen, Result, Secret, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use sm3::{Digest, Sm3};

/// Digits on the back of a card.
pub(crate) const CVV_DIGITS: usize = 3;
/// Wrong tries a day.
const CVV_TRIES_PER_DAY: i64 = 5;
/// A card that is being closed may be taken back so long (销卡冷静期).
const CLOSING_DAYS: i64 = 45;
const RAISED_DAYS: i64 = 60;
/// Limits are whole hundreds of yuan, and never more than half a million.
const STEP_FEN: i64 = 10_000;
const LIMIT_MAX: Fen = Fen::of(50_000_000);

/// What a card is made with beside its terms.
#[derive(Clone)]
pub struct NewPrint {
    pub acct_id: i64,
    /// The three digits on its back.
    pub cvv: Secret<String>,
    pub is_active: bool,
    /// It waits for a signature at the counter.
    pub needs_signing: bool,
    /// Up to here a limit is raised at once.
    pub granted: Fen,
}

impl std::fmt::Debug for NewPrint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewPrint").field("acct_id", &self.acct_id).finish_non_exhaustive()
    }
}

/// Prints a card; one that is not active pays nothing out.
pub(crate) fn print(tx: &Tx<'_>, keys: &TenantKeys, new: &NewPrint) -> Result<()> {
    let index = cvv_index(keys, new.acct_id, &new.cvv)?;
    tx.exec_one(
        "UPDATE core_card SET cvv_index = $1, is_active = $2, needs_signing = $3, granted_fen = $4
          WHERE tenant_id = $5 AND acct_id = $6",
        params![index, new.is_active, new.needs_signing, new.granted, tx.tenant(), new.acct_id],
    )?;
    if !new.is_active {
        set_state(tx, new.acct_id, AccountState::NoOut)?;
    }
    Ok(())
}

fn cvv_index(keys: &TenantKeys, acct_id: i64, cvv: &Secret<String>) -> Result<Vec<u8>> {
    keys.index("cvv", &format!("{acct_id}|{}", cvv.reveal()))
}

fn set_state(tx: &Tx<'_>, acct_id: i64, state: AccountState) -> Result<()> {
    tx.exec(
        "UPDATE core_account SET state = $1, version = version + 1 WHERE tenant_id = $2 AND acct_id = $3",
        params![state.word(), tx.tenant(), acct_id],
    )?;
    Ok(())
}

/// A card as its commands need it.
struct Card {
    state: AccountState,
    worth: Fen,
    held: Fen,
    limit: Fen,
    granted: Fen,
    raised_until: Option<Day>,
    limit_before: Option<Fen>,
    closes_on: Option<Day>,
    is_active: bool,
    needs_signing: bool,
    asks_pin: bool,
}

impl FromRow for Card {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let state = from_word(&row.next::<String>()?)?;
        let (debit, credit): (Fen, Fen) = (row.next()?, row.next()?);
        Ok(Self {
            state,
            worth: credit.checked_sub(debit).ok_or_else(too_large)?,
            held: row.next()?,
            limit: row.next()?,
            granted: row.next()?,
            raised_until: maybe_day(row.next()?)?,
            limit_before: row.next()?,
            closes_on: maybe_day(row.next()?)?,
            is_active: row.next()?,
            needs_signing: row.next()?,
            asks_pin: row.next()?,
        })
    }
}

fn too_large() -> Error {
    Error::fault("a card's sums are too large to count")
}

/// The card, if it is this customer's and a credit card with terms.
fn load(tx: &Tx<'_>, cust_no: i64, acct_id: i64) -> Result<Option<Card>> {
    tx.opt(
        "SELECT CASE WHEN a.state = 'lost' AND a.stop_ends_at_ms <= $5 THEN a.stop_before ELSE a.state END,
                a.posted_debit_fen, a.posted_credit_fen, a.held_fen, a.limit_fen, c.granted_fen, c.raised_until,
                c.limit_before_fen, c.closes_on, c.is_active, c.needs_signing, c.asks_pin
           FROM core_account a JOIN core_card c ON c.tenant_id = a.tenant_id AND c.acct_id = a.acct_id
          WHERE a.tenant_id = $1 AND a.acct_id = $2 AND a.cust_no = $3 AND a.kind = $4",
        params![tx.tenant(), acct_id, cust_no, AccountKind::Credit.word(), tx.now()],
    )
}

/// How a card is set; `None` for one without terms.
pub(crate) fn settings(tx: &Tx<'_>, acct_id: i64) -> Result<Option<CardSettings>> {
    type Found = (bool, bool, bool, Option<i64>, Option<Fen>, Option<i64>, i64, i64);
    let found: Option<Found> = tx.opt(
        "SELECT is_active, needs_signing, asks_pin, raised_until, limit_before_fen, closes_on,
                (SELECT COUNT(*) FROM core_card_pin p
                  WHERE p.tenant_id = c.tenant_id AND p.acct_id = c.acct_id AND p.pin_use = 'spend'),
                (SELECT COUNT(*) FROM core_card_pin p
                  WHERE p.tenant_id = c.tenant_id AND p.acct_id = c.acct_id AND p.pin_use = 'query')
           FROM core_card c WHERE c.tenant_id = $1 AND c.acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((is_active, needs_signing, asks_pin, until, before, closes_on, pins, queries)) = found
    else {
        return Ok(None);
    };
    Ok(Some(CardSettings {
        is_active,
        needs_signing,
        has_pin: pins > 0,
        has_query_pin: queries > 0,
        asks_pin,
        raised_until: maybe_day(until)?,
        limit_after: before,
        closes_on: maybe_day(closes_on)?,
    }))
}

/// Compares the digits on the back. A try is taken before they are looked at.
pub(crate) fn check_cvv(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (cust_no, acct_id): (i64, i64),
    cvv: &Secret<String>,
) -> Said<()> {
    if load(tx, cust_no, acct_id)?.is_none() {
        return no(Reject::NotFound);
    }
    let today = Day::at(tx.now());
    let subject = format!("cvv:{acct_id}");
    let Some(used) = counter::take(tx, &subject, today, CVV_TRIES_PER_DAY)? else {
        return no(Reject::PinLocked { until: today.end() });
    };
    let (kept,): (Option<Vec<u8>>,) = tx.one(
        "SELECT cvv_index FROM core_card WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    if kept != Some(cvv_index(keys, acct_id, cvv)?) {
        return no(Reject::WrongPin { left: u8::try_from(CVV_TRIES_PER_DAY - used)? });
    }
    counter::clear(tx, &subject, today)?;
    Ok(Ok(()))
}

/// Whether a PIN of this card may be set now.
pub(crate) fn may_set_pin(tx: &Tx<'_>, cust_no: i64, acct_id: i64) -> Said<()> {
    Ok(match load(tx, cust_no, acct_id)? {
        None => Err(Reject::NotFound.into()),
        Some(card) if !card.is_active || card.state == AccountState::Closed => {
            Err(Reject::AccountNotActive.into())
        }
        Some(_) => Ok(()),
    })
}

pub(crate) fn store_pin(tx: &Tx<'_>, acct_id: i64, which: CardPin, hash: &str) -> Result<()> {
    tx.exec(
        "INSERT INTO core_card_pin (tenant_id, acct_id, pin_use, hash, set_at_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, acct_id, pin_use) DO UPDATE SET hash = $4, set_at_ms = $5",
        params![tx.tenant(), acct_id, which.word(), hash, tx.now()],
    )?;
    Ok(())
}

/// A command as it came.
#[derive(Debug)]
pub(crate) struct Command<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) cust_no: i64,
    pub(crate) acct_id: i64,
    pub(crate) wish: CardWish,
}

/// What a wish makes of a card.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Nothing,
    Review,
    Activate,
    AskPin(bool),
    /// For good, or until a day.
    Limit(Fen, Option<Day>),
    Close(Day),
    Keep,
}

/// Kind of these commands in `core_request`.
const KIND: &str = "card";

/// Does what a command wishes, or finds what it was answered before. A refusal is no verdict on the id: nothing was
/// changed, and the reason may pass.
pub(crate) fn change(tx: &Tx<'_>, c: &Command<'_>) -> Said<CardDone> {
    let text = format!("{KIND}|{}|{}|{:?}", c.cust_no, c.acct_id, c.wish);
    let hash = Sm3::digest(text.as_bytes()).to_vec();
    if let Some(answer) = before(tx, c.request_id, &hash)? {
        return Ok(answer);
    }
    let Some(card) = load(tx, c.cust_no, c.acct_id)? else { return no(Reject::NotFound) };
    let is_late = is_late(tx, c.acct_id)?;
    let step = match step(&card, c.wish, is_late, Day::at(tx.now())) {
        Ok(step) => step,
        Err(reject) => return no(reject),
    };
    let done = apply(tx, c.acct_id, &card, &step)?;
    tx.exec(
        "INSERT INTO core_card_change (tenant_id, request_id, acct_id, came, limit_fen, until, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            tx.tenant(), c.request_id, c.acct_id, done.came.word(), done.limit, done.until.map(Day::number), tx.now()
        ],
    )?;
    // «set», not «done»: it has no journal.
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, accepted_at_ms)
         VALUES ($1, $2, $3, $4, 'set', '', $5)",
        params![tx.tenant(), c.request_id, KIND, hash, tx.now()],
    )?;
    Ok(Ok(done))
}

type Before = std::result::Result<CardDone, crate::error::CoreError>;

fn before(tx: &Tx<'_>, request_id: &str, hash: &[u8]) -> Result<Option<Before>> {
    type Found = (Vec<u8>, Option<String>, Option<Fen>, Option<i64>, Option<Time>);
    let found: Option<Found> = tx.opt(
        "SELECT r.payload_hash, c.came, c.limit_fen, c.until, c.at_ms
           FROM core_request r
           LEFT JOIN core_card_change c ON c.tenant_id = r.tenant_id AND c.request_id = r.request_id
          WHERE r.tenant_id = $1 AND r.request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    let Some((known, came, limit, until, at)) = found else { return Ok(None) };
    Ok(Some(match (known == hash, came, limit, at) {
        (true, Some(came), Some(limit), Some(at)) => {
            Ok(CardDone { came: from_word(&came)?, limit, until: maybe_day(until)?, at })
        }
        _ => Err(Reject::PayloadMismatch.into()),
    }))
}

/// A bill is not paid though its day is over.
fn is_late(tx: &Tx<'_>, acct_id: i64) -> Result<bool> {
    let bills = cards::bills(tx, acct_id, 1)?.unwrap_or_default();
    let today = Day::at(tx.now());
    Ok(bills.first().is_some_and(|b| b.left() > Fen::ZERO && b.bill.due_on < today))
}

fn step(
    card: &Card,
    wish: CardWish,
    is_late: bool,
    today: Day,
) -> std::result::Result<Step, Reject> {
    use AccountState::{Active, Closed, NoOut};
    let is_gone = card.closes_on.is_some_and(|on| on <= today);
    match (card.state, wish) {
        (_, CardWish::KeepOpen) if is_gone => return Err(Reject::Expired),
        (Closed, _) => return Err(Reject::AccountNotActive),
        _ if is_gone => return Err(Reject::AccountNotActive),
        (Active, _) => {}
        (NoOut, CardWish::Activate) if !card.is_active => {}
        (NoOut, CardWish::Activate | CardWish::KeepOpen | CardWish::Close) => {}
        (NoOut, _) => return Err(Reject::AccountNotActive),
        _ => return Err(Reject::AccountBlocked(Direction::Out)),
    }
    match wish {
        CardWish::Activate if card.is_active => Ok(Step::Nothing),
        CardWish::Activate if card.needs_signing => Err(Reject::CounterOnly),
        CardWish::Activate => Ok(Step::Activate),
        _ if !card.is_active => Err(Reject::AccountNotActive),
        CardWish::AskPin(on) if on == card.asks_pin => Ok(Step::Nothing),
        CardWish::AskPin(on) => Ok(Step::AskPin(on)),
        CardWish::Close if card.closes_on.is_some() => Ok(Step::Nothing),
        CardWish::Close if card.state == NoOut => Err(Reject::AccountBlocked(Direction::Out)),
        CardWish::Close if card.worth != Fen::ZERO || card.held != Fen::ZERO => {
            Err(Reject::BalanceNotZero)
        }
        CardWish::Close => Ok(Step::Close(today.plus_days(CLOSING_DAYS))),
        CardWish::KeepOpen if card.closes_on.is_none() => Ok(Step::Nothing),
        CardWish::KeepOpen => Ok(Step::Keep),
        CardWish::LowerLimit(to) => lower(card, to),
        CardWish::RaiseLimit(to) => raise(card, to, is_late, None),
        CardWish::RaiseForATime(to) => raise(card, to, is_late, Some(today.plus_days(RAISED_DAYS))),
    }
}

const AMOUNT: Reject = Reject::Validation { field: "amount" };

fn lower(card: &Card, to: Fen) -> std::result::Result<Step, Reject> {
    if to == card.limit && card.raised_until.is_none() {
        return Ok(Step::Nothing);
    }
    if to > card.limit || to < Fen::of(STEP_FEN) || to.fen() % STEP_FEN != 0 {
        return Err(AMOUNT);
    }
    let free = card.worth.checked_sub(card.held).and_then(|f| f.checked_add(to));
    if free.is_none_or(|f| f < Fen::ZERO) {
        return Err(Reject::LimitExceeded);
    }
    Ok(Step::Limit(to, None))
}

fn raise(
    card: &Card,
    to: Fen,
    is_late: bool,
    until: Option<Day>,
) -> std::result::Result<Step, Reject> {
    if to <= card.limit || to > LIMIT_MAX || to.fen() % STEP_FEN != 0 {
        return Err(AMOUNT);
    }
    match (is_late, to <= card.granted) {
        (true, _) => Err(Reject::NotEligible),
        (false, true) => Ok(Step::Limit(to, until)),
        (false, false) => Ok(Step::Review),
    }
}

fn apply(tx: &Tx<'_>, acct_id: i64, card: &Card, step: &Step) -> Result<CardDone> {
    let mut done = CardDone { came: CardCame::Done, limit: card.limit, until: None, at: tx.now() };
    match step {
        Step::Nothing => {
            done.came = CardCame::Same;
            done.until = card.closes_on.or(card.raised_until);
            return Ok(done);
        }
        Step::Review => {
            done.came = CardCame::Review;
            return Ok(done);
        }
        Step::Activate => {
            set_card(
                tx,
                acct_id,
                "UPDATE core_card SET is_active = TRUE WHERE tenant_id = $1 AND acct_id = $2",
            )?;
            set_state(tx, acct_id, AccountState::Active)?;
        }
        Step::AskPin(true) => set_card(
            tx,
            acct_id,
            "UPDATE core_card SET asks_pin = TRUE WHERE tenant_id = $1 AND acct_id = $2",
        )?,
        Step::AskPin(false) => set_card(
            tx,
            acct_id,
            "UPDATE core_card SET asks_pin = FALSE WHERE tenant_id = $1 AND acct_id = $2",
        )?,
        Step::Close(on) => {
            tx.exec(
                "UPDATE core_card SET closes_on = $1 WHERE tenant_id = $2 AND acct_id = $3",
                params![on.number(), tx.tenant(), acct_id],
            )?;
            set_state(tx, acct_id, AccountState::NoOut)?;
            done.until = Some(*on);
        }
        Step::Keep => {
            set_card(
                tx,
                acct_id,
                "UPDATE core_card SET closes_on = NULL WHERE tenant_id = $1 AND acct_id = $2",
            )?;
            set_state(tx, acct_id, AccountState::Active)?;
        }
        Step::Limit(to, until) => {
            let before = until.map(|_| card.limit_before.unwrap_or(card.limit));
            tx.exec(
                "UPDATE core_card SET raised_until = $1, limit_before_fen = $2 WHERE tenant_id = $3 AND acct_id = $4",
                params![until.map(Day::number), before, tx.tenant(), acct_id],
            )?;
            tx.exec(
                "UPDATE core_account SET limit_fen = $1, version = version + 1 WHERE tenant_id = $2 AND acct_id = $3",
                params![*to, tx.tenant(), acct_id],
            )?;
            (done.limit, done.until) = (*to, *until);
        }
    }
    let mut books = Books::open(tx)?;
    books.event(KIND, None, acct_id)?;
    books.close()?;
    Ok(done)
}

/// Changes what stands beside a card's terms.
fn set_card(tx: &Tx<'_>, acct_id: i64, sql: &'static str) -> Result<()> {
    tx.exec(sql, params![tx.tenant(), acct_id])?;
    Ok(())
}

/// Closes the cards whose day has come and ends limits that were raised for a time; how many that were.
/// A card on which money came or went meanwhile stays as it is: somebody has to look at it.
pub(crate) fn ends(tx: &Tx<'_>) -> Result<u64> {
    let today = Day::at(tx.now()).number();
    let closed: Vec<i64> = tx.all(
        "UPDATE core_account SET state = 'closed', version = version + 1
          WHERE tenant_id = $1 AND state = 'no_out' AND posted_debit_fen = posted_credit_fen AND held_fen = 0
            AND acct_id IN (SELECT acct_id FROM core_card WHERE tenant_id = $1 AND closes_on <= $2)
         RETURNING acct_id",
        params![tx.tenant(), today],
    )?;
    // Never below what is used: the rest comes down as it is paid back.
    let ended: Vec<i64> = tx.all(
        "UPDATE core_account SET version = version + 1, limit_fen = (
                SELECT CASE WHEN c.limit_before_fen >= posted_debit_fen - posted_credit_fen + held_fen
                            THEN c.limit_before_fen ELSE posted_debit_fen - posted_credit_fen + held_fen END
                  FROM core_card c WHERE c.tenant_id = core_account.tenant_id AND c.acct_id = core_account.acct_id)
          WHERE tenant_id = $1
            AND acct_id IN (SELECT acct_id FROM core_card WHERE tenant_id = $1 AND raised_until < $2)
         RETURNING acct_id",
        params![tx.tenant(), today],
    )?;
    tx.exec(
        "UPDATE core_card SET raised_until = NULL, limit_before_fen = NULL WHERE tenant_id = $1 AND raised_until < $2",
        params![tx.tenant(), today],
    )?;
    for acct_id in closed.iter().chain(&ended) {
        let mut books = Books::open(tx)?;
        books.event(KIND, None, *acct_id)?;
        books.close()?;
    }
    Ok(u64::try_from(closed.len() + ended.len())?)
}

impl Sandbox {
    /// Prints a card that has its terms ([`Sandbox::add_card`]).
    pub async fn print_card(&self, tenant: TenantId, card: NewPrint) -> Result<()> {
        self.unit(tenant, move |tx, keys| print(tx, keys, &card)).await
    }

    /// What the day brings for cards: those being closed are gone, limits raised for a time end. Doing it twice does
    /// nothing more.
    pub async fn end_card_days(&self, tenant: TenantId) -> Result<u64> {
        self.unit(tenant, |tx, _| ends(tx)).await
    }
}
