//! Every route of the product, a screenful per audience: route → handler → verb → SQL.

use crate::app::App;
use crate::{
    accounts, binding, cards, cases, catalogue, charity, collect, component, core_inbox, guard,
    health, inbound, notices, ops, pages, payments, privacy, sessions, settings, staff, stamped,
    wealth, wx_pin,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;

/// WeChat's callbacks are at most this large; the envelope checks it again.
const BODY_BYTES_MAX: usize = 64 * 1024 + 1;

/// What customers' pages call, under `/h5/s/{slug}/api`.
fn session_api() -> Router<Arc<App>> {
    // The calls that bring a picture along take more than the others.
    let pictures = DefaultBodyLimit::max(binding::photo::BODY_BYTES_MAX);
    Router::new()
        .route("/session", get(binding::http::session))
        .route("/bind", get(binding::http::show))
        .route("/bind/photo", post(binding::http::photo).layer(pictures))
        .route("/bind/check", post(binding::http::check))
        .route("/bind/otp/send", post(binding::http::send_code))
        .route("/bind/otp", post(binding::http::check_code))
        .route("/bind/face", post(binding::http::begin_face))
        .route("/bind/face/result", post(binding::http::face_result))
        .route("/bind/pin", post(binding::http::finish))
        .route("/pin/key", get(binding::http::keypad))
        .route("/agree", post(binding::http::agree))
        .route("/unbind", post(binding::http::unbind))
        .route("/elder", post(binding::http::elder))
        .route("/undo", get(guard::http::show))
        .route("/undo/code", post(guard::http::send_code))
        .route("/undo/check", post(guard::http::check_code))
        .route("/undo/pin", post(guard::http::undo_with_pin))
        .route("/card", get(cards::http::show))
        .route("/card/code", post(cards::http::send_code))
        .route("/card/check", post(cards::http::check_code))
        .route("/card/digits", post(cards::http::check_digits))
        .route("/card/do", post(cards::http::act))
        .route("/setting", get(settings::http::show))
        .route("/setting/look", post(settings::http::look))
        .route("/setting/code", post(settings::http::send_code))
        .route("/setting/check", post(settings::http::check_code))
        .route("/setting/do", post(settings::http::change))
        .route("/notices", get(notices::http::show))
        .route("/notices/set", post(notices::http::set))
        .route("/wx-pin", get(wx_pin::http::show))
        .route("/wx-pin/known", post(wx_pin::http::known))
        .route("/wx-pin/code", post(wx_pin::http::send_code))
        .route("/wx-pin/check", post(wx_pin::http::check_code))
        .route("/wx-pin/face", post(wx_pin::http::begin_face))
        .route("/wx-pin/face/result", post(wx_pin::http::face_result))
        .route("/wx-pin/set", post(wx_pin::http::set))
        .route("/wx-pin/branch", post(wx_pin::http::branch_code))
        .route("/wx-pin/unlock", post(wx_pin::http::unlock))
        .route("/risk", get(wealth::http::show))
        .route("/risk/do", post(wealth::http::take))
        .route("/privacy", get(privacy::http::show))
        .route("/privacy/code", post(privacy::http::send_code))
        .route("/privacy/export", post(privacy::http::export))
        .route("/privacy/token", post(privacy::http::token))
        .route("/privacy/file/{token}/{form}", get(privacy::http::file))
        .route("/certificates", get(charity::http::list))
        .route("/accounts", get(accounts::http::list))
        .route("/statement", get(accounts::http::statement))
        .route("/statement/doubt", post(accounts::http::doubt_entry))
        .route("/stamped", get(stamped::http::list))
        .route("/stamped/paper", get(stamped::http::paper))
        .route("/stamped/code", post(stamped::http::send_code))
        .route("/stamped/make", post(stamped::http::make))
        .route("/stamped/mark", get(stamped::http::mark))
        .route("/stamped/file/{id}", get(stamped::http::file))
        .merge(form_api())
        .merge(pay_api())
}

/// What forms and the cases they become call.
fn form_api() -> Router<Arc<App>> {
    let pictures = DefaultBodyLimit::max(binding::photo::BODY_BYTES_MAX);
    Router::new()
        .route("/form", get(cases::http::open))
        .route("/form/save", post(cases::http::save))
        .route("/form/code", post(cases::http::send_code))
        .route("/form/picture", post(cases::http::add_picture).layer(pictures))
        .route("/form/picture/remove", post(cases::http::remove_picture))
        .route("/form/picture/{id}", get(cases::http::picture))
        .route("/form/submit", post(cases::http::submit))
        .route("/cases", get(cases::http::list))
        .route("/cases/withdraw", post(cases::http::withdraw))
        .route("/cases/urge", post(cases::http::urge))
}

/// What the page of payments calls.
fn pay_api() -> Router<Arc<App>> {
    Router::new()
        .route("/pay", get(payments::http::show))
        .route("/pay/banks", get(payments::http::banks))
        .route("/pay/payee", post(payments::http::set_payee))
        .route("/pay/word", post(payments::http::set_word))
        .route("/pay/when", post(payments::http::set_when))
        .route("/pay/code", post(payments::http::send_code))
        .route("/pay/check", post(payments::http::check_code))
        .route("/pay/do", post(payments::http::pay))
        .route("/pay/cancel", post(payments::http::cancel))
        .route("/pay/receipt", get(payments::http::receipt))
        .route("/pay/result", get(payments::http::result))
        .route("/collect", get(collect::http::show))
        .route("/collect/make", post(collect::http::make))
        .route("/collect/end", post(collect::http::end))
        .route("/payto", get(collect::http::show_payee).post(collect::http::draft))
}

/// WeChat's callbacks and customers' pages.
pub fn public(app: Arc<App>) -> Router {
    Router::new()
        .route("/wx/component", post(component::receive))
        .route("/wx/component/{appid}", post(inbound::http::receive_authorised))
        .route("/wx/{appid}", get(inbound::http::verify).post(inbound::http::receive_direct))
        .route("/h5/l/{token}", get(sessions::http::open_link))
        .route("/h5/c/{token}", get(sessions::http::open_code))
        .route("/h5/go/{appid}/{page}", get(sessions::http::open_page))
        .route("/h5/oauth/back", get(sessions::http::come_back))
        .nest("/h5/s/{slug}/api", session_api())
        .route("/h5/s/{slug}/{page}", get(pages::page))
        .route("/h5/problem", get(pages::page))
        .route("/h5/csp", post(pages::stopped))
        .route("/h5/assets/{*path}", get(pages::asset))
        .route("/v/{code}", get(stamped::http::check).post(stamped::http::hold))
        .route("/v/gift/{tenant}/{code}", get(charity::public::check))
        .route("/gy/{tenant}/{owner}/{code}", get(charity::public::ledger))
        .route("/healthz", get(health::alive))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(app)
}

/// Staff and machines that watch; bound to another address.
pub fn staff(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(staff::http::home))
        .route("/style.css", get(staff::http::style))
        .route("/catalogue", get(catalogue::http::show))
        .route("/catalogue.css", get(catalogue::http::style))
        .route("/catalogue.js", get(catalogue::http::script))
        .route("/login", post(staff::http::log_in))
        .route("/logout", post(staff::http::log_out))
        .route("/messages/{id}/close", post(staff::http::close_message))
        .route("/unlock-code", post(staff::unlocking::give))
        .route("/case/{id}", get(staff::cases::show).post(staff::cases::decide))
        .route("/case/{id}/picture/{picture}", get(staff::cases::picture))
        .route("/knowledge", get(staff::knowledge::list))
        .route("/knowledge/{entry}", get(staff::knowledge::show).post(staff::knowledge::act))
        .route("/phrases", get(staff::phrases::show).post(staff::phrases::act))
        .route("/gifts", get(staff::gifts::show))
        .route("/gifts/{gift}", post(staff::gifts::void))
        .route("/notices", get(staff::notices::show))
        .route("/notices/{account}/{category}", post(staff::notices::renew))
        .route("/recon", get(staff::recon::show))
        .route("/recon/{diff}", post(staff::recon::act))
        .route("/recon/payment/{payment}", post(staff::recon::by_hand))
        .route("/core/v1/push", post(core_inbox::push::receive))
        .route("/ops", post(ops::receive))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .with_state(app)
}
