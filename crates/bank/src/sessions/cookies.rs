//! Cookie names and attributes. With TLS all are `__Host-` and Secure (CA-11).

use crate::config::H5;

/// Name of the session cookie of one open page.
pub fn session_name(h5: &H5, slug: &str) -> String {
    format!("{}sid-{slug}", prefix(h5))
}
/// Name of the cookie one OAuth round is bound to; `state`'s tail keeps several rounds apart.
pub fn state_name(h5: &H5, state: &str) -> String {
    let tail = state.len().saturating_sub(8);
    format!("{}oa-{}", prefix(h5), &state[tail..])
}
/// Name of the cookie that tells phones apart.
pub fn phone_name(h5: &H5) -> String {
    format!("{}phone", prefix(h5))
}
fn prefix(h5: &H5) -> &'static str {
    if h5.secure_cookies { "__Host-" } else { "" }
}

/// A `Set-Cookie` value: HttpOnly, SameSite=Lax, whole site.
pub fn set(h5: &H5, name: &str, value: &str, max_age_s: i64) -> String {
    let secure = if h5.secure_cookies { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}")
}
