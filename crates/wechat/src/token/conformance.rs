//! What every [`TokenStore`] must do, as one list of sentences to run against an own store in its tests.

use super::{Key, Kind, Row, TokenStore, Trouble};
use base::{Secret, Time};

/// Runs every sentence against a store that knows nothing of `appid` yet.
///
/// # Errors
/// The first sentence that does not hold.
///
/// ```
/// use wechat::token::{MemoryStore, conformance};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// assert_eq!(conformance::check(&MemoryStore::new(), "wx0123456789abcdef").await, Ok(()));
/// # });
/// ```
pub async fn check(store: &dyn TokenStore, appid: &str) -> Result<(), String> {
    let key = Key::new(appid, Kind::AccessToken);
    leases(store, &key).await?;
    writes(store, &key).await?;
    let other = Key::new(appid, Kind::AuthorizerAccessToken);
    inserts(store, &other).await?;
    let stranger = Key::new(&format!("{appid}-other"), Kind::AccessToken);
    let nothing = read(store, &stranger).await?;
    hold(nothing.is_none(), "rows of another appid are other rows")
}

async fn leases(store: &dyn TokenStore, key: &Key) -> Result<(), String> {
    hold(read(store, key).await?.is_none(), "an unknown key has no row")?;
    hold(!lease(store, key, 3, "a").await?, "a lease on a version that is not there is refused")?;
    hold(lease(store, key, 0, "a").await?, "a lease on no row makes one")?;
    hold(!lease(store, key, 0, "b").await?, "of two who lease the same version one loses")?;
    let row = must(store, key).await?;
    hold(row.version == 1, "a lease counts the version")?;
    hold(row.lease_by == "a" && row.lease_until == Time::of_ms(77), "a lease keeps who and until")?;
    hold(row.token.is_none() && row.refresh.is_none(), "a new row has no token")
}

async fn writes(store: &dyn TokenStore, key: &Key) -> Result<(), String> {
    let full = sample(&"t".repeat(3_000));
    hold(!put(store, key, 0, &full).await?, "an insert over a row is refused")?;
    hold(!put(store, key, 2, &full).await?, "a write on another version is refused")?;
    hold(put(store, key, 1, &full).await?, "a write on the stored version is done")?;
    let stored = must(store, key).await?;
    hold(stored.version == 2, "a write counts the version, whatever the row says")?;
    hold(alike(&stored, &full), "every field comes back as written, long tokens too")?;
    hold(lease(store, key, 2, "b").await?, "a row with a token can be leased")?;
    let leased = must(store, key).await?;
    let expected = Row { lease_by: String::from("b"), lease_until: Time::of_ms(77), ..full };
    hold(alike(&leased, &expected), "a lease changes nothing but the lease")?;
    hold(put(store, key, 3, &Row::default()).await?, "a row can be emptied")?;
    hold(alike(&must(store, key).await?, &Row::default()), "an absent token stays absent")
}

async fn inserts(store: &dyn TokenStore, key: &Key) -> Result<(), String> {
    hold(read(store, key).await?.is_none(), "rows of another kind are other rows")?;
    let row = sample("short");
    hold(put(store, key, 0, &row).await?, "a write on no row inserts")?;
    let stored = must(store, key).await?;
    hold(stored.version == 1 && alike(&stored, &row), "an inserted row comes back with version 1")
}

fn sample(token: &str) -> Row {
    Row {
        version: 99,
        token: Some(Secret::new(token.to_owned())),
        refresh: Some(Secret::new(String::from("refreshtoken@@@x"))),
        expires_at: Time::of_ms(1_795_400_007_170),
        refresh_at: Time::of_ms(1_795_400_005_700),
        lease_until: Time::of_ms(5),
        lease_by: String::from("c"),
        forced_count: 2,
        forced_since: Time::of_ms(1_795_400_000_001),
        trouble: Trouble {
            count: 4,
            code: 40164,
            text: String::from("invalid ip 203.0.113.9，不在白名单"),
            until: Time::of_ms(1_795_400_060_000),
        },
        dead: true,
    }
}

/// The same but for `version`.
fn alike(a: &Row, b: &Row) -> bool {
    let shown = |s: &Option<Secret<String>>| s.as_ref().map(|s| s.reveal().clone());
    let times = |r: &Row| (r.expires_at, r.refresh_at, r.lease_until, r.forced_since);
    shown(&a.token) == shown(&b.token)
        && shown(&a.refresh) == shown(&b.refresh)
        && times(a) == times(b)
        && (&a.lease_by, a.forced_count, a.dead) == (&b.lease_by, b.forced_count, b.dead)
        && a.trouble == b.trouble
}

fn hold(so: bool, sentence: &str) -> Result<(), String> {
    if so { Ok(()) } else { Err(sentence.to_owned()) }
}

async fn read(store: &dyn TokenStore, key: &Key) -> Result<Option<Row>, String> {
    store.load(key).await.map_err(|e| format!("load: {e}"))
}
async fn must(store: &dyn TokenStore, key: &Key) -> Result<Row, String> {
    read(store, key).await?.ok_or_else(|| String::from("a written row is found again"))
}
async fn lease(store: &dyn TokenStore, key: &Key, version: i64, by: &str) -> Result<bool, String> {
    let until = Time::of_ms(77);
    store.try_lease(key, version, by, until).await.map_err(|e| format!("try_lease: {e}"))
}
async fn put(store: &dyn TokenStore, key: &Key, version: i64, row: &Row) -> Result<bool, String> {
    store.put(key, version, row).await.map_err(|e| format!("put: {e}"))
}
