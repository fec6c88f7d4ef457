//! Accounts that authorise the platform: links, codes, refresh tokens, what they granted, recovery and withdrawal.

use super::{Platform, component_post};
use crate::api::credential::{Issued, IssuedPair};
use crate::api::wire::{address, lenient};
use crate::api::{CallError, CallResult, Done};
use crate::codes::Class;
use crate::token::{Authority, Component};
use base::{Secret, Time};
use serde::Deserialize;
use serde_json::{Value, json};

/// `api_get_authorizer_list` gives at most so many at once (else 40170).
const LIST_PAGE_MAX: usize = 500;
/// No platform has more pages than this: a list that never ends is a fault of the answer.
const LIST_PAGES_MAX: usize = 2_000;

/// `api_create_preauthcode`: for one authorisation link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreAuthCode {
    pub code: String,
    pub expires_at: Time,
}

/// What an authorisation link asks for (22.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    pub pre_auth_code: &'a str,
    /// Where WeChat sends the administrator afterwards, with `auth_code` and `expires_in`. Put an own `state` into it.
    pub redirect_uri: &'a str,
    /// Pins the link to one account, so that nobody binds the wrong one.
    pub biz_appid: Option<&'a str>,
    /// Permission sets to show; empty shows all.
    pub categories: &'a [i64],
}

/// One permission set of an authorisation (22.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub id: i64,
    /// The administrator still has to confirm it.
    pub needs_confirm: bool,
}

/// What an account has given the platform.
#[derive(Debug, Clone)]
pub struct Authorization {
    pub appid: String,
    pub grants: Vec<Grant>,
}

impl Authorization {
    /// Those of `needed` that were not granted.
    pub fn missing(&self, needed: &[i64]) -> Vec<i64> {
        missing(&self.grants, needed)
    }
}

fn missing(grants: &[Grant], needed: &[i64]) -> Vec<i64> {
    needed.iter().copied().filter(|n| grants.iter().all(|g| g.id != *n)).collect()
}

/// How an authorisation code was used: the redirect and the push deliver one fact twice.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// This delivery was the first.
    Fresh(Authorization),
    /// The code was used before (by the other delivery); the account's refresh token is in place.
    Already { appid: String },
}

/// `api_get_authorizer_info` (22.5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizerInfo {
    pub nick_name: String,
    pub head_img: String,
    /// 0 and 1 订阅号, 2 服务号.
    pub service_type: i64,
    /// 0 verified; -1 and others not.
    pub verify_type: i64,
    /// `gh_…`
    pub user_name: String,
    pub alias: String,
    pub qrcode_url: String,
    /// 主体名称: compare it with the bank's legal name.
    pub principal_name: String,
    /// 1 normal, 14 closed, 16 banned, 18 warned, 19 frozen.
    pub account_status: Option<i64>,
    /// A mini program, not an official account.
    pub is_mini_program: bool,
    pub grants: Vec<Grant>,
}

impl AuthorizerInfo {
    pub fn is_verified_service_account(&self) -> bool {
        self.service_type == 2 && self.verify_type == 0 && !self.is_mini_program
    }
    /// Those of `needed` that were not granted.
    pub fn missing(&self, needed: &[i64]) -> Vec<i64> {
        missing(&self.grants, needed)
    }
}

/// One line of the authorizer list.
#[derive(Debug, Clone)]
pub struct Listed {
    pub appid: String,
    pub refresh: Secret<String>,
    pub authorized_at: Time,
}

/// A page of the authorizer list.
#[derive(Debug, Clone)]
pub struct Page {
    pub total: i64,
    pub items: Vec<Listed>,
}

/// What [`Platform::recover`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Every account that authorises the platform now. One we serve that is not here has withdrawn.
    pub listed: Vec<String>,
    /// Those whose refresh token was missing or another one here.
    pub mended: Vec<String>,
}

/// The switches of an account that a platform may read and set (22.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchName {
    /// 0 off, 1 when the chat is opened, 2 every 5 s.
    LocationReport,
    /// 0 off, 1 on.
    VoiceRecognize,
    /// 0 off, 1 on.
    CustomerService,
}

impl SwitchName {
    fn as_str(self) -> &'static str {
        match self {
            Self::LocationReport => "location_report",
            Self::VoiceRecognize => "voice_recognize",
            Self::CustomerService => "customer_service",
        }
    }
    fn allows(self, value: i64) -> bool {
        (0..=if self == Self::LocationReport { 2 } else { 1 }).contains(&value)
    }
}

#[derive(Deserialize)]
struct PreAuthAnswer {
    pre_auth_code: String,
    #[serde(deserialize_with = "lenient::number")]
    expires_in: i64,
}

#[derive(Deserialize)]
struct QueryAuthAnswer {
    authorization_info: AuthInfo,
}

#[derive(Deserialize)]
struct AuthInfo {
    authorizer_appid: String,
    #[serde(default)]
    authorizer_access_token: String,
    #[serde(default, deserialize_with = "lenient::number")]
    expires_in: i64,
    #[serde(default)]
    authorizer_refresh_token: String,
    #[serde(default)]
    func_info: Value,
}

#[derive(Deserialize)]
struct ListAnswer {
    #[serde(deserialize_with = "lenient::number")]
    total_count: i64,
    #[serde(default)]
    list: Vec<ListLine>,
}

#[derive(Deserialize)]
struct ListLine {
    authorizer_appid: String,
    refresh_token: String,
    #[serde(default, deserialize_with = "lenient::number")]
    auth_time: i64,
}

#[derive(Deserialize)]
struct InfoAnswer {
    authorizer_info: Value,
    #[serde(default)]
    authorization_info: Value,
}

#[derive(Deserialize)]
struct OptionAnswer {
    #[serde(deserialize_with = "lenient::number")]
    option_value: i64,
}

/// `func_info` as sent: `[{"funcscope_category":{"id":1},"confirm_info":{"need_confirm":0,…}}]`.
fn grants_of(func_info: &Value) -> Vec<Grant> {
    let sets = func_info.as_array().map(Vec::as_slice).unwrap_or_default();
    sets.iter()
        .filter_map(|set| {
            let id = set.get("funcscope_category")?.get("id")?.as_i64()?;
            let confirm = set.get("confirm_info");
            let flag = |name| confirm.and_then(|c| c.get(name)).and_then(Value::as_i64) == Some(1);
            let needs_confirm = flag("need_confirm") && !flag("already_confirm");
            Some(Grant { id, needs_confirm })
        })
        .collect()
}

impl Platform {
    /// `api_create_preauthcode` (22.2 step 3). Use it for one link; trust `expires_at`, not a fixed time.
    ///
    /// # Errors
    /// As every platform call.
    pub async fn pre_auth_code(&self) -> CallResult<PreAuthCode> {
        let body = json!({ "component_appid": self.appid() });
        let now = self.authority().now();
        let answer: PreAuthAnswer =
            self.post("/cgi-bin/component/api_create_preauthcode", &body).await?;
        let expires_at = now.plus_ms(answer.expires_in.saturating_mul(1000));
        Ok(PreAuthCode { code: answer.pre_auth_code, expires_at })
    }

    /// The page for a computer: shows a code to scan. Must be opened from a page of the platform's registered domain.
    pub fn link_for_computer(&self, link: &Link<'_>) -> String {
        let categories = joined(link.categories);
        let query = self.link_query(link, &categories);
        address(&self.client().hosts().mp, "/cgi-bin/componentloginpage", &query)
    }

    /// The page for a phone, to be opened inside WeChat.
    pub fn link_for_phone(&self, link: &Link<'_>) -> String {
        let categories = joined(link.categories);
        let mut query = vec![("action", "bindcomponent"), ("no_scan", "1")];
        query.extend(self.link_query(link, &categories));
        let url = address(&self.client().hosts().open, "/wxaopen/safe/bindcomponent", &query);
        url + "#wechat_redirect"
    }

    fn link_query<'a>(
        &'a self,
        link: &Link<'a>,
        categories: &'a str,
    ) -> Vec<(&'static str, &'a str)> {
        let mut query = vec![
            ("component_appid", self.appid()),
            ("pre_auth_code", link.pre_auth_code),
            ("redirect_uri", link.redirect_uri),
            // Official accounts only; mini programs are not what a bank's chat is.
            ("auth_type", "1"),
        ];
        query.extend(link.biz_appid.map(|biz| ("biz_appid", biz)));
        query.extend((!categories.is_empty()).then_some(("category_id_list", categories)));
        query
    }

    /// `api_query_auth` (22.2 step 5): uses an authorisation code and keeps the account's tokens.
    ///
    /// The code works once, and both the redirect and the push carry it. `of` is the account the push names: when the code is
    /// used up, that account's refresh token is looked up in WeChat's list, and [`Accepted::Already`] says all is well.
    ///
    /// # Errors
    /// 61009, 61010: the code is not usable and the account is not (known to be) authorised; make a new link.
    pub async fn accept(&self, code: &str, of: Option<&str>) -> CallResult<Accepted> {
        let body = json!({ "component_appid": self.appid(), "authorization_code": code });
        let path = "/cgi-bin/component/api_query_auth";
        match self.post::<QueryAuthAnswer>(path, &body).await {
            Ok(answer) => self.accepted(answer.authorization_info).await,
            Err(CallError::Api(e)) if e.class == Class::AuthCode => {
                let Some(appid) = of else {
                    return Err(CallError::Api(e));
                };
                let found = find_refresh_token(self.authority(), self.component(), appid).await?;
                let Some(refresh) = found else {
                    return Err(CallError::Api(e));
                };
                self.authority().replant(appid, &refresh).await?;
                Ok(Accepted::Already { appid: appid.to_owned() })
            }
            Err(e) => Err(e),
        }
    }

    async fn accepted(&self, info: AuthInfo) -> CallResult<Accepted> {
        let pair = IssuedPair {
            access: Issued {
                token: Secret::new(info.authorizer_access_token),
                expires_in_s: info.expires_in,
            },
            refresh: Secret::new(info.authorizer_refresh_token),
        };
        self.authority().authorize(&info.authorizer_appid, &pair).await?;
        let grants = grants_of(&info.func_info);
        Ok(Accepted::Fresh(Authorization { appid: info.authorizer_appid, grants }))
    }

    /// The account withdrew (push `unauthorized`, 22.12): its tokens go at once, calls for it are refused until it authorises
    /// again. What customers bound stays: the bank may come back.
    ///
    /// # Errors
    /// `NotSent(Store)`.
    pub async fn withdrawn(&self, authorizer_appid: &str) -> CallResult<()> {
        self.authority().bury(authorizer_appid).await
    }

    /// Whether [`Platform::withdrawn`] holds for the account.
    ///
    /// # Errors
    /// `NotSent(Store)`.
    pub async fn is_withdrawn(&self, authorizer_appid: &str) -> CallResult<bool> {
        self.authority().is_dead(authorizer_appid).await
    }

    /// `api_get_authorizer_info` (22.5).
    ///
    /// # Errors
    /// 61003 the account does not authorise the platform, and as every platform call.
    pub async fn authorizer_info(&self, authorizer_appid: &str) -> CallResult<AuthorizerInfo> {
        let body = json!({ "component_appid": self.appid(), "authorizer_appid": authorizer_appid });
        let path = "/cgi-bin/component/api_get_authorizer_info";
        let answer: InfoAnswer = self.post(path, &body).await?;
        let info = &answer.authorizer_info;
        let text = |name: &str| info[name].as_str().unwrap_or_default().to_owned();
        let kind = |name: &str| info[name]["id"].as_i64().unwrap_or(-1);
        Ok(AuthorizerInfo {
            nick_name: text("nick_name"),
            head_img: text("head_img"),
            service_type: kind("service_type_info"),
            verify_type: kind("verify_type_info"),
            user_name: text("user_name"),
            alias: text("alias"),
            qrcode_url: text("qrcode_url"),
            principal_name: text("principal_name"),
            account_status: info["account_status"].as_i64(),
            is_mini_program: !info["MiniProgramInfo"].is_null(),
            grants: grants_of(&answer.authorization_info["func_info"]),
        })
    }

    /// One page of `api_get_authorizer_list` (22.8), 500 lines from `offset`.
    ///
    /// # Errors
    /// As every platform call.
    pub async fn authorizers(&self, offset: usize) -> CallResult<Page> {
        list_page(self.authority(), self.component(), offset).await
    }

    /// Reads the whole list and puts every refresh token in place: after a restored database, and every night.
    ///
    /// # Errors
    /// As every platform call; what was mended before stays.
    pub async fn recover(&self) -> CallResult<Recovered> {
        let mut found = Recovered::default();
        for _ in 0..LIST_PAGES_MAX {
            let page = self.authorizers(found.listed.len()).await?;
            if page.items.is_empty() {
                break;
            }
            for line in page.items {
                if self.authority().replant(&line.appid, &line.refresh).await? {
                    found.mended.push(line.appid.clone());
                }
                found.listed.push(line.appid);
            }
            if i64::try_from(found.listed.len()).is_ok_and(|n| n >= page.total) {
                break;
            }
        }
        Ok(found)
    }

    /// `get_authorizer_option` (22.9).
    ///
    /// # Errors
    /// 61012, and as every platform call.
    pub async fn switch(&self, authorizer_appid: &str, name: SwitchName) -> CallResult<i64> {
        let body = json!({
            "component_appid": self.appid(),
            "authorizer_appid": authorizer_appid,
            "option_name": name.as_str(),
        });
        let answer: OptionAnswer =
            self.post("/cgi-bin/component/get_authorizer_option", &body).await?;
        Ok(answer.option_value)
    }

    /// `set_authorizer_option` (22.9).
    ///
    /// # Errors
    /// `NotSent(Invalid)` for a value the switch does not know; 61013, 61025, and as every platform call.
    pub async fn set_switch(
        &self,
        authorizer_appid: &str,
        name: SwitchName,
        value: i64,
    ) -> CallResult<()> {
        if !name.allows(value) {
            return Err(CallError::invalid("the switch does not know this value"));
        }
        let body = json!({
            "component_appid": self.appid(),
            "authorizer_appid": authorizer_appid,
            "option_name": name.as_str(),
            "option_value": value.to_string(),
        });
        let path = "/cgi-bin/component/set_authorizer_option";
        self.post::<Done>(path, &body).await.map(|_| ())
    }
}

fn joined(ids: &[i64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
}

async fn list_page(
    authority: &Authority,
    component: &Component,
    offset: usize,
) -> CallResult<Page> {
    let body =
        json!({ "component_appid": component.appid, "offset": offset, "count": LIST_PAGE_MAX });
    let path = "/cgi-bin/component/api_get_authorizer_list";
    let answer: ListAnswer = component_post(authority, component, path, &body).await?;
    let items = answer
        .list
        .into_iter()
        .map(|l| Listed {
            appid: l.authorizer_appid,
            refresh: Secret::new(l.refresh_token),
            authorized_at: Time::of_secs(l.auth_time),
        })
        .collect();
    Ok(Page { total: answer.total_count, items })
}

/// The account's refresh token from WeChat's list; `None` when the account does not authorise the platform.
pub(crate) async fn find_refresh_token(
    authority: &Authority,
    component: &Component,
    appid: &str,
) -> CallResult<Option<Secret<String>>> {
    let mut seen = 0;
    for _ in 0..LIST_PAGES_MAX {
        let page = list_page(authority, component, seen).await?;
        let count = page.items.len();
        if let Some(line) = page.items.into_iter().find(|l| l.appid == appid) {
            return Ok(Some(line.refresh));
        }
        seen += count;
        if count == 0 || i64::try_from(seen).is_ok_and(|n| n >= page.total) {
            break;
        }
    }
    Ok(None)
}
