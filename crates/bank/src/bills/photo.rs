//! A picture of a paper bill in the chat (拍照缴费): what is read of it begins the item that pays it, with the number on it.
//!
//! The sum on the paper is only said: what is owed is the biller's word. A picture is fetched, handed to whoever reads it and let
//! go; pictures of bound customers only, and counted. Not for: photos of cards and documents, which belong on their page.

use super::pay_item;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::limits::{self, Window};
use crate::binding::photo::{Unfit, fitting};
use crate::followers::Standing;
use crate::inbound::Message;
use crate::ocr::{Picture, Slip, Slips};
use base::Result;
use db::{Scope, Tx};
use dialogue::Input;
use std::sync::Arc;
use wechat::api::media::Media;
use wechat::inbound::What;

const UNCLEAR: &str =
    "没看清。请把单子放平、在亮处再拍一张；也可以打字，比如「交电费」，再说户号。";
const OTHER: &str =
    "这张看不出是缴费单。要交费请打字或发语音说，比如「交电费」。卡和证件的照片请不要发在这里。";
const SEVERAL: &str = "照片里不止一张单子，请一张一张拍。";
const NO_FEE: &str = "看得出是缴费单，看不出交的是什么费。请打字说，比如「交水费」，再说户号。";
const BUSY: &str = "照片现在看不了。请打字说，比如「交电费」，再说单子上的户号。";
const SIZE: &str = "照片太大了，请重拍一张，或者打字说，比如「交电费」。";
const TOO_MANY: &str = "今天发的照片太多了，请打字或发语音说，比如「交电费」。";
/// How the count of pictures in chats is kept apart from that of a form's.
const HOUR: &str = "slip.hour";
const ALL: &str = "slip.all";

/// What came of a picture.
#[derive(Debug)]
pub enum Seen {
    Slip { item: &'static str, household: String, said: String },
    Unread(&'static str),
}

impl Seen {
    pub fn input(&self) -> Input<'_> {
        match self {
            Self::Slip { item, household, said } => Input::Slip { item, household, said },
            Self::Unread(said) => Input::Unread { said },
        }
    }
}

/// Looks at a picture a bound customer sent; `None` for everything else, and where nobody reads pictures.
pub async fn look(app: &App, message: &Message, standing: &Arc<Standing>) -> Result<Option<Seen>> {
    let What::Image { media_id, .. } = &message.heard.what else { return Ok(None) };
    let may_pay = standing.bound.as_ref().is_some_and(|b| !b.is_frozen && b.is_agreed);
    if !may_pay || !app.ocr.is_configured() || app.core.bill_desk().is_none() {
        return Ok(None);
    }
    if !count(app, standing).await? {
        return Ok(Some(Seen::Unread(TOO_MANY)));
    }
    let (word, seen) = match fetch(app, message, media_id).await {
        Ok(picture) => match app.ocr.bills(picture).await {
            Ok(slips) => read(slips),
            Err(_) => ("busy", Seen::Unread(BUSY)),
        },
        Err(words) => ("unfetched", Seen::Unread(words)),
    };
    metrics::counter!("weiyin_slips_total", "outcome" => word).increment(1);
    Ok(Some(seen))
}

async fn fetch(
    app: &App,
    message: &Message,
    media_id: &str,
) -> std::result::Result<Picture, &'static str> {
    match app.wechat.account(&message.account).download(media_id).await {
        Ok(Media::Bytes { bytes, .. }) => fitting(bytes.to_vec()).map_err(|unfit| match unfit {
            Unfit::Size => SIZE,
            Unfit::Type => OTHER,
        }),
        Ok(Media::Video { .. }) => Err(OTHER),
        Err(e) => {
            tracing::warn!(error = %e, "a picture cannot be fetched from WeChat");
            Err(BUSY)
        }
    }
}

/// One more picture of the follower and of all; false when it was one too many.
async fn count(app: &App, standing: &Arc<Standing>) -> Result<bool> {
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let limit = &app.config.limits;
    let hour = Window { kind: HOUR, ms: 3_600_000, max: limit.photos_per_hour };
    let all = Window { kind: ALL, ms: base::DAY_MS, max: limit.photos_all_per_day };
    let follower = standing.id;
    let unit = move |tx: &Tx<'_>| {
        let subject = keys.blind("follower", &follower.to_string());
        let house = keys.blind("photo", "all");
        if limits::count_all(tx, &[(&subject, hour), (&house, all)])?.is_some() {
            return Ok(false);
        }
        audit::note(tx, Actor::Follower(follower.raw()), "bill.photo", "", "done", "")?;
        Ok(true)
    };
    app.db.write(Scope::Tenant(standing.tenant), unit).await
}

fn read(slips: Slips) -> (&'static str, Seen) {
    let all = match slips {
        Slips::Read(all) => all,
        Slips::Unclear => return ("unclear", Seen::Unread(UNCLEAR)),
        Slips::Other => return ("other", Seen::Unread(OTHER)),
    };
    match &all[..] {
        [Slip { kind: None, .. }] => ("no_fee", Seen::Unread(NO_FEE)),
        [Slip { number, .. }] if number.is_empty() => ("unclear", Seen::Unread(UNCLEAR)),
        [Slip { kind: Some(kind), number, amount }] => {
            let sum = amount.map(|a| format!("，单子上是 {a} 元")).unwrap_or_default();
            let tail = base::mask_card(number);
            let said = format!("看到的是{}单，尾号{tail}{sum}。", kind.fee());
            ("read", Seen::Slip { item: pay_item(*kind), household: number.clone(), said })
        }
        _ => ("several", Seen::Unread(SEVERAL)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Fen;
    use corebank::bills::BillKind;

    fn slip(kind: Option<BillKind>, number: &str) -> Slip {
        Slip { kind, number: number.into(), amount: Some(Fen::of(8_600)) }
    }

    #[test]
    fn only_one_bill_that_is_whole_begins_something() {
        let electric = || slip(Some(BillKind::Electric), "1011000231");
        let word = |all| read(Slips::Read(all)).0;
        assert_eq!(word(vec![electric()]), "read");
        assert_eq!(word(vec![electric(), electric()]), "several");
        assert_eq!(word(vec![slip(None, "1011000231")]), "no_fee");
        assert_eq!(word(vec![slip(Some(BillKind::Electric), "")]), "unclear");
        assert_eq!(read(Slips::Unclear).0, "unclear");
        let (_, seen) = read(Slips::Read(vec![electric()]));
        let Input::Slip { item, household, said } = seen.input() else { panic!("a bill") };
        assert_eq!((item, household), ("pay_electric", "1011000231"));
        assert_eq!(said, "看到的是电费单，尾号0231，单子上是 86.00 元。");
    }
}
