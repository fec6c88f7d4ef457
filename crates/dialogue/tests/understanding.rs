//! Wordings nobody put into the flow files: how many find their item, and that none opens a wrong one
//! of consequence.

use base::Time;
use dialogue::eval::NEGATIVES;
use dialogue::{Account, Act, Book, Heard, Input, Seat, Who, step};
use nlu::policy::Decision;

/// Item, then sentences written by someone who had not read the phrases.
const UNSEEN: &[(&str, &[&str])] = &[
    (
        "account_balance",
        &[
            "麻烦看看我卡里还有多少钱啊",
            "我这卡里头还剩多少",
            "看下余额谢谢",
            "查下我存折余额",
            "我那折子里还剩好多钱",
            "帮俺瞧瞧还有多少钱",
            "卡上的余额查询",
            "现在账户里有多少钱",
            "里面还有几块钱",
            "餘額查詢",
            "查 余 额",
            "我想晓得卡上还有好多",
        ],
    ),
    (
        "account_balance_all",
        &["我所有卡加一起多少钱", "全部账户一共有多少", "总共还剩多少钱在账上"],
    ),
    (
        "account_statement",
        &[
            "看看我上个月花了多少",
            "把这个月的流水给我看看",
            "最近的交易明细",
            "查下昨天的账",
            "10月份进出账",
            "我钱都花到哪里去了",
            "看下最近一周的收支",
            "前几天扣的钱是什么",
            "帮我查一下交易记录",
            "九月的明细",
            "最近谁给我转钱了",
            "今年的流水",
        ],
    ),
    ("account_list", &["我名下一共几张卡", "帮我看下我有哪些账户", "我有几个存折"]),
    ("bind_card", &["怎么绑定我的银行卡", "我想把存折绑上", "绑定一下社保卡", "微信上怎么绑卡呀"]),
    ("my_bindings", &["我绑定的是哪张卡", "看下我绑了什么卡", "谁登录过我的微信银行"]),
    ("unbind_card", &["帮我把卡解绑了吧", "我要解除微信绑定", "怎么取消绑定银行卡"]),
    ("greeting", &["你好啊", "请问有人在吗", "下午好呀"]),
    ("thanks", &["谢谢你啊", "太谢谢了", "好的，明白了"]),
    ("help_menu", &["你都能帮我干什么", "这个怎么用啊", "有哪些功能"]),
    ("service_hours", &["你们几点下班", "周末客服上班吗", "客服电话是多少"]),
    ("leave_message", &["我想给网点留个言", "帮我转告一下你们经理"]),
    ("callback_request", &["你们给我打个电话吧", "让客服给我回个电话"]),
    ("transfer_inner", &["给我妈转两千块钱"]),
    ("pay_electric", &["我要交水电费"]),
    ("loan_apply", &["想办个贷款"]),
    ("cc_repay", &["信用卡怎么还款"]),
    ("topup_phone", &["我要充五十块话费"]),
    ("time_deposit_open", &["存五万三年定期"]),
    ("queue_take", &["帮我取个号"]),
    ("social_card_activate", &["社保卡怎么激活"]),
    ("profile_phone", &["手机号换了怎么改"]),
    ("complaint", &["我想投诉你们"]),
];

fn handled(book: &Book, text: &str) -> String {
    let accounts = [("a0", "借记卡", "8821", "卡"), ("a1", "存折", "0037", "存折")];
    let who = Who {
        accounts: accounts
            .map(|(id, label, tail, word)| Account {
                id: id.into(),
                label: label.into(),
                tail: tail.into(),
                word: word.into(),
                ..Account::default()
            })
            .to_vec(),
        can_link: true,
        // unbound customers may say everything too; bind_card needs them to be so
        bound: !text.contains('绑')
            || text.contains("哪张")
            || text.contains("什么卡")
            || text.contains('解')
            || text.contains("取消"),
        hours_open: true,
        ..Who::default()
    };
    let now = Time::of_china_date(2026, 11, 23).plus_ms(9 * 3_600_000);
    let heard = Heard { input: Input::Text { text, menu_id: None }, who, now };
    let turn = step(book, &Seat::default(), &heard);
    match (turn.item, turn.act) {
        (Some(item), _) => item,
        (None, Act::Say(words)) => format!(
            "？ {}{:?}",
            words.text,
            words.choices.iter().map(|c| c.text.as_str()).collect::<Vec<_>>()
        ),
        (None, act) => format!("{act:?}"),
    }
}

#[test]
fn unseen_wordings_find_their_item() {
    let book = Book::embedded().unwrap();
    let (mut right, mut all, mut wrong) = (0, 0, vec![]);
    for (item, texts) in UNSEEN {
        for text in *texts {
            all += 1;
            let got = handled(&book, text);
            if got == *item {
                right += 1;
            } else {
                wrong.push(format!("{text} → {got}, not {item}"));
            }
        }
    }
    println!("{right}/{all}\n{}", wrong.join("\n"));
    assert!(right * 100 >= all * 80, "{right}/{all}\n{}", wrong.join("\n"));
}

#[test]
fn talk_about_money_elsewhere_opens_no_account() {
    let book = Book::embedded().unwrap();
    let mut wrong = vec![];
    for text in [
        "猪肉多少钱一斤",
        "你们柜员一个月多少钱",
        "今天天气怎么样",
        "我儿子考上大学了",
        "村里修路要多少钱",
        "给张三转五百",
        "交一下电费",
        "我想贷款十万",
        "利率是多少",
        "买个手机多少钱",
        "明天下雨吗",
        "这个月话费多少钱",
        "办卡要多少钱",
        "手续费多少",
    ] {
        let got = handled(&book, text);
        if got.starts_with("account_") || got.starts_with("unbind") {
            wrong.push(format!("{text} → {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_draft_opens_for_a_plain_order_and_never_for_talk_that_orders_no_payment() {
    let book = Book::embedded().unwrap();
    let is_draft = |text: &str| book.insight(text, 20_780).decision == Decision::Draft;
    let wrong: Vec<&str> = NEGATIVES.lines().filter(|text| is_draft(text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for text in ["转账", "给张丽转五百", "交电费"] {
        assert!(is_draft(text), "{text}");
    }
}
