//! Checking a face (人脸核身): the port, and one way to a vendor over HTTP.
//!
//! The customer's face goes from their phone to the vendor's own page; we hear a word about it and never see a picture.
//! `POST {url}/begin {"order","name","id_no","back"}` is answered `{"url"}`, the page to send the browser to, which comes
//! back to `back`; `POST {url}/result {"order"}` is answered `{"state":"waiting"|"passed"|"failed"|"cancelled"}`. What comes
//! back with the browser proves nothing: the vendor is asked. Not for: how often one may try.

use crate::supplier;
use base::{Error, Refusal, Result, Secret};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt;
use std::future::Future;
use std::pin::Pin;

pub const BUSY: Refusal = Refusal::unavailable("face.busy", "刷脸服务没有回话，请过一会儿再点一次");

/// Whose face is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Our name for this one check; nobody else knows it.
    pub order: String,
    pub name: Secret<String>,
    pub id_no: Secret<String>,
    /// Where the vendor's page sends the browser in the end.
    pub back: String,
}

/// What the vendor says of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not done yet.
    Waiting,
    Passed,
    Failed,
    /// The customer left the vendor's page.
    Cancelled,
}

pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Somebody who can tell whether a living face is the one on a document.
pub trait Face: Send + Sync + fmt::Debug {
    /// False when this bank has no such service.
    fn is_configured(&self) -> bool;
    /// The address of the vendor's page. [`BUSY`] when no usable answer came in time.
    fn begin(&self, wanted: Wanted) -> Answer<'_, String>;
    fn result(&self, order: String) -> Answer<'_, Verdict>;
}

/// A vendor behind a URL; an empty one means there is none.
#[derive(Debug)]
pub struct HttpFace {
    http: reqwest::Client,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Begun {
    url: String,
}

#[derive(Deserialize)]
struct State {
    state: Verdict,
}

impl HttpFace {
    pub fn new(url: &str, timeout_ms: u64) -> Result<Self> {
        let (http, url) = supplier::reach(url, timeout_ms)?;
        Ok(Self { http, url })
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str, body: &Value) -> Result<T> {
        let url = self.url.as_deref().ok_or(BUSY)?;
        let sent = self.http.post(format!("{url}/{what}")).json(body).send().await;
        let answer = match sent.and_then(reqwest::Response::error_for_status) {
            Ok(answer) => answer.bytes().await,
            Err(e) => Err(e),
        };
        let told = answer.map_err(|e| Error::from(e.without_url()).to_string()).and_then(|body| {
            serde_json::from_slice(&body).map_err(|_| "an answer of no known shape".to_owned())
        });
        told.map_err(|error| {
            tracing::warn!(what, error, "the service that checks faces gave no answer");
            BUSY.into()
        })
    }
}

impl Face for HttpFace {
    fn is_configured(&self) -> bool {
        self.url.is_some()
    }
    fn begin(&self, wanted: Wanted) -> Answer<'_, String> {
        Box::pin(async move {
            let Wanted { order, name, id_no, back } = wanted;
            let body = json!({
                "order": order, "name": name.reveal(), "id_no": id_no.reveal(), "back": back,
            });
            self.ask::<Begun>("begin", &body).await.map(|begun| begun.url)
        })
    }
    fn result(&self, order: String) -> Answer<'_, Verdict> {
        Box::pin(async move {
            self.ask::<State>("result", &json!({ "order": order })).await.map(|told| told.state)
        })
    }
}
