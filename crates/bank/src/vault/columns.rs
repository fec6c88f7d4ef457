//! Every sealed column of the schema: how its values are walked in small pieces, and where each value stands.
//!
//! `tidy.rs` holds the list against the migrations, so a new `…_sealed` column cannot be forgotten. Not for: what the
//! values mean.

use super::Place;
use crate::tokens;
use base::{Result, TenantId};
use db::{Tx, params};

/// A position in a walk: the two keys of the last row seen.
pub type After = (i64, i64);
/// Before every row. No id or message key is this small.
pub const START: After = (i64::MIN, i64::MIN);

/// One sealed value as stored. What was wiped (a used PIN key) is empty and is no value.
#[derive(Debug)]
pub struct Value {
    pub place: Place,
    pub sealed: Vec<u8>,
    pub after: After,
    names: Option<(String, String)>,
}

/// One sealed column.
#[derive(Debug)]
pub struct Column {
    pub table: &'static str,
    pub column: &'static str,
    place: &'static str,
    walk: Walk,
    page: &'static str,
    replace: &'static str,
    others: &'static str,
}

/// What leads through a table besides the tenant.
#[derive(Debug, Clone, Copy)]
enum Walk {
    One,
    Two,
    /// Two names instead of numbers; few rows, read at once.
    Names,
}

/// Where the values of a column are. What was wiped is empty.
macro_rules! values {
    ($table:literal, $column:literal) => {
        concat!(" FROM ", $table, " WHERE tenant_id = $1 AND length(", $column, ") > 0")
    };
}

/// One value takes the place of another that has not changed.
macro_rules! replacing {
    ($table:literal, $column:literal, $key:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET ",
            $column,
            " = $1 WHERE tenant_id = $2 AND ",
            $column,
            " = $3 AND ",
            $key,
            " = $4"
        )
    };
    ($table:literal, $column:literal, $first:literal, $second:literal) => {
        concat!(replacing!($table, $column, $first), " AND ", $second, " = $5")
    };
}

macro_rules! column {
    ($table:literal . $column:literal, $place:literal, $key:literal) => {
        column!(
            Walk::One,
            $table,
            $column,
            $place,
            concat!(
                "SELECT ",
                $key,
                ", ",
                $key,
                ", ",
                $key,
                ", ",
                $column,
                values!($table, $column),
                " AND ",
                $key,
                " > $3 ORDER BY ",
                $key,
                " LIMIT $2"
            ),
            replacing!($table, $column, $key)
        )
    };
    ($table:literal . $column:literal, $place:literal, $first:literal, $second:literal, row $row:literal) => {
        column!(
            Walk::Two,
            $table,
            $column,
            $place,
            concat!(
                "SELECT ",
                $first,
                ", ",
                $second,
                ", ",
                $row,
                ", ",
                $column,
                values!($table, $column),
                " AND (",
                $first,
                ", ",
                $second,
                ") > ($3, $4) ORDER BY ",
                $first,
                ", ",
                $second,
                " LIMIT $2"
            ),
            replacing!($table, $column, $first, $second)
        )
    };
    ($table:literal . $column:literal, $place:literal, names $first:literal, $second:literal) => {
        column!(
            Walk::Names,
            $table,
            $column,
            $place,
            concat!("SELECT ", $first, ", ", $second, ", ", $column, values!($table, $column)),
            replacing!($table, $column, $first, $second)
        )
    };
    ($walk:expr, $table:literal, $column:literal, $place:literal, $page:expr, $replace:expr) => {
        Column {
            table: $table,
            column: $column,
            place: $place,
            walk: $walk,
            page: $page,
            replace: $replace,
            // A sealed value names its key in bytes 3 to 6.
            others: concat!(
                "SELECT COUNT(*)",
                values!($table, $column),
                " AND substr(",
                $column,
                ", 3, 4) <> $2"
            ),
        }
    };
}

/// All of them.
pub const ALL: &[Column] = &[
    column!("account"."token_sealed", "account.token", "id"),
    column!("account"."previous_token_sealed", "account.token", "id"),
    column!("account"."aes_key_sealed", "account.aes_key", "id"),
    column!("account"."previous_aes_key_sealed", "account.aes_key", "id"),
    column!("account"."secret_sealed", "account.secret", "id"),
    column!("account_event"."body_sealed", "account_event.body", "account_id", "message_key", row "id"),
    column!("seat"."body_sealed", "seat.body", "follower_id"),
    column!("turn"."body_sealed", "turn.body", "message_key", "follower_id", row "message_key"),
    column!("turn_pending"."heard_sealed", "turn_pending.heard", "message_key", "follower_id", row "message_key"),
    column!("staff"."totp_sealed", "staff.totp", "id"),
    column!("unread"."body_sealed", "unread.body", "id"),
    column!("leave_message"."body_sealed", "leave_message.body", "id"),
    column!("binding"."customer_sealed", "binding.customer", "id"),
    column!("binding"."accounts_sealed", "binding.accounts", "id"),
    column!("bind_try"."claim_sealed", "bind_try.claim", "follower_id"),
    column!("exchange"."target_sealed", "exchange.target", "id"),
    column!("gift"."target_sealed", "gift.target", "id"),
    column!("gift"."wall_sealed", "gift.wall", "id"),
    column!("card_order"."target_sealed", "card_order.target", "id"),
    column!("setting_order"."wish_sealed", "setting_order.wish", "id"),
    column!("privacy_export"."file_sealed", "privacy_export.file", "id"),
    column!("stamped"."facts_sealed", "stamped.facts", "id"),
    column!("stamped"."file_sealed", "stamped.file", "id"),
    column!("case_file"."answers_sealed", "case_file.answers", "id"),
    column!("case_picture"."picture_sealed", "case_picture.picture", "id"),
    column!("case_event"."note_sealed", "case_event.note", "id"),
    column!("payment"."intent_sealed", "payment.intent", "id"),
    column!("payment"."result_sealed", "payment.result", "id"),
    column!("payment_wish"."wish_sealed", "payment_wish.wish", "id"),
    column!("recon_diff"."line_sealed", "recon_diff.line", "id"),
    column!("core_inbox"."event_sealed", "core_inbox.event", "seq"),
    column!("notice"."facts_sealed", "notice.facts", "id"),
    column!("payee"."who_sealed", "payee.who", "id"),
    column!("payment_order"."order_sealed", "payment_order.order", "id"),
    column!("cash_code"."code_sealed", "cash_code.code", "payment_id"),
    column!("collect_code"."kept_sealed", "collect_code.kept", "id"),
    column!("household"."home_sealed", "household.home", "id"),
    column!("bill"."due_sealed", "bill.due", "payment_id"),
    column!("risk_assessment"."result_sealed", "risk_assessment.result", "id"),
    column!("pin_key"."secret_sealed", "pin_key.secret", "id"),
    column!("seal_key"."secret_sealed", "seal_key.secret", "no"),
    column!("wechat_token"."body_sealed", "wechat_token.body", names "appid", "kind"),
];

impl Column {
    /// `table.column`
    pub fn name(&self) -> String {
        format!("{}.{}", self.table, self.column)
    }

    /// The next values of the unit's tenant, at most `limit`; fewer means the end was reached.
    pub fn page(&self, tx: &Tx<'_>, after: After, limit: i64) -> Result<Vec<Value>> {
        type Row = (i64, i64, i64, Vec<u8>);
        let tenant = tx.tenant();
        let rows: Vec<Row> = match self.walk {
            Walk::One => tx.all(self.page, params![tenant, limit, after.0])?,
            Walk::Two => tx.all(self.page, params![tenant, limit, after.0, after.1])?,
            Walk::Names if after != START => vec![],
            Walk::Names => {
                let rows: Vec<(String, String, Vec<u8>)> = tx.all(self.page, params![tenant])?;
                return Ok(rows
                    .into_iter()
                    .map(|(a, b, sealed)| self.named(a, b, sealed))
                    .collect());
            }
        };
        let value = |(first, second, row, sealed)| Value {
            place: Place::new(self.place, row),
            sealed,
            after: (first, second),
            names: None,
        };
        Ok(rows.into_iter().map(value).collect())
    }

    fn named(&self, first: String, second: String, sealed: Vec<u8>) -> Value {
        let place = Place::new(self.place, tokens::row(&first, &second));
        Value { place, sealed, after: (0, 0), names: Some((first, second)) }
    }

    /// Puts `fresh` in the place of a value; false when the value has changed since.
    pub fn replace(&self, tx: &Tx<'_>, old: &Value, fresh: &[u8]) -> Result<bool> {
        let (tenant, (first, second)) = (tx.tenant(), old.after);
        match (self.walk, &old.names) {
            (Walk::One, _) => tx.exec_one(self.replace, params![fresh, tenant, old.sealed, first]),
            (Walk::Names, Some((first, second))) => {
                tx.exec_one(self.replace, params![fresh, tenant, old.sealed, first, second])
            }
            (Walk::Two | Walk::Names, _) => {
                tx.exec_one(self.replace, params![fresh, tenant, old.sealed, first, second])
            }
        }
    }

    /// How many values are sealed with another key than `key`.
    pub fn on_other_keys(&self, tx: &Tx<'_>, tenant: TenantId, key: u32) -> Result<i64> {
        let (count,): (i64,) =
            tx.one(self.others, params![tenant, key.to_be_bytes().as_slice()])?;
        Ok(count)
    }
}
