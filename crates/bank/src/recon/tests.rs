//! Days compared in the database, on every engine there is, and through the front door.

use super::made::{Own, Pair, Whose};
use super::matching::Class;
use super::oracle::{TENANT, balanced, bytes_of, odd, opened, shuffled, wanted, whose};
use super::resolve::Verdict;
use super::run::{Desk, Order, take};
use super::{BALANCED, FILE_MISSING, OPEN_DIFF, fetch, import, made, round, store};
use crate::app::MIGRATIONS;
use crate::payments::made as payments;
use crate::payments::state::State;
use crate::payments::tests::{LOST_ANSWERS, PIN, knows_qiang};
use crate::staff::{self, Role};
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank};
use crate::vault::{Masters, Profile, Vault};
use base::{Clock, DAY_MS, Random, Result, Secret, TenantId};
use corebank::recon::Kind;
use corebank::{Day, Weather};
use db::testing::{TestDb, databases};
use db::{FromRow, Scope, Tx, Value, params};
use reqwest::header::{COOKIE, SET_COOKIE};

const PASSWORD: &str = "field-of-wheat-2026";

pub(super) fn order() -> Order {
    Order { by: "operator", supersede: false, again: false, cut_minutes: 1_440 }
}

/// A database the morning after, and who works on it.
struct Office {
    desk: Desk,
    clock: Clock,
    _db: TestDb,
}

impl Office {
    async fn each() -> Vec<Self> {
        let clock = Clock::manual(whose().date.end().plus_ms(6 * 3_600_000));
        let mut all = vec![];
        for db in databases(MIGRATIONS, &clock).await {
            let masters = Masters { current: Secret::new([7; 32]), previous: None };
            let vault = Vault::new(&masters, Profile::Standard, Random::seeded(2)).unwrap();
            let keys = vault.tenant(&db, TENANT).await.unwrap();
            let desk = Desk { db: (*db).clone(), keys, tenant: TENANT };
            all.push(Self { desk, clock: clock.clone(), _db: db });
        }
        all
    }

    async fn keep(&self, pairs: &[Pair]) {
        keep(&self.desk, pairs).await;
    }
    async fn take(&self, lines: &[Own], order: Order) -> Result<super::DayRow> {
        take(self.desk.clone(), opened(&bytes_of(lines)), wanted(), order).await
    }
    async fn take_day(&self, day: Whose, lines: &[Own]) -> Result<super::DayRow> {
        let mut bytes = vec![];
        made::write(&day, lines.iter(), &mut bytes).unwrap();
        let wanted = super::file::Wanted { date: Some(day.date), ..wanted() };
        take(self.desk.clone(), opened(&bytes), wanted, order()).await
    }
    async fn ask<T: FromRow + Send + 'static>(
        &self,
        sql: &'static str,
        more: &'static [Value<'static>],
    ) -> Vec<T> {
        let unit = move |tx: &Tx<'_>| {
            let mut values = vec![Value::Int(tx.tenant().raw())];
            values.extend_from_slice(more);
            tx.all::<T>(sql, &values)
        };
        self.desk.db.read(Scope::Tenant(TENANT), unit).await.unwrap()
    }
    async fn state(&self, pair: &Pair) -> State {
        let id = pair.facts.as_ref().unwrap().id;
        let unit = move |tx: &Tx<'_>| crate::payments::evidence::by_id(tx, id);
        self.desk.db.read(Scope::Tenant(TENANT), unit).await.unwrap().unwrap().state
    }
}

pub(super) async fn keep(desk: &Desk, pairs: &[Pair]) {
    let facts: Vec<_> = pairs.iter().filter_map(|p| p.facts.clone()).collect();
    let keys = desk.keys.clone();
    let unit = move |tx: &Tx<'_>| facts.iter().try_for_each(|f| payments::put(tx, &keys, f));
    desk.db.write(Scope::Tenant(desk.tenant), unit).await.unwrap();
}

/// What a class makes of a payment at once.
fn moved(pair: &Pair) -> State {
    let before = pair.facts.as_ref().unwrap().state;
    match pair.class {
        Class::M0 | Class::M8 => before,
        Class::M1 if pair.lines.len() > 1 => State::Reversed,
        Class::M1 => State::Succeeded,
        Class::M2 => State::Failed,
        _ => State::Manual,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_certain_moves_by_evidence_and_what_contradicts_is_frozen_for_people() {
    for office in Office::each().await {
        let random = Random::seeded(11);
        let mut pairs = balanced(300, &random);
        pairs.extend((300..360).map(|n| odd(n, &random)));
        office.keep(&pairs).await;
        let lines = shuffled(&pairs, &random);
        let day = office.take(&lines, order()).await.unwrap();
        assert_eq!(day.state, OPEN_DIFF);
        for class in &Class::ALL[1..] {
            let at = Class::ALL.iter().position(|c| c == class).unwrap();
            let made = pairs.iter().filter(|p| p.class == *class).count();
            assert_eq!(day.counts[at], i64::try_from(made).unwrap(), "{class:?} {day:?}");
        }
        for pair in pairs.iter().filter(|p| p.facts.is_some()) {
            assert_eq!(office.state(pair).await, moved(pair), "{pair:?}");
        }
        // Each of them with an event, and an audit row that names the file.
        let proved: Vec<String> = office
            .ask("SELECT detail FROM audit WHERE tenant_id = $1 AND act = 'payment.evidence'", &[])
            .await;
        assert!(!proved.is_empty() && proved.iter().all(|d| d.starts_with("sm3:")), "{proved:?}");

        // The same file again does nothing, and compared again it comes to the same (I31).
        let events = "SELECT COUNT(*) FROM payment_event WHERE tenant_id = $1";
        let before: Vec<i64> = office.ask(events, &[]).await;
        assert_eq!(office.take(&lines, order()).await.unwrap(), day);
        let again = office.take(&lines, Order { again: true, ..order() }).await.unwrap();
        assert_eq!((again.digest, again.counts), (day.digest, day.counts));
        assert_eq!(office.ask::<i64>(events, &[]).await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_line_that_names_an_account_is_kept_in_the_clear_dp_03() {
    for office in Office::each().await {
        let random = Random::seeded(12);
        let stray = Pair { facts: None, ..whose().plain(1, &random) }.of(Class::M3);
        let payee = stray.lines[0].parties.payee.clone();
        office.take(&stray.lines, order()).await.unwrap();
        let kept: Vec<(String, String, Vec<u8>)> = office
            .ask("SELECT item, evidence, line_sealed FROM recon_diff WHERE tenant_id = $1", &[])
            .await;
        let [(item, evidence, sealed)] = &kept[..] else { panic!("{kept:?}") };
        assert!(!item.contains(&payee) && evidence.ends_with("#2"));
        assert!(!sealed.windows(payee.len()).any(|w| w == payee.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_file_of_a_day_needs_an_operators_word_and_what_it_clears_is_given_back() {
    for office in Office::each().await {
        let random = Random::seeded(13);
        let good = whose().plain(1, &random);
        let failed = whose().plain(2, &random).standing(State::Failed);
        let gone = whose().plain(3, &random);
        let pairs = [good, failed, gone];
        office.keep(&pairs).await;
        // Their first file books what failed here, and leaves out what succeeded.
        let first = [pairs[0].lines[0].clone(), pairs[1].lines[0].clone()];
        let day = office.take(&first, order()).await.unwrap();
        assert_eq!((day.counts[3], day.counts[4]), (1, 1), "{day:?}");
        assert_eq!(office.state(&pairs[1]).await, State::Manual);
        assert_eq!(office.state(&pairs[2]).await, State::Manual);

        let second = [pairs[2].lines[0].clone(), pairs[0].lines[0].clone()];
        let no = office.take(&second, order()).await.unwrap_err();
        assert!(no.is_refusal("recon.other_file"), "{no}");
        let day = office.take(&second, Order { supersede: true, ..order() }).await.unwrap();
        assert_eq!((day.state.as_str(), day.version), (BALANCED, 2), "{day:?}");
        assert_eq!(office.state(&pairs[1]).await, State::Failed);
        assert_eq!(office.state(&pairs[2]).await, State::Succeeded);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_falls_beside_the_cut_waits_for_one_more_file_and_no_longer() {
    for office in Office::each().await {
        let random = Random::seeded(14);
        let late = whose().date.end().plus_ms(-60_000);
        let next = Whose { date: whose().date.plus_days(1), ..whose() };
        let found = whose().at(1, late, &random).of(Class::M8);
        let lost = whose().at(2, late, &random).of(Class::M8);
        let doubtful = whose().at(3, late, &random).standing(State::Unknown);
        let never = whose().at(4, late, &random).standing(State::Unknown);
        let pairs = [found, lost, doubtful, never];
        office.keep(&pairs).await;
        let day = office.take(&[], order()).await.unwrap();
        assert_eq!((day.counts[8], day.state.as_str()), (4, BALANCED), "{day:?}");
        assert_eq!(office.state(&pairs[1]).await, State::Succeeded, "nobody is called yet");

        let early = Whose { date: whose().date.plus_days(9), ..whose() };
        let no = office.take_day(early, &[]).await.unwrap_err();
        assert!(no.is_refusal("recon.not_yet"), "more may be sent and booked on that date: {no}");
        office.clock.advance_ms(DAY_MS);
        let booked = |p: &Pair| Own { core_date: next.date, ..p.lines[0].clone() };
        let day = office.take_day(next, &[booked(&pairs[0]), booked(&pairs[2])]).await.unwrap();
        assert_eq!(day.counts, [1, 1, 1, 0, 1, 0, 0, 0, 0], "{day:?}");
        let now = [State::Succeeded, State::Manual, State::Succeeded, State::Failed];
        for (pair, state) in pairs.iter().zip(now) {
            assert_eq!(office.state(pair).await, state, "{pair:?}");
        }
        let waiting: Vec<i64> = office
            .ask("SELECT id FROM recon_diff WHERE tenant_id = $1 AND state = 'waiting'", &[])
            .await;
        assert_eq!(waiting, Vec::<i64>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rail_gave_back_days_later_settles_the_payment_of_that_day() {
    for office in Office::each().await {
        let random = Random::seeded(15);
        let long_ago = Whose { date: whose().date.plus_days(-9), ..whose() };
        let accepted = long_ago.plain(1, &random).standing(State::Accepted).undone(Kind::Return);
        let returned = long_ago.plain(2, &random).standing(State::Returned).undone(Kind::Return);
        let pairs = [accepted, returned];
        office.keep(&pairs).await;
        let back = |p: &Pair| Own { core_date: whose().date, ..p.lines[1].clone() };
        let day = office.take(&[back(&pairs[0]), back(&pairs[1])], order()).await.unwrap();
        assert_eq!((day.counts[0], day.counts[1], day.state.as_str()), (1, 1, BALANCED));
        assert_eq!(office.state(&pairs[0]).await, State::Returned);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_nobody_knew_the_outcome_of_is_settled_by_the_cores_file_and_told() {
    for bank in TestBank::each().await {
        knows_qiang(&bank).await;
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let order_of_page = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_ANSWERS);
        let (status, told) = page.post(&bank, "pay/do", order_of_page).await;
        assert_eq!(status, 200, "{told}");
        let date = Day::at(bank.clock.now());
        bank.core.set_weather(OUTAGE);
        for _ in 0..8 {
            bank.clock.advance_ms(15 * 60_000);
            bank.quiet().await;
        }
        assert_eq!(bank.payments().await.last(), Some(&State::Manual));
        bank.core.set_weather(Weather::FINE);
        let no = fetch(&bank.app, LINGXI, date, order()).await.unwrap_err();
        assert!(no.is_refusal("recon.not_yet"), "{no}");

        bank.clock.advance_ms(DAY_MS);
        round(&bank.app).await.unwrap();
        let (day, diffs) = super::day(&bank.app, LINGXI, date, 10).await.unwrap();
        let day = day.unwrap();
        assert_eq!((day.state.as_str(), day.counts[1], day.overdue), (BALANCED, 1, 0), "{day:?}");
        assert_eq!((diffs.len(), diffs[0].state.as_str()), (1, "resolved"));
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        bank.quiet().await;
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().starts_with("✔ 已转给王强"), "{chat:?}");
        // The round does not fetch it again.
        round(&bank.app).await.unwrap();
        assert_eq!(super::days(&bank.app, LINGXI, 10).await.unwrap()[0], day);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_come_is_said_to_be_missing_and_is_taken_when_it_comes() {
    for bank in TestBank::each().await {
        let desk = super::desk(&bank.app, LINGXI).await.unwrap();
        keep(&desk, &[whose().plain(1, &Random::seeded(3))]).await;
        bank.clock.advance_ms(DAY_MS);
        bank.core.set_weather(OUTAGE);
        round(&bank.app).await.unwrap();
        let days = super::days(&bank.app, LINGXI, 10).await.unwrap();
        assert_eq!((days.len(), days[0].state.as_str()), (1, FILE_MISSING));
        bank.core.set_weather(Weather::FINE);
        round(&bank.app).await.unwrap();
        // The sandbox knows nothing of this payment.
        let days = super::days(&bank.app, LINGXI, 10).await.unwrap();
        assert_eq!((days[0].state.as_str(), days[0].counts[4]), (OPEN_DIFF, 1), "{days:?}");
        bank.stop().await;
    }
}

/// Logs in and opens the page.
pub(crate) struct Clerk<'a> {
    bank: &'a TestBank,
    /// Name and value.
    pub(crate) cookie: String,
}

impl<'a> Clerk<'a> {
    pub(crate) async fn hire(bank: &'a TestBank, login: &str, role: Role) -> Self {
        Self::hire_at(bank, LINGXI, login, role).await
    }
    pub(crate) async fn hire_at(
        bank: &'a TestBank,
        tenant: TenantId,
        login: &str,
        role: Role,
    ) -> Self {
        staff::add(&bank.app, tenant, login, &Secret::new(PASSWORD.into()), role).await.unwrap();
        let form = format!("login={login}&password={PASSWORD}");
        let answer = Self::send(bank, "/login", "", form).await;
        let set = answer.headers().get(SET_COOKIE).unwrap().to_str().unwrap();
        Self { bank, cookie: set.split(';').next().unwrap().to_owned() }
    }
    async fn send(bank: &TestBank, path: &str, cookie: &str, form: String) -> reqwest::Response {
        let url = format!("{}{path}", bank.staff_url);
        let kind = "application/x-www-form-urlencoded";
        let request = bank.http.post(url).header("content-type", kind).header(COOKIE, cookie);
        request.body(form).send().await.unwrap()
    }
    pub(super) async fn page(&self) -> String {
        let url = format!("{}/recon", self.bank.staff_url);
        let answer = self.bank.http.get(url).header(COOKIE, &self.cookie).send().await.unwrap();
        answer.text().await.unwrap()
    }
    pub(crate) async fn act(&self, path: &str, form: &str) -> u16 {
        self.told(path, form).await.0
    }
    /// What it came to, and the page that says so.
    async fn told(&self, path: &str, form: &str) -> (u16, String) {
        let session = self.cookie.split_once('=').unwrap().1;
        let by = staff::session(&self.bank.app, session).await.unwrap();
        let form = format!("token={}&{form}", by.form_token);
        let answer = Self::send(self.bank, path, &self.cookie, form).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
    /// Where the first of what others have proposed is decided.
    async fn proposed(&self) -> String {
        let page = self.page().await;
        let path = page.split("action=\"/recon/rcd").nth(1).unwrap().split('"').next().unwrap();
        format!("/recon/rcd{path}")
    }
}

async fn audited(bank: &TestBank, act: &'static str) -> Vec<String> {
    let unit = move |tx: &Tx<'_>| {
        tx.all(
            "SELECT actor FROM audit WHERE tenant_id = $1 AND act = $2 ORDER BY id",
            params![tx.tenant(), act],
        )
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_decided_by_two_people_on_their_page_i34() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        let random = Random::seeded(16);
        let pairs = [whose().plain(1, &random), whose().plain(2, &random)];
        let desk = super::desk(&bank.app, LINGXI).await.unwrap();
        keep(&desk, &pairs).await;
        let file = opened(&bytes_of(&pairs[0].lines));
        let day = import(&bank.app, LINGXI, file, Some(whose().date), order()).await.unwrap();
        assert_eq!((day.state.as_str(), day.counts[4]), (OPEN_DIFF, 1));

        let chen = Clerk::hire(&bank, "lingxi.chen", Role::Agent).await;
        let luo = Clerk::hire(&bank, "lingxi.luo", Role::CountyAdmin).await;
        let page = chen.page().await;
        assert!(
            page.contains("短款") && page.contains("有差错") && page.contains("2026-11-23"),
            "{page}"
        );
        let path = page.split("action=\"/recon/").nth(1).unwrap().split('"').next().unwrap();
        let path = format!("/recon/{path}");
        assert_eq!(chen.act(&path, "act=propose&verdict=absent&reason=no").await, 400);
        let number = "act=propose&verdict=absent&reason=card+6217000000000098";
        assert_eq!(chen.act(&path, number).await, 400, "no numbers in reasons");
        assert_eq!(chen.act(&path, "act=propose&verdict=noted&reason=core+says+so").await, 400);
        assert_eq!(chen.act(&path, "act=approve").await, 403, "not an administrator");
        let propose = "act=propose&verdict=absent&reason=core+says+so";
        assert_eq!(luo.act(&path, propose).await, 303);
        assert_eq!(luo.act(&path, "act=approve").await, 403, "their own");
        assert_eq!(chen.act(&path, propose).await, 303);
        assert_eq!(luo.act(&path, "act=decline").await, 303);
        assert_eq!(luo.act(&path, "act=approve").await, 409, "nothing is proposed");
        assert_eq!(chen.act(&path, propose).await, 303);
        assert_eq!(luo.act(&path, "act=approve").await, 303);
        let states = bank.payments().await;
        assert_eq!(states, [State::Succeeded, State::Failed]);
        let (day, _) = super::day(&bank.app, LINGXI, whose().date, 10).await.unwrap();
        assert_eq!(day.unwrap().state, BALANCED);
        assert_eq!(audited(&bank, "recon.propose").await.len(), 3);
        let decided = audited(&bank, "recon.decide").await;
        assert_eq!(decided.len(), 2);
        assert_eq!(decided[0], decided[1]);
        let moved = audited(&bank, "payment.61").await;
        assert_eq!(moved, decided[1..], "the checker moves it");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_in_peoples_hands_without_a_file_is_decided_by_the_same_rule() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        let pair = whose().plain(1, &Random::seeded(17)).standing(State::Manual);
        let desk = super::desk(&bank.app, LINGXI).await.unwrap();
        keep(&desk, std::slice::from_ref(&pair)).await;
        let chen = Clerk::hire(&bank, "lingxi.chen", Role::Agent).await;
        let luo = Clerk::hire(&bank, "lingxi.luo", Role::CountyAdmin).await;
        let path = format!("/recon/payment/{}", pair.facts.as_ref().unwrap().id);
        assert!(chen.page().await.contains(&path));
        let propose = "act=propose&verdict=posted&reason=seen+in+the+core";
        assert_eq!(chen.act(&path, propose).await, 303);
        assert_eq!(chen.act(&path, propose).await, 409, "it is proposed already");
        let decide = luo.proposed().await;
        assert_eq!(luo.act(&decide, "act=approve").await, 303);
        assert_eq!(bank.payments().await, [State::Succeeded]);
        assert_eq!(luo.act(&decide, "act=approve").await, 409);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_to_be_undone_today_is_not_called_done_before_the_day_is_over() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        let pair = whose().plain(1, &Random::seeded(21)).standing(State::Manual);
        let desk = super::desk(&bank.app, LINGXI).await.unwrap();
        keep(&desk, std::slice::from_ref(&pair)).await;
        let id = pair.facts.as_ref().unwrap().id;
        undone_in_vain(&bank, id).await;
        let chen = Clerk::hire(&bank, "lingxi.chen", Role::Agent).await;
        let luo = Clerk::hire(&bank, "lingxi.luo", Role::CountyAdmin).await;
        let path = format!("/recon/payment/{id}");
        let propose = "act=propose&verdict=posted&reason=seen+in+the+core";
        let (status, page) = chen.told(&path, propose).await;
        assert_eq!(status, 409);
        assert!(page.contains("今天发过冲正") && page.contains("第二天"), "{page}");
        // That the money is back is known at once.
        assert_eq!(chen.act(&path, &propose.replace("posted", "reversed")).await, 303);
        assert_eq!(luo.act(&luo.proposed().await, "act=decline").await, 303);
        assert_eq!(bank.payments().await, [State::Manual]);
        bank.clock.advance_ms(DAY_MS);
        let sun = Clerk::hire(&bank, "lingxi.sun", Role::Agent).await;
        let gao = Clerk::hire(&bank, "lingxi.gao", Role::CountyAdmin).await;
        assert_eq!(sun.act(&path, propose).await, 303);
        assert_eq!(gao.act(&gao.proposed().await, "act=approve").await, 303);
        assert_eq!(bank.payments().await, [State::Succeeded]);
        bank.stop().await;
    }
}

/// As if a reversal had been sent now, and nobody had answered it.
async fn undone_in_vain(bank: &TestBank, id: crate::payments::PaymentId) {
    let unit = move |tx: &Tx<'_>| {
        tx.exec(
            "INSERT INTO core_call (tenant_id, payment_id, epoch, request_id, kind, payload_hash, sent_at_ms, valid_until_ms, \
             outcome) VALUES ($1, $2, 9, 'r', 'R', $3, $4, $4, 'unknown')",
            params![tx.tenant(), id, [0_u8; 32].as_slice(), tx.now()],
        )
    };
    bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_a_proposal_never_name_one_person_twice_i34() {
    for office in Office::each().await {
        let random = Random::seeded(18);
        let pair = whose().plain(1, &random).without_lines();
        office.keep(std::slice::from_ref(&pair)).await;
        office.take(&[], order()).await.unwrap();
        let unit = |tx: &Tx<'_>| {
            let id = store::open(tx, 1)?[0].id;
            assert!(store::propose(tx, id, 7, Verdict::Absent.word(), "because")?);
            assert!(!store::decide(tx, id, 7, "resolved")?, "not by its maker");
            assert!(store::decide(tx, id, 8, "resolved")?);
            assert!(!store::decide(tx, id, 9, "resolved")?, "not twice");
            Ok(())
        };
        office.desk.db.write(Scope::Tenant(TENANT), unit).await.unwrap();
    }
}
