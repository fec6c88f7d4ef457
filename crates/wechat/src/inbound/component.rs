//! Pushes to a third-party platform's 授权事件接收URL: the verify ticket, and who authorised or left.
//!
//! Each is answered with plain `success`, never encrypted. Messages of authorised accounts are not here: they come as
//! ordinary [`super::Inbound`].

use super::fields::{number, text};
use super::{Fields, push_part};
use crate::xml::{self, Doc, XmlError};
use base::Secret;

/// One push of the open platform to the third-party platform. Keys and codes print as `***`.
#[derive(Debug, Clone)]
pub enum ComponentPush {
    /// Every ten minutes; good for 12 hours. Keep the newest by `created_s`, and keep it by `appid`: two platforms may
    /// share an address.
    VerifyTicket { appid: String, created_s: i64, ticket: Secret<String> },
    /// An account authorised the platform.
    Authorized(Authorization),
    /// An account changed what it allows.
    UpdateAuthorized(Authorization),
    /// An account took its authorisation back.
    Unauthorized { appid: String, created_s: i64, authorizer_appid: String },
    /// Not known (mini-program registration and the like): acknowledge it.
    Unknown { appid: String, created_s: i64, info_type: String, fields: Fields },
}

/// An authorisation: exchange `code` for the account's tokens.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// The platform.
    pub appid: String,
    pub created_s: i64,
    /// The account.
    pub authorizer_appid: String,
    /// Can be used once.
    pub code: Secret<String>,
    /// When `code` ends, seconds since 1970.
    pub code_expires_s: i64,
    pub pre_auth_code: Secret<String>,
}

impl ComponentPush {
    /// The platform it is for.
    pub fn appid(&self) -> &str {
        match self {
            Self::VerifyTicket { appid, .. }
            | Self::Unauthorized { appid, .. }
            | Self::Unknown { appid, .. } => appid,
            Self::Authorized(a) | Self::UpdateAuthorized(a) => &a.appid,
        }
    }

    /// A stable word for logs and counters.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::VerifyTicket { .. } => "component.verify_ticket",
            Self::Authorized(_) => "component.authorized",
            Self::UpdateAuthorized(_) => "component.updateauthorized",
            Self::Unauthorized { .. } => "component.unauthorized",
            Self::Unknown { .. } => "component.unknown",
        }
    }

    /// The same for every repeat: InfoType, authoriser and CreateTime.
    pub fn key(&self) -> String {
        let (created_s, authorizer) = match self {
            Self::VerifyTicket { created_s, .. } => (*created_s, ""),
            Self::Authorized(a) | Self::UpdateAuthorized(a) => (a.created_s, &*a.authorizer_appid),
            Self::Unauthorized { created_s, authorizer_appid, .. } => {
                (*created_s, authorizer_appid.as_str())
            }
            Self::Unknown { created_s, info_type, .. } => (*created_s, info_type.as_str()),
        };
        let mut key = String::new();
        push_part(&mut key, self.appid());
        key.push('/');
        key.push_str(self.name());
        key.push('/');
        push_part(&mut key, authorizer);
        key.push_str(&format!("/{created_s}"));
        key
    }
}

/// Reads a decrypted push.
///
/// # Errors
/// [`XmlError`]; an unknown `InfoType` is not one.
pub fn read_component(body: &[u8]) -> Result<ComponentPush, XmlError> {
    let clean = xml::text(body)?;
    let doc = Doc::parse(&clean)?;
    let root = doc.root();
    let info_type = root.get("InfoType").ok_or(XmlError::Missing("InfoType"))?;
    let appid = text(root, "AppId");
    let created_s = number(root, "CreateTime").unwrap_or(0);
    let authorizer_appid = text(root, "AuthorizerAppid");
    let authorization = || Authorization {
        appid: appid.clone(),
        created_s,
        authorizer_appid: authorizer_appid.clone(),
        code: Secret::new(text(root, "AuthorizationCode")),
        code_expires_s: number(root, "AuthorizationCodeExpiredTime").unwrap_or(0),
        pre_auth_code: Secret::new(text(root, "PreAuthCode")),
    };
    Ok(match info_type.to_ascii_lowercase().as_str() {
        "component_verify_ticket" => ComponentPush::VerifyTicket {
            ticket: Secret::new(text(root, "ComponentVerifyTicket")),
            appid,
            created_s,
        },
        "authorized" => ComponentPush::Authorized(authorization()),
        "updateauthorized" => ComponentPush::UpdateAuthorized(authorization()),
        "unauthorized" => ComponentPush::Unauthorized { appid, created_s, authorizer_appid },
        _ => ComponentPush::Unknown {
            info_type: info_type.to_owned(),
            appid,
            created_s,
            fields: root.leaves(),
        },
    })
}
