//! Two institutions in one Fineract, both numbered from one, for the tests beside this file. All people are invented.

use base::{Clock, Fen, Random, Secret, TenantId, Time};
use corebank::adapters::fineract::mock::{Mock, NewClient, Terms};
use corebank::adapters::fineract::{Fineract, Institution, Settings};
use corebank::money::{Fate, Money, Paid, Payee, Payment, Query, Rail};
use corebank::{
    AccountRef, CoreBank, CoreError, Ctx, CustNo, Day, IdType, NumberKind, PartyClaim, numbers,
};
use std::sync::Arc;

pub(crate) const LING: TenantId = TenantId::of(2);
pub(crate) const XI: TenantId = TenantId::of(3);

/// 10:00 on 2026-11-23 in China.
pub(crate) fn morning() -> Time {
    Time::of_china_date(2026, 11, 23).plus_ms(10 * 3_600_000)
}
pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// Somebody with one account.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) account: i64,
    pub(crate) account_ref: AccountRef,
    pub(crate) cust_no: CustNo,
    pub(crate) claim: PartyClaim,
}

impl Person {
    pub(crate) fn number(&self) -> String {
        self.claim.account_no.reveal().clone()
    }
    pub(crate) fn name(&self) -> String {
        self.claim.name.reveal().clone()
    }
}

pub(crate) struct Town {
    pub(crate) mock: Arc<Mock>,
    pub(crate) core: Fineract,
    pub(crate) clock: Clock,
    pub(crate) li: Person,
    pub(crate) wang: Person,
    /// Has a passbook and no card.
    pub(crate) yang: Person,
    pub(crate) zhou: Person,
    /// Of the other institution.
    pub(crate) far: Person,
}

/// A card number with its check digit.
fn card(head: &str, n: u32) -> String {
    let all = (0..10).map(|check| format!("{head}{n:09}{check}"));
    all.into_iter().find(|number| numbers::is_card(number)).unwrap()
}

fn id_no(n: u32) -> String {
    let head = format!("350999198001{:02}{n:03}", 1 + n % 28);
    format!("{head}{}", numbers::id_check(&head).unwrap())
}

pub(crate) fn institution(tenant: TenantId, identifier: &str, head: &str) -> Institution {
    Institution {
        tenant,
        legal_no: format!("100{}", head.chars().last().unwrap()),
        name: format!("{identifier}农商行"),
        bank_no: "402000000001".into(),
        identifier: identifier.into(),
        numbers: vec![
            (format!("62999{head}"), NumberKind::Debit),
            (format!("80{head}"), NumberKind::Passbook),
        ],
    }
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings {
        base_url: url.into(),
        user: Mock::USER.into(),
        password: Secret::new(Mock::PASSWORD.into()),
        institutions: vec![institution(LING, "ling", "1"), institution(XI, "xi", "2")],
    }
}

fn person(mock: &Mock, tenant: &str, name: &str, number: String, n: u32) -> Person {
    let (id_no, mobile) = (id_no(n), format!("194{n:08}"));
    let new = NewClient {
        name: name.to_owned().into(),
        mobile: Some(mobile.clone().into()),
        document: ("居民身份证".into(), id_no.clone().into()),
        since: day("2024-03-01"),
    };
    let client = mock.client(tenant, new);
    let account = mock.account(tenant, client, Some(&number), day("2024-03-02"));
    Person {
        account,
        account_ref: AccountRef::new(format!("{tenant}-{account}")),
        cust_no: CustNo::new(format!("{tenant}-{client}")),
        claim: PartyClaim {
            name: name.to_owned().into(),
            id_type: IdType::ResidentId,
            id_no: id_no.into(),
            account_no: number.into(),
            mobile: mobile.into(),
        },
    }
}

/// What somebody's account has seen before.
fn life(mock: &Mock, tenant: &str, account: i64) {
    for (on, yuan, note) in [
        ("2026-09-02", 5_000, "工资"),
        ("2026-09-05", -300, "电费"),
        ("2026-09-20", -1_200, "房租"),
        ("2026-10-02", 5_000, "工资"),
        ("2026-10-02", -80, "水费"),
        ("2026-10-21", -1_200, "房租"),
        ("2026-11-02", 5_000, "工资"),
        // Booked late, for a day that had passed.
        ("2026-10-30", -66, "话费"),
    ] {
        mock.post(tenant, account, day(on), Fen::of(yuan * 100), note);
    }
}

pub(crate) async fn town() -> Town {
    let clock = Clock::manual(morning());
    let mock = Mock::start(clock.clone(), Random::seeded(11)).await.unwrap();
    let li = person(&mock, "ling", "李芳", card("629991", 1), 1);
    let wang = person(&mock, "ling", "王强", card("629991", 2), 2);
    let yang = person(&mock, "ling", "杨桂兰", "8010000000000017".into(), 3);
    let zhou = person(&mock, "ling", "周海燕", card("629991", 4), 4);
    let far = person(&mock, "xi", "吴秀英", card("629992", 5), 5);
    for who in [&li, &wang, &yang, &zhou] {
        life(&mock, "ling", who.account);
    }
    life(&mock, "xi", far.account);
    let core = Fineract::new(&settings(mock.url()), clock.clone()).unwrap();
    Town { mock: Arc::new(mock), core, clock, li, wang, yang, zhou, far }
}

impl Town {
    pub(crate) fn ctx(&self) -> Ctx {
        Ctx::new(LING, self.clock.now().plus_ms(20_000), "test")
    }
    pub(crate) fn command(&self, id: &str) -> Ctx {
        let account = Some(self.li.account_ref.clone());
        Ctx { request_id: Some(id.into()), account, ..self.ctx() }
    }
    /// From 李芳 to 王强.
    pub(crate) fn payment(&self, fen: i64) -> Payment {
        Payment {
            payer: self.li.account_ref.clone(),
            payee: Payee::Here { account: self.wang.account_ref.clone() },
            amount: Fen::of(fen),
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: "房租".into(),
            valid_until: self.clock.now().plus_ms(20_000),
        }
    }
    pub(crate) async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.core.pay(&self.command(id), payment).await
    }
    pub(crate) async fn fate(&self, id: &str) -> Fate {
        let channel_date = Day::at(morning());
        let ask = Query { request_id: id.into(), channel_date, fence: true };
        let about = Ctx { request_id: None, ..self.command(id) };
        self.core.query(&about, &ask).await.unwrap()
    }
    /// What 李芳 and 王强 have, and how much of hers is held, in fen.
    pub(crate) fn books(&self) -> (i64, i64, i64) {
        let (li, held) = self.mock.balance("ling", self.li.account);
        let (wang, _) = self.mock.balance("ling", self.wang.account);
        (li.fen(), wang.fen(), held.fen())
    }
    pub(crate) fn change(&self, who: &Person, change: impl FnOnce(&mut Terms)) {
        self.mock.change("ling", who.account, change);
    }
    /// How often a resource was asked for.
    pub(crate) fn asked(&self, what: &str) -> usize {
        self.mock.asked().iter().filter(|a| *a == what).count()
    }
    pub(crate) async fn available(&self) -> Fen {
        self.core.balance(&self.ctx(), &self.li.account_ref).await.unwrap().available
    }
}

pub(crate) const TRANSFERS: &str = "POST /accounttransfers";
