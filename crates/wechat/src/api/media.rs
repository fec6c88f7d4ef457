//! Temporary media (3 days), section 14.
//!
//! Not for: the permanent library.

use super::account::authorized;
use super::wire::{self, address, lenient};
use super::{Account, CallError, CallResult, Cause, traced};
use base::Time;
use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;

/// A downloaded file is at most this large: twice the largest that may be uploaded.
const DOWNLOAD_MAX_BYTES: usize = 20 << 20;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// PNG, JPEG, GIF; 10 MB.
    Image,
    /// AMR, MP3; 2 MB and 60 s.
    Voice,
    /// MP4; 10 MB.
    Video,
    /// JPG; 64 KB.
    Thumb,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Thumb => "thumb",
        }
    }
    /// The largest file WeChat takes.
    pub fn max_bytes(self) -> usize {
        match self {
            Self::Image | Self::Video => 10 << 20,
            Self::Voice => 2 << 20,
            Self::Thumb => 64 << 10,
        }
    }
}

/// A file to upload.
#[derive(Debug, Clone)]
pub struct File {
    pub kind: Kind,
    /// With its extension: WeChat looks at it.
    pub name: String,
    /// `image/jpeg` and the like.
    pub mime: String,
    pub bytes: Bytes,
}

/// An uploaded file, usable for 3 days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    pub media_id: String,
    pub created_at: Time,
}

/// A downloaded one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Media {
    Bytes {
        content_type: String,
        bytes: Bytes,
    },
    /// A video comes as an address.
    Video {
        url: String,
    },
}

#[derive(Deserialize)]
struct UploadAnswer {
    #[serde(alias = "thumb_media_id")]
    media_id: String,
    #[serde(default, deserialize_with = "lenient::number")]
    created_at: i64,
}

impl Account {
    /// `POST /cgi-bin/media/upload` as `multipart/form-data` with part `media`, its file name and a length.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for an empty or too large file or an unusable name; 40007, 45001, and as every call.
    pub async fn upload(&self, file: &File) -> CallResult<Uploaded> {
        if file.bytes.is_empty() || file.bytes.len() > file.kind.max_bytes() {
            return Err(CallError::invalid(format!(
                "a file of kind {} has 1 to {} bytes",
                file.kind.as_str(),
                file.kind.max_bytes()
            )));
        }
        if file.name.is_empty() || file.name.chars().any(|c| c.is_control() || c == '"') {
            return Err(CallError::invalid("the file name is empty or has quotes or controls"));
        }
        let path = "/cgi-bin/media/upload";
        let answer: UploadAnswer = self
            .with_token(|token| async move {
                let query = authorized(&token, &[("type", file.kind.as_str())]);
                let url = address(&self.client().hosts().api, path, &query);
                let length = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
                let part = Part::stream_with_length(file.bytes.clone(), length)
                    .file_name(file.name.clone())
                    .mime_str(&file.mime)
                    .map_err(|_| CallError::invalid("the file's type is not a MIME type"))?;
                let form = Form::new().part("media", part);
                let request = self.client().http().post(&url).multipart(form);
                traced(path, wire::json(request)).await
            })
            .await?;
        let created_at = Time::of_secs(answer.created_at);
        Ok(Uploaded { media_id: answer.media_id, created_at })
    }

    /// `GET /cgi-bin/media/get`: a file that a person sent, or that we uploaded.
    ///
    /// # Errors
    /// 40007 no such (or expired) media id, and as every call.
    pub async fn download(&self, media_id: &str) -> CallResult<Media> {
        let path = "/cgi-bin/media/get";
        self.with_token(|token| async move {
            let query = authorized(&token, &[("media_id", media_id)]);
            let url = address(&self.client().hosts().api, path, &query);
            let request = wire::get(self.client().http(), &url);
            traced(path, async { read(wire::send(request, DOWNLOAD_MAX_BYTES).await?) }).await
        })
        .await
    }
}

/// JSON means an error or a video's address; anything else is the file. The content type decides, except that WeChat sends
/// errors as `text/plain` too.
fn read(answer: wire::Answer) -> CallResult<Media> {
    let kind = answer.content_type.to_ascii_lowercase();
    let is_text = kind.starts_with("application/json") || kind.starts_with("text/plain");
    if !is_text {
        return Ok(Media::Bytes { content_type: answer.content_type, bytes: answer.body });
    }
    let value = wire::parse(&answer.body)?;
    if let Some(error) = wire::error_in(&value) {
        return Err(CallError::Api(error));
    }
    match value.get("video_url").and_then(serde_json::Value::as_str) {
        Some(url) => Ok(Media::Video { url: url.to_owned() }),
        None => Err(CallError::Unknown(Cause::Shape(String::from("neither a file nor a video")))),
    }
}
