//! A small province on every engine, for the tests beside this file.

use base::{Clock, Fen, Random, Secret, TenantId, Time};
use corebank::sandbox::seed::{DemoPerson, Province, Seeded};
use corebank::sandbox::{
    self, Face, Institution, InstitutionKind, NewAccount, NewCustomer, Sandbox, Settings,
};
use corebank::{AccountKind, Ctx, CustomerState, Day, IdType, PartyClaim, PinKey};
use db::Options;
use db::testing::{TestDb, databases_with};
use std::pin::Pin;

pub(crate) const UNION: TenantId = TenantId::of(1);
pub(crate) const LING: TenantId = TenantId::of(2);
pub(crate) const XI: TenantId = TenantId::of(3);

/// 10:00 on 2026-11-23 in China.
pub(crate) fn morning() -> Time {
    Time::of_china_date(2026, 11, 23).plus_ms(10 * 3_600_000)
}

pub(crate) struct Town {
    pub(crate) core: Sandbox,
    pub(crate) clock: Clock,
    pub(crate) seeded: Seeded,
    pub(crate) pin_key: PinKey,
    /// Dropped last.
    db: TestDb,
}

fn settings(pin_key: &PinKey) -> Settings {
    Settings::new(Secret::new([5; 32]), pin_key.clone())
}

pub(crate) fn province(customers: usize) -> Province {
    let institution = |tenant, legal_no: &str, name: &str, kind, county: &str| Institution {
        tenant,
        legal_no: legal_no.into(),
        name: name.into(),
        kind,
        county: county.into(),
        towns: vec!["东关镇".into(), "柳河乡".into()],
    };
    Province {
        seed: 7,
        today: Day::at(morning()),
        institutions: vec![
            institution(UNION, "1000", "云岭省农村信用社联合社", InstitutionKind::Union, "云岭"),
            institution(LING, "1001", "陵溪农商行", InstitutionKind::CommercialBank, "陵溪县"),
            institution(XI, "1002", "西岭农信社", InstitutionKind::CreditCooperative, "西岭县"),
        ],
        customers,
    }
}

/// An empty sandbox on every engine there is, each with a clock of its own.
pub(crate) async fn unseeded() -> Vec<Town> {
    unseeded_by(|| Clock::manual(morning())).await
}

pub(crate) async fn unseeded_by(clock: fn() -> Clock) -> Vec<Town> {
    let mut towns = Vec::new();
    let open = |url: &str| {
        let mut options = Options::new(url, clock());
        options.migrations = sandbox::migrations();
        options.random = Random::seeded(1);
        options
    };
    for db in databases_with(open).await {
        let clock = db.clock().clone();
        let pin_key = PinKey::new("pin-1", [9; 16]);
        let core = Sandbox::over((*db).clone(), settings(&pin_key)).await.unwrap();
        let seeded = Seeded { people: Vec::new(), customers: 0, accounts: 0, journals: 0 };
        towns.push(Town { core, clock, seeded, pin_key, db });
    }
    towns
}

/// The province of `customers` on every engine there is.
pub(crate) async fn towns(customers: usize) -> Vec<Town> {
    seeded(unseeded().await, customers).await
}

pub(crate) async fn seeded(mut towns: Vec<Town>, customers: usize) -> Vec<Town> {
    for town in &mut towns {
        let today = Day::at(town.clock.now());
        let province = Province { today, ..province(customers) };
        town.seeded = town.core.seed(&province).await.unwrap();
    }
    towns
}

impl Town {
    /// The sandbox begun anew over the same books, as often as wanted.
    pub(crate) fn reopened(
        &self,
    ) -> impl Fn() -> Pin<Box<dyn Future<Output = Sandbox> + Send>> + Send + Sync + 'static {
        let (db, pin_key) = ((*self.db).clone(), self.pin_key.clone());
        move || {
            let (db, settings) = (db.clone(), settings(&pin_key));
            Box::pin(async move { Sandbox::over(db, settings).await.unwrap() })
        }
    }
    pub(crate) fn ctx(&self, tenant: TenantId) -> Ctx {
        Ctx::new(tenant, self.clock.now().plus_ms(30_000), "test")
    }
    pub(crate) fn person(&self, name: &str) -> &DemoPerson {
        self.seeded.people.iter().find(|p| p.name == name).unwrap()
    }
}

pub(crate) fn claim(person: &DemoPerson) -> PartyClaim {
    PartyClaim {
        name: Secret::new(person.name.clone()),
        id_type: IdType::ResidentId,
        id_no: Secret::new(person.id_no.clone()),
        account_no: Secret::new(person.card_no.clone()),
        mobile: Secret::new(person.mobile.clone().unwrap_or_else(|| "19400009999".into())),
    }
}

/// People of a table get customers and empty accounts of their own when they are first named.
impl Town {
    pub(crate) async fn table_account(&self, names: &mut Vec<String>, name: &str) -> Face {
        let known = names.iter().position(|n| n == name);
        let n = i64::try_from(known.unwrap_or(names.len())).unwrap();
        let cust_no = 1_001_900_001 + n;
        let face = Face { acct_id: cust_no * 100 + 1, shown: name.to_owned() };
        if known.is_some() {
            return face;
        }
        names.push(name.to_owned());
        let customer = NewCustomer {
            cust_no,
            name: name.to_owned(),
            id_type: IdType::Passport,
            id_no: format!("E9000000{n}"),
            mobile: None,
            state: CustomerState::Active,
            since: Day::at(morning()),
        };
        self.core.add_customer(LING, customer).await.unwrap();
        let account = NewAccount {
            acct_id: face.acct_id,
            cust_no,
            kind: AccountKind::Debit,
            product: "借记卡".into(),
            class: Some(1),
            number: format!("table-{n}"),
            opened_on: Day::at(morning()),
            limit: Fen::ZERO,
            rate_bp: 5,
            ends_on: None,
        };
        self.core.add_account(LING, account).await.unwrap();
        face
    }
}
