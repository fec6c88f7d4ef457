//! The bare echo: the least an axum server can do with the same requests. The baseline, not a peer: it reads the body,
//! sends it back, and neither checks, decrypts nor stores anything.
//!
//! `echo PORT` listens on 127.0.0.1 with one thread and prints `ready`.

use axum::Router;
use axum::body::Bytes;
use std::io::Write;
use std::net::Ipv4Addr;

type Failure = Box<dyn std::error::Error>;

async fn serve(port: u16) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let echo = Router::new().fallback(async |body: Bytes| body);
    writeln!(std::io::stdout(), "ready")?;
    axum::serve(listener, echo).await?;
    Ok(())
}

fn main() -> Result<(), Failure> {
    let port = std::env::args().nth(1).ok_or("usage: echo PORT")?.parse()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(port))
}
