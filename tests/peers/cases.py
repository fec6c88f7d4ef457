"""What WeChat can send to an Official Account: every MsgType and Event, shaped as its documentation shows them."""

from dataclasses import dataclass

GEO = {"Location_X": "33.013521", "Location_Y": "111.002314", "Scale": 16, "Label": "城关镇人民路1号"}
SCAN = {"ScanType": "qrcode", "ScanResult": "http://weixin.qq.com/r/peer]]>&<x>"}
PICTURES = {"Count": 1, "PicList": {"item": {"PicMd5Sum": "1b5f7c23b5bf75682a53e7b6d163e185"}}}


@dataclass
class Case:
    name: str
    kind: str
    fields: dict
    # "reply", "ack" (`success` or nothing), or "any" of them
    wants: str = "any"
    # wechatpy has a class of its own for it: checks that the XML sent here is what others take it for
    known_to_wechatpy: bool = True


def messages():
    """MsgType other than event. A customer who says something hears something."""

    def text(name, content, **more):
        return Case(name, "text", {"Content": content, **more}, "reply")

    media = {"MediaId": "peer-media-id", "ThumbMediaId": "peer-thumb-id"}
    voice = {"MediaId": "peer-media-id", "Format": "amr"}
    return [
        text("text", "你好"),
        text("text: help", "帮助"),
        text("text: balance", "查余额"),
        text("text: cancel", "取消"),
        text("text: not understood", "紫色的拖拉机在月亮上唱歌"),
        text("text: one figure", "1"),
        text("text: emoji and WeChat's own codes", "余额\U0001f4b0[微笑]/::)"),
        text("text: several lines", "第一行\n第二行\r\n第三行"),
        text("text: a CDATA end", "]]>"),
        text("text: XML inside", "<xml><FromUserName>oOther</FromUserName></xml>"),
        text("text: entities", "&lt;&amp;&#x4e2d; <a href=\"http://x\">x</a>"),
        text("text: 600 characters", "余" * 600),
        text("text: a space", " "),
        text("text: a tapped menu line", "查余额", bizmsgmenuid="account_balance"),
        text("text: from an article", "你好", MsgDataId="2247483650_1", Idx=1),
        Case("text: without words", "text", {"Content": None}, "reply"),
        Case("image", "image", {"PicUrl": "http://mmbiz.example/0", "MediaId": "peer-media-id"}, "reply"),
        Case("voice without recognition", "voice", voice, "reply"),
        Case("voice understood", "voice", {**voice, "Recognition": "查余额。"}, "reply"),
        Case("voice not understood", "voice", {**voice, "Recognition": None}, "reply"),
        Case("voice at 16 kHz", "voice", {**voice, "MediaId16K": "m16", "Recognition": "你好"}, "reply"),
        Case("video", "video", media, "reply"),
        Case("shortvideo", "shortvideo", media, "reply"),
        Case("location", "location", GEO, "reply"),
        Case("location without a label", "location", {**GEO, "Label": None}, "reply"),
        Case("link", "link", {"Title": "标题", "Description": "描述", "Url": "http://example.invalid/"}, "reply"),
        Case("file", "file", {"Title": "工资.xlsx", "FileKey": "k", "FileTotalLen": 12}, "reply",
             known_to_wechatpy=False),
        Case("miniprogrampage", "miniprogrampage", {"Title": "小程序", "AppId": "wx1", "PagePath": "p"}, "reply"),
        Case("a type of tomorrow", "hologram", {"Anything": "at all"}, "reply", known_to_wechatpy=False),
    ]


def event(name, more=None, wants="ack", title=None, known=True):
    return Case(f"event {title or name}", "event", {"Event": name, **(more or {})}, wants, known)


def events():
    return chat_events() + menu_events() + result_events() + account_events() + other_events()


def chat_events():
    ticket = {"Ticket": "gQH47joAAAAAAAAAASxodHRwOi8vd2VpeGluLnFxLmNvbS9xL2taZ2Z3TVRtNzJXV1Brb3ZhYmJJAAIEZ23sUwMEmm3sUw=="}
    scene = {"EventKey": "qrscene_lingxi", **ticket}
    place = {"Latitude": "33.013521", "Longitude": "111.002314", "Precision": "65.000000"}
    return [
        event("unsubscribe", {"EventKey": None}),
        event("unsubscribe", {"EventKey": ""}, title="unsubscribe, once more"),
        event("subscribe", {"EventKey": None}, "reply"),
        event("subscribe", None, "reply", "subscribe without EventKey"),
        event("subscribe", scene, "reply", "subscribe by a scene code"),
        event("subscribe", {"EventKey": "last_trade_no_4200001"}, "reply", "subscribe after a payment"),
        event("SCAN", {"EventKey": "lingxi", **ticket}, "reply"),
        event("SCAN", {"EventKey": 123, **ticket}, "reply", "SCAN of a number"),
        event("SCAN", {"EventKey": "nobody_knows]]>", **ticket}, "reply", "SCAN of an unknown scene"),
        event("LOCATION", place, "any"),
        event("kf_create_session", {"KfAccount": "kf2001@gh_peer"}),
        event("kf_close_session", {"KfAccount": "kf2001@gh_peer", "CloseType": "KF"}),
        event("kf_switch_session", {"FromKfAccount": "a@gh_peer", "ToKfAccount": "b@gh_peer"}),
    ]


def menu_events():
    return [
        event("CLICK", {"EventKey": "account_balance"}, "reply"),
        event("CLICK", {"EventKey": "help_menu"}, "reply", "CLICK of help"),
        event("CLICK", {"EventKey": "a_button_of_last_year"}, "reply", "CLICK of an unknown button"),
        event("VIEW", {"EventKey": "https://bank.example/", "MenuId": "419119257"}),
        event("view_miniprogram", {"EventKey": "pages/index", "MenuId": "419119257"}),
        event("scancode_push", {"EventKey": "rselfmenu_0_1", "ScanCodeInfo": SCAN}, "any"),
        event("scancode_waitmsg", {"EventKey": "rselfmenu_0_0", "ScanCodeInfo": SCAN}, "any"),
        event("pic_sysphoto", {"EventKey": "rselfmenu_1_0", "SendPicsInfo": PICTURES}, "any"),
        event("pic_photo_or_album", {"EventKey": "rselfmenu_1_1", "SendPicsInfo": PICTURES}, "any"),
        event("pic_weixin", {"EventKey": "rselfmenu_1_2", "SendPicsInfo": PICTURES}, "any"),
        event("location_select", {"EventKey": "rselfmenu_2_0", "SendLocationInfo": {**GEO, "Poiname": None}}, "any"),
    ]


def result_events():
    mass = {"MsgID": 1000001625, "TotalCount": 0, "FilterCount": 0, "SentCount": 0, "ErrorCount": 0}
    copied = {"ArticleIdx": 1, "UserDeclareState": 0, "AuditState": 2, "OriginalArticleUrl": "http://x",
              "OriginalArticleType": 1, "CanReprint": 1, "NeedReplaceContent": 1, "NeedShowReprintSource": 1}
    check = {"Count": 1, "ResultList": {"item": [copied, {**copied, "ArticleIdx": 2}]}, "CheckState": 2}
    links = {"Count": 1, "ResultList": {"item": {"ArticleIdx": 1, "ArticleUrl": "http://x"}}}
    done = {"publish_id": 2247503051, "publish_status": 0, "article_id": "b5O2OUs25HBxRceL7hfReg-U9QGeq",
            "article_detail": {"count": 1, "item": {"idx": 1, "article_url": "http://x"}}}
    failed = {"publish_id": 2247503051, "publish_status": 2, "fail_idx": [1, 2]}
    answered = [{"TemplateId": f"VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc{n}", "SubscribeStatusString": word,
                 "PopupScene": 1} for n, word in enumerate(["accept", "reject"])]
    sent = {"TemplateId": "VRR0UEO9", "MsgID": "1864323726461255680", "ErrorCode": 0, "ErrorStatus": "success"}
    return [
        *(event("TEMPLATESENDJOBFINISH", {"MsgID": 200163836 + n, "Status": status}, title=f"template: {status}")
          for n, status in enumerate(["success", "failed:user block", "failed: system failed"])),
        event("MASSSENDJOBFINISH", {**mass, "Status": "send success"}),
        event("MASSSENDJOBFINISH", {**mass, "MsgID": 2, "Status": "err(30003)", "CopyrightCheckResult": check,
                                    "ArticleUrlResult": links}, title="MASSSENDJOBFINISH with copyright check"),
        event("PUBLISHJOBFINISH", {"PublishEventInfo": done}, known=False),
        event("PUBLISHJOBFINISH", {"PublishEventInfo": failed}, known=False, title="PUBLISHJOBFINISH failed"),
        event("subscribe_msg_popup_event", {"SubscribeMsgPopupEvent": {"List": answered}}, known=False),
        event("subscribe_msg_change_event", {"SubscribeMsgChangeEvent": {"List": answered[1]}}, known=False),
        event("subscribe_msg_change_event", {"SubscribeMsgPopupEvent": {"List": answered[1]}}, known=False,
              title="subscribe_msg_change_event in the older shape"),
        event("subscribe_msg_sent_event", {"SubscribeMsgSentEvent": {"List": sent}}, known=False),
    ]


def account_events():
    failed = {"FailTime": 1442401122, "FailReason": "by time"}
    return [
        event("qualification_verify_success", {"ExpiredTime": 1442401156}),
        event("qualification_verify_fail", failed),
        event("naming_verify_success", {"ExpiredTime": 1442401093}),
        event("naming_verify_fail", failed),
        event("annual_renew", {"ExpiredTime": 1442401004}),
        event("verify_expired", {"ExpiredTime": 1442400900}),
        event("user_info_modified", {"OpenID": "oPeerSubject", "AppID": "wx1"}, known=False),
        event("user_info_modified", {"openid": "oPeerSubject", "appid": "wx1"}, known=False,
              title="user_info_modified in small letters"),
        event("user_authorization_revoke", {"OpenID": "oPeerSubject", "AppID": "wx1", "RevokeInfo": "205"},
              known=False),
        event("user_authorization_cancellation", {"OpenID": "oPeerSubject", "AppID": "wx1", "UnionID": "u"},
              known=False),
    ]


def other_events():
    card = {"CardId": "pFS7Fjg8kV1IdDz01r4SQwMkuCKc", "UserCardCode": "12312312"}
    cards = ["card_pass_check", "user_get_card", "user_gifting_card", "user_del_card", "user_consume_card",
             "user_pay_from_pay_cell", "user_view_card", "user_enter_session_from_card", "update_member_card",
             "card_sku_remind", "card_pay_order", "submit_membercard_user_info"]
    return [
        *(event(name, card) for name in cards),
        event("giftcard_pay_done", {"PageId": "p", "OrderId": "o"}, known=False),
        event("user_authorize_invoice", {"SuccOrderId": "1", "FailOrderId": None, "AuthorizeAppId": "wx1",
                                         "Source": "web"}),
        event("update_invoice_status", {"Status": "INVOICE_REIMBURSE_LOCK", "CardId": "c", "Code": "1"}),
        event("submit_invoice_title", {"title": "t", "phone": "p", "tax_no": "n", "title_type": "InvoiceUserTitleBusinessType"}),
        event("cloud_invoice_invoiceresult_event", {"fpqqlsh": "1", "nsrsbh": "2"}, known=False),
        event("poi_check_notify", {"UniqId": "1", "PoiId": "2", "result": "succ", "msg": None}),
        event("WifiConnected", {"ConnectTime": 0, "ExpireTime": 0, "VendorId": "1", "ShopId": "1", "DeviceNo": "1"}),
        event("merchant_order", {"OrderId": "1", "OrderStatus": 2, "ProductId": "1", "SkuInfo": "1"}),
        event("debug_demo", {"debug_str": "hello"}, known=False, title="debug_demo from the console"),
        event("an_event_of_tomorrow", {"Deep": {"Deeper": {"Deepest": [1, 2, 3]}}}, known=False),
        Case("event without a name", "event", {"EventKey": "x"}, "ack", known_to_wechatpy=False),
    ]


# 全网发布检测: appid and 原始ID of the Official Accounts WeChat tests a third-party platform with.
LAUNCH_CHECK_APPIDS = [
    ("wx570bc396a51b8ff8", "gh_3c884a361561"),
    ("wx9252c5e0bb1836fc", "gh_c0f28a78b318"),
    ("wx8e1097c5bc82cde9", "gh_3f222ed8d140"),
    ("wx14550af28c71a144", "gh_26128078e9ab"),
    ("wxa35b9c23cfe664eb", "gh_2b3713f184a6"),
]


def platform_pushes(appid):
    """To the 授权事件接收URL. The ticket is old, so that the running platform keeps its newer one."""
    return [
        ("component_verify_ticket", {"AppId": appid, "CreateTime": 1413192605, "InfoType": "component_verify_ticket",
                                     "ComponentVerifyTicket": "ticket@@@peer"}),
        ("unauthorized, of an account that is not ours",
         {"AppId": appid, "CreateTime": 1413192760, "InfoType": "unauthorized", "AuthorizerAppid": "wxpeer0000000001"}),
        ("an InfoType of tomorrow", {"AppId": appid, "CreateTime": 1413192760, "InfoType": "notify_third_tomorrow"}),
    ]
