//! The simulator against a small platform of its own, over real sockets.

mod api;
mod common;
mod hostile;
mod push;
