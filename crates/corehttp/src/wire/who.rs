//! Who someone is: claims, profiles, PINs; and how the core itself is.

use super::{Bad, Block, Day, Form, MaskedId, MaskedMobile, MaskedName, Time};
use base::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words! {
    /// How a core tells of entries made elsewhere.
    EventFeed = corebank::EventFeed { Push, Poll, FileOnly }
}

shape! {
    /// What a core can do. What is false here is never asked; what came into the contract later is false where it is absent.
    Capabilities = corebank::Capabilities {
        holds: bool,
        /// A hold gives itself back when its time is over.
        holds_end: bool,
        query_by_request_id: bool,
        /// An id that was asked after with `fence` and had never come is refused when it comes.
        fence: bool,
        reverse_by_request_id: bool,
        reverse_same_day_only: bool,
        events: EventFeed,
        recon_file: bool,
        /// The payee's name is compared.
        name_check: bool,
        /// `verify_party` counts wrong claims.
        party_tries: bool,
        pin_block: bool,
        card_state: bool,
        #[serde(default)]
        controls: bool,
        interbank: bool,
        loans: bool,
        #[serde(default)]
        credit_lines: bool,
        term_deposits: bool,
        account_facts: bool,
        credit_cards: bool,
        #[serde(default)]
        card_plans: bool,
        #[serde(default)]
        card_settings: bool,
        payouts: bool,
        social_security: bool,
        money: bool,
        /// `alias` is served.
        #[serde(default)]
        aliases: bool,
        /// Cash can be booked, and `call_off` is served.
        #[serde(default)]
        cash: bool,
        #[serde(default)]
        gifts: bool,
        /// `wares`, `exchange` and `exchanged` are served.
        #[serde(default)]
        rewards: bool,
        #[serde(default)]
        wealth: bool,
        /// How far the core's clock may be from the caller's.
        clock_skew_max_ms: i64,
        /// How long after its deadline a request may still take effect.
        lag_max_ms: i64,
    }
}

/// What this core can do, and whether it asks billers.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Able {
    pub(crate) can: Capabilities,
    /// `billers` and `bill` are served; `levy`, too, where billers of insurance are contracted.
    pub(crate) bills: bool,
}

impl Form<(corebank::Capabilities, bool)> for Able {
    fn of((can, bills): &(corebank::Capabilities, bool)) -> Self {
        Self { can: Capabilities::of(can), bills: *bills }
    }
    fn port(self) -> Result<(corebank::Capabilities, bool), Bad> {
        Ok((self.can.port()?, self.bills))
    }
}

/// Where a one-time code goes.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct OtpTarget {
    /// 预留手机号, whole.
    pub(crate) mobile: String,
}

impl Form<Secret<String>> for OtpTarget {
    fn of(port: &Secret<String>) -> Self {
        Self { mobile: port.reveal().clone() }
    }
    fn port(self) -> Result<Secret<String>, Bad> {
        Ok(Secret::new(self.mobile))
    }
}

words! {
    DayState = corebank::DayState {
        Open,
        /// Being closed: questions are answered, commands get the next day.
        Cutting,
        Closed,
    }
}

shape! {
    /// How the core is.
    Health = corebank::Health {
        /// The business date commands would be booked on.
        core_date: Day,
        day_state: DayState,
        as_of: Time,
    }
}

words! {
    /// Kind of identity document: 居民身份证, 户口簿, 护照, 港澳居民来往内地通行证, 台湾居民来往大陆通行证, 外国人永久居留身份证.
    IdType = corebank::IdType {
        ResidentId, HouseholdBook, Passport, HongKongMacaoPermit, TaiwanPermit, ForeignResidentId,
    }
}

shape! {
    /// What someone claims to be. The answer never says which element differs.
    PartyClaim = corebank::PartyClaim {
        name: String,
        id_type: IdType,
        id_no: String,
        /// Card or passbook number.
        account_no: String,
        /// 预留手机号, 11 digits.
        mobile: String,
    }
}

words! {
    CustomerState = corebank::CustomerState {
        Active,
        /// 身份信息待核实: may look, may not pay.
        Unverified,
        Closed,
    }
}

words! {
    AccountState = corebank::AccountState {
        Active,
        /// 只收不付
        NoOut,
        /// 冻结
        Frozen,
        /// 挂失
        Lost,
        /// 临时锁卡
        Locked,
        /// 睡眠户
        Dormant,
        /// 销户
        Closed,
    }
}

shape! {
    /// Who a claim turned out to be.
    Party = corebank::Party {
        cust_no: String,
        name: MaskedName,
        /// Null where no number is reserved; then the other three were compared.
        mobile: Option<MaskedMobile>,
        /// The core's handle of the account that was claimed.
        account: String,
        account_state: AccountState,
        customer_state: CustomerState,
        /// Full years on the core's date.
        age: Option<i64>,
    }
}

words! {
    NumberKind = corebank::NumberKind { Debit, Credit, Passbook }
}

shape! {
    /// Who issued a card or a passbook.
    Issuer = corebank::Issuer {
        tenant: i64,
        /// 法人号, four digits.
        legal_no: String,
        name: String,
        kind: NumberKind,
    }
}

shape! {
    /// A profile with personal data masked.
    Customer = corebank::Customer {
        cust_no: String,
        name: MaskedName,
        id_type: IdType,
        id_no: MaskedId,
        mobile: Option<MaskedMobile>,
        birth_year: Option<i64>,
        age: Option<i64>,
        state: CustomerState,
        since: Day,
    }
}

shape! {
    /// Who a customer is, in full: for face checks and comparison only.
    Identity = corebank::Identity {
        name: String,
        id_type: IdType,
        id_no: String,
        mobile: Option<String>,
        id_ends_on: Option<Day>,
    }
}

shape! {
    /// An enciphered PIN: ISO 9564-1 format 4 over AES-128, bound to the customer number.
    PinBlock = corebank::PinBlock {
        /// Which of the shared PIN keys enciphered it.
        key_id: String,
        bytes: Block,
    }
}

shape! {
    /// A PIN was set or was right.
    PinOutcome = corebank::PinOutcome { at: Time }
}

shape! {
    /// How a customer's channel PIN stands.
    PinState = corebank::PinState {
        is_set: bool,
        /// Wrong tries left today.
        left: u8,
        locked_until: Option<Time>,
    }
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct NumberAsk {
    pub(crate) number: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CustAsk {
    /// 核心客户号
    pub(crate) cust_no: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct PinAsk {
    pub(crate) cust_no: String,
    pub(crate) pin: PinBlock,
}
