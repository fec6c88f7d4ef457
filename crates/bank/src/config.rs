//! Settings: `config.default.toml` ← a file ← `WEIYIN__SECTION__KEY`. Unknown keys are refused.
//!
//! Not for: what a county may change at run time; that is rows under maker and checker.

use crate::notices;
use crate::payments::rules::Rules;
use crate::recon;
use crate::vault::Profile;
use crate::wealth;
use base::{Context, Error, Result, Secret};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

pub const DEFAULTS: &str = include_str!("../../../config.default.toml");
const ENV_PREFIX: &str = "WEIYIN__";

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub core: Core,
    pub iso8583: Iso8583,
    pub keys: Keys,
    pub wechat: WeChat,
    pub sms: Sms,
    pub ocr: Ocr,
    pub face: Face,
    pub chooser: Chooser,
    pub h5: H5,
    pub limits: Limits,
    pub payments: Rules,
    pub recon: recon::Rules,
    pub wealth: wealth::Rules,
    pub notices: notices::Rules,
    pub audit: Audit,
    pub log: Log,
}

/// `[audit]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Where ends of chains are written down each hour; empty: nowhere.
    pub anchor_file: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub public_listen: SocketAddr,
    pub staff_listen: SocketAddr,
    pub public_url: String,
    pub client_ip_header: String,
    pub reply_budget_ms: u64,
    pub shutdown_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: String,
    pub connections: usize,
    pub replica_url: String,
    pub row_security: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Core {
    pub adapter: String,
    pub url: String,
    pub key_id: String,
    pub key_file: PathBuf,
    pub push_key_id: String,
    pub push_key_file: PathBuf,
    pub deadline_ms: i64,
}

impl Core {
    /// Whether the core is another server's, not our own sandbox.
    pub fn is_http(&self) -> bool {
        self.adapter == "http"
    }

    fn check(&self) -> Result<()> {
        let say = |what: &str| Err(Error::fault(what.to_owned()));
        let is_plain = self.url.starts_with("http://127.0.0.1:");
        if self.push_key_id.is_empty() != self.push_key_file.as_os_str().is_empty() {
            return say("core.push_key_id and core.push_key_file are both set or both empty");
        }
        if self.is_http() && !self.push_key_id.is_empty() && self.push_key_id == self.key_id {
            return say(
                "core.push_key_id is core.key_id: that key is good for pushes already; leave it empty, or name another key",
            );
        }
        match self.adapter.as_str() {
            "sandbox" => Ok(()),
            "http" if self.key_id.is_empty() || self.key_file.as_os_str().is_empty() => {
                say("core.key_id or core.key_file is empty: requests to a core are signed")
            }
            "http" if !self.url.starts_with("https://") && !is_plain => {
                say("core.url is not https: plain http only to this machine (http://127.0.0.1:…)")
            }
            "http" => Ok(()),
            other => Err(Error::fault(format!(
                "core.adapter \"{other}\" is not known; use \"sandbox\" or \"http\""
            ))),
        }
    }
}

/// `[iso8583]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iso8583 {
    #[serde(deserialize_with = "address")]
    pub listen: Option<SocketAddr>,
    pub key_file: PathBuf,
    /// Field 100, without zeros before it → an institution's code.
    pub institutions: BTreeMap<String, String>,
}

impl Iso8583 {
    fn check(&self) -> Result<()> {
        let say = |what: &str| Err(Error::fault(what));
        if self.listen.is_none() {
            return Ok(());
        }
        if self.key_file.as_os_str().is_empty() {
            return say("iso8583.key_file is empty: messages carry a code under a key");
        }
        if self.institutions.is_empty() {
            return say("iso8583.institutions is empty: say which number is which institution");
        }
        let is_number = |n: &String| {
            !n.starts_with('0') && n.len() <= 11 && n.bytes().all(|b| b.is_ascii_digit())
        };
        if !self.institutions.keys().all(is_number) {
            return say("iso8583.institutions: numbers have 1 to 11 digits and begin with no zero");
        }
        Ok(())
    }
}

/// An address, or nothing for an empty text.
fn address<'de, D: serde::Deserializer<'de>>(
    d: D,
) -> std::result::Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(d)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub master_file: PathBuf,
    pub previous_master_file: PathBuf,
    pub core_master_file: PathBuf,
    pub previous_core_master_file: PathBuf,
    pub core_pin_file: PathBuf,
    pub core_pin_id: String,
    pub previous_core_pin_file: PathBuf,
    pub previous_core_pin_id: String,
    pub profile: Profile,
}

/// A secret read from settings; prints `***`.
#[derive(Debug, Clone)]
pub struct SecretText(pub Secret<String>);
impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(d).map(|s| Self(Secret::new(s)))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeChat {
    pub api_url: String,
    pub mp_url: String,
    pub open_url: String,
    pub timeout_ms: u64,
    pub component_appid: String,
    pub component_secret: SecretText,
    pub component_token: SecretText,
    pub component_aes_key: SecretText,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub url: String,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ocr {
    pub url: String,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    pub url: String,
    pub timeout_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chooser {
    pub url: String,
    pub model: String,
    pub key: SecretText,
    pub timeout_ms: u64,
}

/// Longer nobody waits for a hint: the answer must still reach WeChat in time.
const CHOOSER_MS_MAX: u64 = 1_500;

impl Chooser {
    fn check(&self) -> Result<()> {
        let say = |what: &str| Err(Error::fault(what));
        if self.timeout_ms == 0 || self.timeout_ms > CHOOSER_MS_MAX {
            return say("chooser.timeout_ms must be 1 to 1500: the customer waits for it");
        }
        if self.url.is_empty() {
            return Ok(());
        }
        if self.model.is_empty() {
            return say("chooser.model is empty: name the model that chooser.url serves");
        }
        let url = reqwest::Url::parse(&self.url).doing("chooser.url")?;
        let is_near = match url.host_str().map(|h| h.trim_matches(['[', ']'])) {
            Some("localhost") => true,
            Some(host) => host.parse::<IpAddr>().is_ok_and(|ip| match ip {
                IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
                IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
            }),
            None => false,
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_near) {
            return say(
                "chooser.url must be https; plain http only to this machine or a private address",
            );
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct H5 {
    pub secure_cookies: bool,
    pub session_idle_ms: i64,
    pub money_idle_ms: i64,
    pub session_absolute_ms: i64,
    pub link_ms: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub bind_tries_per_day: i64,
    pub bind_tries_per_ip_hour: i64,
    pub otp_life_ms: i64,
    pub otp_tries: i64,
    pub otp_resend_ms: i64,
    pub otp_per_hour: i64,
    pub otp_per_day: i64,
    pub otp_voice_after_ms: i64,
    pub otp_free_per_day: i64,
    pub otp_all_per_day: i64,
    pub photos_per_hour: i64,
    pub photos_all_per_day: i64,
    pub face_failures_per_day: i64,
    pub checks_per_ip: i64,
    pub checks_all: i64,
    pub followers_cached: usize,
    pub seat_log_bytes: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: String,
    pub filter: String,
}

impl Config {
    /// The defaults, a file over them if given, then the environment's `WEIYIN__…`.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .doing(format!("config file {} cannot be read", path.display()))?,
            None => String::new(),
        };
        let name = file.map_or_else(|| "config".to_owned(), |p| p.display().to_string());
        Self::from_parts(&name, &text, std::env::vars())
    }

    /// The same from parts, for tests and the demo.
    pub fn from_parts(
        name: &str,
        text: &str,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut all: Table = DEFAULTS.parse().doing("config.default.toml")?;
        merge(&mut all, text.parse::<Table>().doing(name)?, name)?;
        for (key, value) in env {
            let Some(path) = key.strip_prefix(ENV_PREFIX) else {
                continue;
            };
            let Some((section, key)) = path.split_once("__") else {
                return Err(Error::fault(format!(
                    "{ENV_PREFIX}{path}: write {ENV_PREFIX}SECTION__KEY"
                )));
            };
            set(&mut all, &section.to_lowercase(), &key.to_lowercase(), &value)?;
        }
        let config: Self = all.try_into().doing(name)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let say = |what: String| Err(Error::fault(what));
        if self.server.reply_budget_ms == 0 || self.server.reply_budget_ms > 4_500 {
            return say("server.reply_budget_ms must be 1 to 4500: WeChat gives up at 5000".into());
        }
        if !self.server.public_url.starts_with("http") || self.server.public_url.ends_with('/') {
            return say(
                "server.public_url must be like https://bank.example without a slash at its end"
                    .into(),
            );
        }
        if self.h5.secure_cookies && !self.server.public_url.starts_with("https://") {
            return say(
                "server.public_url is not https: put TLS in front, or set h5.secure_cookies = false for a demo".into(),
            );
        }
        let key = self.wechat.component_aes_key.0.reveal();
        if !self.wechat.component_appid.is_empty() && key.len() != 43 {
            return say(format!(
                "wechat.component_aes_key has {} characters; WeChat's EncodingAESKey has exactly 43: copy it again",
                key.len()
            ));
        }
        self.keys.check()?;
        self.chooser.check()?;
        self.iso8583.check()?;
        self.core.check()
    }
}

impl Keys {
    /// The sandbox core's master key: where settings say, else beside the bank's.
    pub fn core_master_file(&self) -> PathBuf {
        if self.core_master_file.as_os_str().is_empty() {
            return self.master_file.with_file_name("core-master.key");
        }
        self.core_master_file.clone()
    }

    fn check(&self) -> Result<()> {
        let say = |what: &str| Err(Error::fault(what));
        let (master, before) = (&self.master_file, &self.previous_master_file);
        if !before.as_os_str().is_empty() {
            if master == before {
                return say("keys.previous_master_file is keys.master_file: name the old file");
            }
            if master.parent() != before.parent() && self.core_master_file.as_os_str().is_empty() {
                return say(
                    "keys.master_file must stand in the folder of keys.previous_master_file: the sandbox core has its key \
                     there, or name that one in keys.core_master_file",
                );
            }
        }
        let before = &self.previous_core_master_file;
        if !before.as_os_str().is_empty() {
            if *before == self.core_master_file() {
                return say(
                    "keys.previous_core_master_file is the sandbox core's key in use: name the new file in keys.core_master_file",
                );
            }
            if !before.exists() {
                return say(&format!(
                    "keys.previous_core_master_file: {} is not there",
                    before.display()
                ));
            }
        }
        let has_pin = !self.previous_core_pin_file.as_os_str().is_empty();
        if has_pin == self.previous_core_pin_id.is_empty() {
            return say(
                "keys.previous_core_pin_file and keys.previous_core_pin_id are both set or both empty",
            );
        }
        if has_pin && self.core_pin_id == self.previous_core_pin_id {
            return say(
                "keys.core_pin_id is keys.previous_core_pin_id: the core tells the two keys by their ids",
            );
        }
        if self.core_pin_id.is_empty() {
            return say("keys.core_pin_id is empty: the core finds the key by it");
        }
        Ok(())
    }
}

fn merge(all: &mut Table, over: Table, name: &str) -> Result<()> {
    for (section, values) in over {
        let Value::Table(values) = values else {
            return Err(Error::fault(format!("{name}: \"{section}\" must be a [section]")));
        };
        let Some(Value::Table(known)) = all.get_mut(&section) else {
            return Err(Error::fault(format!("{name}: section [{section}] is not known")));
        };
        for (key, value) in values {
            if !known.contains_key(&key) {
                return Err(Error::fault(format!(
                    "{name}: {section}.{key} is not a known setting"
                )));
            }
            known.insert(key, value);
        }
    }
    Ok(())
}

/// An environment value takes the type its default has.
fn set(all: &mut Table, section: &str, key: &str, text: &str) -> Result<()> {
    let unknown = || Error::fault(format!("environment: {section}.{key} is not a known setting"));
    let slot = all
        .get_mut(section)
        .and_then(Value::as_table_mut)
        .and_then(|t| t.get_mut(key))
        .ok_or_else(unknown)?;
    let bad = |want: &str| Error::fault(format!("environment: {section}.{key} must be {want}"));
    *slot = match slot {
        Value::Integer(_) => Value::Integer(text.parse().map_err(|_| bad("a whole number"))?),
        Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| bad("true or false"))?),
        _ => Value::String(text.to_owned()),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, env: &[(&str, &str)]) -> Result<Config> {
        let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::from_parts("weiyin.toml", text, env)
    }
    const DEMO: &str = "[h5]\nsecure_cookies = false\n";

    #[test]
    fn the_defaults_hold_and_the_environment_wins_over_the_file() {
        let c = load(
            "[h5]\nsecure_cookies = false\n[database]\nurl = \"sqlite:a.db\"",
            &[
                ("WEIYIN__DATABASE__URL", "sqlite:b.db"),
                ("WEIYIN__LIMITS__OTP_TRIES", "2"),
                ("HOME", "x"),
            ],
        )
        .unwrap();
        assert_eq!(c.database.url, "sqlite:b.db");
        assert_eq!((c.limits.otp_tries, c.limits.otp_per_day), (2, 10));
    }

    #[test]
    fn every_setting_stands_in_the_table_of_the_documents() {
        let table = include_str!("../../../docs/ops/config.md");
        let key = |line: &'static str| line.split_once(" = ").map(|(key, _)| key);
        let lines = DEFAULTS.lines().filter(|l| !l.starts_with('#'));
        let missing: Vec<&str> =
            lines.filter_map(key).filter(|k| !table.contains(&format!("`{k}`"))).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn a_wrong_setting_is_refused_with_a_sentence_that_says_what_to_do() {
        for (text, words) in [
            ("[server]\nport = 1", "weiyin.toml: server.port is not a known setting"),
            ("[servers]\nport = 1", "section [servers] is not known"),
            ("[wechat]\ncomponent_appid = \"wx1\"\ncomponent_aes_key = \"short\"", "exactly 43"),
            ("[server]\nreply_budget_ms = 9000", "WeChat gives up at 5000"),
            ("[core]\nadapter = \"abacus\"", "use \"sandbox\""),
            (
                "[core]\nadapter = \"http\"\nurl = \"https://esb.example\"",
                "core.key_id or core.key_file",
            ),
            (
                "[core]\nadapter = \"http\"\nurl = \"http://esb.example\"\nkey_id = \"a\"\nkey_file = \"a.key\"",
                "plain http only to this machine",
            ),
            ("[core]\npush_key_id = \"a\"", "core.push_key_file are both set or both empty"),
            (
                "[core]\nadapter = \"http\"\nkey_id = \"a\"\nkey_file = \"a.key\"\npush_key_id = \"a\"\npush_key_file = \"b.key\"",
                "name another key",
            ),
            ("[chooser]\ntimeout_ms = 1501", "must be 1 to 1500"),
            ("[chooser]\nprompt = \"x\"", "chooser.prompt is not a known setting"),
            ("[chooser]\nurl = \"https://model.example/v1\"", "chooser.model is empty"),
            (
                "[chooser]\nurl = \"http://model.example/v1\"\nmodel = \"m\"",
                "plain http only to this machine",
            ),
            ("[keys]\nprevious_master_file = \"elsewhere/a.key\"", "must stand in the folder"),
            ("[keys]\nprevious_master_file = \"data/keys/master.key\"", "name the old file"),
            (
                "[keys]\nprevious_core_master_file = \"data/keys/core-master.key\"",
                "name the new file in keys.core_master_file",
            ),
            (
                "[keys]\ncore_master_file = \"b.key\"\nprevious_core_master_file = \"nowhere/a.key\"",
                "nowhere/a.key is not there",
            ),
            ("[keys]\nprevious_core_pin_file = \"a.key\"", "both set or both empty"),
            (
                "[keys]\nprevious_core_pin_file = \"a.key\"\nprevious_core_pin_id = \"core-pin-1\"",
                "tells the two keys by their ids",
            ),
        ] {
            let e = load(&format!("{text}\n{DEMO}"), &[]).unwrap_err();
            assert!(e.to_string().contains(words), "{e}");
        }
        let e = load("", &[]).unwrap_err();
        assert!(e.to_string().contains("put TLS in front"), "{e}");
        let e = load(DEMO, &[("WEIYIN__H5__LINK_MS", "soon")]).unwrap_err();
        assert!(e.to_string().contains("a whole number"), "{e}");
    }

    #[test]
    fn a_secret_setting_is_never_printed() {
        let secrets =
            "[wechat]\ncomponent_secret = \"tell-no-one\"\n[chooser]\nkey = \"tell-no-one\"";
        let c = load(&format!("{DEMO}{secrets}"), &[]).unwrap();
        assert!(!format!("{c:?}").contains("tell-no-one"));
    }
}
