//! Wealth products: what is sold, what a customer has, and what an order would come to.

use super::{Day, Fen};

words! {
    /// 风险等级, by the issuer.
    RiskGrade = corebank::wealth::RiskGrade { R1, R2, R3, R4, R5 }
}

shape! {
    /// 单位净值
    Nav = corebank::wealth::Nav {
        /// Millionths of a yuan for one unit.
        micro: i64,
        on: Day,
    }
}

shape! {
    /// One product. Its benchmark (业绩比较基准) promises nothing.
    WealthProduct = corebank::wealth::WealthProduct {
        code: String,
        name: String,
        /// The wealth company.
        issuer: String,
        grade: RiskGrade,
        /// In hundredths of a per cent a year.
        low_bp: i64,
        high_bp: i64,
        least: Fen,
        /// By how much more than `least` at a time.
        step: Fen,
        /// How long it is closed; null: sold back on any dealing day.
        days: Option<i64>,
        sale_from: Day,
        sale_until: Option<Day>,
        is_on_sale: bool,
        /// What may still be bought; null where nothing bounds it.
        quota: Option<Fen>,
        /// Dealing days until the money of a redemption comes.
        redeems_in: i64,
        /// 巨额赎回: from this amount on a dealing day later.
        large: Option<Fen>,
        /// Days to come, besides Saturdays and Sundays, on which nothing is dealt.
        closed: Vec<Day>,
        /// 起息日 of what is bought now.
        begins_on: Day,
        nav: Nav,
    }
}

shape! {
    /// Units of one product. Units are hundredths of one.
    Holding = corebank::wealth::Holding {
        account: String,
        product: String,
        name: String,
        grade: RiskGrade,
        /// Those being sold are not among them.
        units: i64,
        cost: Fen,
        value: Fen,
        /// What the last published day brought; negative when it took.
        last_day: Fen,
        nav: Nav,
        begun_on: Day,
        matures_on: Option<Day>,
        /// What stays at least when not all of it is sold.
        least: Fen,
    }
}

shape! {
    /// An order that is not confirmed.
    WealthOrder = corebank::wealth::WealthOrder {
        is_purchase: bool,
        name: String,
        amount: Fen,
        on: Day,
        due_on: Day,
    }
}

shape! {
    /// What a customer has of wealth products.
    WealthBook = corebank::wealth::WealthBook {
        /// A purchase was recorded at a branch, or made, at any time before.
        has_bought: bool,
        holdings: Vec<Holding>,
        under_way: Vec<WealthOrder>,
    }
}

shape! {
    PurchaseAsk = corebank::wealth::PurchaseAsk { product: String, amount: Fen }
}

shape! {
    /// What buying would come to.
    PurchaseTrial = corebank::wealth::PurchaseTrial {
        grade: RiskGrade,
        begins_on: Day,
        matures_on: Option<Day>,
    }
}

shape! {
    RedemptionAsk = corebank::wealth::RedemptionAsk {
        holding: String,
        /// Null: all of it.
        amount: Option<Fen>,
    }
}

shape! {
    /// What selling would come to, at the net value that was published last.
    RedemptionTrial = corebank::wealth::RedemptionTrial {
        amount: Fen,
        units: i64,
        nav: Nav,
        arrives_on: Day,
        left: Fen,
        is_large: bool,
    }
}
