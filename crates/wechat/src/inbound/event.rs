//! Events (`MsgType=event`): everything the protocol reference lists, the rest kept as [`Event::Unknown`].
//!
//! The types are here; how they are read out of the XML is in `event/read.rs`.

mod read;

pub(super) use read::{push_key_tail, read};

use super::{Fields, Place};

/// Something that happened.
///
/// `Inbound::from` is the follower, except for the results of publishing, account verification, and the privacy events
/// (`UserInfoModified`, `AuthorizationRevoked`, `AuthorizationCancelled`): there it is a system account and the
/// subject is the event's own `openid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Followed. `scene` is what the scanned code carried (without `qrscene_`), `key` is the raw `EventKey`
    /// (`last_trade_no_…` after a payment, `""` for a plain follow).
    Subscribe {
        scene: Option<String>,
        ticket: Option<String>,
        key: String,
    },
    /// Left. No answer reaches them.
    Unsubscribe,
    /// A follower scanned a code.
    Scan {
        scene: String,
        ticket: String,
    },
    /// The phone's position, on entering the chat or every 5 s in it. Decimal degrees and metres, as text.
    Location {
        latitude: String,
        longitude: String,
        precision: String,
    },
    /// A menu button was tapped.
    Click {
        key: String,
    },
    /// A menu link was opened.
    View {
        url: String,
        menu_id: Option<String>,
    },
    /// A menu button opened a mini program.
    ViewMiniProgram {
        path: String,
        menu_id: Option<String>,
    },
    /// A menu button's scan; the result was shown by the client.
    ScanCodePush {
        key: String,
        scanned: Scanned,
    },
    /// A menu button's scan; the client shows 消息接收中 and waits for a reply.
    ScanCodeWait {
        key: String,
        scanned: Scanned,
    },
    /// A menu button took or chose pictures; the pictures follow as messages.
    PicSysPhoto {
        key: String,
        pictures: Pictures,
    },
    PicPhotoOrAlbum {
        key: String,
        pictures: Pictures,
    },
    PicWeixin {
        key: String,
        pictures: Pictures,
    },
    /// A menu button chose a place; a location message follows.
    LocationSelect {
        key: String,
        place: Place,
        poi_name: String,
    },
    /// How a template message ended.
    TemplateSent {
        msg_id: String,
        status: SendStatus,
    },
    /// How a mass send ended.
    MassSent(Box<MassSent>),
    /// How publishing ended.
    Published(Box<Published>),
    /// The follower answered a request for subscription notices: the only proof of consent on the server.
    SubscribePopup(Vec<Consent>),
    /// The follower changed consents in the settings.
    SubscribeChange(Vec<Consent>),
    /// How subscription notices ended.
    SubscribeSent(Vec<SentNotice>),
    KfCreateSession {
        account: String,
    },
    KfCloseSession {
        account: String,
        close_type: Option<String>,
    },
    KfSwitchSession {
        from: String,
        to: String,
    },
    /// 资质认证 passed; rights are there at once.
    QualificationPassed {
        expires_s: i64,
    },
    QualificationFailed {
        failed_s: i64,
        reason: String,
    },
    /// 名称认证 passed.
    NamingPassed {
        expires_s: i64,
    },
    NamingFailed {
        failed_s: i64,
        reason: String,
    },
    /// The yearly review is due: tell the operator.
    AnnualRenew {
        expires_s: i64,
    },
    /// Verification lapsed: rights are gone.
    VerifyExpired {
        expires_s: i64,
    },
    UserInfoModified {
        openid: String,
        appid: String,
        union_id: Option<String>,
    },
    /// `revoked` as WeChat numbers it: 201 address, 202 invoice, 203 card, 204 microphone, 205 nickname and picture,
    /// 206 position, 207 chosen pictures or videos.
    AuthorizationRevoked {
        openid: String,
        appid: String,
        revoked: Vec<String>,
    },
    /// The follower deleted their WeChat account.
    AuthorizationCancelled {
        openid: String,
        appid: String,
        union_id: Option<String>,
    },
    InvoiceAuthorized {
        succeeded_order: Option<String>,
        failed_order: Option<String>,
        appid: String,
        source: String,
    },
    InvoiceStatus {
        status: String,
        card_id: String,
        code: String,
    },
    /// `fields`: title, phone, tax_no, addr, bank_type, bank_no, attach, title_type.
    InvoiceTitle {
        title: String,
        tax_no: String,
        fields: Fields,
    },
    CloudInvoice {
        request: String,
        seller: String,
        fields: Fields,
    },
    /// Something about a card or coupon: store and acknowledge.
    Card {
        kind: CardKind,
        card_id: String,
        code: Option<String>,
        fields: Fields,
    },
    /// Known by name, of no use to a bank: store and acknowledge.
    Legacy {
        event: String,
        fields: Fields,
    },
    /// Not known: store and acknowledge.
    Unknown {
        event: String,
        fields: Fields,
    },
}

/// `ScanCodeInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// `qrcode` or `barcode`.
    pub kind: String,
    /// What the code says; bar codes look like `CODE_128,123456`. Written by whoever made the code: don't trust it.
    pub result: String,
}

/// `SendPicsInfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    pub count: i64,
    /// MD5 of each picture, to match the messages that follow.
    pub md5: Vec<String>,
}

/// How sending a template message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendStatus {
    Success,
    /// The follower refuses the account's messages.
    UserBlocked,
    SystemFailed,
    /// As WeChat wrote it.
    Other(String),
}

impl SendStatus {
    pub(super) fn read(text: &str) -> Self {
        let words: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        match words.to_ascii_lowercase().as_str() {
            "success" => Self::Success,
            "failed:userblock" => Self::UserBlocked,
            "failed:systemfailed" => Self::SystemFailed,
            _ => Self::Other(text.to_owned()),
        }
    }
}

/// `MASSSENDJOBFINISH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MassSent {
    pub msg_id: String,
    /// `send success`, `send fail` or `err(20001)`.
    pub status: String,
    /// The number in `err(…)`, the reason of refusal.
    pub error: Option<i64>,
    pub total: i64,
    pub filtered: i64,
    pub sent: i64,
    pub failed: i64,
    pub copyright: Option<CopyrightCheck>,
    pub articles: Vec<ArticleUrl>,
}

/// `CopyrightCheckResult`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyrightCheck {
    /// 1 not copied, 2 copied (blocked), 3 needs review.
    pub state: i64,
    pub items: Vec<CopyrightItem>,
}

/// One article of [`CopyrightCheck`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyrightItem {
    pub index: i64,
    pub declared: i64,
    pub audit: i64,
    pub original_url: String,
    pub original_type: i64,
    pub can_reprint: bool,
    pub need_replace: bool,
    pub need_source: bool,
}

/// Where a sent or published article can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleUrl {
    pub index: i64,
    pub url: String,
}

/// `PUBLISHJOBFINISH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub publish_id: String,
    /// 0 done, 1 in progress, 2 originality, 3 failed, 4 refused, 5 deleted by the owner, 6 blocked.
    pub status: i64,
    pub article_id: String,
    pub articles: Vec<ArticleUrl>,
    pub failed: Vec<i64>,
}

/// One template's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    pub template_id: String,
    /// `accept` or `reject`; other words count as no.
    pub accepted: bool,
    /// 1 H5 page, 2 article, 0 mini program.
    pub scene: Option<i64>,
}

/// One subscription notice's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentNotice {
    pub template_id: String,
    pub msg_id: String,
    /// 0 is success.
    pub error_code: i64,
    pub error_status: String,
}

/// Which card event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardKind {
    Passed,
    NotPassed,
    Taken,
    Gifting,
    Deleted,
    Consumed,
    PaidFromCell,
    Viewed,
    EnteredSession,
    MemberCardUpdated,
    StockRemind,
    PayOrder,
    MemberInfoSubmitted,
    /// `giftcard_*`.
    GiftCard,
}

impl CardKind {
    pub(super) fn of(event: &str) -> Option<Self> {
        Some(match event {
            "card_pass_check" => Self::Passed,
            "card_not_pass_check" => Self::NotPassed,
            "user_get_card" => Self::Taken,
            "user_gifting_card" => Self::Gifting,
            "user_del_card" => Self::Deleted,
            "user_consume_card" => Self::Consumed,
            "user_pay_from_pay_cell" => Self::PaidFromCell,
            "user_view_card" => Self::Viewed,
            "user_enter_session_from_card" => Self::EnteredSession,
            "update_member_card" => Self::MemberCardUpdated,
            "card_sku_remind" => Self::StockRemind,
            "card_pay_order" => Self::PayOrder,
            "submit_membercard_user_info" => Self::MemberInfoSubmitted,
            e if e.starts_with("giftcard_") => Self::GiftCard,
            _ => return None,
        })
    }
}

impl Event {
    /// A stable word for logs and counters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Subscribe { .. } => "event.subscribe",
            Self::Unsubscribe => "event.unsubscribe",
            Self::Scan { .. } => "event.scan",
            Self::Location { .. } => "event.location",
            Self::Click { .. } => "event.click",
            Self::View { .. } => "event.view",
            Self::ViewMiniProgram { .. } => "event.view_miniprogram",
            Self::ScanCodePush { .. } => "event.scancode_push",
            Self::ScanCodeWait { .. } => "event.scancode_waitmsg",
            Self::PicSysPhoto { .. } => "event.pic_sysphoto",
            Self::PicPhotoOrAlbum { .. } => "event.pic_photo_or_album",
            Self::PicWeixin { .. } => "event.pic_weixin",
            Self::LocationSelect { .. } => "event.location_select",
            Self::TemplateSent { .. } => "event.template_sent",
            Self::MassSent(_) => "event.mass_sent",
            Self::Published(_) => "event.published",
            Self::SubscribePopup(_) => "event.subscribe_msg_popup",
            Self::SubscribeChange(_) => "event.subscribe_msg_change",
            Self::SubscribeSent(_) => "event.subscribe_msg_sent",
            Self::KfCreateSession { .. } => "event.kf_create",
            Self::KfCloseSession { .. } => "event.kf_close",
            Self::KfSwitchSession { .. } => "event.kf_switch",
            Self::QualificationPassed { .. } => "event.qualification_passed",
            Self::QualificationFailed { .. } => "event.qualification_failed",
            Self::NamingPassed { .. } => "event.naming_passed",
            Self::NamingFailed { .. } => "event.naming_failed",
            Self::AnnualRenew { .. } => "event.annual_renew",
            Self::VerifyExpired { .. } => "event.verify_expired",
            Self::UserInfoModified { .. } => "event.user_info_modified",
            Self::AuthorizationRevoked { .. } => "event.authorization_revoked",
            Self::AuthorizationCancelled { .. } => "event.authorization_cancelled",
            Self::InvoiceAuthorized { .. } => "event.invoice_authorized",
            Self::InvoiceStatus { .. } => "event.invoice_status",
            Self::InvoiceTitle { .. } => "event.invoice_title",
            Self::CloudInvoice { .. } => "event.cloud_invoice",
            Self::Card { .. } => "event.card",
            Self::Legacy { .. } => "event.legacy",
            Self::Unknown { .. } => "event.unknown",
        }
    }

    /// Whether a passive reply to it is shown to the follower; others are answered with `success` only.
    pub const fn may_be_answered(&self) -> bool {
        matches!(
            self,
            Self::Subscribe { .. }
                | Self::Scan { .. }
                | Self::Location { .. }
                | Self::Click { .. }
                | Self::ScanCodePush { .. }
                | Self::ScanCodeWait { .. }
                | Self::PicSysPhoto { .. }
                | Self::PicPhotoOrAlbum { .. }
                | Self::PicWeixin { .. }
                | Self::LocationSelect { .. }
        )
    }
}
