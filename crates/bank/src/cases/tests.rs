//! Cases through the front door: a form on a page, an officer at the desk, and what the customer is told in chat.

use crate::testing::{APPID, Browser, LINGXI, TestBank, YUNLU, link_in, people, words};
use db::{Scope, params};
use serde_json::{Value, json};

const OFFICER: &str = "lingxi.chen";
const PASSWORD: &str = "a long enough password";

impl TestBank {
    /// Says it in chat and opens the page the answer links to.
    pub(super) async fn open_after(
        &self,
        uid: &str,
        browser: &Browser,
        text: &str,
    ) -> (String, String) {
        let ask = json!({ "type": "text", "content": text });
        let told = self.control(&format!("chats/{APPID}/{uid}/send?wait=1"), ask).await;
        let said = words(&told["items"]);
        let link = link_in(&told["items"]).unwrap_or_else(|| panic!("no link in {said}"));
        (browser.web_view(self, APPID, uid, &link).await.slug(), said)
    }

    /// An officer of the bank, logged in: the cookie.
    pub(crate) async fn officer(&self) -> String {
        self.officer_of(LINGXI, OFFICER).await
    }

    pub(super) async fn officer_of(&self, tenant: base::TenantId, login: &str) -> String {
        let password = base::Secret::new(PASSWORD.to_owned());
        let role = crate::staff::Role::Agent;
        crate::staff::add(&self.app, tenant, login, &password, role).await.unwrap();
        let form = [("login", login), ("password", PASSWORD)];
        let told =
            self.http.post(format!("{}/login", self.staff_url)).form(&form).send().await.unwrap();
        let cookie = told.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn staff_page(&self, cookie: &str, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.staff_url);
        let told = self.http.get(url).header("cookie", cookie).send().await.unwrap();
        (told.status().as_u16(), told.text().await.unwrap())
    }

    /// What the officer decides on the page of a case; the page afterwards.
    pub(crate) async fn officer_decides(
        &self,
        cookie: &str,
        case: &str,
        event: &str,
        reason: &str,
        note: &str,
    ) -> String {
        let path = format!("/case/{case}");
        let (_, page) = self.staff_page(cookie, &path).await;
        let token = page.split("name=\"token\" value=\"").nth(1).expect("a decision is possible");
        let token = token.split('"').next().unwrap();
        let form = [("token", token), ("event", event), ("reason", reason), ("note", note)];
        let url = format!("{}{path}", self.staff_url);
        let told = self.http.post(url).header("cookie", cookie).form(&form).send().await.unwrap();
        match told.status().as_u16() {
            303 => self.staff_page(cookie, &path).await.1,
            _ => told.text().await.unwrap(),
        }
    }

    pub(super) async fn count_rows(&self, sql: &'static str) -> i64 {
        let unit = move |tx: &db::Tx<'_>| tx.one::<(i64,)>(sql, params![tx.tenant()]);
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
    }
}

fn save(step: usize, answers: &Value, done: bool) -> Value {
    json!({ "kind": "cc_apply", "step": step, "answers": answers, "done": done })
}

/// 李芳's answers, step by step.
fn answers(branch: &Value) -> [Value; 4] {
    [
        json!({ "product": "harvest" }),
        json!({ "job": "farm", "scale": "小麦20亩，羊40只", "income": "6万" }),
        json!({ "address": "河东镇柳林村三组", "contact_name": "王大山", "contact_phone": "19000007788" }),
        json!({ "branch": branch }),
    ]
}

/// Everything of the form, up to its last step.
async fn fill(bank: &TestBank, browser: &Browser, slug: &str) -> Value {
    let (status, form) = browser.api(bank, slug, "form?kind=cc_apply").await;
    assert_eq!(status, 200, "{form}");
    let branch = &form["steps"][3]["fields"][0]["options"][0]["value"];
    for (step, given) in answers(branch).iter().enumerate() {
        let (status, told) = browser.post(bank, slug, "form/save", save(step, given, true)).await;
        assert_eq!(status, 200, "{told}");
    }
    // A code went out a moment ago, for the binding.
    bank.clock.advance_ms(61_000);
    form
}

fn consents(form: &Value) -> Value {
    let texts = form["consents"].as_array().unwrap();
    texts.iter().map(|c| json!({ "id": c["id"], "version": c["version"] })).collect()
}

/// Hands the filled form in with a code; the case.
async fn hand_in(bank: &TestBank, browser: &Browser, slug: &str, form: &Value) -> Value {
    let (status, told) = browser.post(bank, slug, "form/code", json!({ "kind": "cc_apply" })).await;
    assert_eq!(status, 200, "{told}");
    let code = bank.code_for(people()[0].mobile).await;
    let body = json!({ "kind": "cc_apply", "consents": consents(form), "code": code });
    let (status, told) = browser.post(bank, slug, "form/submit", body).await;
    assert_eq!(status, 200, "{told}");
    told
}

/// 李芳, bound, with an application handed in: her page and the case.
async fn applied(bank: &TestBank, browser: &Browser) -> (String, Value) {
    bank.bind(APPID, "lifang", &people()[0]).await;
    add_branch(bank).await;
    let (slug, _) = bank.open_after("lifang", browser, "我想办信用卡").await;
    let form = fill(bank, browser, &slug).await;
    let case = hand_in(bank, browser, &slug, &form).await;
    (slug, case)
}

async fn add_branch(bank: &TestBank) {
    let unit = |tx: &db::Tx<'_>| {
        let id: base::Id<()> = tx.new_id();
        tx.exec(
            "INSERT INTO branch (tenant_id, id, name, address, phone, lat_e6, lon_e6, hours) \
             VALUES ($1, $2, '河东支行', '河东镇', '0990-5200112', 33000000, 111000000, '8:30-17:00')",
            params![tx.tenant(), id],
        )
    };
    bank.app.db.write(Scope::Tenant(LINGXI), unit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_left_and_gone_on_with_another_day_on_another_phone() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let (slug, said) = bank.open_after("lifang", &browser, "我想办信用卡").await;
        assert!(said.contains("信用卡中心2个工作日内给您结果"), "{said}");
        let (_, form) = browser.api(&bank, &slug, "form?kind=cc_apply").await;
        assert_eq!((&form["draft"], &form["code"]), (&Value::Null, &json!(true)), "{form}");
        browser
            .post(&bank, &slug, "form/save", save(0, &json!({ "product": "harvest" }), true))
            .await;
        let half = json!({ "job": "farm", "scale": "小" });
        let (status, told) = browser.post(&bank, &slug, "form/save", save(1, &half, false)).await;
        assert_eq!((status, &told["at_step"]), (200, &json!(1)), "kept as it is: {told}");

        bank.clock.advance_ms(3 * base::DAY_MS);
        let other = Browser::default();
        let (slug, said) = bank.open_after("lifang", &other, "我想办信用卡").await;
        assert!(said.contains("上次填好 1 步，接着填就行"), "{said}");
        let (_, form) = other.api(&bank, &slug, "form?kind=cc_apply").await;
        assert_eq!(form["draft"]["answers"]["scale"], "小", "{form}");
        assert_eq!(form["draft"]["at_step"], 1, "{form}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_beside_its_question_and_a_question_that_does_not_stand_is_not_asked()
{
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let (slug, _) = bank.open_after("lifang", &browser, "我想办信用卡").await;
        let given = json!({ "job": "farm", "income": "好多" });
        let (status, told) = browser.post(&bank, &slug, "form/save", save(1, &given, true)).await;
        assert_eq!((status, told["code"].as_str()), (400, Some("case.fields")), "{told}");
        let wrong: Vec<&String> = told["fields"].as_object().unwrap().keys().collect();
        assert_eq!(wrong, ["income", "scale"], "no employer is asked of a farmer: {told}");
        assert_eq!(told["fields"]["income"], "写数字，比如 50000");
        let retired = json!({ "job": "retired", "income": "3万", "scale": "羊" });
        let (status, told) = browser.post(&bank, &slug, "form/save", save(1, &retired, true)).await;
        assert_eq!(
            (status, &told["shown"]),
            (200, &json!({ "job": "退休", "income": "30,000 元" }))
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_taps_on_the_submission_make_one_case_and_a_second_application_finds_it() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        bank.bind(APPID, "lifang", &people()[0]).await;
        add_branch(&bank).await;
        let (slug, _) = bank.open_after("lifang", &browser, "我想办信用卡").await;
        let form = fill(&bank, &browser, &slug).await;
        browser.post(&bank, &slug, "form/code", json!({ "kind": "cc_apply" })).await;
        let code = bank.code_for(people()[0].mobile).await;
        let body = json!({ "kind": "cc_apply", "consents": consents(&form), "code": code });
        let taps = (0..4).map(|_| browser.post(&bank, &slug, "form/submit", body.clone()));
        let told = futures_util::future::join_all(taps).await;
        let numbers: Vec<&Value> = told.iter().map(|(_, t)| &t["number"]).collect();
        assert!(told.iter().all(|(status, _)| *status == 200), "{told:?}");
        assert_eq!(numbers, [&json!("261123-0018"); 4], "{told:?}");
        assert_eq!(told[0].1["due"], "11月25日", "two working days: {told:?}");
        assert_eq!(bank.count_rows("SELECT COUNT(*) FROM case_file WHERE tenant_id = $1").await, 1);

        let said = bank.say(APPID, "lifang", "我想办信用卡").await;
        assert!(said.contains("您的信用卡申请 261123-0018已经在办"), "{said}");
        let (_, form) = browser.api(&bank, &slug, "form?kind=cc_apply").await;
        assert_eq!(form["handed_in"], true, "{form}");
        let (status, told) =
            browser.post(&bank, &slug, "form/save", save(0, &json!({}), true)).await;
        assert_eq!((status, told["code"].as_str()), (409, Some("case.open")), "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_confirms_the_answers_it_was_sent_for_and_no_others_ca_04() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        bank.bind(APPID, "lifang", &people()[0]).await;
        add_branch(&bank).await;
        let (slug, _) = bank.open_after("lifang", &browser, "我想办信用卡").await;
        let form = fill(&bank, &browser, &slug).await;
        browser.post(&bank, &slug, "form/code", json!({ "kind": "cc_apply" })).await;
        let code = bank.code_for(people()[0].mobile).await;
        let submit = |consents: Value, code: &str| {
            let body = json!({ "kind": "cc_apply", "consents": consents, "code": code });
            browser.post(&bank, &slug, "form/submit", body)
        };
        let (_, told) = submit(json!([]), &code).await;
        assert_eq!(told["code"], "consent.missing", "each text is agreed to by itself: {told}");
        let wrong = if code == "000000" { "111111" } else { "000000" };
        let (_, told) = submit(consents(&form), wrong).await;
        assert_eq!((&told["code"], &told["left"]), (&json!("otp.wrong"), &json!(2)), "{told}");
        let other = json!({ "product": "village" });
        browser.post(&bank, &slug, "form/save", save(0, &other, true)).await;
        let (_, told) = submit(consents(&form), &code).await;
        assert_eq!(told["code"], "otp.expired", "the answers are others now: {told}");
        assert_eq!(
            bank.count_rows(
                "SELECT COUNT(*) FROM case_file WHERE tenant_id = $1 AND number IS NOT NULL"
            )
            .await,
            0
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_officer_asks_for_more_gets_it_and_the_customer_is_told_each_time_in_plain_words() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let (slug, case) = applied(&bank, &browser).await;
        let id = case["id"].as_str().unwrap();
        let ask = async || bank.say(APPID, "lifang", "信用卡办卡进度").await;
        let said = ask().await;
        assert!(said.contains("261123-0018：已收到。等信用卡中心看，11月25日前"), "{said}");

        let cookie = bank.officer().await;
        let (_, home) = bank.staff_page(&cookie, "/").await;
        assert!(home.contains("261123-0018") && !home.contains("柳林村"), "no answers in the list");
        let page = bank.officer_decides(&cookie, id, "accept", "", "").await;
        assert!(page.contains("柳林村三组") && page.contains("190****7788"), "{page}");
        assert!(ask().await.contains("正在办。信用卡中心正在审核"), "accepted");
        let page = bank.officer_decides(&cookie, id, "ask_more", "", "").await;
        assert!(page.contains("请选一个原因"), "{page}");
        bank.officer_decides(&cookie, id, "ask_more", "contact", "再打还是没人接").await;
        let said = ask().await;
        assert!(
            said.contains("要补充。打您留的电话没有打通，请改一个打得通的。再打还是没人接。"),
            "{said}"
        );

        let (_, form) = browser.api(&bank, &slug, "form?kind=cc_apply").await;
        assert!(form["draft"]["asked"].as_str().unwrap().contains("没有打通"), "{form}");
        assert_eq!(form["consents"], json!([]), "agreed to before");
        let contact = json!({ "contact_phone": "19000008899" });
        let given = json!({ "address": "河东镇柳林村三组", "contact_name": "王大山" });
        let mut all = given.as_object().unwrap().clone();
        all.extend(contact.as_object().unwrap().clone());
        browser.post(&bank, &slug, "form/save", save(2, &Value::Object(all), true)).await;
        bank.clock.advance_ms(61_000);
        let again = hand_in(&bank, &browser, &slug, &form).await;
        assert_eq!((&again["number"], &again["state"]), (&case["number"], &json!("submitted")));

        bank.officer_decides(&cookie, id, "approve", "", "").await;
        assert!(ask().await.contains("通过了。卡做好就能领。"), "approved");
        bank.officer_decides(&cookie, id, "advance", "", "").await;
        assert!(ask().await.contains("通过了。正在制卡。"), "a stage");
        bank.officer_decides(&cookie, id, "advance", "", "").await;
        assert!(ask().await.contains("卡已到网点"), "the last stage");
        let (_, told) = browser.api(&bank, &slug, "cases").await;
        let told = &told["items"][0];
        assert_eq!((&told["over"], &told["can_withdraw"]), (&json!(true), &json!(false)), "{told}");
        let names: Vec<&str> =
            told["events"].as_array().unwrap().iter().filter_map(|e| e["name"].as_str()).collect();
        assert_eq!(
            names,
            [
                "开始填",
                "交给银行",
                "开始办",
                "要补充",
                "交给银行",
                "通过了",
                "正在制卡",
                "卡已到网点，请本人带身份证来领"
            ]
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_comes_with_its_reason_and_the_day_from_which_one_may_ask_again() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let (slug, case) = applied(&bank, &browser).await;
        let cookie = bank.officer().await;
        bank.officer_decides(&cookie, case["id"].as_str().unwrap(), "decline", "record", "").await;
        let said = bank.say(APPID, "lifang", "信用卡办卡进度").await;
        assert!(
            said.contains("没有通过。原因：信用记录里有没还清的欠款。2月21日以后可以再申请。"),
            "{said}"
        );
        let said = bank.say(APPID, "lifang", "我想办信用卡").await;
        assert!(said.contains("2月21日以后可以再申请"), "{said}");
        let (status, told) = browser.api(&bank, &slug, "form?kind=cc_apply").await;
        assert_eq!((status, told["code"].as_str()), (409, Some("case.too_early")), "{told}");
        bank.clock.advance_ms(91 * base::DAY_MS);
        let fresh = Browser::default();
        let (slug, _) = bank.open_after("lifang", &fresh, "我想办信用卡").await;
        assert_eq!(fresh.api(&bank, &slug, "form?kind=cc_apply").await.0, 200);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_nobody_comes_back_to_ends_by_its_day_and_nothing_of_it_stays() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let browser = Browser::default();
        let (slug, _) = bank.open_after("lifang", &browser, "我想办信用卡").await;
        browser
            .post(&bank, &slug, "form/save", save(0, &json!({ "product": "harvest" }), true))
            .await;
        bank.clock.advance_ms(7 * base::DAY_MS);
        let later = Browser::default();
        let (slug, said) = bank.open_after("lifang", &later, "我想办信用卡").await;
        assert!(!said.contains("上次填好"), "{said}");
        let (_, form) = later.api(&bank, &slug, "form?kind=cc_apply").await;
        assert_eq!(form["draft"], Value::Null, "{form}");
        let left =
            "SELECT COUNT(*) FROM case_file WHERE tenant_id = $1 AND length(answers_sealed) > 0";
        assert_eq!(bank.count_rows(left).await, 1);
        crate::rounds::sweep(&bank.app).await.unwrap();
        assert_eq!(bank.count_rows(left).await, 0);
        later.post(&bank, &slug, "form/save", save(0, &json!({ "product": "plain" }), true)).await;
        assert_eq!(bank.count_rows(left).await, 1, "one begins anew");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_taken_back_and_urged_once_a_day_by_its_own_customer_only() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let (slug, case) = applied(&bank, &browser).await;
        let name = json!({ "id": case["id"] });
        let stranger = bank.bind(APPID, "wangqiang", &people()[3]).await;
        let (theirs, _) = bank.open_after("wangqiang", &stranger, "我想办信用卡").await;
        for path in ["cases/withdraw", "cases/urge"] {
            let (status, told) = stranger.post(&bank, &theirs, path, name.clone()).await;
            assert_eq!((status, told["code"].as_str()), (404, Some("case.none")), "{told}");
        }
        assert_eq!(stranger.api(&bank, &theirs, "cases").await.1["items"], json!([]));

        let (status, told) = browser.post(&bank, &slug, "cases/urge", name.clone()).await;
        assert_eq!((status, &told["can_urge"]), (200, &json!(false)), "{told}");
        let (status, told) = browser.post(&bank, &slug, "cases/urge", name.clone()).await;
        assert_eq!((status, told["code"].as_str()), (429, Some("case.urged")), "{told}");
        for _ in 0..2 {
            let (status, told) = browser.post(&bank, &slug, "cases/withdraw", name.clone()).await;
            assert_eq!((status, &told["state"]), (200, &json!("withdrawn")), "{told}");
        }
        let said = bank.say(APPID, "lifang", "我想办信用卡").await;
        assert!(said.contains("点这里填信用卡申请"), "one may apply again: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_unbinds_takes_the_applications_out_of_sight_and_finds_them_when_bound_again()
 {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        applied(&bank, &browser).await;
        bank.say(APPID, "lifang", "解绑").await;
        bank.say(APPID, "lifang", "是").await;
        let said = bank.say(APPID, "lifang", "信用卡办卡进度").await;
        assert!(said.contains("没有查到您在微信里的办卡申请"), "{said}");
        bank.clock.advance_ms(61_000);
        bank.bind(APPID, "zhao", &people()[0]).await;
        let said = bank.say(APPID, "zhao", "信用卡办卡进度").await;
        assert!(said.contains("261123-0018"), "it is the customer's, in whichever WeChat: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_has_a_number_and_a_promise_and_several_are_told_in_rows() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "mo").await;
        let complain = async |what: &str| {
            bank.say(APPID, "mo", "投诉建议").await;
            bank.say(APPID, "mo", what).await;
            bank.say(APPID, "mo", "19000007788").await
        };
        let said = complain("柜台让我跑了三趟").await;
        assert!(said.contains("编号 261123-0018。投诉专员12月8日前给您答复"), "{said}");
        complain("大厅没有椅子").await;
        let said = bank.say(APPID, "mo", "投诉处理得怎么样了").await;
        assert!(said.contains("您有 2 件") && said.contains("① 投诉建议 261123-0026"), "{said}");

        let cookie = bank.officer().await;
        let (_, home) = bank.staff_page(&cookie, "/").await;
        let id = home.split("/case/").nth(1).unwrap().split('"').next().unwrap();
        let page = bank.officer_decides(&cookie, id, "approve", "apology", "柜员已经换岗").await;
        assert!(page.contains("柜台让我跑了三趟") && page.contains("19000007788"), "{page}");
        let said = bank.say(APPID, "mo", "投诉处理得怎么样了").await;
        assert!(said.contains("处理好了。查清楚了。当事人已经向您道歉。柜员已经换岗。"), "{said}");
        bank.clock.advance_ms(16 * base::DAY_MS);
        let said = bank.say(APPID, "mo", "投诉处理得怎么样了").await;
        assert!(said.contains("说好12月8日前答复，晚了，对不起"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_form_lies_open_in_the_database_and_each_step_is_in_the_audit_dp_03() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let (_, case) = applied(&bank, &browser).await;
        let cookie = bank.officer().await;
        bank.officer_decides(&cookie, case["id"].as_str().unwrap(), "decline", "score", "请先还清")
            .await;
        let unit = |tx: &db::Tx<'_>| {
            let files = tx.all::<(Vec<u8>,)>(
                "SELECT answers_sealed FROM case_file WHERE tenant_id = $1",
                params![tx.tenant()],
            )?;
            let notes = tx.all::<(Vec<u8>,)>(
                "SELECT note_sealed FROM case_event WHERE tenant_id = $1",
                params![tx.tenant()],
            )?;
            let acts = tx.all::<(String, String)>(
                "SELECT act, detail FROM audit WHERE tenant_id = $1 AND act LIKE 'case.%' ORDER BY id",
                params![tx.tenant()],
            )?;
            Ok((files, notes, acts))
        };
        let (files, notes, acts) = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        for (bytes,) in files.iter().chain(&notes) {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("柳林村") && !text.contains("还清") && !text.contains("7788"));
        }
        let acts: Vec<&str> = acts.iter().map(|(act, _)| act.as_str()).collect();
        assert_eq!(acts, ["case.begin", "case.submit", "case.read", "case.decline", "case.read"]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_and_whoever_has_no_such_account_are_told_before_the_first_question() {
    for bank in TestBank::each().await {
        let browser = bank.bind(APPID, "zhao", &people()[1]).await;
        let said = bank.say(APPID, "zhao", "我想办信用卡").await;
        assert!(said.contains("信用卡申请要 18 到 65 岁"), "{said}");
        let said = bank.say(APPID, "zhao", "续贷").await;
        assert!(said.contains("没有能办这一项的账户"), "{said}");
        let (slug, _) = bank.open_after("zhao", &browser, "办商户收款码").await;
        let (status, told) = browser.api(&bank, &slug, "form?kind=cc_apply").await;
        assert_eq!((status, told["code"].as_str()), (403, Some("case.age")), "{told}");
        let (_, form) = browser.api(&bank, &slug, "form?kind=merchant_apply").await;
        let accounts = form["steps"][1]["fields"][0]["options"].as_array().unwrap();
        assert_eq!(accounts.len(), 2, "her card and her passbook: {form}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_clerk_works_by_the_demos_clock() {
    for bank in TestBank::each().await {
        applied(&bank, &Browser::default()).await;
        let clerk = async |wait_ms: i64| {
            bank.clock.advance_ms(wait_ms);
            crate::demo::clerk::look(&bank.app).await.unwrap();
            bank.say(APPID, "lifang", "信用卡办卡进度").await
        };
        assert!(clerk(29_000).await.contains("已收到"), "too early");
        assert!(clerk(1_000).await.contains("正在办"), "accepted");
        assert!(clerk(base::DAY_MS).await.contains("卡做好就能领"), "decided");
        assert!(clerk(base::DAY_MS).await.contains("正在制卡"), "a stage");
        assert!(clerk(base::DAY_MS).await.contains("卡已到网点"), "the last");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_filled_in_ahead_needs_no_binding_and_goes_when_its_day_is_over() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "mo").await;
        add_branch(&bank).await;
        let browser = Browser::default();
        let (slug, said) = bank.open_after("mo", &browser, "提前填表").await;
        assert!(said.contains("填好的留 1天"), "{said}");
        let (_, form) = browser.api(&bank, &slug, "form?kind=form_prefill").await;
        let branch = &form["steps"][0]["fields"][5]["options"][0]["value"];
        let given =
            json!({ "slip": "deposit", "name": "莫小红", "amount": "2000", "branch": branch });
        let step = json!({ "kind": "form_prefill", "step": 0, "answers": given, "done": true });
        assert_eq!(browser.post(&bank, &slug, "form/save", step.clone()).await.0, 200);
        let hand = json!({ "kind": "form_prefill", "consents": [] });
        let (_, told) = browser.post(&bank, &slug, "form/submit", hand.clone()).await;
        assert_eq!(told["words"], "11月24日前到网点柜台报编号，不用再填一遍。", "{told}");
        assert_eq!(told["can_urge"], false, "{told}");

        bank.clock.advance_ms(2 * base::DAY_MS);
        let later = Browser::default();
        let (slug, _) = bank.open_after("mo", &later, "提前填表").await;
        let (_, told) = later.api(&bank, &slug, "cases").await;
        let told = &told["items"][0];
        assert_eq!((&told["state"], &told["answers"]), (&json!("expired"), &json!([])), "{told}");
        assert_eq!(
            later.post(&bank, &slug, "form/save", step).await.0,
            200,
            "another one is begun"
        );
        let (_, told) = later.post(&bank, &slug, "form/submit", hand).await;
        assert_eq!(told["number"], "261125-0016", "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_the_cases_of_the_own_bank_only_and_nobody_decides_from_outside_ti_10() {
    for bank in TestBank::each().await {
        let (_, case) = applied(&bank, &Browser::default()).await;
        let path = format!("/case/{}", case["id"].as_str().unwrap());
        let (status, page) = bank.staff_page("", &path).await;
        assert!(status == 401 && page.contains("员工登录"), "{status} {page}");
        let stranger = bank.officer_of(YUNLU, "yunlu.zhou").await;
        let (status, page) = bank.staff_page(&stranger, &path).await;
        assert!(status == 404 && !page.contains("柳林村"), "{status} {page}");
        let (_, home) = bank.staff_page(&stranger, "/").await;
        assert!(!home.contains("261123-0018"), "{home}");
        let own = bank.officer().await;
        let form = [("token", "made up elsewhere"), ("event", "approve")];
        let url = format!("{}{path}", bank.staff_url);
        let told = bank.http.post(url).header("cookie", &own).form(&form).send().await.unwrap();
        assert_eq!(told.status().as_u16(), 401, "a form of another site decides nothing");
        assert!(bank.say(APPID, "lifang", "信用卡办卡进度").await.contains("已收到"));
        bank.stop().await;
    }
}
