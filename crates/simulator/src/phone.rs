//! The phone page, built from `web/phone` and carried inside the program.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use http::{StatusCode, header};

/// In debug builds the files are read from disk at each request.
#[derive(rust_embed::RustEmbed)]
#[folder = "../../web/phone/dist"]
#[exclude = ".git*"]
struct Built;

pub(crate) async fn index() -> Response {
    serve("index.html")
}

pub(crate) async fn file(Path(path): Path<String>) -> Response {
    if Built::get(&path).is_some() {
        return serve(&path);
    }
    // addresses inside the page are the page's own business; files are not
    if path.contains('.') { StatusCode::NOT_FOUND.into_response() } else { serve("index.html") }
}

fn serve(path: &str) -> Response {
    let Some(file) = Built::get(path) else {
        return not_built();
    };
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    // built files have their hash in their name, the page itself has not
    let cache = if path.starts_with("assets/") { "public, max-age=31536000" } else { "no-cache" };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache.to_owned())];
    (headers, file.data.into_owned()).into_response()
}

fn not_built() -> Response {
    let words = crate::page::page(
        "手机页面尚未构建",
        "<h1>手机页面尚未构建</h1><p>请先在 <code>web/</code> 目录执行 <code>npm ci</code> 和 \
         <code>npm run build</code>，再刷新本页。</p><p>模拟器本身已在运行：<a href=\"/control/state\">/control/state</a></p>",
    );
    (StatusCode::OK, Html(words)).into_response()
}
