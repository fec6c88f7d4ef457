//! Web login (网页授权), sections 17 and 22.7, for direct and authorised accounts alike.
//!
//! The openid it gives authenticates a WeChat user, not a bank customer. Not for: making or checking `state` (the session
//! does), or using a `code` twice (WeChat allows it once, for 5 minutes).

use super::wire::{address, lenient};
use super::{Account, CallError, CallResult, Client, Done};
use crate::codes::Class;
use crate::token::Owner;
use base::Secret;
use serde::Deserialize;

/// What the person is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `snsapi_base`: silent, gives the openid only.
    Base,
    /// `snsapi_userinfo`: asks the person; gives nickname and avatar.
    UserInfo,
}

impl Scope {
    fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
        }
    }
}

/// The answer to a `code`.
#[derive(Debug, Clone, Deserialize)]
pub struct Login {
    #[serde(deserialize_with = "secret")]
    pub access_token: Secret<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub expires_in: i64,
    /// 30 days.
    #[serde(default = "empty", deserialize_with = "secret")]
    pub refresh_token: Secret<String>,
    pub openid: String,
    #[serde(default)]
    pub scope: String,
    /// The page was opened with a virtual account (快照页): the openid is nobody's. Refuse login and binding.
    #[serde(default, deserialize_with = "lenient::flag", rename = "is_snapshotuser")]
    pub is_snapshot: bool,
    #[serde(default)]
    pub unionid: Option<String>,
}

/// `/sns/userinfo`: what the person agreed to show. Sex and region have been empty since 2021.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Profile {
    pub openid: String,
    #[serde(default)]
    pub nickname: String,
    #[serde(default)]
    pub headimgurl: String,
    #[serde(default)]
    pub unionid: Option<String>,
}

fn secret<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(d).map(Secret::new)
}
fn empty() -> Secret<String> {
    Secret::new(String::new())
}

/// `state` is at most this long, of letters and digits.
pub const STATE_MAX_BYTES: usize = 128;

/// The address that starts web login. The order of parameters and the fragment matter to WeChat's clients.
///
/// # Errors
/// `NotSent(Invalid)` when `state` is not 1–128 of `[A-Za-z0-9]` or `redirect_uri` is not an http(s) address.
pub fn authorize_url(
    client: &Client,
    owner: &Owner,
    redirect_uri: &str,
    scope: Scope,
    state: &str,
) -> CallResult<String> {
    let fits = (1..=STATE_MAX_BYTES).contains(&state.len());
    if !fits || !state.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(CallError::invalid("state must be 1 to 128 letters and digits"));
    }
    if !(redirect_uri.starts_with("https://") || redirect_uri.starts_with("http://")) {
        return Err(CallError::invalid("redirect_uri must be an http(s) address"));
    }
    let mut query = vec![
        ("appid", owner.appid()),
        ("redirect_uri", redirect_uri),
        ("response_type", "code"),
        ("scope", scope.as_str()),
        ("state", state),
    ];
    if let Some(component) = owner.component() {
        query.push(("component_appid", &component.appid));
    }
    let url = address(&client.hosts().open, "/connect/oauth2/authorize", &query);
    Ok(url + "#wechat_redirect")
}

impl Account {
    /// See [`authorize_url`].
    ///
    /// # Errors
    /// As [`authorize_url`].
    pub fn login_url(&self, redirect_uri: &str, scope: Scope, state: &str) -> CallResult<String> {
        authorize_url(self.client(), self.owner(), redirect_uri, scope, state)
    }

    /// Exchanges a `code`: `/sns/oauth2/access_token` with the secret, or `/sns/oauth2/component/access_token` with the
    /// platform's token.
    ///
    /// # Errors
    /// 40029, 40163, 42003: the code is invalid, used, expired ([`crate::codes::Advice::RestartLogin`]). After `Unknown` the
    /// code may be used up: start login again.
    pub async fn login(&self, code: &str) -> CallResult<Login> {
        self.grant("access_token", "authorization_code", ("code", code)).await
    }

    /// Renews a web login's token with its refresh token (17.4, 22.7 step 4).
    ///
    /// # Errors
    /// 40030, 42002: start login again.
    pub async fn login_again(&self, refresh: &Secret<String>) -> CallResult<Login> {
        self.grant("refresh_token", "refresh_token", ("refresh_token", refresh.reveal())).await
    }

    async fn grant(&self, last: &str, grant_type: &str, proof: (&str, &str)) -> CallResult<Login> {
        let (client, appid) = (self.client(), self.appid());
        if let Some(component) = self.owner().component() {
            let path = format!("/sns/oauth2/component/{last}");
            let path = path.as_str();
            let call = |token: Secret<String>| async move {
                let query = [
                    ("appid", appid),
                    proof,
                    ("grant_type", grant_type),
                    ("component_appid", component.appid.as_str()),
                    ("component_access_token", token.reveal()),
                ];
                client.get(path, &query).await
            };
            return self.authority().with_component_token(component, call).await;
        }
        let mut query = vec![("appid", appid)];
        if let (Some(secret), "access_token") = (self.owner().secret(), last) {
            query.push(("secret", secret.reveal()));
        }
        query.extend([proof, ("grant_type", grant_type)]);
        client.get(&format!("/sns/oauth2/{last}"), &query).await
    }

    /// `/sns/userinfo`; needs [`Scope::UserInfo`], else 48001.
    ///
    /// # Errors
    /// As every call. A refused token here is the login's, so nothing is renewed.
    pub async fn profile(&self, login: &Login) -> CallResult<Profile> {
        let query = [
            ("access_token", login.access_token.reveal().as_str()),
            ("openid", &login.openid),
            ("lang", "zh_CN"),
        ];
        self.client().get("/sns/userinfo", &query).await
    }

    /// `/sns/auth` (17 step 6): whether the login's token still works.
    ///
    /// # Errors
    /// As every call; a refused token is `Ok(false)`.
    pub async fn login_works(&self, login: &Login) -> CallResult<bool> {
        let query =
            [("access_token", login.access_token.reveal().as_str()), ("openid", &login.openid)];
        match self.client().get::<Done>("/sns/auth", &query).await {
            Ok(_) => Ok(true),
            Err(CallError::Api(e)) if matches!(e.class, Class::Token | Class::Openid) => Ok(false),
            Err(e) => Err(e),
        }
    }
}
