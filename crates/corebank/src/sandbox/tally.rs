//! How much the books hold of one customer, for whoever watches that nothing moved.
//!
//! Not for: the port. A real core is asked for balances and statements.

use super::{Sandbox, number};
use crate::model::CustNo;
use base::{Fen, Result, TenantId};
use db::{Scope, params};

/// All entries of a customer's accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Journals that touch any of the accounts.
    pub journals: i64,
    /// What came in less what went out, over all accounts.
    pub net: Fen,
}

impl Sandbox {
    /// Counts and sums the entries of every account of `customer`.
    pub async fn tally(&self, tenant: TenantId, customer: &CustNo) -> Result<Tally> {
        let cust_no = number(customer.as_str()).unwrap_or(0);
        let (journals, net) = self
            .db()
            .read(Scope::Tenant(tenant), move |tx| {
                tx.one(
                    "SELECT COUNT(DISTINCT e.journal_no),
                            COALESCE(CAST(SUM(CASE WHEN e.side = 'C' THEN e.amount_fen ELSE -e.amount_fen END) AS BIGINT), 0)
                       FROM core_account a
                       JOIN core_entry e ON e.tenant_id = a.tenant_id AND e.account_kind = 'C' AND e.account = a.acct_id
                      WHERE a.tenant_id = $1 AND a.cust_no = $2",
                    params![tx.tenant(), cust_no],
                )
            })
            .await?;
        Ok(Tally { journals, net })
    }
}
