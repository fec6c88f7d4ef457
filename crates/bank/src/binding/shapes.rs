//! What the binding page and the frame around every page are told, as JSON has it.

use super::agreements::Agreement;
use super::input::Aim;
use crate::api::AccountKind;
use crate::followers;
use crate::sms::Way;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How far binding is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BindStep {
    Card,
    Otp,
    Face,
    Pin,
    Done,
    /// What another WeChat held was stopped; a person looks at it.
    Stopped,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Bind {
    #[schema(value_type = BindStep)]
    pub step: &'static str,
    #[schema(required)]
    pub mobile_masked: Option<String>,
    /// Other than `bind` only of a customer bound in another WeChat. `swap`: a face is checked, the PIN is proved, not set.
    pub aim: Aim,
    /// A face check was begun: its result can be asked for.
    pub face_begun: bool,
    /// A photo of the card can be read instead of typing its number.
    pub photo: bool,
    /// Tries left today for the identity check.
    pub left: i64,
    /// Only what is not agreed to yet, each with the step that asks for it.
    pub agreements: Vec<&'static Agreement>,
    #[schema(required)]
    pub otp: Option<OtpLive>,
    /// Null until something is bound.
    #[schema(required)]
    pub accounts: Option<Vec<BoundAccount>>,
    /// A request from before binding waits, and the chat goes on with it.
    pub resumed: bool,
    /// At `stopped`: the number of the case and by when it is answered.
    #[schema(required)]
    pub stopped: Option<String>,
}

/// A code that was sent and still counts.
#[derive(Debug, Serialize, ToSchema)]
pub struct OtpLive {
    pub sent: bool,
    pub way: Way,
    pub resend_after_s: i64,
    /// From then on a call may be asked for.
    pub voice_after_s: i64,
    pub expires_in_s: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BoundAccount {
    pub label: String,
    pub tail: String,
    #[schema(value_type = AccountKind)]
    pub kind: String,
}

impl BoundAccount {
    pub fn all(accounts: &[followers::BoundAccount]) -> Vec<Self> {
        let shown = |a: &followers::BoundAccount| Self {
            label: a.label.clone(),
            tail: a.tail.clone(),
            kind: a.kind.clone(),
        };
        accounts.iter().map(shown).collect()
    }
}

/// What became of an identity check that was not refused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CheckAnswer {
    Checked(Checked),
    Moved(Moved),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    #[schema(inline)]
    pub step: OnlyOtp,
    pub mobile_masked: String,
    pub aim: Aim,
}

/// The card belongs to another bank, which serves the customer from now on: binding starts anew on its page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moved {
    #[schema(inline)]
    pub step: OnlyCard,
    /// Path of the new session's bind page.
    pub redirect: String,
    #[schema(required)]
    pub bank: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OtpSent {
    pub way: Way,
    pub resend_after_s: i64,
    /// From then on a call may be asked for.
    pub voice_after_s: i64,
    pub expires_in_s: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OtpRight {
    #[schema(inline)]
    #[schema(value_type = AfterCode)]
    pub step: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterCode {
    Face,
    Pin,
    /// What another WeChat held is frozen, and a case is open.
    Stopped,
    /// Nothing was left to stop: the customer may bind.
    Card,
}

/// Where a face is checked: the page of the company that does it, which comes back to ours.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaceBegun {
    pub url: String,
}

/// The face is the customer's.
#[derive(Debug, Serialize, ToSchema)]
pub struct FaceRight {
    #[schema(inline)]
    pub step: OnlyPin,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Bound {
    #[schema(inline)]
    pub step: OnlyDone,
    pub accounts: Vec<BoundAccount>,
    /// The request made before binding is being answered in chat.
    pub resumed: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    pub done: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ElderMode {
    pub on: bool,
}

/// One step of [`BindStep`], so that an answer tells its own kind.
macro_rules! only {
    ($($name:ident = $step:ident),*) => { $(
        #[derive(Debug, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $step,
        }
    )* };
}
only!(OnlyCard = Card, OnlyOtp = Otp, OnlyPin = Pin, OnlyDone = Done);

/// What every page of a session shares.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// Opaque and stable for one person at one bank: what a browser keeps, it keeps under this.
    pub who: String,
    /// Null until the follower's home bank is known.
    #[schema(required)]
    pub institution: Option<Institution>,
    /// The Official Account the customer came from.
    pub account: OfficialAccount,
    pub page: String,
    pub followed: bool,
    pub elder: bool,
    /// Pages offer to be read aloud.
    pub reads: bool,
    pub reads_slowly: bool,
    pub bound: bool,
    /// What the customer asked for in chat before this page opened; it goes on by itself after binding.
    #[schema(required)]
    pub task: Option<Task>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Institution {
    pub name: String,
    /// Two to four characters for small places.
    pub short: String,
    /// `#rrggbb`, or empty for the house's green.
    pub color: String,
    /// The service line people may call.
    pub phone: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OfficialAccount {
    pub name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Task {
    pub kind: String,
    pub title: &'static str,
    /// What the chat knows already about what the page will ask.
    pub with: BTreeMap<String, String>,
}
