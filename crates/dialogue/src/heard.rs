//! What `step` is told: the customer's input and the facts the bank knows about them.
//!
//! Not for: where these facts come from. The bank fills them in; nothing here is looked up.

use crate::known::{Households, Known, Payee, Place};
use base::Time;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// One input of a customer, already free of WeChat's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// Typed text, or a tapped line of a msgmenu: then `menu_id` is the id of the tapped line.
    Text {
        text: &'a str,
        menu_id: Option<&'a str>,
    },
    /// A voice message. `recognised` is WeChat's transcript; absent or empty means "not recognised".
    Voice {
        recognised: Option<&'a str>,
    },
    /// A button of the account's menu. The key is the id of an item of the book.
    Click {
        key: &'a str,
    },
    /// The customer followed, by a scene code when `scene` is given.
    Followed {
        scene: Option<&'a str>,
    },
    Unfollowed,
    /// A follower scanned a scene code.
    Scanned {
        scene: &'a str,
    },
    /// A sent location; degrees × 10^6.
    Location {
        lat_e6: i64,
        lon_e6: i64,
        label: &'a str,
    },
    /// A picture nobody has read.
    Picture,
    /// A picture of a bill: the item that pays it, the number on it, and what to say of it first.
    Slip {
        item: &'a str,
        household: &'a str,
        said: &'a str,
    },
    /// An answer to something that was told outside the conversation: the item that does it, and what it is about.
    Reply {
        item: &'a str,
        slots: &'a [(&'static str, String)],
    },
    /// A picture that was looked at in vain; `said` is what to do next.
    Unread {
        said: &'a str,
    },
    /// Video, short video, link, file: anything a person sent that cannot be read here.
    OtherMedia,
    /// Anything that wants no answer (reports, passive events).
    Other,
}

/// One own account of a bound customer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// What the verbs want as `account`.
    pub id: String,
    /// Product in words without its number: `借记卡`, `存折`. Shown as `存折0037`.
    pub label: String,
    /// Last four digits.
    pub tail: String,
    /// What an elder calls it: `卡`, `存折`.
    pub word: String,
    #[serde(default)]
    pub kind: OwnKind,
}

/// Which of their accounts a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnKind {
    /// Debit cards and passbooks: what one pays from and asks the balance of.
    #[default]
    Everyday,
    Credit,
    Loan,
    Deposit,
}

impl OwnKind {
    /// As flow files write them.
    pub(crate) const NAMES: &'static [(&'static str, Self)] =
        &[("credit", Self::Credit), ("loan", Self::Loan), ("deposit", Self::Deposit)];
}

impl Account {
    /// `存折0037`.
    pub fn name(&self) -> String {
        format!("{}{}", self.label, self.tail)
    }
}

/// An institution (机构) as a customer may choose it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Institution {
    pub id: String,
    /// `陵县农村商业银行`.
    pub name: String,
    /// `陵县农商行`.
    pub short: String,
}

/// The facts the bank knows about whoever speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// True when openid and customer are bound (L1 or higher).
    pub bound: bool,
    /// An agreement changed since the customer bound: nothing that needs the binding is done before they agree anew.
    pub must_agree: bool,
    /// The customer froze the WeChat channel (停用微信银行): only what stops harm or ends the freeze is done.
    pub frozen: bool,
    /// Own everyday accounts, the default one first. Empty while unbound.
    pub accounts: Vec<Account>,
    /// Own accounts of every other kind.
    pub others: Vec<Account>,
    /// The customer chose the first account as the one questions are about (默认账户).
    pub has_default: bool,
    /// The home bank, when one is known.
    pub institution: Option<Institution>,
    /// Institutions this Official Account may serve; used only to choose one.
    pub institutions: Arc<[Institution]>,
    /// Name of the Official Account, used while no home bank is known.
    pub account_name: String,
    /// Stored wish for elder wording. The seat's own switch wins over it.
    pub elder: bool,
    /// Money that moves is told of in this chat.
    pub tells_postings: bool,
    /// True while people serve.
    pub hours_open: bool,
    /// Service hours in words: `每天8:30—17:30`.
    pub hours: String,
    /// Telephone for urgent matters, as it is shown.
    pub phone: String,
    /// True when this account can log a follower in (verified service account with web authorisation).
    pub can_link: bool,
    /// Whom they have sent money to before.
    pub payees: Arc<Known<Payee>>,
    /// Whose bills they have paid before.
    pub households: Arc<Households>,
    /// What the customer holds, for words that mean one thing or another by it: `credit`, `loan`, `ticket`.
    pub holds: Vec<String>,
    /// Branches and places one may speak of here.
    pub places: Arc<Known<Place>>,
}

impl Who {
    /// Own accounts of one kind, in order.
    pub(crate) fn own(&self, kind: OwnKind) -> Cow<'_, [Account]> {
        match kind {
            OwnKind::Everyday => Cow::Borrowed(&self.accounts),
            other => self.others.iter().filter(|a| a.kind == other).cloned().collect(),
        }
    }
    /// An own account of any kind.
    pub(crate) fn own_account(&self, id: &str) -> Option<&Account> {
        self.accounts.iter().chain(&self.others).find(|a| a.id == id)
    }
}

/// One input, who said it, and when.
#[derive(Debug, Clone)]
pub struct Heard<'a> {
    pub input: Input<'a>,
    pub who: Who,
    pub now: Time,
}
