//! The words by which the database knows our enums.

use crate::cardset::{CardCame, CardPin};
use crate::controls::{AgreementKind, LockOn};
use crate::deposits::{DepositKind, Form};
use crate::facts::LimitOn;
use crate::ledger::Side;
use crate::loans::Method;
use crate::model::{
    AccountKind, AccountState, CustomerState, DayState, IdType, NumberKind, StateWish,
};
use crate::money::Rail;
use crate::rural::{BatchState, CardStage, Insurance, PayoutClass, PayoutFailure};
use crate::sandbox::bills::Help;
use crate::sandbox::money::{HoldStand, PaymentState};
use crate::sandbox::parties::InstitutionKind;
use base::{Error, Result};

/// An enum that is stored as a word.
pub(crate) trait Word: Sized + Copy + 'static {
    const ALL: &'static [(Self, &'static str)];
    fn word(self) -> &'static str;
}

/// Reads a stored word; a word of a newer program is a fault.
pub(crate) fn from_word<W: Word>(text: &str) -> Result<W> {
    W::ALL
        .iter()
        .find(|(_, word)| *word == text)
        .map(|(w, _)| *w)
        .ok_or_else(|| Error::fault(format!("unknown word «{text}» in the books")))
}

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl Word for $name {
            const ALL: &'static [(Self, &'static str)] = &[$(($name::$variant, $word)),*];
            fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
    )*};
}

words! {
    Rail {
        Book = "book", Rural = "rural", Ibps = "ibps", Beps = "beps", Hvps = "hvps", Biller = "biller",
        Wealth = "wealth", Till = "till",
    }
    PaymentState {
        Done = "done", Pending = "pending", Settling = "settling", Confirmed = "confirmed", Returned = "returned",
        Reversed = "reversed",
    }
    HoldStand { Held = "held", Posted = "posted", Voided = "voided", Expired = "expired" }
    Side { Debit = "D", Credit = "C" }
    AccountKind {
        Debit = "debit", Passbook = "passbook", Credit = "credit", Loan = "loan", Deposit = "deposit",
        Medical = "medical",
    }
    AccountState {
        Active = "active", NoOut = "no_out", Frozen = "frozen", Lost = "lost", Locked = "locked", Dormant = "dormant",
        Closed = "closed",
    }
    CustomerState { Active = "active", Unverified = "unverified", Closed = "closed" }
    NumberKind { Debit = "debit", Credit = "credit", Passbook = "passbook" }
    InstitutionKind {
        Union = "union", CommercialBank = "commercial_bank", CooperativeBank = "cooperative_bank",
        CreditCooperative = "credit_cooperative", VillageBank = "village_bank",
    }
    PayoutClass {
        Subsidy = "subsidy", Pension = "pension", Allowance = "allowance", SiteWage = "site_wage",
        LandRent = "land_rent",
    }
    BatchState { Announced = "announced", HandedIn = "handed_in", Paid = "paid" }
    PayoutFailure { Dormant = "dormant", Frozen = "frozen", Closed = "closed", NameMismatch = "name_mismatch" }
    Help { None = "none", Half = "half", Full = "full" }
    Insurance { Pension = "pension", Medical = "medical" }
    CardStage { Applied = "applied", Making = "making", AtBranch = "at_branch", Collected = "collected" }
    Method {
        EqualPayment = "equal_payment", EqualPrincipal = "equal_principal", InterestFirst = "interest_first",
    }
    DepositKind { Fixed = "fixed", Notice1 = "notice_1", Notice7 = "notice_7", LargeCd = "large_cd" }
    CardPin { Spend = "spend", Query = "query" }
    CardCame { Done = "done", Same = "same", Review = "review" }
    Form { Paper = "paper", Electronic = "electronic" }
    LockOn { Night = "night", Abroad = "abroad", Online = "online", Stranger = "stranger" }
    AgreementKind { QuickPay = "quick_pay", Debit = "debit" }
    LimitOn { Transfer = "transfer", Cash = "cash", Payment = "payment" }
    StateWish {
        Lock = "lock", Unlock = "unlock", ReportLoss = "report_loss", FormalLoss = "formal_loss",
        LiftLoss = "lift_loss",
    }
    DayState { Open = "open", Cutting = "cutting", Closed = "closed" }
    IdType {
        ResidentId = "resident_id", HouseholdBook = "household_book", Passport = "passport",
        HongKongMacaoPermit = "hk_macao_permit", TaiwanPermit = "taiwan_permit",
        ForeignResidentId = "foreign_resident_id",
    }
}
