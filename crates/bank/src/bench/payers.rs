//! Customers of `bench-serve` who pay: a passbook full of money, a card, and a PIN, so that transfers between the two can be
//! made and every fen accounted for afterwards.

use super::{TENANT, add_rows};
use crate::app::App;
use crate::followers::BoundAccount;
use crate::tenants::AccountId;
use base::{Error, Fen, Random, Result, Secret};
use corebank::sandbox::{self, Sandbox, movement};
use corebank::{
    AccountKind as Kind, CoreBank as _, Ctx, CustNo, CustomerState, Day, IdType, PinKey,
};
use db::{Scope, Tx};
use std::sync::Arc;

/// What each has at first.
const START: Fen = Fen::of(100_000_000);
/// Everybody's.
const PIN: &str = "274906";
const SET_PIN_MS: i64 = 60_000;

/// Number `n` at the core.
fn cust_no(n: i64) -> i64 {
    1_021_500_000 + n
}

pub(super) async fn fill_core(sandbox: &Sandbox, pin_key: &PinKey, payers: i64) -> Result<()> {
    let since: Day = "2024-01-01".parse()?;
    for n in 0..payers {
        let no = cust_no(n);
        let customer = sandbox::NewCustomer {
            cust_no: no,
            name: "量测付款人".into(),
            id_type: IdType::Passport,
            id_no: format!("PAYER{n:06}"),
            mobile: None,
            state: CustomerState::Active,
            since,
        };
        sandbox.add_customer(TENANT, customer).await?;
        for (kind, product, end) in [(Kind::Passbook, "活期存折", 1), (Kind::Debit, "借记卡", 2)]
        {
            let account = sandbox::NewAccount {
                acct_id: no * 100 + end,
                cust_no: no,
                kind,
                product: product.into(),
                class: None,
                number: format!("98{end}0000{n:06}"),
                opened_on: since,
                limit: Fen::ZERO,
                rate_bp: 0,
                ends_on: None,
            };
            sandbox.add_account(TENANT, account).await?;
        }
        let opening = movement::opening(no * 100 + 1, START);
        let _ = sandbox.post(TENANT, format!("payer-{n}"), opening).await?;
        let owner = no.to_string();
        let block = pin_key.seal(&Secret::new(PIN.to_owned()), &owner, &Random::system());
        let block = block.map_err(|e| Error::fault(e.to_string()))?;
        let ctx = Ctx::new(TENANT, sandbox.db().clock().now().plus_ms(SET_PIN_MS), "bench");
        let set = sandbox.set_pin(&ctx, &CustNo::new(owner), &block).await;
        set.map_err(|e| Error::fault(format!("setting a payer's PIN: {e}")))?;
    }
    Ok(())
}

/// `oPAYER` and 22 digits, each bound to a passbook and a card.
pub(super) async fn fill_bank(app: &Arc<App>, account: AccountId, payers: i64) -> Result<()> {
    let keys = app.vault.tenant(&app.db, TENANT).await?;
    let add = move |tx: &Tx<'_>| {
        let rows = (0..payers).map(|n| {
            let bound = |id: &str, kind: &str, label: &str, end: i64| BoundAccount {
                id: id.into(),
                number: (cust_no(n) * 100 + end).to_string(),
                kind: kind.into(),
                label: label.into(),
                tail: format!("{end}{:03}", n % 1_000),
            };
            let accounts =
                vec![bound("p", "passbook", "存折", 1), bound("c", "debit", "借记卡", 2)];
            (format!("oPAYER{n:022}"), cust_no(n).to_string(), accounts)
        });
        add_rows(tx, &keys, account, rows)
    };
    app.db.write(Scope::Tenant(TENANT), add).await.map(|_| ())
}
