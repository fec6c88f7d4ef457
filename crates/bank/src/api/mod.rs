//! The JSON endpoints as one OpenAPI document: `weiyin openapi` prints it, `docs/api/openapi.json` is its copy, and the
//! pages' client `web/shared/api.ts` is made from that. Shapes stand beside their handlers; here is only what they share.
//!
//! Not for: WeChat's callbacks, staff pages and redirects, which speak XML, HTML and Location.

#[cfg(test)]
mod tests;

use crate::binding::question::Question;
use crate::{
    accounts, binding, cards, cases, charity, collect, guard, health, notices, payments, privacy,
    settings, stamped, wealth, wx_pin,
};
use base::Result;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Object, Required, Type};
use utoipa::{Modify, OpenApi, ToSchema};

/// Where a session's calls are.
const SESSION_ROOT: &str = "/h5/s/{slug}/api";

/// An amount of CNY in fen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Money {
    pub fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    Debit,
    Passbook,
    Credit,
    Loan,
    Deposit,
}

/// Which lines of a statement.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    All,
    In,
    Out,
}

/// Every refusal, and a fault of ours: a code for programs, words for the customer, a number for the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    pub code: String,
    pub words: String,
    pub trace: String,
    /// Tries that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retry_after_s: Option<i64>,
    /// The bank that could serve instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub bank: Option<String>,
    /// To be answered before another code is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub question: Option<Question>,
    /// What is wrong with answers on a form, by their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fields: Option<BTreeMap<String, String>>,
}

#[derive(OpenApi)]
#[openapi(
    components(schemas(Flow)),
    paths(
        binding::http::session,
        binding::http::show,
        binding::http::photo,
        binding::http::check,
        binding::http::send_code,
        binding::http::check_code,
        binding::http::begin_face,
        binding::http::face_result,
        binding::http::finish,
        binding::http::keypad,
        binding::http::agree,
        binding::http::unbind,
        binding::http::elder,
        guard::http::show,
        guard::http::send_code,
        guard::http::check_code,
        guard::http::undo_with_pin,
        cards::http::show,
        cards::http::send_code,
        cards::http::check_code,
        cards::http::check_digits,
        cards::http::act,
        charity::http::list,
        payments::http::show,
        payments::http::banks,
        payments::http::set_payee,
        payments::http::set_word,
        payments::http::set_when,
        payments::http::send_code,
        payments::http::check_code,
        payments::http::pay,
        payments::http::cancel,
        payments::http::receipt,
        payments::http::result,
        collect::http::show,
        collect::http::make,
        collect::http::end,
        collect::http::show_payee,
        collect::http::draft,
        settings::http::show,
        settings::http::look,
        settings::http::send_code,
        settings::http::check_code,
        settings::http::change,
        notices::http::show,
        notices::http::set,
        wx_pin::http::show,
        wx_pin::http::known,
        wx_pin::http::send_code,
        wx_pin::http::check_code,
        wx_pin::http::begin_face,
        wx_pin::http::face_result,
        wx_pin::http::set,
        wx_pin::http::branch_code,
        wx_pin::http::unlock,
        wealth::http::show,
        wealth::http::take,
        privacy::http::show,
        privacy::http::send_code,
        privacy::http::export,
        privacy::http::token,
        accounts::http::list,
        accounts::http::statement,
        accounts::http::doubt_entry,
        stamped::http::list,
        stamped::http::paper,
        stamped::http::mark,
        stamped::http::send_code,
        stamped::http::make,
        cases::http::open,
        cases::http::save,
        cases::http::add_picture,
        cases::http::remove_picture,
        cases::http::send_code,
        cases::http::submit,
        cases::http::list,
        cases::http::withdraw,
        cases::http::urge,
    )
)]
struct Customer;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Weiyin",
        description = "JSON of the customer pages and of machines that watch. Money is `{ fen }`, times are milliseconds \
                       UTC, ids are strings, a refusal is `{ code, words, trace }`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(health::ready),
    nest((path = SESSION_ROOT, api = Customer)),
    modifiers(&Session),
)]
struct Document;

/// What all of a session's calls need: its slug, its cookie, and on POST the header that no foreign page can send.
struct Session;

impl Modify for Session {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        for (path, item) in &mut api.paths.paths {
            if path.starts_with(SESSION_ROOT) {
                item.parameters.get_or_insert_default().push(slug().into());
                lock(item);
            }
        }
        let schemes = &mut api.components.get_or_insert_default().security_schemes;
        let cookie = ApiKeyValue::with_description("sid-{slug}", "The session's cookie.");
        schemes.insert("session".into(), SecurityScheme::ApiKey(ApiKey::Cookie(cookie)).into());
        let header = ApiKeyValue::with_description("X-Weiyin", "Any value; wanted on POST.");
        schemes.insert("own_page".into(), SecurityScheme::ApiKey(ApiKey::Header(header)).into());
    }
}

fn slug() -> Parameter {
    ParameterBuilder::new()
        .name("slug")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(Object::with_type(Type::String)))
        .build()
}

fn lock(item: &mut PathItem) {
    let cookie = || SecurityRequirement::new("session", Vec::<String>::new());
    let own = || cookie().add("own_page", Vec::<String>::new());
    let operations = [(&mut item.get, cookie()), (&mut item.post, own())];
    for (operation, keys) in operations {
        if let Some(operation) = operation {
            operation.security = Some(vec![keys]);
            operation.tags = Some(vec!["customer".into()]);
        }
    }
}

/// The document as it is kept in `docs/api/openapi.json`.
pub fn text() -> Result<String> {
    Ok(serde_json::to_string_pretty(&Document::openapi())? + "\n")
}
