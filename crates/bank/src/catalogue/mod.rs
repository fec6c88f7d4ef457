//! The catalogue (服务目录): every item the bank can be asked for, with how people say it, how it answers, and whether it works yet.
//!
//! Made from the flows alone, so it is never out of date. Staff read it in the console, everyone in docs/. Not for: customers in
//! chat, who get the menu.

pub mod http;
pub mod markdown;
pub mod page;

use dialogue::talk::{self, Line};
use dialogue::{Book, Item, ItemKind, Needs, check};
use std::collections::BTreeMap;

/// Items that are no service: talk that is none of ours, and what is not there at all.
const LEFT_OUT: &[&str] = &["none_of_ours", "not_yet"];
/// In the order of a bank's counter, what is asked most first.
const GROUPS: &[&str] = &[
    "我的账户",
    "转账",
    "生活缴费",
    "卡与安全",
    "存款理财",
    "信用卡",
    "贷款",
    "惠农服务",
    "网点排号",
    "预约办理",
    "活动福利",
    "商户与对公",
    "公益",
    "我的设置",
    "微服务",
];
const REST: &str = "微服务";

/// Whether an item works, and what it asks for first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 直接可用
    Open,
    /// 绑卡后可用
    Bound,
    /// 在页面上核验后办理
    Page,
    /// 即将开通
    Soon,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Open, Self::Bound, Self::Page, Self::Soon];

    fn of(item: &Item) -> Self {
        match item.needs {
            _ if item.is_soon => Self::Soon,
            Needs::Anyone => Self::Open,
            Needs::Bound => Self::Bound,
            Needs::Otp | Needs::Pin | Needs::PinOtp => Self::Page,
        }
    }
    /// For addresses and styles.
    pub fn key(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Bound => "bound",
            Self::Page => "page",
            Self::Soon => "soon",
        }
    }
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "直接可用",
            Self::Bound => "绑卡后可用",
            Self::Page => "页面核验后办",
            Self::Soon => "即将开通",
        }
    }
}

/// One bubble, or a note between bubbles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bubble {
    Customer(String),
    Bank { words: String, chips: Vec<String>, link: Option<String> },
    Note(String),
}

/// A sample conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// What it begins from, in words.
    pub about: String,
    pub is_elder: bool,
    pub bubbles: Vec<Bubble>,
}

/// An item as the catalogue shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: String,
    pub title: String,
    pub group: String,
    pub kind: &'static str,
    pub status: Status,
    pub say: Vec<String>,
    pub samples: Vec<Sample>,
    pub file: String,
}

/// All items in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    pub items: Vec<Entry>,
    pub version: u32,
}

impl Catalogue {
    pub fn of(book: &Book) -> Self {
        let groups = groups_of_folders(book);
        let shown = book.items().filter(|i| !LEFT_OUT.contains(&i.id.as_str()));
        let mut items: Vec<Entry> = shown.map(|item| entry(item, &groups)).collect();
        let place = |group: &str| GROUPS.iter().position(|g| *g == group).unwrap_or(GROUPS.len());
        items.sort_by(|a, b| {
            let key = |i: &Entry| (place(&i.group), i.status == Status::Soon, i.say.is_empty());
            (key(a), &a.group, &a.title, &a.id).cmp(&(key(b), &b.group, &b.title, &b.id))
        });
        Self { items, version: book.version() }
    }

    /// Groups with their items, in order.
    pub fn groups(&self) -> Vec<(&str, &[Entry])> {
        self.items.chunk_by(|a, b| a.group == b.group).map(|g| (g[0].group.as_str(), g)).collect()
    }
    pub fn count(&self, status: Status) -> usize {
        self.items.iter().filter(|i| i.status == status).count()
    }
    pub fn phrases(&self) -> usize {
        self.items.iter().map(|i| i.say.len()).sum()
    }
    pub fn samples(&self) -> usize {
        self.items.iter().map(|i| i.samples.len()).sum()
    }
}

/// What most items of a folder have as their menu; for those that stand in no menu.
fn groups_of_folders(book: &Book) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for item in book.items().filter(|i| !i.menu.is_empty()) {
        *counts.entry((check::folder(&item.file).to_owned(), item.menu.clone())).or_default() += 1;
    }
    let mut best: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for ((folder, menu), n) in counts {
        let known = best.entry(folder).or_default();
        if n > known.0 {
            *known = (n, menu);
        }
    }
    best.into_iter().map(|(folder, (_, menu))| (folder, menu)).collect()
}

fn entry(item: &Item, groups: &BTreeMap<String, String>) -> Entry {
    let of_folder = || groups.get(check::folder(&item.file)).cloned();
    let group = match (item.menu.is_empty(), item.say.is_empty()) {
        (false, _) => Some(item.menu.clone()),
        (true, false) => of_folder(),
        // Nobody asks for it: it comes by itself, as part of the talk.
        (true, true) => None,
    };
    Entry {
        id: item.id.clone(),
        title: item.title.clone(),
        group: group.unwrap_or_else(|| REST.to_owned()),
        kind: kind(item.kind),
        status: Status::of(item),
        say: item.say.clone(),
        samples: item.talks.iter().filter_map(sample).collect(),
        file: item.file.clone(),
    }
}

fn kind(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Info => "说明",
        ItemKind::Query => "查询",
        ItemKind::Service => "服务",
        ItemKind::Setting => "设置",
        ItemKind::Application => "申请",
        ItemKind::Transaction => "动账",
        ItemKind::Protective => "止损",
    }
}

fn sample(talk: &dialogue::Talk) -> Option<Sample> {
    let lines = talk::script(&talk.lines).ok()?;
    Some(Sample {
        about: about(&talk.world),
        is_elder: talk.world.contains("长辈"),
        bubbles: lines.into_iter().map(|(_, line)| bubble(line)).collect(),
    })
}

/// A world without its entries (`10-28电费-86.00（说明）`), which the conversation shows itself.
fn about(world: &str) -> String {
    let is_entry =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('-');
    world.split_whitespace().filter(|w| !is_entry(w)).collect::<Vec<_>>().join(" ")
}

fn bubble(line: Line) -> Bubble {
    let note = |text: &str| Bubble::Note(text.to_owned());
    match line {
        Line::Says(text) => Bubble::Customer(text),
        Line::Taps(text) => Bubble::Customer(format!("〔{text}〕")),
        Line::Presses(key) => Bubble::Note(format!("按菜单 {key}")),
        Line::Speaks(text) if text.is_empty() => note("发了一段没听清的语音"),
        Line::Speaks(text) => Bubble::Customer(format!("[语音] {text}")),
        Line::SendsPicture => Bubble::Customer("[图片]".into()),
        Line::SendsLocation => Bubble::Customer("[位置]".into()),
        Line::SendsVideo => Bubble::Customer("[视频]".into()),
        Line::Follows => note("关注公众号"),
        Line::Unfollows => note("取消关注"),
        Line::Scans => note("扫网点的二维码"),
        Line::MinutesPass(n) => Bubble::Note(format!("过了 {n} 分钟")),
        Line::BindsOnPage => note("在页面上绑好了卡"),
        Line::AgreesOnPage => note("在页面上同意了协议"),
        Line::CoreGetsSlow => note("核心系统没有回音"),
        Line::CoreRecovers => note("核心系统好了"),
        Line::BankSays(words) => bank(&words),
        Line::BankHandsOver(words) => match bank(&words) {
            Bubble::Bank { words, chips, link } => {
                Bubble::Bank { words: format!("{words}\n（转给人工）"), chips, link }
            }
            other => other,
        },
        Line::BankIsQuiet => note("没有回答"),
    }
}

/// `话〔1 行〕〔行〕链接▣` in its parts.
fn bank(text: &str) -> Bubble {
    let (mut words, mut chips) = (String::new(), vec![]);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('〔') {
        let Some((chip, tail)) = after.split_once('〕') else { break };
        words.push_str(before);
        chips.push(chip.to_owned());
        rest = tail;
    }
    words.push_str(rest);
    let mut link = None;
    if let Some((before, after)) = words.split_once('▣') {
        let ends = ['\n', '，', '。', '：', '；', '！', '？', '、', '…', ' '];
        let at = before
            .rfind(ends)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        link = Some(before[at..].to_owned());
        words = format!("{}{after}", &before[..at]);
    }
    Bubble::Bank { words: words.trim().to_owned(), chips, link }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::of(&Book::embedded().unwrap())
    }

    #[test]
    fn every_item_has_a_place_and_every_talk_is_shown() {
        let all = catalogue();
        let book = Book::embedded().unwrap();
        let left_out = book.items().filter(|i| LEFT_OUT.contains(&i.id.as_str()));
        assert_eq!(all.items.len() + left_out.count(), book.items().count());
        assert!(all.items.len() >= 205, "{}", all.items.len());
        for (group, items) in all.groups() {
            assert!(GROUPS.contains(&group), "a group without a place: {group}");
            assert!(!items.is_empty());
        }
        assert_eq!(all.groups().len(), GROUPS.len(), "each group once");
        for item in &all.items {
            assert!(item.samples.len() >= 2, "{}: {}", item.id, item.samples.len());
        }
    }

    #[test]
    fn the_banks_words_are_parted_into_text_lines_and_link() {
        assert_eq!(
            bank("您名下有 2 个账户：\n看全部账户▣〔1 查余额〕〔换一个〕"),
            Bubble::Bank {
                words: "您名下有 2 个账户：".into(),
                chips: vec!["1 查余额".into(), "换一个".into()],
                link: Some("看全部账户".into()),
            }
        );
        assert_eq!(
            bank("先绑卡，点这里绑卡▣就好。"),
            Bubble::Bank {
                words: "先绑卡，就好。".into(),
                chips: vec![],
                link: Some("点这里绑卡".into())
            }
        );
    }

    #[test]
    fn what_a_talk_begins_from_is_told_without_its_entries() {
        let world = "李芳 已绑定 存折0037 余额 3206.50 10-28电费-86.00（抄表） 长辈";
        assert_eq!(about(world), "李芳 已绑定 存折0037 余额 3206.50 长辈");
    }

    #[test]
    fn the_list_in_docs_is_of_these_flows() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalogue.md");
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == markdown::list(&catalogue()),
            "docs/catalogue.md is of other flows: weiyin flows catalogue --out docs/catalogue.md"
        );
    }

    #[test]
    fn the_page_holds_every_item_once_and_no_markup_of_the_flows() {
        let all = catalogue();
        for html in [page::whole(&all), page::in_console(&all)] {
            for item in &all.items {
                assert_eq!(html.matches(&format!(" id=\"{}\"", item.id)).count(), 1, "{}", item.id);
            }
        }
        let odd = Entry { title: "<b>".into(), say: vec!["a\"b".into()], ..all.items[0].clone() };
        let html = page::whole(&Catalogue { items: vec![odd], version: 1 });
        assert!(html.contains(">&lt;b&gt;<") && html.contains(">a&quot;b<"), "{html}");
    }
}
