//! The operations of the contract: one `POST /v1/<name>` each. The adapter, the server and the document are made from
//! this list.

use crate::wire::Nothing;
use crate::wire::accounts::{
    Account, AccountAsk, AccountInterest, Balance, ControlAsk, ControlSet, Controls, Limit, Line,
    LineAsk, Officer, OpeningBranch, OwnAccountAsk, Page, StateAsk, StateDone, StatementQuery,
    StatementRange, Totals,
};
use crate::wire::cards::{
    Assets, Bill, BillsAsk, Card, CardAsk, CardDone, CardFees, CardPinAsk, CardPlan, CvvAsk, Points,
};
use crate::wire::feed::{Event, EventsAsk, PushAsk, PushTold};
use crate::wire::gifts::{
    BillAsk, BillDue, Biller, CodeAsk, GiftFate, GiftQuery, GiftTally, Given, KindAsk, Levy,
    LevyAsk, OriginalAsk, PointGift, ProjectRef,
};
use crate::wire::lending::{
    CreditLine, DepositOffer, Guarantees, Instalment, Loan, NoticeAsk, NoticeSet, RenewalAsk,
    RenewalSet, TermDeposit,
};
use crate::wire::money::{
    AliasAsk, AliasFound, Bank, CallOffAsk, CommitAsk, DepositAsk, DepositQuote, DrawAsk,
    DrawTrial, Fate, Held, HoldAsk, LoanTrial, LoanTrialAsk, Paid, PayeeAsk, PayeeFound, Payment,
    Query, Quote, QuoteAsk, ReconAsk, Reversal, SplitAsk, SplitTrial, Undone, VoidAsk,
    WithdrawalAsk, WithdrawalTrial, WordsAsk,
};
use crate::wire::rewards::{Exchange, ExchangeFate, ExchangeQuery, Exchanged, Ware};
use crate::wire::rural::{Contribution, MedicalAccount, Payout, PayoutsAsk, Pension, SocialCard};
use crate::wire::wealth::{
    PurchaseAsk, PurchaseTrial, RedemptionAsk, RedemptionTrial, WealthBook, WealthProduct,
};
use crate::wire::who::{
    Able, CustAsk, Customer, Health, Identity, Issuer, NumberAsk, OtpTarget, Party, PartyClaim,
    PinAsk, PinOutcome, PinState,
};
use std::marker::PhantomData;
use utoipa::ToSchema;
use utoipa::openapi::{Ref, RefOr, Schema};

/// One operation: what is asked and what is told.
pub(crate) struct Op<A, T> {
    pub(crate) name: &'static str,
    shapes: PhantomData<fn(A) -> T>,
}

impl<A, T> Op<A, T> {
    const fn new(name: &'static str) -> Self {
        Self { name, shapes: PhantomData }
    }
    /// The path from the contract's root on.
    pub(crate) fn path(&self) -> String {
        path_of(self.name)
    }
}

pub(crate) fn path_of(name: &str) -> String {
    format!("/v1/{name}")
}

/// Whether an operation has an effect, and so a request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Question,
    /// With an effect that is the same however often it comes, and without a request id.
    Twice,
    /// Done once under its request id.
    Command,
}

/// How many of what is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Many {
    One,
    List,
    Maybe,
}

/// An operation as the document tells of it.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    pub(crate) ask: RefOr<Schema>,
    pub(crate) told: RefOr<Schema>,
    pub(crate) many: Many,
    /// Every shape that occurs in it.
    pub(crate) shapes: Vec<(String, RefOr<Schema>)>,
}

fn described<A: ToSchema, T: ToSchema>(
    name: &'static str,
    about: &'static str,
    kind: Kind,
    many: Many,
) -> Described {
    let mut shapes =
        vec![(A::name().into_owned(), A::schema()), (T::name().into_owned(), T::schema())];
    A::schemas(&mut shapes);
    T::schemas(&mut shapes);
    let named = |name: &str| RefOr::Ref(Ref::from_schema_name(name));
    Described { name, about, kind, ask: named(&A::name()), told: named(&T::name()), many, shapes }
}

macro_rules! told {
    (One $told:ty) => { $told };
    (List $told:ty) => { Vec<$told> };
    (Maybe $told:ty) => { Option<$told> };
}

macro_rules! operations {
    ($( $kind:ident $konst:ident $name:literal $ask:ty => $many:ident $told:ty, $about:literal; )*) => {
        $( #[doc = $about] pub(crate) const $konst: Op<$ask, told!($many $told)> = Op::new($name); )*

        /// Every operation, in the contract's order, but for the reconciliation file.
        pub(crate) fn all() -> Vec<Described> {
            vec![ $( described::<$ask, $told>($name, $about, Kind::$kind, Many::$many) ),* ]
        }
    };
}

operations! {
    Question CAPABILITIES "capabilities" Nothing => One Able, "What this core can do; asked when a caller starts.";
    Question HEALTH "health" Nothing => One Health, "Whether the core answers, its business date, and whether its day is open.";
    Question ISSUER "issuer" NumberAsk => Maybe Issuer, "Which institution of the province issued a card or a passbook, by its leading digits; null when none did. Says nothing about whether it exists.";
    Question VERIFY_PARTY "verify_party" PartyClaim => One Party, "Whether name, document, account and reserved mobile belong together: one combined answer, `party_mismatch` for all that differs, tries counted by claimed account and day.";
    Question OTP_TARGET "otp_target" CustAsk => One OtpTarget, "The reserved mobile number a code goes to; `not_found` when none is reserved.";
    Question CUSTOMER "customer" CustAsk => One Customer, "A profile with personal data masked.";
    Question ACCOUNTS "accounts" CustAsk => List Account, "The customer's accounts in a stable order, closed ones last.";
    Question BALANCE "balance" AccountAsk => One Balance, "One account's balance.";
    Question TRANSACTIONS "transactions" StatementQuery => One Page, "A page of an account's lines, latest first.";
    Question TOTALS "totals" StatementRange => One Totals, "What the lines of a range add up to.";
    Question LINE "line" LineAsk => One Line, "One line; `not_found` when it is not this account's.";
    Question ASSETS "assets" CustAsk => One Assets, "All a customer has and owes.";
    Question IDENTITY "identity" CustAsk => One Identity, "Who a customer is, in full.";
    Twice SET_PIN "set_pin" PinAsk => One PinOutcome, "Sets the channel PIN (微信银行密码) and clears its wrong tries.";
    Question VERIFY_PIN "verify_pin" PinAsk => One PinOutcome, "Checks the channel PIN: `wrong_pin`, `pin_locked`, `pin_not_set`. Wrong tries are counted exactly, also when many come at once.";
    Question PIN_STATE "pin_state" CustAsk => One PinState, "How the channel PIN stands.";
    Twice UNLOCK_PIN "unlock_pin" CustAsk => One PinOutcome, "Gives the day's tries back; the PIN stays.";
    Command SET_CARD_STATE "set_card_state" StateAsk => One StateDone, "Locks a card or passbook, reports it lost, or undoes that; works while the day is closed.";
    Question CONTROLS "controls" OwnAccountAsk => One Controls, "What a customer has switched for an account at call.";
    Command SET_CONTROL "set_control" ControlAsk => One ControlSet, "Changes one switch; works while the day is closed.";
    Question ACCOUNT_INTEREST "account_interest" AccountAsk => One AccountInterest, "Interest credited to an account at call, and what has grown since.";
    Question LIMITS "limits" AccountAsk => List Limit, "What may leave an account at call, and how much of it is used.";
    Question OPENING_BRANCH "opening_branch" AccountAsk => One OpeningBranch, "Where an account was opened.";
    Question OFFICER "officer" CustAsk => One Officer, "Who looks after the customer today; `not_found` when nobody does.";
    Question CARD "card" AccountAsk => One Card, "One credit card: its terms and how it stands.";
    Question BILLS "bills" BillsAsk => List Bill, "A credit card's last bills, latest first.";
    Question CARD_PLANS "card_plans" AccountAsk => List CardPlan, "A credit card's plans of instalments, the latest first.";
    Question POINTS "points" AccountAsk => One Points, "A credit card's points.";
    Question CARD_PRODUCTS "card_products" Nothing => List CardFees, "What the institution's credit cards cost, the cheapest first.";
    Question VERIFY_CVV "verify_cvv" CvvAsk => One PinOutcome, "Checks the digits on the back of a credit card; counted like a PIN's.";
    Twice SET_CARD_PIN "set_card_pin" CardPinAsk => One PinOutcome, "Sets or replaces a PIN of a credit card.";
    Command CHANGE_CARD "change_card" CardAsk => One CardDone, "Changes how a credit card is set; a refusal is no verdict on its id.";
    Question LOANS "loans" CustAsk => List Loan, "The customer's loans, paid back ones too.";
    Question SCHEDULE "schedule" AccountAsk => List Instalment, "Every instalment of a loan, in order.";
    Question CREDIT_LINES "credit_lines" CustAsk => List CreditLine, "The customer's revolving credit lines, and what may be drawn under each today.";
    Question GUARANTEES "guarantees" CustAsk => One Guarantees, "Whom the customer stands for, and who stands for the customer.";
    Question TERM_DEPOSITS "term_deposits" CustAsk => List TermDeposit, "Time deposits that hold something, the next to mature first.";
    Command SET_RENEWAL "set_renewal" RenewalAsk => One RenewalSet, "Sets what happens when a time deposit matures.";
    Command SET_NOTICE "set_notice" NoticeAsk => One NoticeSet, "Gives notice of a withdrawal from a notice deposit, or takes it back.";
    Question PAYOUTS "payouts" PayoutsAsk => List Payout, "Batches of payments as one customer may know them, latest first; two years at most.";
    Question PENSION "pension" CustAsk => One Pension, "A pension; `not_found` when none is paid here.";
    Question MEDICAL_ACCOUNT "medical_account" CustAsk => One MedicalAccount, "The medical insurance's personal account.";
    Question CONTRIBUTIONS "contributions" CustAsk => List Contribution, "Contributions to social insurance, latest year first.";
    Question SOCIAL_CARD "social_card" CustAsk => One SocialCard, "A customer's social card.";
    Question PAYEE "payee" PayeeAsk => One PayeeFound, "Whose account a number is, and whether the whole name fits: `payee_mismatch` when it does not.";
    Question ALIAS "alias" AliasAsk => One AliasFound, "Who is found by a mobile number or by an account that is shown. By number: `not_found` whoever does not let themselves be found, a customer or not; without a name only the masked name and the bank, with it `payee_mismatch` or whom to pay. Look-ups are counted by payer and day, with a name and without one: `party_locked`.";
    Question BANKS "banks" WordsAsk => List Bank, "Banks whose name has these words, the likeliest first; at most ten.";
    Question QUOTE "quote" QuoteAsk => One Quote, "What a payment would cost, and when it arrives; without effect.";
    Question LOAN_TRIAL "loan_trial" LoanTrialAsk => One LoanTrial, "What a repayment of a loan would come to today; without effect.";
    Question DEPOSIT_QUOTE "deposit_quote" DepositAsk => One DepositQuote, "What a time deposit of today would bring; without effect.";
    Question DEPOSIT_OFFERS "deposit_offers" Nothing => List DepositOffer, "What is offered besides deposits of fixed terms, sold out or not; without effect.";
    Question WITHDRAWAL_TRIAL "withdrawal_trial" WithdrawalAsk => One WithdrawalTrial, "What comes of taking money out of a time deposit today; without effect.";
    Question DRAW_TRIAL "draw_trial" DrawAsk => One DrawTrial, "What a draw under a credit line would come to today; without effect.";
    Question SPLIT_TRIAL "split_trial" SplitAsk => One SplitTrial, "What splitting a credit card's bill, or one purchase, would come to today; without effect.";
    Command PAY "pay" Payment => One Paid, "Does a payment, all of it or nothing. `expired` after `valid_until` or after a fence.";
    Twice QUERY "query" Query => One Fate, "What became of a command; with `fence` an id that never came is refused from then on.";
    Twice CALL_OFF "call_off" CallOffAsk => One Fate, "Gives booked cash back while nobody has taken it, or a purchase of a wealth product until its dealing day ends, and says what became of it; `not_found` when it is neither.";
    Command REVERSE "reverse" Reversal => One Undone, "Undoes a payment of the same core date by mirrored entries.";
    Command HOLD "hold" HoldAsk => One Held, "Reserves an amount: still there, not to be spent.";
    Command COMMIT "commit" CommitAsk => One Paid, "Makes a payment out of a hold, at most once; the rest is given back.";
    Command VOID "void" VoidAsk => One Held, "Gives a hold back; one that never came is refused if it comes now.";
    Question BILLERS "billers" KindAsk => List Biller, "The billers of a kind that are contracted at this institution.";
    Question BILL "bill" BillAsk => One BillDue, "What a household owes; paying it is `pay` to a biller.";
    Question LEVY "levy" LevyAsk => One Levy, "What the members of a family pay for their insurance; paying it is `pay` to a biller.";
    Command GIVE_POINTS "give_points" PointGift => One Given, "Gives points to a project, those that end first before the others.";
    Twice GIFT "gift" GiftQuery => One GiftFate, "What became of a gift; with `fence` an id that never came is refused from then on.";
    Command VOID_GIFT "void_gift" OriginalAsk => One Given, "Takes a gift back within a day.";
    Twice OPEN_PROJECT "open_project" CodeAsk => One Nothing, "Opens the ledger of a project; one that is there stays as it is.";
    Question WARES "wares" Nothing => List Ware, "What points of a credit card buy now, the cheapest first; what is sold out is told with none left.";
    Command EXCHANGE "exchange" Exchange => One Exchanged, "Takes points off a card and sets wares aside for the customer, all of it or nothing.";
    Twice EXCHANGED "exchanged" ExchangeQuery => One ExchangeFate, "What became of an exchange; with `fence` an id that never came is refused from then on.";
    Question EVENTS "events" EventsAsk => List Event, "Events with a number above `after`, from the very next on and without a gap; told again they are the same.";
    Question WEALTH_PRODUCTS "wealth_products" Nothing => List WealthProduct, "Wealth products that are or were sold here (代销理财): those on sale first, the lowest risk first.";
    Question WEALTH_BOOK "wealth_book" CustAsk => One WealthBook, "What a customer has of wealth products, and what is under way.";
    Question PURCHASE_TRIAL "purchase_trial" PurchaseAsk => One PurchaseTrial, "What buying a wealth product would come to now; without effect.";
    Question REDEMPTION_TRIAL "redemption_trial" RedemptionAsk => One RedemptionTrial, "What selling units of a holding would come to now; without effect.";
    Question TALLY "tally" ProjectRef => One GiftTally, "How a project stands.";
}

/// The reconciliation file: told as text, not as JSON.
pub(crate) const RECON_FILE: Op<ReconAsk, Nothing> = Op::new("recon_file");

/// It, as the document tells of it.
pub(crate) fn recon_file() -> Described {
    let about = "Writes the reconciliation file of a core date as `text/plain`; the same day is the same file, byte by byte. \
                 `not_eligible` while something may still be booked on that date. Refusals are JSON.";
    described::<ReconAsk, Nothing>(RECON_FILE.name, about, Kind::Question, Many::One)
}

/// Events that a core tells by itself: asked of Weiyin, not of a core.
pub(crate) const PUSH: Op<PushAsk, PushTold> = Op::new("push");

/// They, as the document tells of them.
pub(crate) fn push() -> Described {
    let about = "Asked of Weiyin by the core, at /core/v1/push: keeps events and says how far they have come. `payload_mismatch` \
                 when a number is known with something else in it, `not_found` for an institution that is none of ours; then \
                 nothing of the page is kept.";
    described::<PushAsk, PushTold>(PUSH.name, about, Kind::Twice, Many::One)
}
