//! WeChat's tokens in the database: the [`TokenStore`] behind the token authority.
//!
//! Rows belong to the union, which runs the technology for all banks; tokens are sealed columns (CH-13).

use crate::tenants::UNION;
use crate::vault::{Place, TenantKeys};
use base::{Result, Secret, Time};
use db::{Db, Scope, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wechat::token::{Boxed, Key, Row, TokenStore, Trouble};

const BODY: &str = "wechat_token.body";

#[derive(Debug)]
pub struct DbTokens {
    db: Db,
    keys: Arc<TenantKeys>,
}

impl DbTokens {
    pub fn new(db: Db, keys: Arc<TenantKeys>) -> Self {
        Self { db, keys }
    }

    fn place(key: &Key) -> Place {
        Place::new(BODY, row(&key.appid, key.kind.as_str()))
    }
}

/// Each row's own place, so that sealed rows cannot be swapped.
pub fn row(appid: &str, kind: &str) -> i64 {
    let name = crate::sessions::hash(&format!("{appid}/{kind}"));
    let mut row = [0; 8];
    row.copy_from_slice(&name[..8]);
    i64::from_be_bytes(row)
}

/// The part of a row that is sealed, as JSON.
#[derive(Serialize, Deserialize)]
struct Body {
    token: Option<String>,
    refresh: Option<String>,
    expires_at: Time,
    refresh_at: Time,
    forced_count: i64,
    forced_since: Time,
    trouble_count: i64,
    trouble_code: i64,
    trouble_text: String,
    trouble_until: Time,
    dead: bool,
}

impl Body {
    fn of(row: &Row) -> Self {
        let text = |s: &Option<Secret<String>>| s.as_ref().map(|s| s.reveal().clone());
        Self {
            token: text(&row.token),
            refresh: text(&row.refresh),
            expires_at: row.expires_at,
            refresh_at: row.refresh_at,
            forced_count: row.forced_count,
            forced_since: row.forced_since,
            trouble_count: row.trouble.count,
            trouble_code: row.trouble.code,
            trouble_text: row.trouble.text.clone(),
            trouble_until: row.trouble.until,
            dead: row.dead,
        }
    }
    fn row(self, version: i64, lease_until: Time, lease_by: String) -> Row {
        Row {
            version,
            token: self.token.map(Secret::new),
            refresh: self.refresh.map(Secret::new),
            expires_at: self.expires_at,
            refresh_at: self.refresh_at,
            lease_until,
            lease_by,
            forced_count: self.forced_count,
            forced_since: self.forced_since,
            trouble: Trouble {
                count: self.trouble_count,
                code: self.trouble_code,
                text: self.trouble_text,
                until: self.trouble_until,
            },
            dead: self.dead,
        }
    }
}

type Stored = (i64, Time, String, Option<Vec<u8>>);

impl TokenStore for DbTokens {
    fn load<'a>(&'a self, key: &'a Key) -> Boxed<'a, Option<Row>> {
        Box::pin(async move {
            let (appid, kind) = (key.appid.clone(), key.kind.as_str());
            let stored: Option<Stored> = self
                .db
                .read(Scope::Tenant(UNION), move |tx| {
                    tx.opt(
                        "SELECT version, lease_until_ms, lease_by, body_sealed FROM wechat_token \
                         WHERE tenant_id = $1 AND appid = $2 AND kind = $3",
                        params![tx.tenant(), appid, kind],
                    )
                })
                .await?;
            let Some((version, lease_until, lease_by, body)) = stored else {
                return Ok(None);
            };
            Ok(Some(match body {
                Some(sealed) => {
                    let body: Body = self.keys.open_json(Self::place(key), &sealed)?;
                    body.row(version, lease_until, lease_by)
                }
                None => Row { version, lease_until, lease_by, ..Row::default() },
            }))
        })
    }

    fn try_lease<'a>(
        &'a self,
        key: &'a Key,
        version: i64,
        by: &'a str,
        until: Time,
    ) -> Boxed<'a, bool> {
        Box::pin(async move {
            let (appid, kind, by) = (key.appid.clone(), key.kind.as_str(), by.to_owned());
            let unit = move |tx: &db::Tx<'_>| -> Result<bool> {
                if version == 0 {
                    return Ok(tx.exec(
                        "INSERT INTO wechat_token (tenant_id, appid, kind, version, lease_until_ms, lease_by) \
                         VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (tenant_id, appid, kind) DO NOTHING",
                        params![tx.tenant(), appid, kind, until, by],
                    )? == 1);
                }
                tx.exec_one(
                    "UPDATE wechat_token SET version = version + 1, lease_until_ms = $1, lease_by = $2 \
                     WHERE tenant_id = $3 AND appid = $4 AND kind = $5 AND version = $6",
                    params![until, by, tx.tenant(), appid, kind, version],
                )
            };
            self.db.write(Scope::Tenant(UNION), unit).await
        })
    }

    fn put<'a>(&'a self, key: &'a Key, version: i64, row: &'a Row) -> Boxed<'a, bool> {
        Box::pin(async move {
            let body = self.keys.seal_json(Self::place(key), &Body::of(row))?;
            let (appid, kind, by, until) =
                (key.appid.clone(), key.kind.as_str(), row.lease_by.clone(), row.lease_until);
            let unit = move |tx: &db::Tx<'_>| -> Result<bool> {
                if version == 0 {
                    return Ok(tx.exec(
                        "INSERT INTO wechat_token (tenant_id, appid, kind, version, lease_until_ms, lease_by, body_sealed) \
                         VALUES ($1, $2, $3, 1, $4, $5, $6) ON CONFLICT (tenant_id, appid, kind) DO NOTHING",
                        params![tx.tenant(), appid, kind, until, by, body],
                    )? == 1);
                }
                tx.exec_one(
                    "UPDATE wechat_token SET version = version + 1, lease_until_ms = $1, lease_by = $2, body_sealed = $3 \
                     WHERE tenant_id = $4 AND appid = $5 AND kind = $6 AND version = $7",
                    params![until, by, body, tx.tenant(), appid, kind, version],
                )
            };
            self.db.write(Scope::Tenant(UNION), unit).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestBank;

    #[tokio::test(flavor = "multi_thread")]
    async fn the_database_keeps_tokens_as_the_authority_needs_them_ch_13() {
        for bank in TestBank::each().await {
            let keys = bank.app.vault.tenant(&bank.app.db, UNION).await.unwrap();
            let store = DbTokens::new(bank.app.db.clone(), keys);
            wechat::token::conformance::check(&store, "wxconformance0001").await.unwrap();
            bank.stop().await;
        }
    }
}
