//! Temporary media over the API (临时素材).

use super::form::File;
use super::{Answer, Call, Fail, Outcome, form};
use crate::world::World;
use serde_json::json;

/// (kind, largest bytes, endings).
pub(super) static KINDS: &[(&str, usize, &[&str])] = &[
    ("image", 10 << 20, &["png", "jpeg", "jpg", "gif"]),
    ("voice", 2 << 20, &["amr", "mp3"]),
    ("video", 10 << 20, &["mp4"]),
    ("thumb", 64 << 10, &["jpg", "jpeg", "png"]),
];

/// A file that is there, small enough, and named as its kind must be.
pub(super) fn checked<'a>(file: File<'a>, max: usize, endings: &[&str]) -> Result<File<'a>, Fail> {
    let ending = file.filename.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    match file.bytes.len() {
        0 => Err(Fail::from(44001)),
        n if n > max => Err(Fail::from(45001)),
        _ if !endings.contains(&ending.as_str()) => Err(Fail::from(40005)),
        _ => Ok(file),
    }
}

pub(crate) fn upload(world: &mut World, call: &Call) -> Outcome {
    let (kind, max, endings) =
        KINDS.iter().find(|(k, ..)| *k == call.param("type")).ok_or_else(|| Fail::from(40004))?;
    let file =
        form::file(&call.content_type, &call.body, "media").ok_or_else(|| Fail::from(41005))?;
    let file = checked(file, *max, endings)?;
    let id = world.keep(&call.appid, (kind, &file.content_type, &file.filename), file.bytes);
    let created_at = world.now().secs();
    let name = if *kind == "thumb" { "thumb_media_id" } else { "media_id" };
    Ok(Answer::Json(json!({ "type": kind, name: id, "created_at": created_at })))
}

pub(crate) fn download(world: &mut World, call: &Call) -> Outcome {
    let id = call.param("media_id");
    let media = world.media(&call.appid, id).ok_or_else(|| Fail::from(40007))?;
    if media.kind == "video" {
        let url = format!("{}/media/{id}", world.public_url);
        return Ok(Answer::Json(json!({ "video_url": url })));
    }
    Ok(Answer::File {
        content_type: media.content_type.clone(),
        name: media.name.clone(),
        bytes: media.bytes.to_vec(),
    })
}
