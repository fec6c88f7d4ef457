//! One bubble of a chat as a phone shows it, and the splitting of text into parts.
//!
//! Not for: who may send what. The page never parses HTML: whatever stands between `<a …>` and `</a>` is cut out here.

use serde::Serialize;

/// Who a bubble belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    User,
    Account,
    System,
}

/// A piece of a text bubble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub(crate) enum Part {
    Text { text: String },
    Menu { text: String, id: String },
    Link { text: String, href: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Article {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) pic_url: String,
    pub(crate) url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Place {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MenuChoice {
    pub(crate) id: String,
    pub(crate) content: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MsgMenu {
    pub(crate) head: String,
    pub(crate) items: Vec<MenuChoice>,
    pub(crate) tail: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TemplateRow {
    pub(crate) name: String,
    pub(crate) value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TemplateCard {
    pub(crate) title: String,
    pub(crate) rows: Vec<TemplateRow>,
    pub(crate) url: String,
}

/// What a bubble holds; the tag is the item's `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Body {
    Text {
        text: String,
        parts: Vec<Part>,
    },
    Image {
        image_url: String,
    },
    Voice {
        seconds: u32,
        recognition: Option<String>,
    },
    Video {
        text: String,
        image_url: String,
    },
    Location {
        location: Place,
    },
    Link {
        text: String,
        articles: Vec<Article>,
    },
    News {
        articles: Vec<Article>,
    },
    Music {
        text: String,
        articles: Vec<Article>,
    },
    Msgmenu {
        menu: MsgMenu,
    },
    Template {
        template: TemplateCard,
    },
    /// A subscription notice, and the name of the account it is from.
    Notice {
        template: TemplateCard,
        from: String,
    },
    Card {
        text: String,
    },
    Tip {
        text: String,
    },
}

impl Body {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Text { parts: split(&text), text }
    }
    pub(crate) fn tip(text: impl Into<String>) -> Self {
        Self::Tip { text: text.into() }
    }
    /// What the log of an agent's talks says of it.
    pub(crate) fn words(&self) -> String {
        String::from(match self {
            Self::Text { text, .. } | Self::Link { text, .. } => text,
            Self::Image { .. } => "[图片]",
            Self::Voice { .. } => "[语音]",
            Self::Video { .. } => "[视频]",
            Self::Location { .. } => "[位置]",
            _ => "[消息]",
        })
    }
    /// What a customer typed: shown as it is, tags and all.
    pub(crate) fn typed(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Text { parts: vec![Part::Text { text: text.clone() }], text }
    }
}

/// One bubble. The state is always `sent`: whatever stands in a chat has reached WeChat's server, and a platform that fails
/// shows as a tip below it, as on a real phone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) side: Side,
    #[serde(flatten)]
    pub(crate) body: Body,
    /// The agent who wrote it, when it is not from the account as such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<String>,
    pub(crate) state: &'static str,
}

/// Splits a text at its links. `weixin://bizmsgmenu?…` links become tappable menu lines, unknown schemes plain text.
pub(crate) fn split(text: &str) -> Vec<Part> {
    let mut parts = vec![];
    let mut rest = text;
    while let Some((before, link, after)) = next_link(rest) {
        push_text(&mut parts, before);
        parts.push(link);
        rest = after;
    }
    push_text(&mut parts, rest);
    parts
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Text { text: text.to_owned() });
    }
}

fn next_link(text: &str) -> Option<(&str, Part, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find("<a ")?;
        let tag_end = start + text[start..].find('>')?;
        let close = text[tag_end..].find("</a>")?;
        let words = &text[tag_end + 1..tag_end + close];
        let after = &text[tag_end + close + 4..];
        if let Some(part) = attribute(&text[start..tag_end], "href").and_then(|h| link(&h, words)) {
            return Some((&text[..start], part, after));
        }
        from = tag_end;
    }
}

fn link(href: &str, words: &str) -> Option<Part> {
    if let Some(query) = href.strip_prefix("weixin://bizmsgmenu?") {
        let id = query_value(query, "msgmenuid")?;
        let content = query_value(query, "msgmenucontent").unwrap_or_else(|| words.to_owned());
        return Some(Part::Menu { text: content, id });
    }
    let ok = href.starts_with("http://") || href.starts_with("https://");
    ok.then(|| Part::Link { text: words.to_owned(), href: href.to_owned() })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!("{name}="))? + name.len() + 1;
    let quote = tag[at..].chars().next()?;
    let value = if matches!(quote, '"' | '\'') {
        tag[at + 1..].split(quote).next()?
    } else {
        tag[at..].split_whitespace().next()?
    };
    Some(value.replace("&amp;", "&"))
}

fn query_value(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let (k, v) = pair.split_once('=')?;
        (k == name).then(|| crate::text::decode(v))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_at_its_links_and_menu_lines() {
        let line = wechat::reply::menu_line("查余额", "7");
        let text = format!("您好\n{line}\n<a href=\"https://b.example/h5\">点这里</a>。");
        assert_eq!(
            split(&text),
            vec![
                Part::Text { text: "您好\n".into() },
                Part::Menu { text: "查余额".into(), id: "7".into() },
                Part::Text { text: "\n".into() },
                Part::Link { text: "点这里".into(), href: "https://b.example/h5".into() },
                Part::Text { text: "。".into() },
            ]
        );
    }

    #[test]
    fn what_is_not_a_link_stays_text() {
        for text in ["1 < 2", "<a href=\"javascript:x\">x</a>", "<a href=", "<b>粗</b>", ""] {
            let joined: String = split(text)
                .iter()
                .map(|p| match p {
                    Part::Text { text } => text.clone(),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
