//! The calls that give tokens and tickets (sections 7 and 22.2), as WeChat has them.
//!
//! Not for: caching or renewing; use [`crate::token::Authority`], which calls these.

use super::wire::lenient;
use super::{CallResult, Client};
use base::Secret;
use serde::Deserialize;
use serde_json::json;

/// A token or ticket, and for how many seconds from now.
#[derive(Debug)]
pub struct Issued {
    pub token: Secret<String>,
    pub expires_in_s: i64,
}

/// An authorizer's token pair.
#[derive(Debug)]
pub struct IssuedPair {
    pub access: Issued,
    /// Store it every time: it may or may not have changed.
    pub refresh: Secret<String>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(alias = "component_access_token", alias = "authorizer_access_token", alias = "ticket")]
    access_token: String,
    #[serde(deserialize_with = "lenient::number")]
    expires_in: i64,
    #[serde(default)]
    authorizer_refresh_token: String,
}

impl Token {
    fn issued(self) -> Issued {
        Issued { token: Secret::new(self.access_token), expires_in_s: self.expires_in }
    }
}

impl Client {
    /// `POST /cgi-bin/stable_token` (7.2). Without `force` a repeat inside the validity gives the same token with the seconds
    /// that are left; `force` kills the current token and is allowed 20 times a day, 30 s apart.
    pub async fn stable_token(
        &self,
        appid: &str,
        secret: &Secret<String>,
        force: bool,
    ) -> CallResult<Issued> {
        let body = json!({
            "grant_type": "client_credential",
            "appid": appid,
            "secret": secret.reveal(),
            "force_refresh": force,
        });
        let token: Token = self.post("/cgi-bin/stable_token", &[], &body).await?;
        Ok(token.issued())
    }

    /// `GET /cgi-bin/token` (7.1). Every call kills the token before it (after about 5 minutes); 2000 a day.
    pub async fn classic_token(&self, appid: &str, secret: &Secret<String>) -> CallResult<Issued> {
        let query =
            [("grant_type", "client_credential"), ("appid", appid), ("secret", secret.reveal())];
        let token: Token = self.get("/cgi-bin/token", &query).await?;
        Ok(token.issued())
    }

    /// `GET /cgi-bin/ticket/getticket?type=jsapi` (7.3, 18).
    pub async fn jsapi_ticket(&self, token: &Secret<String>) -> CallResult<Issued> {
        let query = [("access_token", token.reveal().as_str()), ("type", "jsapi")];
        let token: Token = self.get("/cgi-bin/ticket/getticket", &query).await?;
        Ok(token.issued())
    }

    /// `POST /cgi-bin/component/api_component_token` (22.2 step 2).
    pub async fn component_token(
        &self,
        component_appid: &str,
        secret: &Secret<String>,
        ticket: &Secret<String>,
    ) -> CallResult<Issued> {
        let body = json!({
            "component_appid": component_appid,
            "component_appsecret": secret.reveal(),
            "component_verify_ticket": ticket.reveal(),
        });
        let token: Token = self.post("/cgi-bin/component/api_component_token", &[], &body).await?;
        Ok(token.issued())
    }

    /// `POST /cgi-bin/component/api_authorizer_token` (22.2 step 6).
    pub async fn authorizer_token(
        &self,
        component_token: &Secret<String>,
        component_appid: &str,
        authorizer_appid: &str,
        refresh: &Secret<String>,
    ) -> CallResult<IssuedPair> {
        let body = json!({
            "component_appid": component_appid,
            "authorizer_appid": authorizer_appid,
            "authorizer_refresh_token": refresh.reveal(),
        });
        let query = [("access_token", component_token.reveal().as_str())];
        let mut token: Token =
            self.post("/cgi-bin/component/api_authorizer_token", &query, &body).await?;
        let fresh = std::mem::take(&mut token.authorizer_refresh_token);
        let refresh = if fresh.is_empty() { refresh.clone() } else { Secret::new(fresh) };
        Ok(IssuedPair { access: token.issued(), refresh })
    }
}
