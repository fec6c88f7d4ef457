//! The permanent library (永久素材) and pictures for article bodies.
//!
//! Not for: files that live three days ([`super::files`]).

use super::files::{KINDS, checked};
use super::{Answer, Call, Fail, Outcome, fail, form, number_of, text_of};
use crate::media::Media;
use crate::world::World;
use serde_json::{Value, json};

/// Largest picture of an article body.
const PICTURE_BYTES_MAX: usize = 1 << 20;
const PICTURES_MAX: usize = 100_000;
const OTHERS_MAX: usize = 1_000;

pub(crate) fn picture(world: &mut World, call: &Call) -> Outcome {
    let file =
        form::file(&call.content_type, &call.body, "media").ok_or_else(|| Fail::from(41005))?;
    let file = checked(file, PICTURE_BYTES_MAX, &["jpg", "jpeg", "png"])?;
    let id =
        world.keep_forever(&call.appid, ("body", &file.content_type, &file.filename), file.bytes);
    Ok(Answer::Json(json!({ "url": format!("{}/media/{id}", world.public_url) })))
}

pub(crate) fn add(world: &mut World, call: &Call) -> Outcome {
    let (kind, max, endings) =
        KINDS.iter().find(|(k, ..)| *k == call.param("type")).ok_or_else(|| Fail::from(40004))?;
    let file =
        form::file(&call.content_type, &call.body, "media").ok_or_else(|| Fail::from(41005))?;
    let more: &[&str] = match *kind {
        "image" => &["bmp"],
        "voice" => &["wma", "wav"],
        _ => &[],
    };
    let file = checked(file, *max, &[endings, more].concat())?;
    let full = if *kind == "image" { PICTURES_MAX } else { OTHERS_MAX };
    if library(world, call, kind).len() >= full {
        return fail(45001);
    }
    let id =
        world.keep_forever(&call.appid, (kind, &file.content_type, &file.filename), file.bytes);
    let mut answer = json!({ "media_id": id });
    if matches!(*kind, "image" | "thumb") {
        answer["url"] = json!(format!("{}/media/{id}", world.public_url));
    }
    Ok(Answer::Json(answer))
}

/// Permanent files of a kind, newest first.
fn library<'w>(world: &'w World, call: &Call, kind: &str) -> Vec<(&'w String, &'w Media)> {
    let is_mine = |m: &Media| m.appid == call.appid && m.kind == kind && m.is_permanent();
    let mut found: Vec<_> = world.media.iter().filter(|(_, m)| is_mine(m)).collect();
    found.sort_by_key(|(id, m)| (std::cmp::Reverse(m.at), id.as_str().to_owned()));
    found
}

fn permanent<'w>(world: &'w World, call: &Call) -> Result<&'w Media, Fail> {
    let found = world.media(&call.appid, &call.text("media_id")).filter(|m| m.is_permanent());
    found.ok_or_else(|| Fail::from(40007))
}

pub(crate) fn get(world: &mut World, call: &Call) -> Outcome {
    let media = permanent(world, call)?;
    if media.kind == "video" {
        let url = format!("{}/media/{}", world.public_url, call.text("media_id"));
        return Ok(Answer::Json(
            json!({ "title": media.name, "description": "", "down_url": url }),
        ));
    }
    Ok(Answer::File {
        content_type: media.content_type.clone(),
        name: media.name.clone(),
        bytes: media.bytes.to_vec(),
    })
}

pub(crate) fn delete(world: &mut World, call: &Call) -> Outcome {
    permanent(world, call)?;
    world.media.remove(&call.text("media_id"));
    Answer::ok()
}

pub(crate) fn count(world: &mut World, call: &Call) -> Outcome {
    let of = |kind| library(world, call, kind).len();
    Ok(Answer::Json(json!({
        "voice_count": of("voice"), "video_count": of("video"),
        "image_count": of("image") + of("thumb"), "news_count": 0,
    })))
}

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (offset, count) = super::draft::window(call)?;
    let kind = text_of(&call.json, "type");
    if !KINDS.iter().any(|(k, ..)| *k == kind) || number_of(&call.json, "count").is_none() {
        return fail(40004);
    }
    let all = library(world, call, &kind);
    let items: Vec<Value> = all
        .iter()
        .skip(offset)
        .take(count)
        .map(|(id, m)| {
            let url = format!("{}/media/{id}", world.public_url);
            json!({ "media_id": id, "name": m.name, "update_time": m.at.secs(), "url": url })
        })
        .collect();
    Ok(Answer::Json(json!({ "total_count": all.len(), "item_count": items.len(), "item": items })))
}

/// `media/uploadvideo`: an uploaded video with words, for `mpvideo` of a mass send.
pub(crate) fn video(world: &mut World, call: &Call) -> Outcome {
    let media = world.media(&call.appid, &call.text("media_id")).filter(|m| m.kind == "video");
    let media = media.cloned().ok_or_else(|| Fail::from(40007))?;
    let (title, bytes) = (call.text("title"), media.bytes);
    let id = world.keep(&call.appid, ("video", &media.content_type, &title), &bytes);
    let created_at = world.now().secs();
    Ok(Answer::Json(json!({ "type": "video", "media_id": id, "created_at": created_at })))
}
