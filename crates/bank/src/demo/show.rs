//! What the demo says on the terminal (80 columns, Chinese) and what it writes for scripts.

use super::{Demo, province, stock};
use crate::tenants::{AccountKind, Connected};
use base::Result;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

pub(super) fn step(what: &str) {
    line(&format!("  · {what} …"));
}

pub(super) fn stopping() {
    line("\n正在收尾……");
}
pub(super) fn stopped() {
    line("演示已结束，数据留在演示文件夹里。");
}

/// Addresses, what to try, and demo.json.
pub(super) fn ready(demo: &Demo, took: Duration) -> Result<()> {
    write_json(demo)?;
    let phone = format!("http://{}/phone/", demo.places.simulator);
    line(&format!("\n微银演示已就绪（{:.1} 秒）", took.as_secs_f32()));
    line("────────────────────────────────────────────────────────────");
    line(&format!("  手机（微信）   {phone}"));
    let staff = &stock::STAFF[1];
    line(&format!("  员工工作台     http://{}/", demo.places.staff));
    line(&format!("                 登录名 {}　密码 {}", staff.login, staff.password));
    line(&format!("  脚本用         {}", demo.data.join("demo.json").display()));
    line("────────────────────────────────────────────────────────────");
    line("试一试：打开「手机」，选一位客户，关注「陵溪农商行」，说「查余额」，");
    line("按提示绑卡（短信验证码在页面右侧的短信箱），再说「上个月的进出账」。\n");
    line("可以用来绑卡的人（都是虚构的）：");
    for p in &demo.people.offered {
        line(&format!("  {}　{}", p.name, p.story));
        line(&format!("    卡（折）号 {}　身份证 {}　手机 {}", p.card_no, p.id_no, p.mobile));
    }
    line("\n按 Ctrl-C 结束。");
    Ok(())
}

fn write_json(demo: &Demo) -> Result<()> {
    let accounts: Vec<Value> = demo
        .accounts
        .iter()
        .map(|a| {
            let by_platform = a.connected == Connected::Component;
            let keys = demo.app.wechat.component_keys();
            let (token, aes_key) = match keys.filter(|_| by_platform) {
                Some(k) => (k.token.reveal().clone(), k.aes_key.reveal().clone()),
                None => (a.token.clone(), a.aes_key.clone()),
            };
            let path = if by_platform { "component/" } else { "" };
            json!({
                "name": a.name,
                "appid": a.appid,
                "kind": if a.kind == AccountKind::Service { "service" } else { "subscription" },
                "verified": a.is_verified,
                "connected": a.connected,
                "mode": "secure",
                "callback_url": format!("http://{}/wx/{path}{}", demo.places.public, a.appid),
                "token": token,
                "encoding_aes_key": aes_key,
                // The appid at the end of every encrypted message: the platform's for authorised accounts.
                "crypto_appid": if by_platform { province::COMPONENT_APPID } else { a.appid.as_str() },
                "original_id": a.original_id,
                "bound_openids": demo.people.bound_openids(&a.appid),
                "unbound_openids": demo.people.unbound_openids(&a.appid),
            })
        })
        .collect();
    let people: Vec<Value> = demo
        .people
        .offered
        .iter()
        .map(|p| {
            json!({ "name": p.name, "id_no": p.id_no, "card_no": p.card_no, "mobile": p.mobile, "story": p.story,
                    "institution": p.bank, "tenant": p.tenant.raw() })
        })
        .collect();
    let told = json!({
        "ready": true,
        "phone": format!("http://{}/phone/", demo.places.simulator),
        "console": format!("http://{}/", demo.places.staff),
        "simulator_control": format!("http://{}/control", demo.places.simulator),
        "public": format!("http://{}", demo.places.public),
        "accounts": accounts,
        "people": people,
        "staff": stock::STAFF.iter().map(|s| json!({
            "login": s.login, "password": s.password, "role": s.role, "institution": s.institution,
        })).collect::<Vec<_>>(),
    });
    let path = demo.data.join("demo.json");
    let fresh = demo.data.join("demo.json.new");
    std::fs::write(&fresh, serde_json::to_string_pretty(&told)?)?;
    std::fs::rename(fresh, path)?;
    Ok(())
}
