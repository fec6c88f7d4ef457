//! Scene QR codes, section 16.

use super::wire::{address, lenient};
use super::{Account, CallError, CallResult, Client};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest life of a temporary code.
pub const LIFE_MAX_S: i64 = 2_592_000;
/// Permanent numeric scenes go up to here.
pub const PERMANENT_ID_MAX: u32 = 100_000;
/// A text scene has 1 to so many characters.
pub const TEXT_MAX_CHARS: usize = 64;

/// What comes back as `EventKey` (`qrscene_` + scene on a new follow, the bare scene on a scan).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scene {
    /// Not 0.
    Id(u32),
    /// 1–64 characters.
    Text(String),
}

/// A code that was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Code {
    /// For [`image_url`].
    pub ticket: String,
    /// Absent for a permanent code.
    #[serde(default, deserialize_with = "lenient::number")]
    pub expire_seconds: i64,
    /// What the picture says; draw it yourself, or use [`image_url`].
    pub url: String,
}

/// `GET showqrcode`: the picture's address. No token is needed.
pub fn image_url(client: &Client, ticket: &str) -> String {
    address(&client.hosts().mp, "/cgi-bin/showqrcode", &[("ticket", ticket)])
}

impl Scene {
    fn check(&self, permanent: bool) -> CallResult<Value> {
        let fault = match self {
            Self::Id(0) => "scene 0 is no scene",
            Self::Id(n) if permanent && *n > PERMANENT_ID_MAX => {
                "a permanent numeric scene is at most 100000"
            }
            Self::Id(n) => return Ok(json!({ "scene_id": n })),
            Self::Text(s) if (1..=TEXT_MAX_CHARS).contains(&s.chars().count()) => {
                return Ok(json!({ "scene_str": s }));
            }
            Self::Text(_) => "a text scene has 1 to 64 characters",
        };
        Err(CallError::invalid(fault))
    }
}

impl Account {
    /// A code that works for `life_s` seconds (at most [`LIFE_MAX_S`]). `POST /cgi-bin/qrcode/create`.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for a scene or life out of range, and as every call.
    pub async fn qr_temporary(&self, scene: &Scene, life_s: i64) -> CallResult<Code> {
        if !(1..=LIFE_MAX_S).contains(&life_s) {
            return Err(CallError::invalid("a temporary code lives 1 to 2592000 seconds"));
        }
        let action = match scene {
            Scene::Id(_) => "QR_SCENE",
            Scene::Text(_) => "QR_STR_SCENE",
        };
        let scene = scene.check(false)?;
        let body = json!({
            "expire_seconds": life_s, "action_name": action, "action_info": { "scene": scene },
        });
        self.post("/cgi-bin/qrcode/create", &body).await
    }

    /// A code for ever; an account has 100 000 of them and cannot delete any. `POST /cgi-bin/qrcode/create`.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for a scene out of range, 45029 none left, and as every call.
    pub async fn qr_permanent(&self, scene: &Scene) -> CallResult<Code> {
        let action = match scene {
            Scene::Id(_) => "QR_LIMIT_SCENE",
            Scene::Text(_) => "QR_LIMIT_STR_SCENE",
        };
        let scene = scene.check(true)?;
        let body = json!({ "action_name": action, "action_info": { "scene": scene } });
        self.post("/cgi-bin/qrcode/create", &body).await
    }

    /// See [`image_url`].
    pub fn qr_image_url(&self, code: &Code) -> String {
        image_url(self.client(), &code.ticket)
    }
}
