//! The words by which a sentence is told to order, to ask, to deny or to tell.

use crate::sentence::Sentence;

/// How an order begins.
pub(super) const ORDERS: &[&str] =
    &["把", "帮我", "帮忙", "给", "替我", "我要", "我想", "想要", "要把", "麻烦", "请"];
/// What begins like one and asks to be told.
pub(super) const ASKS: &[&str] =
    &["问", "了解", "知道", "告诉", "介绍", "看看", "看下", "看一", "查", "算算", "投诉"];
/// Characters that say what is to be done with money, or with points: 点亮蓝灯.
pub(super) const ACTIONS: &str = "转汇打倒挪存取充冲交缴补还借贷付买赎投提捐献寄办开签亮续领报";
/// Those that take money out, or might: of no payment but those whose own they are.
pub(super) const TAKING: &str = "取提赎借贷转汇打挪倒";
/// Words with such a character that do nothing with money.
pub(super) const NO_ACTIONS: &[&str] = &[
    "取暖",
    "赎罪",
    "还行",
    "还好",
    "还可以",
    "还早",
    "还小",
    "交警",
    "交通",
    "交流",
    "交友",
    "交朋友",
    "交往",
    "交班",
    "交代",
    "交待",
    "社交",
    "外交",
    "转眼",
    "转弯",
    "转告",
    "转身",
    "打人",
    "打架",
    "打工",
    "打球",
    "打牌",
    "打麻将",
    "打电话",
    "打雷",
    "打针",
    "打扫",
    "打听",
    "倒是",
    "倒霉",
    "倒闭",
    "倒车",
    "摔倒",
    "报销",
    "报警",
    "报失",
    "报案",
    "领导",
    "付出",
    "还是",
    "还有",
    "还没",
    "还在",
    "还能",
    "还要",
    "还得",
    "收买",
    "买卖",
    "充电",
    "开车",
    "开会",
    "开门",
    "开心",
    "开学",
    "开始",
    "签名",
    "办公",
];
/// How a bill's own name ends, which is a command where nothing else can be meant: 煤气费.
pub(super) const BILL: char = '费';
/// What is used up or not there, and is no denial: 家里没电了要充电费, 没带卡想取五百.
pub(super) const USED_UP: &[&str] = &[
    "没电了",
    "没水了",
    "没气了",
    "没话费了",
    "没流量了",
    "没网了",
    "没钱了",
    "没费了",
    "欠费了",
    "欠了",
    "没到期",
    "未到期",
    "不到期",
    "没带卡",
    "没拿卡",
    "不带卡",
    "不用卡",
];
/// The same the other way round: 燃气没了充一百.
pub(super) const GONE: &str = "没了";
/// Words that hold no such character, and what they mean.
pub(super) const MEANS: &[(&str, &str)] = &[
    ("用款", "提款"),
    ("支用", "支取"),
    ("分期", "分期还"),
    ("冲", "充"),
    ("做公益", "捐公益"),
    ("做善事", "捐善款"),
    ("分成", "分期还"),
];
pub(super) const QUESTIONS: &[&str] = &[
    "吗",
    "么",
    "怎么",
    "咋",
    "为什么",
    "为啥",
    "什么",
    "啥",
    "多少",
    "多久",
    "多长",
    "多大",
    "几",
    "哪",
    "能不能",
    "可不可以",
    "是不是",
    "有没有",
    "会不会",
    "要不要",
    "如何",
    "?",
    "？",
    "行不行",
    "是否",
    "谁",
    "呢",
];
/// What a question is about that has none of these words: 定期利息.
pub(super) const TOPICS: &[&str] = &["利率", "利息", "手续费"];
/// Fewest characters before 还是 that make it an "or": 我还是转五百吧 asks nothing.
const OR_AFTER: usize = 4;

/// 交三百八还是四百: which of two.
fn is_either(text: &str) -> bool {
    let clause = |before: &str| before.chars().rev().take_while(|c| !"，,。".contains(*c)).count();
    text.split_once("还是").is_some_and(|(before, _)| clause(before) >= OR_AFTER)
}

/// Asks for something, whatever it is about.
pub(super) fn is_asking(text: &str) -> bool {
    QUESTIONS.iter().any(|q| text.contains(q)) || is_either(text)
}

/// True for what is put as a question, 能换不 and 受不受 included.
pub fn is_question(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let either = chars.windows(3).any(|w| w[1] == '不' && w[0] == w[2]);
    let ends = text.trim_end_matches(['。', '.']).ends_with('不');
    either || ends || is_asking(text) || TOPICS.iter().any(|q| text.contains(q))
}

pub(super) const DENIALS: &[&str] = &[
    "不", "没", "别", "无法", "未", "取消", "撤", "退", "失败", "错", "被", "了吗", "过了", "已经",
    "后悔", "合同", "发票", "收据", "停掉", "关掉", "关了", "关闭", "解除", "打开", "功能", "户名",
    "安全", "刚才", // what one asks about, not what one orders
    "去向", "记录", "明细", "进度", "历史", "证书", "证明", "凭证", "回单", "条件", "材料", "流程",
    "政策", "规定", "区别",
];

/// Words of what was done, or is told of it, however short: 理财赎回到账.
pub(super) const TOLD: &[&str] = &[
    "昨", "前天", "上次", "到账", "到期", "成功", "标准", "年限", "价格", "活动", "通知", "提醒",
    "完了", "送", "季节", "时节", "时候", "日子",
];
/// Those of a tale, in a clause that may be an order.
pub(super) const TALES: &[&str] = &[
    "昨",
    "前天",
    "上次",
    "到账",
    "成功",
    "完了",
    "送",
    "标准",
    "年限",
    "价格",
    "有人叫",
    "有人让",
    "卡到了",
];
/// Words of somebody who tells, and orders nothing.
pub(super) const TELLS: &[&str] = &[
    "了", "过", "刚", "以前", "正在", "重复", "短信", "收到", "亏", "涨", "跌", "贵", "便宜",
    "应该", "可能", "打算", "听说", "人家", "别人", "都", "总", "老是", "差点", "等", "难", "比",
    "方便", "快", "慢", "压力", "累",
];

/// Begins as an order does, or has 交一下, and asks for nothing to be told.
pub(super) fn is_order(sentence: &Sentence) -> bool {
    let (key, text) = (&sentence.key, sentence.normal.text());
    let begins = ORDERS.iter().any(|o| key.starts_with(o));
    let gently = text.match_indices("一下").any(|(at, _)| text[..at].ends_with(is_action));
    (begins || gently) && !ASKS.iter().any(|a| key.contains(a))
}

/// An order, and neither a wish to be told nor a tale.
pub(super) fn is_asked(order: &str) -> bool {
    !ASKS.iter().chain(TALES).any(|w| order.contains(w))
}

pub(super) fn is_action(c: char) -> bool {
    ACTIONS.contains(c)
}

/// The words, but for those that say what has been used up, and without the 了 of 该交了.
pub(super) fn stated(sentence: &Sentence) -> String {
    let text = USED_UP.iter().fold(sentence.normal.text(), |text, word| text.replace(word, ""));
    let text = match text.split_once(GONE) {
        Some((gone, then)) if then.contains(is_action) => format!("{gone}{then}"),
        _ => text,
    };
    match text.strip_suffix('了') {
        Some(due) if due.contains('该') => due.to_owned(),
        _ => text,
    }
}

/// Tells what has been done, or what comes of it: 昨天交的电费, 水费交得冤枉.
pub(super) fn is_told(text: &str) -> bool {
    let is_done = |(at, c): (usize, char)| {
        is_action(c) && text[at + c.len_utf8()..].starts_with(['的', '得'])
    };
    TOLD.iter().any(|t| text.contains(t)) || text.char_indices().any(is_done)
}
