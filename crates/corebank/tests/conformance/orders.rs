//! Payments under their keys as a table that a banker can read; the sandbox must keep every row.
//!
//! 付 pays, 问 asks what became of a key, 封 asks and refuses it from then on, 冲 undoes, 冻 reserves, 扣 pays out of what is
//! reserved, 解 gives it back, 余 is the posted balance. Amounts are yuan; 键 is the request id.

use crate::town::{LING, Town, towns};
use base::Fen;
use corebank::money::{Fate, HoldAsk, HoldState, Payee, Payment, Rail, Undone};
use corebank::sandbox::movement;
use corebank::{AccountRef, CoreBank, CoreError, Reject};

const TABLE: &str = "
给  李芳 1000.00                 成
问  k1                           没见过
付  李芳 → 王强 300.00 键 k1     成
付  李芳 → 王强 300.00 键 k1     成
付  李芳 → 王强 301.00 键 k1     拒 request.payload
付  李芳 → 王强 900.00 键 k2     拒 balance.short
付  李芳 → 王强 900.00 键 k2     拒 balance.short
问  k1                           已入账
问  k2                           拒 balance.short
余  李芳 700.00 王强 300.00

# 冲正：只冲一次，冲了不再付
冲  k1 键 r1                     成
冲  k1 键 r1                     成
冲  k1 键 r2                     成
付  李芳 → 王强 300.00 键 k1     成
问  k1                           已冲正
余  李芳 1000.00 王强 0.00

# 没见过的先封上，再来不认
封  k3                           已封
付  李芳 → 王强 1.00 键 k3       拒 request.expired
冲  k4 键 r4                     没有可冲的
付  李芳 → 王强 1.00 键 k4       拒 request.expired
余  李芳 1000.00 王强 0.00

# 收款人花掉了，冲不回来
付  李芳 → 王强 200.00 键 k5     成
付  王强 → 赵桂英 150.00 键 k6   成
冲  k5 键 r5                     拒 balance.short
冲  k6 键 r6                     成
冲  k5 键 r5                     拒 balance.short
冲  k5 键 r7                     成
余  李芳 1000.00 王强 0.00 赵桂英 0.00

# 先冻后扣：扣一次，剩下的还回来
冻  李芳 800.00 键 h1            成
付  李芳 → 王强 200.01 键 k7     拒 balance.short
付  李芳 → 王强 200.00 键 k8     成
扣  h1 → 王强 800.01 键 c1       拒 amount.invalid
扣  h1 → 王强 500.00 键 c2       成
扣  h1 → 王强 500.00 键 c2       成
扣  h1 → 王强 1.00 键 c3         拒 missing
解  h1 键 v1                     拒 missing
问  h1                           已用
余  李芳 300.00 王强 700.00
冻  李芳 300.00 键 h2            成
冻  李芳 0.01 键 h3              拒 balance.short
问  h2                           冻着
解  h2 键 v2                     成
解  h2 键 v2                     成
扣  h2 → 王强 1.00 键 c4         拒 missing
问  h2                           已还
解  h4 键 v4                     拒 missing
冻  李芳 1.00 键 h4              拒 request.expired
付  李芳 → 王强 300.00 键 k9     成
余  李芳 0.00 王强 1000.00
";

/// The people of the table, and the sandbox they bank with.
struct Table<'a> {
    town: &'a Town,
    names: Vec<String>,
    rows: usize,
}

fn fen(text: &str) -> Fen {
    Fen::parse_yuan(text).unwrap()
}

fn refused(e: &CoreError) -> String {
    let code = match e.rejected() {
        Some(Reject::InsufficientFunds) => "balance.short",
        Some(Reject::PayloadMismatch) => "request.payload",
        Some(Reject::Expired) => "request.expired",
        Some(Reject::NotFound) => "missing",
        Some(Reject::Validation { field: "amount" }) => "amount.invalid",
        other => panic!("{other:?}"),
    };
    format!("拒 {code}")
}

fn came<T>(answer: Result<T, CoreError>) -> String {
    answer.map_or_else(|e| refused(&e), |_| "成".into())
}

impl Table<'_> {
    async fn account(&mut self, name: &str) -> AccountRef {
        let acct = self.town.table_account(&mut self.names, name).await.acct_id;
        AccountRef::new(acct.to_string())
    }

    async fn payment(&mut self, from: &str, to: &str, amount: &str) -> Payment {
        Payment {
            payer: self.account(from).await,
            payee: Payee::Here { account: self.account(to).await },
            amount: fen(amount),
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.town.clock.now().plus_ms(60_000),
        }
    }

    async fn ask(&self, id: &str, fence: bool) -> String {
        match self.town.fate(id, fence).await {
            Fate::Posted(_) => "已入账".into(),
            Fate::Reversed(_) => "已冲正".into(),
            Fate::NotFound => "没见过".into(),
            Fate::Fenced => "已封".into(),
            Fate::Rejected(reject) => refused(&reject.into()),
            Fate::Hold(HoldState::Open) => "冻着".into(),
            Fate::Hold(HoldState::Used) => "已用".into(),
            Fate::Hold(HoldState::Ended) => "已还".into(),
            other => panic!("{other:?}"),
        }
    }

    /// What came of a row, in the row's own words.
    async fn step(&mut self, words: &[&str]) -> String {
        self.rows += 1;
        let (town, money) = (self.town, self.town.money());
        match words {
            ["给", to, amount] => {
                let acct = self.account(to).await.as_str().parse().unwrap();
                let give = movement::cash_in(acct, fen(amount));
                came(town.core.post(LING, format!("row-{}", self.rows), give).await.unwrap())
            }
            ["付", from, "→", to, amount, "键", id] => {
                let payment = self.payment(from, to, amount).await;
                came(money.pay(&town.order(id), &payment).await)
            }
            ["扣", hold, "→", to, amount, "键", id] => {
                let payment = self.payment("李芳", to, amount).await;
                came(money.commit(&town.order(id), hold, &payment).await)
            }
            ["冻", of, amount, "键", id] => {
                let (account, until) = (self.account(of).await, town.clock.now().plus_ms(600_000));
                let ask = HoldAsk { account, amount: fen(amount), until, reason: "表".into() };
                came(money.hold(&town.order(id), &ask).await)
            }
            ["解", hold, "键", id] => came(money.void(&town.order(id), hold).await),
            ["冲", of, "键", id] => match town.reverse(id, of).await {
                Undone::Reversed { .. } => "成".into(),
                Undone::Nothing => "没有可冲的".into(),
                Undone::Refused(reject) => refused(&reject.into()),
            },
            ["问", id] => self.ask(id, false).await,
            ["封", id] => self.ask(id, true).await,
            ["余", pairs @ ..] => {
                for pair in pairs.chunks(2) {
                    let account = self.account(pair[0]).await;
                    assert_eq!(town.has(&account).await, fen(pair[1]), "{pair:?}");
                }
                String::new()
            }
            other => panic!("cannot read {other:?}"),
        }
    }
}

/// A row's words, and what it says must come of it.
fn read(row: &str) -> (Vec<&str>, String) {
    const OUTCOMES: [&str; 10] =
        ["成", "拒", "没见过", "已入账", "已冲正", "已封", "没有可冲的", "冻着", "已用", "已还"];
    let words: Vec<&str> = row.split_whitespace().collect();
    let at = words.iter().position(|w| OUTCOMES.contains(w)).unwrap_or(words.len());
    (words[..at].to_vec(), words[at..].join(" "))
}

#[tokio::test]
async fn the_bankers_table_of_orders_holds() {
    for town in towns(8).await {
        let mut table = Table { town: &town, names: Vec::new(), rows: 0 };
        let rows = TABLE.lines().map(str::trim).filter(|r| !r.is_empty() && !r.starts_with('#'));
        for row in rows {
            let (words, want) = read(row);
            assert_eq!(table.step(&words).await, want, "{row}");
        }
        assert!(table.rows > 40, "{} rows", table.rows);
        let held: Vec<Fen> = {
            let account = table.account("李芳").await;
            let balance = town.core.balance(&town.ctx(LING), &account).await.unwrap();
            vec![balance.held, balance.available]
        };
        assert_eq!(held, [Fen::ZERO, Fen::ZERO]);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
