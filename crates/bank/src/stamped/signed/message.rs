//! The CMS in the PDF: what it says, and whether it is true of a digest.

use super::certificate::{self, moment, signature_algorithm, time_of};
use super::whole::{Broken, Seen};
use super::{EC_PUBLIC_KEY, SM2_CURVE, SM2_WITH_SM3, SM3, Signer, fingerprint, is_signed, sign};
use base::{Result, Time};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use x509_cert::Certificate;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::der::asn1::{Any, ObjectIdentifier, OctetString, OctetStringRef, SetOfVec};
use x509_cert::der::{Decode, Encode, Reader, Result as DerResult, SliceReader};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::Time as X509Time;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");

/// Signs a digest.
pub(super) fn write(digest: &[u8], signer: &Signer, at: Time) -> Result<Vec<u8>> {
    let attributes = attributes(digest, at)?;
    // What is signed is the set itself, not as it is tagged inside the message.
    let signature = sign(&signer.secret, &attributes.to_der()?)?;
    Ok(message(&signer.certificate, attributes, &signature)?)
}

fn attributes(digest: &[u8], at: Time) -> DerResult<Attributes> {
    let one = |oid, value| -> DerResult<Attribute> {
        Ok(Attribute { oid, values: SetOfVec::try_from(vec![value])? })
    };
    SetOfVec::try_from(vec![
        one(CONTENT_TYPE, Any::encode_from(&DATA)?)?,
        one(SIGNING_TIME, Any::encode_from(&moment(at)?)?)?,
        one(MESSAGE_DIGEST, Any::encode_from(&OctetStringRef::new(digest)?)?)?,
    ])
}

/// The whole message; there is one way to write it.
fn message(certificate: &[u8], attributes: Attributes, signature: &[u8]) -> DerResult<Vec<u8>> {
    let certificate = Certificate::from_der(certificate)?;
    let body = &certificate.tbs_certificate;
    let digest_alg = AlgorithmIdentifierOwned { oid: SM3, parameters: None };
    let info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: body.issuer.clone(),
            serial_number: body.serial_number.clone(),
        }),
        digest_alg: digest_alg.clone(),
        signed_attrs: Some(attributes),
        signature_algorithm: signature_algorithm(),
        signature: OctetString::new(signature)?,
        unsigned_attrs: None,
    };
    let certificates = vec![CertificateChoices::Certificate(certificate)];
    let signed = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![digest_alg])?,
        encap_content_info: EncapsulatedContentInfo { econtent_type: DATA, econtent: None },
        certificates: Some(CertificateSet(SetOfVec::try_from(certificates)?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![info])?),
    };
    ContentInfo { content_type: SIGNED_DATA, content: Any::encode_from(&signed)? }.to_der()
}

/// Who signed the digest. The message may be followed by the zeros that fill its room.
pub(super) fn read(padded: &[u8], digest: &[u8]) -> std::result::Result<Seen, Broken> {
    let signed = parse(padded).map_err(|_| Broken::Malformed)?.ok_or(Broken::Malformed)?;
    let [info] = signed.signer_infos.0.as_slice() else { return Err(Broken::Malformed) };
    let certificates = signed.certificates.as_ref().map_or(&[][..], |set| set.0.as_slice());
    let [CertificateChoices::Certificate(certificate)] = certificates else {
        return Err(Broken::Malformed);
    };
    let body = &certificate.tbs_certificate;
    if !is_sm2(info, &body.subject_public_key_info) {
        return Err(Broken::Foreign);
    }
    let attributes = info.signed_attrs.as_ref().ok_or(Broken::Malformed)?;
    let der = certificate.to_der().map_err(|_| Broken::Malformed)?;
    // Whatever is not signed, such as a version, can be written in one way only.
    let same = message(&der, attributes.clone(), info.signature.as_bytes());
    if !same.is_ok_and(|same| padded.starts_with(&same)) {
        return Err(Broken::Malformed);
    }
    let stated = told(attributes, MESSAGE_DIGEST).and_then(|v| v.decode_as::<OctetString>().ok());
    if stated.ok_or(Broken::Malformed)?.as_bytes() != digest {
        return Err(Broken::Changed);
    }
    let is_of_data = told(attributes, CONTENT_TYPE).and_then(|v| v.decode_as().ok()) == Some(DATA);
    let at =
        told(attributes, SIGNING_TIME).and_then(|v| X509Time::from_der(&v.to_der().ok()?).ok());
    let at = at.filter(|_| is_of_data).map(time_of).ok_or(Broken::Malformed)?;
    let point = body.subject_public_key_info.subject_public_key.raw_bytes();
    let stands = |plain: DerResult<Vec<u8>>, signature: &[u8]| {
        plain.is_ok_and(|plain| is_signed(point, &plain, signature))
    };
    // Its own issuer: no authority's certificate is known here, so every byte of one must stand by itself.
    if !certificate::is_plain(certificate)
        || !stands(attributes.to_der(), info.signature.as_bytes())
        || !stands(body.to_der(), certificate.signature.raw_bytes())
    {
        return Err(Broken::Changed);
    }
    let valid = &body.validity;
    if at < time_of(valid.not_before) || at > time_of(valid.not_after) {
        return Err(Broken::Malformed);
    }
    Ok(Seen { bank: certificate::bank(certificate), at, fingerprint: fingerprint(&der) })
}

fn is_sm2(info: &SignerInfo, key: &SubjectPublicKeyInfoOwned) -> bool {
    let curve = key.algorithm.parameters.as_ref().and_then(|p| p.decode_as().ok());
    key.algorithm.oid == EC_PUBLIC_KEY
        && curve == Some(SM2_CURVE)
        && info.digest_alg.oid == SM3
        && info.signature_algorithm.oid == SM2_WITH_SM3
}

/// The message in front of the zeros.
fn parse(padded: &[u8]) -> DerResult<Option<SignedData>> {
    let mut reader = SliceReader::new(padded)?;
    let info = ContentInfo::decode(&mut reader)?;
    let rest = reader.read_slice(reader.remaining_len())?;
    if info.content_type != SIGNED_DATA || rest.iter().any(|b| *b != 0) {
        return Ok(None);
    }
    info.content.decode_as().map(Some)
}

fn told(attributes: &Attributes, oid: ObjectIdentifier) -> Option<&Any> {
    let mut found = attributes.iter().filter(|a| a.oid == oid);
    let (one, more) = (found.next()?, found.next());
    if more.is_some() || one.values.len() != 1 { None } else { one.values.get(0) }
}
