//! Addresses, callback check, quotas and diagnosis: sections 7.3 and 20.

use super::wire::lenient;
use super::{Account, CallError, CallResult, Done};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which test of [`Account::check_callback`] WeChat makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Dns,
    Ping,
    All,
}

/// From which network WeChat tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// 电信
    ChinaNet,
    /// 联通
    Unicom,
    /// 腾讯
    Cap,
    /// WeChat chooses.
    Default,
}

/// What WeChat saw of our callback address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct CallbackCheck {
    #[serde(default)]
    pub dns: Vec<DnsLine>,
    #[serde(default)]
    pub ping: Vec<PingLine>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DnsLine {
    pub ip: String,
    #[serde(default)]
    pub real_operator: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PingLine {
    pub ip: String,
    #[serde(default)]
    pub from_operator: String,
    /// As WeChat writes it, for example `0%`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub package_loss: String,
    /// As WeChat writes it, for example `23.079ms`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub time: String,
}

/// `openapi/quota/get`: how often a call may still be made today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub daily_limit: i64,
    pub used: i64,
    pub remain: i64,
    /// At most `calls` in `seconds`, when WeChat says so.
    pub rate: Option<Rate>,
    /// The same for the platform that calls on behalf.
    pub component_rate: Option<Rate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Rate {
    #[serde(rename = "call_count", deserialize_with = "lenient::number")]
    pub calls: i64,
    #[serde(rename = "refresh_second", deserialize_with = "lenient::number")]
    pub seconds: i64,
}

#[derive(Deserialize)]
struct IpAnswer {
    #[serde(default)]
    ip_list: Vec<String>,
}

#[derive(Deserialize)]
struct QuotaAnswer {
    quota: DayAnswer,
    #[serde(default)]
    rate_limit: Value,
    #[serde(default)]
    component_rate_limit: Value,
}

#[derive(Deserialize)]
struct DayAnswer {
    #[serde(deserialize_with = "lenient::number")]
    daily_limit: i64,
    #[serde(deserialize_with = "lenient::number")]
    used: i64,
    #[serde(deserialize_with = "lenient::number")]
    remain: i64,
}

impl Account {
    /// `GET /cgi-bin/getcallbackip`: from which addresses (or `a.b.c.d/n`) pushes come.
    pub async fn callback_ips(&self) -> CallResult<Vec<String>> {
        Ok(self.get::<IpAnswer>("/cgi-bin/getcallbackip", &[]).await?.ip_list)
    }

    /// `GET /cgi-bin/get_api_domain_ip`: the addresses of the API.
    pub async fn api_ips(&self) -> CallResult<Vec<String>> {
        Ok(self.get::<IpAnswer>("/cgi-bin/get_api_domain_ip", &[]).await?.ip_list)
    }

    /// `POST /cgi-bin/callback/check`: lets WeChat look at our callback address.
    ///
    /// # Errors
    /// 40201 no callback address is set.
    pub async fn check_callback(&self, what: Check, from: Network) -> CallResult<CallbackCheck> {
        let action = match what {
            Check::Dns => "dns",
            Check::Ping => "ping",
            Check::All => "all",
        };
        let operator = match from {
            Network::ChinaNet => "CHINANET",
            Network::Unicom => "UNICOM",
            Network::Cap => "CAP",
            Network::Default => "DEFAULT",
        };
        let body = json!({ "action": action, "check_operator": operator });
        self.post("/cgi-bin/callback/check", &body).await
    }

    /// `POST /cgi-bin/openapi/quota/get` for a path such as `/cgi-bin/message/custom/send`.
    ///
    /// # Errors
    /// `NotSent(Invalid)` when `path` does not begin with `/`; 76021 unknown, 76022 not counted (all `/sns/`).
    pub async fn quota(&self, path: &str) -> CallResult<Quota> {
        if !path.starts_with('/') {
            return Err(CallError::invalid("the path begins with / and has no host"));
        }
        let body = json!({ "cgi_path": path });
        let answer: QuotaAnswer = self.post("/cgi-bin/openapi/quota/get", &body).await?;
        let DayAnswer { daily_limit, used, remain } = answer.quota;
        let rate = serde_json::from_value(answer.rate_limit).ok();
        let component_rate = serde_json::from_value(answer.component_rate_limit).ok();
        Ok(Quota { daily_limit, used, remain, rate, component_rate })
    }

    /// `POST /cgi-bin/clear_quota`: sets all counters of today to zero. 10 times a month, shared with the console.
    ///
    /// # Errors
    /// 48006 used up for this month.
    pub async fn clear_quota(&self) -> CallResult<()> {
        self.post_done("/cgi-bin/clear_quota", &json!({ "appid": self.appid() })).await
    }

    /// `POST /cgi-bin/clear_quota/v2` with the account's own secret, for when the token's own quota is gone.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for an account without a secret here (use [`crate::component::Platform::clear_quota`]); 48006.
    pub async fn clear_quota_by_secret(&self) -> CallResult<()> {
        let Some(secret) = self.owner().secret() else {
            return Err(CallError::invalid("this account is called by authorisation"));
        };
        let query = [("appid", self.appid()), ("appsecret", secret.reveal().as_str())];
        let path = "/cgi-bin/clear_quota/v2";
        self.client().post::<Done>(path, &query, &json!({})).await.map(|_| ())
    }

    /// `POST /cgi-bin/openapi/rid/get`: WeChat's own record of one call of the last 7 days, as it answers.
    ///
    /// # Errors
    /// 76001–76004.
    pub async fn trace_of(&self, rid: &str) -> CallResult<Value> {
        let answer: Value = self.post("/cgi-bin/openapi/rid/get", &json!({ "rid": rid })).await?;
        Ok(answer.get("request").cloned().unwrap_or(Value::Null))
    }
}
