//! HTTP/1.1 by hand, one request a connection: only so can a connection end where a test wants it to.

use super::reply::Reply;
use super::{Trouble, World, commands, questions};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Where the resources begin.
const ROOT: &str = "/fineract-provider/api/v1";
/// A request is at most this long.
const REQUEST_MAX_BYTES: usize = 64 << 10;

/// A request as it came.
pub(super) struct Asked {
    pub(super) method: String,
    /// Without [`ROOT`].
    pub(super) path: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
    pub(super) fn whole_path(&self) -> String {
        format!("/{}", self.path.join("/"))
    }
    pub(super) fn parts(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }
}

/// What goes back.
pub(super) enum Back {
    Whole(Reply),
    /// The answer of a key that is known already.
    Again(Reply),
    /// Less than was announced.
    Half(Reply),
    /// The connection ends.
    Nothing,
    /// The connection stays, and nothing comes.
    Never,
}

pub(super) async fn serve(listener: TcpListener, world: Arc<World>) {
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        open.spawn(talk(stream, Arc::clone(&world)));
        while open.try_join_next().is_some() {}
    }
}

async fn talk(mut stream: TcpStream, world: Arc<World>) {
    let Some(asked) = read(&mut stream).await else { return };
    let (head, body, shown) = match answer(&world, asked).await {
        Back::Whole(r) => ("", r.body.clone(), (r.status, r.body.len())),
        Back::Again(r) => {
            ("x-served-from-cache: true\r\n", r.body.clone(), (r.status, r.body.len()))
        }
        Back::Half(r) => {
            let half: String = r.body.chars().take(r.body.chars().count() / 2).collect();
            ("", half, (r.status, r.body.len()))
        }
        Back::Nothing => return,
        Back::Never => std::future::pending().await,
    };
    let (status, length) = shown;
    let head = format!(
        "HTTP/1.1 {status} .\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n{head}\r\n"
    );
    // Who no longer listens need not hear it.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let (head, rest) = bytes.split_at(end + 4);
            let mut asked = parse(std::str::from_utf8(head).ok()?)?;
            let length: usize = asked.header("content-length").parse().unwrap_or(0);
            if rest.len() >= length {
                asked.body = String::from_utf8(rest.to_vec()).ok()?;
                return Some(asked);
            }
        }
        let n = stream.read(&mut part).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(part.get(..n)?);
        if bytes.len() > REQUEST_MAX_BYTES {
            return None;
        }
    }
}

fn parse(head: &str) -> Option<Asked> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix(ROOT)?.trim_start_matches('/');
    let path = path.split('/').map(plain).collect();
    let pairs = query.split('&').filter_map(|p| p.split_once('='));
    let query = pairs.map(|(name, value)| (plain(name), plain(value))).collect();
    let headers = lines.filter_map(|l| l.split_once(':'));
    let headers = headers.map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned())).collect();
    Some(Asked { method, path, query, headers, body: String::new() })
}

/// Undoes the encoding of an address.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(b) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (b, code) {
            (b'%', Some(code)) => {
                out.push(code);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            _ => out.push(*b),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

async fn answer(world: &World, asked: Asked) -> Back {
    world.state().asked.push(format!("{} {}", asked.method, asked.whole_path()));
    if asked.header("authorization") != world.authorization.reveal() {
        return Back::Whole(Reply::no(401, "error.msg.not.authenticated", "user"));
    }
    // Capitals count.
    let tenant = asked.header("fineract-platform-tenantid").to_owned();
    if !world.state().tenants.contains_key(&tenant) {
        return Back::Whole(Reply::no(401, "error.msg.invalid.tenant.identifier", "tenant"));
    }
    if asked.method == "POST" {
        return commands::command(world, &tenant, &asked).await;
    }
    let trouble = world.state().trouble(false, &asked.whole_path());
    let today = crate::Day::at(world.clock.now());
    let reply = match world.state().tenants.get(&tenant) {
        Some(books) => questions::question(books, &asked, today),
        None => return Back::Nothing,
    };
    end(trouble, reply)
}

/// How an answer ends in trouble.
pub(super) fn end(trouble: Option<Trouble>, reply: Reply) -> Back {
    const PAGE: &str = "<html><body>Bad gateway</body></html>";
    let page = |status| Back::Whole(Reply { status, body: PAGE.into() });
    match trouble {
        Some(Trouble::LostRequest | Trouble::LostAnswer | Trouble::Crash | Trouble::Slow) => {
            Back::Nothing
        }
        Some(Trouble::HalfAnswer) => Back::Half(reply),
        Some(Trouble::Garbled) => page(200),
        Some(Trouble::Page(status)) => page(status),
        Some(Trouble::Silent) => Back::Never,
        Some(Trouble::Conflict | Trouble::Approval | Trouble::Skewed) | None => Back::Whole(reply),
    }
}
