//! Custom and conditional menus, section 8: at most 3 × 5 buttons in two levels.
//!
//! Not for: what a key means.

mod button;

pub use button::{
    Button, KEY_MAX_BYTES, SUB_NAME_MAX_BYTES, TOP_NAME_MAX_BYTES, Tap, URL_MAX_BYTES,
};

use super::wire::lenient;
use super::{Account, CallError, CallResult};
use crate::codes::Class;
use serde::Deserialize;
use serde_json::{Value, json};

/// Buttons beside each other.
pub const TOP_MAX: usize = 3;
/// Lines in one button's list.
pub const SUB_MAX: usize = 5;
/// Chinese characters that a phone shows of a top name; a Latin letter counts half.
pub const TOP_NAME_CHARS: usize = 4;
/// Chinese characters that a phone shows of a listed name.
pub const SUB_NAME_CHARS: usize = 8;
/// A whole menu.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Menu {
    pub buttons: Vec<Button>,
}

/// Why a menu cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("button {path}: {why}")]
pub struct Fault {
    /// `2` or `2.3`, counted from 1; `0` = the menu itself.
    pub path: String,
    pub why: &'static str,
}

/// To whom a conditional menu is shown; one field at least.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchRule {
    pub tag_id: Option<i64>,
    pub platform: Option<Platform>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    Ios,
    Android,
    Other,
}

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub menu: Menu,
    pub conditional: Vec<Conditional>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditional {
    pub menu_id: String,
    pub menu: Menu,
    pub rule: MatchRule,
}

#[derive(Deserialize)]
struct MenuMade {
    #[serde(deserialize_with = "lenient::text")]
    menuid: String,
}

/// Width in half characters: a Chinese character is 2, a Latin one 1.
fn half_widths(name: &str) -> usize {
    name.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

impl Menu {
    /// The body of `menu/create`.
    pub fn to_json(&self) -> Value {
        json!({ "button": self.buttons.iter().map(Button::to_json).collect::<Vec<_>>() })
    }

    /// Reads `{"button":[…]}` as WeChat sends it; what is missing reads as empty.
    pub fn of_json(value: &Value) -> Self {
        let buttons = value["button"].as_array().map(Vec::as_slice).unwrap_or_default();
        Self { buttons: buttons.iter().map(Button::of_json).collect() }
    }

    /// Each button with its path.
    fn walk(&self) -> impl Iterator<Item = (String, bool, &Button)> {
        self.buttons.iter().enumerate().flat_map(|(i, button)| {
            let subs = match &button.tap {
                Tap::List(subs) => subs.as_slice(),
                _ => &[],
            };
            let top = (format!("{}", i + 1), true, button);
            let below = subs
                .iter()
                .enumerate()
                .map(move |(j, b)| (format!("{}.{}", i + 1, j + 1), false, b));
            std::iter::once(top).chain(below)
        })
    }

    /// Everything WeChat would refuse.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=TOP_MAX).contains(&self.buttons.len()) {
            faults.push(Fault { path: String::from("0"), why: "a menu has 1 to 3 buttons" });
        }
        faults.extend(
            self.walk().filter_map(|(path, top, b)| b.fault(top).map(|why| Fault { path, why })),
        );
        faults
    }

    /// Names that a phone cuts off with `…`: more than 4 Chinese characters on top, 8 in a list. WeChat takes them.
    pub fn cut_off(&self) -> Vec<Fault> {
        self.walk()
            .filter(|(_, top, b)| {
                let chars = if *top { TOP_NAME_CHARS } else { SUB_NAME_CHARS };
                half_widths(&b.name) > chars * 2
            })
            .map(|(path, ..)| Fault { path, why: "a phone cuts this name off" })
            .collect()
    }

    fn check(&self) -> CallResult<()> {
        match self.faults().first() {
            None => Ok(()),
            Some(fault) => Err(CallError::invalid(fault.to_string())),
        }
    }
}

impl MatchRule {
    fn to_json(&self) -> CallResult<Value> {
        if *self == Self::default() {
            return Err(CallError::invalid("a conditional menu needs a tag or a platform"));
        }
        let mut rule = json!({});
        if let Some(tag) = self.tag_id {
            rule["tag_id"] = json!(tag.to_string());
        }
        if let Some(platform) = self.platform {
            let number = match platform {
                Platform::Ios => "1",
                Platform::Android => "2",
                Platform::Other => "3",
            };
            rule["client_platform_type"] = json!(number);
        }
        Ok(rule)
    }

    fn of(value: &Value) -> Self {
        // `menu/get` names the tag `group_id` or `tag_id`, as number or text.
        let number = |name: &str| {
            let v = &value[name];
            v.as_i64().or_else(|| v.as_str()?.parse().ok())
        };
        let platform = match number("client_platform_type") {
            Some(1) => Some(Platform::Ios),
            Some(2) => Some(Platform::Android),
            Some(3) => Some(Platform::Other),
            _ => None,
        };
        Self { tag_id: number("tag_id").or_else(|| number("group_id")), platform }
    }
}

fn menu_id(value: &Value) -> String {
    let id = &value["menuid"];
    id.as_str().map_or_else(|| id.as_i64().unwrap_or_default().to_string(), str::to_owned)
}

impl Account {
    /// `POST /cgi-bin/menu/create`: replaces the whole menu. Phones show it within 5 minutes. 1000 a day.
    ///
    /// # Errors
    /// `NotSent(Invalid)` with the first of [`Menu::faults`]; 45064 a mini program is not linked, and as every call.
    pub async fn create_menu(&self, menu: &Menu) -> CallResult<()> {
        menu.check()?;
        self.post_done("/cgi-bin/menu/create", &menu.to_json()).await
    }

    /// `GET /cgi-bin/menu/get`; `None` when there is no menu (46003).
    pub async fn menu(&self) -> CallResult<Option<Published>> {
        let answer: Value = match self.get("/cgi-bin/menu/get", &[]).await {
            Err(CallError::Api(e)) if e.class == Class::Absent => return Ok(None),
            other => other?,
        };
        let conditional = answer["conditionalmenu"].as_array().map(Vec::as_slice);
        let conditional = conditional
            .unwrap_or_default()
            .iter()
            .map(|value| Conditional {
                menu_id: menu_id(value),
                menu: Menu::of_json(value),
                rule: MatchRule::of(&value["matchrule"]),
            })
            .collect();
        Ok(Some(Published { menu: Menu::of_json(&answer["menu"]), conditional }))
    }

    /// `GET /cgi-bin/menu/delete`: deletes the menu and all conditional ones.
    pub async fn delete_menu(&self) -> CallResult<()> {
        self.get::<super::Done>("/cgi-bin/menu/delete", &[]).await.map(|_| ())
    }

    /// `POST /cgi-bin/menu/addconditional` → its id. A default menu must exist (65303). There is no way to change one: delete it
    /// and add another.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for a faulty menu or an empty rule; 65301–65320.
    pub async fn add_conditional_menu(&self, menu: &Menu, rule: &MatchRule) -> CallResult<String> {
        menu.check()?;
        let mut body = menu.to_json();
        body["matchrule"] = rule.to_json()?;
        Ok(self.post::<MenuMade>("/cgi-bin/menu/addconditional", &body).await?.menuid)
    }

    /// `POST /cgi-bin/menu/delconditional`.
    ///
    /// # Errors
    /// 65301 no such menu.
    pub async fn delete_conditional_menu(&self, menu_id: &str) -> CallResult<()> {
        self.post_done("/cgi-bin/menu/delconditional", &json!({ "menuid": menu_id })).await
    }

    /// `POST /cgi-bin/menu/trymatch`: the menu that a person (openid or WeChat name) sees.
    ///
    /// # Errors
    /// 65302 no such person.
    pub async fn menu_seen_by(&self, person: &str) -> CallResult<Menu> {
        let body = json!({ "user_id": person });
        let answer: Value = self.post("/cgi-bin/menu/trymatch", &body).await?;
        Ok(Menu::of_json(if answer["button"].is_array() { &answer } else { &answer["menu"] }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(name: &str, key: &str) -> Button {
        Button::new(name, Tap::Click { key: key.to_owned() })
    }
    fn whys(menu: &Menu) -> Vec<String> {
        menu.faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_menu_goes_to_json_and_back() {
        let list = vec![
            click("查余额", "balance"),
            Button::new("明细", Tap::View { url: String::from("https://h.example/?a=1&b=2") }),
            Button::new(
                "小程序",
                Tap::MiniProgram {
                    appid: String::from("wx1"),
                    page_path: String::from("pages/a"),
                    url: String::from("https://h.example/"),
                },
            ),
        ];
        let menu = Menu {
            buttons: vec![Button::new("我的账户", Tap::List(list)), click("帮助", "help")],
        };
        assert_eq!(menu.faults(), []);
        assert_eq!(Menu::of_json(&menu.to_json()), menu);
        assert_eq!(
            menu.to_json()["button"][1],
            json!({ "type": "click", "name": "帮助", "key": "help" })
        );
        assert!(menu.to_json()["button"][0].get("type").is_none());
    }

    #[test]
    fn more_than_three_by_five_is_refused() {
        let four = Menu { buttons: vec![click("一", "k"); 4] };
        assert_eq!(whys(&four), ["button 0: a menu has 1 to 3 buttons"]);
        let six = Menu { buttons: vec![Button::new("一", Tap::List(vec![click("二", "k"); 6]))] };
        assert_eq!(whys(&six), ["button 1: more than 5 in a list"]);
        assert_eq!(whys(&Menu::default()), ["button 0: a menu has 1 to 3 buttons"]);
        let deep = Tap::List(vec![Button::new("二", Tap::List(vec![click("三", "k")]))]);
        assert_eq!(
            whys(&Menu { buttons: vec![Button::new("一", deep)] }),
            ["button 1.1: a list inside a list"]
        );
    }

    #[test]
    fn names_past_four_and_eight_characters_are_told_and_past_the_bytes_refused() {
        let top = Menu { buttons: vec![click("我的账户啊", "k")] };
        assert_eq!(top.faults(), []);
        assert_eq!(top.cut_off().len(), 1);
        let fits = Menu { buttons: vec![click("我的账户", "k"), click("Accounts", "k")] };
        assert_eq!((fits.faults().len(), fits.cut_off().len()), (0, 0));
        let too_long = Menu { buttons: vec![click("我的账户服务", "k")] };
        assert_eq!(too_long.faults().len(), 1);
        let sub = |name: &str| Menu {
            buttons: vec![Button::new("一", Tap::List(vec![click(name, "k")]))],
        };
        assert_eq!(sub("一二三四五六七八").cut_off().len(), 0);
        assert_eq!(sub("一二三四五六七八九").cut_off()[0].path, "1.1");
        assert_eq!(sub(&"一".repeat(21)).faults().len(), 1);
    }

    #[test]
    fn keys_addresses_and_appids_are_checked() {
        for (tap, why) in [
            (Tap::Click { key: String::new() }, "needs a key"),
            (Tap::Click { key: "k".repeat(129) }, "the key is longer than 128 bytes"),
            (Tap::View { url: String::from("weixin://x") }, "needs an http(s) address"),
            (Tap::Media { media_id: String::new() }, "needs an id"),
            (
                Tap::MiniProgram {
                    appid: String::from("wxA"),
                    page_path: String::new(),
                    url: String::new(),
                },
                "a mini program's appid is lower-case",
            ),
        ] {
            let menu = Menu { buttons: vec![Button::new("一", tap)] };
            assert_eq!(whys(&menu), [format!("button 1: {why}")]);
        }
    }

    #[test]
    fn a_type_from_the_future_is_kept() {
        let raw = json!({ "type": "finder", "name": "视频号", "finder_uname": "x" });
        let menu = Menu::of_json(&json!({ "button": [raw] }));
        assert_eq!(menu.buttons[0].name, "视频号");
        assert_eq!(menu.to_json()["button"][0], raw);
    }
}
