//! The socket: messages in their frames, one after the other, and a bound on everything.

use super::answer;
use crate::app::App;
use base::{Context, Result};
use iso8583::frame;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A line that says nothing for so long is closed; cores send a sign of life each minute or so.
const IDLE: Duration = Duration::from_secs(300);
/// A message that has begun must be whole within this, and its answer be taken.
const WHOLE: Duration = Duration::from_secs(10);

/// Listens where settings say, until the app stops.
///
/// # Errors
/// An address that another program uses.
pub async fn run(app: &Arc<App>) -> Result<()> {
    let Some(at) = app.config.iso8583.listen else { return Ok(()) };
    let listener = TcpListener::bind(at)
        .await
        .doing(format!("listening on {at} for ISO 8583 (is another program using it?)"))?;
    run_on(app, listener);
    Ok(())
}

/// The same on a listener that is open already.
pub fn run_on(app: &Arc<App>, listener: TcpListener) {
    let mine = app.clone();
    app.tasks.spawn(async move {
        loop {
            let came = tokio::select! {
                () = mine.stop.cancelled() => return,
                came = listener.accept() => came,
            };
            match came {
                Ok((stream, _)) => seat(&mine, stream),
                Err(e) => {
                    tracing::warn!(error = %e, "a line of ISO 8583 could not be taken");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
}

fn seat(app: &Arc<App>, stream: TcpStream) {
    let Some(line) = &app.iso else { return };
    let Ok(seat) = line.seats.clone().try_acquire_owned() else {
        tracing::warn!("too many lines of ISO 8583 at once: one was closed");
        return;
    };
    let mine = app.clone();
    app.tasks.spawn(async move {
        let _seat = seat;
        tokio::select! {
            () = mine.stop.cancelled() => {}
            ended = talk(&mine, stream) => {
                if let Err(e) = ended {
                    tracing::debug!(error = %e, "a line of ISO 8583 ended");
                }
            }
        }
    });
}

/// Answers until the other side leaves, or sends what cannot be read on.
async fn talk(app: &Arc<App>, mut stream: TcpStream) -> Result<()> {
    let Some(line) = &app.iso else { return Ok(()) };
    while let Some(message) = next(&mut stream).await? {
        // A sign of life is given back.
        let said =
            if message.is_empty() { Some(vec![]) } else { answer(app, line, &message).await };
        let Some(said) = said else { return Ok(()) };
        let framed = frame::wrap(&said)?;
        tokio::time::timeout(WHOLE, stream.write_all(&framed)).await??;
    }
    Ok(())
}

/// The next message; nothing when the other side left between two.
async fn next(stream: &mut TcpStream) -> Result<Option<Vec<u8>>> {
    let mut head = [0; frame::HEAD];
    let first = tokio::time::timeout(IDLE, stream.read(&mut head[..1])).await??;
    if first == 0 {
        return Ok(None);
    }
    let whole = async {
        stream.read_exact(&mut head[1..]).await?;
        let mut message = vec![0; frame::length(head)?];
        stream.read_exact(&mut message).await?;
        Ok(Some(message))
    };
    tokio::time::timeout(WHOLE, whole).await?
}
