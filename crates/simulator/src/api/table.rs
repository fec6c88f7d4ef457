//! Every call of the server API on one screen: method, who may call, daily limit, permission sets, function.
//!
//! Rights are those of 接口权限说明, permission sets those of 第三方平台权限集, daily limits those of 接口调用频次说明 for accounts
//! that are not test accounts.

use super::{Call, Outcome};
use super::{
    basic, component, custom, datacube, draft, files, kf, mass, material, menu, notice, once,
    publish, qr, quota, readers, session, shorten, sns, tags, template, token, user,
};
use crate::config::{AccountConfig, AccountKind};
use crate::world::World;
use http::Method;

/// Which token a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// None, or its own proof inside.
    Open,
    Account,
    Component,
}

/// HTTP methods a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Either,
}

impl Verb {
    pub(crate) fn allows(self, method: &Method) -> bool {
        match self {
            Self::Get => method == Method::GET,
            Self::Post => method == Method::POST,
            Self::Either => method == Method::GET || method == Method::POST,
        }
    }
}

/// What sort of account may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    Everyone,
    /// All but 订阅号 that are not verified.
    NotBare,
    Verified,
    VerifiedService,
}

impl Right {
    pub(crate) fn is_held_by(self, account: &AccountConfig) -> bool {
        match self {
            Self::Everyone => true,
            Self::NotBare => account.kind == AccountKind::Service || account.verified,
            Self::Verified => account.verified,
            Self::VerifiedService => account.is_full_service(),
        }
    }
}

/// One call.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) path: &'static str,
    pub(crate) method: Verb,
    pub(crate) auth: Auth,
    pub(crate) right: Right,
    /// Any of these must be granted to a platform; empty: none needed.
    pub(crate) sets: &'static [u32],
    /// Per account and day; 0: no limit.
    pub(crate) daily: i64,
    /// A POST without a body is fine.
    pub(crate) takes_empty: bool,
    pub(crate) run: fn(&mut World, &Call) -> Outcome,
}

impl Api {
    pub(crate) fn is_granted(&self, granted: &[u32]) -> bool {
        self.sets.is_empty() || self.sets.iter().any(|s| granted.contains(s))
    }
}

const fn api(
    path: &'static str,
    method: Verb,
    right: Right,
    sets: &'static [u32],
    daily: i64,
    run: fn(&mut World, &Call) -> Outcome,
) -> Api {
    Api { path, method, auth: Auth::Account, right, sets, daily, takes_empty: false, run }
}

/// A POST that may come without a body.
const fn empty(
    path: &'static str,
    right: Right,
    sets: &'static [u32],
    daily: i64,
    run: fn(&mut World, &Call) -> Outcome,
) -> Api {
    Api { takes_empty: true, ..api(path, Verb::Post, right, sets, daily, run) }
}

const fn open(path: &'static str, method: Verb, run: fn(&mut World, &Call) -> Outcome) -> Api {
    let takes_empty = true;
    Api {
        path,
        method,
        auth: Auth::Open,
        right: Right::Everyone,
        sets: &[],
        daily: 0,
        takes_empty,
        run,
    }
}

const fn platform(path: &'static str, run: fn(&mut World, &Call) -> Outcome) -> Api {
    Api {
        path,
        method: Verb::Post,
        auth: Auth::Component,
        right: Right::Everyone,
        sets: &[],
        daily: 0,
        takes_empty: false,
        run,
    }
}

use Right::{Everyone, NotBare, Verified, VerifiedService};
use Verb::{Either, Get, Post};

const MENU: &[u32] = &[15];
const USER: &[u32] = &[2, 100];
const CUSTOM: &[u32] = &[1, 6, 19, 100, 101];
const NOTICE: &[u32] = &[7, 100, 101];
const CODE: &[u32] = &[3];
const WEB: &[u32] = &[4];
const PRESS: &[u32] = &[7];
const LIBRARY: &[u32] = &[11, 100];
const DESK: &[u32] = &[6, 1, 19, 100, 101];
const TALK: &[u32] = &[1];
/// No set has this number: not for platforms.
const NOT_FOR_PLATFORMS: &[u32] = &[0];
const MEDIA: &[u32] = &[1, 3, 8, 9, 11, 19, 30, 31, 100];

// one call a line is the point of this table
#[rustfmt::skip]
static APIS: &[Api] = &[
    open("/cgi-bin/token", Get, token::classic),
    open("/cgi-bin/stable_token", Post, token::stable),
    api("/cgi-bin/getcallbackip", Get, Everyone, &[], 0, basic::callback_ip),
    api("/cgi-bin/get_api_domain_ip", Get, Everyone, &[], 0, basic::api_domain_ip),
    api("/cgi-bin/callback/check", Post, Everyone, &[], 0, basic::callback_check),
    api("/cgi-bin/ticket/getticket", Get, Everyone, WEB, 1_000_000, token::ticket),
    api("/cgi-bin/openapi/quota/get", Post, Everyone, &[], 0, quota::get),
    api("/cgi-bin/openapi/quota/clear", Post, Everyone, &[], 0, quota::clear_one),
    api("/cgi-bin/openapi/rid/get", Post, Everyone, &[], 0, quota::rid),
    api("/cgi-bin/clear_quota", Post, Everyone, &[], 0, quota::clear),
    open("/cgi-bin/clear_quota/v2", Post, quota::clear_by_secret),
    api("/cgi-bin/menu/create", Post, NotBare, MENU, 1_000, menu::create),
    api("/cgi-bin/menu/get", Get, NotBare, MENU, 10_000, menu::get),
    api("/cgi-bin/menu/delete", Get, NotBare, MENU, 1_000, menu::delete),
    api("/cgi-bin/get_current_selfmenu_info", Get, NotBare, MENU, 10_000, menu::current),
    api("/cgi-bin/menu/addconditional", Post, Verified, MENU, 2_000, menu::add_conditional),
    api("/cgi-bin/menu/delconditional", Post, Verified, MENU, 2_000, menu::delete_conditional),
    api("/cgi-bin/menu/trymatch", Post, Verified, MENU, 20_000, menu::try_match),
    api("/cgi-bin/message/custom/send", Post, Verified, CUSTOM, 500_000, custom::send),
    api("/cgi-bin/message/custom/typing", Post, Verified, CUSTOM, 500_000, custom::typing),
    api("/cgi-bin/message/template/send", Post, VerifiedService, NOTICE, 100_000, template::send),
    api("/cgi-bin/template/api_add_template", Post, VerifiedService, NOTICE, 1_000, template::add),
    api("/cgi-bin/template/get_all_private_template", Get, VerifiedService, NOTICE, 1_000, template::list),
    api("/cgi-bin/template/del_private_template", Post, VerifiedService, NOTICE, 1_000, template::delete),
    api("/cgi-bin/template/get_industry", Get, VerifiedService, NOTICE, 1_000, template::industry),
    api("/cgi-bin/user/info", Get, Verified, USER, 5_000_000, user::info),
    api("/cgi-bin/user/info/batchget", Post, Verified, USER, 5_000_000, user::info_batch),
    api("/cgi-bin/user/info/updateremark", Post, Verified, USER, 10_000, user::remark),
    api("/cgi-bin/user/get", Get, Verified, USER, 500, user::list),
    api("/cgi-bin/tags/create", Post, Verified, USER, 1_000, tags::create),
    api("/cgi-bin/tags/get", Get, Verified, USER, 1_000, tags::list),
    api("/cgi-bin/tags/update", Post, Verified, USER, 1_000, tags::update),
    api("/cgi-bin/tags/delete", Post, Verified, USER, 1_000, tags::delete),
    api("/cgi-bin/user/tag/get", Post, Verified, USER, 1_000, tags::followers),
    api("/cgi-bin/tags/members/batchtagging", Post, Verified, USER, 100_000, tags::put_on),
    api("/cgi-bin/tags/members/batchuntagging", Post, Verified, USER, 100_000, tags::take_off),
    api("/cgi-bin/tags/getidlist", Post, Verified, USER, 100_000, tags::of_follower),
    api("/cgi-bin/tags/members/getblacklist", Post, Verified, USER, 1_000, user::blacklist),
    api("/cgi-bin/tags/members/batchblacklist", Post, Verified, USER, 1_000, user::block),
    api("/cgi-bin/tags/members/batchunblacklist", Post, Verified, USER, 1_000, user::unblock),
    api("/cgi-bin/message/template/subscribe", Post, Verified, PRESS, 100_000, once::send),
    api("/cgi-bin/shorten/gen", Post, Verified, NOT_FOR_PLATFORMS, 0, shorten::make),
    api("/cgi-bin/shorten/fetch", Post, Verified, NOT_FOR_PLATFORMS, 0, shorten::fetch),
    api("/datacube/getusersummary", Post, Verified, USER, 0, datacube::user_summary),
    api("/datacube/getusercumulate", Post, Verified, USER, 0, datacube::user_cumulate),
    api("/datacube/getupstreammsg", Post, Verified, TALK, 0, datacube::messages),
    api("/datacube/getupstreammsghour", Post, Verified, TALK, 0, datacube::messages_by_hour),
    api("/datacube/getupstreammsgdist", Post, Verified, TALK, 0, datacube::messages_spread),
    api("/datacube/getupstreammsgweek", Post, Verified, TALK, 0, datacube::messages_by_week),
    api("/datacube/getupstreammsgmonth", Post, Verified, TALK, 0, datacube::messages_by_month),
    api("/datacube/getupstreammsgdistweek", Post, Verified, TALK, 0, datacube::messages_spread_by_week),
    api("/datacube/getupstreammsgdistmonth", Post, Verified, TALK, 0, datacube::messages_spread_by_month),
    api("/datacube/getarticlesummary", Post, Verified, PRESS, 0, readers::by_article),
    api("/datacube/getarticletotal", Post, Verified, PRESS, 0, readers::since_sent),
    api("/datacube/getuserread", Post, Verified, PRESS, 0, readers::by_day),
    api("/datacube/getuserreadhour", Post, Verified, PRESS, 0, readers::by_hour),
    api("/datacube/getusershare", Post, Verified, PRESS, 0, readers::shares),
    api("/datacube/getusersharehour", Post, Verified, PRESS, 0, readers::shares_by_hour),
    api("/datacube/getinterfacesummary", Post, Verified, CODE, 0, datacube::callbacks),
    api("/datacube/getinterfacesummaryhour", Post, Verified, CODE, 0, datacube::callbacks_by_hour),
    api("/wxa/msg_sec_check", Post, Everyone, &[], 0, datacube::mini_program_only),
    api("/wxa/img_sec_check", Post, Everyone, &[], 0, datacube::mini_program_only),
    api("/wxa/media_check_async", Post, Everyone, &[], 0, datacube::mini_program_only),
    api("/cgi-bin/qrcode/create", Post, VerifiedService, CODE, 100_000, qr::create),
    api("/cgi-bin/media/upload", Post, Everyone, MEDIA, 100_000, files::upload),
    api("/cgi-bin/media/get", Get, Everyone, MEDIA, 200_000, files::download),
    api("/cgi-bin/media/uploadimg", Post, Everyone, LIBRARY, 100_000, material::picture),
    api("/cgi-bin/media/uploadvideo", Post, Verified, PRESS, 1_000, material::video),
    api("/cgi-bin/material/add_material", Post, Everyone, LIBRARY, 1_000, material::add),
    api("/cgi-bin/material/get_material", Post, Everyone, LIBRARY, 1_000, material::get),
    api("/cgi-bin/material/del_material", Post, Everyone, LIBRARY, 1_000, material::delete),
    api("/cgi-bin/material/get_materialcount", Get, Everyone, LIBRARY, 1_000, material::count),
    api("/cgi-bin/material/batchget_material", Post, Everyone, LIBRARY, 1_000, material::list),
    api("/cgi-bin/draft/add", Post, Everyone, LIBRARY, 1_000, draft::add),
    api("/cgi-bin/draft/get", Post, Everyone, LIBRARY, 500, draft::get),
    api("/cgi-bin/draft/delete", Post, Everyone, LIBRARY, 1_000, draft::delete),
    api("/cgi-bin/draft/update", Post, Everyone, LIBRARY, 1_000, draft::update),
    api("/cgi-bin/draft/count", Get, Everyone, LIBRARY, 1_000, draft::count),
    api("/cgi-bin/draft/batchget", Post, Everyone, LIBRARY, 1_000, draft::list),
    empty("/cgi-bin/draft/switch", Everyone, LIBRARY, 1_000, draft::switch),
    api("/cgi-bin/freepublish/submit", Post, NotBare, PRESS, 100, publish::submit),
    api("/cgi-bin/freepublish/get", Post, NotBare, PRESS, 100, publish::get),
    api("/cgi-bin/freepublish/delete", Post, NotBare, PRESS, 10, publish::delete),
    api("/cgi-bin/freepublish/getarticle", Post, NotBare, PRESS, 100, publish::article),
    api("/cgi-bin/freepublish/batchget", Post, NotBare, PRESS, 100, publish::list),
    api("/cgi-bin/message/mass/sendall", Post, Verified, PRESS, 100, mass::by_tag),
    api("/cgi-bin/message/mass/send", Post, VerifiedService, PRESS, 100, mass::by_list),
    api("/cgi-bin/message/mass/preview", Post, Verified, PRESS, 100, mass::preview),
    api("/cgi-bin/message/mass/delete", Post, Verified, PRESS, 10, mass::delete),
    api("/cgi-bin/message/mass/get", Post, Verified, PRESS, 100, mass::get),
    api("/cgi-bin/message/mass/speed/get", Either, Verified, PRESS, 1_000, mass::speed),
    api("/cgi-bin/message/mass/speed/set", Post, Verified, PRESS, 1_000, mass::set_speed),
    api("/wxaapi/newtmpl/getcategory", Get, Verified, NOTICE, 1_000, notice::categories),
    api("/wxaapi/newtmpl/getpubtemplatetitles", Get, Verified, NOTICE, 1_000, notice::titles),
    api("/wxaapi/newtmpl/getpubtemplatekeywords", Get, Verified, NOTICE, 1_000, notice::keywords),
    api("/wxaapi/newtmpl/addtemplate", Post, Verified, NOTICE, 1_000, notice::add),
    api("/wxaapi/newtmpl/gettemplate", Get, Verified, NOTICE, 1_000, notice::list),
    api("/wxaapi/newtmpl/deltemplate", Post, Verified, NOTICE, 1_000, notice::delete),
    api("/cgi-bin/message/subscribe/bizsend", Post, Verified, NOTICE, 0, notice::send),
    api("/customservice/kfaccount/add", Post, Verified, DESK, 1_000, kf::add),
    api("/customservice/kfaccount/update", Post, Verified, DESK, 1_000, kf::update),
    api("/customservice/kfaccount/del", Either, Verified, DESK, 1_000, kf::delete),
    api("/customservice/kfaccount/uploadheadimg", Post, Verified, DESK, 1_000, kf::head),
    api("/customservice/kfaccount/inviteworker", Post, Verified, DESK, 1_000, kf::invite),
    api("/cgi-bin/customservice/getkflist", Get, Verified, DESK, 0, kf::list),
    api("/cgi-bin/customservice/getonlinekflist", Get, Verified, DESK, 0, kf::online),
    api("/customservice/kfsession/create", Post, Verified, DESK, 0, session::create),
    api("/customservice/kfsession/close", Post, Verified, DESK, 0, session::close),
    api("/customservice/kfsession/getsession", Get, Verified, DESK, 0, session::of_customer),
    api("/customservice/kfsession/getsessionlist", Get, Verified, DESK, 0, session::of_agent),
    api("/customservice/kfsession/getwaitcase", Get, Verified, DESK, 0, session::waiting),
    api("/customservice/msgrecord/getmsglist", Post, Verified, DESK, 0, session::records),
    open("/sns/oauth2/access_token", Get, sns::access_token),
    open("/sns/oauth2/refresh_token", Get, sns::refresh_token),
    open("/sns/oauth2/component/access_token", Get, sns::component_access_token),
    open("/sns/oauth2/component/refresh_token", Get, sns::component_refresh_token),
    open("/sns/userinfo", Get, sns::userinfo),
    open("/sns/auth", Get, sns::auth),
    open("/cgi-bin/component/api_start_push_ticket", Post, component::start_push_ticket),
    open("/cgi-bin/component/api_component_token", Post, component::component_token),
    platform("/cgi-bin/component/api_create_preauthcode", component::pre_auth_code),
    platform("/cgi-bin/component/api_query_auth", component::query_auth),
    platform("/cgi-bin/component/api_authorizer_token", component::authorizer_token),
    platform("/cgi-bin/component/api_get_authorizer_info", component::authorizer_info),
    platform("/cgi-bin/component/api_get_authorizer_list", component::authorizer_list),
    platform("/cgi-bin/component/get_authorizer_option", component::get_option),
    platform("/cgi-bin/component/api_get_authorizer_option", component::get_option),
    platform("/cgi-bin/component/set_authorizer_option", component::set_option),
    platform("/cgi-bin/component/api_set_authorizer_option", component::set_option),
    open("/cgi-bin/component/clear_quota/v2", Either, quota::clear_by_platform),
];

/// The call at a path.
pub(crate) fn find(path: &str) -> Option<&'static Api> {
    APIS.iter().find(|api| api.path == path)
}
