//! The store of media: what customers sent and platforms uploaded, for three days by the clock; the permanent library too.

use crate::picture;
use crate::running::Shared;
use crate::world::World;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base::Time;
use http::{StatusCode, header};
use std::sync::Arc;

/// Files kept at most; the oldest go first.
const FILES_MAX: usize = 2_000;

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct Media {
    pub(crate) appid: String,
    /// `image`, `voice`, `video` or `thumb`.
    pub(crate) kind: String,
    pub(crate) content_type: String,
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) at: Time,
    pub(crate) until: Time,
}

/// When the permanent library forgets.
const FOREVER: Time = Time::of_ms(i64::MAX);

/// Kind, content type, and name of a file.
pub(crate) type Label<'a> = (&'a str, &'a str, &'a str);

impl Media {
    pub(crate) fn is_permanent(&self) -> bool {
        self.until == FOREVER
    }
}

impl World {
    /// Keeps a file and gives its media id.
    pub(crate) fn keep(&mut self, appid: &str, label: Label<'_>, bytes: &[u8]) -> String {
        let until = self.now().plus_ms(self.limits.media_life_ms);
        self.keep_until(until, appid, label, bytes)
    }

    /// Keeps a file of the permanent library.
    pub(crate) fn keep_forever(&mut self, appid: &str, label: Label<'_>, bytes: &[u8]) -> String {
        self.keep_until(FOREVER, appid, label, bytes)
    }

    fn keep_until(&mut self, until: Time, appid: &str, label: Label<'_>, bytes: &[u8]) -> String {
        let (kind, content_type, name) = label;
        let now = self.now();
        self.media.retain(|_, m| m.until > now);
        if self.media.len() >= FILES_MAX {
            let oldest = self.media.iter().min_by_key(|(_, m)| m.until).map(|(id, _)| id.clone());
            oldest.and_then(|id| self.media.remove(&id));
        }
        let id = self.random.hex(32);
        let media = Media {
            appid: appid.to_owned(),
            kind: kind.to_owned(),
            content_type: content_type.to_owned(),
            name: name.to_owned(),
            bytes: bytes.into(),
            at: now,
            until,
        };
        self.media.insert(id.clone(), media);
        id
    }

    /// Keeps a small invented file of a kind, as if a customer had made it.
    pub(crate) fn keep_sample(&mut self, appid: &str, kind: &str) -> String {
        let (content_type, name, bytes) = match kind {
            "voice" => ("audio/amr", "voice.amr", picture::silence()),
            "video" => ("video/mp4", "video.mp4", picture::empty_video()),
            _ => ("image/png", "picture.png", picture::landscape(self.random.u64(), picture::SIDE)),
        };
        self.keep(appid, (kind, content_type, name), &bytes)
    }

    pub(crate) fn media(&self, appid: &str, id: &str) -> Option<&Media> {
        let now = self.now();
        self.media.get(id).filter(|m| m.appid == appid && m.until > now)
    }

    /// Where phones find a media file; `None` when it is dead or another account's.
    pub(crate) fn media_url(&self, appid: &str, id: &str) -> Option<String> {
        self.media(appid, id).map(|_| format!("/media/{id}"))
    }
}

/// `GET /media/{id}`: what `PicUrl` and the phones point at. Needs no token, as with WeChat.
pub(crate) async fn picture(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let found = shared.with(|w| {
        let now = w.now();
        w.media.get(&id).filter(|m| m.until > now).cloned()
    });
    match found {
        Some(m) => ([(header::CONTENT_TYPE, m.content_type)], m.bytes.to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
