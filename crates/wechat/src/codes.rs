//! What every WeChat error code means for us, and the one thing to do about it.
//!
//! The table is section 23 of WeChat's error list as we classify it (plus the codes named in the token, custom message, OAuth
//! and third-party chapters). A code that is not listed is kept as it is, classed [`Class::Unknown`], and shown to an
//! operator; it is never fatal. Not for: what an HTTP or network failure means (see [`crate::api::CallError`]).

/// What kind of trouble a code tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// WeChat itself is busy (-1).
    Busy,
    /// The token we sent is not, or no longer, the valid one.
    Token,
    /// AppID, secret or grant type is wrong, or the secret is frozen.
    Credential,
    /// Our outgoing address is not on the account's or platform's IP whitelist.
    Whitelist,
    /// The openid does not belong to this appid, or is not a follower.
    Openid,
    /// The person does not follow the account.
    NotFollowing,
    /// The person refused messages, or is on the account's blacklist, or gave no (more) consent.
    Refused,
    /// A media id that no longer exists.
    Media,
    /// A file larger than the limit.
    TooLarge,
    /// Our request is wrong: a bug of ours.
    Request,
    /// A web login code or its refresh token cannot be used (any more).
    Login,
    /// A template id that is unknown, or belongs to the other template system.
    Template,
    /// A template's value breaks the rule of its keyword.
    TemplateData,
    /// The quota of the day (or month) is used up.
    Quota,
    /// Too many calls in this minute.
    Rate,
    /// The customer-service window is closed or its count is used up.
    Window,
    /// The same client id was already accepted.
    Duplicate,
    /// A typing indicator that cannot be shown now.
    Typing,
    /// There is no menu.
    Absent,
    /// WeChat has withdrawn this call.
    Withdrawn,
    /// The account has no right to this call, is banned, or has not agreed to terms.
    Permission,
    /// A mini program that is not linked, or its path is wrong.
    MiniProgram,
    /// Tag rules: counts, names, system tags.
    Tag,
    /// The platform's verify ticket is missing, expired or not the newest.
    Ticket,
    /// The account has not (or no longer) authorised the platform, or not this permission set.
    Authorization,
    /// An authorisation code that is invalid, used or expired.
    AuthCode,
    /// The authorizer's refresh token has been replaced.
    RefreshToken,
    /// A platform token where an account's belongs, or the reverse.
    TokenKind,
    /// Customer-service accounts and sessions.
    Service,
    /// Conditional menus.
    ConditionalMenu,
    /// The callback address is not set or cannot be checked now.
    Callback,
    /// An administrator of the account must confirm first.
    Confirmation,
    /// Content that WeChat holds risky, or words it blocks.
    Content,
    /// Codes of a sub-system with its own list.
    Subsystem,
    /// Not in our table.
    Unknown,
}

/// The one thing to do about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// Try again with growing pauses, if the call is idempotent or carries a client id.
    Retry,
    /// Fetch the token again once and repeat the call once. [`crate::api::Account`] does this by itself.
    RefreshToken,
    /// Stop calling for this account and tell an operator.
    StopAndAlert,
    /// Add the address of [`crate::api::ApiError::ip`] to the whitelist; do not call meanwhile.
    AddIp,
    /// Final for this person; nothing to repeat.
    GiveUp,
    /// Stop notifying this person and mark them as not following.
    MarkUnfollowed,
    /// Final until the person consents again.
    WaitForConsent,
    /// Upload the file again and use the new media id.
    UploadAgain,
    /// Our bug: correct the request; a repeat fails the same way.
    FixRequest,
    /// Send the person through web login again.
    RestartLogin,
    /// Correct the template's mapping, or the value of the field that the message names.
    FixTemplate,
    /// No call of this kind before the quota resets or is cleared.
    WaitForQuota,
    /// Again in the next minute, through a token bucket.
    NextMinute,
    /// Reach the person by template or subscription message instead.
    OtherChannel,
    /// The effect is already there: take it as success.
    TakeAsSuccess,
    /// Take it as an empty answer.
    TakeAsEmpty,
    /// Nothing to do.
    Ignore,
    /// Stop using this call: it no longer exists.
    RemoveCall,
    /// An operator corrects a setting (linked mini program, callback address, platform data).
    FixSetting,
    /// An operator brings tags, menus or service accounts back within the rules.
    FixContent,
    /// Ask the bank's administrator to authorise (again, with all permission sets).
    AskToAuthorize,
    /// Use the newest verify ticket; ask for a push; alert after 30 minutes without one.
    NewTicket,
    /// Make a new authorisation link.
    RestartAuthorization,
    /// Look the refresh token up in the authorizer list; when it is not there, ask to authorise again.
    RecoverFromList,
    /// Wait for the account's administrator to confirm, and say so.
    WaitForAdmin,
    /// Show the code to an operator.
    ShowOperator,
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub class: Class,
    pub advice: Advice,
    /// What happened, for an operator, in Chinese.
    pub meaning: &'static str,
}

type Line = (&'static [(i64, i64)], Class, Advice, &'static str);

/// Ranges are inclusive. The first line that holds a code decides.
#[rustfmt::skip]
const TABLE: &[Line] = &[
    (&[(-1, -1)], Class::Busy, Advice::Retry, "微信系统繁忙"),
    (&[(40001, 40001), (40014, 40014), (42001, 42001), (42006, 42006)], Class::Token, Advice::RefreshToken, "令牌失效或不是最新"),
    (&[(40002, 40002), (40013, 40013), (40125, 40125), (41002, 41002), (41004, 41004), (40243, 40243)], Class::Credential, Advice::StopAndAlert, "AppID 或 AppSecret 不正确，或密钥已冻结"),
    (&[(50004, 50004), (50007, 50007)], Class::Credential, Advice::StopAndAlert, "令牌接口被禁用，或账号已冻结"),
    (&[(40003, 40003), (40032, 40032), (49003, 49003)], Class::Openid, Advice::GiveUp, "openid 不属于该公众号，或该用户未关注"),
    (&[(40007, 40007), (46001, 46001)], Class::Media, Advice::UploadAgain, "素材不存在或已过期"),
    (&[(40029, 40030), (40163, 40163), (42002, 42003), (41008, 41008)], Class::Login, Advice::RestartLogin, "网页授权 code 无效、已使用或已过期"),
    (&[(40036, 40037)], Class::Template, Advice::FixTemplate, "模板编号不存在，或属于另一套模板库"),
    (&[(40164, 40164), (45035, 45035), (61004, 61004)], Class::Whitelist, Advice::AddIp, "调用方 IP 不在白名单"),
    (&[(40091, 40091), (61005, 61006)], Class::Ticket, Advice::NewTicket, "第三方平台票据（component_verify_ticket）过期或无效"),
    (&[(40094, 40094), (61011, 61011)], Class::Credential, Advice::FixSetting, "第三方平台资料不正确"),
    (&[(61028, 61028)], Class::Authorization, Advice::FixSetting, "第三方平台尚未全网发布，只有测试名单内的公众号可以授权"),
    (&[(40165, 40166), (41030, 41030), (45064, 45064)], Class::MiniProgram, Advice::FixSetting, "小程序未关联，或页面路径不正确"),
    (&[(40170, 40170), (61012, 61013), (61025, 61025)], Class::Request, Advice::FixRequest, "第三方平台接口参数不正确"),
    (&[(40201, 40203)], Class::Callback, Advice::FixSetting, "未设置回调地址，或暂时无法检测"),
    (&[(41001, 41001), (43001, 43003)], Class::Request, Advice::FixRequest, "请求方式不正确，或缺少令牌"),
    (&[(42007, 42007), (61003, 61003), (61007, 61007), (61016, 61017)], Class::Authorization, Advice::AskToAuthorize, "公众号未授权本平台，或未授权所需权限集"),
    (&[(43004, 43004), (50005, 50005)], Class::NotFollowing, Advice::MarkUnfollowed, "用户未关注公众号"),
    (&[(43019, 43019)], Class::Refused, Advice::GiveUp, "用户在公众号黑名单中"),
    (&[(43101, 43101)], Class::Refused, Advice::WaitForConsent, "用户未订阅该通知，或订阅次数已用完"),
    (&[(48002, 48002), (43006, 43006)], Class::Refused, Advice::GiveUp, "用户拒收消息"),
    (&[(45001, 45001)], Class::TooLarge, Advice::GiveUp, "文件超过大小限制"),
    (&[(45009, 45009), (48006, 48006)], Class::Quota, Advice::WaitForQuota, "接口调用次数已达当日（或当月清零次数）上限"),
    (&[(45011, 45011)], Class::Rate, Advice::NextMinute, "调用太频繁，请下一分钟再试"),
    (&[(45015, 45015), (45047, 45047)], Class::Window, Advice::OtherChannel, "客服消息时间窗口已关闭，或条数已用完"),
    (&[(45028, 45028)], Class::Quota, Advice::WaitForQuota, "群发次数已用完"),
    (&[(45026, 45027)], Class::Template, Advice::FixTemplate, "模板数量已满，或与所选类目不符"),
    (&[(45029, 45029)], Class::Quota, Advice::ShowOperator, "永久二维码数量已达上限"),
    (&[(45010, 45010)], Class::Request, Advice::FixRequest, "菜单按钮数量或名称不符合要求"),
    (&[(45056, 45059), (45157, 45159)], Class::Tag, Advice::FixContent, "标签数量、名称或粉丝数不符合规则"),
    (&[(45065, 45065)], Class::Duplicate, Advice::TakeAsSuccess, "相同 clientmsgid 已提交过"),
    (&[(45066, 45067)], Class::Request, Advice::FixRequest, "clientmsgid 不符合要求"),
    (&[(45072, 45072)], Class::Request, Advice::FixRequest, "输入状态指令不正确"),
    (&[(45080, 45081)], Class::Typing, Advice::Ignore, "输入状态暂不可下发"),
    (&[(45087, 45087)], Class::Permission, Advice::StopAndAlert, "该公众号被禁止下发客服消息"),
    (&[(45098, 45099)], Class::Request, Advice::FixRequest, "菜单消息的选项个数或长度不符合要求"),
    (&[(45103, 45103), (45109, 45109), (48009, 48009)], Class::Withdrawn, Advice::RemoveCall, "该接口已下线"),
    (&[(45168, 45168)], Class::Content, Advice::FixTemplate, "内容命中屏蔽词"),
    (&[(46003, 46003)], Class::Absent, Advice::TakeAsEmpty, "未设置菜单"),
    (&[(47003, 47003)], Class::TemplateData, Advice::FixTemplate, "模板字段的值不符合该类型的要求"),
    (&[(48001, 48001), (48003, 48004), (48008, 48008), (48011, 48011), (50001, 50002)], Class::Permission, Advice::StopAndAlert, "公众号没有该接口权限，或未同意协议，或被封禁"),
    (&[(48005, 48005), (45060, 45060)], Class::Request, Advice::FixContent, "素材正被菜单或自动回复引用"),
    (&[(61009, 61010)], Class::AuthCode, Advice::RestartAuthorization, "授权码无效、已使用或已过期"),
    (&[(61014, 61015), (61024, 61024)], Class::TokenKind, Advice::FixRequest, "使用了错误种类的令牌"),
    (&[(61023, 61023)], Class::RefreshToken, Advice::RecoverFromList, "公众号的刷新令牌已失效"),
    (&[(61451, 61457), (65400, 65417)], Class::Service, Advice::FixContent, "客服账号或会话不符合规则"),
    (&[(65301, 65320)], Class::ConditionalMenu, Advice::FixContent, "个性化菜单不符合规则"),
    (&[(76001, 76004), (76021, 76022)], Class::Request, Advice::FixRequest, "诊断接口的参数不正确"),
    (&[(87009, 87009)], Class::Request, Advice::FixRequest, "接口签名不正确"),
    (&[(87014, 87014)], Class::Content, Advice::GiveUp, "内容含有违规信息"),
    (&[(89000, 89004)], Class::Authorization, Advice::FixSetting, "开放平台账号绑定不符合规则"),
    (&[(89501, 89507)], Class::Confirmation, Advice::WaitForAdmin, "等待公众号管理员确认，或管理员已拒绝"),
    (&[(40008, 40008), (40016, 40027), (40033, 40033), (40035, 40035), (40054, 40055), (40066, 40066), (44001, 44004), (45002, 45008), (47001, 47002)], Class::Request, Advice::FixRequest, "请求内容不符合接口要求"),
    (&[(9_001_000, 9_001_999), (200_000, 200_099)], Class::Subsystem, Advice::ShowOperator, "子系统返回的错误，请查官方文档"),
];

const UNKNOWN: Known = Known {
    class: Class::Unknown,
    advice: Advice::ShowOperator,
    meaning: "未收录的错误码，请查官方文档",
};

/// What we know of a code; an unlisted one gives [`Class::Unknown`] and [`Advice::ShowOperator`].
pub fn look_up(code: i64) -> Known {
    TABLE
        .iter()
        .find(|(ranges, ..)| ranges.iter().any(|&(from, to)| (from..=to).contains(&code)))
        .map_or(UNKNOWN, |&(_, class, advice, meaning)| Known { class, advice, meaning })
}

impl Class {
    /// A stable word for logs and counters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Token => "token",
            Self::Credential => "credential",
            Self::Whitelist => "whitelist",
            Self::Openid => "openid",
            Self::NotFollowing => "not_following",
            Self::Refused => "refused",
            Self::Media => "media",
            Self::TooLarge => "too_large",
            Self::Request => "request",
            Self::Login => "login",
            Self::Template => "template",
            Self::TemplateData => "template_data",
            Self::Quota => "quota",
            Self::Rate => "rate",
            Self::Window => "window",
            Self::Duplicate => "duplicate",
            Self::Typing => "typing",
            Self::Absent => "absent",
            Self::Withdrawn => "withdrawn",
            Self::Permission => "permission",
            Self::MiniProgram => "mini_program",
            Self::Tag => "tag",
            Self::Ticket => "ticket",
            Self::Authorization => "authorization",
            Self::AuthCode => "auth_code",
            Self::RefreshToken => "refresh_token",
            Self::TokenKind => "token_kind",
            Self::Service => "service",
            Self::ConditionalMenu => "conditional_menu",
            Self::Callback => "callback",
            Self::Confirmation => "confirmation",
            Self::Content => "content",
            Self::Subsystem => "subsystem",
            Self::Unknown => "unknown",
        }
    }
}

impl Advice {
    /// What an operator should do, in Chinese.
    pub fn words(self) -> &'static str {
        match self {
            Self::Retry => "稍后自动重试，无需处理",
            Self::RefreshToken => {
                "系统会自动刷新令牌并重试一次；反复出现时请检查是否有其他系统在用同一 AppSecret"
            }
            Self::StopAndAlert => "已停止对该公众号的调用，请到公众平台核对账号、密钥与接口权限",
            Self::AddIp => {
                "请把提示中的 IP 加入白名单（公众平台：开发-基本配置；第三方平台：开发资料-白名单 IP）"
            }
            Self::GiveUp => "无需重试",
            Self::MarkUnfollowed => "停止向该用户发送，并标记为未关注",
            Self::WaitForConsent => "等待用户再次订阅",
            Self::UploadAgain => "请重新上传素材",
            Self::FixRequest => "程序问题，请把错误码和 rid 交给技术人员",
            Self::RestartLogin => "请用户重新进入页面",
            Self::FixTemplate => "请核对模板编号与字段内容",
            Self::WaitForQuota => "当日不再调用；确有需要可在后台清零次数",
            Self::NextMinute => "下一分钟自动继续",
            Self::OtherChannel => "改用模板消息或订阅通知",
            Self::TakeAsSuccess => "已成功，无需处理",
            Self::TakeAsEmpty => "按空结果处理",
            Self::Ignore => "无需处理",
            Self::RemoveCall => "请停用该功能",
            Self::FixSetting => "请核对公众平台或第三方平台上的相关设置",
            Self::FixContent => "请按提示调整内容后再提交",
            Self::AskToAuthorize => "请该行公众号管理员重新扫码授权，并勾选全部权限集",
            Self::NewTicket => "系统会用最新票据重试；超过 30 分钟未收到票据请检查授权事件接收地址",
            Self::RestartAuthorization => "请重新生成授权链接",
            Self::RecoverFromList => "系统会从授权列表找回；找不到时请该行重新授权",
            Self::WaitForAdmin => "请公众号管理员在手机上确认",
            Self::ShowOperator => "请按错误码查阅官方文档",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_on_two_lines() {
        let mut seen = std::collections::BTreeMap::new();
        for (line, (ranges, ..)) in TABLE.iter().enumerate() {
            for &(from, to) in *ranges {
                assert!(from <= to);
                for code in from..=to {
                    assert_eq!(seen.insert(code, line), None, "{code}");
                }
            }
        }
    }

    #[test]
    fn known_codes_have_their_class_and_one_advice() {
        for (code, class, advice) in [
            (-1, Class::Busy, Advice::Retry),
            (42001, Class::Token, Advice::RefreshToken),
            (40164, Class::Whitelist, Advice::AddIp),
            (61004, Class::Whitelist, Advice::AddIp),
            (45015, Class::Window, Advice::OtherChannel),
            (45065, Class::Duplicate, Advice::TakeAsSuccess),
            (46003, Class::Absent, Advice::TakeAsEmpty),
            (45081, Class::Typing, Advice::Ignore),
            (61006, Class::Ticket, Advice::NewTicket),
            (61023, Class::RefreshToken, Advice::RecoverFromList),
            (65320, Class::ConditionalMenu, Advice::FixContent),
            (40163, Class::Login, Advice::RestartLogin),
        ] {
            let known = look_up(code);
            assert_eq!((known.class, known.advice), (class, advice), "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_shown_to_an_operator_not_guessed() {
        assert_eq!(look_up(99_999), UNKNOWN);
        assert_eq!(look_up(40004), UNKNOWN);
    }
}
