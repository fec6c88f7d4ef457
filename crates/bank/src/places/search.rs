//! What a customer asks of places: which are near, and all about one of them.

use super::near::{Spot, far_words};
use super::{Kind, Place, Places};
use base::Time;
use std::sync::Arc;

/// Shown in one bubble.
const SHOWN: usize = 3;
/// From here on it is said that nothing is near.
const FAR_M: i64 = 50_000;
/// A word that names a place has two characters at least.
const NAME_CHARS_MIN: usize = 2;

/// Where a customer is, or what they named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Spot(Spot),
    /// Ids of places of the list.
    Named(Vec<String>),
    /// Words where there is no list.
    Words(String),
    Nothing,
}

impl Asked {
    /// As the dialogue hands it over: `at:33123400,111234500`, ids with commas between, or words.
    pub fn of(arg: &str) -> Self {
        if arg.is_empty() {
            return Self::Nothing;
        }
        if let Some((lat, lon)) = arg.strip_prefix("at:").and_then(|at| at.split_once(',')) {
            return match (lat.parse(), lon.parse()) {
                (Ok(lat), Ok(lon)) => Self::Spot((lat, lon)),
                _ => Self::Nothing,
            };
        }
        let ids: Vec<String> = arg.split(',').map(str::to_owned).collect();
        if ids.iter().all(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())) {
            return Self::Named(ids);
        }
        Self::Words(arg.to_owned())
    }
}

/// A question for places of a kind.
#[derive(Debug, Clone)]
pub struct Search {
    pub kind: Kind,
    pub asked: Asked,
    /// A service they should have.
    pub need: String,
    pub day: Option<i64>,
    pub now: Time,
}

/// One place found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct One {
    pub place: Place,
    /// `，约3.2公里`; empty for a place that was named.
    pub far: String,
    pub open: String,
    /// What else is worth a word.
    pub more: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Here {
        rows: Vec<One>,
        /// `离河东镇最近的网点（直线距离）`
        head: String,
        note: String,
    },
    /// The institution has none of this kind.
    None,
    /// Nobody knows that place.
    Unknown,
}

/// Places and whose list they stand in.
type Listed<'l> = Vec<(&'l Arc<Places>, &'l Place)>;

impl Search {
    /// Looks through the lists that count for the customer: their own bank's, or all of the province while no bank is theirs.
    pub fn run(&self, lists: &[Arc<Places>]) -> Found {
        if !lists.iter().any(|l| l.has(self.kind)) {
            return Found::None;
        }
        let Some((near, from, direct)) = self.locate(lists) else { return Found::Unknown };
        let said = self.kind.said();
        if !direct.is_empty() {
            let rows = direct.iter().take(SHOWN).map(|(l, p)| self.one(l, p, None)).collect();
            return Found::Here { rows, head: format!("{said}查到了"), note: String::new() };
        }
        let mut all: Vec<(&Arc<Places>, &Place, i64)> = vec![];
        for list in lists {
            all.extend(list.around(self.kind, from).into_iter().map(|(p, far)| (list, p, far)));
        }
        all.sort_by_key(|(_, p, far)| (*far, p.id));
        let mut note = String::new();
        if !self.need.is_empty() {
            let able = |p: &Place| match self.need.as_str() {
                "停车" => !p.parking.is_empty(),
                "轮椅进出" => !p.step_free.is_empty(),
                need => p.services.split(' ').any(|s| s == need),
            };
            if all.iter().any(|(_, p, _)| able(p)) {
                all.retain(|(_, p, _)| able(p));
            } else {
                note = format!("哪里能{}还没有登记，去之前先打电话问。", self.need);
            }
        }
        let nearest = all.first().map_or(0, |(.., far)| *far);
        if nearest >= FAR_M {
            note.push_str("您那边附近没有我们的，急用钱可以在别家银行的取款机上取。");
        }
        let rows = all.iter().take(SHOWN).map(|(l, p, far)| self.one(l, p, Some(*far)));
        let able = if self.need.is_empty() || !note.is_empty() { "" } else { self.need.as_str() };
        let able = if able.is_empty() { String::new() } else { format!("能{able}的") };
        let head = format!("离{near}最近的{able}{said}（直线距离）");
        Found::Here { rows: rows.collect(), head, note }
    }

    /// What to measure from, and the places of the wanted kind that were named outright.
    fn locate<'l>(&self, lists: &'l [Arc<Places>]) -> Option<(String, Spot, Listed<'l>)> {
        let named: Listed<'l> = match &self.asked {
            Asked::Spot(spot) => return Some(("您发的位置".to_owned(), *spot, vec![])),
            Asked::Nothing => return None,
            Asked::Named(ids) => lists
                .iter()
                .flat_map(|l| ids.iter().filter_map(move |id| Some((l, l.get(id)?))))
                .collect(),
            Asked::Words(words) => {
                let calls = |p: &Place| {
                    let names = std::iter::once(p.name.as_str()).chain(p.also.split(' '));
                    names
                        .filter(|n| n.chars().count() >= NAME_CHARS_MIN)
                        .any(|n| words.contains(n) || n.contains(words.as_str()))
                };
                let all = lists.iter().flat_map(|l| l.all.iter().map(move |p| (l, p)));
                all.filter(|(_, p)| calls(p)).collect()
            }
        };
        // 柳树湾 is the village before it is the shop in it: the shop is the nearest there anyway
        if let Some((_, home)) = named.iter().find(|(_, p)| p.kind == Kind::Locality) {
            return Some((home.name.clone(), home.spot, vec![]));
        }
        let first = named.first().map(|(_, p)| (p.name.clone(), p.spot))?;
        let direct = named.into_iter().filter(|(_, p)| p.kind == self.kind).collect();
        Some((first.0, first.1, direct))
    }

    fn one(&self, list: &Places, place: &Place, far: Option<i64>) -> One {
        One {
            place: place.clone(),
            far: far.map(|m| format!("，{}", far_words(m))).unwrap_or_default(),
            open: list.open_words(place, self.day, self.now),
            more: more_words(place, self.now),
        }
    }
}

impl Places {
    /// Open now, or on the day that was asked for.
    pub fn open_words(&self, place: &Place, day: Option<i64>, now: Time) -> String {
        match day.filter(|d| *d > now.china_day()) {
            Some(day) => self.day_words(place, day),
            None => self.now_words(place, now),
        }
    }
}

impl Places {
    /// The nearest place of a kind.
    pub fn nearest(&self, kind: Kind, from: Spot) -> Option<&Place> {
        self.around(kind, from).first().map(|(place, _)| *place)
    }
}

/// What a keeper said of cash today, and whom one asks for there.
pub fn more_words(place: &Place, now: Time) -> String {
    let mut out = String::new();
    if place.kind == Kind::Point && !place.keeper.is_empty() {
        out.push_str(&format!("，找{}老板", place.keeper));
    }
    if matches!(place.kind, Kind::Point | Kind::Atm) {
        let today = place.cash.filter(|(_, at)| Time::of_ms(*at).china_day() == now.china_day());
        match today {
            Some((has, at)) => {
                let clock = crate::verbs::clock_words(Time::of_ms(at));
                out.push_str(&format!("，今天{clock}报{}现金", if has { "有" } else { "没有" }));
            }
            None if place.kind == Kind::Point => out.push_str("，有没有现金先打电话问"),
            None => {}
        }
    }
    out
}
