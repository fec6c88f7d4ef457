//! What goes over the wire between the page of payments and the bank.

use super::confirm::{Card, Told};
use super::draft::Wish;
use super::intent::{Intent, Product};
use super::rules::Factors;
use super::speed::Speed;
use super::words::{self, Shown, Truth};
use super::{cash, serial};
use crate::api::Money;
use crate::binding::otp;
use crate::binding::pin::PinKeyId;
use base::Fen;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayStep {
    Payee,
    /// Of booked cash: the word that is typed at the machine.
    Word,
    Confirm,
    Result,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PayPage {
    pub step: PayStep,
    #[schema(required)]
    pub payee: Option<PayAsked>,
    #[schema(required)]
    pub card: Option<PayCard>,
    #[schema(required)]
    pub result: Option<PayResult>,
}

/// What the chat knows of a payee who is not in the book.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayAsked {
    name: String,
    bank: String,
    #[schema(value_type = Option<Money>, required)]
    amount: Option<Fen>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayFactors {
    Pin,
    CodeAndPin,
}

/// When a transfer goes out: at once, or the next morning, until when it can be taken back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaySpeed {
    AtOnce,
    Tomorrow,
}

impl From<Speed> for PaySpeed {
    fn from(speed: Speed) -> Self {
        match speed {
            Speed::AtOnce => Self::AtOnce,
            Speed::Tomorrow => Self::Tomorrow,
        }
    }
}

/// When a payment that was shown shall go out.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PayWhen {
    /// Of what was shown.
    pub intent: String,
    pub speed: PaySpeed,
}

/// What is to be confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayCard {
    /// Comes back with every call: what is confirmed is what was shown.
    intent: String,
    title: String,
    /// What is done, in one character: 转, 还, 交, 捐, 存, 取, 买, 赎, 约, 借, 分.
    deed: String,
    /// It stays with the customer: nobody can have talked them into it.
    is_own: bool,
    payee_name: String,
    payee_bank: String,
    payee_tail: String,
    is_new_payee: bool,
    #[schema(value_type = Money)]
    amount: Fen,
    /// 伍佰元整
    amount_words: String,
    #[schema(value_type = Money)]
    fee: Fen,
    /// 马上到; of what is paid later, when.
    arrival: String,
    /// It is paid later: an order is confirmed, and nothing leaves now.
    is_later: bool,
    /// The sum is the most that is paid at once: an agreement is signed.
    is_limit: bool,
    /// 借记卡8821
    payer: String,
    /// What may be spent; none when the core does not say now.
    #[schema(value_type = Option<Money>, required)]
    available: Option<Fen>,
    purpose: String,
    factors: PayFactors,
    mobile_masked: String,
    /// An equal one was paid minutes ago: it must be wished for explicitly.
    again: bool,
    /// To be read and confirmed; empty when there is nothing.
    warning: String,
    /// A code is asked for because nothing was proved on this phone yet, and of nothing else.
    new_phone: bool,
    /// What the bank must say of it before it is confirmed, a sentence each (产品说明).
    notes: Vec<String>,
    /// When it goes out, where that may be chosen here.
    #[schema(required)]
    speed: Option<PaySpeed>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PayResult {
    state: Shown,
    /// What happened to the money.
    money: Truth,
    title: String,
    /// What was done, in one character: 转, 还, 交, 捐, 存, 取, 买, 赎, 约, 借, 分.
    deed: String,
    words: String,
    /// 受理号
    serial: String,
    payee_name: String,
    payee_bank: String,
    payee_tail: String,
    #[schema(value_type = Money)]
    amount: Fen,
    amount_words: String,
    /// The sum is the most that is paid at once: an agreement was signed.
    is_limit: bool,
    #[schema(value_type = Money)]
    fee: Fen,
    payer: String,
    /// `09:31`; empty while the core has not said.
    at: String,
    #[schema(value_type = Option<Money>, required)]
    available: Option<Fen>,
    /// A receipt can be had.
    receipt: bool,
    /// Cash that waits at the machine.
    #[schema(required)]
    cash: Option<PayCash>,
}

/// What is typed at a machine besides the word; shown on the customer's own page only.
#[derive(Serialize, ToSchema)]
pub struct PayCash {
    /// Eight digits.
    code: String,
    /// `10:30`
    until: String,
    /// Milliseconds UTC.
    until_ms: i64,
}

base::unprinted!(PayCash);

#[derive(Debug, Serialize, ToSchema)]
pub struct PayBanks {
    pub items: Vec<PayBank>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PayBank {
    /// 支付系统行号
    pub bank_no: String,
    pub name: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BanksQuery {
    /// Words of the bank's name.
    pub q: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayPayee {
    pub name: String,
    pub number: String,
    pub number_again: String,
    /// Empty when the number tells it.
    pub bank_no: String,
}

/// The word for the machine, typed twice.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayWord {
    pub word: String,
    pub word_again: String,
}

base::unprinted!(PayWord);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayCodeWish {
    pub intent: String,
    #[serde(default)]
    pub wish: otp::Wish,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayCode {
    pub intent: String,
    pub code: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PayProved {
    pub proved: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayPin {
    #[schema(value_type = String)]
    pub key_id: PinKeyId,
    /// SM2, C1C3C2, hex.
    pub cipher: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayOrder {
    pub intent: String,
    pub pin: PayPin,
    /// Reminders were read, and it is wished for all the same.
    #[serde(default)]
    pub sure: bool,
    /// How long it was before the customer's eyes.
    #[serde(default)]
    pub shown_ms: i64,
}

// What people type is never printed.
base::unprinted!(PayPayee, PayCodeWish, PayCode, PayPin, PayOrder);

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn payer_of(intent: &Intent) -> String {
    format!("{}{}", intent.payer.label, intent.payer.tail)
}

pub(super) fn asked(wish: &Wish) -> PayAsked {
    let name = match wish.to.as_str() {
        cash::TO => "现金",
        to => to.strip_prefix("name:").unwrap_or_default(),
    };
    let name = name.to_owned();
    PayAsked { name, bank: String::new(), amount: Some(wish.amount) }
}

pub(super) fn card(card: Card) -> PayCard {
    let Card { intent, hash, judged, is_again, mobile, available, notes, speed } = card;
    let purpose = match &intent.purpose {
        part if intent.is_autopay() => format!("还{part}"),
        fee if intent.is_agreement() => format!("{fee}代扣"),
        purpose => purpose.clone(),
    };
    PayCard {
        intent: hex(&hash),
        title: match intent.when {
            Some(_) if intent.is_autopay() => intent.product.title().into(),
            Some(_) if intent.is_agreement() => "自动代扣签约".into(),
            Some(_) => format!("预约{}", intent.title()),
            None => intent.title(),
        },
        is_later: intent.when.is_some(),
        is_limit: intent.is_agreement() && !intent.is_top_up(),
        deed: intent.product.deed().into(),
        is_own: intent.to.is_own,
        payer: payer_of(&intent),
        payee_name: intent.to.name,
        payee_bank: intent.to.bank,
        payee_tail: intent.to.tail,
        is_new_payee: intent.to.is_new,
        amount: intent.amount,
        amount_words: intent.amount.in_words(),
        fee: intent.fee,
        arrival: intent.arrival,
        available,
        purpose,
        factors: match judged.factors {
            Factors::Pin => PayFactors::Pin,
            Factors::CodeAndPin => PayFactors::CodeAndPin,
        },
        mobile_masked: mobile,
        again: is_again,
        warning: judged.warning.into(),
        new_phone: judged.is_new_phone,
        notes,
        speed: speed.map(PaySpeed::from),
    }
}

pub(super) fn result(told: Told) -> PayResult {
    let Told { row, intent, paid, cash_code, set_aside } = told;
    let until = paid.as_ref().and_then(|p| cash::until(&intent.to.payee, p));
    let cash = cash_code.zip(until).map(|(code, until)| PayCash {
        code,
        until: crate::verbs::clock_words(until),
        until_ms: until.ms(),
    });
    let (state, money) = words::shown_of(intent.product, row.state, &row.why);
    // What a holding brings stands in no account's books until it has come.
    let receipt = intent.product != Product::WealthRedemption
        && super::receipt::is_there(row.state, paid.as_ref());
    let is_limit = intent.is_agreement() && !intent.is_top_up();
    let at = paid.as_ref().map(|p| crate::verbs::clock_words(p.posted_at)).unwrap_or_default();
    PayResult {
        state,
        money,
        title: words::titled(intent.product, state),
        deed: intent.product.deed().into(),
        words: words::explained(
            &intent,
            paid.as_ref(),
            row.state,
            &row.why,
            &row.reject,
            &set_aside,
        ),
        serial: serial::short(&row.serial).to_owned(),
        payer: payer_of(&intent),
        payee_name: intent.to.name,
        payee_bank: intent.to.bank,
        payee_tail: intent.to.tail,
        amount: intent.amount,
        amount_words: intent.amount.in_words(),
        is_limit,
        fee: intent.fee,
        at,
        cash,
        available: paid.and_then(|p| p.available).filter(|_| state == Shown::Done),
        receipt,
    }
}
