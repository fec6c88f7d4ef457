//! What the demo begins with: books at the core, customers with phones, accounts at the bank, and some who are bound.

use super::Places;
use super::province::{self, DemoAccount};
use crate::app::App;
use crate::binding;
use crate::followers::{self, Person};
use crate::inbound::read_standing;
use crate::notices::templates;
use crate::staff::{self, Role};
use crate::tenants::store::{add_account, add_institution};
use crate::tenants::{AccountKind, Connected, InstitutionKind, NewAccount, UNION};
use crate::verbs::{bound_account, core_ctx};
use base::{Clock, Context, Error, Random, Result, Secret, TenantId};
use corebank::sandbox::seed::{DemoPerson, Province};
use corebank::sandbox::{self, Sandbox};
use corebank::{CoreBank, CustNo, Day};
use db::Scope;
use simulator::{
    AccountConfig, AgentConfig, By, ComponentConfig, FollowConfig, Mode, NoticeConfig,
    PapersConfig, Running, UserConfig, openid_of,
};
use std::sync::Arc;
use wechat::api::menu::Menu;

/// The bank whose customers have names and stories.
pub(super) const FIRST_BANK: TenantId = TenantId::of(11);
/// Customers of the six banks together.
const CUSTOMERS: usize = 240;
/// Customers of each bank who are bound from the start, beside those whose story it is.
const BOUND_A_BANK: usize = 6;
/// One more of each bank, who bound before the agreement got its words of today: asked anew at the next service.
const OLDER_A_BANK: usize = 1;
/// Followers of each account who are not.
const UNBOUND_A_BANK: usize = 4;

const OLDER_NOTE: &str = "早先绑的卡，那以后协议改过：说「查余额」看看";

/// A member of the demo's staff.
pub(super) struct DemoStaff {
    pub(super) login: &'static str,
    pub(super) password: &'static str,
    pub(super) role: Role,
    pub(super) institution: &'static str,
    tenant: TenantId,
}

/// The province's administrator, an agent and an administrator of a county, an administrator of another. Worth nothing outside the demo.
pub(super) const STAFF: &[DemoStaff] = &[
    DemoStaff {
        login: "qinghe.admin",
        password: "demo-qinghe-2026",
        role: Role::ProvinceAdmin,
        institution: "青禾农信",
        tenant: UNION,
    },
    DemoStaff {
        login: "lingxi.chen",
        password: "demo-lingxi-2026",
        role: Role::Agent,
        institution: "陵溪农商行",
        tenant: TenantId::of(11),
    },
    DemoStaff {
        login: "lingxi.luo",
        password: "demo-lingxi-2026",
        role: Role::CountyAdmin,
        institution: "陵溪农商行",
        tenant: TenantId::of(11),
    },
    DemoStaff {
        login: "yunlu.zhou",
        password: "demo-yunlu-2026",
        role: Role::CountyAdmin,
        institution: "云麓农商行",
        tenant: TenantId::of(12),
    },
];

/// One who may bind in the demo.
#[derive(Debug, Clone)]
pub(super) struct Offered {
    pub(super) name: String,
    pub(super) id_no: String,
    pub(super) card_no: String,
    /// The number of their bank.
    pub(super) tenant: TenantId,
    pub(super) mobile: String,
    pub(super) story: String,
    pub(super) bank: String,
}

/// A follower of the demo: which phone, which account, bound as whom.
#[derive(Debug, Clone)]
struct Seated {
    uid: String,
    appid: String,
    tenant: TenantId,
    customer: Option<String>,
    /// Bound under older texts.
    older: bool,
}

/// Everybody of the demo.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) offered: Vec<Offered>,
    phones: Vec<UserConfig>,
    bindable: Vec<(TenantId, String)>,
    seated: Vec<Seated>,
}

impl People {
    pub(super) fn bound_openids(&self, appid: &str) -> Vec<String> {
        self.openids(appid, true)
    }
    pub(super) fn unbound_openids(&self, appid: &str) -> Vec<String> {
        self.openids(appid, false)
    }
    fn openids(&self, appid: &str, bound: bool) -> Vec<String> {
        let seated = self
            .seated
            .iter()
            .filter(|s| s.appid == appid && s.customer.is_some() == bound && !s.older);
        seated.map(|s| openid_of(&s.appid, &s.uid)).collect()
    }
}

/// The province's banks as their core knows them.
pub(super) fn core_institutions() -> Vec<sandbox::Institution> {
    province::institutions()
        .iter()
        .filter(|i| i.tenant != UNION)
        .map(|i| sandbox::Institution {
            tenant: i.tenant,
            legal_no: (1000 + i.tenant.raw()).to_string(),
            name: i.name.clone(),
            kind: core_kind(i.kind),
            county: county_of(&i.short),
            towns: ["城关镇", "河东镇", "西岭乡", "南坪乡"]
                .iter()
                .map(|t| (*t).to_owned())
                .collect(),
        })
        .collect()
}

/// These banks with so many customers together, and a year of entries.
pub(super) fn province(
    clock: &Clock,
    seed: u64,
    institutions: Vec<sandbox::Institution>,
    customers: usize,
) -> Province {
    Province { seed, today: Day::at(clock.now()), institutions, customers }
}

/// Fills the core with the province and a year of entries.
pub(super) async fn core(sandbox: &Sandbox, clock: &Clock, seed: u64) -> Result<People> {
    let province = province(clock, seed, core_institutions(), CUSTOMERS);
    let told = sandbox.seed(&province).await.doing("seeding the province")?;
    let banks = province.institutions.len();
    let each = i64::try_from(CUSTOMERS / banks)?;
    // The sandbox numbers a bank's customers from 1 under its legal number.
    let numbers = province.institutions.iter().flat_map(|i| {
        let first = (1000 + i.tenant.raw()) * 1_000_000;
        (1..=each).map(move |n| (i.tenant, CustNo::new((first + n).to_string())))
    });
    Ok(people(&told.people, numbers))
}

fn core_kind(kind: InstitutionKind) -> sandbox::InstitutionKind {
    match kind {
        InstitutionKind::CooperativeBank => sandbox::InstitutionKind::CooperativeBank,
        InstitutionKind::CreditCooperative => sandbox::InstitutionKind::CreditCooperative,
        InstitutionKind::VillageBank => sandbox::InstitutionKind::VillageBank,
        InstitutionKind::Union | InstitutionKind::CommercialBank => {
            sandbox::InstitutionKind::CommercialBank
        }
    }
}

fn county_of(short: &str) -> String {
    format!("{}县", short.chars().take(2).collect::<String>())
}

fn people(told: &[DemoPerson], customers: impl Iterator<Item = (TenantId, CustNo)>) -> People {
    let banks = province::institutions();
    let bank = |t: TenantId| {
        banks.iter().find(|i| i.tenant == t).map(|i| i.short.clone()).unwrap_or_default()
    };
    let offered = told
        .iter()
        .map(|p| Offered {
            name: p.name.clone(),
            id_no: p.id_no.clone(),
            card_no: p.card_no.clone(),
            tenant: p.tenant,
            mobile: p.mobile.clone().unwrap_or_else(|| "（没有留手机号）".into()),
            story: p.story.to_owned(),
            bank: bank(p.tenant),
        })
        .collect();
    let phones = told
        .iter()
        .enumerate()
        .map(|(n, p)| UserConfig {
            id: format!("u{}", n + 1),
            name: p.name.clone(),
            note: format!("{}客户。{}", bank(p.tenant), p.story),
            papers: Some(PapersConfig {
                bank: bank(p.tenant),
                card_no: p.card_no.clone(),
                name: p.name.clone(),
                id_no: p.id_no.clone(),
            }),
            ..UserConfig::default()
        })
        .collect();
    let named: Vec<&str> = told.iter().map(|p| p.cust_no.as_str()).collect();
    let bindable = customers
        .filter(|(_, c)| !named.contains(&c.as_str()))
        .map(|(t, c)| (t, c.as_str().to_owned()))
        .collect();
    People { offered, phones, bindable, seated: vec![] }
}

/// The simulated WeChat: accounts, the platform, phones, and who follows whom.
pub(super) fn world(
    places: &Places,
    clock: &Clock,
    accounts: &[DemoAccount],
    people: &mut People,
    component_key: &str,
) -> simulator::Config {
    let mut config = simulator::Config::new(clock.clone(), Random::seeded(super::SEED + 1));
    config.listen = places.simulator;
    let public = format!("http://{}", places.public);
    config.component = Some(ComponentConfig {
        appid: province::COMPONENT_APPID.into(),
        secret: "demo-component-secret".into(),
        token: "democomponenttoken".into(),
        encoding_aes_key: component_key.into(),
        event_url: format!("{public}/wx/component"),
        message_url: format!("{public}/wx/component/$APPID$"),
        ..ComponentConfig::default()
    });
    config.accounts = accounts.iter().map(|a| account(a, &public)).collect();
    seat(accounts, people);
    let mut phones = people.phones.clone();
    for s in &people.seated {
        phones.push(UserConfig {
            id: s.uid.clone(),
            name: format!("{}{}", if s.older { "老客户" } else { "村民" }, &s.uid[1..]),
            note: if s.older { OLDER_NOTE.into() } else { String::new() },
            follows: vec![FollowConfig { appid: s.appid.clone(), openid: None }],
            ..UserConfig::default()
        });
    }
    config.users = phones;
    config
}

pub(super) fn account(a: &DemoAccount, public: &str) -> AccountConfig {
    AccountConfig {
        appid: a.appid.clone(),
        secret: a.secret.clone(),
        name: a.name.clone(),
        original_id: a.original_id.clone(),
        kind: match a.kind {
            AccountKind::Service => simulator::AccountKind::Service,
            AccountKind::Subscription => simulator::AccountKind::Subscription,
        },
        verified: a.is_verified,
        mode: Mode::Secure,
        by: if a.connected == Connected::Component { By::Component } else { By::Direct },
        authorized: a.connected == Connected::Component,
        token: a.token.clone(),
        encoding_aes_key: a.aes_key.clone(),
        callback_url: format!("{public}/wx/{}", a.appid),
        color: a.color.clone(),
        intro: a.intro.clone(),
        // a 微信号 of its own, so that the account can have WeChat's customer-service desk
        alias: a.original_id.trim_start_matches("gh_").to_owned(),
        agents: vec![AgentConfig {
            prefix: String::from("guiyuan"),
            nickname: String::from("值班柜员"),
        }],
        notices: vec![
            NoticeConfig { template_id: format!("notice-{}-1", a.appid), tid: 20_101 },
            NoticeConfig { template_id: format!("notice-{}-2", a.appid), tid: 20_104 },
        ],
        principal: a.name.clone(),
        ..AccountConfig::default()
    }
}

/// Gives each account its followers: some bound, some not.
fn seat(accounts: &[DemoAccount], people: &mut People) {
    let mut free = people.bindable.clone();
    let mut n = 0;
    for a in accounts {
        for k in 0..BOUND_A_BANK + UNBOUND_A_BANK + OLDER_A_BANK {
            n += 1;
            let older = k >= BOUND_A_BANK + UNBOUND_A_BANK;
            if older && a.kind != AccountKind::Service {
                continue;
            }
            let bindable = (k < BOUND_A_BANK || older) && a.kind == AccountKind::Service;
            let wanted = |t: TenantId| a.is_provincial || t == a.tenant;
            let at = free.iter().position(|(t, _)| bindable && wanted(*t));
            let customer = at.map(|at| free.swap_remove(at));
            people.seated.push(Seated {
                uid: format!("v{n}"),
                appid: a.appid.clone(),
                tenant: customer.as_ref().map_or(a.tenant, |c| c.0),
                older: older && customer.is_some(),
                customer: customer.map(|c| c.1),
            });
        }
    }
}

/// Institutions, branches and accounts at the bank.
pub(super) async fn bank(app: &Arc<App>, accounts: &[DemoAccount]) -> Result<()> {
    let institutions = province::institutions();
    app.db
        .write(Scope::House, move |tx| institutions.iter().try_for_each(|i| add_institution(tx, i)))
        .await?;
    super::county::fill(app).await?;
    super::charity::fill(app).await?;
    for a in accounts {
        let keys = app.vault.tenant(&app.db, a.tenant).await?;
        let new = NewAccount {
            tenant: a.tenant,
            appid: a.appid.clone(),
            original_id: a.original_id.clone(),
            name: a.name.clone(),
            kind: a.kind,
            is_verified: a.is_verified,
            connected: a.connected,
            mode: Mode::Secure,
            is_provincial: a.is_provincial,
            token: Secret::new(a.token.clone()),
            aes_key: Secret::new(a.aes_key.clone()),
            secret: Secret::new(a.secret.clone()),
        };
        app.db.write(Scope::House, move |tx| add_account(tx, &keys, &new)).await?;
    }
    app.reload().await
}

/// The demo's staff.
pub(super) async fn staff(app: &Arc<App>) -> Result<()> {
    for s in STAFF {
        let password = Secret::new(s.password.to_owned());
        match staff::add(app, s.tenant, s.login, &password, s.role).await {
            // From an earlier start of the same demo.
            Err(e) if e.is_refusal(staff::EXISTS.code) => {}
            added => drop(added?),
        }
    }
    Ok(())
}

/// Followers from before the demo began, some of them bound.
pub(super) async fn bound(app: &Arc<App>, people: &People) -> Result<()> {
    let registry = app.registry();
    for s in &people.seated {
        let account =
            registry.account(&s.appid).ok_or_else(|| Error::fault("a demo account is missing"))?;
        let who = Person::new(account.id, openid_of(&s.appid, &s.uid).into());
        let (tenant, person) = (s.tenant, who.clone());
        app.vault.tenant(&app.db, tenant).await?;
        app.db
            .write(Scope::House, move |tx| {
                followers::store::add(tx, tenant, person.account, &person.openid, None)
            })
            .await?;
        let Some(customer) = &s.customer else {
            continue;
        };
        bind(app, &who, tenant, customer, s.older).await?;
    }
    Ok(())
}

/// Binds a follower to a customer without the steps; under the texts of before when `older`.
pub(super) async fn bind(
    app: &Arc<App>,
    who: &Person,
    tenant: TenantId,
    customer: &str,
    older: bool,
) -> Result<()> {
    let standing =
        read_standing(app, who).await?.ok_or_else(|| Error::fault("a demo follower is missing"))?;
    let customer = CustNo::new(customer);
    let ctx = core_ctx(app, tenant, standing.id.raw());
    let accounts =
        app.core.accounts(&ctx, &customer).await.map_err(|e| Error::fault(e.to_string()))?;
    let accounts = accounts.iter().map(bound_account).collect::<Result<Vec<_>>>()?;
    let (keys, behind) = (app.vault.tenant(&app.db, tenant).await?, app.behind.clone());
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            binding::seed_row(tx, &keys, &behind, standing.id, customer.as_str(), &accounts)?;
            if older { binding::seed_older_texts(tx, &behind, standing.id) } else { Ok(()) }
        })
        .await?;
    app.followers.forget(who);
    Ok(())
}

/// Every account that may send template messages tells of its customers' accounts.
pub(super) async fn offer_notices(app: &Arc<App>) -> Result<()> {
    let registry = app.registry();
    for account in registry.accounts().filter(|a| a.can_log_in()) {
        templates::offer(app, account).await?;
    }
    Ok(())
}

/// What a bank does once with a new account: take the platform's ticket, recover authorisations, set the menu.
pub(super) async fn connect(
    app: &Arc<App>,
    simulator: &Running,
    accounts: &[DemoAccount],
) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/control/component/push_ticket", simulator.url());
    http.post(url).send().await?.error_for_status()?;
    crate::component::recover(app).await.doing("recovering authorisations")?;
    let registry = app.registry();
    let public = app.config.server.public_url.clone();
    for a in accounts.iter().filter(|a| a.kind == AccountKind::Service) {
        let Some(account) = registry.account(&a.appid) else {
            continue;
        };
        let menu = Menu::of_json(&province::menu(&public, &a.appid, account.can_log_in()));
        let set = app.wechat.account(account).create_menu(&menu).await;
        set.map_err(|e| Error::fault(format!("{}: the menu was not taken: {e}", a.name)))?;
    }
    Ok(())
}
