//! Gives a token, renews it once for everybody, and repeats a refused call once.

use super::fetch::Fetched;
use super::store::{Key, Kind, Row, TokenStore, Trouble};
use super::{Component, Owner, Source};
use crate::api::credential::{Issued, IssuedPair};
use crate::api::{ApiError, CallError, CallResult, Cause, Client};
use crate::codes::{Advice, Class};
use base::{Clock, Random, Secret, Time};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A row that changes under us is read again at most this often.
const CHANGES_MAX: usize = 8;
/// A token is taken as expired this long before its time, so that a call under way still carries a good one.
const EXPIRY_MARGIN_MS: i64 = 30_000;
/// Part of a token's life after which it is renewed, minus a jitter of up to `JITTER_PERCENT`.
const REFRESH_AT_PERCENT: i64 = 80;
const JITTER_PERCENT: u64 = 5;
/// Pauses after failed fetches: doubled each time, up to the second number.
const PAUSE_SHORT_MS: (i64, i64) = (1_000, 60_000);
const PAUSE_LONG_MS: (i64, i64) = (60_000, 600_000);

/// How the authority behaves. The defaults are meant for production.
#[derive(Debug, Clone)]
pub struct Options {
    /// Use `/cgi-bin/token` when the account may not use `stable_token`. The two kinds of token do not disturb each other.
    pub classic_fallback: bool,
    /// A fetch that takes longer than this has lost its lease: a process died.
    pub lease_ms: i64,
    /// How long a caller without any usable token waits for another process' fetch, in real time.
    pub wait: Duration,
    /// How often the row is looked at while waiting.
    pub poll: Duration,
    /// Renewals after a refusal (40001 …) allowed in `forced_window_ms`; past it the refusal is handed to the caller.
    pub forced_max: i64,
    pub forced_window_ms: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            classic_fallback: true,
            lease_ms: 15_000,
            wait: Duration::from_secs(3),
            poll: Duration::from_millis(40),
            forced_max: 3,
            forced_window_ms: 600_000,
        }
    }
}

/// Hands out tokens. Cheap to clone; clones are one authority.
#[derive(Debug, Clone)]
pub struct Authority(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    store: Arc<dyn TokenStore>,
    clock: Clock,
    random: Random,
    options: Options,
    /// Our name on leases.
    me: String,
    /// In this process one task at a time fetches for a row.
    gates: Mutex<HashMap<Key, Arc<tokio::sync::Mutex<()>>>>,
}

impl Authority {
    pub fn new(
        client: Client,
        store: Arc<dyn TokenStore>,
        clock: Clock,
        random: Random,
        options: Options,
    ) -> Self {
        let me = random.hex(8);
        let gates = Mutex::new(HashMap::new());
        Self(Arc::new(Inner { client, store, clock, random, options, me, gates }))
    }

    pub fn client(&self) -> &Client {
        &self.0.client
    }
    pub(super) fn classic_fallback(&self) -> bool {
        self.0.options.classic_fallback
    }
    pub(crate) fn now(&self) -> Time {
        self.0.clock.now()
    }

    /// The token for the account's calls: `access_token` of a direct account, `authorizer_access_token` of an authorised one.
    pub async fn access_token(&self, owner: &Owner) -> CallResult<Secret<String>> {
        self.obtain(Source::Account(owner)).await
    }
    /// The platform's `component_access_token`.
    pub async fn component_token(&self, component: &Component) -> CallResult<Secret<String>> {
        self.obtain(Source::Component(component)).await
    }
    /// The account's JS-SDK ticket (section 18).
    pub async fn jsapi_ticket(&self, owner: &Owner) -> CallResult<Secret<String>> {
        self.obtain(Source::JsTicket(owner)).await
    }

    /// A token other than `refused`, which WeChat has just refused. When the stored token is another one already, that one is
    /// returned without a fetch.
    pub async fn renew(
        &self,
        owner: &Owner,
        refused: &Secret<String>,
    ) -> CallResult<Secret<String>> {
        self.replace(Source::Account(owner), Some(refused)).await
    }

    /// Calls `call` with the account's token; when WeChat refuses the token, renews it once and calls once more.
    pub async fn with_token<T, Fut>(
        &self,
        owner: &Owner,
        call: impl Fn(Secret<String>) -> Fut,
    ) -> CallResult<T>
    where
        Fut: Future<Output = CallResult<T>>,
    {
        self.with(Source::Account(owner), call).await
    }

    /// The same with the platform's token.
    pub async fn with_component_token<T, Fut>(
        &self,
        component: &Component,
        call: impl Fn(Secret<String>) -> Fut,
    ) -> CallResult<T>
    where
        Fut: Future<Output = CallResult<T>>,
    {
        self.with(Source::Component(component), call).await
    }

    pub(super) async fn with<T, Fut>(
        &self,
        source: Source<'_>,
        call: impl Fn(Secret<String>) -> Fut,
    ) -> CallResult<T>
    where
        Fut: Future<Output = CallResult<T>>,
    {
        let token = self.obtain(source).await?;
        let refusal = match call(token.clone()).await {
            Err(CallError::Api(e)) if e.class == Class::Token => e,
            outcome => return outcome,
        };
        match self.replace(source, Some(&token)).await {
            Ok(fresh) => call(fresh).await,
            Err(error) => {
                let key = source.key();
                tracing::warn!(appid = %key.appid, kind = key.kind.as_str(), %error, "token not renewed");
                Err(CallError::Api(refusal))
            }
        }
    }

    /// For a round: renews what is due now (the account's token; its JS ticket if one is in use). True when something was
    /// renewed. A token that another process is renewing is not ours to renew.
    pub async fn refresh_due(&self, owner: &Owner) -> CallResult<bool> {
        let token = self.refresh_source(Source::Account(owner), true).await?;
        let ticket = self.refresh_source(Source::JsTicket(owner), false).await?;
        Ok(token || ticket)
    }
    /// The same for the platform's token.
    pub async fn refresh_component_due(&self, component: &Component) -> CallResult<bool> {
        self.refresh_source(Source::Component(component), true).await
    }

    async fn refresh_source(&self, source: Source<'_>, also_first: bool) -> CallResult<bool> {
        let key = source.key();
        let row = self.load(&key).await?;
        let now = self.now();
        let due = match &row.token {
            Some(_) => now >= row.refresh_at,
            None => also_first,
        };
        if !due || row.dead || now < row.trouble.until || self.leased(&row, now) {
            return Ok(false);
        }
        let gate = self.gate(&key);
        let Ok(_held) = gate.try_lock() else {
            return Ok(false);
        };
        match self.lease(&key, row).await? {
            Some(row) => self.fetch_and_store(source, &key, &row, None).await.map(|_| true),
            None => Ok(false),
        }
    }

    /// Forgets failures and pauses, so that the next call tries at once: an operator says that the cause is mended.
    pub async fn forgive(&self, owner: &Owner) -> CallResult<()> {
        self.forgive_key(&Source::Account(owner).key()).await?;
        self.forgive_key(&Source::JsTicket(owner).key()).await
    }

    pub(crate) async fn forgive_key(&self, key: &Key) -> CallResult<()> {
        self.change(key, |row| {
            let hurt = row.trouble != Trouble::default() || row.forced_count != 0;
            row.trouble = Trouble::default();
            row.forced_count = 0;
            hurt
        })
        .await
    }

    /// Why the account's token cannot be fetched now, if so: for the operator's screen and alarms.
    pub async fn trouble(&self, owner: &Owner) -> CallResult<Option<Trouble>> {
        self.trouble_of(&Source::Account(owner).key()).await
    }

    pub(crate) async fn trouble_of(&self, key: &Key) -> CallResult<Option<Trouble>> {
        let row = self.load(key).await?;
        Ok((row.trouble.count > 0).then_some(row.trouble))
    }

    /// Stores what an account gave the platform; ends an earlier de-authorisation.
    pub(crate) async fn authorize(&self, appid: &str, pair: &IssuedPair) -> CallResult<()> {
        let now = self.now();
        let key = Key::new(appid, Kind::AuthorizerAccessToken);
        self.change(&key, |row| {
            row.dead = false;
            row.trouble = Trouble::default();
            row.forced_count = 0;
            row.refresh = Some(pair.refresh.clone());
            self.fill(row, &pair.access, now);
            true
        })
        .await
    }

    /// Puts a recovered refresh token in place; the access token goes when the refresh token is another one.
    pub(crate) async fn replant(&self, appid: &str, refresh: &Secret<String>) -> CallResult<bool> {
        let mut changed = false;
        let key = Key::new(appid, Kind::AuthorizerAccessToken);
        self.change(&key, |row| {
            changed = row.dead || !same(row.refresh.as_ref(), Some(refresh));
            if changed {
                row.dead = false;
                row.token = None;
                row.trouble = Trouble::default();
                row.refresh = Some(refresh.clone());
            }
            changed
        })
        .await?;
        Ok(changed)
    }

    /// Drops the account's tokens: no call goes out until it authorises again (22.12).
    pub(crate) async fn bury(&self, appid: &str) -> CallResult<()> {
        for kind in [Kind::AuthorizerAccessToken, Kind::JsapiTicket] {
            self.change(&Key::new(appid, kind), |row| {
                row.dead = kind == Kind::AuthorizerAccessToken;
                row.token = None;
                row.refresh = None;
                row.trouble = Trouble::default();
                true
            })
            .await?;
        }
        Ok(())
    }

    pub(crate) async fn is_dead(&self, appid: &str) -> CallResult<bool> {
        Ok(self.load(&Key::new(appid, Kind::AuthorizerAccessToken)).await?.dead)
    }

    /// Reads, changes and writes a row until nobody was faster. `to` answers whether anything changed.
    pub(crate) async fn change(
        &self,
        key: &Key,
        mut to: impl FnMut(&mut Row) -> bool,
    ) -> CallResult<()> {
        for _ in 0..CHANGES_MAX {
            let mut row = self.load(key).await?;
            if !to(&mut row) {
                return Ok(());
            }
            if self.0.store.put(key, row.version, &row).await.map_err(|e| stored(&e))? {
                return Ok(());
            }
        }
        Err(CallError::NotSent(Cause::Store(String::from("the row does not stand still"))))
    }

    pub(crate) async fn load(&self, key: &Key) -> CallResult<Row> {
        let row = self.0.store.load(key).await.map_err(|e| stored(&e))?;
        Ok(row.unwrap_or_default())
    }

    fn gate(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut gates = self.0.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(key.clone()).or_default().clone()
    }

    fn leased(&self, row: &Row, now: Time) -> bool {
        row.lease_until > now && row.lease_by != self.0.me
    }

    /// Takes the row's lease; the row as it stands after, or `None` when somebody was faster.
    async fn lease(&self, key: &Key, mut row: Row) -> CallResult<Option<Row>> {
        let until = self.now().plus_ms(self.0.options.lease_ms);
        let me = &self.0.me;
        let done =
            self.0.store.try_lease(key, row.version, me, until).await.map_err(|e| stored(&e))?;
        row.version += 1;
        Ok(done.then_some(row))
    }

    async fn obtain(&self, source: Source<'_>) -> CallResult<Secret<String>> {
        let key = source.key();
        let row = self.load(&key).await?;
        let now = self.now();
        let (Some(token), false) = (&row.token, row.dead) else {
            return self.replace(source, None).await;
        };
        if now < row.refresh_at {
            return Ok(token.clone());
        }
        if now >= row.expires_at {
            return self.replace(source, None).await;
        }
        // Due but good: one renews, the others go on with the old one, and so does the one when it fails.
        let old = token.clone();
        if now < row.trouble.until || self.leased(&row, now) {
            return Ok(old);
        }
        let gate = self.gate(&key);
        let Ok(_held) = gate.try_lock() else {
            return Ok(old);
        };
        let Some(row) = self.lease(&key, row).await? else {
            return Ok(old);
        };
        Ok(self.fetch_and_store(source, &key, &row, None).await.unwrap_or(old))
    }

    /// A token that is not `refused` (if one was), fetched by exactly one of all who ask; the others wait for that one.
    async fn replace(
        &self,
        source: Source<'_>,
        refused: Option<&Secret<String>>,
    ) -> CallResult<Secret<String>> {
        let key = source.key();
        let gate = self.gate(&key);
        let _held = gate.lock().await;
        let watch = base::Stopwatch::start();
        loop {
            let row = self.load(&key).await?;
            let now = self.now();
            if row.dead {
                return Err(CallError::NotSent(Cause::NotAuthorized));
            }
            if let Some(token) = row.token.as_ref().filter(|_| now < row.expires_at)
                && !same(Some(token), refused)
            {
                return Ok(token.clone());
            }
            if now < row.trouble.until {
                return Err(remembered(&row.trouble));
            }
            if refused.is_some() && self.forced_too_often(&row, now) {
                return Err(CallError::NotSent(Cause::Paused));
            }
            if !self.leased(&row, now)
                && let Some(row) = self.lease(&key, row).await?
            {
                return self.fetch_and_store(source, &key, &row, refused).await;
            }
            if watch.elapsed() >= self.0.options.wait {
                return Err(CallError::NotSent(Cause::Waiting));
            }
            tokio::time::sleep(self.0.options.poll).await;
        }
    }

    fn forced_too_often(&self, row: &Row, now: Time) -> bool {
        now.since(row.forced_since) < self.0.options.forced_window_ms
            && row.forced_count >= self.0.options.forced_max
    }

    /// With the lease in hand: fetch, then write the result, good or bad. `row` is the row with the lease taken.
    async fn fetch_and_store(
        &self,
        source: Source<'_>,
        key: &Key,
        row: &Row,
        refused: Option<&Secret<String>>,
    ) -> CallResult<Secret<String>> {
        match self.fetch(source, row, refused).await {
            Ok(fetched) => self.keep(key, row, &fetched, refused.is_some()).await,
            Err(error) => {
                let mut row = row.clone();
                self.note_failure(key, &mut row, &error);
                // Losing here means that somebody has written meanwhile; their row is as good.
                if let Err(e) = self.0.store.put(key, row.version, &row).await {
                    tracing::warn!(appid = %key.appid, error = %e, "failure of a token fetch not stored");
                }
                Err(error)
            }
        }
    }

    /// Writes a fetched token. When the row moved on although we held the lease, ours is written over it only if nobody has
    /// stored another token meanwhile; else theirs counts.
    async fn keep(
        &self,
        key: &Key,
        leased: &Row,
        fetched: &Fetched,
        forced: bool,
    ) -> CallResult<Secret<String>> {
        let ours = &fetched.issued.token;
        let mut row = leased.clone();
        for _ in 0..CHANGES_MAX {
            let now = self.now();
            let version = row.version;
            if forced {
                if now.since(row.forced_since) >= self.0.options.forced_window_ms {
                    (row.forced_since, row.forced_count) = (now, 0);
                }
                row.forced_count += 1;
            }
            if let Some(refresh) = &fetched.refresh {
                row.refresh = Some(refresh.clone());
            }
            row.trouble = Trouble::default();
            self.fill(&mut row, &fetched.issued, now);
            match self.0.store.put(key, version, &row).await {
                Ok(true) => return Ok(ours.clone()),
                Ok(false) => row = self.load(key).await?,
                Err(e) => {
                    // The token works although it is not kept; the next caller fetches again.
                    tracing::warn!(appid = %key.appid, error = %e, "fetched token not stored");
                    return Ok(ours.clone());
                }
            }
            if row.dead {
                return Err(CallError::NotSent(Cause::NotAuthorized));
            }
            if !same(row.token.as_ref(), leased.token.as_ref())
                && let Some(theirs) = row.token
            {
                return Ok(theirs);
            }
        }
        Ok(ours.clone())
    }

    fn fill(&self, row: &mut Row, issued: &Issued, now: Time) {
        let life = issued.expires_in_s.max(0).saturating_mul(1000);
        let jitter = i64::try_from(self.0.random.below(JITTER_PERCENT * 10 + 1)).unwrap_or(0);
        row.token = Some(issued.token.clone());
        row.expires_at = now.plus_ms(life - EXPIRY_MARGIN_MS.min(life / 10));
        row.refresh_at = now.plus_ms(life / 1000 * (REFRESH_AT_PERCENT * 10 - jitter));
        row.lease_until = Time::default();
        row.lease_by.clear();
    }

    fn note_failure(&self, key: &Key, row: &mut Row, error: &CallError) {
        row.lease_until = Time::default();
        row.lease_by.clear();
        let (code, text, (first, most)) = match error {
            CallError::NotSent(Cause::NotAuthorized) => {
                // Only the account's own row tells that it left; a ticket's row would outlive its return.
                row.dead = key.kind == Kind::AuthorizerAccessToken;
                row.token = None;
                row.refresh = None;
                return;
            }
            // These are known without asking WeChat, so there is nothing to spare it.
            CallError::NotSent(Cause::NoTicket | Cause::Waiting | Cause::Store(_)) => return,
            CallError::Api(e) => (e.code, e.message.clone(), pause(e)),
            CallError::NotSent(cause) | CallError::Unknown(cause) => {
                (0, cause.to_string(), PAUSE_SHORT_MS)
            }
        };
        let doublings = u32::try_from(row.trouble.count.clamp(0, 20)).unwrap_or(20);
        let pause_ms = first.saturating_mul(1_i64 << doublings).min(most);
        let count = row.trouble.count + 1;
        row.trouble = Trouble { count, code, text, until: self.now().plus_ms(pause_ms) };
    }
}

fn pause(e: &ApiError) -> (i64, i64) {
    match e.advice {
        Advice::Retry | Advice::RefreshToken | Advice::NextMinute | Advice::NewTicket
            if e.code != 40001 =>
        {
            PAUSE_SHORT_MS
        }
        _ => PAUSE_LONG_MS,
    }
}

fn remembered(trouble: &Trouble) -> CallError {
    if trouble.code == 0 {
        return CallError::NotSent(Cause::Resting(trouble.text.clone()));
    }
    CallError::Api(ApiError::new(trouble.code, &trouble.text))
}

pub(super) fn same(a: Option<&Secret<String>>, b: Option<&Secret<String>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.reveal() == b.reveal(),
        (None, None) => true,
        _ => false,
    }
}

fn stored(e: &base::Error) -> CallError {
    CallError::NotSent(Cause::Store(e.to_string()))
}
