//! One request out, one answer in, and what each kind of breakage proves.
//!
//! Sorted by *where* it broke (core.md §2): a connection that was never made is [`CoreError::NotSent`]; once bytes may have
//! left, only an answer that can be read and is what it says ends the doubt. Not for: what answers mean.

use super::sort;
use crate::error::{Cause, CoreError, UnknownCause};
use base::Secret;
use base64::Engine as _;
use reqwest::{RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The largest answer is a hundred transactions, about 0.2 MB.
const ANSWER_MAX_BYTES: usize = 4 << 20;
/// Time to make a connection, TLS included.
const CONNECT_MS: u64 = 2_000;
/// Where Fineract's resources begin.
const ROOT: &str = "/fineract-provider/api/v1";
/// Says which Fineract tenant is meant.
const TENANT: &str = "Fineract-Platform-TenantId";
/// Names a command.
const KEY: &str = "Idempotency-Key";
/// An answer that was given before under the same key.
const REPLAY: &str = "x-served-from-cache";

/// Speaks HTTP with one Fineract.
pub(super) struct Wire {
    http: reqwest::Client,
    root: String,
    credentials: Secret<String>,
}

/// What a command was answered.
pub(super) struct Done<T> {
    pub(super) told: T,
    /// It was done before under this key; with whichever payload: Fineract does not compare.
    pub(super) is_replay: bool,
}

impl Wire {
    /// rustls with ring (installed here when the process has no provider yet), no redirects, no proxy.
    pub(super) fn build(base_url: &str, user: &str, password: &str) -> base::Result<Self> {
        // An error only says that a provider is installed already, which is all we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_millis(CONNECT_MS))
            .build()?;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        Ok(Self {
            http,
            root: format!("{}{ROOT}", base_url.trim_end_matches('/')),
            credentials: Secret::new(format!("Basic {pair}")),
        })
    }

    /// A question.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        tenant: &str,
        path: &str,
        query: &[(&str, &str)],
        left_ms: u64,
    ) -> Result<T, CoreError> {
        let request = self.http.get(format!("{}{path}", self.root)).query(query);
        self.send(request, tenant, left_ms).await.map(|done| done.told)
    }

    /// A command under its key (at most fifty characters).
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        tenant: &str,
        (path, query): (&str, &[(&str, &str)]),
        key: &str,
        body: &impl Serialize,
        left_ms: u64,
    ) -> Result<Done<T>, CoreError> {
        let url = format!("{}{path}", self.root);
        let request = self.http.post(url).query(query).header(KEY, key).json(body);
        self.send(request, tenant, left_ms).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        tenant: &str,
        left_ms: u64,
    ) -> Result<Done<T>, CoreError> {
        let request = request
            .header(TENANT, tenant)
            .header(reqwest::header::AUTHORIZATION, self.credentials.reveal())
            .timeout(Duration::from_millis(left_ms));
        let answer = request.send().await.map_err(|e| sending(&e))?;
        let status = answer.status().as_u16();
        let is_replay = answer.headers().get(REPLAY).is_some_and(|v| v == "true");
        let body = whole(answer).await?;
        if status != 200 {
            return Err(sort::refusal(status, &body));
        }
        let told = serde_json::from_slice(&body)
            .map_err(|_| CoreError::Unknown(UnknownCause::Undecodable))?;
        Ok(Done { told, is_replay })
    }
}

/// Only a connection that was never made proves that nothing was sent; a time limit that ran out proves nothing.
fn sending(e: &reqwest::Error) -> CoreError {
    if e.is_builder() || e.is_connect() {
        CoreError::NotSent(Cause::ConnectionRefused)
    } else if e.is_timeout() {
        CoreError::Unknown(UnknownCause::Timeout)
    } else {
        CoreError::Unknown(UnknownCause::Reset)
    }
}

async fn whole(mut answer: Response) -> Result<Vec<u8>, CoreError> {
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_MAX_BYTES => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => return Err(CoreError::Unknown(UnknownCause::Undecodable)),
            Ok(None) => return Ok(body),
            Err(e) if e.is_timeout() => return Err(CoreError::Unknown(UnknownCause::Timeout)),
            Err(_) => return Err(CoreError::Unknown(UnknownCause::Reset)),
        }
    }
}
