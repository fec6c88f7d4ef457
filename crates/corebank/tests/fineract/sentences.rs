//! The sentences of the port, as far as its capabilities promise them.

use crate::cells;
use crate::town::{LING, Town, XI, day, settings, town};
use base::Random;
use corebank::adapters::fineract::Fineract;
use corebank::adapters::fineract::mock::{On, Trouble};
use corebank::conformance::{self, Anew, Fixture, MoneyFixture, TroubleSwitch, check};
use corebank::money::PayeeAsk;
use corebank::{CoreBank, PinKey};
use std::sync::Arc;

impl Town {
    /// What strikes the next request; before a command this adapter asks, and what fails then leaves it unsent.
    fn trouble(&self) -> TroubleSwitch {
        let mock = self.mock.clone();
        Arc::new(move |trouble| {
            match trouble {
                conformance::Trouble::None => {}
                conformance::Trouble::Unreachable => {
                    mock.trouble(On::Asking("/savingsaccounts/"), Trouble::LostRequest);
                }
                conformance::Trouble::LostAnswer => {
                    mock.trouble(On::Sending(""), Trouble::LostAnswer);
                }
                conformance::Trouble::Slow => mock.trouble(On::Sending(""), Trouble::Silent),
            }
            Box::pin(async {})
        })
    }
    /// The adapter with nothing in its memory: the server is not ours.
    fn anew(&self) -> Anew {
        let (url, clock) = (self.mock.url().to_owned(), self.clock.clone());
        Arc::new(move || {
            let core = Fineract::new(&settings(&url), clock.clone()).unwrap();
            Box::pin(async move { Arc::new(core) as Arc<dyn CoreBank> })
        })
    }
    fn fixture(&self) -> Fixture {
        let ask = |p: &crate::town::Person| PayeeAsk {
            number: p.number(),
            name: p.name(),
            bank_no: None,
        };
        let (li, wang) = (&self.li, &self.wang);
        Fixture {
            clock: self.clock.clone(),
            random: Random::seeded(3),
            pin_key: PinKey::new("pin-1", [9; 16]),
            tenant: LING,
            claim: li.claim.clone(),
            cust_no: li.cust_no.clone(),
            account: li.account_ref.clone(),
            from: day("2026-09-01"),
            to: day("2026-11-23"),
            other_tenant: XI,
            other_cust_no: self.far.cust_no.clone(),
            other_account: self.far.account_ref.clone(),
            other_claim: self.far.claim.clone(),
            passbook_claim: self.yang.claim.clone(),
            // What follows is of services that are not there.
            card: li.account_ref.clone(),
            card_cust: li.cust_no.clone(),
            fresh_card: li.account_ref.clone(),
            fresh_cust: li.cust_no.clone(),
            fresh_cvv: "000".into(),
            project: None,
            paid_cust: li.cust_no.clone(),
            pension_cust: li.cust_no.clone(),
            borrower: li.cust_no.clone(),
            saver: li.cust_no.clone(),
            renewable: li.account_ref.clone(),
            spare_claim: wang.claim.clone(),
            money: Some(MoneyFixture {
                payer: self.zhou.account_ref.clone(),
                payee: wang.account_ref.clone(),
                here: ask(wang),
                elsewhere: ask(&self.far),
                day: None,
                trouble: Some(self.trouble()),
                anew: Some(self.anew()),
            }),
            bills: None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fineract_keeps_every_sentence_that_its_capabilities_promise() {
    let town = town().await;
    let findings = check(&town.core, &town.fixture()).await;
    let broken: Vec<String> =
        findings.iter().filter(|f| f.broken.is_some()).map(ToString::to_string).collect();
    assert_eq!(broken, Vec::<String>::new());
    cells::assert_shown(&findings);
    let can = town.core.capabilities();
    assert!(can.money && can.holds && can.query_by_request_id && can.name_check, "{can:?}");
    assert!(!can.fence && !can.reverse_by_request_id && !can.interbank, "{can:?}");
}
