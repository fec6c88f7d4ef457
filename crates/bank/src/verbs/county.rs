//! What an institution tells its county: notices, subsidies, card offers, farming, prices.

use super::Doing::Look;
use super::{Row, Told as Answered, Verb, done, refused, row, text};
use crate::app::App;
use crate::followers::Standing;
use crate::places::{Asked, Kind, Place};
use crate::rural::{self, Line, List, Told};
use base::Result;
use dialogue::{Call, Value};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    ("bank.bulletins", Look(|app, standing, call| Box::pin(bulletins(app, standing, call)))),
    ("bank.market_price", Look(|app, standing, call| Box::pin(market_price(app, standing, call)))),
    ("bank.season", Look(|app, standing, call| Box::pin(season(app, standing, call)))),
];

fn arg<'c>(call: &'c Call, name: &str) -> &'c str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

fn rows(lines: &[Line]) -> Value {
    let one = |l: &Line| -> Row {
        row([("title", text(&l.title)), ("words", text(&l.words)), ("basis", text(&l.basis))])
    };
    Value::Rows(lines.iter().map(one).collect())
}

/// The names a place goes by, as a county may have written them: with and without 村.
fn names(app: &App, standing: &Standing, place: &str) -> Vec<String> {
    let registry = app.registry();
    let Some(places) = registry.places.get(&standing.tenant) else { return vec![] };
    let found: Vec<&Place> = match Asked::of(place) {
        Asked::Named(ids) => ids.iter().filter_map(|id| places.get(id)).collect(),
        Asked::Spot(spot) => places.nearest(Kind::Locality, spot).into_iter().collect(),
        Asked::Words(words) => return with_and_without(&words),
        Asked::Nothing => vec![],
    };
    let all = found.iter().flat_map(|p| std::iter::once(p.name.as_str()).chain(p.also.split(' ')));
    all.filter(|n| !n.is_empty()).flat_map(with_and_without).collect()
}

fn with_and_without(name: &str) -> Vec<String> {
    match name.strip_suffix('村') {
        Some(bare) => vec![name.to_owned(), bare.to_owned()],
        None => vec![name.to_owned(), format!("{name}村")],
    }
}

async fn bulletins(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Answered> {
    let Some(list) = List::of_word(arg(call, "list")) else {
        return Ok(Ok(refused("bulletins.none", "这一项还没有登记到微信里。")));
    };
    let topics = match (arg(call, "topic"), arg(call, "place")) {
        ("", "") => vec![],
        ("", place) => names(app, standing, place),
        (topic, _) => vec![topic.to_owned()],
    };
    if topics.is_empty() && !arg(call, "place").is_empty() {
        return Ok(Ok(refused("places.unknown", "没找到这个地方，换个村名再问。")));
    }
    Ok(Ok(match rural::bulletins(app, standing.tenant, list, &topics).await? {
        Told::Lines(lines, note) => done([("rows", rows(&lines)), ("note", text(note))]),
        Told::Over(words) => refused("bulletins.over", &words),
        Told::None => refused("bulletins.none", "这一项还没有登记到微信里。"),
    }))
}

async fn market_price(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Answered> {
    let product = arg(call, "product");
    Ok(Ok(match rural::prices(app, standing.tenant, product).await? {
        Told::Lines(lines, note) => done([("rows", rows(&lines)), ("note", text(note))]),
        Told::Over(words) => refused("prices.stale", &words),
        Told::None => refused("prices.none", "这个品种的价还没有登记。"),
    }))
}

async fn season(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Answered> {
    let (season, topics) = rural::season(arg(call, "term"), app.clock().now().china_day());
    let lines = match rural::bulletins(app, standing.tenant, List::Farming, &topics).await? {
        Told::Lines(lines, _) => lines,
        Told::Over(_) | Told::None => vec![],
    };
    Ok(Ok(done([("rows", rows(&lines)), ("season", text(season))])))
}
