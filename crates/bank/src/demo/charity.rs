//! Good causes of the demo: the province's 「点亮蓝灯」 and a county's project, their fundraisers' accounts and ledgers. Invented.

use super::stock::FIRST_BANK;
use crate::app::App;
use crate::audit::Actor;
use crate::charity::{self, Entry};
use crate::tenants::UNION;
use base::{Error, Fen, Result, TenantId};
use corebank::sandbox::{NewAccount, NewCustomer, NewProject, Sandbox};
use corebank::{AccountKind, CustomerState, Day, IdType, numbers};
use db::Scope;
use std::sync::Arc;

const BY: Actor<'static> = Actor::House("demo");
/// Of the first bank's customers.
const FIRST_FUND: i64 = 1_011_900_001;
/// Leading digits of that bank's debit cards.
const BIN: &str = "62991011";

/// A project of the demo, and what it had before the demo began.
struct Line {
    owner: TenantId,
    code: &'static str,
    words: [&'static str; 5],
    unit_points: i64,
    goal: i64,
    days: i64,
    before: (i64, i64),
    persons: [&'static str; 2],
}

const PROJECTS: &[Line] = &[
    Line {
        owner: UNION,
        code: "blue-lamp",
        words: [
            "点亮蓝灯",
            "孤独症孩子说话慢，一对一的康复课要一直上。点一盏蓝灯，给他们添一节课。",
            "青禾省助残慈善基金会",
            "QH-2026-0117",
            "给孩子一节康复课",
        ],
        unit_points: 500,
        goal: 20_000_000,
        days: 400,
        before: (18_341, 9_127_600),
        persons: ["周静", "何平"],
    },
    Line {
        owner: FIRST_BANK,
        code: "village-books",
        words: [
            "图书进村小",
            "陵溪县六所村小的图书角空着一半，添一本是一本。",
            "陵溪县教育基金会",
            "LX-2026-0208",
            "给村小添一本新书",
        ],
        unit_points: 300,
        goal: 600_000,
        days: 220,
        before: (412, 163_400),
        persons: ["罗兰", "陈明"],
    },
];

/// The number of a fundraiser's account.
fn number(n: usize) -> Result<String> {
    let fits = (0..10).map(|end| format!("{BIN}{n:010}{end}")).find(|n| numbers::is_card(n));
    fits.ok_or_else(|| Error::fault("no number for a fundraiser"))
}

/// Opens accounts and ledgers at the core.
pub(super) async fn core(sandbox: &Sandbox, today: Day) -> Result<()> {
    for (n, line) in (0_i64..).zip(PROJECTS) {
        let [_, _, fundraiser, ..] = line.words;
        let (carried_lamps, carried_points) = line.before;
        let project = NewProject { code: line.code.to_owned(), carried_lamps, carried_points };
        // From an earlier start of the same demo.
        if !sandbox.add_project(line.owner, project).await? {
            continue;
        }
        let cust_no = FIRST_FUND + n;
        let customer = NewCustomer {
            cust_no,
            name: fundraiser.to_owned(),
            id_type: IdType::Passport,
            id_no: format!("FUND{cust_no}"),
            mobile: None,
            state: CustomerState::Active,
            since: today.plus_days(-400),
        };
        sandbox.add_customer(FIRST_BANK, customer).await?;
        let account = NewAccount {
            acct_id: cust_no * 100 + 1,
            cust_no,
            kind: AccountKind::Debit,
            product: "慈善专户".to_owned(),
            class: Some(1),
            number: number(usize::try_from(n)?)?,
            opened_on: today.plus_days(-400),
            limit: Fen::ZERO,
            rate_bp: 0,
            ends_on: None,
        };
        sandbox.add_account(FIRST_BANK, account).await?;
    }
    Ok(())
}

/// Makes the projects known to the bank.
pub(super) async fn fill(app: &Arc<App>) -> Result<()> {
    let today = app.clock().now().china_day();
    for (n, line) in PROJECTS.iter().enumerate() {
        let [title, story, fundraiser, licence, unit_words] = line.words.map(str::to_owned);
        let [maker, checker] = line.persons.map(str::to_owned);
        let entry = Entry {
            code: line.code.to_owned(),
            title,
            story,
            payee_name: fundraiser.clone(),
            fundraiser,
            licence,
            unit_points: line.unit_points,
            unit_words,
            goal_points: line.goal,
            ends_on: today + line.days,
            is_open: true,
            payee_number: number(n)?,
            maker,
            checker,
        };
        let unit = move |tx: &db::Tx<'_>| charity::keep(tx, BY, std::slice::from_ref(&entry));
        app.db.write(Scope::Tenant(line.owner), unit).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fundraisers_have_numbers_of_their_own() {
        let all: Vec<String> = (0..PROJECTS.len()).map(|n| number(n).unwrap()).collect();
        assert!(all.iter().all(|n| n.len() == 19 && n.starts_with(BIN)), "{all:?}");
        assert_ne!(all[0], all[1]);
    }
}
