//! What is said of a payment. The first words are always what happened to the money.

use super::cash;
use super::intent::{Intent, Product};
use super::serial;
use super::state::State;
use super::when::day_words;
use base::Fen;
use corebank::money::{Paid, Payee};
use corebank::{Day, Direction, Reject};
use serde::Serialize;
use utoipa::ToSchema;

/// What happened to the money: the three truths, and that it came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    Moved,
    Untouched,
    Unknown,
    Back,
    /// It moves later, as was ordered.
    Later,
}

/// Where a payment stands, as a page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    Done,
    Accepted,
    Confirming,
    Failed,
    Ended,
    Returned,
    Reversed,
    Manual,
    /// Ordered for a later time.
    Ordered,
}

/// Why a draft ended whose customer proved an order.
pub(super) const ORDERED: &str = "ordered";
/// Refused by the core for a limit that its customer may raise (limit_adjust).
pub(super) const OWN_LIMIT: &str = "limit.core";

/// How a row stands: its state, and why it came to it.
pub fn shown_of(product: Product, state: State, why: &str) -> (Shown, Truth) {
    // Units are taken, and their money comes on a later day.
    if product == Product::WealthRedemption && state == State::Accepted {
        return (Shown::Accepted, Truth::Later);
    }
    if state == State::Ended && why == ORDERED {
        return (Shown::Ordered, Truth::Later);
    }
    shown(state)
}

pub const fn shown(state: State) -> (Shown, Truth) {
    match state {
        State::Succeeded => (Shown::Done, Truth::Moved),
        State::Accepted => (Shown::Accepted, Truth::Moved),
        State::Failed => (Shown::Failed, Truth::Untouched),
        State::Ended | State::Draft | State::Challenged => (Shown::Ended, Truth::Untouched),
        State::Authorised | State::Submitting | State::Unknown | State::Reversing => {
            (Shown::Confirming, Truth::Unknown)
        }
        State::Manual => (Shown::Manual, Truth::Unknown),
        State::Reversed => (Shown::Reversed, Truth::Back),
        State::Returned => (Shown::Returned, Truth::Back),
    }
}

/// The title of the result.
pub fn title(product: Product, state: State) -> String {
    titled(product, shown(state).0)
}

/// The title of what is shown.
pub fn titled(product: Product, shown: Shown) -> String {
    let (deed, done, untouched) = (product.deed(), product.done(), product.untouched());
    match shown {
        Shown::Done => format!("✔ {done}"),
        Shown::Accepted if product == Product::Bill => "✔ 已扣钱，等收费单位确认".into(),
        Shown::Accepted if product == Product::WealthPurchase => {
            "✔ 已扣钱，等理财公司确认份额".into()
        }
        Shown::Accepted if product == Product::WealthRedemption => "✔ 已受理，钱还没到账".into(),
        Shown::Accepted if product == Product::CashBooking => "✔ 已约好，钱留出来了".into(),
        Shown::Accepted => format!("✔ {done}，对方银行处理中"),
        Shown::Confirming | Shown::Manual => format!("⏳ 正在确认，请不要重复{deed}"),
        Shown::Failed => format!("✖ 没有{deed}成，{untouched}"),
        Shown::Ended if product == Product::LoanDraw => "没有借款".into(),
        Shown::Ended => format!("没有{deed}，{untouched}"),
        Shown::Returned => "钱退回来了".into(),
        Shown::Reversed if product == Product::LoanDraw => "没有借成，没有借款".into(),
        Shown::Reversed if product == Product::CardSplit => "没有分成，账单和原来一样".into(),
        Shown::Reversed => format!("没有{deed}成，钱已退回"),
        Shown::Ordered if product == Product::Bill => "✔ 签好了，现在没有扣钱".into(),
        Shown::Ordered if product == Product::CardAutopay => "✔ 设好了，现在没有扣钱".into(),
        Shown::Ordered => "✔ 约好了，现在没有扣钱".into(),
    }
}

/// Why an order of a wealth product came back that its customer took back.
pub(super) const TAKEN_BACK: &str = "customer";

/// How an agreement ends.
const STOPS_AUTOPAY: &str = "到时候账户里要有钱；不想要了随时说「取消自动还款」。";
const STOPS: &str = "到时候账户里要有钱；不想要了随时说「停掉代扣」。";

/// The sentence under it, of a payment whose facts are known; `set_aside` is what an order says about its money.
pub fn explained(
    intent: &Intent,
    paid: Option<&Paid>,
    state: State,
    why: &str,
    reject: &str,
    set_aside: &str,
) -> String {
    match (intent.product, state) {
        (Product::Bill, State::Ended) if why == ORDERED => {
            format!("{}，{} {} 元。{STOPS}", intent.arrival, intent.each_time(), intent.amount)
        }
        (Product::CardAutopay, State::Ended) if why == ORDERED => {
            format!("还{}，{}。{STOPS_AUTOPAY}", intent.purpose, intent.arrival)
        }
        (_, State::Ended) if why == ORDERED => {
            let (arrival, deed) = (&intent.arrival, intent.product.deed());
            format!("{arrival}。{set_aside}不想{deed}了，回聊天说「撤销延时转账」。")
        }
        (Product::DepositOpening, State::Succeeded) => opened(intent, paid),
        (Product::DepositTaking, State::Succeeded) => format!("{}。", intent.purpose),
        (Product::DepositTaking, State::Reversed) => {
            format!("这笔没有办成，钱还在{}里。", intent.payer.label)
        }
        (Product::WealthPurchase, State::Accepted) => {
            format!("{}。没有确认的话，钱自动退回您的账户。", intent.arrival)
        }
        (Product::WealthPurchase, State::Succeeded) => {
            "份额已确认，说「我的理财」可以看。业绩比较基准不是承诺收益。".into()
        }
        (Product::WealthPurchase, State::Returned) if reject == TAKEN_BACK => {
            "您撤了单，没有买，钱已回到您的账户。".into()
        }
        (Product::WealthPurchase, State::Returned) => "理财公司没有确认，钱已回到您的账户。".into(),
        (Product::WealthRedemption, State::Accepted) => {
            format!("{}，到账在聊天里告诉您。", intent.arrival)
        }
        (Product::WealthRedemption, State::Reversed) => "这笔没有办成，份额还在。".into(),
        (Product::LoanDraw, State::Succeeded) => lent(paid),
        (Product::CardSplit, State::Succeeded) => format!("{}。", intent.purpose),
        (Product::CardSplit, State::Reversed) => "这笔没有办成，账单和原来一样。".into(),
        (Product::LoanDraw, State::Reversed) => "这笔没有办成，您没有欠下贷款。".into(),
        (Product::Bill, State::Accepted) => format!("{}。", waiting(intent)),
        (Product::CashBooking, State::Accepted) => {
            format!(
                "{}没人取，钱自动退回。谁有手机号、取款码和口令谁就能取，别告诉不认识的人。",
                by_when(intent, paid)
            )
        }
        (Product::CashBooking, State::Succeeded) => CASH_GONE.into(),
        (Product::CashBooking, State::Returned) => "没有人取，钱已回到您的账户。".into(),
        (Product::Bill, State::Returned) => {
            format!("{}没有收，钱已回到您的账户。", intent.to.bank)
        }
        (product, _) => sentence(product, state, why, reject),
    }
}

/// Of cash that was taken.
const CASH_GONE: &str = "现金从取款机取走了。不是您取的，也不是您让人取的，马上打客服电话。";

/// 到本行取款机选「无卡取款」，输手机号、取款码和口令，10:30前取。
fn by_when(intent: &Intent, paid: Option<&Paid>) -> String {
    let until = paid.and_then(|p| cash::until(&intent.to.payee, p)).map(crate::verbs::clock_words);
    let until = until.map(|u| format!("，{u} 前取")).unwrap_or_default();
    format!("到本行取款机选「无卡取款」，输手机号、取款码和口令{until}。")
}

/// 新定期尾号4471，2027年11月23日到期。
fn opened(intent: &Intent, paid: Option<&Paid>) -> String {
    let tail = paid.and_then(|p| p.opened.as_ref()).map(|o| o.tail.as_str());
    let tail = tail.map(|t| format!("尾号{t}，")).unwrap_or_default();
    let ends = |day: Day| format!("{}到期。", crate::verbs::day_words(day));
    match &intent.to.payee {
        Payee::Deposit { matures_on, .. } => format!("新定期{tail}{}", ends(*matures_on)),
        Payee::Offered { matures_on: Some(on), .. } => format!("新大额存单{tail}{}", ends(*on)),
        Payee::Offered { .. } => format!("新通知存款{tail}要取先说「通知要取」。"),
        _ => String::new(),
    }
}

/// 新贷款尾号4471。说「还款计划」看哪天还多少。
fn lent(paid: Option<&Paid>) -> String {
    let tail = paid.and_then(|p| p.opened.as_ref()).map(|o| format!("新贷款尾号{}。", o.tail));
    format!("{}说「还款计划」看哪天还多少。", tail.unwrap_or_default())
}

/// 正在等陵溪县供电公司确认，最晚 10:30 给您结果；不成功自动退回
fn waiting(intent: &Intent) -> String {
    format!("正在等{}确认，{}", intent.to.bank, intent.arrival)
}

/// The sentence under it.
pub fn sentence(product: Product, state: State, why: &str, reject: &str) -> String {
    match state {
        State::Succeeded => String::new(),
        State::Accepted => "一般几分钟到账。对方银行退回的话，钱会自动回到您的账户。".into(),
        State::Authorised | State::Submitting | State::Unknown | State::Reversing => {
            "银行系统还没有回话，我在核对，有结果马上告诉您。以账户明细为准。".into()
        }
        State::Manual => "银行的工作人员正在核对，有结果马上告诉您。".into(),
        State::Failed => format!("{}。", refused(reject)),
        State::Draft | State::Challenged | State::Ended => ended(product.deed(), why),
        State::Returned => "对方银行没有收，钱已回到您的账户。".into(),
        State::Reversed => "这笔没有办成，钱已回到您的账户。".into(),
    }
}

fn ended(deed: &str, why: &str) -> String {
    match why {
        "replaced" => "您后来又说了新的，请用聊天里新的那一条。".into(),
        "too_late" => {
            format!("超过 15 分钟没有办完，先收起来了。还要{deed}，回聊天再说一遍。")
        }
        "not_picked" => format!("银行系统忙，这笔没有送出去。请过一会儿再{deed}。"),
        _ => format!("您说了不{deed}。"),
    }
}

/// A core's refusal as a code.
pub fn code_of(reject: &Reject) -> &'static str {
    match reject {
        Reject::InsufficientFunds => "balance.short",
        Reject::AccountBlocked(Direction::In) => "payee.blocked",
        Reject::AccountBlocked(Direction::Out) => "payer.blocked",
        Reject::AccountNotActive => "account.inactive",
        Reject::PayeeMismatch => "payee.mismatch",
        Reject::LimitExceeded => OWN_LIMIT,
        Reject::SwitchedOff => "switched.off",
        Reject::Expired => "core.fenced",
        Reject::NotFound => "payee.missing",
        Reject::CounterOnly => "counter.only",
        Reject::BillPaid => "bill.paid",
        Reject::BillerOffline => "biller.offline",
        Reject::NotEligible => "terms.changed",
        Reject::SoldOut => "offer.sold_out",
        _ => "core.refused",
    }
}

/// Why nothing was paid.
pub fn refused(code: &str) -> &'static str {
    match code {
        "balance.short" => "账户里的钱不够",
        "payee.blocked" => "对方账户现在收不了钱",
        "payer.blocked" => "您的账户现在不能往外转钱，请到网点",
        "account.inactive" => "有一方的账户状态不正常",
        "payee.mismatch" => "卡号和姓名对不上",
        OWN_LIMIT => "超过了您账户的限额",
        "switched.off" => "您把这种转账锁住了，说「交易锁设置」可以打开",
        "core.fenced" | "" => "银行系统没有接到这一笔",
        "payee.missing" => "没有对方这个账户",
        "hold.gone" => "留出来的钱已经放回账户了，请回聊天再转一次",
        "counter.only" => "这一笔只能到网点办",
        "bill.paid" => "这笔账单已经交过了",
        "biller.offline" => "收费单位的系统现在连不上，请过一会儿再交",
        "offer.sold_out" => "额度刚刚卖完了",
        "terms.changed" => "利率、利息、净值或日子和刚才算的不一样了，请回聊天重新说一遍",
        _ => "银行系统没有接受",
    }
}

/// 李国强（建设银行 尾号0098）
pub fn whom(intent: &Intent) -> String {
    let to = &intent.to;
    named(&to.name, &to.bank, &to.tail)
}

/// A name with its bank, empty for the customer's own, and the end of the number.
pub(super) fn named(name: &str, bank: &str, tail: &str) -> String {
    match (bank, tail) {
        ("", "") => name.to_owned(),
        ("", tail) => format!("{name}（尾号{tail}）"),
        (bank, tail) => format!("{name}（{bank} 尾号{tail}）"),
    }
}

/// What a code is for: the key facts stand in the text message (CA-04).
pub fn code_for(intent: &Intent) -> String {
    let to = &intent.to;
    let amount = intent.amount;
    let when = intent.when.map(|w| format!("约{}", w.words())).unwrap_or_default();
    match intent.product {
        Product::Transfer => {
            format!("{when}向{}尾号{}转账{amount}元", base::mask_name(&to.name), to.tail)
        }
        Product::CardRepayment => format!("还信用卡尾号{}的{amount}元", to.tail),
        Product::CardAutopay => format!("设信用卡尾号{}的自动还款", to.tail),
        Product::Bill if intent.is_agreement() => {
            format!(
                "签户号尾号{}的{}自动代扣，{}{amount}元",
                to.tail,
                intent.purpose,
                intent.each_time()
            )
        }
        Product::Bill => format!("交户号尾号{}的{}{amount}元", to.tail, intent.purpose),
        Product::Gift => format!("向{}捐款{amount}元", to.name),
        Product::LoanRepayment => format!("还贷款尾号{}的{amount}元", to.tail),
        Product::DepositOpening => format!("存{}{amount}元", to.name),
        Product::DepositTaking => {
            format!("从{}尾号{}取{amount}元", intent.payer.label, intent.payer.tail)
        }
        Product::WealthPurchase => format!("买理财{}{amount}元", to.name),
        Product::WealthRedemption => format!("赎回理财{}{amount}元", intent.payer.label),
        Product::CashBooking => format!("无卡取款{amount}元，别把取款码告诉别人"),
        Product::LoanDraw => format!("从授信尾号{}借款{amount}元", intent.payer.tail),
        Product::CardSplit => {
            let (tail, fee) = (&intent.payer.tail, intent.fee);
            format!("信用卡尾号{tail}的{amount}元{}，手续费共{fee}元", to.name)
        }
    }
}

/// Which payment is spoken of: 给李国强的 500.00 元; 电费 86.00 元（老屋 *芳 尾号0231）.
fn which(intent: &Intent) -> String {
    let (amount, to) = (intent.amount, &intent.to);
    match intent.product {
        Product::Bill => format!("{} {amount} 元（{} 尾号{}）", intent.purpose, to.name, to.tail),
        Product::CardAutopay => format!("信用卡{}的自动还款", to.tail),
        Product::Transfer | Product::CardRepayment | Product::Gift | Product::LoanRepayment => {
            format!("给{}的 {amount} 元", whom(intent))
        }
        Product::DepositOpening => format!("{}的 {amount} 元", to.name),
        Product::CashBooking => format!("无卡取款 {amount} 元"),
        Product::CardSplit => {
            format!("{}{}的 {amount} 元{}", intent.payer.label, intent.payer.tail, to.name)
        }
        Product::LoanDraw => {
            format!("从{}{}借的 {amount} 元", intent.payer.label, intent.payer.tail)
        }
        Product::DepositTaking => {
            format!("从{}{}取的 {amount} 元", intent.payer.label, intent.payer.tail)
        }
        Product::WealthPurchase => format!("买「{}」的 {amount} 元", to.name),
        Product::WealthRedemption => format!("赎回「{}」的 {amount} 元", intent.payer.label),
    }
}

/// What else is good to know once a bill is paid.
fn after_bill(purpose: &str) -> &'static str {
    match purpose {
        "电费" => "智能电表一般几分钟送电。",
        "燃气费" => "插卡的气表，请把卡插到表上。",
        "电视费" => "电视没恢复的话，机顶盒关了再开一次。",
        "话费" => "一般几分钟到账。",
        insured if insured.ends_with("居民医保") || insured.ends_with("居民养老") => {
            "说「社保缴费记录」能查到。"
        }
        _ => "",
    }
}

/// The same of a payment that is done. `whom` it went to, `what` it was.
fn succeeded(intent: &Intent, paid: Option<&Paid>, (whom, what): (&str, &str)) -> String {
    let (amount, product) = (intent.amount, intent.product);
    let (done, short) = (product.done(), serial::short(&intent.serial));
    let at = paid.map(|p| crate::verbs::clock_words(p.posted_at)).unwrap_or_default();
    let left = paid.and_then(|p| p.available);
    let left = left.map(|a| rest(intent, a)).unwrap_or_default();
    let then = match product {
        Product::CashBooking => return format!("✔ {what}，{CASH_GONE}受理号 {short}。"),
        Product::Bill => {
            let more = after_bill(&intent.purpose);
            let more = if intent.order.is_some() { "这是自动代扣的。" } else { more };
            return format!("✔ {done}{what}，{at}{left}。受理号 {short}。{more}");
        }
        Product::CardSplit => {
            let terms = &intent.purpose;
            return format!(
                "✔ {done}：{what}，{at}{left}。受理号 {short}。{terms}。说「我的分期」可以看。"
            );
        }
        Product::LoanRepayment => "说「还款计划」看新的计划。".to_owned(),
        Product::DepositOpening => format!("{}说「我的定期」可以看。", opened(intent, paid)),
        Product::LoanDraw => lent(paid),
        Product::DepositTaking => format!("{}。", intent.purpose),
        Product::CardRepayment if intent.order.is_some() => "这是约好自动还的。".to_owned(),
        _ => String::new(),
    };
    format!("✔ 已{}{whom} {amount} 元，{at}{left}。受理号 {short}。{then}", product.to())
}

/// What the chat says when a payment has got somewhere.
pub fn told(intent: &Intent, paid: Option<&Paid>, state: State, reject: &str) -> String {
    let (whom, amount, product) = (whom(intent), intent.amount, intent.product);
    let (deed, done) = (product.deed(), product.done());
    let short = serial::short(&intent.serial);
    let what = which(intent);
    if let Some(words) = dealt(intent, state, reject, &what) {
        return words;
    }
    match state {
        State::Succeeded => succeeded(intent, paid, (&whom, &what)),
        State::Accepted if product == Product::Bill => {
            format!("✔ 已扣钱：{what}，{}。受理号 {short}。", waiting(intent))
        }
        State::Accepted if product == Product::CashBooking => format!(
            "✔ 已约好{what}。{}取款码在刚才的页面上看，说「看取款预约」也能再打开。受理号 {short}。",
            by_when(intent, paid)
        ),
        State::Accepted => {
            format!("✔ {done} {amount} 元给{whom}，对方银行处理中。受理号 {short}。")
        }
        State::Failed => {
            let why = refused(reject);
            format!("✖ {what}没有{deed}成，{}：{why}。", product.untouched())
        }
        State::Unknown => {
            format!("⏳ {what}还没确认，请不要重复{deed}，受理号 {short}，我在核对。")
        }
        State::Manual => {
            format!("⏳ {what}还在核对，工作人员在查，请不要重复{deed}。受理号 {short}。")
        }
        State::Returned if product == Product::CashBooking => {
            format!("{what}没有人取，钱已回到您的账户。")
        }
        State::Returned if product == Product::Bill => {
            format!("{what}，{}没有收，钱已回到您的账户。", intent.to.bank)
        }
        State::Returned => format!("{what}对方银行没有收，钱已回到您的账户。"),
        State::Reversed if product == Product::DepositTaking => {
            format!("{what}没有办成，钱还在{}里。", intent.payer.label)
        }
        State::Reversed if product == Product::CardSplit => {
            format!("{what}没有办成，账单和原来一样。")
        }
        State::Reversed if product == Product::LoanDraw => {
            format!("{what}没有办成，您没有欠下贷款。")
        }
        State::Reversed => format!("{what}没有办成，钱已回到您的账户。"),
        State::Ended if intent.order.is_some() => {
            format!("✖ 约好的{what}没有{deed}，没有扣钱：银行系统忙，没有送出去。")
        }
        State::Ended => format!("好，不{deed}了，{}。", product.untouched()),
        State::Draft
        | State::Challenged
        | State::Authorised
        | State::Submitting
        | State::Reversing => String::new(),
    }
}

/// What is said of wealth products where it is not what is said of every payment: money and units move on two days.
fn dealt(intent: &Intent, state: State, reject: &str, what: &str) -> Option<String> {
    let (short, arrival) = (serial::short(&intent.serial), &intent.arrival);
    Some(match (intent.product, state) {
        (Product::WealthPurchase, State::Accepted) => format!(
            "✔ 已扣钱：{what}，{arrival}。受理号 {short}。没有确认的话，钱自动退回。说「我的理财」可以看。"
        ),
        (Product::WealthPurchase, State::Succeeded) => {
            format!("✔ 份额已确认：{what}。受理号 {short}。说「我的理财」可以看。")
        }
        (Product::WealthPurchase, State::Returned) if reject == TAKEN_BACK => {
            format!("撤单了：{what}，没有买，钱已回到您的账户。")
        }
        (Product::WealthPurchase, State::Returned) => {
            format!("{what}，理财公司没有确认，钱已回到您的账户。")
        }
        (Product::WealthRedemption, State::Accepted) => {
            format!("✔ 已受理：{what}，{arrival}。受理号 {short}。")
        }
        (Product::WealthRedemption, State::Succeeded) => {
            format!("✔ 已到账：{what}。受理号 {short}。")
        }
        (Product::WealthRedemption, State::Reversed) => format!("{what}没有办成，份额还在。"),
        _ => return None,
    })
}

/// What is left where the money came from.
fn rest(intent: &Intent, left: Fen) -> String {
    let label = &intent.payer.label;
    match intent.product {
        Product::DepositTaking if left == Fen::ZERO => format!("，这笔{label}取完了"),
        Product::DepositTaking => format!("，{label}里还有 {left} 元"),
        Product::LoanDraw => format!("，授信还能用 {left} 元"),
        Product::CardSplit => format!("，信用卡可用 {left} 元"),
        _ => format!("，余额 {left} 元"),
    }
}

/// What the chat says of an order that was proved.
pub fn ordered(intent: &Intent, set_aside: &str) -> String {
    if intent.is_autopay() {
        return format!(
            "✔ 设好了，现在没有扣钱：信用卡{}自动还款，还{}，{}，从{}{}出。受理号 {}。{STOPS_AUTOPAY}",
            intent.to.tail,
            intent.purpose,
            intent.arrival,
            intent.payer.label,
            intent.payer.tail,
            serial::short(&intent.serial)
        );
    }
    if intent.is_agreement() {
        return format!(
            "✔ 签好了，现在没有扣钱：{}（尾号{}）的{}自动代扣，{}，{} {} 元。受理号 {}。{STOPS}",
            intent.to.name,
            intent.to.tail,
            intent.purpose,
            intent.arrival,
            intent.each_time(),
            intent.amount,
            serial::short(&intent.serial)
        );
    }
    format!(
        "✔ 约好了，现在没有扣钱：{}，{}。受理号 {}。{set_aside}不想{}了说「撤销延时转账」。",
        which(intent),
        intent.arrival,
        serial::short(&intent.serial),
        intent.product.deed()
    )
}

/// Why an order that came due was not paid.
pub(super) fn why(code: &str) -> &'static str {
    match code {
        "missed" => "那天银行系统停着，没有办",
        "unbound" => "您解绑了银行卡",
        "frozen" => "您停用了微信银行",
        "charity.closed" => "这个公益项目已经不收了，以后也不再捐",
        "agreement" => "协议有更新，您还没有看",
        "fee" => "手续费比约的时候贵了",
        "account.missing" => "出钱的账户不在绑定里了",
        "pay.limit" | "pay.counter" => "超过微信转账的限额",
        "pay.new_payee" | "pay.hold" => "新收款人要先缓一缓",
        "balance.short" | "payee.missing" => refused(code),
        "payee.inactive" => refused("account.inactive"),
        _ => "银行系统没有接受",
    }
}

/// What the chat says of an order that came due on `day` and was not paid. `code`: why.
pub fn not_paid(intent: &Intent, day: Day, code: &str, then: &str) -> String {
    let (what, why) = (which(intent), why(code));
    let deed = intent.product.deed();
    format!("✖ 约好 {} {what}没有{deed}，没有扣钱：{why}。{then}", day_words(day))
}

/// What is short, and how much there is.
pub fn short_of(product: Product, available: Fen) -> String {
    format!("没有扣钱：可用 {available} 元，不够{}这一笔", product.deed())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTS: [Product; 13] = [
        Product::CashBooking,
        Product::Transfer,
        Product::CardRepayment,
        Product::Bill,
        Product::Gift,
        Product::LoanRepayment,
        Product::DepositOpening,
        Product::DepositTaking,
        Product::WealthPurchase,
        Product::WealthRedemption,
        Product::LoanDraw,
        Product::CardSplit,
        Product::CardAutopay,
    ];

    #[test]
    fn every_state_says_first_what_happened_to_the_money() {
        let begins = ["✔ 已", "⏳ 正在确认", "✖ 没有", "没有", "钱退回来了"];
        for (product, state) in PRODUCTS.iter().flat_map(|p| State::ALL.map(|s| (*p, s))) {
            let title = title(product, state);
            assert!(begins.iter().any(|b| title.starts_with(b)), "{state:?} {title}");
        }
    }

    #[test]
    fn only_what_failed_for_certain_is_called_failed() {
        for (product, state) in PRODUCTS.iter().flat_map(|p| State::ALL.map(|s| (*p, s))) {
            let says = title(product, state) + &sentence(product, state, "", "");
            let says_failed = says.contains('成') || says.contains("失败");
            assert_eq!(says_failed, matches!(state, State::Failed | State::Reversed), "{says}");
        }
    }
}
