//! Stamped statements over HTTP: the page's calls, the file itself, and the public page where a paper is checked.

use super::purpose::Purpose;
use super::signed::Broken;
use super::{
    Came, FileId, Held, Issued, NO_FILE, Paper, PaperWish, Shown, State as FileState, document,
    other,
};
use crate::api::ProblemBody;
use crate::app::App;
use crate::binding::http::client_ip;
use crate::binding::otp::{self, Verdict};
use crate::binding::shapes::OtpSent;
use crate::sessions::Customer;
use crate::web::{self, Asked, Problem, Sent, escape};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The longest paper is half as large.
const FILE_BYTES_MAX: usize = 8 << 20;

/// A branch prints it without a code.
const NO_MORE_TODAY: &str = "今天发的验证码太多了，请明天再来，或带身份证到网点打印";
const USED_UP: &str = "错的次数太多，这个验证码作废了。请重新获取，或带身份证到网点打印";

type Answer = Result<Response, Problem>;

/// Which account and which days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StampedAsk)]
pub struct Asking {
    /// An account's `id`.
    pub(super) account: String,
    /// What paper; a receipt names its entry, and only a statement a span.
    #[serde(default)]
    pub(super) paper: PaperWish,
    /// An entry of the account, for a receipt.
    #[serde(default)]
    pub(super) entry: String,
    /// First day, `YYYY-MM-DD`.
    #[serde(default)]
    pub(super) from: String,
    /// Last day, included.
    #[serde(default)]
    pub(super) to: String,
    /// What for; printed on the paper as the customer's own words.
    #[serde(default)]
    pub(super) purpose: Option<Purpose>,
    /// More about it: at most 20 letters, printed beside it.
    #[serde(default)]
    pub(super) note: String,
    /// English beside the Chinese.
    #[serde(default)]
    pub(super) english: bool,
}

/// Which statement a code is wanted for, and how the code shall come.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StampedCodeWish)]
pub struct CodeWish {
    ask: Asking,
    #[serde(default)]
    wish: otp::Wish,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StampedOrder)]
pub struct Order {
    ask: Asking,
    /// The code that came by text message or call.
    code: String,
}

base::unprinted!(Order);

#[derive(Debug, Serialize, ToSchema)]
pub struct StampedFiles {
    /// Newest first.
    items: Vec<StampedFile>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct StampedFile {
    #[schema(value_type = String)]
    id: FileId,
    /// 借记卡 尾号6688
    account: String,
    paper: PaperWish,
    from: String,
    to: String,
    #[schema(required)]
    purpose: Option<Purpose>,
    english: bool,
    /// Where the file is; null while it is being made.
    #[schema(required)]
    url: Option<String>,
    /// Until when it may be opened, milliseconds UTC.
    ends_at_ms: i64,
    /// The code on the paper.
    check_code: String,
    /// How often this receipt or proof was made, this time included; zero for a statement.
    copy: i64,
}

fn told(by: &Customer, file: Shown) -> StampedFile {
    let url = format!("/h5/s/{}/api/stamped/file/{}", by.slug, file.id);
    StampedFile {
        id: file.id,
        paper: file.facts.paper.wish(),
        account: file.facts.account,
        from: file.facts.first_day,
        to: file.facts.last_day,
        purpose: file.facts.purpose,
        english: file.facts.english.is_some(),
        url: (file.state == FileState::Ready).then_some(url),
        ends_at_ms: file.file_ends_at.ms(),
        check_code: file.facts.code,
        copy: file.facts.copy,
    }
}

/// Stamped statements that can be opened or are being made.
#[utoipa::path(get, path = "/stamped", operation_id = "stamped",
    responses((status = 200, body = StampedFiles), (status = "default", body = ProblemBody)))]
pub async fn list(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let files = super::list(&app, &by).await?;
    let items = files.into_iter().map(|f| told(&by, f)).collect();
    Ok(web::json(&StampedFiles { items }))
}

/// What the chat opened the page with.
#[derive(Default, Deserialize)]
struct OpensWith {
    #[serde(default)]
    account: String,
    #[serde(default)]
    paper: PaperWish,
    #[serde(default)]
    entry: String,
}

/// What a paper is about, before it is made.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperPage {
    account: String,
    paper: PaperWish,
    entry: String,
    /// What will stand on it, in order.
    facts: Vec<PaperFact>,
    /// The paper, where it is made already.
    #[schema(required)]
    file: Option<StampedFile>,
    mobile_masked: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PaperFact {
    name: String,
    value: String,
}

/// A receipt or a proof that was asked for in chat.
#[utoipa::path(get, path = "/stamped/paper", operation_id = "paper",
    responses((status = 200, body = PaperPage), (status = "default", body = ProblemBody)))]
pub async fn paper(State(app): State<Arc<App>>, by: Customer) -> Answer {
    let task = by.task.as_ref();
    let with: OpensWith =
        task.and_then(|t| serde_json::from_str(&t.opens_with).ok()).unwrap_or_default();
    let OpensWith { account, paper, entry } = with;
    page_of(&app, &by, account, paper, entry).await
}

/// What the page of a paper shows, whatever it was asked for by.
pub(crate) async fn page_of(
    app: &Arc<App>,
    by: &Customer,
    account: String,
    paper: PaperWish,
    entry: String,
) -> Answer {
    let ask = Asking {
        account: account.clone(),
        paper,
        entry: entry.clone(),
        from: String::new(),
        to: String::new(),
        purpose: None,
        note: String::new(),
        english: false,
    };
    let (facts, file, mobile_masked) = super::look(app, by, &ask).await?;
    let facts = facts.into_iter().map(|(name, value)| PaperFact { name: name.to_owned(), value });
    let file = file.map(|f| told(by, f));
    let facts = facts.collect();
    Ok(web::json(&PaperPage { account, paper, entry, facts, file, mobile_masked }))
}

/// Sends a code that confirms one stamped statement.
#[utoipa::path(post, path = "/stamped/code", operation_id = "send_stamped_code", request_body = CodeWish,
    responses((status = 200, body = OtpSent), (status = "default", body = ProblemBody)))]
pub async fn send_code(
    State(app): State<Arc<App>>,
    by: Customer,
    Sent(CodeWish { ask, wish }): Sent<CodeWish>,
) -> Answer {
    let way = wish.way;
    match super::send_code(&app, &by, &ask, wish).await? {
        otp::Issued::TooMany => Err(otp::TOO_MANY.say(NO_MORE_TODAY).into()),
        issued => otp::told(&app.config.limits, way, issued),
    }
}

/// Makes a stamped statement, or finds the one that is there.
#[utoipa::path(post, path = "/stamped/make", operation_id = "make_stamped", request_body = Order,
    responses((status = 200, body = StampedFile), (status = "default", body = ProblemBody)))]
pub async fn make(State(app): State<Arc<App>>, by: Customer, Sent(order): Sent<Order>) -> Answer {
    match super::ask(&app, &by, &order.ask, &order.code).await? {
        Came::File(file) => Ok(web::json(&told(&by, *file))),
        Came::Code(Verdict::Right) => Err(NO_FILE.into()),
        Came::Code(Verdict::UsedUp) => Err(otp::USED_UP.say(USED_UP).into()),
        Came::Code(verdict) => Err(otp::refused(verdict)),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MarkAsk {
    /// A file's `id`.
    id: String,
}

/// Where a paper is checked, to be drawn as a square code.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperMark {
    url: String,
    /// The square code: a string of `0` and `1` a row.
    rows: Vec<String>,
}

/// The square code on a paper of the customer's, for the picture of it.
#[utoipa::path(get, path = "/stamped/mark", operation_id = "paper_mark", params(MarkAsk),
    responses((status = 200, body = PaperMark), (status = "default", body = ProblemBody)))]
pub async fn mark(
    State(app): State<Arc<App>>,
    by: Customer,
    Asked(MarkAsk { id }): Asked<MarkAsk>,
) -> Answer {
    let found = super::list(&app, &by).await?.into_iter().find(|f| f.id.to_string() == id);
    let file = found.filter(|f| f.state == FileState::Ready).ok_or(NO_FILE)?;
    let url = format!("{}/v/{}", app.config.server.public_url, file.facts.code);
    Ok(web::json(&PaperMark { rows: super::rows_of(&url)?, url }))
}

/// `GET stamped/file/{id}`: the PDF, to its own customer only.
pub async fn file(
    State(app): State<Arc<App>>,
    by: Customer,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let id: FileId = id.parse().map_err(|_| Problem::from(NO_FILE))?;
    let file = super::file(&app, &by, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, "inline; filename=\"statement.pdf\""),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, file).into_response())
}

const STYLE: &str = "body{margin:0;background:#F7F9F7;color:#1F2A24;font:17px/26px 'PingFang SC','Noto Sans CJK SC',\
'Microsoft YaHei',sans-serif}main{max-width:34rem;margin:24px auto;padding:24px 16px;background:#fff;border-radius:12px}\
h1{font-size:24px;line-height:34px;margin:0 0 12px}dl{margin:0}dt{color:#5B6B62;margin-top:12px}dd{margin:0;overflow-wrap:anywhere}\
.no{color:#C0392B}.ok{color:#0B6B46}.wait{color:#B45309}form{margin-top:24px;border-top:1px solid #DDE5E0}\
label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}label{margin:16px 0 8px}\
button{margin-top:12px;min-height:48px;border:0;border-radius:8px;background:#0B6B46;color:#fff}";
/// No script, nothing from elsewhere; the style above, and a file sent to this very page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// `GET /v/{code}`: whether a paper is ours. Public; shows masked facts and the hash of the file, never an amount.
/// Asked too often, it says when to come back; a file may be held against it.
pub async fn check(
    State(app): State<Arc<App>>,
    peer: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Response {
    if let Some(refused) = refused(&app, &headers, peer.0) {
        return refused;
    }
    match super::check(&app, code.trim()).await {
        Ok(Some(issued)) => page(StatusCode::OK, &genuine(&issued, None)),
        Ok(None) => page(StatusCode::NOT_FOUND, UNKNOWN),
        Err(e) => failed(&e),
    }
}

/// `POST /v/{code}`: whether a file is the one that belongs to a paper, and whether its signature stands. The file is not
/// kept.
pub async fn hold(
    State(app): State<Arc<App>>,
    peer: ConnectInfo<SocketAddr>,
    Path(code): Path<String>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    // Before a byte of it is read.
    if let Some(refused) = refused(&app, &headers, peer.0) {
        return refused;
    }
    let Ok(body) = axum::body::to_bytes(request.into_body(), FILE_BYTES_MAX).await else {
        return page(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE);
    };
    let file = file_of(&headers, &body).unwrap_or_default();
    match super::hold(&app, code.trim(), file).await {
        Ok(Some((issued, held))) => page(StatusCode::OK, &genuine(&issued, Some(held))),
        Ok(None) => page(StatusCode::NOT_FOUND, UNKNOWN),
        Err(e) => failed(&e),
    }
}

/// The answer to whoever asks too often; counts whoever does not.
pub(crate) fn refused(app: &Arc<App>, headers: &HeaderMap, peer: SocketAddr) -> Option<Response> {
    let limits = &app.config.limits;
    let address = client_ip(app, headers, peer);
    let most = (limits.checks_per_ip, limits.checks_all);
    let wait_ms = app.checks.admit(&address, app.clock().now(), most).err()?;
    metrics::counter!("weiyin_checks_refused_total").increment(1);
    Some(too_often(wait_ms))
}

pub(crate) fn failed(e: &base::Error) -> Response {
    tracing::error!(fault = ?e, "a public page failed");
    metrics::counter!("weiyin_faults_total").increment(1);
    page(StatusCode::INTERNAL_SERVER_ERROR, &format!("<h1>{}</h1>", web::BUSY_WORDS))
}

/// The first file of a form, as browsers send it.
fn file_of<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<&'a [u8]> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = kind.strip_prefix("multipart/form-data")?.split(';').map(str::trim);
    let boundary = parts.find_map(|p| p.strip_prefix("boundary="))?.trim_matches('"');
    let body = body.strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
    let at = |hay: &[u8], word: &[u8]| hay.windows(word.len()).position(|w| w == word);
    let file = &body[at(body, b"\r\n\r\n")? + 4..];
    Some(&file[..at(file, format!("\r\n--{boundary}").as_bytes())?])
}

fn page(status: StatusCode, body: &str) -> Response {
    titled(status, "单据验真", body)
}

/// A page that anyone may read: no script, nothing from elsewhere, and nobody keeps it.
pub(crate) fn titled(status: StatusCode, title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (status, headers, Html(page)).into_response()
}

fn too_often(wait_ms: i64) -> Response {
    let minutes = (wait_ms + 59_999) / 60_000;
    let words = format!(
        "<h1 class=\"wait\">查得太频繁了</h1><p>请过 {minutes} 分钟再查。等不及可以打开户行电话核实。</p>\
         <p lang=\"en\">Too many checks. Please try again in {minutes} min.</p>"
    );
    let wait_s = (wait_ms + 999) / 1_000;
    let after = [(header::RETRY_AFTER, wait_s.to_string())];
    (after, page(StatusCode::TOO_MANY_REQUESTS, &words)).into_response()
}

const UNKNOWN: &str = "<h1 class=\"no\">没有查到这份单据</h1><p>验真码不对，或者已经过期（一年）。请看着纸上的码再试一次；\
还是查不到，请不要相信这份单据，可以打开户行电话核实。</p>";

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

const TOO_LARGE: &str =
    "<h1 class=\"no\">文件太大了</h1><p>本行的单据没有这么大，这个文件不是本行出具的。</p>";

/// What holding a file against the paper came to; the page's head.
fn told_of(held: Held) -> (&'static str, &'static str, &'static str) {
    match held {
        Held::Same => ("ok", "这个文件没有改过", "和本行出具的一字不差，电子签名也是本行的。"),
        Held::Another => (
            "no",
            "不是这个验真码的文件",
            "这个文件是本行出具的另一份单据。请按文件里的验真码去核对。",
        ),
        Held::Broken(Broken::Changed) => {
            ("no", "这个文件被改过", "内容和签名对不上，请不要相信它。")
        }
        Held::NotOurs | Held::Broken(_) => (
            "no",
            "这个文件不是本行出具的",
            "里面没有本行的电子签名，请不要相信它。截图、打印后再扫描的文件也没有签名，请核对原来的 PDF。",
        ),
    }
}

const FORM: &str = "<form method=\"post\" enctype=\"multipart/form-data\"><label for=\"file\">手里是电子文件（PDF）？\
选出来，看看有没有被改过：</label><input id=\"file\" type=\"file\" name=\"file\" accept=\"application/pdf,.pdf\" required>\
<button>核对文件</button></form>";

fn genuine(issued: &Issued, held: Option<Held>) -> String {
    let facts = &issued.facts;
    let name = match facts.paper {
        Paper::Statement => "流水",
        Paper::Receipt(_) | Paper::Settled(_) => facts.paper.name(),
    };
    let (class, head, words) = held.map_or_else(
        || {
            let words = format!(
                "请核对下面几项和手里的{name}是不是一样。电子文件的指纹应当和最后一项相同，不同就是被改过。"
            );
            ("ok", format!("是本行出具的{name}"), words)
        },
        |held| {
            let (class, head, words) = told_of(held);
            (class, head.to_owned(), words.to_owned())
        },
    );
    let english = facts.english.as_deref();
    let made = facts.made_at.map(document::moment).unwrap_or_default();
    let mut rows = match facts.paper {
        Paper::Statement => statement_rows(facts),
        Paper::Receipt(_) | Paper::Settled(_) => other::rows(facts),
    };
    rows.push(("生成时间", "Issued", made));
    if let Some(by) = &facts.signed_by {
        rows.push(("签名证书指纹（国密 SM3）", "Certificate", by.clone()));
    }
    rows.push(("文件指纹（SHA-256）", "File hash", hex(&issued.hash)));
    let row = |(name, name_en, value): &(&str, &str, String)| {
        let name_en = english.map_or(String::new(), |_| format!(" {name_en}"));
        format!("<dt>{name}{name_en}</dt><dd>{}</dd>", escape(value.trim()))
    };
    let rows: String = rows.iter().map(row).collect();
    let told = english.filter(|_| held.is_none()).map_or("", |_| {
        "<p lang=\"en\">This statement was issued by this bank. Compare the facts below with the paper; the hash of an \
         electronic file must equal the last one.</p>"
    });
    format!("<h1 class=\"{class}\">{head}</h1><p>{words}</p>{told}<dl>{rows}</dl>{FORM}")
}

/// What the public page shows of a statement: never an amount.
fn statement_rows(facts: &super::Facts) -> Vec<other::Row> {
    let english = facts.english.as_deref();
    let account = [facts.account.as_str(), english.unwrap_or_default()].join(" ");
    let bank = [facts.bank.as_str(), english.map_or("", |_| facts.bank_english.as_str())].join(" ");
    let mut rows = vec![
        ("出具银行", "Bank", bank),
        ("户名", "Name", facts.name.clone()),
        ("账户", "Account", account),
        ("起止日期", "Period", format!("{} 至 {}", facts.first_day, facts.last_day)),
    ];
    if let Some(purpose) = facts.purpose {
        // What the customer wrote beside it is on the paper, and theirs: not shown to everyone who scans the code.
        let words = [purpose.name(), english.map_or("", |_| purpose.english())].join(" ");
        rows.push(("用途（客户自述）", "Purpose as stated", words));
    }
    rows.push(("笔数", "Entries", format!("{} 笔", facts.in_count + facts.out_count)));
    rows
}
