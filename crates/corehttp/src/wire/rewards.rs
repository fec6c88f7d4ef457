//! Points exchanged for wares.

use super::outcome::Refusal;
use super::{Day, Time};

words! {
    /// 网点自提; 邮寄, to where the card's bills go; 充到预留手机号.
    Handover = corebank::rewards::Handover { Branch, Post, Mobile }
}

shape! {
    /// Something that points buy.
    Ware = corebank::rewards::Ware {
        code: String,
        name: String,
        /// What one of them costs.
        points: i64,
        /// How many there are.
        left: i64,
        /// One at least.
        handovers: Vec<Handover>,
    }
}

shape! {
    /// An exchange to be made. The same bytes on every resend.
    Exchange = corebank::rewards::Exchange {
        cust: String,
        card: String,
        ware: String,
        count: i64,
        /// What all of it was said to cost.
        points: i64,
        handover: Handover,
        valid_until: Time,
    }
}

shape! {
    /// An exchange that was made.
    Exchanged = corebank::rewards::Exchanged {
        /// 订单号
        core_serial: String,
        core_date: Day,
        at: Time,
        ware: String,
        count: i64,
        points: i64,
        handover: Handover,
        /// Points left on the card just after it.
        left: i64,
    }
}

shape! {
    ExchangeQuery = corebank::rewards::ExchangeQuery { request_id: String, fence: bool }
}

choice! {
    /// What became of an exchange.
    ExchangeFate = corebank::rewards::ExchangeFate, "fate" {
        Exchanged(exchanged: Exchanged), Rejected(refusal: Refusal), NotFound, Fenced,
    }
}
