//! Every event of the protocol reference, as its pages show it.

use super::*;

#[test]
fn following_plainly_by_code_and_after_a_payment_differ() {
    let plain = Event::Subscribe { scene: None, ticket: None, key: String::new() };
    assert_eq!(happened("subscribe", ""), plain);
    assert_eq!(happened("subscribe", "<EventKey><![CDATA[]]></EventKey>"), plain);
    assert_eq!(
        happened("subscribe", "<EventKey>qrscene_qrscene_12</EventKey><Ticket>T</Ticket>"),
        Event::Subscribe {
            scene: Some("qrscene_12".into()),
            ticket: Some("T".into()),
            key: "qrscene_qrscene_12".into()
        }
    );
    assert_eq!(
        happened("subscribe", "<EventKey>last_trade_no_4200</EventKey>"),
        Event::Subscribe { scene: None, ticket: None, key: "last_trade_no_4200".into() }
    );
    assert_eq!(happened("unsubscribe", "<EventKey/>"), Event::Unsubscribe);
}

#[test]
fn names_of_events_are_compared_without_case() {
    let scan = Event::Scan { scene: "12".into(), ticket: "T".into() };
    for name in ["SCAN", "scan", "Scan"] {
        assert_eq!(happened(name, "<EventKey>12</EventKey><Ticket>T</Ticket>"), scan);
    }
}

#[test]
fn a_position_report_keeps_its_decimals() {
    assert_eq!(
        happened(
            "LOCATION",
            "<Latitude>23.137466</Latitude><Longitude>113.352425</Longitude><Precision>119.385040</Precision>"
        ),
        Event::Location {
            latitude: "23.137466".into(),
            longitude: "113.352425".into(),
            precision: "119.385040".into()
        }
    );
}

#[test]
fn menu_buttons_give_their_key_or_address() {
    assert_eq!(happened("CLICK", "<EventKey>k</EventKey>"), Event::Click { key: "k".into() });
    assert_eq!(
        happened("VIEW", "<EventKey>https://b</EventKey><MenuId>7</MenuId>"),
        Event::View { url: "https://b".into(), menu_id: Some("7".into()) }
    );
    assert_eq!(
        happened("VIEW", "<EventKey>https://b</EventKey>"),
        Event::View { url: "https://b".into(), menu_id: None }
    );
    assert_eq!(
        happened("view_miniprogram", "<EventKey>pages/a</EventKey><MenuId>7</MenuId>"),
        Event::ViewMiniProgram { path: "pages/a".into(), menu_id: Some("7".into()) }
    );
}

#[test]
fn a_scan_by_menu_gives_what_the_code_says() {
    let rest = "<EventKey>k</EventKey><ScanCodeInfo><ScanType>barcode</ScanType>\
                <ScanResult>CODE_128,123456</ScanResult></ScanCodeInfo>";
    let scanned = Scanned { kind: "barcode".into(), result: "CODE_128,123456".into() };
    assert_eq!(
        happened("scancode_push", rest),
        Event::ScanCodePush { key: "k".into(), scanned: scanned.clone() }
    );
    assert_eq!(
        happened("scancode_waitmsg", rest),
        Event::ScanCodeWait { key: "k".into(), scanned }
    );
}

#[test]
fn pictures_by_menu_give_their_sums() {
    let rest = "<EventKey>k</EventKey><SendPicsInfo><Count>2</Count><PicList>\
                <item><PicMd5Sum>a1</PicMd5Sum></item><item><PicMd5Sum>b2</PicMd5Sum></item></PicList></SendPicsInfo>";
    let pictures = Pictures { count: 2, md5: vec!["a1".into(), "b2".into()] };
    let key = || "k".to_owned();
    for (name, event) in [
        ("pic_sysphoto", Event::PicSysPhoto { key: key(), pictures: pictures.clone() }),
        ("pic_photo_or_album", Event::PicPhotoOrAlbum { key: key(), pictures: pictures.clone() }),
        ("pic_weixin", Event::PicWeixin { key: key(), pictures }),
    ] {
        assert_eq!(happened(name, rest), event);
    }
}

#[test]
fn a_place_by_menu_has_its_name() {
    let chosen = happened(
        "location_select",
        "<EventKey>k</EventKey><SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y>\
         <Scale>15</Scale><Label>某路</Label><Poiname>某站</Poiname></SendLocationInfo>",
    );
    let place = Place {
        latitude: "23".into(),
        longitude: "113".into(),
        scale: Some(15),
        label: "某路".into(),
    };
    assert_eq!(chosen, Event::LocationSelect { key: "k".into(), place, poi_name: "某站".into() });
}

#[test]
fn the_end_of_a_template_message_is_told_whatever_the_blanks() {
    for (text, status) in [
        ("success", SendStatus::Success),
        ("failed:user block", SendStatus::UserBlocked),
        ("failed: user block", SendStatus::UserBlocked),
        ("failed: system failed", SendStatus::SystemFailed),
        ("failed:system failed", SendStatus::SystemFailed),
        ("odd", SendStatus::Other("odd".into())),
    ] {
        assert_eq!(
            happened(
                "TEMPLATESENDJOBFINISH",
                &format!("<MsgID>200163836</MsgID><Status><![CDATA[{text}]]></Status>")
            ),
            Event::TemplateSent { msg_id: "200163836".into(), status }
        );
    }
}

#[test]
fn the_end_of_a_mass_send_has_counts_copyright_and_addresses() {
    let Event::MassSent(sent) = happened(
        "MASSSENDJOBFINISH",
        "<MsgID>1000001625</MsgID><Status>err(30003)</Status><TotalCount>10</TotalCount><FilterCount>8</FilterCount>\
         <SentCount>7</SentCount><ErrorCount>1</ErrorCount><CopyrightCheckResult><Count>1</Count><ResultList><item>\
         <ArticleIdx>1</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState>\
         <OriginalArticleUrl>u1</OriginalArticleUrl><OriginalArticleType>1</OriginalArticleType>\
         <CanReprint>1</CanReprint><NeedReplaceContent>1</NeedReplaceContent>\
         <NeedShowReprintSource>0</NeedShowReprintSource></item></ResultList><CheckState>2</CheckState>\
         </CopyrightCheckResult><ArticleUrlResult><Count>1</Count><ResultList><item><ArticleIdx>1</ArticleIdx>\
         <ArticleUrl>u2</ArticleUrl></item></ResultList></ArticleUrlResult>",
    ) else {
        panic!("not a mass send")
    };
    assert_eq!((sent.msg_id.as_str(), sent.error), ("1000001625", Some(30_003)));
    assert_eq!((sent.total, sent.filtered, sent.sent, sent.failed), (10, 8, 7, 1));
    let check = sent.copyright.unwrap();
    assert_eq!(check.state, 2);
    let item = &check.items[0];
    assert_eq!((item.index, item.audit, item.original_url.as_str()), (1, 2, "u1"));
    assert!(item.can_reprint && item.need_replace && !item.need_source);
    assert_eq!(sent.articles, [ArticleUrl { index: 1, url: "u2".into() }]);
}

#[test]
fn the_end_of_publishing_is_read_under_both_names() {
    for name in ["PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH"] {
        let Event::Published(done) = happened(
            name,
            "<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>0</publish_status>\
             <article_id>A1</article_id><article_detail><count>1</count><item><idx>1</idx>\
             <article_url>u</article_url></item></article_detail></PublishEventInfo>",
        ) else {
            panic!("not published")
        };
        assert_eq!((done.status, done.article_id.as_str()), (0, "A1"));
        assert_eq!(done.articles, [ArticleUrl { index: 1, url: "u".into() }]);
    }
    let Event::Published(failed) = happened(
        "PUBLISHJOBFINISH",
        "<PublishEventInfo><publish_id>1</publish_id><publish_status>2</publish_status>\
         <fail_idx>1</fail_idx><fail_idx>3</fail_idx></PublishEventInfo>",
    ) else {
        panic!("not published")
    };
    assert_eq!((failed.status, failed.failed), (2, vec![1, 3]));
}

#[test]
fn consents_are_read_for_every_template_and_under_either_wrapper() {
    let list = "<List><TemplateId>t1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>\
                <PopupScene>2</PopupScene></List><List><TemplateId>t2</TemplateId>\
                <SubscribeStatusString>reject</SubscribeStatusString><PopupScene>2</PopupScene></List>";
    let consents = vec![
        Consent { template_id: "t1".into(), accepted: true, scene: Some(2) },
        Consent { template_id: "t2".into(), accepted: false, scene: Some(2) },
    ];
    let popup = format!("<SubscribeMsgPopupEvent>{list}</SubscribeMsgPopupEvent>");
    let change = format!("<SubscribeMsgChangeEvent>{list}</SubscribeMsgChangeEvent>");
    assert_eq!(
        happened("subscribe_msg_popup_event", &popup),
        Event::SubscribePopup(consents.clone())
    );
    for wrapped in [popup, change] {
        assert_eq!(
            happened("subscribe_msg_change_event", &wrapped),
            Event::SubscribeChange(consents.clone())
        );
    }
}

#[test]
fn the_end_of_subscription_notices_is_read() {
    assert_eq!(
        happened(
            "subscribe_msg_sent_event",
            "<SubscribeMsgSentEvent><List><TemplateId>t1</TemplateId><MsgID>1700827132819554304</MsgID>\
             <ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>"
        ),
        Event::SubscribeSent(vec![SentNotice {
            template_id: "t1".into(),
            msg_id: "1700827132819554304".into(),
            error_code: 0,
            error_status: "success".into(),
        }])
    );
}

#[test]
fn sessions_of_the_customer_service_desk_are_read() {
    assert_eq!(
        happened("kf_create_session", "<KfAccount>a@b</KfAccount>"),
        Event::KfCreateSession { account: "a@b".into() }
    );
    assert_eq!(
        happened("kf_close_session", "<KfAccount>a@b</KfAccount><CloseType>KF</CloseType>"),
        Event::KfCloseSession { account: "a@b".into(), close_type: Some("KF".into()) }
    );
    assert_eq!(
        happened(
            "kf_switch_session",
            "<FromKfAccount>a@b</FromKfAccount><ToKfAccount>c@b</ToKfAccount>"
        ),
        Event::KfSwitchSession { from: "a@b".into(), to: "c@b".into() }
    );
}

#[test]
fn verification_of_the_account_is_read() {
    let expires = "<ExpiredTime>1800000000</ExpiredTime>";
    let failed = "<FailTime>1790000000</FailTime><FailReason>材料不全</FailReason>";
    let (expires_s, failed_s) = (1_800_000_000, 1_790_000_000);
    let reason = || "材料不全".to_owned();
    for (name, rest, event) in [
        ("qualification_verify_success", expires, Event::QualificationPassed { expires_s }),
        (
            "qualification_verify_fail",
            failed,
            Event::QualificationFailed { failed_s, reason: reason() },
        ),
        ("naming_verify_success", expires, Event::NamingPassed { expires_s }),
        ("naming_verify_fail", failed, Event::NamingFailed { failed_s, reason: reason() }),
        ("annual_renew", expires, Event::AnnualRenew { expires_s }),
        ("verify_expired", expires, Event::VerifyExpired { expires_s }),
    ] {
        assert_eq!(happened(name, rest), event);
    }
}

#[test]
fn privacy_events_name_their_subject_in_either_spelling() {
    let modified =
        Event::UserInfoModified { openid: "oSubject".into(), appid: "wx1".into(), union_id: None };
    assert_eq!(
        happened("user_info_modified", "<OpenID>oSubject</OpenID><AppID>wx1</AppID>"),
        modified
    );
    assert_eq!(
        happened("user_info_modified", "<openid>oSubject</openid><appid>wx1</appid>"),
        modified
    );
    assert_eq!(
        happened(
            "user_authorization_revoke",
            "<OpenID>oSubject</OpenID><AppID>wx1</AppID><RevokeInfo>201,205</RevokeInfo>"
        ),
        Event::AuthorizationRevoked {
            openid: "oSubject".into(),
            appid: "wx1".into(),
            revoked: vec!["201".into(), "205".into()],
        }
    );
    assert_eq!(
        happened(
            "user_authorization_cancellation",
            "<OpenID>oSubject</OpenID><AppID>wx1</AppID><UnionID>u1</UnionID>"
        ),
        Event::AuthorizationCancelled {
            openid: "oSubject".into(),
            appid: "wx1".into(),
            union_id: Some("u1".into()),
        }
    );
}

#[test]
fn invoices_are_read() {
    assert_eq!(
        happened(
            "user_authorize_invoice",
            "<SuccOrderId>s1</SuccOrderId><FailOrderId></FailOrderId><AuthorizeAppId>wx1</AuthorizeAppId><Source>web</Source>"
        ),
        Event::InvoiceAuthorized {
            succeeded_order: Some("s1".into()),
            failed_order: None,
            appid: "wx1".into(),
            source: "web".into(),
        }
    );
    assert_eq!(
        happened(
            "update_invoice_status",
            "<Status>INVOICE_REIMBURSE_LOCK</Status><CardId>c</CardId><Code>1</Code>"
        ),
        Event::InvoiceStatus {
            status: "INVOICE_REIMBURSE_LOCK".into(),
            card_id: "c".into(),
            code: "1".into(),
        }
    );
    let title = happened("submit_invoice_title", "<title>某社</title><tax_no>91</tax_no>");
    assert!(
        matches!(&title, Event::InvoiceTitle { title, tax_no, .. } if title == "某社" && tax_no == "91")
    );
    let cloud = happened(
        "cloud_invoice_invoiceresult_event",
        "<fpqqlsh>q1</fpqqlsh><nsrsbh>s1</nsrsbh><pdf_url>p</pdf_url>",
    );
    assert!(matches!(&cloud, Event::CloudInvoice { request, seller, fields }
        if request == "q1" && seller == "s1" && fields.contains(&("pdf_url".into(), "p".into()))));
}

#[test]
fn cards_are_kept_with_their_kind() {
    for (name, kind) in [
        ("card_pass_check", CardKind::Passed),
        ("card_not_pass_check", CardKind::NotPassed),
        ("user_get_card", CardKind::Taken),
        ("user_gifting_card", CardKind::Gifting),
        ("user_del_card", CardKind::Deleted),
        ("user_consume_card", CardKind::Consumed),
        ("user_pay_from_pay_cell", CardKind::PaidFromCell),
        ("user_view_card", CardKind::Viewed),
        ("user_enter_session_from_card", CardKind::EnteredSession),
        ("update_member_card", CardKind::MemberCardUpdated),
        ("card_sku_remind", CardKind::StockRemind),
        ("card_pay_order", CardKind::PayOrder),
        ("submit_membercard_user_info", CardKind::MemberInfoSubmitted),
        ("giftcard_pay_done", CardKind::GiftCard),
    ] {
        let event = happened(name, "<CardId>c1</CardId><UserCardCode>u1</UserCardCode>");
        let Event::Card { kind: read, card_id, code, .. } = event else { panic!("{name}") };
        assert_eq!((read, card_id.as_str(), code.as_deref()), (kind, "c1", Some("u1")));
    }
}

#[test]
fn legacy_events_are_known_by_name_and_unknown_ones_are_kept() {
    for name in [
        "poi_check_notify",
        "WifiConnected",
        "guide_invite_result_event",
        "user_scan_product_async",
    ] {
        let event = happened(name, "<A>1</A>");
        assert!(matches!(&event, Event::Legacy { event, fields } if event == name
            && fields.contains(&("A".into(), "1".into()))));
    }
    let event = happened("debug_demo", "<debug_str>hello world</debug_str>");
    assert!(matches!(&event, Event::Unknown { event, fields } if event == "debug_demo"
        && fields.contains(&("debug_str".into(), "hello world".into()))));
    assert!(matches!(happened("", ""), Event::Unknown { .. }));
}

#[test]
fn only_events_of_a_follower_in_the_chat_may_be_answered() {
    assert!(happened("subscribe", "").may_be_answered());
    assert!(happened("CLICK", "<EventKey>k</EventKey>").may_be_answered());
    for quiet in ["unsubscribe", "VIEW", "TEMPLATESENDJOBFINISH", "annual_renew", "debug_demo"] {
        assert!(!happened(quiet, "").may_be_answered(), "{quiet}");
    }
}
