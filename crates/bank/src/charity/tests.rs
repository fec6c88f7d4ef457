//! Gifts through the front door: said and tapped in chat, made by the sandbox core; certificates and money on their pages.

use super::{file, give};
use crate::audit::Actor;
use crate::import::{self, Plan, Rows};
use crate::payments::tests::{LOST_ANSWERS, PIN};
use crate::staff::{self, Role};
use crate::testing::{APPID, Browser, LINGXI, TestBank, YUNLU, link_in, people, person, words};
use base::{DAY_MS, Fen, Secret};
use corebank::gifts::ProjectRef;
use corebank::sandbox::{NewAccount, NewProject, movement};
use corebank::{AccountKind, AccountRef, CardFees, CoreBank, Ctx, Weather};
use db::Scope;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

/// 李芳's credit card and her debit card.
const CREDIT: i64 = 101_100_000_109;
const CARD: i64 = 101_100_000_101;
/// The fundraiser's account, at the same bank.
pub(super) const FUND: i64 = 101_100_000_901;
const UNION: base::TenantId = crate::tenants::UNION;
/// The province's project has been going on for a while.
pub(super) const LAMPS: i64 = 18_341;
const LOST_REQUESTS: Weather =
    Weather { lost_request_percent: 100, only_payments: true, ..Weather::FINE };

fn fund() -> crate::testing::Person {
    person(9, "青禾省助残慈善基金会", "19900101001", "19000007005")
}

pub(super) fn projects(goal: i64, ends: &str) -> String {
    let number = fund().card_no;
    format!(
        "代码,名称,故事,募捐组织,备案号,每份积分,每份,目标积分,截止日期,状态,收款账号,收款户名,登记人,复核人\n\
         blue-lamp,点亮蓝灯,让孤独症孩子有课上,青禾省助残慈善基金会,QH-2026-0117,500,给孩子一节康复课,{goal},{ends},开放,{number},青禾省助残慈善基金会,周静,何平\n"
    )
}

const BOOKS: &str = "代码,名称,故事,募捐组织,备案号,每份积分,每份,目标积分,截止日期,状态,登记人,复核人\n\
     books,图书进村小,给六所村小添图书,陵溪县教育基金会,LX-2026-0208,300,一本新书,100000,2027-12-31,开放,罗兰,陈明\n";

impl TestBank {
    pub(super) async fn take_projects(&self, institution: &str, csv: &str) {
        let rows = Rows::Charity(file::projects("projects.csv", csv.as_bytes()).unwrap());
        let plan = Plan { institution: institution.into(), rows, replace: false };
        import::apply(&self.app, plan).await.unwrap();
    }

    /// 李芳 has a credit card with 300 points that end in December 2028 and 2,040 that end in January 2029, and is bound.
    pub(crate) async fn gives(&self) {
        self.has_points().await;
        self.bind(APPID, "lifang", &people()[0]).await;
    }

    async fn has_points(&self) {
        let core = self.core.inner();
        let fees = CardFees {
            product: "福农信用卡".into(),
            annual: Fen::ZERO,
            free_after: None,
            cash_percent: 50,
            cash_fee_bp: 100,
            cash_fee_least: Fen::of(1_000),
            day_rate_bp: 5,
            late_fee_bp: 500,
        };
        core.set_card_product(LINGXI, fees).await.unwrap();
        let card = NewAccount {
            acct_id: CREDIT,
            cust_no: 1_011_000_001,
            kind: AccountKind::Credit,
            product: "福农信用卡".into(),
            class: None,
            number: "6299101188880009".into(),
            opened_on: "2024-01-01".parse().unwrap(),
            limit: Fen::of(10_000_000),
            rate_bp: 0,
            ends_on: None,
        };
        core.add_card(LINGXI, card, 5, 25).await.unwrap();
        let project = NewProject {
            code: "blue-lamp".into(),
            carried_lamps: LAMPS,
            carried_points: 1_000_000,
        };
        core.add_project(UNION, project).await.unwrap();
        for (id, yuan) in [("one", 300), ("two", 2_040)] {
            let bought = movement::purchase(CREDIT, Fen::of(yuan * 100), "超市");
            core.post(LINGXI, id, bought).await.unwrap().unwrap();
            self.clock.advance_ms(30 * DAY_MS);
        }
        self.take_projects("qinghe", &projects(100_000_000, "2027-12-31")).await;
    }

    pub(crate) async fn points(&self) -> Vec<i64> {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let card = AccountRef::new(CREDIT.to_string());
        let points = self.core.inner().points(&ctx, &card).await.unwrap();
        points.lots.iter().map(|l| l.points).collect()
    }

    pub(super) async fn lamps(&self) -> i64 {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let project = ProjectRef { owner: UNION, code: "blue-lamp".into() };
        self.core.inner().gifts().unwrap().tally(&ctx, &project).await.unwrap().lamps
    }

    /// The lines of the last message: what each says, and its id.
    async fn lines(&self, uid: &str) -> Vec<(String, String)> {
        let chat = self.look(&format!("chats/{APPID}/{uid}")).await;
        let items = chat["items"].as_array().cloned().unwrap_or_default();
        let last = items.iter().rev().find(|i| i["side"] == "account").cloned().unwrap_or_default();
        let parts = last["parts"].as_array().cloned().unwrap_or_default();
        let line = |p: &Value| {
            let text: String = p["text"].as_str()?.into();
            Some((text, p["id"].as_str()?.into()))
        };
        parts.iter().filter_map(line).collect()
    }

    pub(crate) async fn tap(&self, uid: &str, line: &(String, String)) -> String {
        let message = json!({ "type": "text", "content": line.0, "bizmsgmenuid": line.1 });
        self.send(APPID, uid, message).await
    }

    /// A line by its words, with or without its number.
    pub(crate) async fn line(&self, uid: &str, says: &str) -> (String, String) {
        let lines = self.lines(uid).await;
        let is_it = |text: &str| text == says || text.split_once(' ').is_some_and(|l| l.1 == says);
        let line = lines.iter().find(|(text, _)| is_it(text)).cloned();
        line.unwrap_or_else(|| panic!("no «{says}» in {lines:?}"))
    }

    pub(crate) async fn tap_line(&self, uid: &str, says: &str) -> String {
        let line = self.line(uid, says).await;
        self.tap(uid, &line).await
    }

    pub(crate) async fn is_sound(&self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lamp_is_lit_from_a_sentence_with_the_points_that_end_first() {
    for bank in TestBank::each().await {
        bank.gives().await;
        let said = bank.say(APPID, "lifang", "点亮蓝灯").await;
        assert!(said.contains("您有 2,340 分（其中 300 分12月5日过期）"), "{said}");
        assert!(
            said.contains("500 分 = 给孩子一节康复课") && said.contains("「点亮蓝灯」"),
            "{said}"
        );
        let said = bank.tap_line("lifang", "捐500分").await;
        assert!(said.contains("把 500 分捐给「点亮蓝灯」，捐了不能退。"), "{said}");
        assert_eq!(bank.points().await, [300, 2_040], "nothing is taken before it is confirmed");
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("✔ 谢谢您") && said.contains("第 18,342 盏灯"), "{said}");
        assert!(said.contains("还有 1,840 分"), "{said}");
        assert_eq!(bank.points().await, [1_840], "the lot that ends first went first");
        assert_eq!(bank.lamps().await, LAMPS + 1);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tapped_twice_the_same_lamp_is_told_and_nothing_is_taken_again() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        let yes = bank.line("lifang", "确认").await;
        let first = bank.tap("lifang", &yes).await;
        assert!(first.contains("第 18,342 盏灯"), "{first}");
        let second = bank.tap("lifang", &yes).await;
        assert!(second.contains("第 18,342 盏灯"), "{second}");
        // The very same gift put in by hand tells the same, too.
        let (follower, bound) = bank.only_bound().await;
        let by = crate::payments::draft::Payer { tenant: LINGXI, follower, bound, session: None };
        let newest = |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT MAX(id) FROM gift WHERE tenant_id = $1",
                db::params![tx.tenant()],
            )
        };
        let (id,) = bank.app.db.read(Scope::Tenant(LINGXI), newest).await.unwrap();
        let third =
            give::give(&bank.app, &by, super::GiftId::of(id), give::Take::Said).await.unwrap();
        assert!(third.contains("第 18,342 盏灯"), "{third}");
        assert_eq!(bank.points().await, [1_840]);
        assert_eq!(bank.lamps().await, LAMPS + 1);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_bound_binds_and_goes_on() {
    for bank in TestBank::each().await {
        bank.has_points().await;
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", "点亮蓝灯").await;
        assert!(said.contains("绑定"), "{said}");
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.iter().any(|w| w.contains("您有 2,340 分")), "{chat:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_too_few_and_a_days_most_are_said_before_anything_is_taken() {
    for bank in TestBank::each().await {
        bank.gives().await;
        let said = bank.say(APPID, "lifang", "捐2500积分").await;
        assert!(said.contains("差 160 分，您有 2,340 分"), "{said}");
        let said = bank.say(APPID, "lifang", "捐50积分").await;
        assert!(said.contains("一次最少捐 100 分"), "{said}");
        let said = bank.say(APPID, "lifang", "全部积分捐了").await;
        assert!(said.contains("把 2,340 分捐给") && said.contains("要输密码"), "{said}");
        let said = bank.say(APPID, "lifang", "捐2000积分").await;
        assert!(said.contains("把 2,000 分捐给") && !said.contains("密码"), "{said}");
        let said = bank.say(APPID, "lifang", "好的").await;
        assert!(said.contains("第 18,342 盏灯") && said.contains("还有 340 分"), "{said}");
        let said = bank.say(APPID, "lifang", "捐100积分").await;
        assert!(said.contains("一天超过 2,000 分，要输密码"), "{said}");
        bank.clock.advance_ms(DAY_MS);
        let said = bank.say(APPID, "lifang", "捐340积分").await;
        assert!(said.contains("把 340 分捐给"), "{said}");
        let said = bank.tap_line("lifang", "再想想").await;
        assert!(said.contains("先不捐，分没有动"), "{said}");
        assert_eq!(bank.points().await, [340]);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_card_or_no_points_hears_how_to_get_some() {
    for bank in TestBank::each().await {
        bank.take_projects("qinghe", &projects(1_000_000, "2027-12-31")).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.say(APPID, "lifang", "积分捐赠").await;
        assert!(said.contains("您还没有积分") && said.contains("信用卡"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_is_full_or_over_gives_way_to_the_next() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.take_projects("lingxi", BOOKS).await;
        bank.take_projects("qinghe", &projects(1_000_000, "2027-12-31")).await;
        let said = bank.say(APPID, "lifang", "积分捐赠").await;
        assert!(said.contains("捐给「图书进村小」"), "the first one is full: {said}");
        bank.take_projects("qinghe", &projects(100_000_000, "2026-12-31")).await;
        let said = bank.say(APPID, "lifang", "捐100积分").await;
        assert!(said.contains("捐给「图书进村小」"), "the first one is over: {said}");
        // It ends between the offer and the confirmation.
        bank.take_projects("lingxi", &BOOKS.replace("开放", "结束")).await;
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("不收了") && said.contains("没有动"), "{said}");
        let said = bank.say(APPID, "lifang", "积分捐赠").await;
        assert!(said.contains("已经不收了"), "{said}");
        assert_eq!(bank.points().await, [300, 2_040]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_until_it_is_known_and_the_lamp_is_told_then() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.core.set_weather(LOST_ANSWERS);
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("正在确认，请不要重复捐"), "{said}");
        assert!(!said.contains("盏灯"), "no lamp before the core gave one: {said}");
        let said = bank.say(APPID, "lifang", "捐500积分").await;
        assert!(said.contains("上一笔正在确认，请不要重复捐"), "{said}");
        // Still silent: asked again, and nothing is called failed.
        bank.clock.advance_ms(11_000);
        bank.settle().await;
        let chat = bank.chat(APPID, "lifang").await;
        assert!(!chat.iter().any(|w| w.contains("没有捐成")), "{chat:?}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(60_000);
        bank.settle().await;
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("第 18,342 盏灯"), "{chat:?}");
        assert_eq!(bank.points().await, [1_840]);
        assert_eq!(bank.lamps().await, LAMPS + 1);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_arrived_is_fenced_and_told_as_not_given() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.core.set_weather(LOST_REQUESTS);
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("正在确认"), "{said}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(11_000);
        bank.settle().await;
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.contains("没有捐成，分没有动") && last.contains("再捐一次"), "{chat:?}");
        assert_eq!(bank.points().await, [300, 2_040]);
        // The way is free again.
        bank.say(APPID, "lifang", "捐500积分").await;
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("第 18,342 盏灯"), "{said}");
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_over_after_a_quarter_of_an_hour_or_when_another_takes_its_place() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        let old = bank.line("lifang", "确认").await;
        bank.say(APPID, "lifang", "捐300积分").await;
        let said = bank.tap("lifang", &old).await;
        assert!(!said.contains("盏灯"), "an old line gives nothing: {said}");
        bank.say(APPID, "lifang", "捐300积分").await;
        let line = bank.line("lifang", "确认").await;
        bank.clock.advance_ms(16 * 60_000);
        let said = bank.tap("lifang", &line).await;
        assert!(said.contains("超过15分钟") && said.contains("分没有动"), "{said}");
        assert_eq!(bank.points().await, [300, 2_040]);
        bank.stop().await;
    }
}

/// A member of staff at the page of gifts.
struct Clerk<'a> {
    bank: &'a TestBank,
    cookie: String,
}

impl<'a> Clerk<'a> {
    async fn log_in(bank: &'a TestBank, login: &str, tenant: base::TenantId) -> Self {
        let password = Secret::new("a-long-password-2026".to_owned());
        staff::add(&bank.app, tenant, login, &password, Role::Agent).await.unwrap();
        let form = format!("login={login}&password={}", password.reveal());
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
    async fn page(&self) -> String {
        let url = format!("{}/gifts", self.bank.staff_url);
        let answer = self.bank.http.get(url).header(COOKIE, &self.cookie).send().await.unwrap();
        answer.text().await.unwrap()
    }
    async fn void(&self, path: &str, reason: &str) -> (u16, String) {
        let session = self.cookie.split_once('=').unwrap().1;
        let by = staff::session(&self.bank.app, session).await.unwrap();
        let form = format!("token={}&reason={reason}", by.form_token);
        let answer = Self::send(self.bank, path, &self.cookie, form).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_takes_a_gift_back_within_a_day_and_the_lamp_is_never_given_again() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        let other = Clerk::log_in(&bank, "yunlu.zhou", YUNLU).await;
        assert!(!other.page().await.contains("18,342"), "another bank's gifts");
        let clerk = Clerk::log_in(&bank, "lingxi.chen", LINGXI).await;
        let page = clerk.page().await;
        assert!(page.contains("18,342") && page.contains("点亮蓝灯"), "{page}");
        let path = page.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(other.void(&path, "zhe+bi").await.0, 404, "nor may it take one back");
        assert_eq!(clerk.void(&path, "x").await.0, 400, "a reason is wanted");
        // The core takes it back, and its answer is lost.
        bank.core.set_weather(LOST_ANSWERS);
        assert_eq!(clerk.void(&path, "ke+hu+hou+hui").await.0, 303);
        assert!(clerk.page().await.contains("正在撤回"));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(11_000);
        bank.settle().await;
        assert!(clerk.page().await.contains("已撤回"));
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.contains("500 分已经退回") && last.contains("作废"), "{chat:?}");
        assert_eq!(bank.points().await, [300, 2_040], "into the lots they came from");
        assert_eq!(clerk.void(&path, "zai+lai").await.0, 409);

        bank.say(APPID, "lifang", "捐100积分").await;
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("第 18,343 盏灯"), "{said}");
        bank.clock.advance_ms(DAY_MS + 1);
        let said = bank.say(APPID, "lifang", "我的公益证书").await;
        assert!(said.contains("已撤回") && said.contains("100 分"), "{said}");
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_tells_lamps_share_and_licence_to_everybody() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.take_projects("lingxi", BOOKS).await;
        bank.follow(APPID, "mo").await;
        let said = bank.say(APPID, "mo", "公益项目进展").await;
        assert!(
            said.contains("点亮蓝灯：亮了 18,341 盏，收到 1,000,000 分，目标完成 1%"),
            "{said}"
        );
        assert!(said.contains("图书进村小：亮了 0 盏"), "{said}");
        let said = bank.say(APPID, "mo", "第二个").await;
        for part in [
            "给六所村小添图书",
            "陵溪县教育基金会",
            "LX-2026-0208",
            "300 分 = 一本新书",
            "2027年12月31日",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        bank.say(APPID, "lifang", "公益项目进展").await;
        bank.say(APPID, "lifang", "第二个").await;
        let said = bank.tap_line("lifang", "捐积分").await;
        assert!(said.contains("捐给「图书进村小」"), "{said}");
        bank.tap_line("lifang", "捐100分").await;
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("「图书进村小」第 1 盏灯"), "{said}");
        let said = bank.say(APPID, "lifang", "公益项目进展").await;
        assert!(
            said.contains("您捐过 100 分") && said.contains("亮了 1 盏，收到 100 分"),
            "{said}"
        );
        bank.stop().await;
    }
}

impl TestBank {
    /// The fundraiser has an account at the bank, and 李芳 is bound.
    pub(super) async fn has_fund(&self) {
        crate::testing::move_in(
            self.core.inner(),
            9,
            &fund(),
            Fen::ZERO.checked_add(Fen::of(1)).unwrap(),
        )
        .await
        .unwrap();
        self.gives().await;
        self.clock.advance_ms(2 * DAY_MS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_to_the_fundraisers_account_once_and_has_a_certificate() {
    for bank in TestBank::each().await {
        bank.has_fund().await;
        let before = bank.worth(CARD).await;
        let (words, page) = bank.pay_page("lifang", "匿名捐款五十块").await;
        assert!(
            words.contains("捐给青禾省助残慈善基金会") && words.contains("50.00 元"),
            "{words}"
        );
        assert!(words.contains("备案号 QH-2026-0117，匿名。捐了不能退。"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("捐"), &json!("爱心捐款")), "{card}");
        assert!(card["purpose"].as_str().unwrap().contains("QH-2026-0117"), "{card}");
        let (status, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已捐出")), "{done}");
        let (_, again) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!(again["serial"], done["serial"]);
        bank.quiet().await;
        assert_eq!(bank.worth(CARD).await, before - 5_000);
        assert_eq!(bank.worth(FUND).await, 5_001);
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().starts_with("✔ 已捐给青禾省助残慈善基金会"), "{chat:?}");

        let shown = bank.certificates("lifang").await;
        let one = &shown["items"][0];
        assert_eq!(
            (&one["what"], &one["anonymous"]),
            (&json!("50.00 元"), &json!(true)),
            "{shown}"
        );
        assert_eq!((&one["serial"], &one["licence"]), (&done["serial"], &json!("QH-2026-0117")));
        bank.is_sound().await;
        bank.stop().await;
    }
}

impl TestBank {
    pub(super) async fn certificates(&self, uid: &str) -> Value {
        let path = format!("chats/{APPID}/{uid}/send?wait=1");
        let told = self.control(&path, json!({ "type": "text", "content": "我的公益证书" })).await;
        let link =
            link_in(&told["items"]).unwrap_or_else(|| panic!("no link: {}", words(&told["items"])));
        let browser = Browser::default();
        let landed = browser.web_view(self, APPID, uid, &link).await;
        assert!(landed.url.contains("/certificate"), "{landed:?}");
        let (status, shown) = browser.api(self, &landed.slug(), "certificates").await;
        assert_eq!(status, 200, "{shown}");
        shown
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gift_of_points_has_a_certificate_with_its_lamp_and_only_its_giver_sees_it() {
    for bank in TestBank::each().await {
        bank.gives().await;
        let said = bank.say(APPID, "lifang", "我的公益证书").await;
        assert!(said.contains("还没有您的捐赠记录"), "{said}");
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        let shown = bank.certificates("lifang").await;
        let one = &shown["items"][0];
        assert_eq!(
            (&one["lamp"], &one["what"]),
            (&json!(LAMPS + 1), &json!("500 积分")),
            "{shown}"
        );
        assert_eq!(one["share"], "500 分 = 给孩子一节康复课");
        assert!(one["serial"].as_str().unwrap().ends_with("18342"), "{shown}");
        assert_eq!(shown["name_masked"], "*芳");
        bank.bind(APPID, "wangqiang", &people()[3]).await;
        let said = bank.say(APPID, "wangqiang", "我的公益证书").await;
        assert!(said.contains("还没有您的捐赠记录"), "{said}");
        bank.stop().await;
    }
}

#[test]
fn a_project_is_made_by_two_persons_and_says_what_it_must() {
    let good = projects(1_000, "2027-12-31");
    assert!(file::projects("p.csv", good.as_bytes()).is_ok());
    for (what, from, to) in [
        ("两个人", "何平", "周静"),
        ("代码", "blue-lamp", "Blue Lamp"),
        ("状态", "开放", "也许"),
        ("没有写备案号", "QH-2026-0117", ""),
        ("每份积分", ",500,", ",50,"),
        ("收款账号不对", &fund().card_no, "12345678"),
        ("截止日期", "2027-12-31", "明年"),
    ] {
        let wrong = file::projects("p.csv", good.replace(from, to).as_bytes()).unwrap_err();
        assert!(wrong.contains(what) && wrong.contains("p.csv:2"), "{what}: {wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gift_made_at_another_institution_stays_there() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        let (follower, bound) = bank.only_bound().await;
        let elsewhere =
            crate::payments::draft::Payer { tenant: YUNLU, follower, bound, session: None };
        let newest = |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT MAX(id) FROM gift WHERE tenant_id = $1",
                db::params![tx.tenant()],
            )
        };
        let (id,) = bank.app.db.read(Scope::Tenant(LINGXI), newest).await.unwrap();
        let no = give::give(&bank.app, &elsewhere, super::GiftId::of(id), give::Take::Said).await;
        assert!(no.unwrap_err().is_refusal(give::NONE.code));
        let by = Actor::House("test");
        let keep = move |tx: &db::Tx<'_>| super::keep(tx, by, &[]).map(|k| k.kept);
        assert_eq!(bank.app.db.write(Scope::Tenant(YUNLU), keep).await.unwrap(), 0);
        bank.stop().await;
    }
}
