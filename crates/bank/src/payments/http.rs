//! The page of payments: `/h5/s/{slug}/api/pay…`.

use super::confirm::{self, Order, Seen};
use super::draft::{self, Typed};
use super::shapes::{
    self, BanksQuery, PayBank, PayBanks, PayCode, PayCodeWish, PayOrder, PayPage, PayPayee,
    PayProved, PayResult, PaySpeed, PayStep, PayWhen, PayWord,
};
use super::speed::{self, Speed};
use super::{CHANGED, cash, receipt};
use crate::api::ProblemBody;
use crate::app::App;
use crate::binding::http::renewed;
use crate::binding::otp::{self, Verdict};
use crate::binding::shapes::OtpSent;
use crate::sessions::Customer;
use crate::stamped::http::PaperPage;
use crate::stamped::{self, PaperWish};
use crate::verbs::core_ctx;
use crate::web::{self, Asked, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::{Refusal, Result};
use std::sync::Arc;

type Answer = std::result::Result<Response, Problem>;

const UNLIKE: Refusal = Refusal::invalid("payee.unlike", "两次填的卡号不一样");
const UNLIKE_WORD: Refusal = Refusal::invalid("cash.unlike", "两次填的口令不一样");
const NO_NAME: Refusal = Refusal::invalid("payee.name", "请填收款人的姓名");
const NAME_CHARS_MAX: usize = 60;
const WORDS_CHARS_MAX: usize = 30;

async fn page(app: &Arc<App>, by: &Customer) -> Result<PayPage> {
    let none = |step| PayPage { step, payee: None, card: None, result: None };
    Ok(match confirm::see(app, by).await? {
        Seen::Payee(wish) if wish.to == cash::TO => {
            PayPage { payee: Some(shapes::asked(&wish)), ..none(PayStep::Word) }
        }
        Seen::Payee(wish) => PayPage { payee: Some(shapes::asked(&wish)), ..none(PayStep::Payee) },
        Seen::Card(card) => PayPage { card: Some(shapes::card(*card)), ..none(PayStep::Confirm) },
        Seen::Result(told) => {
            PayPage { result: Some(shapes::result(*told)), ..none(PayStep::Result) }
        }
    })
}

/// What is to be paid, and what the page is at.
#[utoipa::path(get, path = "/pay", operation_id = "pay",
    responses((status = 200, body = PayPage), (status = "default", body = ProblemBody)))]
pub async fn show(State(app): State<Arc<App>>, by: Customer) -> Answer {
    Ok(web::json(&page(&app, &by).await?))
}

/// Banks to choose from, where a number does not tell.
#[utoipa::path(get, path = "/pay/banks", operation_id = "pay_banks", params(BanksQuery),
    responses((status = 200, body = PayBanks), (status = "default", body = ProblemBody)))]
pub async fn banks(
    State(app): State<Arc<App>>,
    by: Customer,
    Asked(query): Asked<BanksQuery>,
) -> Answer {
    let words: String = query.q.trim().chars().take(WORDS_CHARS_MAX).collect();
    let ctx = core_ctx(&app, by.tenant, by.follower.raw());
    let found = draft::money(&app)?.banks(&ctx, &words).await.map_err(draft::of_core)?;
    let items = found.into_iter().map(|b| PayBank { bank_no: b.bank_no, name: b.name }).collect();
    Ok(web::json(&PayBanks { items }))
}

/// Whom to pay, who is not in the book.
#[utoipa::path(post, path = "/pay/payee", operation_id = "set_pay_payee", request_body = PayPayee,
    responses((status = 200, body = PayPage), (status = "default", body = ProblemBody)))]
pub async fn set_payee(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<PayPayee>,
) -> Answer {
    let digits = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
    if digits(&body.number) != digits(&body.number_again) {
        return Err(UNLIKE.into());
    }
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(NO_NAME.into());
    }
    let typed = Typed { name: name.to_owned(), number: body.number, bank_no: body.bank_no };
    confirm::type_payee(&app, &by, &typed).await?;
    Ok(web::json(&page(&app, &by).await?))
}

/// At once, or tomorrow: another draft takes the place of the one that was shown.
#[utoipa::path(post, path = "/pay/when", operation_id = "set_pay_when", request_body = PayWhen,
    responses((status = 200, body = PayPage), (status = "default", body = ProblemBody)))]
pub async fn set_when(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<PayWhen>,
) -> Answer {
    let speed = match body.speed {
        PaySpeed::AtOnce => Speed::AtOnce,
        PaySpeed::Tomorrow => Speed::Tomorrow,
    };
    let chosen = speed::choose(&app, &by, &hash_of(&body.intent)?, speed).await;
    confirm::noted(&app, &by, "payment.when", chosen).await?;
    Ok(web::json(&page(&app, &by).await?))
}

/// The word that is typed at the machine.
#[utoipa::path(post, path = "/pay/word", operation_id = "set_pay_word", request_body = PayWord,
    responses((status = 200, body = PayPage), (status = "default", body = ProblemBody)))]
pub async fn set_word(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<PayWord>,
) -> Answer {
    if body.word != body.word_again {
        return Err(UNLIKE_WORD.into());
    }
    let set = cash::set_word(&app, &by, &body.word).await;
    confirm::noted(&app, &by, "cash.word", set).await?;
    Ok(web::json(&page(&app, &by).await?))
}

fn hash_of(intent: &str) -> Result<Vec<u8>> {
    let byte = |at: usize| intent.get(at..at + 2).and_then(|h| u8::from_str_radix(h, 16).ok());
    let bytes: Option<Vec<u8>> = (0..intent.len()).step_by(2).map(byte).collect();
    bytes.filter(|b| b.len() == 32).ok_or_else(|| CHANGED.into())
}

/// Sends a code for this payment and no other.
#[utoipa::path(post, path = "/pay/code", operation_id = "send_pay_code", request_body = PayCodeWish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(PayCodeWish { intent, wish }): Sent<PayCodeWish>,
) -> Answer {
    let way = wish.way;
    let sent = confirm::send_code(&app, &by, &hash_of(&intent)?, wish).await;
    let issued = confirm::noted(&app, &by, "payment.code", sent).await?;
    otp::told(&app.config.limits, way, issued)
}

/// The code that came.
#[utoipa::path(post, path = "/pay/check", operation_id = "check_pay_code", request_body = PayCode,
    responses((status = 200, body = PayProved), (status = "default", body = ProblemBody)))]
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<PayCode>,
) -> Answer {
    let looked = confirm::check_code(&app, &by, &hash_of(&body.intent)?, &body.code).await;
    match confirm::noted(&app, &by, "payment.check", looked).await? {
        (Verdict::Right, secret) => Ok(renewed(&app, &by, secret, &PayProved { proved: true })),
        (verdict, _) => Err(otp::refused(verdict)),
    }
}

/// Pays, once everything is proved; again, it tells what the first time came to.
#[utoipa::path(post, path = "/pay/do", operation_id = "do_pay", request_body = PayOrder,
    responses((status = 200, body = PayResult), (status = "default", body = ProblemBody)))]
pub async fn pay(State(app): State<Arc<App>>, by: Customer, Sent(body): Sent<PayOrder>) -> Answer {
    let order = Order {
        hash: hash_of(&body.intent)?,
        key: body.pin.key_id,
        cipher: body.pin.cipher,
        sure: body.sure,
        shown_ms: body.shown_ms,
    };
    let told = confirm::pay(&app, &by, &order).await?.map_err(Problem::from)?;
    Ok(web::json(&shapes::result(told)))
}

/// The customer will not pay.
#[utoipa::path(post, path = "/pay/cancel", operation_id = "cancel_pay",
    responses((status = 200, body = PayResult), (status = "default", body = ProblemBody)))]
pub async fn cancel(State(app): State<Arc<App>>, by: Customer) -> Answer {
    Ok(web::json(&shapes::result(confirm::cancel(&app, &by).await?)))
}

/// The receipt of what was paid: what will stand on it, and the file where it is made already.
#[utoipa::path(get, path = "/pay/receipt", operation_id = "pay_receipt",
    responses((status = 200, body = PaperPage), (status = "default", body = ProblemBody)))]
pub async fn receipt(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let (account, entry) = receipt::find(&app, &by).await?;
    stamped::http::page_of(&app, &by, account, PaperWish::Receipt, entry).await
}

/// How it stands.
#[utoipa::path(get, path = "/pay/result", operation_id = "pay_result",
    responses((status = 200, body = PayResult), (status = "default", body = ProblemBody)))]
pub async fn result(State(app): State<Arc<App>>, by: Customer) -> Answer {
    Ok(web::json(&shapes::result(confirm::result(&app, &by).await?)))
}
