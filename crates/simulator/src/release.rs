//! 全网发布检测: what the open platform tries before a third-party platform may be published.
//!
//! One of the five test accounts plays the customer's account. It is kept hidden from phones.

use crate::act::{Done, Outgoing};
use crate::config::{AccountConfig, By, UserConfig};
use crate::item::{Body, Side};
use crate::push::{Delivery, Ended};
use crate::running::Shared;
use crate::world::World;
use base::Result;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const TEST_APPID: &str = "wx570bc396a51b8ff8";
const TEST_ORIGINAL_ID: &str = "gh_3c884a361561";
const TEST_USER: &str = "release-check";
/// How long the message from the API may take.
const FROM_API_MS: u64 = 10_000;
const LOOK_MS: u64 = 100;

/// One probe.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) passed: bool,
    /// What came instead, when it did not pass.
    pub(crate) words: String,
}

impl Check {
    fn of(name: &'static str, passed: bool, got: impl Into<String>) -> Self {
        let words = if passed { String::new() } else { got.into() };
        Self { name, passed, words }
    }
}

/// Runs every probe, one after the other.
///
/// # Errors
/// `component.missing`.
pub(crate) async fn run(shared: &Arc<Shared>) -> Result<Vec<Check>> {
    let ticket = shared.with(|w| -> Result<Delivery> {
        w.set_stage()?;
        w.new_ticket()
    })?;
    let ended = carry(shared, ticket).await;
    let ticket = Check::of("component_verify_ticket", ended.outcome == "acked", &ended.note);
    let text = text_probe(shared).await?;
    let event = event_probe(shared).await?;
    let api = api_probe(shared).await?;
    shared.with(World::clear_stage);
    Ok(vec![ticket, text, event, api])
}

async fn text_probe(shared: &Arc<Shared>) -> Result<Check> {
    const WANTED: &str = "TESTCOMPONENT_MSG_TYPE_TEXT_callback";
    let (ended, words) = say(shared, "TESTCOMPONENT_MSG_TYPE_TEXT").await?;
    let got = words.first().map_or(ended.note.as_str(), String::as_str);
    Ok(Check::of("text", got == WANTED, got))
}

async fn event_probe(shared: &Arc<Shared>) -> Result<Check> {
    let before = shown(shared).len();
    let report = Outgoing::Report { x: 23.137_466, y: 113.352_425 };
    let done = shared.with(|w| w.send(TEST_APPID, TEST_USER, report))?;
    let ended = carry_first(shared, done).await;
    let words = shown(shared);
    let got = words.get(before).map_or(ended.note.as_str(), String::as_str);
    Ok(Check::of("event", got == "LOCATIONfrom_callback", got))
}

async fn api_probe(shared: &Arc<Shared>) -> Result<Check> {
    let before = shown(shared).len();
    let (code, push) = shared.with(|w| {
        let sets = crate::component::SETS_USUAL;
        w.authorize(TEST_APPID, &sets, "")
    })?;
    // the suite gives the code in the text only; a push would let the platform use it up before
    drop(push);
    let (ended, _) = say(shared, &format!("QUERY_AUTH_CODE:{code}")).await?;
    if ended.outcome != "acked" {
        return Ok(Check::of("api", false, "a passive reply where there must be none"));
    }
    let wanted = format!("{code}_from_api");
    for _ in 0..FROM_API_MS / LOOK_MS {
        let words = shown(shared);
        if let Some(got) = words.get(before) {
            return Ok(Check::of("api", *got == wanted, got));
        }
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
    Ok(Check::of("api", false, "no customer-service message came"))
}

/// Sends a text; gives the end and the account's words since.
async fn say(shared: &Arc<Shared>, content: &str) -> Result<(Ended, Vec<String>)> {
    let before = shown(shared).len();
    let what = Outgoing::Text { content: content.to_owned(), bizmsgmenuid: None };
    let done = shared.with(|w| w.send(TEST_APPID, TEST_USER, what))?;
    let ended = carry_first(shared, done).await;
    Ok((ended, shown(shared).split_off(before)))
}

fn shown(shared: &Shared) -> Vec<String> {
    shared.with(|w| {
        let items = w.chat(TEST_APPID, TEST_USER).items.iter();
        let words = items.filter(|i| i.side == Side::Account).map(|i| match &i.body {
            Body::Text { text, .. } => text.clone(),
            other => format!("{other:?}"),
        });
        words.collect()
    })
}

async fn carry_first(shared: &Arc<Shared>, done: Done) -> Ended {
    match done.deliveries.into_iter().next() {
        Some(delivery) => carry(shared, delivery).await,
        None => Ended::nothing(),
    }
}

async fn carry(shared: &Arc<Shared>, mut delivery: Delivery) -> Ended {
    let (tell, told) = oneshot::channel();
    delivery.done = Some(tell);
    shared.send(delivery);
    told.await.unwrap_or_else(|_| Ended::nothing())
}

impl World {
    /// The test account and its only follower.
    fn set_stage(&mut self) -> Result<()> {
        let component = self.component_mut()?;
        let (token, key) =
            (component.config.token.clone(), component.config.encoding_aes_key.clone());
        let account = AccountConfig {
            appid: TEST_APPID.to_owned(),
            original_id: TEST_ORIGINAL_ID.to_owned(),
            name: String::from("全网发布检测"),
            by: By::Component,
            authorized: true,
            token,
            encoding_aes_key: key,
            ..AccountConfig::default()
        };
        self.register(account, true)?;
        let user = UserConfig { id: TEST_USER.to_owned(), ..UserConfig::default() };
        self.add_user(user)?;
        self.chat(TEST_APPID, TEST_USER).followed = true;
        Ok(())
    }

    fn clear_stage(&mut self) {
        self.users.retain(|u| u.id != TEST_USER);
        self.accounts.retain(|a| a.config.appid != TEST_APPID);
        if let Ok(component) = self.component_mut() {
            component.granted.remove(TEST_APPID);
        }
        self.news.push(serde_json::json!({ "kind": "state" }));
    }
}
