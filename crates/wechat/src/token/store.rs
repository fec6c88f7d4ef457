//! Where tokens are kept: one row per (appid, kind), changed only by compare-and-set.

use base::{Secret, Time};
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

/// How long a verify ticket may be used (section 22.2).
pub(crate) const TICKET_LIFE_MS: i64 = 12 * 3_600_000;

/// What a row holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `access_token` of an account with its own secret.
    AccessToken,
    /// `component_access_token` of a platform.
    ComponentAccessToken,
    /// `authorizer_access_token` of an account that authorised the platform; the row also keeps the refresh token.
    AuthorizerAccessToken,
    /// JS-SDK ticket of an account.
    JsapiTicket,
    /// The last verify tickets of a platform, as one text that [`crate::component`] reads.
    ComponentVerifyTicket,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::AccessToken,
        Self::ComponentAccessToken,
        Self::AuthorizerAccessToken,
        Self::JsapiTicket,
        Self::ComponentVerifyTicket,
    ];
    /// The stable word for a database column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::ComponentAccessToken => "component_access_token",
            Self::AuthorizerAccessToken => "authorizer_access_token",
            Self::JsapiTicket => "jsapi_ticket",
            Self::ComponentVerifyTicket => "component_verify_ticket",
        }
    }
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == word)
    }
}

/// Names a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub appid: String,
    pub kind: Kind,
}

impl Key {
    pub fn new(appid: &str, kind: Kind) -> Self {
        Self { appid: appid.to_owned(), kind }
    }
}

/// Why the last attempt to fetch failed; `code` is 0 when it was not WeChat's code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trouble {
    /// Failures since the last success.
    pub count: i64,
    pub code: i64,
    /// WeChat's `errmsg` or our own words; no secrets.
    pub text: String,
    /// No attempt before this time.
    pub until: Time,
}

/// One row. Every field is stored; `version` is counted by the store.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// 0 = there is no row. Each successful `try_lease` and `put` adds 1.
    pub version: i64,
    /// Up to some kilobytes; `None` while nothing was fetched. Encrypt it at rest.
    pub token: Option<Secret<String>>,
    /// The authorizer's refresh token. Encrypt it at rest.
    pub refresh: Option<Secret<String>>,
    /// The token works until then.
    pub expires_at: Time,
    /// The token is renewed from then on.
    pub refresh_at: Time,
    /// Somebody is fetching until then; past it the lease is void.
    pub lease_until: Time,
    /// Which process holds the lease.
    pub lease_by: String,
    /// Renewals after a refusal since `forced_since`, for the circuit breaker.
    pub forced_count: i64,
    pub forced_since: Time,
    pub trouble: Trouble,
    /// The account withdrew its authorisation: no calls until it authorises again.
    pub dead: bool,
}

/// A future of the store.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = base::Result<T>> + Send + 'a>>;

/// Keeps rows for all processes of the deployment. Every change compares `version`, so that of two writers one loses and
/// learns it. Rows are secrets: encrypt `token` and `refresh`, and never log them.
pub trait TokenStore: Send + Sync + fmt::Debug {
    /// The row, or `None`.
    fn load<'a>(&'a self, key: &'a Key) -> Boxed<'a, Option<Row>>;

    /// Sets `lease_until` and `lease_by` and adds 1 to `version`, if the stored version is `version` (0 = no row yet: insert an
    /// otherwise empty one). False when the row has moved on. The caller has checked that no lease holds.
    fn try_lease<'a>(
        &'a self,
        key: &'a Key,
        version: i64,
        by: &'a str,
        until: Time,
    ) -> Boxed<'a, bool>;

    /// Writes every field of `row` with version `version + 1`, if the stored version is `version` (0 = no row yet: insert).
    /// `row.version` is not looked at. False when the row has moved on.
    fn put<'a>(&'a self, key: &'a Key, version: i64, row: &'a Row) -> Boxed<'a, bool>;
}

/// A store in memory: for tests, and for one process that may forget.
#[derive(Default)]
pub struct MemoryStore(Mutex<HashMap<Key, Row>>);

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    fn change(&self, key: &Key, version: i64, to: impl FnOnce(&mut Row)) -> bool {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = rows.get(key).map_or(0, |r| r.version);
        if stored != version {
            return false;
        }
        let row = rows.entry(key.clone()).or_default();
        to(row);
        row.version = version + 1;
        true
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}

impl TokenStore for MemoryStore {
    fn load<'a>(&'a self, key: &'a Key) -> Boxed<'a, Option<Row>> {
        let row = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        Box::pin(std::future::ready(Ok(row)))
    }

    fn try_lease<'a>(
        &'a self,
        key: &'a Key,
        version: i64,
        by: &'a str,
        until: Time,
    ) -> Boxed<'a, bool> {
        let done = self.change(key, version, |row| {
            row.lease_until = until;
            by.clone_into(&mut row.lease_by);
        });
        Box::pin(std::future::ready(Ok(done)))
    }

    fn put<'a>(&'a self, key: &'a Key, version: i64, row: &'a Row) -> Boxed<'a, bool> {
        let done = self.change(key, version, |stored| *stored = row.clone());
        Box::pin(std::future::ready(Ok(done)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn of_two_writers_with_the_same_version_one_loses() {
        let store = MemoryStore::new();
        let key = Key::new("wx1", Kind::AccessToken);
        assert!(store.try_lease(&key, 0, "a", Time::of_ms(5)).await.unwrap());
        assert!(!store.try_lease(&key, 0, "b", Time::of_ms(5)).await.unwrap());
        let mut row = store.load(&key).await.unwrap().unwrap();
        assert_eq!((row.version, row.lease_by.as_str()), (1, "a"));
        row.token = Some(Secret::new(String::from("t")));
        assert!(store.put(&key, 1, &row).await.unwrap());
        assert!(!store.put(&key, 1, &row).await.unwrap());
        assert_eq!(store.load(&key).await.unwrap().unwrap().version, 2);
    }

    #[test]
    fn the_word_of_a_kind_goes_there_and_back() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("token"), None);
    }

    #[test]
    fn a_row_prints_without_its_tokens() {
        let row = Row { token: Some(Secret::new(String::from("t0ken"))), ..Row::default() };
        assert!(!format!("{row:?}").contains("t0ken"));
    }
}
