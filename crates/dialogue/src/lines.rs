//! The fixed words of the conversation itself: everything said that belongs to no single item.
//!
//! One question a message; a sentence stays within 60 characters. Not for: an item's own replies.

use std::sync::LazyLock;

pub(crate) const EXPIRED: &str = "刚才的办理超过15分钟，我先收起来了，没有扣钱。";
pub(crate) const GO_ON: &str = "接着办";
pub(crate) const LEAVE_IT: &str = "不办了";
pub(crate) const MENU_EXPIRED: &str = "刚才的菜单过期了，请重新选：";
pub(crate) const NOT_UNDERSTOOD: &str = "没听明白，您是想：";
pub(crate) const PERHAPS_ASKED: &str = "您是想问：";
pub(crate) const NONE_OF_THESE: &str = "都不是";
pub(crate) const TRY_OTHER_WORDS: &str = "您换个说法，或点人工。";
pub(crate) const PERSON: &str = "人工";
pub(crate) const YES: &str = "是的";
pub(crate) const NO: &str = "不是";
pub(crate) const ASK_AGAIN: &str = "没听明白。";
pub(crate) const HANDED_OVER: &str = "正在为您转人工，前面的情况已经交代给客服，请稍等。";
pub(crate) const OFF_HOURS: &str = "现在没有人值班（{hours}）。急事请打 {phone}。";
pub(crate) const LEAVE_MESSAGE: &str = "留言";
pub(crate) const CALL_BACK: &str = "约回电";
pub(crate) const KEEP_ASKING: &str = "继续问";
pub(crate) const CARRY_ON: &str = "好，您接着说。";
pub(crate) const VOICE_EMPTY: &str = "没听清，麻烦再说一遍，或者打几个字。";
pub(crate) const PICTURE: &str = "图片我还看不懂，请打字或发语音说。卡和证件的照片请不要发在这里。";
pub(crate) const LOCATION: &str = "位置收到了。您要找附近的什么？";
pub(crate) const SENT_SPOT: &str = "您发的位置";
pub(crate) const LOCATION_LATER: &str = "位置收到了，先把这件事办完。";
pub(crate) const OTHER_MEDIA: &str = "这类消息我看不了，请打字或发语音。";
pub(crate) const EMOJI: &str = "收到。有事您直接说，比如“查余额”。";
pub(crate) const SECRET: &str = "为了安全，请不要在聊天里发卡号、证件号和密码。刚才那条我没有留。";
pub(crate) const SORRY: &str = "对不起，让您着急了。要不要跟人说？";
pub(crate) const WRONG: &str = "抱歉，弄错了。您是想：";
pub(crate) const CANCELLED: &str = "好，不办了，没有扣钱。";
pub(crate) const NOTHING_RUNNING: &str = "现在没有在办的事，也没有扣钱。";
pub(crate) const FIRST_STEP: &str = "已经是第一步了。";
pub(crate) const PAUSED: &str = "好的，不着急。您说话，我就接着办。";
pub(crate) const SLOWER: &str = "好，我说慢点、说简单点。";
pub(crate) const BIND_FIRST: &str = "您还没有绑定银行卡，绑一次以后都能查。";
pub(crate) const AGREE_FIRST: &str = "协议有更新，看过同意了才能接着查。";
pub(crate) const FROZEN: &str =
    "您已经停用微信银行，这里查不了、办不了。是您本人，恢复了就能用；急事请打 {phone}。";
pub(crate) const CALL_AT_ONCE: &str =
    "这个微信没有绑定您的账户，在这里停不了。马上打 {phone}，一个电话就能停。";
pub(crate) const GIVES_WAY: &str = "刚才在办的先停下，没有扣钱。";
pub(crate) const BUSY: &str = "银行系统有点忙，我正在查，查到马上发给您（通常1分钟内）。";
pub(crate) const STILL_SILENT: &str = "系统还没回，不用守着，查到发您。";
pub(crate) const TRY_AGAIN: &str = "再试";
pub(crate) const WHEN_OPEN: &str = "开门后查好发给您好吗？";
pub(crate) const GOOD: &str = "好";
pub(crate) const NO_NEED: &str = "不用";
pub(crate) const LATE: &str = "查到了：";
pub(crate) const REFUSED: &str = "这会儿办不了，请稍后再试。";
pub(crate) const NO_ACCOUNT: &str = "您名下没有可以查的账户，请到网点看看。";
pub(crate) const NO_SUCH_ACCOUNT: &str = "您名下没有这个尾号的账户。";
pub(crate) const NO_SUCH_ROW: &str = "刚才没有列出这一笔。";
pub(crate) const NO_MORE: &str = "后面没有了。";
pub(crate) const ONE_YEAR: &str = "一次最多查一年，先给您最近一年的。";
pub(crate) const BOUND: &str = "绑好了。您可以直接说，比如“查余额”“上个月的进出账”。";
pub(crate) const BOUND_AND_TOLD: &str = "绑好了。以后进出账在这里提醒您，不要就说“关掉提醒”。";
pub(crate) const AGREED: &str = "好了，接着用吧。";
pub(crate) const ALL: &str = "都查";
pub(crate) const REGISTERED_PHONE: &str = "用登记的号";
pub(crate) const TOO_LONG: &str = "太长了，请分几次说，一次不超过300个字。";
pub(crate) const OTHER_SCRIPT: &str = "我只看得懂汉字。要找会说您这种话的客服，请点人工。";
pub(crate) const WHICH_TAIL: &str = "这个账户要查什么？";
pub(crate) const WHAT_NUMBER: &str = "您发的数字是要做什么？请说清楚点，比如“查余额”。";
pub(crate) const STOP_FIRST: &str = "要先停下吗？";
pub(crate) const STOP: &str = "先停下";

pub(crate) const PERSON_COMES: &str = "正在给您接客服。";
pub(crate) const PERSON_LATER: &str = "客服一上班就先找您。";

/// Heard and kept, while another question waits.
pub(crate) const NOTED: &str = "好，记下了 ";
pub(crate) const CARD_CHANGED: &str = "刚才那张单子改过了，请看这一张：";
pub(crate) const NOTHING_PAID: &str = "银行系统没有回话，没有扣钱。过一会儿再说一遍就行。";
pub(crate) const CARD_SPENT: &str = "这件刚才已经办过了，没有再办一次。";
pub(crate) const SIGN_IS_NO_YES: &str = "动钱的事要您说清楚。";
pub(crate) const SIMPLER: &str = "不着急，我说简单点。";
pub(crate) const HOW: &str = "您是问刚才说的这个吗？";
pub(crate) const MENU: &str = "菜单";
/// In front of what was understood of a wish.
pub(crate) const HEARD: &str = "我听到的是 ";
pub(crate) const NO_AMOUNT: &str = "金额要大于零。";
pub(crate) const VAGUE_AMOUNT: &str = "金额要说个准数。";
pub(crate) const SEVERAL_AMOUNTS: &str = "您说了不止一个数，是哪个？";
pub(crate) const ASK_AMOUNT: &str = "没听出多少钱，说个数就行，比如“500”。";
pub(crate) const VAGUE_TERM: &str = "是年还是月？";
pub(crate) const ASK_TERM: &str = "没听出多久，比如“一年”“六个月”。";
pub(crate) const DAY_GONE: &str = "这一天已经过了。";
pub(crate) const DAY_TO_COME: &str = "这一天还没有到。";
pub(crate) const VAGUE_DAY: &str = "要说是哪一天。";
pub(crate) const ASK_PLAN: &str = "没听出哪一天，比如“明天”“8号”“每周五”“每月5号”。";
pub(crate) const WHICH_OF_WEEK: &str = "每周几？";
pub(crate) const WHICH_OF_MONTH: &str = "每月几号？";
pub(crate) const WHICH_OF_YEAR: &str = "每年几月几号？";
pub(crate) const ONCE_OR_EACH: &str = "能定某一天，或者每周、每月、每年一次。";
pub(crate) const ONLY_MONTHLY: &str = "这一样只能每月一次。";
pub(crate) const BY_THE_MOON: &str = "农历每年日子不一样，要说阳历几月几号。";
pub(crate) const VAGUE_END: &str = "要说清一共几次，或者到哪一天为止。";
pub(crate) const BANK_ASLEEP: &str = "早上7点到晚上10点之间才转。";
pub(crate) const ASK_DAY: &str = "没听出哪一天，比如“8号”“12月1号”。";
pub(crate) const SEVERAL_PAYEES: &str = "是这里面的吗？";
pub(crate) const ASK_PAYEE: &str = "没听出是谁，说名字或手机号。";
pub(crate) const WRONG_BILL_NO: &str = "号码位数不对，请照着单子再看一遍。";
pub(crate) const ASK_BILL_NO: &str = "没听出号码，照着单子上的数字发我。";
pub(crate) const SEVERAL_PLACES: &str = "是这里面的吗？";
pub(crate) const ASK_POINTS: &str = "说数字就行，比如 500。";
pub(crate) const ASK_PEOPLE: &str = "没听出来是给谁。";
pub(crate) const ASK_PLACE: &str = "没听出是哪里，说网点或村镇的名字。";
pub(crate) const NO_PHONE: &str = "手机号是11位数字。";
/// Ways to say: the number you have of me.
pub(crate) const OWN_PHONE: &[&str] = &["登记", "默认", "我自己", "本机"];

/// Situations that interrupt everything.
pub(crate) struct Emergency {
    /// Reason of the hand-over; also the id of the item that takes it when the book has one.
    pub(crate) reason: &'static str,
    pub(crate) item: &'static str,
    pub(crate) words: &'static [&'static str],
    /// And one of these beside it, when there are any.
    pub(crate) with: &'static [&'static str],
    /// Texts with one of these are a question, not an emergency.
    pub(crate) not: &'static [&'static str],
    pub(crate) say: &'static str,
    /// True when `say` stands in for the item's own words.
    pub(crate) own_words: bool,
}

/// What people say of a card or passbook that is gone.
const LOST: &[&str] = &[
    "卡丢",
    "卡掉",
    "卡不见",
    "卡找不到",
    "卡找不着",
    "卡没了",
    "卡被偷",
    "折丢",
    "折掉",
    "折不见",
    "折找不到",
    "折没了",
    "折被偷",
    "钱包丢",
    "钱包被偷",
    "挂失",
    "挂矢",
];
const NOT_LOST: &[&str] = &[
    "换卡",
    "解挂",
    "解掉",
    "挂失解",
    "挂失单",
    "能恢复",
    "恢复我",
    "恢复挂失",
    "没丢",
    "捡回",
    "不用挂失",
    "找到了",
    "解除挂失",
    "取消挂失",
    "撤销挂失",
    "挂失费",
    "又找到",
    "找着了",
    "找回来",
    "不挂失",
    "别挂失",
];
/// Asks for the loss to be reported, without saying that something is gone.
const REPORTS: &[&str] = &["挂失", "挂矢"];
/// With one of these it may be a question.
const ASKS: &[&str] = &[
    "怎么",
    "咋",
    "吗",
    "嘛",
    "么",
    "多久",
    "多少",
    "要带",
    "能不能",
    "可以",
    "可不可以",
    "哪",
    "什么",
    "啥",
    "几",
    "?",
    "？",
    "如何",
    "会不会",
    "是不是",
    "如果",
    "万一",
    "要是",
    "假如",
    "以前",
    "去年",
    "上次",
];
/// With one of these it may be somebody else's.
const OTHERS: &[&str] = &[
    "妈", "爸", "爹", "娘", "老伴", "孩子", "娃", "儿子", "女儿", "闺女", "媳妇", "老公", "老婆",
    "丈夫", "妻子", "朋友", "别人", "邻居", "奶奶", "爷爷", "外公", "外婆", "姥", "亲戚", "同事",
    "他的", "她的", "人家", "替",
];

/// Says that one's own card or passbook is gone and nothing else: then nothing more need be asked before it is stopped.
pub(crate) fn is_unmistakable(text: &str) -> bool {
    let has = |list: &[&str]| list.iter().any(|w| text.contains(w));
    LOST.iter().filter(|w| !REPORTS.contains(w)).any(|w| text.contains(w))
        && !has(ASKS)
        && !has(OTHERS)
}

const FRAUD_FIRST: &str =
    "先别转账，也别告诉任何人验证码。马上请打 110 或 96110，我们电话 {phone}。";

pub(crate) const EMERGENCIES: &[Emergency] = &[
    Emergency {
        reason: "crisis",
        item: "crisis",
        words: &["不想活", "活不下去", "想死", "自杀", "轻生", "跳楼", "喝农药", "活着没意思"],
        with: &[],
        not: &[],
        // 12356: one number for the whole country since 2025-05-01, by the National Health Commission's notice of 2024-12-25
        say: "您别急，有话慢慢说，钱的事都能商量。心里难受可以打全国心理援助热线 12356；人有危险马上打 120 或 110。",
        own_words: true,
    },
    Emergency {
        reason: "fraud",
        item: "fraud_emergency",
        words: &[
            "被骗",
            "骗子",
            "诈骗",
            "骗我",
            "骗走",
            "骗钱",
            "安全账户",
            "安全帐户",
            "拦住",
            "洗钱",
            "冒充",
            "公检法",
            "被盗刷",
            "盗刷",
            "上当",
            "钱被人",
            "被转走",
            "被人转走",
            "绑架",
        ],
        with: &[],
        // who wants to learn, to ask whether it is true, or to set a limit for fear of it
        not: &[
            "防骗",
            "防诈骗",
            "反诈",
            "怎么防",
            "预防",
            "宣传",
            "知识",
            "识别",
            "花样",
            "常见",
            "怎么看出",
            "怎么不被骗",
            "是不是骗子",
            "是骗子不",
            "是骗子吗",
            "怕被骗",
            "怕上当",
            "怕被盗",
        ],
        say: FRAUD_FIRST,
        own_words: false,
    },
    Emergency {
        reason: "fraud",
        item: "fraud_emergency",
        words: &["不是我花的", "不是我转的", "不是我刷的", "不是我取的"],
        with: &[],
        // a line on a credit card's bill has an item of its own
        not: &["信用卡", "贷记卡"],
        say: FRAUD_FIRST,
        own_words: false,
    },
    Emergency {
        reason: "bereavement",
        item: "account_close",
        words: &["去世", "过世", "没了", "走了", "不在了", "遗产", "继承", "离世"],
        with: &[
            "我爹",
            "我爸",
            "我妈",
            "我娘",
            "父亲",
            "母亲",
            "爷爷",
            "奶奶",
            "外公",
            "外婆",
            "姥",
            "老伴",
            "公公",
            "婆婆",
            "老头",
            "丈夫",
            "妻子",
            "我老公",
            "我老婆",
            "儿子人",
            "老人",
            "亲人",
        ],
        not: &[
            "卡没了",
            "折没了",
            "包没了",
            "钱没了",
            "钱都没了",
            "转走了",
            "取走了",
            "拿走了",
            "打走了",
            "扣走了",
            "费没了",
            "气没了",
            "电没了",
            "水没了",
            "网没了",
        ],
        say: "请您节哀。这事不急，带上证明到网点就能办，要带什么我请人跟您细说。",
        own_words: true,
    },
    Emergency {
        reason: "card_loss",
        item: "cc_loss",
        words: LOST,
        with: &["信用卡", "贷记卡", "透支卡"],
        not: NOT_LOST,
        say: "别急，马上打 {phone}，一个电话就能停卡。",
        own_words: false,
    },
    Emergency {
        reason: "card_loss",
        item: "card_loss",
        words: LOST,
        with: &[],
        not: NOT_LOST,
        say: "别急，卡里的钱先守住。挂失请打 {phone}，一个电话就能停。",
        own_words: false,
    },
];

/// Words of someone losing patience.
pub(crate) const ANGRY: &[&str] = &[
    "真笨",
    "太笨",
    "好笨",
    "笨死",
    "气死",
    "烦死",
    "烦人",
    "说了几遍",
    "说了多少遍",
    "说几遍",
    "听不懂人话",
    "什么破",
    "真垃圾",
    "太垃圾",
    "垃圾银行",
    "垃圾软件",
    "是垃圾",
    "没用的东西",
    "智障",
    "傻",
    "蠢",
    "废物",
    "什么玩意",
    "他妈",
    "尼玛",
    "滚蛋",
    "滚开",
    "滚吧",
    "给我滚",
    "坑人",
    "急死",
    "火大",
    "受够了",
    "答非所问",
    "白痴",
];

/// The first letters of what makes an [`Emergency`] or is [`ANGRY`], in order.
static FIRST_LETTERS: LazyLock<Vec<char>> = LazyLock::new(|| {
    let words = EMERGENCIES.iter().flat_map(|e| e.words).chain(ANGRY);
    let mut all: Vec<char> = words.filter_map(|w| w.chars().next()).collect();
    all.sort_unstable();
    all.dedup();
    all
});

/// False for texts that hold none of these words for certain: nearly all, and cheaper to tell than looking for each.
pub(crate) fn may_be_grave(text: &str) -> bool {
    text.chars().any(|c| FIRST_LETTERS.binary_search(&c).is_ok())
}
