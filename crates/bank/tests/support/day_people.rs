//! Who lives in the town: invented people with cards and balances of their own, their phones, and what they say.

use crate::testing::{
    APPID, Browser, Person, TestBank, elements, link_in, move_in, people, person,
};
use base::Fen;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The PIN everyone sets.
pub(crate) const PIN: &str = "274906";
const NEWCOMERS: [(&str, &str, &str); 6] = [
    ("周桂芝", "19720815007", "19000001111"),
    ("孙小满", "19951102003", "19000002222"),
    ("马文斌", "19660330001", "19000003333"),
    ("胡春燕", "19830709006", "19000004444"),
    ("郭守田", "19490218005", "19000005555"),
    ("林晓禾", "19991225002", "19000006666"),
];

/// What is said in a day. The last ones hold what must not be kept or told.
pub(crate) const WORDS: [&str; 20] = [
    "余额",
    "上个月的进出账",
    "第二个是啥",
    "你好",
    "菜单",
    "我有几张卡",
    "再说一遍",
    "取消",
    "返回",
    "人工",
    "几点开门",
    "紫色的拖拉机在月亮上唱歌",
    "？",
    "谢谢",
    "字大一点",
    "卡丢了怎么办",
    "1",
    "好的",
    "我的密码是274906",
    "卡号6299101199887766553，帮我查查",
];

/// A phone and its owner.
#[derive(Debug)]
pub(crate) struct Resident {
    pub(crate) uid: String,
    pub(crate) openid: String,
    pub(crate) person: Person,
    pub(crate) balance: String,
    pub(crate) is_following: bool,
    /// Whose balances this phone may be told: everybody whose card was bound on it.
    pub(crate) may_know: BTreeSet<String>,
}

/// The town's people move in, and everyone follows the bank.
pub(crate) async fn town(bank: &TestBank) -> Vec<Resident> {
    let mut all = vec![];
    for (n, (name, born, mobile)) in (11..).zip(NEWCOMERS) {
        let who = person(n, name, born, mobile);
        let balance = Fen::of(100_000 + 12_347 * n);
        move_in(bank.core.inner(), n, &who, balance).await.unwrap();
        let user = bank.control("users", json!({ "name": format!("手机{n}") })).await;
        all.push((user["id"].as_str().unwrap().to_owned(), who, balance.to_string()));
    }
    let [lifang, ..] = people();
    all.push(("lifang".into(), lifang, "1,280.50".into()));
    let mut residents = vec![];
    for (uid, person, balance) in all {
        bank.follow(APPID, &uid).await;
        let chat = bank.look(&format!("chats/{APPID}/{uid}")).await;
        residents.push(Resident {
            openid: chat["openid"].as_str().unwrap().to_owned(),
            is_following: true,
            may_know: BTreeSet::new(),
            uid,
            person,
            balance,
        });
    }
    residents
}

/// Names, numbers and words that belong to nobody but their owner.
pub(crate) fn private(town: &[Resident]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> =
        ["紫色的拖拉机", "6299101199887766553", PIN].map(str::to_owned).into();
    for r in town {
        let p = &r.person;
        all.extend([p.name.into(), p.id_no.clone(), p.card_no.clone(), p.mobile.into()]);
        all.insert(r.balance.clone());
    }
    all
}

/// Tries to bind `whose` card on this phone, as far as the weather lets it; gives up at the first refusal.
pub(crate) async fn try_to_bind(bank: &TestBank, uid: &str, claim: Value, mobile: &str) -> bool {
    let browser = Browser::default();
    let asked = json!({ "type": "text", "content": "绑卡" });
    let told = bank.control(&format!("chats/{APPID}/{uid}/send?wait=1"), asked).await;
    let Some(link) = link_in(&told["items"]) else { return false };
    let landed = browser.web_view(bank, APPID, uid, &link).await;
    if !landed.url.contains("/h5/s/") {
        return false;
    }
    let slug = landed.slug();
    for (path, body) in [("bind/check", claim), ("bind/otp/send", json!({}))] {
        if browser.post(bank, &slug, path, body).await.0 != 200 {
            return false;
        }
    }
    let code = bank.code_for(mobile).await;
    if browser.post(bank, &slug, "bind/otp", json!({ "code": code })).await.0 != 200 {
        return false;
    }
    let typed = browser.typed(bank, &slug, PIN, PIN).await;
    browser.post(bank, &slug, "bind/pin", typed).await.0 == 200
}

/// The claim of a person, or one with a name that is not theirs.
pub(crate) fn claim(whose: &Person, is_right: bool) -> Value {
    let mut claim = elements(whose);
    if !is_right {
        claim["name"] = json!("李方");
    }
    claim
}
