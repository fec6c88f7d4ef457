//! Payments put into the tables as they stand after a day, for tests and measurements of what comes after them.
//!
//! Not for: a running bank; there a payment comes about by `draft` and moves by `store::move_on` only.

use super::evidence::Facts;
use super::intent::{Intent, Product, Target};
use super::state::State;
use super::{engine, store};
use crate::followers::BoundAccount;
use crate::vault::{Place, TenantKeys};
use base::Result;
use corebank::AccountRef;
use corebank::money::{Payee, Rail};
use db::{Tx, params};

fn intent(f: &Facts, keys: &TenantKeys) -> Result<Intent> {
    let parties = f.parties(Some(keys))?;
    let payee = match parties.payee.split_once(':') {
        None => Payee::Here { account: AccountRef::new(&parties.payee) },
        Some((bank_no, number)) => Payee::Elsewhere {
            number: number.to_owned(),
            name: "周新".to_owned(),
            bank_no: bank_no.to_owned(),
        },
    };
    let words = |text: &str| text.to_owned();
    let payer = BoundAccount {
        id: words("a1"),
        number: parties.payer,
        kind: words("debit"),
        label: words("借记卡"),
        tail: words("8821"),
    };
    let to = Target {
        name: words("周新"),
        bank: String::new(),
        tail: words("0098"),
        payee,
        book: None,
        is_own: false,
        is_new: false,
        shown: None,
    };
    Ok(Intent {
        product: Product::Transfer,
        customer: words("1011000001"),
        payer,
        to,
        amount: f.amount,
        fee: f.fee,
        rail: Rail::Book,
        arrival: words("马上到"),
        purpose: String::new(),
        serial: f.serial.clone(),
        when: None,
        order: None,
    })
}

/// Writes a payment of these facts, with the call that sent it.
pub fn put(tx: &Tx<'_>, keys: &TenantKeys, f: &Facts) -> Result<()> {
    let intent = intent(f, keys)?;
    let sealed = keys.seal_json(Place::new(store::INTENT, f.id.raw()), &intent)?;
    let is_over = f.state.is_over() || f.state == State::Manual;
    let valid_until = f.sent_at.map(|at| at.plus_ms(super::state::VALID_MS));
    tx.exec(
        "INSERT INTO payment (tenant_id, id, follower_id, binding_id, product, state, version, why, reject, intent_sealed, \
         intent_hash, payee_index, payer_key, amount_fen, fee_fen, serial_no, channel_date, core_serial, core_date, valid_until_ms, \
         is_sending, is_broken, tries, lease_owner, lease_epoch, created_at_ms, since_ms, next_at_ms) \
         VALUES ($1, $2, 1, 1, 'transfer', $3, 4, '', '', $4, $5, $5, 'a1', $6, $7, $8, $9, $10, $11, $12, FALSE, FALSE, 0, '', 1, \
         $13, $13, $14)",
        params![
            tx.tenant(),
            f.id,
            f.state.code(),
            sealed,
            [0_u8; 4],
            f.amount,
            f.fee,
            f.serial.as_str(),
            f.channel_date.number(),
            f.core_serial.as_deref(),
            f.core_date.map(corebank::Day::number),
            valid_until,
            f.since,
            (!is_over).then(|| tx.now().plus_ms(base::DAY_MS))
        ],
    )?;
    if let Some(sent_at) = f.sent_at {
        tx.exec(
            "INSERT INTO core_call (tenant_id, payment_id, epoch, request_id, kind, payload_hash, sent_at_ms, valid_until_ms, outcome) \
             VALUES ($1, $2, 1, $3, 'P', $4, $5, $6, 'done')",
            params![
                tx.tenant(),
                f.id,
                engine::request_id(&f.serial, "P"),
                [0_u8; 4],
                sent_at,
                valid_until
            ],
        )?;
    }
    Ok(())
}
