//! Short keys (短 key 托管): long data behind fifteen characters, for a while.
//!
//! Not open to third-party platforms.

use super::{Answer, Call, Outcome, fail, number_of};
use crate::world::World;
use base::Time;
use serde_json::json;
use std::collections::HashMap;

const DATA_BYTES_MAX: usize = 4_096;
const LIFE_S_MAX: i64 = 2_592_000;
const KEY_CHARS: usize = 15;

/// What stands behind a key.
#[derive(Debug, Clone)]
pub(crate) struct Long {
    appid: String,
    data: String,
    made_at: Time,
    life_s: i64,
}

/// Keys of all accounts.
pub(crate) type ShortKeys = HashMap<String, Long>;

pub(crate) fn make(world: &mut World, call: &Call) -> Outcome {
    const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let data = call.text("long_data");
    let life_s = number_of(&call.json, "expire_seconds").unwrap_or(LIFE_S_MAX);
    if data.is_empty() || !(1..=LIFE_S_MAX).contains(&life_s) {
        return fail(40097);
    }
    if data.len() > DATA_BYTES_MAX {
        return fail(45002);
    }
    let letter = |_| {
        let at = usize::try_from(world.random.below(62)).unwrap_or(0);
        char::from(LETTERS[at])
    };
    let key: String = (0..KEY_CHARS).map(letter).collect();
    let now = world.now();
    world.short_keys.retain(|_, long| long.made_at.plus_ms(long.life_s * 1000) > now);
    let long = Long { appid: call.appid.clone(), data, made_at: now, life_s };
    world.short_keys.insert(key.clone(), long);
    Ok(Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "short_key": key })))
}

pub(crate) fn fetch(world: &mut World, call: &Call) -> Outcome {
    let now = world.now();
    let found = world.short_keys.get(&call.text("short_key"));
    let ends = |long: &Long| long.made_at.plus_ms(long.life_s * 1000);
    match found.filter(|long| long.appid == call.appid && ends(long) > now) {
        None => fail(40097),
        Some(long) => Ok(Answer::Json(json!({
            "errcode": 0, "errmsg": "ok", "long_data": long.data,
            "create_time": long.made_at.secs(), "expire_seconds": ends(long).since(now) / 1000,
        }))),
    }
}
