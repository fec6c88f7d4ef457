//! What a customer wants paid, frozen when the draft is made, and the hash that every proof is bound to (TA-01).

use super::when::When;
use crate::followers::BoundAccount;
use base::{Fen, Result, TenantId, Time};
use corebank::bills::BillKind;
use corebank::money::{Payee, Payment, Rail, Reversal};
use corebank::{AccountRef, Day};
use serde::{Deserialize, Serialize};
use sm3::{Digest, Sm3};

/// What kind of business a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Product {
    /// 转账
    Transfer,
    /// 信用卡还款
    CardRepayment,
    /// 缴费
    Bill,
    /// 爱心捐款
    Gift,
    /// 贷款还款
    LoanRepayment,
    /// 存定期
    DepositOpening,
    /// 取定期, before its day or after it
    DepositTaking,
    /// 理财申购
    WealthPurchase,
    /// 理财赎回
    WealthRedemption,
    /// 无卡取款: cash that is booked
    CashBooking,
    /// 自助用款 under a credit line
    LoanDraw,
    /// 信用卡分期
    CardSplit,
    /// 信用卡自动还款: signed; what is paid of it is a [`Self::CardRepayment`]
    CardAutopay,
}

impl Product {
    pub const ALL: [Self; 13] = [
        Self::Transfer,
        Self::CardRepayment,
        Self::Bill,
        Self::Gift,
        Self::LoanRepayment,
        Self::DepositOpening,
        Self::DepositTaking,
        Self::WealthPurchase,
        Self::WealthRedemption,
        Self::CashBooking,
        Self::LoanDraw,
        Self::CardSplit,
        Self::CardAutopay,
    ];
    pub const fn word(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::CardRepayment => "card_repayment",
            Self::Bill => "bill",
            Self::Gift => "gift",
            Self::LoanRepayment => "loan_repayment",
            Self::DepositOpening => "deposit_opening",
            Self::DepositTaking => "deposit_taking",
            Self::WealthPurchase => "wealth_purchase",
            Self::WealthRedemption => "wealth_redemption",
            Self::CashBooking => "cash_booking",
            Self::LoanDraw => "loan_draw",
            Self::CardSplit => "card_split",
            Self::CardAutopay => "card_autopay",
        }
    }
    pub const fn title(self) -> &'static str {
        match self {
            Self::Transfer => "转账",
            Self::CardRepayment => "信用卡还款",
            Self::Bill => "缴费",
            Self::Gift => "爱心捐款",
            Self::LoanRepayment => "贷款还款",
            Self::DepositOpening => "存定期",
            Self::DepositTaking => "取定期",
            Self::WealthPurchase => "买理财",
            Self::WealthRedemption => "赎回理财",
            Self::CashBooking => "无卡取款",
            Self::LoanDraw => "自助用款",
            Self::CardSplit => "信用卡分期",
            Self::CardAutopay => "信用卡自动还款",
        }
    }
    /// What is done, in one character: 不要重复转.
    pub const fn deed(self) -> &'static str {
        match self {
            Self::Transfer => "转",
            Self::CardRepayment | Self::LoanRepayment | Self::CardAutopay => "还",
            Self::Bill => "交",
            Self::Gift => "捐",
            Self::DepositOpening => "存",
            Self::DepositTaking => "取",
            Self::WealthPurchase => "买",
            Self::WealthRedemption => "赎",
            Self::CashBooking => "约",
            Self::LoanDraw => "借",
            Self::CardSplit => "分",
        }
    }
    /// Said once it is done.
    pub const fn done(self) -> &'static str {
        match self {
            Self::Transfer => "已转出",
            Self::CardRepayment | Self::LoanRepayment | Self::CardAutopay => "已还款",
            Self::Bill => "已交",
            Self::Gift => "已捐出",
            Self::DepositOpening => "已存好",
            Self::DepositTaking => "已取出",
            Self::WealthPurchase => "已买好",
            Self::WealthRedemption => "已到账",
            Self::CashBooking => "已取走",
            Self::LoanDraw => "已放款",
            Self::CardSplit => "已办好分期",
        }
    }
    /// In front of whom it is for.
    pub const fn to(self) -> &'static str {
        match self {
            Self::Transfer => "转给",
            Self::CardRepayment | Self::LoanRepayment | Self::CardAutopay => "还",
            Self::Bill => "交给",
            Self::Gift => "捐给",
            Self::DepositOpening => "存",
            Self::DepositTaking => "取到",
            Self::WealthPurchase => "买",
            Self::WealthRedemption => "赎回到",
            Self::CashBooking => "无卡取",
            Self::LoanDraw => "借到",
            Self::CardSplit => "办",
        }
    }
    /// What did not happen to the money, said before why.
    pub const fn untouched(self) -> &'static str {
        match self {
            Self::LoanDraw => "没有借款",
            _ => "没有扣钱",
        }
    }
    /// The bank lends by it, or lets be owed for longer.
    pub const fn is_credit(self) -> bool {
        matches!(self, Self::LoanDraw | Self::CardSplit)
    }
}

/// Who is paid, as the customer knows them. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub name: String,
    /// Empty for the customer's own bank.
    pub bank: String,
    pub tail: String,
    pub payee: Payee,
    /// The row of the payee book, where there is one.
    pub book: Option<i64>,
    /// One of the customer's own accounts.
    pub is_own: bool,
    /// Never paid before.
    pub is_new: bool,
    /// The receiving code that was opened, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
}

/// A receiving code that a payee showed (收款码).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub code: i64,
    /// It named the sum.
    pub is_fixed: bool,
}

/// A payment's unchanging facts. C2: sealed at rest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub product: Product,
    /// The core's number of the customer.
    pub customer: String,
    pub payer: BoundAccount,
    pub to: Target,
    pub amount: Fen,
    pub fee: Fen,
    pub rail: Rail,
    /// In the customer's words: 马上到
    pub arrival: String,
    /// 附言; of a bill what it is for: 电费.
    pub purpose: String,
    pub serial: String,
    /// When it is to be paid; none for now. What is proved is an order then, and no payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// The order it came due of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
}

impl std::fmt::Debug for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Intent({} {:?})", self.serial, self.product)
    }
}
base::unprinted!(Target);

impl Target {
    /// What stays in the customer's own name.
    pub fn own(name: String, tail: String, payee: Payee) -> Self {
        let bank = String::new();
        Self { name, bank, tail, payee, book: None, is_own: true, is_new: false, shown: None }
    }
}

impl Intent {
    /// SM3 over everything that must be as it was shown, each part with its length.
    pub fn hash(&self, tenant: TenantId) -> Vec<u8> {
        let bill;
        let (terms, interest, dealt, cash);
        let (number, bank_no) = match &self.to.payee {
            Payee::Here { account } => (account.as_str(), ""),
            Payee::Loan { account, part, .. } => (account.as_str(), part.word()),
            Payee::Elsewhere { number, bank_no, .. } => (number.as_str(), bank_no.as_str()),
            Payee::Biller { biller, number, bill: due } => {
                bill = format!("{biller}:{due}");
                (number.as_str(), bill.as_str())
            }
            Payee::Deposit { months, rate_bp, matures_on, renewal } => {
                terms = format!("{months}:{rate_bp}:{}:{renewal:?}", matures_on.number());
                ("deposit", terms.as_str())
            }
            Payee::Offered { code, rate_bp, matures_on } => {
                terms = format!("{code}:{rate_bp}:{}", matures_on.map_or(0, Day::number));
                ("offer", terms.as_str())
            }
            Payee::Withdrawal { account, interest: told } => {
                interest = format!("taken:{}", told.fen());
                (account.as_str(), interest.as_str())
            }
            Payee::Subscription { product, grade, begins_on } => {
                dealt = format!("wealth:{}:{}", grade.word(), begins_on.number());
                (product.as_str(), dealt.as_str())
            }
            Payee::Redemption { account, units, arrives_on } => {
                dealt = format!("sold:{units}:{}", arrives_on.number());
                (account.as_str(), dealt.as_str())
            }
            Payee::Cash { salt, verifier, minutes } => {
                cash = format!("cash:{salt}:{minutes}");
                (verifier.as_str(), cash.as_str())
            }
            Payee::Draw { account, months, rate_bp, method, ends_on } => {
                terms = format!("draw:{months}:{rate_bp}:{method:?}:{}", ends_on.number());
                (account.as_str(), terms.as_str())
            }
            Payee::Split { line, months } => {
                terms = format!("split:{months}");
                (line.as_ref().map_or("bill", corebank::LineId::as_str), terms.as_str())
            }
        };
        let rail = format!("{:?}", self.rail);
        let when = self.when.map(When::words);
        let parts = [
            &tenant.raw().to_string(),
            self.product.word(),
            &self.customer,
            &self.payer.number,
            number,
            bank_no,
            &self.to.name,
            &self.to.bank,
            &self.amount.fen().to_string(),
            &self.fee.fen().to_string(),
            "CNY",
            &rail,
            &self.purpose,
            &self.serial,
        ];
        let mut hash = Sm3::new();
        for part in parts.into_iter().chain(when.as_deref()) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().to_vec()
    }

    /// As the core is told, the same on every resend.
    pub fn payment(&self, valid_until: Time) -> Payment {
        Payment {
            payer: AccountRef::new(&self.payer.number),
            payee: self.to.payee.clone(),
            amount: self.amount,
            fee: self.fee,
            rail: self.rail,
            purpose: self.purpose.clone(),
            valid_until,
        }
    }

    /// An agreement (自动代扣, 信用卡自动还款): of a household's or a card's bills what is owed on each due day is paid, `amount` at
    /// most.
    pub fn is_agreement(&self) -> bool {
        self.product == Product::Bill && self.when.is_some() || self.is_autopay()
    }

    /// What an agreement's sum is: of bills the most that is paid at once, of a telephone what is paid.
    pub fn each_time(&self) -> &'static str {
        if self.is_top_up() { "每次" } else { "每次最多" }
    }

    /// An agreement to pay a credit card's bills.
    pub fn is_autopay(&self) -> bool {
        self.product == Product::CardAutopay
    }

    /// An agreement for a telephone, which has no bills: `amount` is paid in on each due day.
    pub fn is_top_up(&self) -> bool {
        self.is_agreement() && self.purpose == BillKind::Mobile.fee()
    }

    /// A family's insurance: its bill says whose.
    fn is_insurance(&self) -> bool {
        let mut fees = BillKind::ALL.iter().filter(|k| k.insurance().is_some()).map(|k| k.fee());
        self.product == Product::Bill && fees.any(|fee| self.purpose.ends_with(fee))
    }

    /// What kind of business it is, as the page is headed.
    pub fn title(&self) -> String {
        match (&self.to.payee, self.product) {
            (Payee::Offered { matures_on: None, .. }, _) => "存通知存款".into(),
            (Payee::Offered { .. }, _) => "买大额存单".into(),
            (_, Product::DepositTaking) => format!("取{}", self.payer.label),
            (_, product) => product.title().into(),
        }
    }

    /// What leaves the account.
    pub fn total(&self) -> Result<Fen> {
        self.amount
            .checked_add(self.fee)
            .ok_or_else(|| base::Error::fault("a payment's sum is too large"))
    }

    /// What tells two payees apart, whoever pays.
    pub fn payee_key(&self) -> String {
        match &self.to.payee {
            Payee::Here { account } => format!("here:{}", account.as_str()),
            Payee::Loan { account, .. } => format!("loan:{}", account.as_str()),
            Payee::Deposit { months, .. } => format!("deposit:{months}"),
            Payee::Offered { code, .. } => format!("deposit:{code}"),
            Payee::Withdrawal { .. } => format!("taken:{}", self.payer.number),
            Payee::Subscription { product, .. } => format!("wealth:{product}"),
            Payee::Redemption { .. } => format!("sold:{}", self.payer.number),
            Payee::Cash { .. } => format!("cash:{}", self.payer.number),
            Payee::Draw { .. } => format!("draw:{}", self.payer.number),
            Payee::Split { line, .. } => {
                let line = line.as_ref().map_or("", corebank::LineId::as_str);
                format!("split:{}:{line}", self.payer.number)
            }
            Payee::Elsewhere { number, bank_no, .. } => format!("{bank_no}:{number}"),
            // Somebody else of a family is another payment.
            Payee::Biller { biller, number, bill } if self.is_insurance() => {
                format!("biller:{biller}:{number}:{bill}")
            }
            // Whatever is owed there: who paid it minutes ago is asked.
            Payee::Biller { biller, number, .. } => format!("biller:{biller}:{number}"),
        }
    }
}

/// SM3 of the core's payload, kept with each call to show that a resend was the same.
pub(super) fn payload_hash(payment: &Payment) -> Result<Vec<u8>> {
    Ok(Sm3::digest(serde_json::to_vec(payment)?).to_vec())
}

/// The same of an order to undo one.
pub(super) fn reversal_hash(ask: &Reversal) -> Vec<u8> {
    let text = format!("{}|{}|{}", ask.original, ask.channel_date.number(), ask.reason);
    Sm3::digest(text).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use corebank::LineId;
    use corebank::deposits::Renewal;
    use corebank::loans::Method;
    use corebank::wealth::RiskGrade;

    fn intent() -> Intent {
        let account = |n: &str| BoundAccount {
            id: "a1".into(),
            number: n.into(),
            kind: "debit".into(),
            label: "借记卡".into(),
            tail: "8821".into(),
        };
        Intent {
            product: Product::Transfer,
            customer: "1011000001".into(),
            payer: account("101"),
            to: Target {
                name: "李国强".into(),
                bank: "建设银行".into(),
                tail: "0098".into(),
                payee: Payee::Elsewhere {
                    number: "6217000000000098".into(),
                    name: "李国强".into(),
                    bank_no: "105000000000".into(),
                },
                book: None,
                is_own: false,
                is_new: false,
                shown: None,
            },
            amount: Fen::of(50_000),
            fee: Fen::of(200),
            rail: Rail::Ibps,
            arrival: "马上到".into(),
            purpose: "学费".into(),
            serial: "WX1".into(),
            when: None,
            order: None,
        }
    }

    fn cash(salt: &str, minutes: i64) -> Payee {
        Payee::Cash { salt: salt.into(), verifier: "0".repeat(64), minutes }
    }
    fn offered(code: &str, rate_bp: i64, day: Option<&str>) -> Payee {
        let matures_on = day.map(|d| d.parse().unwrap());
        Payee::Offered { code: code.into(), rate_bp, matures_on }
    }
    fn deposit(rate_bp: i64, day: &str, renewal: Renewal) -> Payee {
        Payee::Deposit { months: 12, rate_bp, matures_on: day.parse().unwrap(), renewal }
    }
    fn taken(interest: i64) -> Payee {
        Payee::Withdrawal { account: AccountRef::new("102"), interest: Fen::of(interest) }
    }
    fn draw(months: i64, rate_bp: i64, method: Method) -> Payee {
        let (account, ends_on) = (AccountRef::new("102"), "2027-11-23".parse().unwrap());
        Payee::Draw { account, months, rate_bp, method, ends_on }
    }
    fn split(line: Option<&str>, months: i64) -> Payee {
        Payee::Split { line: line.map(LineId::new), months }
    }

    #[test]
    fn each_fact_that_is_shown_changes_the_hash_ta_01() {
        let tenant = TenantId::of(11);
        let plain = intent().hash(tenant);
        let with = |change: &dyn Fn(&mut Intent)| {
            let mut changed = intent();
            change(&mut changed);
            changed.hash(tenant)
        };
        let elsewhere = |number: &str, bank_no: &str| Payee::Elsewhere {
            number: number.into(),
            name: "李国强".into(),
            bank_no: bank_no.into(),
        };
        let biller = |biller: &str, number: &str, bill: &str| Payee::Biller {
            biller: biller.into(),
            number: number.into(),
            bill: bill.into(),
        };
        let changes: [&dyn Fn(&mut Intent); 37] = [
            &|i| i.customer = "1011000002".into(),
            &|i| i.payer.number = "102".into(),
            &|i| i.to.payee = elsewhere("6217000000000099", "105000000000"),
            &|i| i.to.payee = elsewhere("6217000000000098", "105000000001"),
            &|i| i.to.name = "李国张".into(),
            &|i| i.to.bank = "工商银行".into(),
            &|i| i.amount = Fen::of(50_001),
            &|i| i.fee = Fen::of(201),
            &|i| i.rail = Rail::Beps,
            &|i| i.purpose = "书费".into(),
            &|i| i.serial = "WX2".into(),
            &|i| i.when = When::parse("monthly:5@540"),
            &|i| i.when = When::parse("monthly:5@600"),
            &|i| i.to.payee = biller("electric", "1011000231", ""),
            &|i| i.to.payee = biller("electric", "1011000231", "2026110001"),
            &|i| i.to.payee = biller("electric", "1011000232", ""),
            &|i| i.to.payee = biller("water", "1011000231", ""),
            &|i| i.to.payee = deposit(120, "2027-11-23", Renewal::Off),
            &|i| i.to.payee = deposit(121, "2027-11-23", Renewal::Off),
            &|i| i.to.payee = deposit(120, "2027-11-24", Renewal::Off),
            &|i| i.to.payee = deposit(120, "2027-11-23", Renewal::SameTerm),
            &|i| i.to.payee = offered("large-36", 165, Some("2029-11-23")),
            &|i| i.to.payee = offered("large-36", 165, Some("2029-11-24")),
            &|i| i.to.payee = offered("notice-7", 65, None),
            &|i| i.to.payee = offered("notice-1", 65, None),
            &|i| i.to.payee = taken(5),
            &|i| i.to.payee = taken(6),
            &|i| i.to.payee = cash("a1", 30),
            &|i| i.to.payee = cash("a2", 30),
            &|i| i.to.payee = cash("a1", 31),
            &|i| i.to.payee = draw(12, 450, Method::InterestFirst),
            &|i| i.to.payee = draw(12, 450, Method::EqualPayment),
            &|i| i.to.payee = draw(12, 451, Method::InterestFirst),
            &|i| i.to.payee = draw(6, 450, Method::InterestFirst),
            &|i| i.to.payee = split(None, 6),
            &|i| i.to.payee = split(None, 12),
            &|i| i.to.payee = split(Some("7-1"), 6),
        ];
        let mut seen = std::collections::HashSet::from([plain.clone()]);
        for change in changes {
            assert!(seen.insert(with(change)));
        }
        assert!(seen.insert(intent().hash(TenantId::of(12))));
        // Parts do not run into one another.
        let moved = with(&|i| {
            i.to.name = "李国强建".into();
            i.to.bank = "设银行".into();
        });
        assert!(seen.insert(moved));
    }

    #[test]
    fn each_fact_of_a_wealth_product_changes_the_hash() {
        let tenant = TenantId::of(11);
        let bought = |product: &str, grade: RiskGrade, day: &str| Payee::Subscription {
            product: product.into(),
            grade,
            begins_on: day.parse().unwrap(),
        };
        let sold = |units: i64, day: &str| Payee::Redemption {
            account: AccountRef::new("102"),
            units,
            arrives_on: day.parse().unwrap(),
        };
        let mut seen = std::collections::HashSet::new();
        for payee in [
            bought("YL1", RiskGrade::R1, "2026-11-24"),
            bought("YL2", RiskGrade::R1, "2026-11-24"),
            bought("YL1", RiskGrade::R2, "2026-11-24"),
            bought("YL1", RiskGrade::R1, "2026-11-25"),
            sold(5, "2026-11-24"),
            sold(6, "2026-11-24"),
            sold(5, "2026-11-25"),
        ] {
            let mut changed = intent();
            changed.to.payee = payee;
            assert!(seen.insert(changed.hash(tenant)));
        }
    }
}
