//! One official account as a caller: its token is put on every call, renewed once when refused.

use super::{CallResult, Client, Done};
use crate::token::{Authority, Owner};
use base::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An account and its authority: the handle that carries the calls of this crate's `api` modules. Cheap to clone.
///
/// The same calls serve accounts with their own secret and accounts that authorised a platform; only the token differs
/// (section 22.2 step 7).
#[derive(Debug, Clone)]
pub struct Account {
    authority: Authority,
    owner: Owner,
}

impl Account {
    pub fn new(authority: Authority, owner: Owner) -> Self {
        Self { authority, owner }
    }
    pub fn appid(&self) -> &str {
        self.owner.appid()
    }
    pub fn owner(&self) -> &Owner {
        &self.owner
    }
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
    pub(crate) fn client(&self) -> &Client {
        self.authority.client()
    }

    /// `GET path?access_token=…&query` for a call this crate has no name for. `path` begins with `/`.
    ///
    /// # Errors
    /// As every call: see [`super::CallError`].
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> CallResult<T> {
        self.with_token(
            |token| async move { self.client().get(path, &authorized(&token, query)).await },
        )
        .await
    }

    /// `POST path?access_token=…` with a raw UTF-8 JSON body, for a call this crate has no name for.
    ///
    /// # Errors
    /// As every call: see [`super::CallError`].
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> CallResult<T> {
        self.with_token(|token| async move {
            self.client().post(path, &authorized(&token, &[]), body).await
        })
        .await
    }

    pub(crate) async fn post_done(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> CallResult<()> {
        self.post::<Done>(path, body).await.map(|_| ())
    }

    pub(crate) async fn with_token<T, Fut>(
        &self,
        call: impl Fn(Secret<String>) -> Fut,
    ) -> CallResult<T>
    where
        Fut: Future<Output = CallResult<T>>,
    {
        self.authority.with_token(&self.owner, call).await
    }
}

pub(crate) fn authorized<'a>(
    token: &'a Secret<String>,
    query: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("access_token", token.reveal().as_str())];
    all.extend_from_slice(query);
    all
}
