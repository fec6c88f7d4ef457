//! The page of credit cards: `/h5/s/{slug}/api/card…`.

use super::act::{self, Asking, CardState, Sealed};
use super::{PinAsked, What};
use crate::api::{Money, ProblemBody};
use crate::app::App;
use crate::binding::http::renewed;
use crate::binding::otp::{self, Verdict};
use crate::binding::pin;
use crate::binding::shapes::OtpSent;
use crate::sessions::Customer;
use crate::web::{self, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::Fen;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

type Answer = Result<Response, Problem>;

#[derive(Debug, Serialize, ToSchema)]
pub struct CardPage {
    what: What,
    cards: Vec<CardShown>,
    /// The card that was named in chat; empty when none was.
    account: String,
    /// The limit that was named in chat.
    #[schema(required)]
    amount: Option<Money>,
    /// Where the code goes; empty when the core does not say now.
    mobile_masked: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CardShown {
    id: String,
    /// 信用卡3312
    name: String,
    active: bool,
    limit: Money,
    /// A limit may not be below this.
    used: Money,
    /// 凭密消费
    asks_pin: bool,
    /// `YYYY-MM-DD`, while it is being closed.
    #[schema(required)]
    closes_on: Option<String>,
    #[schema(required)]
    raised_until: Option<String>,
}

/// What each thing needs before it is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardNeeds {
    code: bool,
    digits: bool,
    /// The WeChat PIN.
    own_pin: bool,
    new_pin: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardCodeWish)]
pub struct CodeWish {
    ask: Asking,
    #[serde(default)]
    wish: otp::Wish,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardCode)]
pub struct Code {
    ask: Asking,
    code: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardTyped)]
pub struct Typed {
    ask: Asking,
    #[schema(value_type = String)]
    key_id: pin::PinKeyId,
    /// SM2, C1C3C2, hex.
    cipher: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CardOrder)]
pub struct Order {
    ask: Asking,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    key_id: Option<pin::PinKeyId>,
    #[serde(default)]
    cipher: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CardProved {
    proved: bool,
    /// What is still to be proved.
    needs: CardNeeds,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CardResult {
    /// False while the core has not answered: the rest is said in chat.
    done: bool,
    words: String,
}

fn money(fen: Fen) -> Money {
    Money { fen: fen.fen() }
}

fn shown(CardState { own, card }: CardState) -> CardShown {
    let settings = card.settings;
    let used = card.used.checked_add(card.held).unwrap_or(card.limit);
    CardShown {
        name: format!("{}{}", own.label, own.tail),
        id: own.id,
        active: settings.as_ref().is_none_or(|s| s.is_active),
        limit: money(card.limit),
        used: money(used),
        asks_pin: settings.as_ref().is_some_and(|s| s.asks_pin),
        closes_on: settings.as_ref().and_then(|s| s.closes_on).map(|d| d.to_string()),
        raised_until: settings.and_then(|s| s.raised_until).map(|d| d.to_string()),
    }
}

/// What an item of the chat opened the page with.
#[derive(Default, Deserialize)]
struct OpensWith {
    #[serde(default)]
    account: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    kind: String,
}

/// The cards, and what was asked for in chat.
#[utoipa::path(get, path = "/card", operation_id = "card",
    responses((status = 200, body = CardPage), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let task = by.task.as_ref();
    let with: OpensWith =
        task.and_then(|t| serde_json::from_str(&t.opens_with).ok()).unwrap_or_default();
    let what = task.and_then(|t| What::of_task(&t.kind)).unwrap_or(What::Activate);
    let what = match (what, with.kind.as_str()) {
        (What::Pin, "query") => What::QueryPin,
        (What::Pin, "till") => What::TillPin,
        (What::Pin, "no_till") => What::TillNoPin,
        (What::Raise, "for_a_time") => What::RaiseForATime,
        (what, _) => what,
    };
    let (cards, mobile_masked) = act::cards(&app, &by).await?;
    let amount = with.amount.parse().ok().map(|fen| Money { fen });
    let cards: Vec<CardShown> = cards.into_iter().map(shown).collect();
    let account = cards.iter().find(|c| c.id == with.account).map(|c| c.id.clone());
    let account = account.unwrap_or_default();
    Ok(web::json(&CardPage { what, cards, account, amount, mobile_masked }))
}

/// Sends a code for one thing to set.
#[utoipa::path(post, path = "/card/code", operation_id = "send_card_code", request_body = CodeWish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(CodeWish { ask, wish }): Sent<CodeWish>,
) -> Answer {
    let way = wish.way;
    let issued = act::send_code(&app, &by, &ask, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

fn needs(what: What, proved_digits: bool) -> CardNeeds {
    let asks = what.asks();
    CardNeeds {
        code: false,
        digits: asks.digits && !proved_digits,
        own_pin: asks.pin == PinAsked::Own,
        new_pin: matches!(asks.pin, PinAsked::New(_)),
    }
}

/// The code that came.
#[utoipa::path(post, path = "/card/check", operation_id = "check_card_code", request_body = Code,
    responses((status = 200, body = CardProved), (status = "default", body = ProblemBody)))]
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Code>,
) -> Answer {
    match act::check_code(&app, &by, &body.ask, &body.code).await? {
        (Verdict::Right, secret) => {
            let proved = CardProved { proved: true, needs: needs(body.ask.what, false) };
            Ok(renewed(&app, &by, secret, &proved))
        }
        (verdict, _) => Err(otp::refused(verdict)),
    }
}

/// The three digits on the back, sealed.
#[utoipa::path(post, path = "/card/digits", operation_id = "check_card_digits", request_body = Typed,
    responses((status = 200, body = CardProved), (status = "default", body = ProblemBody)))]
pub async fn check_digits(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Typed>,
) -> Answer {
    let sealed = Sealed { key: body.key_id, cipher: body.cipher };
    act::check_digits(&app, &by, &body.ask, &sealed).await?.told()?;
    Ok(web::json(&CardProved { proved: true, needs: needs(body.ask.what, true) }))
}

/// Does it, with a sealed PIN where one is needed.
#[utoipa::path(post, path = "/card/do", operation_id = "do_with_card", request_body = Order,
    responses((status = 200, body = CardResult), (status = "default", body = ProblemBody)))]
pub async fn act(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<Order>) -> Answer {
    let sealed = body.key_id.zip(body.cipher).map(|(key, cipher)| Sealed { key, cipher });
    let (done, words) = act::act(&app, &by, &body.ask, sealed.as_ref()).await?.told()?;
    Ok(web::json(&CardResult { done, words }))
}

// What people type is never printed.
base::unprinted!(Code, CodeWish, Typed, Order);
