//! What holds for every conversation: secrets, sizes, robustness, the order of interpretation.

#![cfg(test)]

use base::Time;
use dialogue::talk::{World, shown};
use dialogue::{Act, Book, Heard, Input, Seat, Turn, Words, after_binding, masked, resume, step};
use proptest::prelude::*;

const HOUR_MS: i64 = 3_600_000;

/// A conversation with a tiny bank behind it.
struct Chat {
    book: Book,
    world: World,
    seat: Seat,
    redact: bool,
}

impl Chat {
    fn with(world: &str) -> Self {
        let world = World::parse(world).unwrap();
        Self { book: Book::embedded().unwrap(), world, seat: Seat::default(), redact: false }
    }
    fn heard<'i>(&self, input: Input<'i>) -> Heard<'i> {
        Heard { input, who: self.world.who(), now: self.world.now }
    }
    fn hear(&mut self, input: Input<'_>) -> String {
        let heard = self.heard(input);
        let turn = step(&self.book, &self.seat, &heard);
        self.redact = turn.redact;
        self.act(turn, &heard)
    }
    fn say(&mut self, text: &str) -> String {
        self.hear(Input::Text { text, menu_id: None })
    }
    fn act(&mut self, turn: Turn, heard: &Heard<'_>) -> String {
        self.seat = turn.seat;
        match turn.act {
            Act::Quiet => String::new(),
            Act::Say(words) => shown(&words),
            Act::HandOver { words, summary, reason } => {
                format!("{reason}|{summary}|{}", shown(&words))
            }
            Act::Do(call) => {
                let outcome = self.world.call(&call);
                let turn = resume(&self.book, &self.seat, &call, &outcome, heard);
                self.act(turn, heard)
            }
        }
    }
    fn json(&self) -> String {
        serde_json::to_string(&self.seat).unwrap()
    }
}

const LI_FANG: &str =
    "李芳 已绑定 借记卡8821 余额 1280.50 11-20超市-12.00 11-21工资+3000 存折0037 余额 3206.50";

/// Digits of both scripts, seven or more in a row.
fn long_digits(text: &str) -> Vec<String> {
    let mut runs = vec![String::new()];
    for c in text.chars() {
        match c {
            '0'..='9' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' =>
            {
                runs.last_mut().unwrap().push(c);
            }
            _ if runs.last().unwrap().is_empty() => {}
            _ => runs.push(String::new()),
        }
    }
    runs.retain(|r| r.chars().count() >= 7);
    runs
}

const SECRETS: &[&str] = &[
    "6230910012346688123",
    "6230 9100 1234 6688 123",
    "6230-9100-1234-6688-123",
    "卡号6230910012346688123帮我绑",
    "６２３０９１００１２３４６６８８１２３",
    "六二三零九一零零一二三四六六八八一二三",
    "11010519491231002X",
    "11010519491231002x",
    "身份证11010519491231002X",
    "我的身份证号是110105194912310021",
    "密码是258369帮我查",
    "我密码258369",
    "258369",
    "二五八三六九",
    "密码二五八三六九",
    "验证码是4821",
    "验证码 482913",
    "收到的验证码482913",
    "pin 258369",
    "password: hunter2x",
    "cvv 123",
    "密码abc12345",
    "我的取款密码是 2 5 8 3 6 9",
    "人工 密码258369",
    "我被骗了，密码258369给了他",
    "留言 卡号6230910012346688123",
    "余额 6230910012346688123",
    "6230910012346688123 258369",
    "查余额密码258369",
    "110105 19491231 002X",
];

#[test]
fn a_secret_is_refused_never_echoed_never_kept() {
    for world in ["李芳 未绑定", LI_FANG] {
        for before in ["", "查余额", "留言", "约回电", "上个月的流水", "解绑"] {
            for secret in SECRETS {
                let mut chat = Chat::with(world);
                if !before.is_empty() {
                    chat.say(before);
                }
                let reply = chat.say(secret);
                assert!(chat.redact, "{before} / {secret} is not marked");
                for kept in [&reply, &chat.json(), &masked(secret)] {
                    for part in [
                        "258369",
                        "二五八三六九",
                        "9100",
                        "九一零零",
                        "194912",
                        "4821",
                        "hunter2x",
                        "abc12345",
                    ] {
                        assert!(!kept.contains(part), "{before} / {secret} → {kept}");
                    }
                }
            }
        }
    }
}

#[test]
fn ordinary_numbers_are_not_taken_for_secrets() {
    let mut chat = Chat::with(LI_FANG);
    for text in [
        "8821",
        "2",
        "查余额",
        "500",
        "3月1号到15号的流水",
        "最近三十天",
        "13900001234",
        "第二个是啥",
        "密码忘了",
    ] {
        chat.say(text);
        assert!(!chat.redact, "{text}");
    }
}

#[test]
fn a_seat_stays_small() {
    let mut chat = Chat::with(LI_FANG);
    for (text, bytes) in [
        ("查余额", 400),
        ("2", 400),
        ("绑卡", 700),
        ("留言", 400),
        ("明天上班吗", 400),
        ("最近7天的明细", 1_000),
    ] {
        chat.say(text);
        let json = chat.json();
        assert!(json.len() <= bytes, "{text}: {} bytes {json}", json.len());
        assert_eq!(serde_json::from_str::<Seat>(&json).unwrap(), chat.seat);
    }
}

#[test]
fn what_was_collected_goes_to_the_person_without_private_words() {
    let mut chat = Chat::with(LI_FANG);
    chat.say("约回电");
    chat.say("明天三点我在地里");
    let handed = chat.say("转人工");
    assert!(handed.starts_with("asked|正在办：约回电|"), "{handed}");
    let mut chat = Chat::with(LI_FANG);
    chat.say("查余额");
    assert!(chat.say("人工").starts_with("asked|正在办：余额查询|"));
}

#[test]
fn at_most_two_tasks_wait() {
    let mut chat = Chat::with(LI_FANG);
    for text in ["查余额", "约回电"] {
        chat.say(text);
    }
    // inside a text question the next request is an answer, so it is tapped
    chat.hear(Input::Click { key: "leave_message" });
    chat.hear(Input::Click { key: "unbind_card" });
    let reply = chat.say("算了");
    assert!(reply.contains("回到刚才的留言吗"), "{reply}");
    let reply = chat.say("不用");
    assert!(reply.contains("回到刚才的约回电吗"), "{reply}");
    assert!(!chat.say("不用").contains("回到"), "only two may wait");
}

#[test]
fn a_control_word_wins_over_a_free_text_answer_and_an_emergency_too() {
    let mut chat = Chat::with(LI_FANG);
    chat.say("留言");
    assert_eq!(chat.say("取消"), "好，不办了，没有扣钱。");
    chat.say("留言");
    assert!(chat.say("有人冒充公安让我转账").starts_with("fraud|"));
}

#[test]
fn an_emergency_at_the_end_of_a_long_story_is_heard() {
    let story = format!("{}后来才知道是被骗了", "他先是打电话来说了好多话，".repeat(40));
    assert!(Chat::with(LI_FANG).say(&story).starts_with("fraud|"));
}

#[test]
fn an_emergency_is_heard_and_nothing_else_is_taken_for_one() {
    for (text, reason) in [
        ("我妈被骗了两万", "fraud"),
        ("电话说我涉嫌洗钱让我转账", "fraud"),
        ("我爸去世了存折怎么办", "bereavement"),
        ("活不下去了", "crisis"),
    ] {
        assert!(Chat::with(LI_FANG).say(text).starts_with(&format!("{reason}|")), "{text}");
    }
    for text in
        ["我卡里的钱昨天没了", "我妈把钱取走了", "怎么防骗", "卡上没了多少钱", "余额", "解除挂失"]
    {
        assert!(!Chat::with(LI_FANG).say(text).contains('|'), "{text}");
    }
}

#[test]
fn a_loss_is_stopped_by_us_where_we_can_and_else_by_a_person() {
    for text in ["卡丢了", "信用卡丢了", "存折不见了"] {
        let said = Chat::with("李芳 未绑定").say(text);
        assert!(said.starts_with("card_loss|"), "{text}: {said}");
        let mut bound = Chat::with("李芳 已绑定 借记卡8821 余额 1");
        assert!(bound.say(text).starts_with("别急，停住了"), "{text}");
    }
}

#[test]
fn only_words_that_cannot_be_mistaken_stop_a_card_without_a_question() {
    for text in ["卡丢了", "我的卡被偷了快停掉", "银行卡掉路上了找不到", "钱包丢了"]
    {
        let said = Chat::with("李芳 已绑定 借记卡8821 余额 1").say(text);
        assert!(said.starts_with("别急，停住了"), "{text}: {said}");
    }
    for text in [
        "卡丢了怎么办",
        "挂失",
        "我要挂失",
        "挂失要带什么",
        "我妈的卡丢了",
        "卡丢了要多久能补",
        "万一卡丢了呢",
    ] {
        let mut chat = Chat::with("李芳 已绑定 借记卡8821 余额 1");
        let said = chat.say(text);
        assert!(said.starts_with("现在就给借记卡8821口头挂失吗"), "{text}: {said}");
        assert!(chat.say("马上挂失").starts_with("别急，停住了"), "one confirmation: {text}");
    }
    // Which one, is the one question; it is not followed by another.
    let mut chat = Chat::with(LI_FANG);
    assert!(chat.say("卡丢了").contains("要挂失哪一个"));
    assert!(chat.say("2").starts_with("别急，停住了"));
}

#[test]
fn a_frozen_channel_answers_with_nothing_but_the_way_back_and_what_stops_harm() {
    let world = format!("{LI_FANG} 已停用");
    for text in ["查余额", "上个月的进出账", "我绑了哪些卡", "解绑", "要盖章的流水", "设置默认账户"]
    {
        let said = Chat::with(&world).say(text);
        assert!(said.contains("恢复微信银行") && !said.contains("8821"), "{text}: {said}");
    }
    assert!(Chat::with(&world).say("卡丢了").contains("要挂失哪一个"));
    assert!(Chat::with(&world).say("我被骗了").starts_with("fraud|"));
}

#[test]
fn an_old_line_still_starts_its_item_but_answers_no_question() {
    let mut chat = Chat::with(LI_FANG);
    let Act::Say(Words { choices, .. }) =
        step(&chat.book, &chat.seat, &chat.heard(Input::Text { text: "查余额", menu_id: None }))
            .act
    else {
        panic!("a question")
    };
    chat.say("查余额");
    chat.say("2");
    // the first question's line: its number is of an older message, its words name an account
    let stale = Input::Text { text: &choices[0].text, menu_id: Some(&choices[0].id) };
    let reply = chat.hear(stale);
    assert!(reply.contains("8821"), "{reply}");
    let unknown =
        Input::Text { text: "紫色的拖拉机在月亮上唱歌", menu_id: Some("99901") };
    let reply = chat.hear(unknown);
    assert!(reply.starts_with("刚才的菜单过期了"), "{reply}");
}

#[test]
fn what_was_open_before_the_binding_is_offered_again_after_it() {
    let mut chat = Chat::with("李芳 未绑定 借记卡8821 余额 1");
    chat.say("留言");
    chat.hear(Input::Click { key: "account_balance" });
    chat.world.bound = true;
    let heard = chat.heard(Input::Other);
    let turn = after_binding(&chat.book, &chat.seat, &heard);
    let reply = chat.act(turn, &heard);
    assert!(reply.contains("可用 1.00 元") && reply.contains("回到刚才的留言吗"), "{reply}");
}

#[test]
fn an_unsure_guess_keeps_what_was_said_about_it() {
    let mut chat = Chat::with(LI_FANG);
    let asked = chat.say("最近三天谁给我转钱了");
    if asked.starts_with("您是要“查明细”吗") {
        assert!(chat.say("是的").contains("最近3天"));
    } else {
        assert!(asked.contains("最近3天"), "{asked}");
    }
}

#[test]
fn a_number_that_is_no_tail_is_asked_about_without_saying_it() {
    let mut chat = Chat::with(LI_FANG);
    for text in ["2000", "500", "1234567"] {
        let mut fresh = Chat::with(LI_FANG);
        assert!(fresh.say(text).starts_with("您发的数字是要做什么"), "{text}");
        chat.say(text);
    }
    assert!(chat.say("77").starts_with("没听明白") || chat.say("77").starts_with("您发的数字"));
}

#[test]
fn the_kept_request_is_the_latest_and_goes_on_once() {
    let mut chat = Chat::with("李芳 未绑定 借记卡8821 余额 1");
    chat.say("查余额");
    chat.say("上个月的流水");
    chat.world.bound = true;
    let heard = chat.heard(Input::Other);
    let turn = after_binding(&chat.book, &chat.seat, &heard);
    let reply = chat.act(turn, &heard);
    assert!(reply.starts_with("绑好了。接着给您查明细：\n借记卡8821 上月"), "{reply}");
    assert!(!chat.seat.has_kept());
}

#[test]
fn a_seat_of_an_older_book_loses_only_what_is_gone() {
    let mut chat = Chat::with(LI_FANG);
    chat.seat =
        serde_json::from_str(r#"{"t":{"i":"gone","a":"x"},"s":[{"i":"gone"}],"a":1795396320000}"#)
            .unwrap();
    let reply = chat.say("人工");
    assert!(reply.starts_with("asked||"), "{reply}");
}

#[test]
fn sentences_for_elders_are_short() {
    let mut chat = Chat::with(&format!("{LI_FANG} 长辈"));
    for text in [
        "你好",
        "菜单",
        "查余额",
        "存折",
        "明细",
        "第一个",
        "我的绑定",
        "解绑",
        "算了",
        "绑卡",
        "密码能发给你吗",
        "客服几点上班",
        "转账",
        "再见",
    ] {
        let reply = chat.say(text);
        let words = reply.split('〔').next().unwrap();
        for sentence in words.split(['。', '！', '？', '\n', '：']) {
            assert!(sentence.chars().count() <= 60, "{text} → {sentence}");
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[0-9]{1,20}",
        "[零一二三四五六七八九十百千万亿]{1,12}",
        prop::sample::select(vec![
            "查余额",
            "明细",
            "上个月",
            "第二个",
            "取消",
            "返回",
            "人工",
            "菜单",
            "好",
            "不",
            "留言",
            "约回电",
            "解绑",
            "绑卡",
            "存折",
            "都查",
            "下一页",
            "密码",
            "月",
            "号",
            "年",
            "到",
            "最近",
            "半",
            "{",
            "}",
            "▣",
            "〔",
            "<a href=",
            "]]>",
            "\u{0}",
            "\n",
            "👌",
            "大字",
            "换银行",
            "河口",
            "尾号8821",
            "139",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_conversation(
        texts in prop::collection::vec(any_text(), 1..6),
        bound in any::<bool>(),
        gap in prop::sample::select(vec![1_000, 60_000, HOUR_MS]),
    ) {
        let mut chat = Chat::with(if bound { LI_FANG } else { "李芳 未绑定" });
        for text in &texts {
            let reply = chat.say(text);
            for digits in long_digits(text) {
                let first: String = digits.chars().take(7).collect();
                prop_assert!(!reply.contains(&first), "{text} → {reply}");
            }
            prop_assert!(chat.json().len() <= 4_000, "{}", chat.json());
            let again = serde_json::from_str::<Seat>(&chat.json()).unwrap();
            prop_assert_eq!(&again, &chat.seat);
            chat.world.now = Time::of_ms(chat.world.now.ms() + gap);
        }
    }

    #[test]
    fn the_same_arguments_give_the_same_turn(text in any_text()) {
        let chat = Chat::with(LI_FANG);
        let heard = chat.heard(Input::Text { text: &text, menu_id: None });
        prop_assert_eq!(step(&chat.book, &chat.seat, &heard), step(&chat.book, &chat.seat, &heard));
    }

    #[test]
    fn masking_leaves_no_run_of_digits_and_keeps_the_length(text in any_text()) {
        let hidden = masked(&text);
        prop_assert_eq!(hidden.chars().count(), text.chars().count());
        prop_assert!(!hidden.chars().collect::<Vec<_>>().windows(4).any(|w| w.iter().all(char::is_ascii_digit)), "{}", hidden);
    }
}
