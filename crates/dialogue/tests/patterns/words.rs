//! The catalogue's hard words (§2.1) and hard lines (§2.2).

use crate::chat::{Chat, LI_FANG};
use dialogue::Input;

#[test]
fn short_words_that_mean_several_things_are_asked_about() {
    for (word, asked) in [
        ("解锁", "您要解哪个？〔1 密码输错锁了〕〔2 锁住的卡打开〕"),
        ("算利息", "算哪种利息？〔1 存款〕〔2 贷款〕"),
        ("还款", "还哪个？〔1 信用卡〕〔2 贷款〕"),
        ("激活", "激活哪个？〔1 社保卡〕〔2 信用卡〕"),
        ("激和", "激活哪个？〔1 社保卡〕〔2 信用卡〕"),
        ("交保险", "交哪个？〔1 养老保险〕〔2 医疗保险〕"),
        ("交社保", "交哪个？〔1 养老保险〕〔2 医疗保险〕"),
        ("密码忘了", "忘了哪个密码？〔1 微信银行密码〕〔2 取款密码〕〔3 信用卡密码〕"),
        ("流水", "您要哪种流水？〔1 看明细〕〔2 要盖章的流水单〕〔3 店里收款流水〕"),
        ("到账没", "您等的是哪笔钱？〔1 工资〕〔2 补贴、养老金〕〔3 别人转的〕"),
        ("钱到了没", "您等的是哪笔钱？〔1 工资〕〔2 补贴、养老金〕〔3 别人转的〕"),
        ("提额", "提哪个额度？〔1 信用卡额度〕〔2 转账限额〕"),
        (
            "预约",
            "您要约什么？〔1 约网点办事〕〔2 约取大额现金〕〔3 约换零钱〕〔4 约上门〕〔5 约客户经理〕〔6 约纪念币〕",
        ),
        ("我要取钱", "怎么取？〔1 没带卡取〕〔2 约取大额现金〕〔3 助农点取〕〔4 去网点取号〕"),
        ("贷", "您要看贷款的什么？〔1 看看能贷多少〕〔2 有哪些贷款〕〔3 算一算每月还多少〕"),
        ("存", "您要办存款的什么？〔1 存定期〕〔2 看利率〕〔3 算利息〕"),
        ("转", "您要怎么转？〔1 转给本行的人〕〔2 转到别的银行〕〔3 自己的账户互转〕"),
        ("查一下", "您要查什么？〔1 余额〕〔2 明细〕〔3 月账单〕〔4 办事进度〕"),
    ] {
        assert_eq!(Chat::new().say(word), asked, "{word}");
    }
}

#[test]
fn they_mean_one_thing_to_who_holds_one_thing() {
    let item = |world: &str, word: &str| {
        let mut chat = Chat::with(&format!("{LI_FANG} {world}"));
        chat.say(word);
        chat.item
    };
    assert_eq!(item("", "签到"), "daily_checkin");
    assert_eq!(item("持有 号", "签到"), "queue_checkin");
    assert_eq!(item("持有 信用卡", "还款"), "cc_repay");
    assert_eq!(item("持有 贷款", "还款"), "loan_repay");
    assert_eq!(item("持有 贷款 持有 信用卡", "还款"), "");
}

#[test]
fn what_was_asked_last_comes_first_and_a_waiting_question_survives() {
    let mut chat = Chat::new();
    chat.say("借记卡余额");
    chat.say("借记卡上个月的明细");
    assert!(chat.say("流水").starts_with("您要哪种流水？〔1 看明细〕"));
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.say("解锁");
    let reply = chat.tap("密码输错锁了");
    assert!(reply.contains("回到刚才的汇兑吗？"), "{reply}");
    let reply = chat.tap("接着办");
    assert!(reply.contains("汇给谁？"), "{reply}");
}

#[test]
fn words_that_depend_on_what_is_going_on() {
    let mut chat = Chat::new();
    assert_eq!(chat.say("挂失"), "锁哪个？〔1 借记卡8821〕〔2 存折0037〕");
    assert_eq!(chat.say("取消"), "好，不办了，没有扣钱。");
    assert!(chat.say("取消").starts_with("现在没有在办的事"));
    assert_eq!(Chat::new().say("8821"), "借记卡8821：这个账户要查什么？〔1 查余额〕〔2 查明细〕");
    assert!(Chat::new().say("500").starts_with("您发的数字是要做什么？"));
    for hello in ["在吗", "你好", "？"] {
        let reply = Chat::new().say(hello);
        assert!(!reply.contains("没听明白"), "{hello} → {reply}");
    }
    for how in ["怎么办理", "怎么弄"] {
        assert!(Chat::new().say(how).starts_with("我能帮您做这些"), "{how}");
        let mut chat = Chat::new();
        chat.say("借记卡余额");
        assert_eq!(chat.say(how), "您是问刚才说的这个吗？〔1 查余额〕〔2 菜单〕", "{how}");
    }
    let mut chat = Chat::new();
    chat.say("给大儿子转账");
    assert!(
        chat.say("500").contains("金额：500.00 元（伍佰元整）"),
        "a number answers the question that waits"
    );
    let mut chat = Chat::new();
    chat.say("查余额");
    assert!(chat.say("8821").starts_with("借记卡8821 可用 1,280.50 元"));
    let mut chat = Chat::new();
    chat.say("给大儿子转账");
    assert_eq!(chat.say("取消"), "好，不办了，没有扣钱。");
}

/// Said, and the item that has to answer.
const LINES: &[(&str, &str)] = &[
    ("那个我想问一下就是我那个卡里面还有多少钱来着", "account_balance"),
    ("查余鹅", "account_balance"),
    ("转帐", "transfer_inner"),
    ("交电废", "pay_electric"),
    ("冲话费", "topup_phone"),
    ("明系", "account_statement"),
    ("挂矢", "card_loss"),
    ("贷快", "loan_apply"),
    ("年废", "cc_fee_own"),
    ("积份", "cc_points"),
    ("那个我想问一下年费怎么免", "cc_fee_own"),
    ("给我妈交医保 她叫刘桂英", "medical_pay"),
    ("明天早上八点半城关那边人多不多", "queue_status"),
    ("我在王家坳哪里能取钱近一点", "helppoint_search"),
    ("上上个月电费交了几块", "bill_history"),
    ("定期没到期取了亏多少", "faq_consult"),
    ("不要贷款别再给我发了", "unsubscribe_marketing"),
    ("我要销卡 我要投诉你们", "complaint"),
];

#[test]
fn hard_lines_find_their_item() {
    let mut wrong = vec![];
    for (text, item) in LINES {
        let mut chat = Chat::new();
        let reply = chat.say(text);
        let named = crate::chat::BOOK.item(item).map(|i| i.title.clone()).unwrap_or_default();
        // asked first counts as found, as long as the item itself is what is asked about
        let command =
            crate::chat::BOOK.item(item).and_then(|i| i.say.first().cloned()).unwrap_or_default();
        if chat.item != *item && !reply.contains(&named) && !reply.contains(&command) {
            wrong.push(format!("{text} → {} {reply}", chat.item));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hard_lines_are_answered_as_the_catalogue_says() {
    let mut chat = Chat::new();
    let mut reply = chat.say("转给张三五百…哦不对是李四");
    if reply.starts_with("您是要“行内转账”吗？") {
        reply = chat.say("是的");
    }
    assert!(reply.contains("转给：李四，金额：500.00 元（伍佰元整）"), "{reply}");
    let mut chat = Chat::new();
    assert!(chat.say("密码是258369 帮我查").contains("请不要在聊天里发"));
    let mut chat = Chat::new();
    chat.say("给大儿子转两千");
    assert!(chat.say("不是两千是两百").contains("金额：200.00 元（贰佰元整）"));
    let reply = chat.say("我没说要转账");
    assert!(reply.starts_with("抱歉，弄错了。") && reply.contains("人工"), "{reply}");
    let mut chat = Chat::new();
    chat.say("查余额");
    let reply = chat.say("谢谢 不用了");
    assert!(reply.contains("没有扣钱"), "{reply}");
    let mut chat = Chat::new();
    chat.say("菜单");
    chat.minutes(20);
    assert!(chat.say("1").starts_with("刚才的菜单过期了"));
    for script in ["ᠪᠠᠶᠢᠨ᠎ᠠ ᠤᠤ", "བཀྲ་ཤིས་བདེ་ལེགས།", "ياخشىمۇسىز"]
    {
        let reply = Chat::new().say(script);
        assert!(reply.contains("人工") && reply.contains("语言"), "{reply}");
    }
    assert!(Chat::new().say("气死了").contains("〔人工〕"));
    assert!(Chat::new().say("说了几遍了").contains("〔人工〕"));
    assert!(Chat::new().say("有个穿制服的让我把钱转到安全账户").starts_with("fraud|"));
    let mut chat = Chat::new();
    chat.say("办汇兑");
    assert!(
        chat.hear(Input::Text { text: "👌", menu_id: None }).contains("汇给谁？"),
        "a sign answers no question"
    );
}
