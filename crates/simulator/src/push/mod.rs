//! WeChat → platform: one delivery with its attempts, deadline, and what the customer then sees.
//!
//! The rules (消息推送, 接收普通消息): each attempt has 5 s; an attempt that ends without `success`, an empty body or a
//! good reply is repeated, three in all, about 5 s apart, with the same message and fresh timestamp, nonce and cipher text;
//! after that the customer sees a notice. A server that keeps failing is left alone for a minute (MarkFail), silently.
//! Not for: what is pushed ([`crate::act`], [`crate::component`]).

pub(crate) mod answer;
pub(crate) mod seal;
pub(crate) mod wait;
pub(crate) mod xml;

use crate::config::AccountKind;
use crate::exchange::{Exchange, Kind, body_text};
use crate::faults;
use crate::item::{Article, Body, Side};
use crate::running::Shared;
use crate::text;
use crate::world::World;
use answer::{Answer, Bad};
use base::Stopwatch;
use seal::{Letter, Twist, Wrap};
use std::sync::Arc;
use tokio::sync::{Notify, oneshot};
use wait::Begun;
use wechat::envelope::Callback;
use wechat::reply::Reply;

/// Longest wait for a delivery to be overtaken in bad weather.
const OVERTAKE_MS: u64 = 1_000;
/// Largest answer that is read.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Where a delivery goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The account's own server, or its platform's message address.
    Account,
    /// The platform's 授权事件接收URL.
    Component,
}

/// One message or event on its way.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) target: Target,
    pub(crate) appid: String,
    /// Empty for pushes that concern no customer.
    pub(crate) uid: String,
    pub(crate) openid: String,
    pub(crate) inner: Vec<u8>,
    pub(crate) twist: Twist,
    /// A customer looks at the chat and waits: replies and the failure notice are shown.
    pub(crate) is_awaited: bool,
    /// How many articles a reply may show.
    pub(crate) articles_max: usize,
    pub(crate) done: Option<oneshot::Sender<Ended>>,
}

impl Delivery {
    pub(crate) fn new(target: Target, appid: &str, inner: impl Into<Vec<u8>>) -> Self {
        Self {
            target,
            appid: appid.to_owned(),
            uid: String::new(),
            openid: String::new(),
            inner: inner.into(),
            twist: Twist::None,
            is_awaited: false,
            articles_max: 1,
            done: None,
        }
    }
    pub(crate) fn of_chat(appid: &str, uid: &str, openid: &str, inner: impl Into<Vec<u8>>) -> Self {
        Self {
            uid: uid.to_owned(),
            openid: openid.to_owned(),
            is_awaited: true,
            ..Self::new(Target::Account, appid, inner)
        }
    }
}

/// How a delivery ended.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Ended {
    pub(crate) attempts: u32,
    /// `replied`, `acked` or `failed`.
    pub(crate) outcome: &'static str,
    pub(crate) elapsed_ms: u64,
    /// What was wrong, in WeChat's words.
    pub(crate) note: String,
    /// Body of the last answer, decrypted when it was encrypted.
    #[serde(skip)]
    pub(crate) answer: String,
}

impl Ended {
    /// Of a delivery that was never made.
    pub(crate) fn nothing() -> Self {
        Self {
            attempts: 0,
            outcome: "failed",
            elapsed_ms: 0,
            note: String::new(),
            answer: String::new(),
        }
    }
}

/// Where and under which keys a delivery goes, decided at each attempt.
pub(crate) struct Route {
    url: String,
    callback: Callback,
    wrap: Wrap,
    original_id: String,
}

enum Attempt {
    Good(Answer),
    Bad(Bad),
}

/// Carries a delivery to its end.
pub(crate) async fn deliver(shared: Arc<Shared>, mut delivery: Delivery) {
    let done = delivery.done.take();
    let begun = Begun::now(&shared);
    let overtaken = wait_to_be_overtaken(&shared).await;
    let mut ended = tokio::select! {
        ended = attempts(&shared, &delivery) => ended,
        () = shared.stop.cancelled() => return,
    };
    if let Some(waiting) = overtaken {
        waiting.notify_one();
    }
    ended.elapsed_ms = begun.spent_ms(&shared);
    if let Some(done) = done {
        // nobody waits any more: fine
        let _ = done.send(ended);
    }
}

async fn attempts(shared: &Arc<Shared>, delivery: &Delivery) -> Ended {
    let mut ended = Ended::nothing();
    let (tries, gap) = shared.with(|w| (w.limits.push_tries.max(1), w.limits.push_gap_ms));
    for number in 1..=tries {
        let begun = Begun::now(shared);
        let route = match shared.with(|w| w.route(delivery)) {
            Ok(route) => route,
            Err(note) => {
                shared.with(|w| w.log_undelivered(delivery, number, note));
                note.clone_into(&mut ended.note);
                return ended;
            }
        };
        ended.attempts = number;
        match attempt(shared, delivery, &route, number, begun).await {
            Attempt::Good(answer) => {
                answer.plain().clone_into(&mut ended.answer);
                ended.outcome = shared.act(|w| w.settle(delivery, answer));
                if shared.with(|w| w.throw(w.weather.duplicate_percent)) {
                    // the answer of the repeat is logged and otherwise ignored, as WeChat does
                    let again = Begun::now(shared);
                    let _ = attempt(shared, delivery, &route, number + 1, again).await;
                }
                return ended;
            }
            Attempt::Bad(bad) => ended.note = bad.words,
        }
        if number < tries {
            begun.wait(shared, gap).await;
        }
    }
    shared.with(|w| w.settle_failure(delivery));
    ended
}

async fn attempt(
    shared: &Arc<Shared>,
    to: &Delivery,
    route: &Route,
    number: u32,
    begun: Begun,
) -> Attempt {
    let (letter, weather, timeout) = shared.with(|w| {
        let timestamp = w.now();
        let nonce = (100_000_000 + w.random.below(1_900_000_000)).to_string();
        let random16 = w.printable16();
        let letter = seal::seal(&route.into(), to, &nonce, timestamp, random16);
        let weather = (
            w.throw(w.weather.drop_percent),
            w.throw(w.weather.truncate_percent),
            w.weather.delay_ms,
        );
        (letter, weather, w.limits.push_timeout_ms)
    });
    let url = text::with_query(&route.url, &letter.pairs());
    let mut log = shared.with(|w| {
        let kind = if to.target == Target::Component { Kind::Component } else { Kind::Push };
        Exchange::new(kind, w.now(), "POST", url.clone())
    });
    (log.appid, log.uid, log.attempt) = (to.appid.clone(), to.uid.clone(), number);
    log.request_body = body_text(&letter.body);
    log.request_plain = Some(body_text(&to.inner));
    let (is_dropped, is_truncated, delay_ms) = weather;
    let got = if is_dropped {
        begun.wait(shared, timeout).await;
        Err(String::from("dropped on the way"))
    } else {
        let call = async {
            begun.wait(shared, delay_ms).await;
            travel(shared, url, letter, is_truncated).await
        };
        let got = begun.limit(shared, timeout, call).await;
        got.unwrap_or_else(|| Err(String::from("请求超时")))
    };
    log.elapsed_ms = begun.spent_ms(shared);
    let result = got.map_err(|words| Bad { code: 0, words }).and_then(|(status, body)| {
        log.status = status;
        log.response_body = body_text(&body);
        answer::read(&answer::Expected::of(route, to), status, &body)
    });
    if is_truncated {
        "only half of it arrived".clone_into(&mut log.note);
    }
    if to.target == Target::Account {
        let now = shared.with(|w| w.now());
        shared.with(|w| w.diary.answered(&to.appid, now, log.elapsed_ms, result.is_ok()));
    }
    let result = match result {
        Ok(answer) => {
            answer.outcome().clone_into(&mut log.outcome);
            log.response_plain = Some(answer.plain().to_owned()).filter(|p| !p.is_empty());
            Attempt::Good(answer)
        }
        Err(bad) => {
            "failed".clone_into(&mut log.outcome);
            log.note = bad.to_string();
            Attempt::Bad(bad)
        }
    };
    shared.with(|w| w.log(log));
    result
}

async fn travel(
    shared: &Shared,
    url: String,
    letter: Letter,
    is_truncated: bool,
) -> Result<(u16, Vec<u8>), String> {
    let body = if is_truncated { faults::truncated(&letter.body) } else { letter.body };
    let request = shared
        .http
        .post(url)
        .header(http::header::CONTENT_TYPE, letter.content_type)
        .header(http::header::USER_AGENT, "Mozilla/4.0")
        .body(body);
    let mut response = request.send().await.map_err(|e| reason(&e))?;
    let status = response.status().as_u16();
    let mut body = vec![];
    while let Some(chunk) = response.chunk().await.map_err(|e| reason(&e))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(String::from("回应失败: the answer is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// The alarm kinds of the console: 连接超时, 请求超时, 回应失败.
fn reason(e: &reqwest::Error) -> String {
    if e.is_connect() {
        String::from("连接超时: the server cannot be reached")
    } else if e.is_timeout() {
        String::from("请求超时")
    } else {
        String::from("回应失败: the connection broke")
    }
}

pub(crate) fn millis(watch: Stopwatch) -> u64 {
    u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// In bad weather the first of two deliveries waits here for the second. Gives the second whom to wake.
async fn wait_to_be_overtaken(shared: &Shared) -> Option<Arc<Notify>> {
    if !shared.with(|w| w.weather.reorder) {
        return None;
    }
    let mine = {
        let mut waiting =
            shared.overtaken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(first) = waiting.take() {
            return Some(first);
        }
        let mine = Arc::new(Notify::new());
        *waiting = Some(Arc::clone(&mine));
        mine
    };
    let begun = Begun::now(shared);
    if begun.limit(shared, OVERTAKE_MS, mine.notified()).await.is_none() {
        let mut waiting =
            shared.overtaken.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if waiting.as_ref().is_some_and(|w| Arc::ptr_eq(w, &mine)) {
            *waiting = None;
        }
    }
    None
}

impl World {
    /// Sixteen printable characters, as WeChat puts before a message.
    pub(crate) fn printable16(&self) -> [u8; 16] {
        const CHARS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab";
        self.random.bytes::<16>().map(|b| CHARS[usize::from(b & 63)])
    }

    /// Where a delivery goes now, or why nowhere.
    fn route(&mut self, delivery: &Delivery) -> Result<Route, &'static str> {
        const NO_PLATFORM: &str = "no third-party platform";
        if delivery.target == Target::Component {
            let component = self.component.as_ref().ok_or(NO_PLATFORM)?;
            return Ok(Route {
                url: component.config.event_url.clone(),
                callback: component.callback.clone(),
                wrap: Wrap::Component,
                original_id: String::new(),
            });
        }
        let now = self.now();
        let (url, callback) = self.address(&delivery.appid).ok_or("no server is configured")?;
        let account = self.account_mut(&delivery.appid).map_err(|_| "no such account")?;
        if account.mark_fail_until.is_some_and(|until| until > now) {
            return Err("MarkFail: no pushes to this server for a while");
        }
        account.mark_fail_until = None;
        let original_id = account.config.original_id.clone();
        Ok(Route { url, callback, wrap: Wrap::Account, original_id })
    }

    /// Address and keys for an account's messages: the authorised platform's, else its own.
    pub(crate) fn address(&self, appid: &str) -> Option<(String, Callback)> {
        let account = self.account(appid).ok()?;
        if let Some(component) = self.component.as_ref().filter(|c| c.hears(appid)) {
            let url = component.config.message_url.replace("$APPID$", appid);
            return Some((url, component.callback.clone()));
        }
        let url = account.config.callback_url.clone();
        (!url.is_empty()).then(|| (url, account.callback.clone()))
    }

    fn log_undelivered(&mut self, delivery: &Delivery, attempt: u32, note: &str) {
        let mut log = Exchange::new(Kind::Push, self.now(), "POST", "");
        (log.appid, log.uid) = (delivery.appid.clone(), delivery.uid.clone());
        log.attempt = attempt;
        log.request_plain = Some(body_text(&delivery.inner));
        "failed".clone_into(&mut log.outcome);
        note.clone_into(&mut log.note);
        self.log(log);
    }

    /// Shows a good answer. Gives how the delivery ended.
    fn settle(&mut self, delivery: &Delivery, answer: Answer) -> &'static str {
        if let Ok(account) = self.account_mut(&delivery.appid) {
            account.failures = 0;
        }
        let Answer::Reply { reply, .. } = answer else {
            return "acked";
        };
        if let Reply::TransferToCustomerService { kf_account } = &reply {
            self.transfer(&delivery.appid, &delivery.uid, kf_account.as_deref());
        }
        if !delivery.is_awaited {
            return "replied";
        }
        match self.bubble(&delivery.appid, reply, delivery.articles_max) {
            Some(bodies) => {
                for body in bodies {
                    self.show(&delivery.appid, &delivery.uid, Side::Account, body);
                }
                "replied"
            }
            None => {
                self.show_notice(delivery);
                "failed"
            }
        }
    }

    fn settle_failure(&mut self, delivery: &Delivery) {
        let (after, until) =
            (self.limits.mark_fail_after, self.now().plus_ms(self.limits.mark_fail_ms));
        if delivery.target == Target::Account
            && let Ok(account) = self.account_mut(&delivery.appid)
        {
            account.failures += 1;
            if after > 0 && account.failures >= after {
                account.failures = 0;
                account.mark_fail_until = Some(until);
                self.news.push(serde_json::json!({ "kind": "state" }));
            }
        }
        self.show_notice(delivery);
    }

    fn show_notice(&mut self, delivery: &Delivery) {
        if !delivery.is_awaited {
            return;
        }
        let kind = self.account(&delivery.appid).map(|a| a.config.kind);
        let words = if kind.is_ok_and(|k| k == AccountKind::Subscription) {
            "该公众号暂时无法提供服务，请稍后再试"
        } else {
            "该服务号暂时无法提供服务，请稍后再试"
        };
        self.show(&delivery.appid, &delivery.uid, Side::System, Body::tip(words));
    }

    /// The bubbles of a passive reply; `None` when it cannot be shown (a dead media id).
    fn bubble(&self, appid: &str, reply: Reply, articles_max: usize) -> Option<Vec<Body>> {
        Some(match reply {
            Reply::Text(text) => vec![Body::text(text)],
            Reply::Image { media_id } => {
                vec![Body::Image { image_url: self.media_url(appid, &media_id)? }]
            }
            Reply::Voice { media_id } => {
                self.media_url(appid, &media_id)?;
                vec![Body::Voice { seconds: 5, recognition: None }]
            }
            Reply::Video { media_id, title, .. } => {
                let image_url = self.media_url(appid, &media_id)?;
                vec![Body::Video { text: title.unwrap_or_default(), image_url }]
            }
            Reply::Music { title, description, url, thumb_media_id, .. } => {
                let pic_url = self.media_url(appid, &thumb_media_id)?;
                let (title, url) = (title.unwrap_or_default(), url.unwrap_or_default());
                let description = description.unwrap_or_default();
                let article = Article { title: title.clone(), description, pic_url, url };
                vec![Body::Music { text: title, articles: vec![article] }]
            }
            Reply::News(articles) => {
                let shown = articles.into_iter().take(articles_max.max(1)).map(|a| Article {
                    title: a.title,
                    description: a.description,
                    pic_url: a.pic_url,
                    url: a.url,
                });
                vec![Body::News { articles: shown.collect() }]
            }
            Reply::TransferToCustomerService { .. } => vec![],
        })
    }
}
