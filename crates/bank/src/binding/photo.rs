//! A photo of a bank card or an identity card: what is read of it is proposed for the form, never sent on by itself.
//!
//! Whoever takes a photo has agreed to it before (DP-11), is counted, and may always type instead: every refusal says so.
//! Not for: checking whose card it is (`check.rs`).

use super::agreements::{self, At};
use super::input::{self, digits};
use super::limits::{self, Window};
use super::{CONSENT_MISSING, Consent};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::ocr::{Kind, Picture, Reading};
use crate::sessions::Customer;
use base::{Refusal, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use db::{Scope, Tx};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// The page makes pictures smaller than a quarter of this; whoever sends more does not use it.
pub const PICTURE_BYTES_MAX: usize = 2 << 20;
/// Base64 is a third longer, and consents come along.
pub const BODY_BYTES_MAX: usize = 3 << 20;

const NONE: Refusal = Refusal::unavailable("photo.none", "本行还没有开通拍照识别，请手动输入");
const SIZE: Refusal = Refusal::invalid("photo.size", "照片太大了，请重拍一张，或手动输入");
const TYPE: Refusal = Refusal::invalid("photo.type", "这不是照片，请直接拍照，或手动输入");
const UNCLEAR: Refusal =
    Refusal::invalid("photo.unclear", "没看清。放平、在亮处再拍一张，或手动输入");
const NO_CARD: Refusal =
    Refusal::invalid("photo.other", "这不是银行卡正面。请拍有卡号的那面，或手动输入");
const NO_DOCUMENT: Refusal =
    Refusal::invalid("photo.other", "这不是身份证。请拍有头像的那面，或手动输入");
const TOO_MANY: Refusal = Refusal::too_many("photo.too_many", "拍的次数太多了，请手动输入");

/// A photo on its way in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Photo {
    pub kind: Kind,
    /// JPEG or PNG in base64, at most two megabytes.
    pub picture: String,
    /// Agreed to before the photo was taken.
    #[serde(default)]
    pub consents: Vec<Consent>,
}

base::unprinted!(Photo);

/// What was read, for the customer to check before it is sent.
#[derive(Serialize, ToSchema)]
pub struct Proposed {
    pub number: String,
    /// Null where none is printed or it could not be read.
    #[schema(required)]
    pub name: Option<String>,
}

base::unprinted!(Proposed);

/// Reads one photo.
pub async fn read(app: &Arc<App>, by: &Customer, sent: Photo) -> Result<Proposed> {
    if !app.ocr.is_configured() {
        return NONE.into();
    }
    let kind = sent.kind;
    let picture = picture_of(&sent.picture).map_err(|unfit| match unfit {
        Unfit::Size => SIZE,
        Unfit::Type => TYPE,
    })?;
    begin(app, by, kind, sent.consents).await?;
    let found = app.ocr.read(kind, picture).await;
    let (word, proposed) = match found {
        Ok(Reading::Read { number, name }) => {
            let name = name.and_then(|n| input::name(n.reveal()).ok());
            match sound(kind, number.reveal()) {
                Some(number) => ("read", Ok(Proposed { number, name })),
                None => ("misread", UNCLEAR.into()),
            }
        }
        Ok(Reading::Unclear) => ("unclear", UNCLEAR.into()),
        Ok(Reading::Other) if kind == Kind::BankCard => ("other", NO_CARD.into()),
        Ok(Reading::Other) => ("other", NO_DOCUMENT.into()),
        Err(e) => ("busy", Err(e)),
    };
    metrics::counter!("weiyin_photos_total", "outcome" => word).increment(1);
    proposed
}

/// Why something sent is not taken for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    Size,
    Type,
}

/// Looks at the first bytes only: what a file calls itself proves nothing.
pub(crate) fn picture_of(base64: &str) -> std::result::Result<Picture, Unfit> {
    let Ok(bytes) = STANDARD.decode(base64) else { return Err(Unfit::Type) };
    fitting(bytes)
}

/// The same of bytes.
pub(crate) fn fitting(bytes: Vec<u8>) -> std::result::Result<Picture, Unfit> {
    if bytes.len() > PICTURE_BYTES_MAX {
        return Err(Unfit::Size);
    }
    let mime = match bytes.as_slice() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        _ => return Err(Unfit::Type),
    };
    Ok(Picture { bytes, mime })
}

/// Consent, the count, and a row that says a picture went out to be read.
async fn begin(app: &App, by: &Customer, kind: Kind, consents: Vec<Consent>) -> Result<()> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let limit = &app.config.limits;
    let hour = Window { kind: "photo.hour", ms: 3_600_000, max: limit.photos_per_hour };
    let all = Window { kind: "photo.all", ms: base::DAY_MS, max: limit.photos_all_per_day };
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        agreements::agree(tx, follower, &consents)?;
        if agreements::missing(tx, follower)?.iter().any(|a| a.at == At::Card) {
            return CONSENT_MISSING.into();
        }
        let subject = keys.blind("follower", &follower.to_string());
        let house = keys.blind("photo", "all");
        if limits::count_all(tx, &[(&subject, hour), (&house, all)])?.is_some() {
            return TOO_MANY.into();
        }
        audit::note(tx, Actor::Follower(follower.raw()), "bind.photo", "", "done", kind.word())
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// The number, if its check digit and length say that it was read right.
fn sound(kind: Kind, read: &str) -> Option<String> {
    let number = digits(read).to_uppercase();
    let fits = match kind {
        Kind::BankCard => input::card(&number),
        Kind::IdCard => input::id_number(&number),
    };
    fits.then_some(number)
}
