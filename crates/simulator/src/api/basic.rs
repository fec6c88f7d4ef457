//! Addresses and the check of the callback (获取微信推送服务器IP, 网络检测).

use super::{Answer, Call, Outcome, fail};
use crate::text;
use crate::world::World;
use serde_json::json;

/// Where pushes come from: this simulator runs on loopback.
pub(crate) fn callback_ip(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::Json(json!({ "ip_list": ["127.0.0.1", "::1"] })))
}

pub(crate) fn api_domain_ip(_: &mut World, _: &Call) -> Outcome {
    Ok(Answer::Json(json!({ "ip_list": ["127.0.0.1"] })))
}

pub(crate) fn callback_check(world: &mut World, call: &Call) -> Outcome {
    let action = call.text("action");
    if !["dns", "ping", "all"].contains(&action.as_str()) {
        return fail(40202);
    }
    if !["CHINANET", "UNICOM", "CAP", "DEFAULT"].contains(&call.text("check_operator").as_str()) {
        return fail(40203);
    }
    let address = world.address(&call.appid);
    let Some(host) = address.as_ref().and_then(|(url, _)| text::host(url)) else {
        return fail(40201);
    };
    let mut answer = json!({});
    if action != "ping" {
        answer["dns"] = json!([{ "ip": host, "real_operator": "DEFAULT" }]);
    }
    if action != "dns" {
        let ping =
            json!({ "ip": host, "from_operator": "DEFAULT", "package_loss": "0%", "time": "1ms" });
        answer["ping"] = json!([ping]);
    }
    Ok(Answer::Json(answer))
}
