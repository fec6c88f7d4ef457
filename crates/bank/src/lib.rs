//! Weiyin: the product. One folder per feature; `router.rs` is the table of contents.

pub mod accounts;
pub mod app;
pub mod audit;
pub mod binding;
pub mod component;
pub mod config;
pub mod followers;
pub mod health;
pub mod inbound;
pub mod jobs;
pub mod outbox;
pub mod pages;
pub mod router;
pub mod rounds;
pub mod serve;
pub mod sessions;
pub mod sms;
pub mod tenants;
pub mod tokens;
pub mod vault;
pub mod verbs;
pub mod web;
pub mod wechat_calls;
