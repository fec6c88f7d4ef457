//! The patterns that hold for every flow, through whole conversations.

#![cfg(test)]

mod chat;
mod drafts;
mod repair;
mod slots;
mod words;
