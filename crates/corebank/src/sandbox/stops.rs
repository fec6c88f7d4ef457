//! Locking a card and reporting it lost: each command once under its request id, the same answer for ever (I4).
//!
//! An oral loss (口头挂失) ends by itself after [`ORAL_DAYS`]; readers see that without anyone writing it. Stopping works
//! while the day is closed, too. Not for: who may ask; a channel proves its customers before it undoes anything.

use crate::day::Day;
use crate::error::{CoreError, Direction, Reject};
use crate::model::{AccountKind, AccountState, StateDone, StateWish};
use crate::sandbox::books::Books;
use crate::sandbox::commands;
use crate::sandbox::queries::Said;
use crate::sandbox::words::{Word, from_word};
use base::{Error, Result, Time};
use db::{Tx, params};
use sm3::{Digest, Sm3};

/// Days an oral loss lasts beside the one it is reported on; the written one must follow within them.
pub(crate) const ORAL_DAYS: i64 = 5;

/// A command as it came.
pub(crate) struct Command<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) cust_no: i64,
    pub(crate) acct_id: i64,
    pub(crate) wish: StateWish,
    /// Asked for at the counter, with the papers there.
    pub(crate) by_staff: bool,
}

/// An account's state and what stops it.
#[derive(Debug, Clone)]
struct Stand {
    kind: AccountKind,
    state: AccountState,
    no: Option<String>,
    before: Option<AccountState>,
    ends_at: Option<Time>,
}

impl Stand {
    /// An oral loss whose time is over is none any more.
    fn of_now(mut self, now: Time) -> Self {
        if self.state == AccountState::Lost && self.ends_at.is_some_and(|at| at <= now) {
            self.state = self.before.unwrap_or(AccountState::Active);
            (self.no, self.before, self.ends_at) = (None, None, None);
        }
        self
    }

    /// The state without what was stopped.
    fn own(&self) -> AccountState {
        match self.state {
            AccountState::Locked | AccountState::Lost => {
                self.before.unwrap_or(AccountState::Active)
            }
            other => other,
        }
    }
}

/// What a wish makes of an account.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Stop(AccountState),
    /// An oral loss: it has an end.
    Oral,
    Free,
    /// It is so already, or more is stopped than was asked for.
    Nothing,
}

fn step(stand: &Stand, wish: StateWish, by_staff: bool) -> std::result::Result<Step, Reject> {
    use AccountState::{Closed, Frozen, Locked, Lost};
    if stand.state == Closed {
        return Err(Reject::AccountNotActive);
    }
    match stand.kind {
        AccountKind::Loan => return Err(Reject::Validation { field: "account" }),
        // A certificate of deposit is paper: what becomes of it is seen at the counter.
        AccountKind::Deposit if !by_staff => return Err(Reject::CounterOnly),
        _ => {}
    }
    let is_oral = stand.state == Lost && stand.ends_at.is_some();
    Ok(match wish {
        StateWish::Lock if matches!(stand.state, Locked | Lost | Frozen) => Step::Nothing,
        StateWish::Lock => Step::Stop(Locked),
        StateWish::Unlock if stand.state == Locked => Step::Free,
        StateWish::Unlock if stand.state == Lost => {
            return Err(Reject::AccountBlocked(Direction::Out));
        }
        StateWish::ReportLoss if matches!(stand.state, Lost | Frozen) => Step::Nothing,
        StateWish::ReportLoss => Step::Oral,
        StateWish::FormalLoss if !by_staff => return Err(Reject::CounterOnly),
        StateWish::FormalLoss if stand.state == Lost && !is_oral => Step::Nothing,
        StateWish::FormalLoss => Step::Stop(Lost),
        StateWish::LiftLoss if is_oral || (stand.state == Lost && by_staff) => Step::Free,
        StateWish::LiftLoss if stand.state == Lost => return Err(Reject::CounterOnly),
        StateWish::Unlock | StateWish::LiftLoss => Step::Nothing,
    })
}

/// Does what a command wishes, or finds what it was answered before.
pub(crate) fn change(tx: &Tx<'_>, c: &Command<'_>) -> Said<StateDone> {
    let hash = payload(c);
    if let Some(answer) = before(tx, c.request_id, &hash)? {
        return Ok(answer);
    }
    let answer = match load(tx, c)? {
        None => Err(Reject::NotFound),
        Some(stand) => match step(&stand, c.wish, c.by_staff) {
            Ok(step) => Ok(apply(tx, c, &stand, &step)?),
            Err(reject) => Err(reject),
        },
    };
    let (state, code) = match &answer {
        Ok(_) => ("done", String::new()),
        Err(reject) => ("rejected", commands::code(reject)?),
    };
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, accepted_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tx.tenant(), c.request_id, c.wish.word(), hash, state, code, tx.now()],
    )?;
    Ok(answer.map_err(CoreError::from))
}

/// SM3 over everything that makes two commands the same.
fn payload(c: &Command<'_>) -> Vec<u8> {
    let text = format!("{}|{}|{}|{}", c.wish.word(), c.cust_no, c.acct_id, c.by_staff);
    Sm3::digest(text.as_bytes()).to_vec()
}

/// The answer this id got before.
fn before(
    tx: &Tx<'_>,
    request_id: &str,
    hash: &[u8],
) -> Result<Option<std::result::Result<StateDone, CoreError>>> {
    type Found =
        (Vec<u8>, String, Option<bool>, Option<String>, Option<String>, Option<i64>, Option<i64>);
    let found: Option<Found> = tx.opt(
        "SELECT r.payload_hash, r.result_code, c.changed, c.state, c.stop_no, c.ends_at_ms, c.at_ms
           FROM core_request r
           LEFT JOIN core_state_change c ON c.tenant_id = r.tenant_id AND c.request_id = r.request_id
          WHERE r.tenant_id = $1 AND r.request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    let Some((known, code, changed, state, stop_no, ends_at, at)) = found else { return Ok(None) };
    if known != hash {
        return Ok(Some(Err(Reject::PayloadMismatch.into())));
    }
    let (Some(changed), Some(state), Some(stop_no), Some(at)) = (changed, state, stop_no, at)
    else {
        return Ok(Some(Err(commands::of_code(&code)?.into())));
    };
    Ok(Some(Ok(StateDone {
        changed,
        state: from_word(&state)?,
        stop_no,
        ends_at: ends_at.map(Time::of_ms),
        at: Time::of_ms(at),
    })))
}

/// The account, if it is this customer's.
fn load(tx: &Tx<'_>, c: &Command<'_>) -> Result<Option<Stand>> {
    type Found = (String, String, Option<String>, Option<String>, Option<i64>);
    let found: Option<Found> = tx.opt(
        "SELECT kind, state, stop_no, stop_before, stop_ends_at_ms FROM core_account
          WHERE tenant_id = $1 AND acct_id = $2 AND cust_no = $3",
        params![tx.tenant(), c.acct_id, c.cust_no],
    )?;
    let Some((kind, state, no, before, ends_at)) = found else { return Ok(None) };
    let stand = Stand {
        kind: from_word(&kind)?,
        state: from_word(&state)?,
        no,
        before: before.as_deref().map(from_word).transpose()?,
        ends_at: ends_at.map(Time::of_ms),
    };
    Ok(Some(stand.of_now(tx.now())))
}

fn apply(tx: &Tx<'_>, c: &Command<'_>, stand: &Stand, step: &Step) -> Result<StateDone> {
    let mut done = StateDone {
        changed: *step != Step::Nothing,
        state: stand.state,
        stop_no: stand.no.clone().unwrap_or_default(),
        ends_at: stand.ends_at,
        at: tx.now(),
    };
    if done.changed {
        let mut books = Books::open(tx)?;
        let event = books.event("state", None, c.acct_id)?;
        books.close()?;
        (done.state, done.ends_at) = match step {
            Step::Stop(state) => (*state, None),
            Step::Oral => {
                let last = Day::at(tx.now()).plus_days(ORAL_DAYS);
                (AccountState::Lost, Some(last.end()))
            }
            Step::Free | Step::Nothing => (stand.own(), None),
        };
        // A formal loss keeps the number of the oral one it follows.
        done.stop_no = match (step, &stand.no) {
            (Step::Free, _) => String::new(),
            (Step::Stop(AccountState::Lost), Some(no)) if stand.state == AccountState::Lost => {
                no.clone()
            }
            _ => format!("LS{event:06}"),
        };
        keep(tx, c, stand, &done)?;
    }
    tx.exec(
        "INSERT INTO core_state_change (tenant_id, request_id, acct_id, wish, changed, state, stop_no, ends_at_ms, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            tx.tenant(), c.request_id, c.acct_id, c.wish.word(), done.changed, done.state.word(),
            done.stop_no.as_str(), done.ends_at, done.at
        ],
    )?;
    Ok(done)
}

fn keep(tx: &Tx<'_>, c: &Command<'_>, stand: &Stand, done: &StateDone) -> Result<()> {
    let stops = matches!(done.state, AccountState::Locked | AccountState::Lost);
    let before = stops.then(|| stand.own().word());
    let no = Some(done.stop_no.clone()).filter(|_| stops);
    let is_kept = tx.exec_one(
        "UPDATE core_account SET state = $1, stop_no = $2, stop_before = $3, stop_ends_at_ms = $4, version = version + 1
          WHERE tenant_id = $5 AND acct_id = $6",
        params![done.state.word(), no, before, done.ends_at, tx.tenant(), c.acct_id],
    )?;
    if is_kept { Ok(()) } else { Err(Error::fault("an account went away while it was stopped")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccountState::{Active, Closed, Dormant, Frozen, Locked, Lost, NoOut};

    fn stand(state: AccountState, ends_at: Option<Time>) -> Stand {
        Stand { kind: AccountKind::Debit, state, no: None, before: None, ends_at }
    }

    #[test]
    fn stopping_never_fails_on_what_is_stopped_already() {
        for wish in [StateWish::Lock, StateWish::ReportLoss] {
            for state in [Lost, Frozen] {
                assert_eq!(step(&stand(state, None), wish, false), Ok(Step::Nothing), "{state:?}");
            }
            for state in [Active, NoOut, Dormant] {
                let done = step(&stand(state, None), wish, false);
                assert!(matches!(done, Ok(Step::Stop(Locked) | Step::Oral)), "{state:?}: {done:?}");
            }
            assert_eq!(step(&stand(Closed, None), wish, false), Err(Reject::AccountNotActive));
        }
        assert_eq!(step(&stand(Locked, None), StateWish::ReportLoss, false), Ok(Step::Oral));
    }

    #[test]
    fn what_the_counter_did_only_the_counter_undoes() {
        let oral = stand(Lost, Some(Time::of_ms(5)));
        assert_eq!(step(&oral, StateWish::LiftLoss, false), Ok(Step::Free));
        let formal = stand(Lost, None);
        assert_eq!(step(&formal, StateWish::LiftLoss, false), Err(Reject::CounterOnly));
        assert_eq!(step(&formal, StateWish::LiftLoss, true), Ok(Step::Free));
        assert_eq!(step(&formal, StateWish::FormalLoss, false), Err(Reject::CounterOnly));
        assert_eq!(step(&oral, StateWish::FormalLoss, true), Ok(Step::Stop(Lost)));
        let unlock = step(&oral, StateWish::Unlock, false);
        assert_eq!(unlock, Err(Reject::AccountBlocked(Direction::Out)));
    }
}
