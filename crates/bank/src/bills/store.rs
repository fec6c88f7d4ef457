//! Rows of households, of paid bills, and of what was asked for in vain.

use super::{Home, HouseholdId, Person, Remembered};
use crate::followers::{FollowerId, behind::Behind, store as followers};
use crate::payments::PaymentId;
use crate::payments::state::State;
use crate::vault::{Place, TenantKeys};
use base::{Error, Fen, Result, Time};
use corebank::Day;
use corebank::bills::BillKind;
use db::{Tx, params};

const HOME: &str = "household.home";
const DUE: &str = "bill.due";
/// More households than anybody pays for; the one that was paid for longest ago gives way.
const MOST: usize = 50;
/// Payments of bills that are looked through for a household's last one.
const LATELY: i64 = 50;

/// A customer's households, the one paid for last first.
pub fn homes(tx: &Tx<'_>, keys: &TenantKeys, customer: &str) -> Result<Vec<Remembered>> {
    let mut found = vec![];
    for index in keys.blind("customer", customer).all() {
        let rows: Vec<(HouseholdId, Vec<u8>, Time)> = tx.all(
            "SELECT h.id, h.home_sealed, h.paid_at_ms \
             FROM binding b CROSS JOIN household h \
             WHERE h.tenant_id = b.tenant_id AND h.binding_id = b.id AND b.tenant_id = $1 AND b.customer_index = $2 AND h.removed_at_ms IS NULL",
            params![tx.tenant(), index],
        )?;
        for (id, sealed, paid_at) in rows {
            let home: Home = keys.open_json(Place::new(HOME, id.raw()), &sealed)?;
            found.push((paid_at, Remembered { id, home }));
        }
    }
    found.sort_by_key(|(paid_at, r)| std::cmp::Reverse((*paid_at, r.id)));
    Ok(found.into_iter().map(|(_, r)| r).collect())
}

/// One household, unless it was put away.
pub(super) fn home(tx: &Tx<'_>, keys: &TenantKeys, id: HouseholdId) -> Result<Option<Home>> {
    let sealed: Option<Vec<u8>> = tx.opt(
        "SELECT home_sealed FROM household WHERE tenant_id = $1 AND id = $2 AND removed_at_ms IS NULL",
        params![tx.tenant(), id],
    )?;
    sealed.map(|s| keys.open_json(Place::new(HOME, id.raw()), &s)).transpose()
}

/// The household that a payment, or the draft of an agreement, was for.
pub fn of_payment(tx: &Tx<'_>, keys: &TenantKeys, payment: PaymentId) -> Result<Option<Home>> {
    let sealed: Option<Vec<u8>> = tx.opt(
        "SELECT due_sealed FROM bill WHERE tenant_id = $1 AND payment_id = $2",
        params![tx.tenant(), payment],
    )?;
    sealed.map(|s| keys.open_json(Place::new(DUE, payment.raw()), &s)).transpose()
}

/// The same list as the chat knows it; none when it is empty.
pub fn spoken(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
) -> Result<Option<dialogue::Households>> {
    let one = |r: Remembered| dialogue::Household {
        id: r.id.raw().to_string(),
        kind: r.home.kind.word().to_owned(),
        name: r.home.title(),
        tail: r.home.tail(),
    };
    let all: Vec<_> = homes(tx, keys, customer)?.into_iter().map(one).collect();
    Ok((!all.is_empty()).then(|| dialogue::Households::of(all)))
}

/// Notes beside a draft which bill it is for.
pub fn keep(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    payment: PaymentId,
    binding: i64,
    home: &Home,
) -> Result<()> {
    let sealed = keys.seal_json(Place::new(DUE, payment.raw()), home)?;
    tx.exec(
        "INSERT INTO bill (tenant_id, payment_id, binding_id, kind, due_sealed, is_kept, made_at_ms) \
         VALUES ($1, $2, $3, $4, $5, FALSE, $6)",
        params![tx.tenant(), payment, binding, home.kind.word(), sealed, tx.now()],
    )?;
    Ok(())
}

type Made = (FollowerId, i64, Vec<u8>, String);

pub(super) fn remember(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    behind: &Behind,
    payment: PaymentId,
) -> Result<Option<BillKind>> {
    let is_first = tx.exec_one(
        "UPDATE bill SET is_kept = TRUE WHERE tenant_id = $1 AND payment_id = $2 AND is_kept = FALSE",
        params![tx.tenant(), payment],
    )?;
    if !is_first {
        return Ok(None);
    }
    let (follower, binding, sealed, customer): Made = {
        let (follower, binding, sealed, customer): (FollowerId, i64, Vec<u8>, Vec<u8>) = tx.one(
            "SELECT p.follower_id, b.binding_id, b.due_sealed, x.customer_sealed FROM bill b \
             JOIN payment p ON p.tenant_id = b.tenant_id AND p.id = b.payment_id \
             JOIN binding x ON x.tenant_id = b.tenant_id AND x.id = b.binding_id \
             WHERE b.tenant_id = $1 AND b.payment_id = $2",
            params![tx.tenant(), payment],
        )?;
        let customer = keys.open_text(Place::new(followers::CUSTOMER, binding), &customer)?;
        (follower, binding, sealed, customer)
    };
    let paid: Home = keys.open_json(Place::new(DUE, payment.raw()), &sealed)?;
    let all = homes(tx, keys, &customer)?;
    let same = |r: &&Remembered| (&r.home.biller, &r.home.number) == (&paid.biller, &paid.number);
    let is_known = all.iter().any(|r| same(&r));
    match all.iter().find(same) {
        Some(known) => {
            let called = if paid.called.is_empty() { &known.home.called } else { &paid.called };
            let mut who = paid.who.clone();
            let is_new = |p: &&Person| paid.who.iter().all(|q| q.no != p.no);
            who.extend(known.home.who.iter().filter(is_new).cloned());
            let home = Home { called: called.clone(), who, ..paid.clone() };
            let sealed = keys.seal_json(Place::new(HOME, known.id.raw()), &home)?;
            tx.exec(
                "UPDATE household SET home_sealed = $1, paid_at_ms = $2, times = times + 1 WHERE tenant_id = $3 AND id = $4",
                params![sealed, tx.now(), tx.tenant(), known.id],
            )?;
        }
        None => {
            if let Some(oldest) = all.last().filter(|_| all.len() >= MOST) {
                tx.exec(
                    "UPDATE household SET removed_at_ms = $1 WHERE tenant_id = $2 AND id = $3",
                    params![tx.now(), tx.tenant(), oldest.id],
                )?;
            }
            let id: HouseholdId = tx.new_id();
            let sealed = keys.seal_json(Place::new(HOME, id.raw()), &paid)?;
            tx.exec(
                "INSERT INTO household (tenant_id, id, binding_id, kind, home_sealed, added_at_ms, paid_at_ms, times) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
                params![tx.tenant(), id, binding, paid.kind.word(), sealed, tx.now(), tx.now()],
            )?;
        }
    }
    followers::touch(tx, behind, follower)?;
    Ok(Some(paid.kind).filter(|_| !is_known))
}

/// A payment of a bill.
#[derive(Debug, Clone)]
pub struct Paid {
    pub home: Home,
    pub amount: Fen,
    pub state: State,
    pub serial: String,
    pub at: Time,
}

/// What a customer paid: the latest of it, and what all of it comes to.
#[derive(Debug, Clone)]
pub struct History {
    pub rows: Vec<Paid>,
    pub count: i64,
    /// Of what was really paid.
    pub total: Fen,
}

/// Payments of a customer's bills that were proved, the latest first.
fn paid(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    (kind, from, until): (&str, Time, Time),
    most: i64,
) -> Result<Vec<Paid>> {
    type Row = (PaymentId, Vec<u8>, Fen, i64, String, Time);
    let mut found: Vec<Paid> = vec![];
    for index in keys.blind("customer", customer).all() {
        let rows: Vec<Row> = tx.all(
            "SELECT b.payment_id, b.due_sealed, p.amount_fen, p.state, p.serial_no, b.made_at_ms \
             FROM binding x CROSS JOIN bill b CROSS JOIN payment p \
             WHERE b.tenant_id = x.tenant_id AND b.binding_id = x.id AND p.tenant_id = b.tenant_id AND p.id = b.payment_id \
             AND x.tenant_id = $1 AND x.customer_index = $2 AND b.made_at_ms >= $3 AND b.made_at_ms < $4 \
             AND ($5 = '' OR b.kind = $5) AND p.state >= 30 AND p.state <> 62 ORDER BY b.made_at_ms DESC LIMIT $6",
            params![tx.tenant(), index, from, until, kind, most],
        )?;
        for (payment, sealed, amount, code, serial, at) in rows {
            let home = keys.open_json(Place::new(DUE, payment.raw()), &sealed)?;
            let state = State::of(code).ok_or_else(|| Error::fault("no state of a payment"))?;
            found.push(Paid { home, amount, state, serial, at });
        }
    }
    found.sort_by_key(|p| std::cmp::Reverse(p.at));
    found.truncate(usize::try_from(most)?);
    Ok(found)
}

/// What a customer paid of a kind (`None`: of all) from one instant to before another, the latest `most` of it.
pub fn history(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    kind: Option<BillKind>,
    (from, until): (Time, Time),
    most: i64,
) -> Result<History> {
    let word = kind.map_or("", BillKind::word);
    let rows = paid(tx, keys, customer, (word, from, until), most)?;
    let (mut count, mut total) = (0, Fen::ZERO);
    for index in keys.blind("customer", customer).all() {
        let (n, sum): (i64, Fen) = tx.one(
            "SELECT COUNT(*), COALESCE(CAST(SUM(CASE WHEN p.state = 60 THEN p.amount_fen ELSE 0 END) AS BIGINT), 0) \
             FROM binding x CROSS JOIN bill b CROSS JOIN payment p \
             WHERE b.tenant_id = x.tenant_id AND b.binding_id = x.id AND p.tenant_id = b.tenant_id AND p.id = b.payment_id \
             AND x.tenant_id = $1 AND x.customer_index = $2 AND b.made_at_ms >= $3 AND b.made_at_ms < $4 \
             AND ($5 = '' OR b.kind = $5) AND p.state >= 30 AND p.state <> 62",
            params![tx.tenant(), index, from, until, word],
        )?;
        count += n;
        total = total.checked_add(sum).ok_or_else(|| Error::fault("bills overflow"))?;
    }
    Ok(History { rows, count, total })
}

/// The last payment for one household since an instant, whatever became of it.
pub fn latest(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    (biller, number): (&str, &str),
    since: Time,
) -> Result<Option<Paid>> {
    let all = paid(tx, keys, customer, ("", since, tx.now().plus_ms(1)), LATELY)?;
    let same = |p: &Paid| p.home.biller == biller && p.home.number == number;
    Ok(all.into_iter().find(same))
}

/// Somebody wants to pay a kind of bill that nobody is contracted for here.
pub fn note_demand(tx: &Tx<'_>, kind: BillKind, follower: FollowerId) -> Result<()> {
    tx.exec(
        "INSERT INTO bill_demand (tenant_id, kind, month_no, follower_id, asked_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, kind, month_no, follower_id) DO NOTHING",
        params![tx.tenant(), kind.word(), Day::at(tx.now()).number() / 100, follower, tx.now()],
    )?;
    Ok(())
}
