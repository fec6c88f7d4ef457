//! Reading events out of a message's elements.
//!
//! Names of events are compared without regard to case: WeChat spells them `subscribe`, `SCAN`, `view_miniprogram`.

use super::{
    ArticleUrl, CardKind, Consent, CopyrightCheck, CopyrightItem, Event, MassSent, Pictures,
    Published, Scanned, SendStatus, SentNotice,
};
use crate::inbound::fields::{either, number, place, some_text, text};
use crate::inbound::{lower, push_part};
use crate::xml::Element;

/// Appends what tells events of one sender in one second apart. Events without an `EventKey` that several subjects can
/// share are told apart by their subject.
pub(in crate::inbound) fn push_key_tail(key: &mut String, root: Element<'_, '_>, created_s: i64) {
    let subject = ["EventKey", "MsgID", "MsgId", "OpenID", "openid"]
        .into_iter()
        .find_map(|name| root.get(name).filter(|t| !t.is_empty()))
        .or_else(|| notice_id(root))
        .unwrap_or_default();
    key.push_str(&format!("/e{created_s}/"));
    push_part(key, &lower(root.get("Event").unwrap_or_default()));
    key.push('/');
    push_part(key, subject);
}

fn notice_id<'d>(root: Element<'d, '_>) -> Option<&'d str> {
    root.child("SubscribeMsgSentEvent")?.child("List")?.get("MsgID")
}

/// Reads the event in a message. Each group of events knows its own.
pub(in crate::inbound) fn read(root: Element<'_, '_>) -> Event {
    let raw = root.get("Event").unwrap_or_default();
    let event = lower(raw);
    chat(root, &event)
        .or_else(|| menu(root, &event))
        .or_else(|| results(root, &event))
        .or_else(|| account(root, &event))
        .or_else(|| privacy_and_invoices(root, &event))
        .unwrap_or_else(|| others(root, raw, &event))
}

fn chat(root: Element<'_, '_>, event: &str) -> Option<Event> {
    let key = || text(root, "EventKey");
    Some(match event {
        "subscribe" => {
            let key = key();
            Event::Subscribe {
                scene: key.strip_prefix("qrscene_").map(str::to_owned),
                ticket: some_text(root, "Ticket"),
                key,
            }
        }
        "unsubscribe" => Event::Unsubscribe,
        "scan" => Event::Scan { scene: key(), ticket: text(root, "Ticket") },
        "location" => Event::Location {
            latitude: text(root, "Latitude"),
            longitude: text(root, "Longitude"),
            precision: text(root, "Precision"),
        },
        "kf_create_session" => Event::KfCreateSession { account: text(root, "KfAccount") },
        "kf_close_session" => Event::KfCloseSession {
            account: text(root, "KfAccount"),
            close_type: some_text(root, "CloseType"),
        },
        "kf_switch_session" => Event::KfSwitchSession {
            from: text(root, "FromKfAccount"),
            to: text(root, "ToKfAccount"),
        },
        _ => return None,
    })
}

fn menu(root: Element<'_, '_>, event: &str) -> Option<Event> {
    let key = text(root, "EventKey");
    let menu_id = || either(root, ["MenuId", "MenuID"]);
    let menu_id = || Some(menu_id()).filter(|id| !id.is_empty());
    Some(match event {
        "click" => Event::Click { key },
        "view" => Event::View { url: key, menu_id: menu_id() },
        "view_miniprogram" => Event::ViewMiniProgram { path: key, menu_id: menu_id() },
        "scancode_push" => Event::ScanCodePush { key, scanned: scanned(root) },
        "scancode_waitmsg" => Event::ScanCodeWait { key, scanned: scanned(root) },
        "pic_sysphoto" => Event::PicSysPhoto { key, pictures: pictures(root) },
        "pic_photo_or_album" => Event::PicPhotoOrAlbum { key, pictures: pictures(root) },
        "pic_weixin" => Event::PicWeixin { key, pictures: pictures(root) },
        "location_select" => {
            let info = root.child("SendLocationInfo").unwrap_or(root);
            Event::LocationSelect { key, place: place(info), poi_name: text(info, "Poiname") }
        }
        _ => return None,
    })
}

fn scanned(root: Element<'_, '_>) -> Scanned {
    let info = root.child("ScanCodeInfo").unwrap_or(root);
    Scanned { kind: text(info, "ScanType"), result: text(info, "ScanResult") }
}

fn pictures(root: Element<'_, '_>) -> Pictures {
    let info = root.child("SendPicsInfo").unwrap_or(root);
    let md5 = info
        .child("PicList")
        .map(|list| list.children().map(|item| text(item, "PicMd5Sum")).collect())
        .unwrap_or_default();
    Pictures { count: number(info, "Count").unwrap_or(0), md5 }
}

fn results(root: Element<'_, '_>, event: &str) -> Option<Event> {
    Some(match event {
        "templatesendjobfinish" => Event::TemplateSent {
            msg_id: either(root, ["MsgID", "MsgId"]),
            status: SendStatus::read(root.get("Status").unwrap_or_default()),
        },
        "masssendjobfinish" => Event::MassSent(Box::new(mass_sent(root))),
        "publishjobfinish" | "freepublishjobfinish" => {
            Event::Published(Box::new(published(root.child("PublishEventInfo").unwrap_or(root))))
        }
        "subscribe_msg_popup_event" => Event::SubscribePopup(notices(root, consent)),
        "subscribe_msg_change_event" => Event::SubscribeChange(notices(root, consent)),
        "subscribe_msg_sent_event" => Event::SubscribeSent(notices(root, |item| SentNotice {
            template_id: text(item, "TemplateId"),
            msg_id: text(item, "MsgID"),
            error_code: number(item, "ErrorCode").unwrap_or(-1),
            error_status: text(item, "ErrorStatus"),
        })),
        _ => return None,
    })
}

fn mass_sent(root: Element<'_, '_>) -> MassSent {
    let count = |name| number(root, name).unwrap_or(0);
    let status = text(root, "Status");
    let copyright = root.child("CopyrightCheckResult").map(|check| CopyrightCheck {
        state: number(check, "CheckState").unwrap_or(0),
        items: items(check, "ResultList").map(copyright_item).collect(),
    });
    let articles = root.child("ArticleUrlResult").map(|r| {
        let article = |item| ArticleUrl {
            index: number(item, "ArticleIdx").unwrap_or(0),
            url: text(item, "ArticleUrl"),
        };
        items(r, "ResultList").map(article).collect()
    });
    MassSent {
        msg_id: either(root, ["MsgID", "MsgId"]),
        error: status
            .strip_prefix("err(")
            .and_then(|s| s.strip_suffix(')'))
            .and_then(|s| s.trim().parse().ok()),
        status,
        total: count("TotalCount"),
        filtered: count("FilterCount"),
        sent: count("SentCount"),
        failed: count("ErrorCount"),
        copyright,
        articles: articles.unwrap_or_default(),
    }
}

fn copyright_item(item: Element<'_, '_>) -> CopyrightItem {
    let count = |name| number(item, name).unwrap_or(0);
    CopyrightItem {
        index: count("ArticleIdx"),
        declared: count("UserDeclareState"),
        audit: count("AuditState"),
        original_url: text(item, "OriginalArticleUrl"),
        original_type: count("OriginalArticleType"),
        can_reprint: count("CanReprint") == 1,
        need_replace: count("NeedReplaceContent") == 1,
        need_source: count("NeedShowReprintSource") == 1,
    }
}

fn published(info: Element<'_, '_>) -> Published {
    let articles = info.child("article_detail").map(|detail| {
        let named = detail.children().filter(|c| c.name() == "item");
        named
            .map(|item| ArticleUrl {
                index: number(item, "idx").unwrap_or(0),
                url: text(item, "article_url"),
            })
            .collect()
    });
    Published {
        publish_id: text(info, "publish_id"),
        status: number(info, "publish_status").unwrap_or(-1),
        article_id: text(info, "article_id"),
        articles: articles.unwrap_or_default(),
        failed: info
            .children()
            .filter(|c| c.name() == "fail_idx")
            .filter_map(|c| c.text().trim().parse().ok())
            .collect(),
    }
}

fn items<'d, 'a>(
    of: Element<'d, 'a>,
    list: &'static str,
) -> impl Iterator<Item = Element<'d, 'a>> + use<'d, 'a> {
    of.child(list).into_iter().flat_map(Element::children)
}

/// The repeated `List` inside whichever wrapper there is: an older sample of `change` uses the wrapper of `popup`.
fn notices<T>(root: Element<'_, '_>, read: impl Fn(Element<'_, '_>) -> T) -> Vec<T> {
    ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"]
        .into_iter()
        .find_map(|name| root.child(name))
        .unwrap_or(root)
        .children()
        .filter(|c| c.name() == "List")
        .map(read)
        .collect()
}

fn consent(item: Element<'_, '_>) -> Consent {
    Consent {
        template_id: text(item, "TemplateId"),
        accepted: item.get("SubscribeStatusString") == Some("accept"),
        scene: number(item, "PopupScene"),
    }
}

fn account(root: Element<'_, '_>, event: &str) -> Option<Event> {
    let expires_s = number(root, "ExpiredTime").unwrap_or(0);
    let failed = || (number(root, "FailTime").unwrap_or(0), text(root, "FailReason"));
    Some(match event {
        "qualification_verify_success" => Event::QualificationPassed { expires_s },
        "qualification_verify_fail" => {
            let (failed_s, reason) = failed();
            Event::QualificationFailed { failed_s, reason }
        }
        "naming_verify_success" => Event::NamingPassed { expires_s },
        "naming_verify_fail" => {
            let (failed_s, reason) = failed();
            Event::NamingFailed { failed_s, reason }
        }
        "annual_renew" => Event::AnnualRenew { expires_s },
        "verify_expired" => Event::VerifyExpired { expires_s },
        _ => return None,
    })
}

fn privacy_and_invoices(root: Element<'_, '_>, event: &str) -> Option<Event> {
    let openid = || either(root, ["OpenID", "openid"]);
    let appid = || either(root, ["AppID", "appid"]);
    let union_id = || Some(either(root, ["UnionID", "unionid"])).filter(|id| !id.is_empty());
    Some(match event {
        "user_info_modified" => {
            Event::UserInfoModified { openid: openid(), appid: appid(), union_id: union_id() }
        }
        "user_authorization_revoke" => Event::AuthorizationRevoked {
            openid: openid(),
            appid: appid(),
            revoked: root
                .get("RevokeInfo")
                .unwrap_or_default()
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect(),
        },
        "user_authorization_cancellation" => {
            Event::AuthorizationCancelled { openid: openid(), appid: appid(), union_id: union_id() }
        }
        "user_authorize_invoice" => Event::InvoiceAuthorized {
            succeeded_order: some_text(root, "SuccOrderId"),
            failed_order: some_text(root, "FailOrderId"),
            appid: either(root, ["AuthorizeAppId", "AppId"]),
            source: either(root, ["Source", "source"]),
        },
        "update_invoice_status" => Event::InvoiceStatus {
            status: text(root, "Status"),
            card_id: text(root, "CardId"),
            code: text(root, "Code"),
        },
        "submit_invoice_title" => Event::InvoiceTitle {
            title: text(root, "title"),
            tax_no: text(root, "tax_no"),
            fields: root.leaves(),
        },
        "cloud_invoice_invoiceresult_event" => Event::CloudInvoice {
            request: text(root, "fpqqlsh"),
            seller: text(root, "nsrsbh"),
            fields: root.leaves(),
        },
        _ => return None,
    })
}

/// Known by name only: `guide_*` and `user_scan_product*` are families.
fn is_legacy(event: &str) -> bool {
    const NAMES: [&str; 11] = [
        "poi_check_notify",
        "wificonnected",
        "shakearoundusershake",
        "merchant_order",
        "user_enter_tempsession",
        "wxa_media_check",
        "bind",
        "unbind",
        "device_text",
        "device_event",
        "subscribe_status",
    ];
    NAMES.contains(&event) || ["guide_", "user_scan_product"].iter().any(|p| event.starts_with(p))
}

fn others(root: Element<'_, '_>, raw: &str, event: &str) -> Event {
    let fields = root.leaves();
    if let Some(kind) = CardKind::of(event) {
        return Event::Card {
            kind,
            card_id: text(root, "CardId"),
            code: some_text(root, "UserCardCode"),
            fields,
        };
    }
    let event_name = raw.to_owned();
    if is_legacy(event) {
        Event::Legacy { event: event_name, fields }
    } else {
        Event::Unknown { event: event_name, fields }
    }
}
