//! Customers: honest ones, impatient ones who tap again, those who pay the same again, and those whose page tells a lie. And the
//! two people of the bank who decide by evidence what is left.
//!
//! Wishes, looks and the letting go are the product's own units; what a browser and a PIN do between them is left out.

use super::core::Leg;
use super::world::{Event, Go, Model, World, Wrote, broken};
use crate::audit::Actor;
use crate::bills::Home;
use crate::binding::pin::PinKeyId;
use crate::followers::{Bound, BoundAccount, FollowerId};
use crate::payments::PaymentId;
use crate::payments::confirm::{self, Order};
use crate::payments::draft::{self, Payer, Ready};
use crate::payments::evidence;
use crate::payments::intent::{Product, Target};
use crate::payments::state::{Event as What, Evidence, State, step};
use crate::payments::store::{self, Along};
use crate::proof::{self, Kind};
use crate::sessions::{Customer, SessionId};
use crate::tenants::AccountId;
use base::{DAY_MS, Error, Fen, Id, Result, Time};
use corebank::AccountRef;
use corebank::Day;
use corebank::bills::BillKind;
use corebank::money::{Arrival, Payee, Quote, Rail};
use db::{Tx, params};
use std::sync::Arc;

/// Sums that are often equal and often too much together.
const SUMS: [i64; 5] = [10_000, 50_000, 120_000, 120_000, 200_000];
const PAYEES: u64 = 4;

/// A household whose bills are paid: every other payee who is paid away is one.
fn household(payee: u64) -> Home {
    Home {
        kind: BillKind::Electric,
        biller: "electric".into(),
        biller_name: "供电公司".into(),
        label: "户号".into(),
        number: format!("10110000{payee:02}"),
        called: String::new(),
        name: String::new(),
        place: String::new(),
        year: None,
        who: vec![],
    }
}

/// A customer's page: two of one customer are their phone before and after they changed it.
#[derive(Debug)]
pub(super) struct Phone {
    pub(super) customer: usize,
    pub(super) payer: Payer,
    by: Customer,
    wishes: u64,
    /// What was proved by a code here, the last alone counts.
    proved: Option<Vec<u8>>,
}

/// Somebody's finger on 「确认」.
#[derive(Debug, Clone)]
pub(super) struct Tap {
    phone: usize,
    id: PaymentId,
    order: Order,
    at: At,
    /// The code is of something else.
    is_forged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Look,
    Prove,
    Go,
}

pub(super) fn customer_no(customer: usize) -> String {
    format!("10110000{customer:02}")
}

impl World {
    pub(super) async fn add_phones(&mut self) -> Result<()> {
        let customers = 1 + usize::try_from(self.random.below(3))?;
        for customer in 0..customers {
            for (n, state) in [(0, "live"), (1, "ended")] {
                if n == 1 && self.random.below(2) == 0 {
                    continue;
                }
                let raw = i64::try_from(customer * 2 + n + 1)?;
                self.bind(raw, customer, state).await?;
                let phone = self.phone(raw, customer);
                self.phones.push(phone);
            }
            let with = 100_000 + self.below(2_000_000);
            self.core.open_account(&format!("{customer}00"), Fen::of(with));
        }
        for payee in 0..PAYEES {
            self.core.open_account(&format!("9{payee}"), Fen::of(1_000));
        }
        self.core.open_account("outside", Fen::ZERO);
        Ok(())
    }

    async fn bind(&self, raw: i64, customer: usize, state: &'static str) -> Result<()> {
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let index = keys.blind("customer", &customer_no(customer));
            tx.exec(
                "INSERT INTO binding (tenant_id, id, follower_id, state, customer_index, customer_sealed, accounts_sealed, \
                 is_elder, bound_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, $8)",
                params![tx.tenant(), raw, raw, state, index.now(), &[][..], &[][..], tx.now()],
            )
        };
        self.db.write(db::Scope::Tenant(self.tenant), unit).await.map(|_| ())
    }

    fn phone(&self, raw: i64, customer: usize) -> Phone {
        let account = BoundAccount {
            id: "a1".into(),
            number: format!("{customer}00"),
            kind: "debit".into(),
            label: "借记卡".into(),
            tail: "8821".into(),
        };
        let bound = Bound {
            binding: Id::of(raw),
            customer: customer_no(customer),
            accounts: vec![account],
            is_elder: false,
            is_agreed: true,
            is_frozen: false,
            default_account: None,
            since: self.now.plus_ms(-30 * DAY_MS),
            payees: None,
            households: None,
        };
        let follower = FollowerId::of(raw);
        let by = Customer {
            tenant: self.tenant,
            follower,
            account: AccountId::of(1),
            session: SessionId::of(raw),
            slug: "sim".into(),
            page: "pay".into(),
            link: None,
            task: None,
        };
        let payer = Payer { tenant: self.tenant, follower, bound: Arc::new(bound), session: None };
        Phone { customer, payer, by, wishes: 1 + self.random.below(8), proved: None }
    }

    /// Whom, how much, and by which way.
    fn wanted(&self, phone: usize) -> Ready {
        let payee = self.random.below(PAYEES);
        let amount = SUMS[usize::try_from(self.random.below(5)).unwrap_or(0)];
        let is_own = self.random.below(12) == 0;
        let goes_away = !is_own && self.random.below(4) == 0;
        let home = (goes_away && payee % 2 == 1).then(|| household(payee));
        let (to, rail, fee) = match &home {
            Some(home) => {
                let (biller, number) = (home.biller.clone(), home.number.clone());
                let to = Payee::Biller { biller, number, bill: String::new() };
                (to, Rail::Biller, Fen::ZERO)
            }
            None if goes_away => {
                let number = format!("621700000000{payee:04}");
                let to =
                    Payee::Elsewhere { number, name: "李国强".into(), bank_no: "105".into() };
                (to, Rail::Ibps, Fen::of(200))
            }
            None => {
                let account = AccountRef::new(format!("9{payee}"));
                (Payee::Here { account }, Rail::Book, Fen::ZERO)
            }
        };
        let to = Target {
            name: "李国强".into(),
            bank: String::new(),
            tail: "0098".into(),
            payee: to,
            book: None,
            is_own,
            is_new: false,
            shown: None,
        };
        let quote = Quote { fee, rail, arrival: Arrival::AtOnce, available: Fen::of(amount) };
        let from = self.phones[phone].payer.bound.accounts[0].clone();
        let product = if home.is_some() { Product::Bill } else { Product::Transfer };
        let (amount, purpose) = (Fen::of(amount), String::new());
        let when = if product == Product::Transfer { self.wanted_when() } else { None };
        Ready { from, to, amount, purpose, quote, product, home, when, is_careful: false }
    }

    pub(super) async fn wish(&mut self, phone: usize) -> Go {
        if self.phones[phone].wishes == 0 {
            return Ok(());
        }
        self.phones[phone].wishes -= 1;
        self.soon(240_000, Event::Wish(phone));
        let ready = self.wanted(phone);
        let (keys, rules, payer) =
            (self.keys.clone(), self.rules, self.phones[phone].payer.clone());
        let unit = move |tx: &Tx<'_>| {
            store::end_drafts(tx, &keys, payer.follower, "replaced")?;
            let frozen = draft::keep(tx, &keys, &rules, &payer, &ready)?;
            Ok((frozen.id, frozen.intent, tx.now()))
        };
        let (id, intent, at) = match self.write(unit).await {
            Ok(Wrote::Told(kept)) => kept,
            Ok(Wrote::Untold) => return self.find_forgotten(phone).await,
            Err(Error::Refused(no)) => {
                self.tell(&format!("p{phone} wishes, and hears {}", no.code));
                return Ok(());
            }
            Err(e) => return Err(e.into()),
        };
        let amount = intent.amount;
        let what = match (intent.to.is_own, intent.when) {
            (true, None) => "to an own account",
            (false, None) => "away",
            (_, Some(_)) => "later",
        };
        self.meet(phone, id, &intent, at);
        self.tell(&format!("p{phone} wishes {} of {amount} {what}", self.name(id)));
        self.look_at_drafts(phone).await?;
        self.begin_taps(phone, id, &intent.hash(self.tenant));
        Ok(())
    }

    pub(super) fn meet(
        &mut self,
        phone: usize,
        id: PaymentId,
        intent: &crate::payments::intent::Intent,
        at: base::Time,
    ) {
        let model = Model {
            n: self.payments.len() + 1,
            phone,
            serial: intent.serial.clone(),
            hash: intent.hash(self.tenant),
            amount: intent.amount,
            is_own: intent.to.is_own,
            is_elsewhere: matches!(intent.to.payee, Payee::Elsewhere { .. }),
            is_held: false,
            order: None,
            counted_on: None,
            state: State::Draft,
            since: at,
            seq: 0,
            epoch: 0,
            is_acked: false,
            is_proved: false,
            was_unknown: false,
        };
        self.payments.insert(id, model);
    }

    /// A draft that nobody was told of stands all the same, and runs out or gives way like any other.
    async fn find_forgotten(&mut self, phone: usize) -> Go {
        let (keys, follower) = (self.keys.clone(), self.phones[phone].payer.follower);
        let unit = move |tx: &Tx<'_>| {
            let ids: Vec<PaymentId> = tx.all(
                "SELECT id FROM payment WHERE tenant_id = $1 AND follower_id = $2 ORDER BY id",
                params![tx.tenant(), follower],
            )?;
            let mut found = vec![];
            for id in ids {
                if let Some(row) = store::by_id(tx, id)? {
                    found.push((id, row.intent(&keys)?, row.created_at));
                }
            }
            Ok(found)
        };
        for (id, intent, at) in self.read(unit).await? {
            if !self.payments.contains_key(&id) {
                self.meet(phone, id, &intent, at);
            }
        }
        self.look_at_drafts(phone).await
    }

    async fn look_at_drafts(&mut self, phone: usize) -> Go {
        let is_draft =
            |m: &Model| m.phone == phone && matches!(m.state, State::Draft | State::Challenged);
        let drafts: Vec<_> =
            self.payments.iter().filter(|(_, m)| is_draft(m)).map(|(id, _)| *id).collect();
        for id in drafts {
            self.look(id).await?;
        }
        Ok(())
    }

    /// One tap, or several of somebody who cannot wait; or none, and the draft is left, or given up.
    fn begin_taps(&mut self, phone: usize, id: PaymentId, hash: &[u8]) {
        let kind = self.random.below(20);
        if kind == 0 {
            return;
        }
        if kind == 1 {
            self.soon(60_000, Event::GiveUp(phone));
        }
        let taps = if self.random.below(3) == 0 { 2 + self.random.below(3) } else { 1 };
        let patience = if kind < 4 { 1_200_000 } else { 20_000 };
        for _ in 0..taps {
            let order = Order {
                hash: hash.to_vec(),
                key: PinKeyId::of(1),
                cipher: String::new(),
                sure: self.random.below(3) == 0,
                shown_ms: 500 + self.below(6_000),
            };
            let is_forged = self.random.below(30) == 0;
            self.taps.push(Tap { phone, id, order, at: At::Look, is_forged });
            let tap = self.taps.len() - 1;
            self.soon(patience, Event::Tap(tap));
        }
    }

    pub(super) async fn give_up(&mut self, phone: usize) -> Go {
        let (keys, follower) = (self.keys.clone(), self.phones[phone].payer.follower);
        let unit = move |tx: &Tx<'_>| crate::payments::give_up(tx, &keys, follower);
        self.write(unit).await?;
        self.tell(&format!("p{phone} gives up"));
        self.look_at_drafts(phone).await
    }

    pub(super) async fn tap(&mut self, n: usize) -> Go {
        match self.taps[n].at {
            At::Look => self.tap_looks(n).await,
            At::Prove => self.tap_proves(n).await,
            At::Go => self.tap_goes(n).await,
        }
    }

    fn next(&mut self, n: usize, at: At) {
        self.taps[n].at = at;
        // A PIN is typed, or a code waited for.
        let within = if self.random.below(10) == 0 { 90_000 } else { 3_000 };
        self.soon(within, Event::Tap(n));
    }

    async fn tap_looks(&mut self, n: usize) -> Go {
        let Tap { phone, id, order, .. } = self.taps[n].clone();
        let (keys, rules, payer) =
            (self.keys.clone(), self.rules, self.phones[phone].payer.clone());
        let asked = order.clone();
        let unit = move |tx: &Tx<'_>| {
            let row = store::by_id(tx, id)?.ok_or(crate::payments::NO_PAYMENT)?;
            if !matches!(row.state, State::Draft | State::Challenged) {
                return Ok(None);
            }
            let intent = row.intent(&keys)?;
            confirm::may(tx, &keys, &rules, &payer, &intent, id, &asked).map(Some)
        };
        match self.read(unit).await {
            Ok(None) => Ok(()),
            Ok(Some(first)) => {
                self.next(n, if first.is_empty() { At::Go } else { At::Prove });
                Ok(())
            }
            Err(Error::Refused(no)) => {
                self.tell(&format!("p{phone} may not pay {}: {}", self.name(id), no.code));
                if no.code == confirm::AGAIN.code && !order.sure && self.random.below(2) == 0 {
                    self.taps[n].order.sure = true;
                    self.next(n, At::Look);
                }
                Ok(())
            }
            Err(e) => Err(e.into()),
        }
    }

    async fn tap_proves(&mut self, n: usize) -> Go {
        let Tap { phone, id, order, is_forged, .. } = self.taps[n].clone();
        let other = || self.payments.values().rev().find(|m| m.hash != order.hash);
        let hash = match other().filter(|_| is_forged) {
            Some(other) => other.hash.clone(),
            None => order.hash.clone(),
        };
        let (by, proved) = (self.phones[phone].by.clone(), hash.clone());
        let unit = move |tx: &Tx<'_>| proof::keep(tx, &by, Kind::Code, &hash, proof::LIFE_MS);
        self.write(unit).await?;
        self.tell(&format!(
            "p{phone} proves {}{}",
            self.name(id),
            if is_forged { ", not" } else { "" }
        ));
        self.phones[phone].proved = Some(proved);
        self.next(n, At::Go);
        Ok(())
    }

    /// The order reaches the unit that lets a payment go.
    async fn tap_goes(&mut self, n: usize) -> Go {
        let Tap { phone, id, order, .. } = self.taps[n].clone();
        let (keys, rules) = (self.keys.clone(), self.rules);
        let (payer, by) = (self.phones[phone].payer.clone(), self.phones[phone].by.clone());
        let asked = order.clone();
        let unit = move |tx: &Tx<'_>| {
            confirm::let_go(tx, &keys, &rules, &by, &payer, id, &asked)?;
            Ok(Day::at(tx.now()))
        };
        let told = match self.write(unit).await {
            Ok(told) => told,
            Err(Error::Refused(no)) => {
                self.tell(&format!("p{phone} pays {}, and hears {}", self.name(id), no.code));
                return Ok(());
            }
            Err(e) => return Err(e.into()),
        };
        self.let_go(phone, id).await?;
        if let Wrote::Told(_) = told {
            self.tell(&format!("p{phone} has paid {}", self.name(id)));
            if let Some(m) = self.payments.get_mut(&id) {
                m.is_acked = true;
            }
        } else {
            // Nobody was told: the customer taps once more.
            self.next(n, At::Look);
        }
        self.bell();
        Ok(())
    }

    /// If this unit let it go, everything that was to be proved was (I22), and is used up (I23).
    async fn let_go(&mut self, phone: usize, id: PaymentId) -> Go {
        let was = self.payments.get(&id).map(|m| m.state);
        self.look(id).await?;
        let is_new = matches!(was, Some(State::Draft | State::Challenged));
        let is_gone = |m: &&Model| matches!(m.state, State::Authorised | State::Ended);
        let Some(m) = self.payments.get(&id).filter(|m| is_new && is_gone(m)) else {
            return Ok(());
        };
        if m.state == State::Ended {
            return self.ordered(phone, id).await;
        }
        let (hash, amount, is_own) = (m.hash.clone(), m.amount, m.is_own);
        let is_elsewhere = m.is_elsewhere;
        let today = Day::at(self.db.clock().now());
        let customer = self.phones[phone].customer;
        let before = self.used(customer, today);
        let is_large = before + amount.fen() > self.rules.pin_only_max_fen;
        let needs = !is_own && (is_elsewhere || is_large);
        if let Some(m) = self.payments.get_mut(&id) {
            m.is_proved = true;
            m.counted_on = (!is_own).then_some(today);
        }
        self.check_limits(customer, today).await?;
        self.check_proof(phone, id, (needs, hash)).await?;
        self.check_equal(id).await
    }

    /// The same of what is to be paid later: its draft has ended, and it is an order now.
    async fn ordered(&mut self, phone: usize, id: PaymentId) -> Go {
        let known = self.orders.len();
        self.meet_order(phone, id).await?;
        let Some(m) = self.payments.get(&id).filter(|_| self.orders.len() > known) else {
            return Ok(());
        };
        let is_large = m.amount.fen() > self.rules.pin_only_max_fen;
        let needs = !m.is_own && (m.is_elsewhere || is_large);
        self.check_proof(phone, id, (needs, m.hash.clone())).await
    }

    /// A code was there where one is needed (I22), and is used up (I23).
    async fn check_proof(
        &mut self,
        phone: usize,
        id: PaymentId,
        (needs, hash): (bool, Vec<u8>),
    ) -> Go {
        if needs && self.phones[phone].proved.as_ref() != Some(&hash) {
            return broken("I22", format!("{} was let go without its code", self.name(id)));
        }
        let (by, of) = (self.phones[phone].by.clone(), hash);
        if self.read(move |tx| proof::has(tx, &by, Kind::Code, &of)).await? {
            return broken("I23", format!("the code of {} could be used again", self.name(id)));
        }
        self.phones[phone].proved = None;
        Ok(())
    }

    /// What a customer's payments of a day come to, by the harness's own account.
    pub(super) fn used(&self, customer: usize, day: Day) -> i64 {
        let is_theirs = |m: &&Model| {
            self.phones[m.phone].customer == customer
                && m.counted_on == Some(day)
                && m.state.counts()
        };
        self.payments.values().filter(is_theirs).map(|m| m.amount.fen()).sum()
    }

    pub(super) async fn leg_fails(&mut self, id: PaymentId) -> Go {
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let Some(row) = store::by_id(tx, id)? else { return Ok(false) };
            match step(&row.standing(), What::LegFailed, tx.now()) {
                Ok(to) => store::move_on(tx, &keys, &row, to, &Along::default()),
                Err(_) => Ok(false),
            }
        };
        self.write(unit).await?;
        self.tell(&format!("what follows {} has failed", self.name(id)));
        self.look(id).await
    }

    /// Two people decide by the core's file what no machine could, or has not yet.
    pub(super) async fn people_look(&mut self) -> Go {
        let is_left = |m: &Model| matches!(m.state, State::Manual | State::Unknown);
        let left: Vec<(PaymentId, String)> = self
            .payments
            .iter()
            .filter(|(_, m)| is_left(m))
            .map(|(id, m)| (*id, m.request_id()))
            .collect();
        for (id, request) in left {
            self.resolve(id, &request).await?;
        }
        Ok(())
    }

    async fn resolve(&mut self, id: PaymentId, request: &str) -> Go {
        let row = self.read(move |tx| store::by_id(tx, id)).await?;
        let until = row.and_then(|r| r.valid_until);
        let Some(evidence) = self.evidence(request, until) else { return Ok(()) };
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let Some(row) = store::by_id(tx, id)? else { return Ok(false) };
            if evidence == Evidence::Posted && evidence::may_be_undone(tx, id)? {
                return Ok(false);
            }
            let to = step(&row.standing(), What::Proof(evidence), tx.now())?;
            let by = Some(Actor::Staff(1));
            store::move_on(tx, &keys, &row, to, &Along { by, ..Along::default() })
        };
        self.write(unit).await?;
        self.met("decided by people");
        self.tell(&format!("people find {} {evidence:?}", self.name(id)));
        self.look(id).await
    }

    /// What the core's file of the day shows; none where it shows something that has no name here.
    /// What is not there is absent once it cannot come any more.
    fn evidence(&self, id: &str, until: Option<Time>) -> Option<Evidence> {
        let is_late = until.is_some_and(|until| self.now > until);
        match self.core.posting(id) {
            None if self.core.is_running(id) => None,
            None => (is_late || self.core.is_dead(id)).then_some(Evidence::Absent),
            Some(p) if p.moved != p.payment.amount => None,
            Some(p) => match p.leg {
                Leg::Done | Leg::Confirmed => Some(Evidence::Posted),
                Leg::Reversed => Some(Evidence::Reversed),
                Leg::Pending | Leg::Returned => None,
            },
        }
    }
}
