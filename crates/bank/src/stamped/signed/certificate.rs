//! The certificate an institution issues to itself: X.509 with an SM2 key.

use super::{EC_PUBLIC_KEY, SM2_CURVE, SM2_WITH_SM3, Signer, sign};
use base::{Context, Error, Random, Result, Secret, Time};
use sm2::elliptic_curve::sec1::ToSec1Point;
use std::time::Duration;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::der::asn1::{
    Any, BitString, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec, UtcTime,
};
use x509_cert::der::{Encode, Result as DerResult, Tag};
use x509_cert::ext::Extension;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time as X509Time, Validity};

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
/// `BIT STRING`: digital signature, non-repudiation.
const SIGNS: [u8; 4] = [0x03, 0x02, 0x06, 0xc0];
/// Longer than any paper may be checked.
pub(super) const LIFE_MS: i64 = 10 * 365 * base::DAY_MS;
/// It holds from a little before it was made: machines' clocks differ.
const EARLIER_MS: i64 = 3_600_000;

/// A fresh key with its certificate.
pub(super) fn issue(bank: &str, random: &Random, from: Time) -> Result<Signer> {
    let secret = fresh(random)?;
    let mut serial: [u8; 16] = random.bytes();
    // A number above zero, in as many bytes.
    serial[0] = (serial[0] & 0x3f) | 0x40;
    let public = sm2::SecretKey::from_slice(secret.reveal());
    let public = public.map_err(|_| Error::fault("a seal key is no SM2 key"))?.public_key();
    let point = ToSec1Point::to_sec1_point(&public, false);
    let tbs = body(bank, point.as_bytes(), &serial, from).doing("a seal's certificate")?;
    let signature = sign(&secret, &tbs.to_der()?)?;
    let signed = Certificate {
        tbs_certificate: tbs,
        signature_algorithm: signature_algorithm(),
        signature: BitString::from_bytes(&signature)?,
    };
    Ok(Signer { certificate: signed.to_der()?, secret })
}

fn fresh(random: &Random) -> Result<Secret<[u8; 32]>> {
    for _ in 0..8 {
        let bytes = Secret::new(random.bytes::<32>());
        // Only zero and numbers past the curve's order are refused.
        if sm2::SecretKey::from_slice(bytes.reveal()).is_ok() {
            return Ok(bytes);
        }
    }
    Err(Error::fault("no SM2 key could be drawn"))
}

pub(super) const fn signature_algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SM2_WITH_SM3, parameters: None }
}

fn body(bank: &str, point: &[u8], serial: &[u8], from: Time) -> DerResult<TbsCertificate> {
    let name = name(bank)?;
    let curve = Any::encode_from(&SM2_CURVE)?;
    Ok(TbsCertificate {
        version: Version::V3,
        serial_number: SerialNumber::new(serial)?,
        signature: signature_algorithm(),
        issuer: name.clone(),
        validity: Validity {
            not_before: moment(from.plus_ms(-EARLIER_MS))?,
            not_after: moment(from.plus_ms(LIFE_MS))?,
        },
        subject: name,
        subject_public_key_info: SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid: EC_PUBLIC_KEY, parameters: Some(curve) },
            subject_public_key: BitString::from_bytes(point)?,
        },
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(vec![Extension {
            extn_id: KEY_USAGE,
            critical: true,
            extn_value: OctetString::new(SIGNS)?,
        }]),
    })
}

fn name(bank: &str) -> DerResult<Name> {
    let part = |oid, tag, text: &str| -> DerResult<RelativeDistinguishedName> {
        let value = Any::new(tag, text.as_bytes())?;
        let one = SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?;
        Ok(RelativeDistinguishedName(one))
    };
    Ok(RdnSequence(vec![
        part(COUNTRY, Tag::PrintableString, "CN")?,
        part(ORGANISATION, Tag::Utf8String, bank)?,
        part(COMMON_NAME, Tag::Utf8String, bank)?,
    ]))
}

/// Whether a certificate is issued to its issuer, and its signature, which is about all else, is written as ours are.
pub(super) fn is_plain(certificate: &Certificate) -> bool {
    let Certificate { tbs_certificate: body, signature_algorithm: algorithm, signature: bits } =
        certificate;
    body.issuer == body.subject && *algorithm == signature_algorithm() && bits.unused_bits() == 0
}

/// The bank a certificate names; empty when it names none.
pub(super) fn bank(certificate: &Certificate) -> String {
    let names = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let mut found = names.filter(|n| n.oid == COMMON_NAME).map(|n| n.value.value());
    found.next_back().map(|v| String::from_utf8_lossy(v).into_owned()).unwrap_or_default()
}

/// RFC 5280: two figures of the year until 2049, four from then on.
pub(super) fn moment(at: Time) -> DerResult<X509Time> {
    let since = Duration::from_secs(at.secs().unsigned_abs());
    Ok(match UtcTime::from_unix_duration(since) {
        Ok(time) => X509Time::UtcTime(time),
        Err(_) => X509Time::GeneralTime(GeneralizedTime::from_unix_duration(since)?),
    })
}

pub(super) fn time_of(moment: X509Time) -> Time {
    Time::of_secs(i64::try_from(moment.to_unix_duration().as_secs()).unwrap_or(i64::MAX / 1_000))
}
