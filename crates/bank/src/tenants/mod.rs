//! Institutions (机构), their Official Accounts (公众号), and what each may do.
//!
//! The registry is a snapshot of rows, read at start and again when a row changes; every message and job names its
//! account and tenant through it, never through ambient state.

#[cfg(test)]
mod apart;
pub mod setup;
pub mod store;
#[cfg(test)]
mod tests;

use crate::charity;
use crate::notices::{Category, templates};
use crate::places;
use base::{Error, Id, IdMap, Named, Result, Secret, TenantId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use wechat::envelope::{Callback, Mode};

/// The union itself is an institution too; its tenant number is fixed.
pub const UNION: TenantId = TenantId::of(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstitutionKind {
    /// 省联社
    Union,
    /// 农商行
    CommercialBank,
    /// 农合行
    CooperativeBank,
    /// 农信社
    CreditCooperative,
    /// 村镇银行
    VillageBank,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Institution {
    pub tenant: TenantId,
    /// Short stable code used in scene codes and configuration, e.g. `lingxi`.
    pub code: String,
    pub kind: InstitutionKind,
    pub name: String,
    pub short: String,
    /// For papers that are read abroad; empty where there is none.
    #[serde(default)]
    pub english: String,
    pub color: String,
    pub phone: String,
}

impl Institution {
    /// In the dialogue's words.
    pub fn shown(&self) -> dialogue::Institution {
        dialogue::Institution {
            id: self.code.clone(),
            name: self.name.clone(),
            short: self.short.clone(),
        }
    }
}

#[derive(Debug)]
pub enum AccountRow {}
impl Named for AccountRow {
    const PREFIX: &'static str = "acc";
}
pub type AccountId = Id<AccountRow>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 服务号
    Service,
    /// 订阅号
    Subscription,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connected {
    /// With the account's own AppID and secret.
    Direct,
    /// Authorised to the union's third-party platform.
    Component,
}

/// What it takes to connect an account; how it is told to [`store::add_account`].
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub tenant: TenantId,
    pub appid: String,
    pub original_id: String,
    pub name: String,
    pub kind: AccountKind,
    pub is_verified: bool,
    pub connected: Connected,
    pub mode: Mode,
    pub is_provincial: bool,
    pub token: Secret<String>,
    pub aes_key: Secret<String>,
    pub secret: Secret<String>,
}

/// An Official Account ready to receive.
#[derive(Debug)]
pub struct Account {
    pub id: AccountId,
    pub tenant: TenantId,
    pub appid: String,
    pub original_id: String,
    pub name: String,
    pub kind: AccountKind,
    pub is_verified: bool,
    pub connected: Connected,
    pub is_provincial: bool,
    pub callback: Callback,
    pub secret: Secret<String>,
}

impl Account {
    /// Whether WeChat lets this account know who opens a page (web OAuth): verified service accounts only.
    pub fn can_log_in(&self) -> bool {
        self.kind == AccountKind::Service && self.is_verified
    }
}

/// All institutions and accounts, as of one reading.
#[derive(Debug, Default)]
pub struct Registry {
    pub institutions: IdMap<TenantId, Arc<Institution>>,
    /// All that a customer of the province's own account may choose, in the dialogue's words.
    pub choices: Arc<[dialogue::Institution]>,
    /// Of every institution, as last read.
    pub places: places::ByTenant,
    /// Good causes of every institution, as last read.
    pub projects: Vec<charity::Project>,
    /// Which templates tell of accounts, as last read.
    pub offers: templates::Offers,
    /// Which subscription notices do, as last read.
    pub subscriptions: templates::Offers,
    by_appid: HashMap<String, Arc<Account>>,
    by_id: IdMap<AccountId, Arc<Account>>,
}

impl Registry {
    pub fn new(institutions: Vec<Institution>, accounts: Vec<Account>) -> Self {
        let accounts: Vec<_> = accounts.into_iter().map(Arc::new).collect();
        let mut choices: Vec<_> = institutions.iter().filter(|i| i.tenant != UNION).collect();
        choices.sort_by_key(|i| i.tenant);
        Self {
            choices: choices.into_iter().map(Institution::shown).collect(),
            institutions: institutions.into_iter().map(|i| (i.tenant, Arc::new(i))).collect(),
            places: places::ByTenant::default(),
            projects: vec![],
            offers: templates::Offers::default(),
            subscriptions: templates::Offers::default(),
            by_appid: accounts.iter().map(|a| (a.appid.clone(), a.clone())).collect(),
            by_id: accounts.into_iter().map(|a| (a.id, a)).collect(),
        }
    }
    pub fn account(&self, appid: &str) -> Option<&Arc<Account>> {
        self.by_appid.get(appid)
    }
    pub fn account_by_id(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.by_id.get(&id)
    }
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.by_id.values()
    }
    /// What tells a category of notices through an account; none where it is not offered.
    pub fn offer(&self, account: AccountId, of: Category) -> Option<&templates::Offered> {
        self.offers.get(&(account, of))
    }
    /// The subscription notice of an account for a category; none where it has none.
    pub fn subscription(&self, account: AccountId, of: Category) -> Option<&templates::Offered> {
        self.subscriptions.get(&(account, of))
    }
    pub fn offers_notices(&self, account: AccountId) -> bool {
        Category::ALL.into_iter().any(|c| self.offer(account, c).is_some())
    }
    pub fn institution(&self, tenant: TenantId) -> Option<&Arc<Institution>> {
        self.institutions.get(&tenant)
    }
    /// Whose code this is; what an operator typed may be nobody's.
    pub fn named(&self, code: &str) -> Result<TenantId> {
        let found = self.institutions.values().find(|i| i.code == code).map(|i| i.tenant);
        found.ok_or_else(|| Error::fault(format!("no institution has the code {code}")))
    }
    /// The county bank a scene code names (`lingxi`, `lingxi_branch12`), if any.
    pub fn by_scene(&self, scene: &str) -> Option<&Arc<Institution>> {
        let code = scene.split('_').next().unwrap_or(scene);
        self.institutions.values().find(|i| i.code == code && i.tenant != UNION)
    }
}
