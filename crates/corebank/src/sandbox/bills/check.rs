//! What must hold between bills, the payments that pay them, and what billers got.

use base::Result;
use db::{Tx, params};

pub(crate) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut say = |what: &str, ids: Vec<String>| {
        broken.extend(ids.into_iter().map(|id| format!("{what}: {id}")));
    };
    say("a bill does not fit its payment", bills(tx)?);
    say("a biller did not get what it confirmed, or got what it did not", settled(tx)?);
    say("a year of insurance does not fit its payment", years(tx)?);
    say("years of insurance do not add up to their payment", sums(tx)?);
    say("a year that was paid is not told of", told(tx)?);
    Ok(broken)
}

/// Being paid by a payment under way, paid by a confirmed one.
fn years(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT l.paid_by FROM core_levy l
           LEFT JOIN core_payment p ON p.tenant_id = l.tenant_id AND p.request_id = l.paid_by
          WHERE l.tenant_id = $1
            AND (p.request_id IS NULL OR p.rail <> 'biller' OR l.state NOT IN ('paying', 'paid')
                 OR (l.state = 'paying' AND p.state NOT IN ('pending', 'settling'))
                 OR (l.state = 'paid' AND p.state <> 'confirmed'))",
        params![tx.tenant()],
    )
}

fn sums(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT p.request_id FROM core_payment p
           JOIN core_levy l ON l.tenant_id = p.tenant_id AND l.paid_by = p.request_id
          WHERE p.tenant_id = $1 GROUP BY p.request_id, p.amount_fen HAVING CAST(SUM(l.amount_fen) AS BIGINT) <> p.amount_fen",
        params![tx.tenant()],
    )
}

/// Of a member who is a customer, what was paid is a contribution.
fn told(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT l.paid_by FROM core_levy l
           JOIN core_member m ON m.tenant_id = l.tenant_id AND m.family_no = l.family_no AND m.member_no = l.member_no
           LEFT JOIN core_contribution c ON c.tenant_id = l.tenant_id AND c.cust_no = m.cust_no
                AND c.insurance = l.insurance AND c.year = l.year
          WHERE l.tenant_id = $1 AND l.state = 'paid' AND m.cust_no IS NOT NULL AND c.cust_no IS NULL",
        params![tx.tenant()],
    )
}

/// Being paid by a payment under way, paid by a confirmed one, and by one that names it.
fn bills(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT b.bill_no FROM core_bill b
           LEFT JOIN core_payment p ON p.tenant_id = b.tenant_id AND p.request_id = b.paid_by
           LEFT JOIN core_bill_payment n ON n.tenant_id = b.tenant_id AND n.request_id = b.paid_by
          WHERE b.tenant_id = $1 AND b.state <> 'open'
            AND (p.request_id IS NULL OR n.bill_no IS NULL OR n.bill_no <> b.bill_no OR p.amount_fen < b.amount_fen
                 OR (b.state = 'paying' AND p.state NOT IN ('pending', 'settling'))
                 OR (b.state = 'paid' AND p.state <> 'confirmed'))",
        params![tx.tenant()],
    )
}

/// Exactly what was confirmed left the pending account for the biller's, once.
fn settled(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT p.request_id FROM core_payment p
           LEFT JOIN core_bill_payment n ON n.tenant_id = p.tenant_id AND n.request_id = p.request_id
           LEFT JOIN core_journal j ON j.tenant_id = p.tenant_id AND j.journal_no = n.settled_no
          WHERE p.tenant_id = $1 AND p.rail = 'biller'
            AND (n.request_id IS NULL OR (p.state = 'confirmed') <> (j.journal_no IS NOT NULL)
                 OR (j.journal_no IS NOT NULL AND (j.kind <> 'bill_settled' OR j.amount_fen <> p.amount_fen)))",
        params![tx.tenant()],
    )
}
