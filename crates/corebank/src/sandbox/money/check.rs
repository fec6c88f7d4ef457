//! What must hold between payments, holds and the journals they made; one sentence per thing that does not.

use base::Result;
use db::{Tx, params};

pub(crate) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut say = |what: &str, ids: Vec<String>| {
        broken.extend(ids.into_iter().map(|id| format!("{what}: {id}")));
    };
    say("I4: a payment and its request do not fit", requests(tx)?);
    say("I7: a payment is not what was debited", amounts(tx)?);
    say("I7: a payment's end has another journal", ends(tx)?);
    say("I7: a reversal is not its original's mirror", mirrors(tx)?);
    say("I8: a hold has not one end", holds(tx)?);
    say("I10: a reversal is of another day, or of nothing", days(tx)?);
    broken.extend(super::gifts::broken(tx)?);
    broken.extend(super::rewards::broken(tx)?);
    broken.extend(super::saving::broken(tx)?);
    broken.extend(super::cash::broken(tx)?);
    broken.extend(super::drawing::broken(tx)?);
    broken.extend(super::split::broken(tx)?);
    Ok(broken)
}

/// A done payment has its row, and a row its done request; a hold under a request id has its request.
fn requests(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT r.request_id FROM core_request r
           LEFT JOIN core_payment p ON p.tenant_id = r.tenant_id AND p.request_id = r.request_id
          WHERE r.tenant_id = $1 AND r.kind IN ('pay', 'commit')
            AND ((r.state = 'done') <> (p.request_id IS NOT NULL) OR p.journal_no <> r.journal_no
                 OR (r.state = 'done' AND (r.kind = 'commit') <> (p.hold_id IS NOT NULL)))
          UNION ALL
         SELECT p.request_id FROM core_payment p
           LEFT JOIN core_request r ON r.tenant_id = p.tenant_id AND r.request_id = p.request_id
          WHERE p.tenant_id = $1 AND (r.request_id IS NULL OR r.state <> 'done')
          UNION ALL
         SELECT h.request_id FROM core_hold h
           LEFT JOIN core_request r ON r.tenant_id = h.tenant_id AND r.request_id = h.request_id
          WHERE h.tenant_id = $1 AND h.request_id IS NOT NULL
            AND (r.request_id IS NULL OR r.kind <> 'hold' OR r.state <> 'set')",
        params![tx.tenant()],
    )
}

/// The payer was debited the amount and the fee (of a holding, units are frozen instead), and the payee of the same institution
/// credited the amount. Of a draw, whose payer is no account, see `drawing`.
fn amounts(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT p.request_id FROM core_payment p
          WHERE p.tenant_id = $1 AND p.payee_kind NOT LIKE 'draw|%'
            AND ((p.payee_kind NOT LIKE 'redeemed|%' AND p.amount_fen + p.fee_fen <>
                (SELECT COALESCE(CAST(SUM(e.amount_fen) AS BIGINT), 0) FROM core_entry e
                  WHERE e.tenant_id = p.tenant_id AND e.journal_no = p.journal_no AND e.account_kind = 'C'
                    AND e.account = p.payer AND e.side = 'D'))
             OR (p.payee IS NOT NULL AND p.payee_kind = '' AND p.amount_fen <>
                (SELECT COALESCE(CAST(SUM(e.amount_fen) AS BIGINT), 0) FROM core_entry e
                  WHERE e.tenant_id = p.tenant_id AND e.journal_no = p.journal_no AND e.account_kind = 'C'
                    AND e.account = p.payee AND e.side = 'C')))",
        params![tx.tenant()],
    )
}

/// Reversed by exactly the journal that names it, returned by a return, under way only to other banks and billers.
fn ends(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT p.request_id FROM core_payment p
           LEFT JOIN core_journal b ON b.tenant_id = p.tenant_id AND b.journal_no = p.back_journal
           LEFT JOIN core_journal m ON m.tenant_id = p.tenant_id AND m.reversal_of = p.journal_no
          WHERE p.tenant_id = $1
            AND ((p.state = 'reversed') <> (m.journal_no IS NOT NULL)
                 OR (p.state = 'reversed' AND m.journal_no <> p.back_journal)
                 OR (p.state = 'returned' AND (b.journal_no IS NULL OR b.kind NOT IN ('transfer_return', 'bill_return', 'wealth_return', 'cash_back')))
                 OR (p.state = 'done' AND p.payee IS NULL)
                 OR (p.payee IS NOT NULL AND p.state NOT IN ('done', 'reversed')))",
        params![tx.tenant()],
    )
}

/// Line by line the same accounts and amounts, on the other side.
fn mirrors(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT m.request_id FROM core_journal m
          WHERE m.tenant_id = $1 AND m.reversal_of IS NOT NULL
            AND ((SELECT COUNT(*) FROM core_entry a
                   WHERE a.tenant_id = m.tenant_id AND a.journal_no = m.journal_no)
              <> (SELECT COUNT(*) FROM core_entry a
                    JOIN core_entry o ON o.tenant_id = a.tenant_id AND o.journal_no = m.reversal_of
                     AND o.line_no = a.line_no AND o.account_kind = a.account_kind AND o.account = a.account
                     AND o.amount_fen = a.amount_fen AND o.side <> a.side
                   WHERE a.tenant_id = m.tenant_id AND a.journal_no = m.journal_no)
              OR (SELECT COUNT(*) FROM core_entry a
                   WHERE a.tenant_id = m.tenant_id AND a.journal_no = m.journal_no)
              <> (SELECT COUNT(*) FROM core_entry o
                   WHERE o.tenant_id = m.tenant_id AND o.journal_no = m.reversal_of))",
        params![tx.tenant()],
    )
}

/// A hold that was used has one payment, no larger than itself; an ended one has an end, an open one has none.
fn holds(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT h.request_id FROM core_hold h
           LEFT JOIN core_payment p ON p.tenant_id = h.tenant_id AND p.hold_id = h.request_id
          WHERE h.tenant_id = $1 AND h.request_id IS NOT NULL
            AND ((h.state = 'posted') <> (p.request_id IS NOT NULL)
                 OR (h.state = 'posted' AND (p.request_id <> h.ended_by OR p.payer <> h.acct_id
                                             OR p.amount_fen + p.fee_fen > h.amount_fen))
                 OR (h.state = 'held') <> (h.ended_at_ms IS NULL))
          UNION ALL
         SELECT p.request_id FROM core_payment p
           LEFT JOIN core_hold h ON h.tenant_id = p.tenant_id AND h.request_id = p.hold_id
          WHERE p.tenant_id = $1 AND p.hold_id IS NOT NULL AND h.request_id IS NULL",
        params![tx.tenant()],
    )
}

fn days(tx: &Tx<'_>) -> Result<Vec<String>> {
    tx.all(
        "SELECT m.request_id FROM core_journal m
           LEFT JOIN core_journal o ON o.tenant_id = m.tenant_id AND o.journal_no = m.reversal_of
          WHERE m.tenant_id = $1 AND m.reversal_of IS NOT NULL
            AND (o.journal_no IS NULL OR o.core_date <> m.core_date OR o.journal_no >= m.journal_no)",
        params![tx.tenant()],
    )
}
