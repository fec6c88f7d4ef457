//! Staff who look after their bank's answers, through their pages and the chat; on both engines.

use crate::staff::{Role, add};
use crate::testing::{APPID, LINGXI, TestBank, YUNLU};
use base::Secret;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};

const PASSWORD: &str = "field-of-wheat-2026";
const AT: &str = "/knowledge/spring_hours";

#[derive(Debug)]
struct Desk<'b> {
    bank: &'b TestBank,
    cookie: String,
}

async fn desk<'b>(bank: &'b TestBank, login: &str, role: Role) -> Desk<'b> {
    let tenant = if login.starts_with("yunlu") { YUNLU } else { LINGXI };
    add(&bank.app, tenant, login, &Secret::new(PASSWORD.into()), role).await.unwrap();
    let request = bank.http.post(format!("{}/login", bank.staff_url));
    let answer = request.form(&[("login", login), ("password", PASSWORD)]).send().await.unwrap();
    let set = answer.headers().get(SET_COOKIE).expect("logged in").to_str().unwrap();
    Desk { bank, cookie: set.split(';').next().unwrap().to_owned() }
}

fn between<'p>(page: &'p str, before: &str) -> Option<&'p str> {
    page.split(before).nth(1)?.split('"').next()
}

impl Desk<'_> {
    async fn page(&self, path: &str) -> String {
        let url = format!("{}{path}", self.bank.staff_url);
        let got = self.bank.http.get(url).header(COOKIE, &self.cookie).send().await.unwrap();
        got.text().await.unwrap()
    }

    /// Where it leads, or the page that says why not.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Result<String, (u16, String)> {
        let page = self.page(path).await;
        let token = between(&page, "name=\"token\" value=\"").unwrap_or_default().to_owned();
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        let request = self.bank.http.post(format!("{}{path}", self.bank.staff_url));
        let answer = request.header(COOKIE, &self.cookie).form(&all).send().await.unwrap();
        match answer.headers().get(LOCATION) {
            Some(to) => Ok(to.to_str().unwrap().to_owned()),
            None => Err((answer.status().as_u16(), answer.text().await.unwrap())),
        }
    }

    async fn decide(&self, act: &str) -> Result<String, (u16, String)> {
        let page = self.page(AT).await;
        let change = between(&page, "name=\"change\" value=\"").unwrap_or("0").to_owned();
        self.post(AT, &[("act", act), ("change", &change)]).await
    }
}

fn typed<'f>(answer: &'f str, from: &'f str, to: &'f str) -> [(&'f str, &'f str); 6] {
    [
        ("act", "keep"),
        ("answer", answer),
        ("source", "陵溪网点安排"),
        ("owner", "综合部"),
        ("from", from),
        ("to", to),
    ]
}

async fn acts(bank: &TestBank) -> Vec<String> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all::<(String, String, String)>(
            "SELECT act, outcome, detail FROM audit WHERE tenant_id = $1 AND act LIKE 'knowledge.%' ORDER BY id",
            db::params![tx.tenant()],
        )
    };
    let all = bank.app.db.read(db::Scope::Tenant(LINGXI), unit).await.unwrap();
    all.into_iter().map(|(a, o, d)| format!("{a} {o} {d}").trim().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_written_by_one_approved_by_another_withdrawn_by_anyone_and_restored() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let ask = "过年银行开门吗";
        let shared = bank.say(APPID, "lifang", ask).await;
        let chen = desk(&bank, "lingxi.chen", Role::Agent).await;
        let luo = desk(&bank, "lingxi.luo", Role::CountyAdmin).await;
        let ours = typed("春节{hours.branch}，只有城关支行值班。", "2026-11-23", "2027-02-28");
        assert_eq!(chen.post(AT, &ours).await.unwrap(), format!("{AT}?done=keep"));
        assert_eq!(bank.say(APPID, "lifang", ask).await, shared, "nothing counts before approval");
        let waiting = chen.page("/knowledge?only=waiting").await;
        assert!(waiting.contains("spring_hours") && waiting.contains("待审批 1"), "{waiting}");
        assert_eq!(chen.decide("approve").await.unwrap_err().0, 403, "an agent decides nothing");
        luo.decide("approve").await.unwrap();
        let said = bank.say(APPID, "lifang", ask).await;
        assert!(said.contains("只有城关支行值班") && said.contains("《陵溪网点安排》"), "{said}");
        let page = chen.page("/knowledge?only=own").await;
        assert!(page.contains("本行答法") && page.contains("2026-11-23 至 2027-02-28"), "{page}");
        chen.post(AT, &[("act", "withdraw")]).await.unwrap();
        let said = bank.say(APPID, "lifang", ask).await;
        assert!(said.contains("过了有效期") && !said.contains("城关"), "{said}");
        assert!(chen.page("/knowledge?only=ended").await.contains("spring_hours"));
        chen.post(AT, &[("act", "restore")]).await.unwrap();
        luo.decide("approve").await.unwrap();
        assert_eq!(bank.say(APPID, "lifang", ask).await, shared);
        assert_eq!(
            acts(&bank).await,
            [
                "knowledge.propose done keep",
                "knowledge.decide done keep",
                "knowledge.withdraw done",
                "knowledge.propose done restore",
                "knowledge.decide done restore",
            ]
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_their_own_words_and_a_decision_counts_once() {
    for bank in TestBank::each().await {
        let luo = desk(&bank, "lingxi.luo", Role::CountyAdmin).await;
        let gao = desk(&bank, "lingxi.gao", Role::CountyAdmin).await;
        luo.post(AT, &typed("春节照常开门。", "2026-11-23", "")).await.unwrap();
        let page = luo.page(AT).await;
        assert!(
            page.contains("您提交的，等另一位管理员审批") && !page.contains("name=\"change\""),
            "{page}"
        );
        let seen = gao.page(AT).await;
        let change = between(&seen, "name=\"change\" value=\"").unwrap().to_owned();
        let (status, page) =
            luo.post(AT, &[("act", "approve"), ("change", &change)]).await.unwrap_err();
        assert!(status == 403 && page.contains("另一位管理员"), "{page}");
        gao.post(AT, &[("act", "decline"), ("change", &change)]).await.unwrap();
        let (status, _) =
            gao.post(AT, &[("act", "approve"), ("change", &change)]).await.unwrap_err();
        assert_eq!(status, 409);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_break_a_rule_come_back_as_typed_with_what_to_do() {
    for bank in TestBank::each().await {
        let chen = desk(&bank, "lingxi.chen", Role::Agent).await;
        for (fields, told) in [
            (typed("短信每月2元。", "2026-11-23", ""), "要放进费率表"),
            (typed("收{fee.none}。", "2026-11-23", ""), "费率表里没有"),
            (typed("收{fee.sms。", "2026-11-23", ""), "大括号没有成对"),
            (typed("好。", "今天", ""), "开始日期要写成"),
            (typed("好。", "2026-11-23", "2026-11-22"), "截止日期早于开始日期"),
            (typed(" ", "2026-11-23", ""), "答复不能空着"),
        ] {
            let (status, page) = chen.post(AT, &fields).await.unwrap_err();
            assert!(status == 400 && page.contains(told), "{told}: {page}");
            assert!(
                page.contains("role=\"alert\"") && page.contains(&fields[1].1.trim().to_owned()),
                "{page}"
            );
        }
        let (status, _) =
            chen.post("/knowledge/no_such", &[("act", "withdraw")]).await.unwrap_err();
        assert!(status == 401 || status == 404, "{status}");
        let url = format!("{}{AT}", bank.staff_url);
        let forged = bank.http.post(url).header(COOKIE, &chen.cookie);
        let forged = forged.form(&[("token", "x"), ("act", "withdraw")]).send().await.unwrap();
        assert_eq!(forged.status().as_u16(), 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_questions_by_their_words_and_says_what_to_do_when_there_are_none() {
    for bank in TestBank::each().await {
        let chen = desk(&bank, "lingxi.chen", Role::Agent).await;
        let zhou = desk(&bank, "yunlu.zhou", Role::CountyAdmin).await;
        let all = chen.page("/knowledge").await;
        assert!(all.contains("统一答法") && all.contains("请输几个字来找"), "{all}");
        let found = chen.page("/knowledge?q=%E7%9F%AD%E4%BF%A1%E8%B4%B9").await;
        let first = found.split("<tbody>").nth(1).unwrap();
        assert!(first.starts_with("<tr><td><a href=\"/knowledge/sms_fee\">"), "{first}");
        let none = chen.page("/knowledge?q=%3Cb%3E%3C%2Fb%3E").await;
        assert!(none.contains("没有找到") && !none.contains("<b></b>"), "{none}");
        assert!(chen.page("/knowledge?only=waiting").await.contains("没有待审批的修改"));
        chen.post(AT, &typed("春节照常开门。", "2026-11-23", "")).await.unwrap();
        let theirs = zhou.page("/knowledge?only=waiting").await;
        assert!(theirs.contains("没有待审批的修改"), "another bank sees nothing of it: {theirs}");
        bank.stop().await;
    }
}
