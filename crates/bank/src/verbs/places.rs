//! Branches, machines and village service points: what anyone may ask.

use super::Doing::Look;
use super::{Row, Told, Verb, done, refused, row, text};
use crate::app::App;
use crate::followers::Standing;
use crate::places::{Asked, Found, Kind, Place, Places, Search, more_words};
use crate::tenants::UNION;
use base::Result;
use dialogue::{Call, Outcome, Value};
use nlu::dates;
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    (
        "bank.places",
        Look(|app, standing, call| Box::pin(async move { places(app, standing, call) })),
    ),
    ("bank.place", Look(|app, standing, call| Box::pin(async move { place(app, standing, call) }))),
];

fn arg<'c>(call: &'c Call, name: &str) -> &'c str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

/// The lists a customer may look through: their own bank's; while no bank is theirs, all of the province.
fn lists(app: &App, standing: &Standing) -> Vec<Arc<Places>> {
    let registry = app.registry();
    if standing.tenant != UNION {
        return registry.places.get(&standing.tenant).cloned().into_iter().collect();
    }
    let mut all: Vec<_> = registry.places.iter().collect();
    all.sort_by_key(|(tenant, _)| **tenant);
    all.into_iter().map(|(_, places)| places.clone()).collect()
}

fn none(kind: Kind) -> Outcome {
    refused("places.none", &format!("{}还没有登记到微信里。", kind.said()))
}

fn unknown() -> Outcome {
    refused("places.unknown", "没找到这个地方。发个位置给我，或换个村名、镇名。")
}

fn places(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let Some(kind) = Kind::of_word(arg(call, "kind")) else { return Ok(Ok(unknown())) };
    let search = Search {
        kind,
        asked: Asked::of(arg(call, "place")),
        need: arg(call, "need").to_owned(),
        day: dates::from_iso(arg(call, "day")),
        now: app.clock().now(),
    };
    Ok(Ok(match search.run(&lists(app, standing)) {
        Found::None => none(kind),
        Found::Unknown => unknown(),
        Found::Here { rows, head, note } => {
            let shown = rows.iter().map(|one| -> Row {
                row([
                    ("id", text(one.place.id.to_string())),
                    ("name", text(&one.place.name)),
                    ("far", text(&one.far)),
                    ("open", text(&one.open)),
                    ("address", text(&one.place.address)),
                    ("call", text(call_words(&one.place))),
                    ("more", text(&one.more)),
                ])
            });
            done([
                ("rows", Value::Rows(shown.collect())),
                ("head", text(head)),
                ("note", text(note)),
            ])
        }
    }))
}

fn place(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let (now, day) = (app.clock().now(), dates::from_iso(arg(call, "day")));
    let lists = lists(app, standing);
    let by_id = |id: &str| lists.iter().find_map(|l| Some((l, l.get(id)?)));
    if let Some((list, place)) = by_id(arg(call, "row")) {
        return Ok(Ok(told(list, place, "", (day, now))));
    }
    let asked = Asked::of(arg(call, "place"));
    // A machine or a point that was named is what is asked about; else the branch there.
    if let Asked::Named(ids) = &asked
        && let [id] = ids.as_slice()
        && let Some((list, place)) = by_id(id)
        && place.kind != Kind::Locality
    {
        return Ok(Ok(told(list, place, "", (day, now))));
    }
    let search = Search { kind: Kind::Branch, asked, need: String::new(), day, now };
    Ok(Ok(match search.run(&lists) {
        Found::None => none(Kind::Branch),
        Found::Unknown => unknown(),
        Found::Here { rows, head, .. } => {
            let is_named = rows.first().is_some_and(|one| one.far.is_empty());
            if is_named && rows.len() > 1 {
                let names: Vec<&str> = rows.iter().map(|one| one.place.name.as_str()).collect();
                let words = format!("这样叫的有{}，您说全名。", names.join("、"));
                refused("places.several", &words)
            } else if let Some((list, place)) =
                rows.first().and_then(|o| by_id(&o.place.id.to_string()))
            {
                let lead = if is_named { String::new() } else { format!("{head}是：\n") };
                told(list, place, &lead, (day, now))
            } else {
                unknown()
            }
        }
    }))
}

fn call_words(place: &Place) -> String {
    if place.phone.is_empty() { String::new() } else { format!("，电话 {}", place.phone) }
}

/// All about one place.
fn told(
    list: &Places,
    place: &Place,
    lead: &str,
    (day, now): (Option<i64>, base::Time),
) -> Outcome {
    let can = if place.services.is_empty() {
        String::new()
    } else {
        format!("可以{}", place.services.replace(' ', "、"))
    };
    let about = [can, place.step_free.clone(), place.parking.clone()];
    let about: Vec<&str> = about.iter().map(String::as_str).filter(|w| !w.is_empty()).collect();
    let mut more = about.join("；");
    let said = more_words(place, now);
    more.push_str(if more.is_empty() { said.trim_start_matches('，') } else { &said });
    if !more.is_empty() {
        more.insert(0, '\n');
    }
    done([
        ("place", text(place.id.to_string())),
        ("lead", text(lead)),
        ("name", text(&place.name)),
        ("address", text(&place.address)),
        ("call", text(call_words(place))),
        ("open", text(list.open_words(place, day, now))),
        ("hours", text(&place.hours)),
        ("more", text(more)),
    ])
}
