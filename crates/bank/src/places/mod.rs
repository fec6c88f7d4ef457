//! Where one can go: branches, machines, village service points (助农点); and towns and villages, which only say where somebody is.
//!
//! An institution's places are rows, kept by `weiyin import` and `weiyin setup`. A process holds them as one [`Places`] for each
//! institution, read again when their version grew: a turn takes an `Arc` and asks the database nothing. Spots are those of Chinese
//! maps (GCJ-02), as WeChat sends them. Not for: tickets and appointments.

pub mod file;
mod hours;
mod near;
mod opening;
mod search;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use search::{Asked, Found, One, Search, more_words};

use crate::audit::{self, Actor};
use base::{IdMap, Result, TenantId};
use db::{Db, Scope, Tx};
use dialogue::Known;
use hours::Hours;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 网点
    Branch,
    /// 自助银行, 取款机
    Atm,
    /// 助农点
    Point,
    /// 村镇: nowhere to bank at.
    Locality,
}

impl Kind {
    pub(crate) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Branch, "branch", "网点"),
        (Self::Atm, "atm", "自助银行"),
        (Self::Point, "point", "助农点"),
        (Self::Locality, "locality", "村镇"),
    ];
    fn stored(self) -> &'static str {
        Self::ALL.iter().find(|(k, ..)| *k == self).map_or("", |(_, stored, _)| stored)
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, stored, said)| word == *stored || word == *said).map(|k| k.0)
    }
    /// As customers call it.
    pub fn said(self) -> &'static str {
        Self::ALL.iter().find(|(k, ..)| *k == self).map_or("", |(.., said)| said)
    }
}

/// A place as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub kind: Kind,
    pub name: String,
    /// Other names, with blanks between.
    pub also: String,
    pub address: String,
    pub phone: String,
    /// Latitude and longitude, millionths of a degree.
    pub spot: (i64, i64),
    pub hours: String,
    /// What can be done there, with blanks between: `存款 补登存折`.
    pub services: String,
    pub step_free: String,
    pub parking: String,
    /// Surname of who keeps the point.
    pub keeper: String,
    /// Whether there is cash, and when the keeper said so (ms).
    pub cash: Option<(bool, i64)>,
}

/// A place as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub id: i64,
    pub entry: Entry,
}

impl std::ops::Deref for Place {
    type Target = Entry;
    fn deref(&self) -> &Entry {
        &self.entry
    }
}

/// Hours of one day that differ from the week's. Without hours: closed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Day {
    hours: Option<Hours>,
    reason: String,
}

/// One day's hours as they are handed in; an empty name is every branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayEntry {
    pub day: i64,
    pub place: String,
    pub hours: String,
    pub reason: String,
}

/// All places of one institution.
#[derive(Debug, Default)]
pub struct Places {
    version: i64,
    /// Their names, for sentences.
    pub known: Arc<Known<dialogue::Place>>,
    all: Vec<Place>,
    days: HashMap<(i64, i64), Day>,
}

/// Every institution's places.
pub type ByTenant = IdMap<TenantId, Arc<Places>>;

impl Places {
    fn new(version: i64, short: &str, all: Vec<Place>, days: HashMap<(i64, i64), Day>) -> Self {
        // Of a name that several share, the town or village is said first.
        let home = |p: &&Place| p.kind == Kind::Locality;
        let in_order = all.iter().filter(home).chain(all.iter().filter(|p| !home(p)));
        let names = in_order.map(|p| {
            // 陵溪农商行河东支行 is called 河东支行
            let bare = p.name.strip_prefix(short).filter(|b| b.chars().count() >= 2);
            let also = p.also.split(' ').filter(|a| !a.is_empty()).chain(bare);
            dialogue::Place {
                id: p.id.to_string(),
                name: p.name.clone(),
                also: also.map(str::to_owned).collect(),
            }
        });
        Self { version, known: Arc::new(Known::places(names.collect())), all, days }
    }

    pub fn get(&self, id: &str) -> Option<&Place> {
        let id: i64 = id.parse().ok()?;
        self.all.iter().find(|p| p.id == id)
    }
    pub fn has(&self, kind: Kind) -> bool {
        self.all.iter().any(|p| p.kind == kind)
    }

    fn day_of(&self, place: &Place, day: i64) -> Option<&Day> {
        let all = || self.days.get(&(0, day)).filter(|_| place.kind == Kind::Branch);
        self.days.get(&(place.id, day)).or_else(all)
    }
}

/// Reads the places of the institutions whose version is another than that of `before`.
///
/// # Errors
/// The database.
pub async fn load(db: &Db, shorts: &[(TenantId, String)], before: &ByTenant) -> Result<ByTenant> {
    let versions = db.read(Scope::House, store::versions).await?;
    let versions: HashMap<i64, i64> = versions.into_iter().collect();
    let mut out = ByTenant::default();
    for (tenant, short) in shorts {
        let version = versions.get(&tenant.raw()).copied().unwrap_or(0);
        let same = before.get(tenant).filter(|p| p.version == version);
        let places = match same {
            Some(same) => same.clone(),
            None => {
                let unit = |tx: &Tx<'_>| Ok((store::all(tx)?, store::days(tx)?));
                let (all, days) = db.read(Scope::Tenant(*tenant), unit).await?;
                Arc::new(Places::new(version, short, all, days))
            }
        };
        out.insert(*tenant, places);
    }
    Ok(out)
}

/// What keeping a list changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub kept: usize,
    pub removed: usize,
}

/// Keeps places: a known name of a kind is changed, a new one added. With `replace` what the list does not name goes, of its kinds;
/// a branch never goes, because cases name it.
///
/// # Errors
/// The database.
pub fn keep(tx: &Tx<'_>, by: Actor<'_>, entries: &[Entry], replace: bool) -> Result<Kept> {
    let mut done = Kept { kept: entries.len(), removed: 0 };
    for entry in entries {
        store::put(tx, entry)?;
    }
    if replace {
        for (kind, ..) in Kind::ALL.iter().filter(|(k, ..)| *k != Kind::Branch) {
            let named: Vec<&str> =
                entries.iter().filter(|e| e.kind == *kind).map(|e| e.name.as_str()).collect();
            if !named.is_empty() {
                done.removed += store::remove_others(tx, *kind, &named)?;
            }
        }
    }
    store::touch(tx)?;
    let counts = format!("kept {} removed {}", done.kept, done.removed);
    audit::note(tx, by, "places.put", "list", "done", &counts)?;
    Ok(done)
}

/// Keeps days with hours of their own.
///
/// # Errors
/// Refused when a name is no branch, machine or point of the institution.
pub fn keep_days(tx: &Tx<'_>, by: Actor<'_>, entries: &[DayEntry]) -> Result<Kept> {
    for entry in entries {
        let place = if entry.place.is_empty() {
            0
        } else {
            match store::id_of(tx, &entry.place)? {
                Some(id) => id,
                None => return NO_PLACE.say(format!("没有“{}”这个地方", entry.place)).into(),
            }
        };
        store::put_day(tx, place, entry)?;
    }
    store::touch(tx)?;
    audit::note(tx, by, "places.days", "list", "done", &format!("kept {}", entries.len()))?;
    Ok(Kept { kept: entries.len(), removed: 0 })
}

pub const NO_PLACE: base::Refusal = base::Refusal::missing("place.unknown", "没有这个地方");
