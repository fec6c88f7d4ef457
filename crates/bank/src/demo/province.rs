//! The invented province of the demo: 青禾省, its union, six banks of all four kinds, and their Official Accounts.
//!
//! No name, number or place is real. Keys and tokens are drawn from the demo's seed and are worth nothing elsewhere.

use crate::tenants::{AccountKind, Connected, Institution, InstitutionKind, UNION};
use base::{Random, TenantId};

/// The simulated third-party platform.
pub(super) const COMPONENT_APPID: &str = "wxc0mp0nent000001";

/// number, code, kind, name, short name, colour, telephone, name in English
const BANKS: &str = "
1  qinghe  union              青禾省农村信用社联合社  青禾农信     #0B6B46 0990-96990 Qinghe Rural Credit Union
11 lingxi  commercial_bank    陵溪农村商业银行        陵溪农商行   #0B6B46 0990-5200110 Lingxi Rural Commercial Bank
12 yunlu   commercial_bank    云麓农村商业银行        云麓农商行   #1D5FA8 0990-5300110 Yunlu Rural Commercial Bank
13 hean    cooperative_bank   禾安农村合作银行        禾安农合行   #7A4B12 0990-5400110 Hean Rural Cooperative Bank
14 baiwei  credit_cooperative 白苇县农村信用合作联社  白苇农信社   #0E6E6E 0990-5500110 Baiwei Rural Credit Cooperative
15 liuquan village_bank       柳泉惠民村镇银行        柳泉村镇银行 #8A3B12 0990-5600110 Liuquan Village Bank
16 shiwan  commercial_bank    石湾农村商业银行        石湾农商行   #4B3B8A 0990-5700110 Shiwan Rural Commercial Bank
";

pub(super) fn institutions() -> Vec<Institution> {
    let rows = BANKS.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
    let read = |row: Vec<&str>| {
        let [number, code, kind, name, short, color, phone, ref english @ ..] = row[..] else {
            return None;
        };
        let kind: InstitutionKind = serde_json::from_value(kind.into()).ok()?;
        Some(Institution {
            tenant: TenantId::of(number.parse().ok()?),
            code: code.into(),
            kind,
            name: name.into(),
            short: short.into(),
            english: english.join(" "),
            color: color.into(),
            phone: phone.into(),
        })
    };
    rows.filter_map(read).collect()
}

/// One Official Account of the demo.
#[derive(Debug, Clone)]
pub(super) struct DemoAccount {
    pub(super) tenant: TenantId,
    pub(super) appid: String,
    pub(super) original_id: String,
    pub(super) name: String,
    pub(super) kind: AccountKind,
    pub(super) is_verified: bool,
    pub(super) connected: Connected,
    pub(super) is_provincial: bool,
    pub(super) color: String,
    pub(super) intro: String,
    pub(super) token: String,
    pub(super) aes_key: String,
    pub(super) secret: String,
}

/// Provincial, three authorised, one direct, one 订阅号 that is not verified.
pub(super) fn accounts(random: &Random) -> Vec<DemoAccount> {
    use AccountKind::{Service, Subscription};
    use Connected::{Component, Direct};
    let plan = [
        (
            UNION.raw(),
            "青禾农信",
            Service,
            true,
            Direct,
            "青禾省农信统一服务号。绑一次卡，全省各家农信银行的业务都能办。",
        ),
        (
            11,
            "陵溪农商行",
            Service,
            true,
            Component,
            "陵溪人自己的银行。查账、缴费、取号，说一声就办。",
        ),
        (12, "云麓农商行", Service, true, Component, "云麓农商行，服务三农，服务家乡。"),
        (13, "禾安农合行", Service, true, Component, "禾安农村合作银行，您身边的银行。"),
        (14, "白苇农信社", Service, true, Direct, "白苇农信社，乡亲的贴心管家。"),
        (
            15,
            "柳泉村镇银行",
            Subscription,
            false,
            Direct,
            "柳泉惠民村镇银行（订阅号，正在申请认证）。",
        ),
    ];
    let colors = institutions();
    plan.into_iter()
        .map(|(tenant, name, kind, is_verified, connected, intro)| DemoAccount {
            tenant: TenantId::of(tenant),
            appid: format!("wx{}", random.hex(8)),
            original_id: format!("gh_{}", random.hex(6)),
            name: name.to_owned(),
            kind,
            is_verified,
            connected,
            is_provincial: tenant == UNION.raw(),
            color: colors
                .iter()
                .find(|i| i.tenant.raw() == tenant)
                .map(|i| i.color.clone())
                .unwrap_or_default(),
            intro: intro.to_owned(),
            token: random.hex(12),
            aes_key: aes_key(random),
            secret: random.hex(16),
        })
        .collect()
}

/// 43 letters and digits, as WeChat's console draws them.
pub(super) fn aes_key(random: &Random) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..43).map(|_| char::from(LETTERS[usize::try_from(random.below(62)).unwrap_or(0)])).collect()
}

/// The menu of an account: 3 × 5 at most, keys are items of the flow book.
pub(super) fn menu(public_url: &str, appid: &str, can_log_in: bool) -> serde_json::Value {
    use serde_json::json;
    let click = |name: &str, key: &str| json!({ "type": "click", "name": name, "key": key });
    let view = |name: &str, page: &str| json!({ "type": "view", "name": name, "url": format!("{public_url}/h5/go/{appid}/{page}") });
    let mut mine = vec![click("查余额", "account_balance"), click("查明细", "account_statement")];
    if can_log_in {
        mine.push(view("我的账户", "accounts"));
        mine.push(view("绑定银行卡", "bind"));
    }
    mine.push(click("绑定和解绑", "my_bindings"));
    json!({ "button": [
        { "name": "查账户", "sub_button": mine },
        { "name": "办业务", "sub_button": [click("能办什么", "help_menu"), click("绑卡", "bind_card")] },
        { "name": "找人工", "sub_button": [click("人工客服", "human_agent"), click("留言", "leave_message")] },
    ]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_province_has_a_union_and_six_banks_of_all_four_kinds() {
        let all = institutions();
        assert_eq!(all.len(), 7);
        let has = |k| all.iter().any(|i| i.kind == k);
        assert!(has(InstitutionKind::CommercialBank) && has(InstitutionKind::CooperativeBank));
        assert!(has(InstitutionKind::CreditCooperative) && has(InstitutionKind::VillageBank));
        assert_eq!(accounts(&Random::seeded(1)).len(), 6);
    }
}
