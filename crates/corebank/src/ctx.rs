//! What goes along with every question to a core: whose books, until when, by whom, under which id.

use crate::error::{Cause, CoreError};
use crate::model::AccountRef;
use base::{TenantId, Time};

/// Who stands behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operator {
    /// The customer himself, over this channel.
    Customer,
    /// A member of staff, by login.
    Staff(String),
    /// The platform's own work: reconciliation, notices.
    System,
}

/// What goes along with every request.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The institution whose books are asked. Nothing of another institution is ever answered.
    pub tenant: TenantId,
    /// After this the answer is of no use. Passed before sending: [`Cause::DeadlinePassed`].
    pub deadline: Time,
    /// Goes into log lines on both sides; never personal data.
    pub trace: String,
    pub operator: Operator,
    /// Key of a command, the same on every resend; `None` for questions.
    pub request_id: Option<String>,
    /// The channel's own serial and its date, quoted in enquiries and reversals.
    pub channel: Option<(String, crate::Day)>,
    /// The account a command is or was about (the payer's, or the one with the hold), wherever the caller knows it: some
    /// cores find what they did only among an account's lines.
    pub account: Option<AccountRef>,
}

impl Ctx {
    /// A customer's question.
    pub fn new(tenant: TenantId, deadline: Time, trace: impl Into<String>) -> Self {
        Self {
            tenant,
            deadline,
            trace: trace.into(),
            operator: Operator::Customer,
            request_id: None,
            channel: None,
            account: None,
        }
    }
    /// Milliseconds left at `now`; [`CoreError::NotSent`] when none are.
    pub fn left_ms(&self, now: Time) -> Result<u64, CoreError> {
        match u64::try_from(self.deadline.since(now)) {
            Ok(left) if left > 0 => Ok(left),
            _ => Err(CoreError::NotSent(Cause::DeadlinePassed)),
        }
    }
}
