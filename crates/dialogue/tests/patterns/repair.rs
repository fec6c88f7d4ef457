//! Going astray and coming back: two wishes, back, again, slower, not understood, distress, what is no text, what is too much.

use crate::chat::{Chat, LI_FANG};
use dialogue::{Input, masked};

#[test]
fn two_wishes_in_one_sentence_are_done_one_by_one() {
    let mut chat = Chat::new();
    let reply = chat.say("查存折余额再交电费");
    assert!(
        reply.starts_with("存折0037 可用 3,206.50 元")
            && reply.contains("接着办交电费，对吗？〔接着办〕〔不办了〕"),
        "{reply}"
    );
    chat.say("好");
    assert_eq!(chat.item, "pay_electric");
    let mut chat = Chat::new();
    let reply = chat.say("排队取号再给大儿子转五百");
    assert!(reply.contains("取号即将开通"), "{reply}");
    assert!(reply.contains("接着办行内转账（转给：李国强（建设银行 尾号0098），金额：500.00 元（伍佰元整）），对吗？"), "{reply}");
    assert!(chat.say("好").contains("对吗？〔确认〕"));
    let reply = Chat::new().say("帮我排队取号再给我儿子转五百");
    assert!(reply.contains("取号") && reply.contains("接着办行内转账（转给："), "{reply}");
    assert!(reply.contains("金额：500.00 元（伍佰元整）），对吗？"), "{reply}");
    // What the first wish still needs comes before the second.
    for both in ["把家里的电费缴了再给大儿子转五百", "帮我把电费交了再给我儿子转五百"]
    {
        let mut chat = Chat::new();
        chat.say(both);
        assert_eq!(chat.item, "pay_electric", "{both}");
        let reply = chat.say("不交了");
        assert!(
            reply.contains("没有扣钱") && reply.contains("行内转账（转给："),
            "{both} → {reply}"
        );
        assert!(reply.contains("金额：500.00 元（伍佰元整）"), "{both} → {reply}");
    }
    let mut chat = Chat::new();
    chat.say("查存折余额然后查一下上个月的明细");
    assert!(chat.say("不用").starts_with("好，不办了"));
    for one in ["再查一下余额", "存一年再转存一年总共利息", "查一下余额，谢谢"]
    {
        let mut chat = Chat::new();
        let reply = chat.say(one);
        assert!(!reply.contains("接着办"), "{one} → {reply}");
    }
}

#[test]
fn back_restart_and_repeat_keep_what_they_should() {
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.say("大儿子");
    chat.say("五百");
    assert_eq!(chat.say("上一步"), "汇多少？");
    assert!(chat.say("上一步").starts_with("汇给谁？"));
    chat.say("二姨");
    assert_eq!(chat.say("五百"), "什么时候到？〔1 马上到〕〔2 明天到〕");
    assert_eq!(chat.say("再说一遍"), "什么时候到？〔1 马上到〕〔2 明天到〕");
    assert!(chat.say("重来").starts_with("汇给谁？"));
}

#[test]
fn who_asks_twice_or_is_slow_hears_elder_words_unless_they_chose() {
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.say("大儿子");
    assert_eq!(chat.say("没听清"), "汇多少？");
    assert_eq!(chat.say("再说一遍"), "不着急，我说简单点。\n要汇多少钱？");
    let mut chat = Chat::new();
    chat.say("办汇兑");
    chat.minutes(4);
    chat.say("大儿子");
    chat.minutes(4);
    chat.say("五百");
    assert_eq!(chat.seat.elder(), Some(true));
    let mut chat = Chat::new();
    chat.say("大字");
    chat.say("关闭长辈模式");
    chat.say("办汇兑");
    for _ in 0..3 {
        chat.say("没听清");
    }
    assert_eq!(chat.seat.elder(), Some(false));
}

#[test]
fn three_times_not_understood_leads_to_a_person_who_knows_everything() {
    let mut chat = Chat::new();
    chat.say("给大儿子转账");
    for _ in 0..2 {
        assert!(chat.say("阿巴阿巴阿巴").contains("转多少钱？"));
    }
    let handed = chat.say("阿巴阿巴阿巴");
    assert!(handed.starts_with("not_understood|正在办：行内转账（转给：*国强）|"), "{handed}");
}

#[test]
fn distress_comes_before_everything_and_is_answered_calmly() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    let reply = chat.say("我不想活了欠这么多钱");
    assert!(
        reply.starts_with("crisis|正在办：行内转账")
            && reply.contains("12356")
            && reply.contains("120"),
        "{reply}"
    );
    assert!(!reply.contains("贷款") && !reply.contains("还款"), "{reply}");
    let reply = Chat::new().say("我爹昨天没了存折里的钱怎么取");
    assert!(reply.starts_with("bereavement||") && reply.contains("|请您节哀。"), "{reply}");
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    assert!(chat.say("我要转5万给他他说是公安让我转到安全账户").starts_with("fraud|"));
    assert_eq!(
        Chat::new().say("你这个机器人真笨"),
        "对不起，让您着急了。要不要跟人说？〔人工〕〔继续问〕"
    );
}

#[test]
fn a_lost_card_is_stopped_at_once_and_whatever_was_going_on_is_over() {
    let mut chat = Chat::new();
    chat.say("给大儿子转五百");
    assert_eq!(
        chat.say("卡丢了"),
        "刚才在办的先停下，没有扣钱。\n锁哪个？〔1 借记卡8821〕〔2 存折0037〕"
    );
    assert!(chat.say("1").starts_with("锁住借记卡8821吗？"));
    assert_eq!(
        chat.say("锁住"),
        "借记卡8821锁住了。",
        "and nobody is asked to go back to the payment"
    );
    assert_eq!(chat.done.as_deref(), Some("锁a0"));
    let mut chat = Chat::with(&LI_FANG.replace("已绑定", "未绑定"));
    let reply = chat.say("卡丢了");
    assert!(reply.starts_with("card_loss||别急") && reply.contains("0534-12345"), "{reply}");
}

#[test]
fn a_place_a_picture_and_a_sign_have_their_answers() {
    let here = Input::Location { lat_e6: 1, lon_e6: 1, label: "城关支行旁边" };
    let reply = Chat::new().hear(here);
    assert!(reply.starts_with("位置收到了。您要找附近的什么？〔1 网点查询〕"), "{reply}");
    let mut chat = Chat::new();
    for text in ["办汇兑", "大儿子", "五百", "1", "明天", "一年", "0512345678"] {
        chat.say(text);
    }
    assert!(chat.hear(here).contains("网点：城关支行。对吗？"));
    assert!(chat.hear(Input::Picture).contains("网点：城关支行。对吗？"), "the question follows");
}

/// Texts no keyboard sends. What is looked at, said and kept stays small however much comes in.
#[test]
fn hostile_texts_are_answered_within_the_same_bounds() {
    let ten_megabytes = "余".repeat(10 * 1024 * 1024 / 3);
    let digits = "1234567890".repeat(6_554);
    let lines = "\n".repeat(100_000);
    let rtl = "\u{202e}\u{200f}مرحبا ".repeat(3_000);
    let controls: String = ('\u{1}'..'\u{20}').cycle().take(50_000).collect();
    let emoji = "👨‍👩‍👧‍👦".repeat(20_000);
    for text in [&ten_megabytes, &digits, &lines, &rtl, &controls, &emoji] {
        for before in ["", "办汇兑", "留言"] {
            let mut chat = Chat::new();
            if !before.is_empty() {
                chat.say(before);
            }
            let reply = chat.say(text);
            assert!(
                !reply.is_empty() && reply.chars().count() <= 600,
                "{} characters",
                reply.chars().count()
            );
            assert!(chat.seat.pack().len() <= 4_000, "{} bytes", chat.seat.pack().len());
        }
    }
    let hidden = masked(&digits);
    assert!(!hidden.contains(|c: char| c.is_ascii_digit()));
    let at_the_end = format!("{}密码是258369", "啊".repeat(5_000));
    assert!(!masked(&at_the_end).contains("258369"));
}

#[test]
fn the_same_holds_for_the_unbound() {
    let mut chat = Chat::with(&LI_FANG.replace("已绑定", "未绑定"));
    assert!(chat.say(&"阿巴".repeat(100_000)).starts_with("没听明白"));
}
