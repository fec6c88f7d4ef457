//! How a question to the core can end badly: not sent, refused for certain, or unknown.
//!
//! The class is decided by *where* the failure happened, never by its text: no byte written is
//! [`CoreError::NotSent`]; an authentic, decodable refusal is [`CoreError::Rejected`]; all else is
//! [`CoreError::Unknown`], and for a money command means «it may have happened».

use base::Time;

/// Which side of an account is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Money coming to the customer.
    In,
    /// Money leaving the customer.
    Out,
}

/// What every operation of the port answers with when there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoreError {
    /// Proof that no byte left: asking again with the same id is safe.
    #[error("not sent to the core: {0}")]
    NotSent(Cause),
    /// Authentic, decodable, definite: no effect.
    #[error("the core refused: {0}")]
    Rejected(Reject),
    /// Everything else: for a command it may have happened.
    #[error("unknown what the core did: {0}")]
    Unknown(UnknownCause),
}

impl CoreError {
    pub const fn rejected(&self) -> Option<&Reject> {
        match self {
            Self::Rejected(r) => Some(r),
            _ => None,
        }
    }
    /// A question (not a command) may simply be asked again later.
    pub const fn is_busy(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Unknown(_))
    }
}

impl From<Reject> for CoreError {
    fn from(r: Reject) -> Self {
        Self::Rejected(r)
    }
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    #[error("the deadline had passed")]
    DeadlinePassed,
    #[error("the connection was refused")]
    ConnectionRefused,
    #[error("the circuit breaker is open")]
    CircuitOpen,
    #[error("TLS was not established")]
    Tls,
}

/// A definite no. Carries only what the caller may show or count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reject {
    #[error("not enough money")]
    InsufficientFunds,
    #[error("the account is not active")]
    AccountNotActive,
    #[error("the account is blocked ({0:?})")]
    AccountBlocked(Direction),
    #[error("the payee does not match")]
    PayeeMismatch,
    /// Name, id number, account and mobile do not all match; which one is never said.
    #[error("the elements do not match, {left} tries left")]
    PartyMismatch { left: u8 },
    /// Too many tries for this account today.
    #[error("no more tries for this account before {}", until.ms())]
    PartyLocked { until: Time },
    #[error("a limit is exceeded")]
    LimitExceeded,
    /// The account's owner has locked this kind of use.
    #[error("switched off by the customer")]
    SwitchedOff,
    #[error("wrong PIN, {left} tries left")]
    WrongPin { left: u8 },
    #[error("the PIN is locked until {}", until.ms())]
    PinLocked { until: Time },
    #[error("no PIN is set")]
    PinNotSet,
    #[error("the same request id came with another payload")]
    PayloadMismatch,
    /// The books of this institution are being closed or are closed.
    #[error("the day is closed")]
    DayClosed { opens_at: Option<Time> },
    #[error("the request came too late")]
    Expired,
    #[error("not found")]
    NotFound,
    /// The bill that is to be paid is paid already, or being paid.
    #[error("the bill is paid already")]
    BillPaid,
    /// The biller cannot be reached: nothing was taken.
    #[error("the biller is offline")]
    BillerOffline,
    /// 额度卖完了: what is left of an offer is less than was asked for.
    #[error("sold out")]
    SoldOut,
    #[error("done before as {core_serial}")]
    Duplicate { core_serial: String },
    /// 还欠着钱、冻着钱或多存了钱: the account is not even.
    #[error("the balance is not zero")]
    BalanceNotZero,
    /// The core's own rules say no, for now.
    #[error("not eligible")]
    NotEligible,
    /// 只能在柜台办
    #[error("only at the counter")]
    CounterOnly,
    #[error("this core cannot do that")]
    Unsupported,
    /// `field` is the name of the port's field, e.g. `limit`.
    #[error("{field} is not valid")]
    Validation { field: &'static str },
    #[error("{code}: {message}")]
    Other { code: String, message: String },
}

/// Why it is not known what the core did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCause {
    #[error("no answer in time")]
    Timeout,
    #[error("the connection broke")]
    Reset,
    #[error("server error {0}")]
    ServerError(u16),
    #[error("the answer could not be read")]
    Undecodable,
    #[error("still in progress")]
    InProgress,
    #[error("the answer speaks of another {field}")]
    IntegrityMismatch { field: &'static str },
    #[error("the caller stopped waiting")]
    Cancelled,
}
