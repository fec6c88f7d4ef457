//! Who is there in a test: institutions, Official Accounts and phones, known to WeChat and to the bank alike.

use super::{AES_KEY, APPID, COMPONENT, LINGXI, PROVINCIAL, START, SUBSCRIPTION, TOKEN, YUNLU};
use crate::app::App;
use crate::tenants::store::{add_account, add_institution};
use crate::tenants::{AccountKind, Connected, Institution, InstitutionKind, NewAccount, UNION};
use base::{Clock, Random, Result, Secret, TenantId, Time};
use db::Scope;
use simulator::{AccountConfig, ComponentConfig, Mode, UserConfig};
use std::sync::Arc;

/// An account of the cast, connected with its own secret.
#[derive(Debug, Clone)]
pub(crate) struct CastAccount {
    pub(crate) tenant: TenantId,
    pub(crate) appid: &'static str,
    pub(crate) original_id: &'static str,
    /// At WeChat.
    pub(crate) name: &'static str,
    /// At the bank.
    pub(crate) called: &'static str,
    pub(crate) kind: AccountKind,
    pub(crate) is_verified: bool,
    pub(crate) is_provincial: bool,
    /// 消息加解密方式, the same at WeChat and at the bank.
    pub(crate) mode: Mode,
}

/// Everything a test bank begins with.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) start: Time,
    pub(crate) institutions: Vec<Institution>,
    pub(crate) accounts: Vec<CastAccount>,
    pub(crate) users: Vec<UserConfig>,
    /// The people of [`super::people`] bank here.
    pub(crate) has_people: bool,
    /// 国密: the bank seals and hashes with SM4 and SM3.
    pub(crate) is_national: bool,
    /// Customer-service messages that a message of a follower allows, and for how many milliseconds.
    pub(crate) message_grant: (u32, i64),
}

/// What WeChat allows.
pub(crate) const MESSAGE_GRANT: (u32, i64) = (5, 2 * base::DAY_MS);

pub(crate) fn institution(
    tenant: TenantId,
    code: &str,
    kind: InstitutionKind,
    names: (&str, &str),
    phone: &str,
) -> Institution {
    Institution {
        tenant,
        code: code.into(),
        kind,
        name: names.0.into(),
        short: names.1.into(),
        english: format!("Rural Bank of {code}"),
        color: "#0B6B46".into(),
        phone: phone.into(),
    }
}

impl Cast {
    /// 陵溪农商行, its neighbour, the union, three accounts and four phones.
    pub(crate) fn usual() -> Self {
        use AccountKind::{Service, Subscription};
        let bank = InstitutionKind::CommercialBank;
        let phone = "0990-96990";
        let institutions = vec![
            institution(UNION, "qinghe", InstitutionKind::Union, ("青禾省联社", "青禾农信"), phone),
            institution(LINGXI, "lingxi", bank, ("陵溪农村商业银行", "陵溪农商行"), phone),
            institution(YUNLU, "yunlu", bank, ("云麓农村商业银行", "云麓农商行"), phone),
        ];
        let account = |tenant, appid, original_id, name, kind, is_verified, is_provincial| {
            let called = "测试号";
            CastAccount {
                tenant,
                appid,
                original_id,
                name,
                called,
                kind,
                is_verified,
                is_provincial,
                mode: Mode::Secure,
            }
        };
        let accounts = vec![
            account(LINGXI, APPID, "gh_0000000000b1", "陵溪农商行", Service, true, false),
            account(UNION, PROVINCIAL, "gh_0000000000a1", "青禾农信", Service, true, true),
            account(
                YUNLU,
                SUBSCRIPTION,
                "gh_0000000000c1",
                "柳泉村镇银行",
                Subscription,
                false,
                false,
            ),
        ];
        let users = ["lifang", "wangqiang", "zhao", "mo"]
            .iter()
            .map(|id| UserConfig { id: (*id).into(), name: (*id).into(), ..UserConfig::default() })
            .collect();
        Self {
            start: START,
            institutions,
            accounts,
            users,
            has_people: true,
            is_national: false,
            message_grant: MESSAGE_GRANT,
        }
    }

    pub(super) fn world(&self, clock: &Clock, url: &str) -> simulator::Config {
        let mut config = simulator::Config::new(clock.clone(), Random::seeded(11));
        config.limits.push_gap_ms = 200;
        config.limits.message_grant = self.message_grant;
        config.accounts = self.accounts.iter().map(|a| a.at_wechat(url)).collect();
        config.component = Some(ComponentConfig {
            appid: COMPONENT.into(),
            secret: "testcomponentsecret".into(),
            token: TOKEN.into(),
            encoding_aes_key: AES_KEY.into(),
            event_url: format!("{url}/wx/component"),
            message_url: format!("{url}/wx/component/$APPID$"),
            ip_whitelist: vec![],
            oauth_domains: vec![],
        });
        config.users.clone_from(&self.users);
        config
    }

    pub(super) async fn fill_bank(&self, app: &Arc<App>) -> Result<()> {
        let institutions = self.institutions.clone();
        app.db
            .write(Scope::House, move |tx| {
                institutions.iter().try_for_each(|i| add_institution(tx, i))
            })
            .await?;
        for a in &self.accounts {
            let keys = app.vault.tenant(&app.db, a.tenant).await?;
            let account = NewAccount {
                tenant: a.tenant,
                appid: a.appid.into(),
                original_id: a.original_id.into(),
                name: a.called.into(),
                kind: a.kind,
                is_verified: a.is_verified,
                connected: Connected::Direct,
                mode: a.mode,
                is_provincial: a.is_provincial,
                token: Secret::new(TOKEN.into()),
                aes_key: Secret::new(AES_KEY.into()),
                secret: Secret::new("testsecret".into()),
            };
            app.db.write(Scope::House, move |tx| add_account(tx, &keys, &account)).await?;
        }
        app.reload().await
    }
}

impl CastAccount {
    fn at_wechat(&self, url: &str) -> AccountConfig {
        AccountConfig {
            appid: self.appid.into(),
            secret: "testsecret".into(),
            name: self.name.into(),
            original_id: self.original_id.into(),
            kind: match self.kind {
                AccountKind::Service => simulator::AccountKind::Service,
                AccountKind::Subscription => simulator::AccountKind::Subscription,
            },
            verified: self.is_verified,
            mode: self.mode,
            token: TOKEN.into(),
            encoding_aes_key: AES_KEY.into(),
            callback_url: format!("{url}/wx/{}", self.appid),
            ..AccountConfig::default()
        }
    }
}
