//! Weiyin: the product. One folder per feature; `router.rs` is the table of contents.

pub mod accounts;
pub mod api;
pub mod app;
pub mod audit;
pub mod bench;
pub mod binding;
pub mod component;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod face;
pub mod followers;
pub mod health;
pub mod inbound;
pub mod jobs;
pub mod logs;
pub mod ocr;
pub mod ops;
pub mod outbox;
pub mod pages;
pub mod production;
pub mod rounds;
pub mod router;
pub mod serve;
pub mod sessions;
pub mod sms;
pub mod staff;
pub mod stamped;
pub mod tenants;
#[cfg(test)]
mod testing;
pub mod tokens;
pub mod understanding;
pub mod vault;
pub mod verbs;
pub mod web;
pub mod wechat_calls;
