//! `GET /control/events`: what happens, as it happens, to every open phone page.

use crate::running::Shared;
use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::Stream;
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// The stream begins with `{kind:"state"}`, so that a page that comes back reloads; it ends when the world does.
pub(crate) async fn stream(
    State(shared): State<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let receiver = shared.events.subscribe();
    let begin = (receiver, shared.stop.clone(), true);
    let events = futures_util::stream::unfold(begin, |(mut receiver, stop, is_first)| async move {
        if is_first {
            return Some((Ok(event(r#"{"kind":"state"}"#)), (receiver, stop, false)));
        }
        let next = tokio::select! {
            () = stop.cancelled() => return None,
            next = receiver.recv() => next,
        };
        let data = match next {
            Ok(value) => value.to_string(),
            // some were missed: the page reads everything again
            Err(RecvError::Lagged(_)) => String::from(r#"{"kind":"state"}"#),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event(&data)), (receiver, stop, false)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

fn event(data: &str) -> Event {
    Event::default().data(data)
}
