//! WeChat on loopback: its servers, its phones, an SMS gateway, and bad weather, for tests and for the demo.
//!
//! What it is for: playing WeChat's three roles (server API, QR and authorisation pages, web login) and WeChat's side of the
//! callback so faithfully that to a platform it is just another base URL; and a control API (`/control/*`) with which people
//! (through the phone page at `/phone/`) and tests act as customers and look at every exchange.
//! What it is not for: banking, persistence (all is in memory), or the real internet.
//!
//! ```no_run
//! # async fn demo() -> base::Result<()> {
//! use base::{Clock, Random};
//! use simulator::{AccountConfig, Config, Simulator, UserConfig};
//!
//! let mut config = Config::new(Clock::shifted(), Random::seeded(1));
//! config.accounts.push(AccountConfig {
//!     appid: "wx00000000000000a1".into(),
//!     secret: "secret".into(),
//!     original_id: "gh_0000000000a1".into(),
//!     token: "token".into(),
//!     encoding_aes_key: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into(),
//!     callback_url: "http://127.0.0.1:8180/wx/a1".into(),
//!     ..AccountConfig::default()
//! });
//! config.users.push(UserConfig { id: "li".into(), name: "李芳".into(), ..UserConfig::default() });
//! let running = Simulator::start(config).await?;
//! // … POST {running.url()}/control/chats/wx00000000000000a1/li/send?wait=1 {"type":"text","content":"查余额"}
//! running.stop().await;
//! # Ok(())
//! # }
//! ```

mod act;
mod api;
mod component;
mod config;
mod consent;
mod control;
mod desk;
mod diary;
mod events;
mod exchange;
mod faces;
mod faults;
mod hostile;
mod item;
mod machine;
mod media;
mod oauth;
mod page;
mod phone;
mod picture;
mod press;
mod push;
mod reader;
mod release;
mod running;
mod text;
mod world;

pub use api::once::once_template_of;
pub use config::{
    AccountConfig, AccountKind, AgentConfig, By, ComponentConfig, Config, FollowConfig, Limits,
    NoticeConfig, PapersConfig, TemplateConfig, UserConfig,
};
pub use faults::{CoreHook, CoreWeather};
pub use machine::{MachineHook, TypedAtMachine};
pub use running::{Running, Simulator};
pub use wechat::envelope::Mode;
pub use world::openid_of;
