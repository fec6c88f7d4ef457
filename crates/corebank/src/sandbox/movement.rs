//! Movement kinds: one kind of business, one function, always balanced by construction.
//!
//! Debit and credit are the bank's: deposits are its liabilities, so a payer is debited (core.md §4).
//! Not for: whether the movement may be; the ledger says that when it is posted.

use crate::ledger::Side;
use base::Fen;

/// The bank's own accounts: number, name, the side on which it normally stands.
pub(crate) const GL: &[(i64, &str, Side)] = &[
    (CASH, "库存现金", Side::Debit),
    (VILLAGE, "助农取款服务点往来", Side::Debit),
    (EMPLOYERS, "单位活期存款", Side::Credit),
    (TREASURY, "财政性存款", Side::Credit),
    (INSURANCE, "社保基金存款", Side::Credit),
    (MEDICAL, "医保基金存款", Side::Credit),
    (PENDING, "待清算款项", Side::Credit),
    (WEALTH, "代销理财在途款项", Side::Credit),
    (CLEARING, "农信银清算往来", Side::Debit),
    (CARDS, "银联清算往来", Side::Debit),
    (WEALTH_COMPANY, "理财公司清算往来", Side::Debit),
    (CARRIED, "系统移行结转", Side::Credit),
    (INTEREST_PAID, "利息支出", Side::Debit),
    (INTEREST_EARNED, "利息收入", Side::Credit),
    (FEES, "手续费及佣金收入", Side::Credit),
];
const CASH: i64 = 1001;
const VILLAGE: i64 = 1011;
const EMPLOYERS: i64 = 2011;
const TREASURY: i64 = 2012;
const INSURANCE: i64 = 2013;
const MEDICAL: i64 = 2014;
const PENDING: i64 = 2241;
/// On its way to or from a wealth company.
pub(crate) const WEALTH: i64 = 2242;
const CLEARING: i64 = 3001;
const CARDS: i64 = 3002;
const WEALTH_COMPANY: i64 = 3003;
const CARRIED: i64 = 4999;
const INTEREST_PAID: i64 = 5211;
const INTEREST_EARNED: i64 = 6011;
const FEES: i64 = 6021;

/// What a payer reads of a fee for a payment.
pub(crate) const TRANSFER_FEE: &str = "转账手续费";

/// Where a leg goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    Account(i64),
    Gl(i64),
}

impl To {
    /// As an entry stores it.
    pub(crate) const fn stored(self) -> (&'static str, i64) {
        match self {
            Self::Account(id) => ("C", id),
            Self::Gl(no) => ("G", no),
        }
    }
}

/// One side of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MovementLeg {
    pub(crate) to: To,
    pub(crate) side: Side,
    pub(crate) amount: Fen,
    /// What the account's owner reads: 电费. Empty for the bank's own accounts.
    pub(crate) label: String,
    pub(crate) counterparty: String,
}

/// What shall happen to which accounts. Made by the functions of this module only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    pub(crate) kind: &'static str,
    pub(crate) legs: Vec<MovementLeg>,
    pub(crate) summary: String,
    pub(crate) explain: String,
    /// The journal that this one undoes.
    pub(crate) reversal_of: Option<i64>,
}

impl Movement {
    /// The same movement with the core's summary (摘要) and a sentence that explains it.
    #[must_use]
    pub fn words(mut self, summary: impl Into<String>, explain: impl Into<String>) -> Self {
        self.summary = summary.into();
        self.explain = explain.into();
        self
    }
    /// The same movement called otherwise by its account's owner: 水费 instead of 缴费.
    #[must_use]
    pub fn called(mut self, label: &str) -> Self {
        for leg in self.legs.iter_mut().filter(|l| matches!(l.to, To::Account(_))) {
            leg.label = label.to_owned();
        }
        self
    }
}

/// An account as the other side sees it: its id, and a masked name and tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    pub acct_id: i64,
    /// `*强 6688`
    pub shown: String,
}

fn debit(acct: i64, amount: Fen, label: &str, counterparty: &str) -> MovementLeg {
    leg(To::Account(acct), Side::Debit, amount, label, counterparty)
}
fn credit(acct: i64, amount: Fen, label: &str, counterparty: &str) -> MovementLeg {
    leg(To::Account(acct), Side::Credit, amount, label, counterparty)
}
fn gl(no: i64, side: Side, amount: Fen) -> MovementLeg {
    leg(To::Gl(no), side, amount, "", "")
}
fn leg(to: To, side: Side, amount: Fen, label: &str, counterparty: &str) -> MovementLeg {
    MovementLeg { to, side, amount, label: label.into(), counterparty: counterparty.into() }
}

fn of(kind: &'static str, legs: Vec<MovementLeg>, summary: &str) -> Movement {
    Movement { kind, legs, summary: summary.into(), explain: String::new(), reversal_of: None }
}
fn out_to(kind: &'static str, acct: i64, amount: Fen, other: i64, words: (&str, &str)) -> Movement {
    let legs = vec![debit(acct, amount, words.0, words.1), gl(other, Side::Credit, amount)];
    of(kind, legs, words.0)
}
fn in_from(
    kind: &'static str,
    acct: i64,
    amount: Fen,
    other: i64,
    words: (&str, &str),
) -> Movement {
    let legs = vec![gl(other, Side::Debit, amount), credit(acct, amount, words.0, words.1)];
    of(kind, legs, words.0)
}

/// 开户存入: cash with which an account begins.
pub fn opening(acct: i64, amount: Fen) -> Movement {
    in_from("opening", acct, amount, CASH, ("开户存入", ""))
}
/// 承前余额: what an account held when its books began here.
pub fn carried(acct: i64, amount: Fen) -> Movement {
    in_from("carried", acct, amount, CARRIED, ("承前余额", ""))
}
/// 承前欠款: what was owed when the books began here.
pub fn carried_debt(acct: i64, amount: Fen) -> Movement {
    out_to("carried", acct, amount, CARRIED, ("承前余额", ""))
}
/// 现金存入 at a counter.
pub fn cash_in(acct: i64, amount: Fen) -> Movement {
    in_from("cash_in", acct, amount, CASH, ("存现金", ""))
}
/// 取现金 at a counter or machine.
pub fn cash_out(acct: i64, amount: Fen) -> Movement {
    out_to("cash_out", acct, amount, CASH, ("取现金", ""))
}
/// 助农取款 at a village service point, named by `place`.
pub fn village_cash(acct: i64, amount: Fen, place: &str) -> Movement {
    out_to("village_cash", acct, amount, VILLAGE, ("助农取款", place))
}
/// 行内转账 from one account to another.
pub fn transfer(from: &Face, to: &Face, amount: Fen) -> Movement {
    let legs = vec![
        debit(from.acct_id, amount, "转出", &to.shown),
        credit(to.acct_id, amount, "转入", &from.shown),
    ];
    of("transfer", legs, "转账")
}
/// 行内转账 with a fee for the payer, which may be zero.
pub fn transfer_with_fee(from: &Face, to: &Face, amount: Fen, fee: Fen) -> Movement {
    let mut movement = transfer(from, to, amount);
    if fee > Fen::ZERO {
        movement.legs.push(debit(from.acct_id, fee, TRANSFER_FEE, ""));
        movement.legs.push(gl(FEES, Side::Credit, fee));
    }
    movement
}
/// 跨行转出; `payee` is masked already.
pub fn transfer_out(acct: i64, amount: Fen, payee: &str) -> Movement {
    out_to("transfer_out", acct, amount, CLEARING, ("跨行转出", payee))
}
/// 跨行转出 with a fee for the payer, which may be zero.
pub fn transfer_out_with_fee(acct: i64, amount: Fen, fee: Fen, payee: &str) -> Movement {
    let mut movement = transfer_out(acct, amount, payee);
    if fee > Fen::ZERO {
        movement.legs.push(debit(acct, fee, TRANSFER_FEE, ""));
        movement.legs.push(gl(FEES, Side::Credit, fee));
    }
    movement
}
/// 退汇: what a rail gave back, and the fee with it.
pub fn transfer_return(acct: i64, amount: Fen, fee: Fen, payee: &str) -> Movement {
    let mut movement = in_from("transfer_return", acct, amount, CLEARING, ("退汇", payee));
    if fee > Fen::ZERO {
        movement.legs.push(gl(FEES, Side::Debit, fee));
        movement.legs.push(credit(acct, fee, "退手续费", ""));
    }
    movement
}
/// 冲正: the entries of a journal mirrored, in their order. `entries`: where to, side, amount, other side.
pub(crate) fn reversal(journal_no: i64, entries: &[(To, Side, Fen, String)]) -> Movement {
    let legs = entries.iter().map(|(to, side, amount, other)| {
        let label = if matches!(to, To::Account(_)) { "冲正" } else { "" };
        leg(*to, side.other(), *amount, label, other)
    });
    Movement { reversal_of: Some(journal_no), ..of("reversal", legs.collect(), "冲正") }
}
/// 跨行转入; `payer` is masked already.
pub fn transfer_in(acct: i64, amount: Fen, payer: &str) -> Movement {
    in_from("transfer_in", acct, amount, CLEARING, ("跨行转入", payer))
}
/// 缴费 to a provider (电力公司…), by way of the pending account.
pub fn bill(acct: i64, amount: Fen, label: &str, provider: &str) -> Movement {
    out_to("bill", acct, amount, PENDING, (label, provider))
}
/// 缴费: the biller has confirmed, and gets what was pending into its account at this bank.
pub fn bill_settled(amount: Fen) -> Movement {
    let legs = vec![gl(PENDING, Side::Debit, amount), gl(EMPLOYERS, Side::Credit, amount)];
    of("bill_settled", legs, "缴费清算")
}
/// 缴费退回: the biller did not take it, and it leaves the pending account again.
pub fn bill_return(acct: i64, amount: Fen, provider: &str) -> Movement {
    in_from("bill_return", acct, amount, PENDING, ("缴费退回", provider))
}
/// 无卡取款预约: cash that is kept for who comes with the code, by way of the pending account.
pub fn cash_booked(acct: i64, amount: Fen) -> Movement {
    out_to("cash_booked", acct, amount, PENDING, ("无卡取款", ""))
}
/// The machine has given the cash out.
pub fn cash_taken(amount: Fen) -> Movement {
    let legs = vec![gl(PENDING, Side::Debit, amount), gl(CASH, Side::Credit, amount)];
    of("cash_taken", legs, "无卡取款出钞")
}
/// Nobody took it.
pub fn cash_back(acct: i64, amount: Fen) -> Movement {
    in_from("cash_back", acct, amount, PENDING, ("无卡取款退回", ""))
}
/// 惠农补贴 out of the treasury's account.
pub fn subsidy(acct: i64, amount: Fen, office: &str) -> Movement {
    in_from("subsidy", acct, amount, TREASURY, ("惠农补贴", office))
}
/// 养老金 out of the insurance fund's account.
pub fn pension(acct: i64, amount: Fen, office: &str) -> Movement {
    in_from("pension", acct, amount, INSURANCE, ("养老金", office))
}
/// 高龄津贴、低保 out of the treasury's account.
pub fn allowance(acct: i64, amount: Fen, office: &str) -> Movement {
    in_from("allowance", acct, amount, TREASURY, ("津贴", office))
}
/// 土地流转款 out of a tenant's or a cooperative's account.
pub fn land_rent(acct: i64, amount: Fen, payer: &str) -> Movement {
    in_from("land_rent", acct, amount, EMPLOYERS, ("土地流转款", payer))
}
/// 医保划入 to a medical account.
pub fn medical_in(acct: i64, amount: Fen, office: &str) -> Movement {
    in_from("medical_in", acct, amount, MEDICAL, ("医保划入", office))
}
/// 刷医保 at a pharmacy or clinic, out of a medical account.
pub fn medical_out(acct: i64, amount: Fen, place: &str) -> Movement {
    out_to("medical_out", acct, amount, PENDING, ("医保支付", place))
}
/// 工资 out of an employer's account.
pub fn wage(acct: i64, amount: Fen, employer: &str) -> Movement {
    in_from("wage", acct, amount, EMPLOYERS, ("工资", employer))
}
/// 货款: what a company pays for goods.
pub fn sale(acct: i64, amount: Fen, buyer: &str) -> Movement {
    in_from("sale", acct, amount, EMPLOYERS, ("货款", buyer))
}
/// 存款利息.
pub fn interest(acct: i64, amount: Fen) -> Movement {
    in_from("interest", acct, amount, INTEREST_PAID, ("存款利息", ""))
}
/// 服务费 (短信费, 年费).
pub fn fee(acct: i64, amount: Fen, label: &str) -> Movement {
    out_to("fee", acct, amount, FEES, (label, ""))
}
/// 刷卡或扫码消费 at a shop, with a debit or credit card.
pub fn purchase(acct: i64, amount: Fen, shop: &str) -> Movement {
    out_to("purchase", acct, amount, CARDS, ("消费", shop))
}
/// 网上付款 by way of a platform.
pub fn purchase_online(acct: i64, amount: Fen, shop: &str) -> Movement {
    out_to("purchase_online", acct, amount, CARDS, ("网上付款", shop))
}
/// 境外消费
pub fn purchase_abroad(acct: i64, amount: Fen, shop: &str) -> Movement {
    out_to("purchase_abroad", acct, amount, CARDS, ("境外消费", shop))
}
/// 信用卡还款 from the customer's own account.
pub fn card_repayment(from: &Face, card: &Face, amount: Fen) -> Movement {
    let legs = vec![
        debit(from.acct_id, amount, "信用卡还款", &card.shown),
        credit(card.acct_id, amount, "还款", &from.shown),
    ];
    of("card_repayment", legs, "信用卡还款")
}
/// 账单与消费分期: what is split is given back and owed anew, so that only its fee changes what the card owes.
pub fn card_split(card: i64, amount: Fen, fee: Fen, months: i64) -> Movement {
    let legs = vec![
        credit(card, amount, "转为分期", ""),
        debit(card, amount, "分期本金", ""),
        debit(card, fee, "分期手续费", ""),
        gl(FEES, Side::Credit, fee),
    ];
    of("card_split", legs, &format!("分{months}期"))
}
/// 贷款发放 into the customer's own account.
pub fn loan_out(loan: i64, into: &Face, amount: Fen) -> Movement {
    let legs = vec![
        debit(loan, amount, "贷款发放", &into.shown),
        credit(into.acct_id, amount, "贷款发放", ""),
    ];
    of("loan_out", legs, "贷款发放")
}
/// 贷款还款: principal to the loan, interest to the bank. `interest` may be zero, `principal` too.
pub fn loan_repayment(from: &Face, loan: i64, principal: Fen, interest: Fen) -> Movement {
    let mut legs = Vec::new();
    if principal > Fen::ZERO {
        legs.push(debit(from.acct_id, principal, "贷款还本", ""));
        legs.push(credit(loan, principal, "归还本金", &from.shown));
    }
    if interest > Fen::ZERO {
        legs.push(debit(from.acct_id, interest, "贷款利息", ""));
        legs.push(gl(INTEREST_EARNED, Side::Credit, interest));
    }
    of("loan_repayment", legs, "贷款还款")
}
/// 转存定期 from the customer's own account.
pub fn deposit_open(from: &Face, deposit: &Face, amount: Fen) -> Movement {
    let legs = vec![
        debit(from.acct_id, amount, "转存定期", &deposit.shown),
        credit(deposit.acct_id, amount, "定期存入", &from.shown),
    ];
    of("deposit_open", legs, "转存定期")
}
/// 定期提前支取: some or all of a deposit before its day, with what it has brought until now.
pub fn deposit_take(deposit: &Face, into: &Face, amount: Fen, interest: Fen) -> Movement {
    let mut legs = vec![
        debit(deposit.acct_id, amount, "提前支取", &into.shown),
        credit(into.acct_id, amount, "定期支取", &deposit.shown),
    ];
    if interest > Fen::ZERO {
        legs.push(gl(INTEREST_PAID, Side::Debit, interest));
        legs.push(credit(into.acct_id, interest, "定期利息", &deposit.shown));
    }
    of("deposit_take", legs, "定期提前支取")
}
/// 定期到期: principal and interest back to the customer's own account.
pub fn deposit_close(deposit: &Face, into: &Face, amount: Fen, interest: Fen) -> Movement {
    let mut legs = vec![
        debit(deposit.acct_id, amount, "到期支取", &into.shown),
        credit(into.acct_id, amount, "定期到期", &deposit.shown),
    ];
    if interest > Fen::ZERO {
        legs.push(gl(INTEREST_PAID, Side::Debit, interest));
        legs.push(credit(into.acct_id, interest, "定期利息", &deposit.shown));
    }
    of("deposit_close", legs, "定期到期")
}

/// 理财申购: out of an account, on its way to the wealth company.
pub fn wealth_buy(acct: i64, amount: Fen, product: &str) -> Movement {
    out_to("wealth_buy", acct, amount, WEALTH, ("理财申购", product))
}
/// 理财申购确认: what was on its way goes to the wealth company.
pub fn wealth_bought(amount: Fen) -> Movement {
    let legs = vec![gl(WEALTH, Side::Debit, amount), gl(WEALTH_COMPANY, Side::Credit, amount)];
    of("wealth_bought", legs, "理财申购确认")
}
/// 理财申购退回: the purchase did not come about.
pub fn wealth_return(acct: i64, amount: Fen, product: &str) -> Movement {
    in_from("wealth_return", acct, amount, WEALTH, ("理财退回", product))
}
/// 理财赎回受理: the wealth company owes what is on its way to a customer.
pub fn wealth_redeem(amount: Fen) -> Movement {
    let legs = vec![gl(WEALTH_COMPANY, Side::Debit, amount), gl(WEALTH, Side::Credit, amount)];
    of("wealth_redeem", legs, "理财赎回受理")
}
/// 理财赎回到账
pub fn wealth_sold(acct: i64, amount: Fen, product: &str) -> Movement {
    in_from("wealth_sold", acct, amount, WEALTH, ("理财赎回", product))
}
/// 理财到期: the wealth company pays what a product without redemption is worth on its last day.
pub fn wealth_matured(acct: i64, amount: Fen, product: &str) -> Movement {
    in_from("wealth_matured", acct, amount, WEALTH_COMPANY, ("理财到期", product))
}
/// 存通知存款, 买大额存单 from the customer's own account; `what` is the deposit's kind.
pub fn offer_open(from: &Face, deposit: &Face, amount: Fen, what: &str) -> Movement {
    let legs = vec![
        debit(from.acct_id, amount, &format!("转存{what}"), &deposit.shown),
        credit(deposit.acct_id, amount, &format!("{what}存入"), &from.shown),
    ];
    of("offer_open", legs, &format!("转存{what}"))
}
/// 通知存款支取: some or all of a notice deposit, with what it has brought.
pub fn notice_take(deposit: &Face, into: &Face, amount: Fen, interest: Fen) -> Movement {
    let mut legs = vec![
        debit(deposit.acct_id, amount, "通知存款支取", &into.shown),
        credit(into.acct_id, amount, "通知存款支取", &deposit.shown),
    ];
    if interest > Fen::ZERO {
        legs.push(gl(INTEREST_PAID, Side::Debit, interest));
        legs.push(credit(into.acct_id, interest, "通知存款利息", &deposit.shown));
    }
    of("notice_take", legs, "通知存款支取")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_movement_is_balanced() {
        let f = |acct_id| Face { acct_id, shown: "*强 6688".into() };
        let fen = Fen::of;
        for m in [
            opening(1, fen(5)),
            carried(1, fen(5)),
            carried_debt(1, fen(5)),
            cash_in(1, fen(5)),
            cash_out(1, fen(5)),
            village_cash(1, fen(5), "李庄服务点"),
            transfer(&f(1), &f(2), fen(5)),
            transfer_with_fee(&f(1), &f(2), fen(5), fen(1)),
            transfer_out(1, fen(5), "*强"),
            transfer_in(1, fen(5), "*强"),
            transfer_out_with_fee(1, fen(5), fen(1), "*强"),
            transfer_return(1, fen(5), fen(1), "*强"),
            bill(1, fen(5), "电费", "供电公司"),
            bill_settled(fen(5)),
            bill_return(1, fen(5), "供电公司"),
            cash_booked(1, fen(5)),
            cash_taken(fen(5)),
            cash_back(1, fen(5)),
            subsidy(1, fen(5), "财政局"),
            pension(1, fen(5), "社保"),
            allowance(1, fen(5), "民政局"),
            land_rent(1, fen(5), "合作社"),
            medical_in(1, fen(5), "医保局"),
            medical_out(1, fen(5), "药房"),
            wage(1, fen(5), "纺织厂"),
            sale(1, fen(5), "粮站"),
            interest(1, fen(5)),
            fee(1, fen(5), "短信费"),
            purchase(1, fen(5), "超市"),
            purchase_online(1, fen(5), "网店"),
            purchase_abroad(1, fen(5), "商店"),
            card_repayment(&f(1), &f(2), fen(5)),
            card_split(1, fen(5), fen(1), 3),
            loan_out(2, &f(1), fen(5)),
            loan_repayment(&f(1), 2, fen(5), fen(1)),
            deposit_open(&f(1), &f(2), fen(5)),
            deposit_take(&f(2), &f(1), fen(5), fen(1)),
            deposit_close(&f(2), &f(1), fen(5), fen(1)),
            wealth_buy(1, fen(5), "稳享1号"),
            wealth_bought(fen(5)),
            wealth_return(1, fen(5), "稳享1号"),
            wealth_redeem(fen(5)),
            wealth_sold(1, fen(5), "稳享1号"),
            wealth_matured(1, fen(5), "稳享1号"),
            offer_open(&f(1), &f(2), fen(5), "大额存单"),
            notice_take(&f(2), &f(1), fen(5), fen(1)),
        ] {
            let sum = |side| -> i64 {
                m.legs.iter().filter(|l| l.side == side).map(|l| l.amount.fen()).sum()
            };
            assert_eq!(sum(Side::Debit), sum(Side::Credit), "{}", m.kind);
            let known = |l: &MovementLeg| match l.to {
                To::Gl(no) => GL.iter().any(|(n, ..)| *n == no),
                To::Account(_) => !l.label.is_empty(),
            };
            assert!(
                m.legs.iter().all(known),
                "{}: names known accounts and says what it was",
                m.kind
            );
        }
    }
}
