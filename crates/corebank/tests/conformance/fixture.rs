//! Whom the sentences of the port are tried on, out of the small province.

use crate::town::{LING, Town, UNION, XI, claim};
use base::{Fen, Random};
use corebank::bills::{BillAsk, BillKind};
use corebank::conformance::{BillsFixture, DaySwitch, FamilyFixture, Fixture, MoneyFixture};
use corebank::gifts::ProjectRef;
use corebank::money::PayeeAsk;
use corebank::rewards::{Handover, Ware};
use corebank::sandbox::{NewProject, bills, movement};
use corebank::{AccountRef, CoreBank, Day};
use std::sync::Arc;

pub(crate) fn electric(tail: &str) -> BillAsk {
    let number = bills::number("electric", "1001", tail).unwrap();
    BillAsk { biller: "electric".into(), number }
}

impl Town {
    fn money_fixture(&self) -> MoneyFixture {
        let ask = |name: &str| {
            let number = self.person(name).card_no.clone();
            PayeeAsk { number, name: name.into(), bank_no: None }
        };
        let core = self.core.clone();
        let day: DaySwitch = Arc::new(move |state| {
            let core = core.clone();
            Box::pin(async move {
                assert!(core.set_day(LING, state, None).await.unwrap());
            })
        });
        MoneyFixture {
            payer: self.person("李芳").account.clone(),
            payee: self.person("王强").account.clone(),
            here: ask("王强"),
            elsewhere: ask("周海燕"),
            day: Some(day),
            trouble: None,
            anew: None,
        }
    }
    /// Enough for every command in every situation.
    async fn enough(&self) {
        let acct = self.person("李芳").account.as_str().parse().unwrap();
        let cash = movement::cash_in(acct, Fen::of(500_000));
        let _ = self.core.post(LING, "enough".to_owned(), cash).await.unwrap().unwrap();
    }
    /// Wares for points, cheap enough for a test's card.
    async fn wares(&self) {
        for (code, points, left, handovers) in [
            ("soap", 1, 60, vec![Handover::Branch]),
            ("kettle", 400, 2, vec![Handover::Branch, Handover::Post]),
        ] {
            let ware = Ware { code: code.into(), name: code.into(), points, left, handovers };
            assert!(self.core.add_ware(LING, ware).await.unwrap());
        }
    }
    /// The union's project, which customers of every institution give to.
    async fn project(&self) -> ProjectRef {
        let code = "blue-lamp".to_owned();
        let new = NewProject { code: code.clone(), carried_lamps: 41, carried_points: 9_000 };
        assert!(self.core.add_project(UNION, new).await.unwrap());
        ProjectRef { owner: UNION, code }
    }
    pub(crate) async fn fixture(&self) -> Fixture {
        self.enough().await;
        let (li, other) = (self.person("李芳"), self.person("周海燕"));
        let wang = self.person("王强");
        // What was seeded ends today, whatever day that is by the town's clock.
        let to = Day::at(self.clock.now());
        // The second account of 王强.
        let card = AccountRef::new(format!("{}02", wang.cust_no.as_str()));
        Fixture {
            clock: self.clock.clone(),
            random: Random::seeded(3),
            pin_key: self.pin_key.clone(),
            tenant: LING,
            claim: claim(li),
            cust_no: li.cust_no.clone(),
            account: li.account.clone(),
            from: to.plus_days(-83),
            to,
            other_tenant: XI,
            other_cust_no: other.cust_no.clone(),
            other_account: other.account.clone(),
            other_claim: claim(other),
            passbook_claim: claim(self.person("杨桂兰")),
            card,
            card_cust: wang.cust_no.clone(),
            fresh_card: self.account("陈国富", "5517").await,
            fresh_cust: self.person("陈国富").cust_no.clone(),
            fresh_cvv: "517".into(),
            paid_cust: wang.cust_no.clone(),
            pension_cust: self.person("赵桂英").cust_no.clone(),
            borrower: self.person("王强").cust_no.clone(),
            saver: self.person("陈国富").cust_no.clone(),
            renewable: self.account("陈国富", "7001").await,
            spare_claim: claim(self.person("王强")),
            money: Some(self.money_fixture()),
            bills: Some(BillsFixture {
                kind: BillKind::Electric,
                owes: electric("0231"),
                unknown: electric("0999"),
                family: Some(FamilyFixture {
                    biller: "medical".into(),
                    number: bills::family_number("1001", "0231"),
                    unknown: bills::family_number("1001", "0999"),
                }),
            }),
            project: {
                self.wares().await;
                Some(self.project().await)
            },
        }
    }
    pub(crate) async fn broken(&self) -> Vec<String> {
        self.core.check_invariants().await.unwrap()
    }
    /// A named person's account by its tail.
    pub(crate) async fn account(&self, name: &str, tail: &str) -> AccountRef {
        let person = self.person(name);
        let all = self.core.accounts(&self.ctx(person.tenant), &person.cust_no).await.unwrap();
        all.into_iter().find(|a| a.tail == tail).unwrap().id
    }
}
