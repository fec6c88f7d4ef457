//! Every kind of slot: what fills it, what does not, how it is shown and what a verb gets.

use crate::chat::Chat;

/// From "汇给谁？" to the household number.
fn until_household(chat: &mut Chat) {
    for answer in ["大儿子", "五百", "次日", "后天", "半年"] {
        chat.say(answer);
    }
}

#[test]
fn a_payment_is_collected_shown_and_given_to_its_verb_exactly() {
    let mut chat = Chat::new();
    assert!(chat.say("办汇兑").starts_with("汇给谁？〔1 李国强〕〔2 张丽〕〔3 张莉〕"));
    assert_eq!(chat.say("大儿子"), "汇多少？");
    assert_eq!(chat.say("两万五"), "什么时候到？〔1 马上到〕〔2 明天到〕");
    assert_eq!(chat.say("次日"), "哪天汇？");
    assert_eq!(chat.say("后天"), "汇多久？");
    assert_eq!(chat.say("一年半"), "户号多少？");
    assert_eq!(chat.say("0512 345 678"), "哪个网点？");
    let card = chat.say("城关所");
    assert_eq!(
        card,
        "转给：李国强（建设银行 尾号0098），金额：25,000.00 元（贰万伍仟元整），到账：明天到，日期：11月25日（后天），\
         连续：18个月，户号：尾号5678，网点：城关支行。对吗？〔确认〕〔不汇了〕〔换人〕〔改金额〕"
    );
    let done = chat.tap("确认");
    assert_eq!(chat.done.as_deref(), Some("book:p0|2500000|next|2026-11-25|18|0512345678|w0"));
    assert_eq!(done, "李国强 两万五千块 next 2026-11-25 18 5678 城关支行");
}

#[test]
fn what_is_vague_or_double_is_asked_for_and_never_taken() {
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.say("大儿子");
    for vague in ["几百", "五百多", "十来块", "三五百", "五百左右"] {
        let mut fresh = Chat { seat: chat.seat.clone(), ..Chat::new() };
        assert_eq!(fresh.say(vague), "金额要说个准数。汇多少？", "{vague}");
    }
    let asked = chat.say("五百还是五千来着，汇五百，汇五千");
    assert!(asked.contains("汇多少？"), "{asked}");
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.say("大儿子");
    let asked = chat.say("汇500元，汇300元");
    assert_eq!(asked, "您说了不止一个数，是哪个？汇多少？〔500.00〕〔300.00〕");
    assert!(chat.tap("300.00").starts_with("什么时候到"));
}

#[test]
fn an_answer_of_another_kind_is_asked_again_with_the_reason() {
    let mut chat = Chat::new();
    chat.say("办汇兑");
    let reply = chat.say("77");
    assert!(reply.starts_with("没听出是谁，说名字或手机号。\n汇给谁？"), "{reply}");
    chat.say("大儿子");
    assert_eq!(chat.say("零元"), "金额要说个准数。汇多少？");
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.say("大儿子");
    assert_eq!(chat.say("阿巴阿巴"), "只要说个数。\n汇多少？");
    chat.say("500");
    chat.say("1");
    assert_eq!(chat.say("昨天"), "这一天已经过了。\n哪天汇？");
    assert_eq!(chat.say("下个月"), "要说是哪一天。哪天汇？〔1 不办了〕〔2 人工〕");
    let mut chat = Chat::new();
    chat.say("办汇兑");
    until_household(&mut chat);
    assert_eq!(
        chat.say("051234"),
        "为了安全，请不要在聊天里发卡号、证件号和密码。刚才那条我没有留。\n户号多少？"
    );
    assert_eq!(chat.say("户号是1512345678"), "号码位数不对，请照着单子再看一遍。\n户号多少？");
}

#[test]
fn a_payee_is_of_the_book_or_asked_about_or_as_said() {
    for (said, shown) in [
        ("二姨", "book:p1"),
        ("给李国强汇五百", "book:p0"),
        ("转给村头老李", "name:村头老李"),
        ("13900001234", "phone:13900001234"),
    ] {
        let mut chat = Chat::new();
        chat.say("办汇兑");
        chat.say(said);
        let json = serde_json::to_string(&chat.seat).unwrap();
        assert!(json.contains(shown), "{said}: {json}");
    }
    // it sounds like two of the book, so it is neither
    let mut chat = Chat::new();
    chat.say("办汇兑");
    let asked = chat.say("章莉");
    assert_eq!(asked, "是这里面的吗？汇给谁？〔1 张丽（尾号3321）〕〔2 张莉（尾号1207）〕");
    assert_eq!(chat.say("2"), "汇多少？");
}

#[test]
fn values_are_taken_out_of_order_and_a_choice_by_number_name_or_place() {
    let mut chat = Chat::new();
    chat.say("办汇兑");
    assert!(chat.say("五百块").starts_with("好，记下了 金额：500.00 元（伍佰元整）。\n汇给谁？"));
    assert_eq!(chat.say("二姨"), "什么时候到？〔1 马上到〕〔2 明天到〕");
    for choice in ["2", "明天到", "第二个", "最后一个", "次日", "明天"] {
        let mut fresh = Chat { seat: chat.seat.clone(), ..Chat::new() };
        assert_eq!(fresh.say(choice), "哪天汇？", "{choice}");
        let json = serde_json::to_string(&fresh.seat).unwrap();
        assert!(json.contains("\"speed\":\"next\""), "{choice}: {json}");
    }
}

#[test]
fn elder_words_ask_too() {
    let mut chat = Chat::with(&format!("{} 长辈", crate::chat::LI_FANG));
    chat.say("办汇兑");
    assert_eq!(chat.say("二姨"), "要汇多少钱？");
}
