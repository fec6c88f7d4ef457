//! The page of settings: `/h5/s/{slug}/api/setting…`. One change is asked the same way in every call.

use super::order::{self, Came};
use super::show::{self, Line, Row};
use super::store::Target;
use super::wish::{self, Asking, Change, Look, Wish};
use super::{NO_SETTING, Needs, REFUSED, What};
use crate::accounts::http::bound;
use crate::api::ProblemBody;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::http::renewed;
use crate::binding::otp::{self, Verdict};
use crate::binding::pin;
use crate::binding::shapes::OtpSent;
use crate::charity::give;
use crate::followers::Bound;
use crate::proof::{self, Kind};
use crate::rewards::take;
use crate::sessions::{self, Customer};
use crate::verbs;
use crate::web::{self, Asked, Problem, Sent};
use axum::extract::State;
use axum::response::Response;
use base::{Error, Result};
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

type Answer = std::result::Result<Response, Problem>;

/// How long a PIN shows what was asked for without asking again.
const SHOWN_MS: i64 = 600_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct Setting {
    what: What,
    /// The account the rows are about; empty where none is meant or one is to be chosen.
    account: String,
    /// What can be chosen from.
    accounts: Vec<SettingAccount>,
    rows: Vec<Row>,
    /// Where a code goes; empty when the core does not say now.
    mobile_masked: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SettingAccount {
    id: String,
    /// 借记卡8821
    name: String,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SettingQuery {
    /// An account's `id`; the only one when empty.
    #[serde(default)]
    account: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SettingLook {
    needs: Needs,
    changes: Vec<Change>,
    /// Hours until it holds once it was proved; 0 is at once.
    after_hours: i64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingCodeWish)]
pub struct CodeWish {
    ask: Asking,
    #[serde(default)]
    wish: otp::Wish,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingCode)]
pub struct Code {
    ask: Asking,
    code: String,
}

/// A change with its PIN, where it needs one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingOrder)]
pub struct Order {
    ask: Asking,
    #[serde(default)]
    #[schema(nullable = false)]
    pin: Option<Typed>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingPin)]
pub struct Typed {
    #[schema(value_type = String)]
    key_id: pin::PinKeyId,
    /// SM2, C1C3C2, hex.
    cipher: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SettingProved {
    proved: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SettingDone {
    /// False while it is not known or not yet due: the rest is said in chat.
    done: bool,
    words: String,
    /// What was asked to be shown.
    lines: Vec<Line>,
}

/// How things stand here.
#[utoipa::path(get, path = "/setting", operation_id = "setting", params(SettingQuery),
    responses((status = 200, body = Setting), (status = "default", body = ProblemBody)))]
pub async fn show(
    State(app): State<Arc<App>>,
    by: Customer,
    Asked(query): Asked<SettingQuery>,
) -> Answer {
    let task = by.task.clone();
    let what = task.as_ref().and_then(|t| What::of_task(&t.kind)).ok_or(NO_SETTING)?;
    let bound = bound(&app, &by).await?;
    let at_call = |kind: &str| matches!(kind, "debit" | "passbook");
    let all: Vec<_> = bound.accounts.iter().filter(|a| at_call(&a.kind)).collect();
    let wanted = Some(query.account).filter(|a| !a.is_empty()).or_else(|| with(&by, "account"));
    let own = match wanted {
        Some(id) => all.iter().find(|a| a.id == id).copied(),
        None if all.len() == 1 => all.first().copied(),
        None => None,
    };
    let rows = match own {
        Some(own) if what.has_account() => show::rows(&app, &by, &bound, own, what).await?,
        _ => vec![],
    };
    let account = own.filter(|_| what.has_account()).map(|a| a.id.clone()).unwrap_or_default();
    let accounts = all
        .iter()
        .filter(|_| what.has_account())
        .map(|a| SettingAccount { id: a.id.clone(), name: format!("{}{}", a.label, a.tail) })
        .collect();
    let mobile_masked = proof::mobile(&app, &by, &bound).await;
    Ok(web::json(&Setting { what, account, accounts, rows, mobile_masked }))
}

/// What the chat knows already.
fn with(by: &Customer, name: &str) -> Option<String> {
    let task = by.task.as_ref()?;
    let all: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&task.opens_with).ok()?;
    all.get(name).cloned().filter(|v| !v.is_empty())
}

/// What a change comes to, and what it needs.
#[utoipa::path(post, path = "/setting/look", operation_id = "look_at_setting", request_body = Asking,
    responses((status = 200, body = SettingLook), (status = "default", body = ProblemBody)))]
pub async fn look(State(app): State<Arc<App>>, by: Customer, Sent(ask): Sent<Asking>) -> Answer {
    let bound = bound(&app, &by).await?;
    let Look { needs, changes, after_ms } = ask.look(&app, &by, &bound).await?;
    let needs = if is_shown(&app, &by, &ask).await? { Needs::Nothing } else { needs };
    Ok(web::json(&SettingLook { needs, changes, after_hours: after_ms / 3_600_000 }))
}

/// Whether a PIN a while ago still shows this.
async fn is_shown(app: &Arc<App>, by: &Customer, ask: &Asking) -> Result<bool> {
    if ask.wish != (Wish::SeeAssets {}) {
        return Ok(false);
    }
    let (by, intent) = (by.clone(), ask.proof(by)?.intent);
    let tenant = by.tenant;
    let unit = move |tx: &Tx<'_>| proof::has(tx, &by, Kind::Pin, &intent);
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// Sends a code for one change.
#[utoipa::path(post, path = "/setting/code", operation_id = "send_setting_code", request_body = CodeWish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(CodeWish { ask, wish }): Sent<CodeWish>,
) -> Answer {
    let bound = bound(&app, &by).await?;
    // What cannot be done costs nobody a code.
    ask.look(&app, &by, &bound).await?;
    let way = wish.way;
    let issued = proof::send_code(&app, &by, &bound, &ask.proof(&by)?, wish).await?;
    otp::told(&app.config.limits, way, issued)
}

/// The code that came.
#[utoipa::path(post, path = "/setting/check", operation_id = "check_setting_code", request_body = Code,
    responses((status = 200, body = SettingProved), (status = "default", body = ProblemBody)))]
pub async fn check_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(body): Sent<Code>,
) -> Answer {
    match proof::check_code(&app, &by, &body.ask.proof(&by)?, &body.code).await? {
        (Verdict::Right, secret) => Ok(renewed(&app, &by, secret, &SettingProved { proved: true })),
        (verdict, _) => Err(otp::refused(verdict)),
    }
}

/// Does one change, or shows what was asked for, once what it needs is proved.
#[utoipa::path(post, path = "/setting/do", operation_id = "do_setting", request_body = Order,
    responses((status = 200, body = SettingDone), (status = "default", body = ProblemBody)))]
pub async fn change(State(app): State<Arc<App>>, by: Customer, Sent(order): Sent<Order>) -> Answer {
    let bound = bound(&app, &by).await?;
    let ask = &order.ask;
    let look = ask.look(&app, &by, &bound).await?;
    if !is_shown(&app, &by, ask).await? {
        prove(&app, &by, &bound, ask, look.needs, order.pin.as_ref()).await?;
    }
    let told = match &ask.wish {
        Wish::SeeAssets {} => {
            let lines = show::assets(&app, &by, &bound).await?;
            SettingDone { done: true, words: String::new(), lines }
        }
        Wish::SeeGuarantees {} => {
            let lines = show::guarantees(&app, &by, &bound).await?;
            SettingDone { done: true, words: String::new(), lines }
        }
        Wish::Renew { deposit, renew } => {
            let (unit_by, deposit, renew) = (by.clone(), deposit.clone(), *renew);
            let keys = app.vault.tenant(&app.db, by.tenant).await?;
            let unit = move |tx: &Tx<'_>| {
                verbs::wish_renewal(tx, &keys, unit_by.follower, &deposit, renew)
            };
            app.db.write(Scope::Tenant(by.tenant), unit).await?;
            let words = "正在改，改好在聊天里告诉您。".to_owned();
            SettingDone { done: false, words, lines: vec![] }
        }
        Wish::Notice { deposit, give, amount_fen } => {
            let (unit_by, deposit, wish) = (by.clone(), deposit.clone(), (*give, *amount_fen));
            let keys = app.vault.tenant(&app.db, by.tenant).await?;
            let unit =
                move |tx: &Tx<'_>| verbs::wish_notice(tx, &keys, unit_by.follower, &deposit, wish);
            app.db.write(Scope::Tenant(by.tenant), unit).await?;
            let words = "正在办，办好在聊天里告诉您。".to_owned();
            SettingDone { done: false, words, lines: vec![] }
        }
        Wish::Gift { gift } => {
            let (payer, id) = (wish::payer(&by, &bound), wish::gift_id(gift)?);
            match give::give(&app, &payer, id, give::Take::Proved).await {
                Ok(words) => SettingDone { done: true, words, lines: vec![] },
                // It is asked after, and the customer hears in chat.
                Err(Error::Refused(no)) if no.code == give::TRYING.code => {
                    SettingDone { done: false, words: no.words.into_owned(), lines: vec![] }
                }
                Err(e) => return Err(e.into()),
            }
        }
        Wish::Exchange { exchange } => {
            let (payer, id) = (wish::payer(&by, &bound), wish::exchange_id(exchange)?);
            match take::take(&app, &payer, id, take::Take::Proved).await {
                Ok(words) => SettingDone { done: true, words, lines: vec![] },
                // It is asked after, and the customer hears in chat.
                Err(Error::Refused(no)) if no.code == take::TRYING.code => {
                    SettingDone { done: false, words: no.words.into_owned(), lines: vec![] }
                }
                Err(e) => return Err(e.into()),
            }
        }
        wish => place(&app, &by, &bound, ask, wish, look.after_ms).await?,
    };
    spend(&app, &by, ask, look.needs).await?;
    Ok(web::json(&told))
}

async fn prove(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    ask: &Asking,
    needs: Needs,
    typed: Option<&Typed>,
) -> std::result::Result<(), Problem> {
    let asked = ask.proof(by)?;
    let first: &'static [Kind] = match needs {
        Needs::Nothing => return Ok(()),
        Needs::Pin => &[],
        Needs::Code | Needs::CodeAndPin => &[Kind::Code],
    };
    if needs == Needs::Code {
        let (unit_by, intent) = (by.clone(), asked.intent);
        let unit = move |tx: &Tx<'_>| proof::has(tx, &unit_by, Kind::Code, &intent);
        let has = app.db.read(Scope::Tenant(by.tenant), unit).await?;
        return if has { Ok(()) } else { Err(proof::CODE_FIRST.into()) };
    }
    if needs == Needs::CodeAndPin {
        proof::number::look_up(app, by, bound, "").await?;
    }
    let Some(Typed { key_id, cipher }) = typed else { return Err(PIN_FIRST.into()) };
    let proved = proof::prove_pin(app, by, bound, &asked, first, (*key_id, cipher)).await?;
    proved.map_err(Problem::from)
}

const PIN_FIRST: base::Refusal = base::Refusal::conflict("setting.pin", "请先输入微信银行密码");

async fn place(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    ask: &Asking,
    wish: &Wish,
    after_ms: i64,
) -> std::result::Result<SettingDone, Problem> {
    let account = ask.own(bound)?.clone();
    let which = format!("{}{}", account.label, account.tail);
    let target = Target { customer: bound.customer.clone(), account, wish: wish.clone() };
    let place = order::Place { tenant: by.tenant, follower: by.follower, target, after_ms };
    let (done, words) = match order::place(app, place).await? {
        Came::Done => (true, format!("{which}：{}。", order::done_words(wish))),
        Came::Refused(code) => return Err(REFUSED.say(order::refused_words(code)).into()),
        Came::Unknown => {
            (false, format!("已经记下，银行系统还没回话。{which}改好了在聊天里告诉您。"))
        }
        Came::Later(at) => {
            let (_, month, day, hour, minute) = at.china();
            let words = format!(
                "记下了。为了您的钱稳当，调高的限额{month}月{day}日{hour:02}:{minute:02}起算数，到时在聊天里告诉您。不是您要调的，请马上打客服电话。"
            );
            (false, words)
        }
    };
    Ok(SettingDone { done, words, lines: vec![] })
}

/// Proofs end with what they were for; a PIN goes on showing for a while what it showed.
async fn spend(app: &Arc<App>, by: &Customer, ask: &Asking, needs: Needs) -> Result<()> {
    let sees = match ask.wish {
        Wish::SeeAssets {} => Some("assets.see"),
        Wish::SeeGuarantees {} => Some("guarantees.see"),
        _ => None,
    };
    if needs == Needs::Nothing && sees.is_none() {
        return Ok(());
    }
    let (by, intent, tenant) = (by.clone(), ask.proof(by)?.intent, by.tenant);
    let unit = move |tx: &Tx<'_>| {
        let shown = proof::has(tx, &by, Kind::Pin, &intent)?;
        if !shown {
            proof::spend(tx, &by)?;
        }
        if let Some(act) = sees {
            audit::note(tx, Actor::Follower(by.follower.raw()), act, "", "done", "")?;
            if needs == Needs::Pin && !shown {
                proof::keep(tx, &by, Kind::Pin, &intent, SHOWN_MS)?;
            }
            return Ok(());
        }
        by.link.as_deref().map_or(Ok(()), |link| sessions::store::end_link(tx, link))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

// What people type is never printed.
base::unprinted!(CodeWish, Code, Order, Typed);
