//! The shape of a flow file. Unknown keys are refused everywhere.
//!
//! Hard limit: a list of questions, one optional confirmation, one verb, replies. Not for conditions.

use crate::seat::Control;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One service item.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowFile {
    /// What the customer calls it.
    pub(crate) title: String,
    /// The group of the menu it belongs to.
    #[serde(default)]
    pub(crate) menu: String,
    /// What people say when they want it.
    #[serde(default)]
    pub(crate) say: Vec<Spanned<String>>,
    /// And with what they plainly order it, where it is a payment: what teaches how an order sounds.
    #[serde(default)]
    pub(crate) order: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) needs: Needs,
    #[serde(default)]
    pub(crate) kind: ItemKind,
    /// The item that takes its place for a bound customer.
    pub(crate) when_bound: Option<Spanned<String>>,
    /// The item that takes its place where the account cannot log a follower in.
    pub(crate) when_no_login: Option<Spanned<String>>,
    /// Works also before a changed agreement is agreed to: what belongs to leaving.
    #[serde(default)]
    pub(crate) without_consent: bool,
    /// Works also while the customer has frozen the WeChat channel: what stops harm or ends the freeze.
    #[serde(default)]
    pub(crate) when_frozen: bool,
    /// The service does not exist yet: the file has its phrases, and its reply says so (即将开通) and what else there is.
    #[serde(default)]
    pub(crate) soon: bool,
    /// Questions in the order of the file.
    #[serde(default)]
    pub(crate) ask: BTreeMap<String, Spanned<AskFile>>,
    pub(crate) confirm: Option<ConfirmFile>,
    #[serde(rename = "do")]
    pub(crate) run: Option<DoFile>,
    #[serde(default)]
    pub(crate) reply: ReplyFile,
    /// Short words that mean several things.
    #[serde(default)]
    pub(crate) clarify: Vec<ClarifyFile>,
    /// Words that work in every state.
    #[serde(default)]
    pub(crate) control: BTreeMap<Control, Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) talk: Vec<TalkFile>,
}

/// What an item does, in the catalogue's words; it says how careful one must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    #[default]
    Info,
    Query,
    Service,
    Setting,
    Application,
    /// Moves money or points: never more than a draft without the customer's proof.
    Transaction,
    /// Stops harm (loss, lock, fraud): shown rather too often than too late.
    Protective,
}

/// What must be known about the customer. Everything above `bound` happens on an H5 page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
pub enum Needs {
    #[default]
    #[serde(rename = "anyone")]
    Anyone,
    #[serde(rename = "bound")]
    Bound,
    #[serde(rename = "otp")]
    Otp,
    #[serde(rename = "pin")]
    Pin,
    #[serde(rename = "pin+otp")]
    PinOtp,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskFile {
    /// Read here as text, so that an unknown kind is reported with its line.
    pub(crate) kind: Spanned<String>,
    pub(crate) prompt: Option<Spanned<String>>,
    pub(crate) elder: Option<Spanned<String>>,
    /// Said in the customer's words (最近7天); for an account `first` (the one spoken of last, else
    /// the default one). Then the question is never asked.
    pub(crate) default: Option<Spanned<String>>,
    /// `own_account`: the item that answers 都查.
    pub(crate) all: Option<Spanned<String>>,
    /// `own_account`: `credit`, `loan` or `deposit`; without it debit cards and passbooks.
    pub(crate) of_kind: Option<Spanned<String>>,
    /// `own_account`: what is said when the customer has none of that kind.
    pub(crate) none: Option<Spanned<String>>,
    /// What its line says; 都查 when it is left out.
    pub(crate) all_label: Option<String>,
    /// `row`, `cursor`: the item that shows the list when none is in sight.
    pub(crate) of: Option<Spanned<String>>,
    /// `row`: other items whose list a row may be of.
    #[serde(default)]
    pub(crate) also_of: Vec<Spanned<String>>,
    /// `place`: a location sent from the map is an answer, too, and a name that several places share is one.
    #[serde(default)]
    pub(crate) located: bool,
    /// Said instead of the usual words when an answer was of another kind.
    pub(crate) again: Option<Spanned<String>>,
    /// What the answer is called when everything understood is said back: 转给, 金额.
    pub(crate) label: Option<String>,
    /// The line at the confirmation that has this asked anew: 改金额.
    pub(crate) change: Option<String>,
    /// `amount`, `own_account`: the line when there is too little money: 转, which the sum that would do follows; 换一张卡.
    pub(crate) instead: Option<Spanned<String>>,
    /// Taken when it is said, never asked.
    #[serde(default)]
    pub(crate) optional: bool,
    /// `choice`: what may be chosen; `amount`: sums to tap.
    #[serde(default)]
    pub(crate) options: Vec<Spanned<OptionFile>>,
    /// `day`: `past` or `future`.
    pub(crate) look: Option<Spanned<String>>,
    /// `plan`: it can only be done each month.
    #[serde(default)]
    pub(crate) monthly: bool,
    /// `bill_no`: what the biller's numbers look like.
    pub(crate) rule: Option<Spanned<RuleFile>>,
    /// `bill_no`: what is paid for; then a household that was paid before is an answer, too.
    pub(crate) biller: Option<Spanned<String>>,
}

/// A choice: its words, or words, the value a verb wants, and what else people call it.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum OptionFile {
    Text(String),
    Full {
        text: String,
        value: Option<String>,
        /// The item that takes over, with what else the sentence says.
        item: Option<String>,
        #[serde(default)]
        also: Vec<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleFile {
    /// How many: one number, or the fewest and the most.
    pub(crate) digits: Vec<usize>,
    #[serde(default)]
    pub(crate) prefix: String,
    /// The last digit is a Luhn check digit.
    #[serde(default)]
    pub(crate) check: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmFile {
    pub(crate) prompt: Spanned<String>,
    pub(crate) elder: Option<Spanned<String>>,
    pub(crate) yes: String,
    pub(crate) no: String,
    /// Not asked where the customer has just answered a question or tapped a line for this, or said it unmistakably:
    /// what stops harm is confirmed once at most.
    #[serde(default)]
    pub(crate) unless_asked: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoFile {
    pub(crate) verb: Spanned<String>,
    #[serde(default)]
    pub(crate) with: BTreeMap<String, Spanned<String>>,
    /// Asked the same again within this time, the last answer is said again, with its own time in it.
    #[serde(default)]
    pub(crate) again_within_s: i64,
    /// What it answers is the card: it runs before anything is confirmed, its reply leads to the page where it is, and the
    /// item stays open for corrections. `[confirm]` is what is said of it after something came in between.
    #[serde(default)]
    pub(crate) card: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyFile {
    pub(crate) done: Option<Spanned<String>>,
    pub(crate) elder: Option<Spanned<String>>,
    /// One line for each row of the output `rows`.
    pub(crate) row: Option<Spanned<String>>,
    pub(crate) elder_row: Option<Spanned<String>>,
    /// Instead of `done` when there are no rows.
    pub(crate) empty: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) refused: BTreeMap<Spanned<String>, Spanned<String>>,
    /// Lines offered with a refusal by its code: what is to be done before. A card that is refused so is put away.
    #[serde(default)]
    pub(crate) refused_next: BTreeMap<Spanned<String>, Vec<NextFile>>,
    pub(crate) link: Option<LinkFile>,
    #[serde(default)]
    pub(crate) next: Vec<NextFile>,
    /// Lines offered with `empty`.
    #[serde(default)]
    pub(crate) empty_next: Vec<NextFile>,
    /// Where exactly two lines of `next` are left, they are a yes and a no: 好的 is the first of them.
    #[serde(default)]
    pub(crate) yes_no: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkFile {
    pub(crate) page: Spanned<String>,
    pub(crate) label: Spanned<String>,
    #[serde(default)]
    pub(crate) with: BTreeMap<String, Spanned<String>>,
}

/// A tappable line: starts an item or says a control word. It is left out when a `set` value comes
/// out empty, when it would change nothing, or when the item is not for this customer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextFile {
    pub(crate) text: String,
    pub(crate) item: Option<Spanned<String>>,
    pub(crate) control: Option<Control>,
    #[serde(default)]
    pub(crate) set: BTreeMap<String, Spanned<String>>,
}

/// Words that mean several things, and what is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClarifyFile {
    pub(crate) words: Vec<Spanned<String>>,
    pub(crate) ask: String,
    pub(crate) elder: Option<String>,
    pub(crate) lines: Vec<MeaningFile>,
}

/// One thing they may mean. With `has` it stands alone for who holds such a thing, and is left out for who does not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeaningFile {
    pub(crate) text: String,
    pub(crate) item: Option<Spanned<String>>,
    pub(crate) control: Option<Control>,
    pub(crate) has: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TalkFile {
    pub(crate) world: String,
    /// What verbs answer in this talk, by their names; the tiny bank answers those it knows by itself.
    #[serde(default)]
    pub(crate) answers: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    pub(crate) lines: Spanned<String>,
}
