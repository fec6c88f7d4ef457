//! The electronic signature (电子签名) of a stamped paper: SM2 with SM3, over every byte of the PDF but itself.
//!
//! The PDF holds a CMS `SignedData` (RFC 5652) as `adbe.pkcs7.detached` of PDF 1.7, with the algorithms of GM/T 0006 and the
//! content types of PKCS #7, which readers of PDF know, instead of those of GM/T 0010. Each institution issues its own
//! certificate; no authority stands behind it and most readers know no SM2, so they call the signature unknown. What proves
//! a file is that its certificate is the bank's: the check page compares it with the bank's own, `weiyin verify` with a
//! fingerprint. Not for: time stamps of an authority, nor signing anything of a customer's.

mod certificate;
pub mod keys;
mod message;
#[cfg(test)]
mod tests;
mod verify;
mod whole;

pub use verify::{Args, run};
pub(super) use whole::{BLANK, ROOM, seal};
pub use whole::{Broken, Seen, look};

use base::{Error, Result, Secret};
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm3::{Digest, Sm3};
use x509_cert::der::asn1::ObjectIdentifier;

const SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");
const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The identity everyone signs under who agreed on no other (GM/T 0009).
const IDENTITY: &str = "1234567812345678";

/// What an institution signs with.
#[derive(Debug)]
pub(super) struct Signer {
    /// DER.
    pub(super) certificate: Vec<u8>,
    secret: Secret<[u8; 32]>,
}

impl Signer {
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(&self.certificate)
    }
}

/// A certificate's SM3 in groups that can be read out.
pub fn fingerprint(certificate: &[u8]) -> String {
    let hex = super::http::hex(&Sm3::digest(certificate));
    let groups: Vec<&str> = (0..hex.len()).step_by(8).map(|n| &hex[n..n + 8]).collect();
    groups.join("-")
}

/// A signature as DER.
fn sign(secret: &Secret<[u8; 32]>, message: &[u8]) -> Result<Vec<u8>> {
    let key = SigningKey::from_slice(IDENTITY, secret.reveal());
    let key = key.map_err(|_| Error::fault("a seal key is no SM2 key"))?;
    let signature: Signature =
        key.try_sign(message).map_err(|_| Error::fault("an SM2 signature failed"))?;
    Ok(signature.to_der().to_vec())
}

/// Whether the owner of a public point signed the message.
fn is_signed(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(IDENTITY, point);
    let signature = Signature::from_der(signature);
    key.is_ok_and(|key| signature.is_ok_and(|s| key.verify(message, &s).is_ok()))
}
