//! A payment by chat: opened by a plain order only, corrected at any time, confirmed by the card that counts.

use crate::chat::{BOOK, Chat, LI_FANG};
use base::Fen;
use dialogue::Input;
use proptest::prelude::*;

const CARD: &str = "转给：李国强（建设银行 尾号0098），金额：500.00 元（伍佰元整），从：借记卡8821。对吗？〔确认〕〔不转了〕〔换人〕〔改金额〕";

#[test]
fn a_plain_order_opens_its_draft_and_a_question_does_not() {
    assert_eq!(Chat::new().say("给大儿子转五百"), CARD);
    let mut chat = Chat::new();
    let reply = chat.say("给大儿子转几百");
    assert!(reply.starts_with("您是要“行内转账”吗？"), "a vague sum is no plain order: {reply}");
    assert_eq!(chat.say("是的"), "金额要说个准数。转多少钱？");
    assert!(
        chat.say("三百").contains("转给：李国强（建设银行 尾号0098），金额：300.00 元（叁佰元整）")
    );
    for text in [
        "怎么转账",
        "我没说要转账",
        "转账失败了怎么回事",
        "给大儿子转五百要手续费吗",
        "昨天给大儿子转的五百到了没",
    ] {
        let mut chat = Chat::new();
        let reply = chat.say(text);
        assert!(!reply.contains("对吗？〔确认〕") && chat.done.is_none(), "{text} → {reply}");
    }
}

#[test]
fn a_correction_in_the_sentence_or_later_makes_a_new_card() {
    let mut chat = Chat::new();
    assert!(chat.say("给大儿子转五百，不对是五千").contains("金额：5,000.00 元（伍仟元整）"));
    assert!(chat.say("不是五千是500").starts_with(CARD));
    assert!(chat.say("改成八百").contains("金额：800.00 元（捌佰元整）"));
    assert!(chat.say("换成二姨").contains("转给：张丽（尾号3321），金额：800.00"));
    assert!(chat.say("不是借记卡，是存折").contains("从：存折0037"));
    assert!(chat.say("不是存折，是卡").contains("从：借记卡8821"));
    assert_eq!(chat.say("几百吧"), "金额要说个准数。转多少钱？");
    assert!(chat.say("三百").contains("金额：300.00 元（叁佰元整）"));
    assert_eq!(chat.say("改金额"), "转多少钱？");
    chat.say("一千二");
    chat.say("确认");
    assert_eq!(chat.done.as_deref(), Some("book:p1|120000|a0"));
}

#[test]
fn the_card_before_is_refused_and_a_sign_is_no_yes() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    let old = chat.words.choices[0].id.clone();
    chat.say("不是五百是五千");
    let reply = chat.tap_id("确认", &old);
    assert!(
        reply.starts_with(
            "刚才那张单子改过了，请看这一张：\n转给：李国强（建设银行 尾号0098），金额：5,000.00"
        ),
        "{reply}"
    );
    for sign in ["👌", "🙏", "[强]"] {
        assert!(chat.say(sign).starts_with("动钱的事要您说清楚。"), "{sign}");
    }
    assert!(chat.done.is_none());
    chat.tap("确认");
    assert_eq!(chat.done.as_deref(), Some("book:p0|500000|a0"));
}

#[test]
fn a_side_question_is_answered_and_the_card_follows() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    let reply = chat.say("转账手续费");
    assert!(reply.contains(CARD) && !reply.starts_with(CARD), "{reply}");
    let reply = chat.say("借记卡余额");
    assert!(reply.starts_with("借记卡8821 可用 1,280.50 元") && reply.ends_with(CARD), "{reply}");
    chat.say("确认");
    assert_eq!(chat.done.as_deref(), Some("book:p0|50000|a0"));
}

#[test]
fn another_wish_at_the_card_stops_it_only_when_the_customer_says_so() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    let reply = chat.say("留言");
    assert!(reply.starts_with("您正在办行内转账，要先停下吗？〔先停下〕〔接着办〕"), "{reply}");
    assert_eq!(chat.say("接着办"), CARD);
    chat.say("留言");
    chat.tap("先停下");
    let reply = chat.say("算了");
    assert!(reply.contains("回到刚才的行内转账吗？"), "{reply}");
    assert_eq!(chat.say("好"), CARD);
    assert_eq!(chat.say("不转了"), "好，不办了，没有扣钱。");
}

#[test]
fn what_waits_too_long_is_put_away_and_comes_back_as_it_was() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    chat.minutes(20);
    assert_eq!(
        chat.say("确认"),
        "刚才的办理超过15分钟，我先收起来了，没有扣钱。〔接着办〕〔不办了〕"
    );
    assert!(chat.done.is_none());
    assert_eq!(chat.say("好"), CARD);
}

#[test]
fn what_was_spoken_is_said_back_in_capital_numerals() {
    let mut chat = Chat::new();
    let reply = chat.speak("给大儿子转一千一");
    assert!(
        reply.starts_with(
            "我听到的是 转给：李国强（建设银行 尾号0098），金额：1,100.00 元（壹仟壹佰元整）"
        ),
        "{reply}"
    );
    let mut chat = Chat::new();
    assert!(chat.speak("给大儿子转账").starts_with("我听到的是 转给：李国强（建设银行 尾号0098）"));
    assert!(!chat.say("五百").starts_with("我听到的是"), "typed words are not misheard");
}

#[test]
fn an_unbound_customer_keeps_the_draft_until_bound() {
    let mut chat = Chat::with(&LI_FANG.replace("已绑定", "未绑定"));
    let first = chat.say("转账");
    assert!(first.contains("还没有绑定银行卡") && chat.seat.has_kept(), "{first}");
    assert!(chat.done.is_none());
}

#[test]
fn a_card_confirmed_twice_is_done_once() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    let card = chat.words.choices[0].id.clone();
    chat.tap("确认");
    assert_eq!(chat.done.as_deref(), Some("book:p0|50000|a0"));
    chat.done = None;
    assert_eq!(chat.tap_id("确认", &card), "这件刚才已经办过了，没有再办一次。");
    assert!(chat.done.is_none());
}

#[test]
fn money_between_own_accounts_leaves_one_and_goes_to_the_other() {
    let said = |text: &str| {
        let mut chat = Chat::new();
        let mut reply = chat.say(text);
        // Without a sum it is no plain order.
        if reply.starts_with("您是要“本人转账”吗？") {
            reply = chat.say("是的");
        }
        assert_eq!(chat.item, "transfer_own", "{text} → {reply}");
        reply
    };
    let reply = said("存折的钱转到卡里");
    assert!(!reply.contains("转到：存折"), "{reply}");
    let reply = said("从存折转一千到借记卡");
    assert!(!reply.contains("转到：存折") && !reply.contains("从：借记卡"), "{reply}");
}

fn spoken(yuan: i64) -> String {
    Fen::of(yuan * 100).spoken().trim_end_matches('块').to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// *Invariant*: no card shows a sum that was taken back, nor one nobody said.
    #[test]
    fn no_wrong_sum_is_ever_shown(
        first in 1_i64..60_000, second in 1_i64..60_000,
        said in any::<bool>(), later in any::<bool>(),
        mark in prop::sample::select(vec!["不对是", "，不对，是", "…说错了，", "，哦不是", "改成"]),
    ) {
        prop_assume!(first != second);
        let words = |n: i64| if said { spoken(n) } else { n.to_string() };
        let mut chat = Chat::new();
        let reply = if later {
            chat.say(&format!("给大儿子转{first}元"));
            chat.say(&format!("改成{}元", words(second)))
        } else {
            chat.say(&format!("给大儿子转{}元{mark}{}元", words(first), words(second)))
        };
        let shown = format!("金额：{} 元", Fen::of(second * 100));
        prop_assert!(
            reply.contains(&shown) || reply.contains("多少钱？") || !reply.contains("金额："),
            "{} {} {} → {}", words(first), mark, words(second), reply
        );
    }

    /// *Invariant*: what was collected outlives every side question.
    #[test]
    fn side_questions_lose_nothing(
        sides in prop::collection::vec(prop::sample::select(vec![
            "借记卡余额", "转账手续费", "你好", "再说一遍", "没听清", "谢谢", "客服几点上班", "网点排队情况", "怎么转账", "👌",
        ]), 7),
    ) {
        let mut chat = Chat::new();
        chat.say("办汇兑");
        let mut card = String::new();
        for (answer, side) in ["大儿子", "五百", "明天到", "后天", "半年", "0512345678", "城关所"].iter().zip(sides) {
            card = chat.say(answer);
            chat.say(side);
        }
        prop_assert!(card.contains("转给：李国强（建设银行 尾号0098），金额：500.00 元（伍佰元整），到账：明天到，日期：11月25日（后天），连续：6个月，户号：尾号5678，网点：城关支行。对吗？"), "{card}");
        chat.say("确认");
        prop_assert_eq!(chat.done.as_deref(), Some("book:p0|50000|next|2026-11-25|6|0512345678|w0"));
    }

    /// *Invariant*: whatever is said in between, at most two tasks wait, and nothing is done but what its card showed.
    #[test]
    fn nothing_is_done_but_what_the_card_showed(
        texts in prop::collection::vec(prop::sample::select(vec![
            "给大儿子转五百", "确认", "好", "不", "改成八百", "换成二姨", "换人", "改金额", "几百", "500", "二姨", "余额", "存折",
            "转账手续费", "留言", "算了", "返回", "重来", "再说一遍", "接着办", "先停下", "不办了", "👌", "1", "2", "解锁", "菜单",
            "查余额再交电费", "我没说要转账", "从存折转", "上个月的明细",
        ]), 1..14),
    ) {
        let mut chat = Chat::new();
        let mut card = String::new();
        for text in texts {
            chat.done = None;
            let reply = chat.hear(Input::Text { text, menu_id: None });
            if let Some(done) = &chat.done && done.starts_with("book:") {
                let fen: i64 = done.split('|').nth(1).unwrap().parse().unwrap();
                prop_assert!(card.contains(&format!("金额：{} 元", Fen::of(fen))), "{done} after {card}");
            }
            if reply.contains("对吗？〔确认〕") {
                card.clone_from(&reply);
            }
            let json = serde_json::to_value(&chat.seat).unwrap();
            prop_assert!(json["s"].as_array().is_none_or(|s| s.len() <= 2), "{json}");
        }
        prop_assert!(BOOK.item("transfer_inner").is_some());
    }
}
