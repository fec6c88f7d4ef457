//! What generated customers have switched: platforms that may take money, small payments without a PIN, how long their
//! documents are good, and whether they are found by their mobile number. Decided by their numbers alone, so that no other part of a generated province changes.

use super::plan::Plan;
use crate::controls::AgreementKind::{Debit, QuickPay};
use crate::day::Day;
use crate::model::AccountKind;
use crate::sandbox::controls::{self, NewAgreement};
use crate::sandbox::parties;
use crate::sandbox::seal::TenantKeys;
use base::Result;
use db::Tx;

pub(super) fn finish(tx: &Tx<'_>, keys: &TenantKeys, plan: &Plan, today: Day) -> Result<()> {
    for account in plan.accounts.iter().filter(|a| a.kind == AccountKind::Debit) {
        let n = account.cust_no % 7;
        let all = [
            (n != 0, "微信支付", QuickPay, 500),
            (n % 2 == 1, "支付宝", QuickPay, 320),
            (n % 3 == 1, "青苗视频会员", Debit, 75),
        ];
        for (no, (_, platform, kind, days)) in (1..).zip(all.into_iter().filter(|a| a.0)) {
            let signed_on = today.plus_days(-days).max(account.opened_on);
            let platform = platform.to_owned();
            let agreement =
                NewAgreement { acct_id: account.acct_id, no, platform, kind, signed_on };
            controls::add_agreement(tx, &agreement)?;
        }
        controls::keep_no_pass(tx, account.acct_id, n < 4, controls::CAP)?;
        // Two of three are found by their mobile number.
        if account.cust_no % 3 != 0 {
            controls::be_found(tx, keys, account.cust_no, account.acct_id)?;
        }
    }
    for customer in &plan.customers {
        // One in nine has a document that ends within weeks, one in nine one that has ended.
        let ends_on = match customer.cust_no % 9 {
            4 => Some(today.plus_days(25)),
            7 => Some(today.plus_days(-40)),
            n if n < 4 => Some(today.plus_months(12 * (n + 2))),
            _ => None,
        };
        parties::set_id_end(tx, customer.cust_no, ends_on)?;
    }
    Ok(())
}
