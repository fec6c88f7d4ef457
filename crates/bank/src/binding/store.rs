//! Rows of bindings, attempts and consents.

use super::agreements::{self, Agreement};
use super::anonymous;
use super::input::Aim;
use crate::audit::{self, Actor};
use crate::followers::behind::Behind;
use crate::followers::store::{ACCOUNTS, CUSTOMER};
use crate::followers::{self, Bound, BoundAccount, FollowerId};
use crate::notices;
use crate::notices::happening::{self, Happening};
use crate::sessions;
use crate::vault::{Place, TenantKeys};
use base::{Error, Id, Result, Time};
use db::{Tx, params};
use serde::{Deserialize, Serialize};

const CLAIM: &str = "bind_try.claim";

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The core is being asked.
    Asking,
    /// The core was silent: the claim is checked later.
    Verify,
    Refused,
    Otp,
    /// The customer's face is checked before a binding moves here.
    Face,
    Pin,
    /// What another WeChat held was stopped: this attempt is at its end.
    Stopped,
}

impl Step {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Verify => "verify",
            Self::Refused => "refused",
            Self::Otp => "otp",
            Self::Face => "face",
            Self::Pin => "pin",
            Self::Stopped => "stopped",
        }
    }
    fn of(word: &str) -> Result<Self> {
        use Step::{Asking, Face, Otp, Pin, Refused, Stopped, Verify};
        [Asking, Verify, Refused, Otp, Face, Pin, Stopped]
            .into_iter()
            .find(|s| s.word() == word)
            .ok_or_else(|| Error::fault(format!("unknown binding step {word}")))
    }
}

/// What was proved so far; C2 data, sealed, gone when the attempt ends.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) customer: String,
    /// As typed and confirmed.
    #[serde(default)]
    pub(super) name: String,
    pub(super) id_no: String,
    pub(super) card_no: String,
    pub(super) mobile: String,
    pub(super) is_elder: bool,
    /// Other than to bind only of a customer who is bound in another WeChat.
    #[serde(default)]
    pub(super) aim: Aim,
}

/// A claim the core accepted, on its way to a binding.
pub(super) struct Try {
    pub(super) step: Step,
    pub(super) claim: Claim,
    pub(super) mobile_masked: String,
}

/// A follower's attempt as a row.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) step: Step,
    /// Tells one claim from another.
    pub(super) index: Vec<u8>,
    /// What the first tap was told, as JSON without personal data.
    pub(super) answer: String,
    /// A [`Claim`], or what was typed while it waits; empty when neither is needed.
    pub(super) sealed: Vec<u8>,
    pub(super) mobile_masked: String,
    pub(super) started_at: Time,
}

impl Row {
    pub(super) fn begun(index: &[u8], now: Time) -> Self {
        Self {
            step: Step::Asking,
            index: index.to_vec(),
            answer: "{}".into(),
            sealed: vec![],
            mobile_masked: String::new(),
            started_at: now,
        }
    }
}

/// An attempt is forgotten after this long.
pub const TRY_MS: i64 = 2 * 3_600_000;

type Columns = (String, Vec<u8>, String, Vec<u8>, String, Time);

pub(super) fn row(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Row>> {
    let found: Option<Columns> = tx.opt(
        "SELECT step, claim_index, answer, claim_sealed, mobile_masked, started_at_ms FROM bind_try \
         WHERE tenant_id = $1 AND follower_id = $2 AND started_at_ms > $3",
        params![tx.tenant(), follower, tx.now().plus_ms(-TRY_MS)],
    )?;
    let Some((step, index, answer, sealed, mobile_masked, started_at)) = found else {
        return Ok(None);
    };
    Ok(Some(Row { step: Step::of(&step)?, index, answer, sealed, mobile_masked, started_at }))
}

/// The attempt as far as the steps after the check need it.
pub(super) fn current(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<Option<Try>> {
    let found = row(tx, follower)?.filter(|r| matches!(r.step, Step::Otp | Step::Face | Step::Pin));
    let open = |r: Row| {
        let claim = open(keys, follower, &r.sealed)?;
        Ok(Try { step: r.step, claim, mobile_masked: r.mobile_masked })
    };
    found.map(open).transpose()
}

pub(super) fn seal<T: Serialize>(
    keys: &TenantKeys,
    follower: FollowerId,
    what: &T,
) -> Result<Vec<u8>> {
    keys.seal_json(Place::new(CLAIM, follower.raw()), what)
}
pub(super) fn open<T: serde::de::DeserializeOwned>(
    keys: &TenantKeys,
    follower: FollowerId,
    sealed: &[u8],
) -> Result<T> {
    keys.open_json(Place::new(CLAIM, follower.raw()), sealed)
}

pub(super) fn put(tx: &Tx<'_>, follower: FollowerId, row: &Row) -> Result<()> {
    tx.exec(
        "INSERT INTO bind_try (tenant_id, follower_id, step, claim_index, answer, claim_sealed, mobile_masked, \
         started_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, follower_id) DO UPDATE SET \
         step = excluded.step, claim_index = excluded.claim_index, answer = excluded.answer, \
         claim_sealed = excluded.claim_sealed, mobile_masked = excluded.mobile_masked, \
         started_at_ms = excluded.started_at_ms",
        params![
            tx.tenant(),
            follower,
            row.step.word(),
            row.index.as_slice(),
            row.answer.as_str(),
            row.sealed.as_slice(),
            row.mobile_masked.as_str(),
            row.started_at
        ],
    )?;
    Ok(())
}

pub(super) fn move_try(tx: &Tx<'_>, follower: FollowerId, from: Step, to: Step) -> Result<bool> {
    tx.exec_one(
        "UPDATE bind_try SET step = $1 WHERE tenant_id = $2 AND follower_id = $3 AND step = $4",
        params![to.word(), tx.tenant(), follower, from.word()],
    )
}

pub(super) fn end_try(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "DELETE FROM bind_try WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    Ok(())
}

/// Forgets a claim that is under way. What a refused one was told stays for its second tap; it holds nothing personal.
pub(super) fn drop_claim(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "DELETE FROM bind_try WHERE tenant_id = $1 AND follower_id = $2 AND step <> $3",
        params![tx.tenant(), follower, Step::Refused.word()],
    )?;
    Ok(())
}

/// Who holds the live binding of a customer, whichever index key it was made under.
pub(crate) fn holder(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Option<FollowerId>> {
    keys.know_all_indexes(tx)?;
    for index in keys.blind("customer", customer).all() {
        let row: Option<(FollowerId,)> = tx.opt(
            "SELECT follower_id FROM binding WHERE tenant_id = $1 AND customer_index = $2 AND state = 'live'",
            params![tx.tenant(), index],
        )?;
        if let Some((holder,)) = row {
            return Ok(Some(holder));
        }
    }
    Ok(None)
}

/// Binds; false when the customer is held by another follower. An older binding of this follower ends.
pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
    claim: &Claim,
    accounts: &[BoundAccount],
) -> Result<bool> {
    if holder(tx, keys, &claim.customer)?.is_some_and(|h| h != follower) {
        return Ok(false);
    }
    close(tx, follower, "replaced")?;
    let id: Id<Bound> = tx.new_id();
    tx.exec(
        "INSERT INTO binding (tenant_id, id, follower_id, state, customer_index, customer_sealed, accounts_sealed, \
         is_elder, bound_at_ms, agreed, mobile_masked) VALUES ($1, $2, $3, 'live', $4, $5, $6, $7, $8, $9, $10)",
        params![
            tx.tenant(),
            id,
            follower,
            keys.blind("customer", &claim.customer).now(),
            keys.seal(Place::new(CUSTOMER, id.raw()), claim.customer.as_bytes())?,
            keys.seal_json(Place::new(ACCOUNTS, id.raw()), &accounts)?,
            claim.is_elder,
            tx.now(),
            agreements::stand(),
            Some(base::mask_mobile(&claim.mobile)).filter(|_| !claim.mobile.is_empty())
        ],
    )?;
    notices::prefs::sign_up(tx, keys, follower, id.raw(), accounts)?;
    let what = Happening::NewBinding { binding: id.raw() };
    happening::tell(tx, keys, (follower, id.raw()), &what)?;
    Ok(true)
}

fn close(tx: &Tx<'_>, follower: FollowerId, reason: &str) -> Result<u64> {
    notices::prefs::end(tx, follower)?;
    tx.exec(
        "UPDATE binding SET state = 'ended', ended_at_ms = $1, end_reason = $2 \
         WHERE tenant_id = $3 AND follower_id = $4 AND state = 'live'",
        params![tx.now(), reason, tx.tenant(), follower],
    )
}

/// Ends the follower's binding and, with it, all sessions (CA-14). Consents given for it are withdrawn.
pub fn end(tx: &Tx<'_>, follower: FollowerId, reason: &str, by: Actor<'_>) -> Result<()> {
    close(tx, follower, reason)?;
    sessions::store::end_all(tx, follower)?;
    tx.exec(
        "UPDATE consent SET withdrawn_at_ms = $1 WHERE tenant_id = $2 AND follower_id = $3 AND withdrawn_at_ms IS NULL",
        params![tx.now(), tx.tenant(), follower],
    )?;
    audit::note(tx, by, "bind.end", &follower.to_string(), "done", reason)
}

/// The customer's wish for large type and slow words.
pub(super) fn set_elder(tx: &Tx<'_>, follower: FollowerId, on: bool) -> Result<()> {
    tx.exec(
        "UPDATE binding SET is_elder = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![on, tx.tenant(), follower],
    )?;
    Ok(())
}

/// The account that questions are about from now on unless they name one.
pub fn set_default(tx: &Tx<'_>, follower: FollowerId, account: &str) -> Result<()> {
    tx.exec(
        "UPDATE binding SET default_account = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![account, tx.tenant(), follower],
    )?;
    Ok(())
}

/// Adds an account that the bank opened to the follower's live binding; done twice, it is there once.
pub(super) fn take_in(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    behind: &Behind,
    follower: FollowerId,
    account: &BoundAccount,
) -> Result<()> {
    let found: Option<(i64, Vec<u8>)> = tx.opt(
        "SELECT id, accounts_sealed FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    let Some((id, sealed)) = found else { return Ok(()) };
    let place = Place::new(ACCOUNTS, id);
    let mut accounts: Vec<BoundAccount> = keys.open_json(place, &sealed)?;
    if accounts.iter().any(|a| a.id == account.id) {
        return Ok(());
    }
    accounts.push(account.clone());
    tx.exec(
        "UPDATE binding SET accounts_sealed = $1 WHERE tenant_id = $2 AND id = $3",
        params![keys.seal_json(place, &accounts)?, tx.tenant(), id],
    )?;
    notices::prefs::sign_up(tx, keys, follower, id, std::slice::from_ref(account))?;
    followers::store::touch(tx, behind, follower)
}

/// What the follower agreed to and has not withdrawn, newest first: agreement, version, when.
pub(super) fn given(tx: &Tx<'_>, follower: FollowerId) -> Result<Vec<(String, String, Time)>> {
    tx.all(
        "SELECT agreement, version, given_at_ms FROM consent \
         WHERE tenant_id = $1 AND follower_id = $2 AND withdrawn_at_ms IS NULL ORDER BY id DESC",
        params![tx.tenant(), follower],
    )
}

/// Withdraws one agreement in every version; false when there was none.
pub(super) fn withdraw(tx: &Tx<'_>, follower: FollowerId, agreement: &str) -> Result<bool> {
    let n = tx.exec(
        "UPDATE consent SET withdrawn_at_ms = $1 \
         WHERE tenant_id = $2 AND follower_id = $3 AND agreement = $4 AND withdrawn_at_ms IS NULL",
        params![tx.now(), tx.tenant(), follower, agreement],
    )?;
    Ok(n > 0)
}

/// Whether the follower agreed to this very text and has not withdrawn it.
pub(super) fn has_consent(tx: &Tx<'_>, follower: FollowerId, a: &Agreement) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM consent WHERE tenant_id = $1 AND follower_id = $2 AND agreement = $3 \
         AND text_hash = $4 AND withdrawn_at_ms IS NULL",
        params![tx.tenant(), follower, a.id, a.text_hash()],
    )?;
    Ok(n > 0)
}

/// The live binding stands on today's agreements from now on. False when there is none.
pub(super) fn stand(tx: &Tx<'_>, follower: FollowerId) -> Result<bool> {
    tx.exec_one(
        "UPDATE binding SET agreed = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![agreements::stand(), tx.tenant(), follower],
    )
}

/// The live binding stands on no texts of today.
pub(super) fn age_texts(tx: &Tx<'_>, follower: FollowerId) -> Result<()> {
    tx.exec(
        "UPDATE binding SET agreed = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![sessions::hash("older texts"), tx.tenant(), follower],
    )?;
    Ok(())
}

/// Keeps what was agreed to, by the hash of its very text (DP-11).
pub(super) fn consent(tx: &Tx<'_>, follower: FollowerId, a: &Agreement) -> Result<()> {
    tx.exec(
        "INSERT INTO consent (tenant_id, id, follower_id, agreement, version, text_hash, channel, given_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, 'h5', $7)",
        params![tx.tenant(), anonymous(tx), follower, a.id, a.version, a.text_hash(), tx.now()],
    )?;
    Ok(())
}
