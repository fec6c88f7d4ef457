//! Reaching the server, with TLS when the url or the distance asks for it.

use super::link::{Link, Stream, socket};
use base::{Context, Error, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// One server to connect to.
#[derive(Clone)]
pub(super) struct Target {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

/// How sure we want to be of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trust {
    /// Encrypted, whoever it is.
    Anyone,
    /// Its certificate comes from a root we know.
    Root,
    /// And it names the host.
    Name,
}

impl Target {
    /// Reads `postgres://…`, with `sslmode` and `sslrootcert` as libpq knows them.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (main, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut root, mut rest) = (None, None, Vec::new());
        for pair in query.split('&').filter(|p| !p.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", v)) => mode = Some(v),
                Some(("sslrootcert", v)) => root = Some(v),
                _ => rest.push(pair),
            }
        }
        // The url may hold a password: it must not come back in an error.
        let bad = || {
            Error::fault("the PostgreSQL url is not postgres://user:password@host:port/database")
        };
        let text =
            if rest.is_empty() { main.to_owned() } else { format!("{main}?{}", rest.join("&")) };
        let mut config: Config = text.parse().map_err(|_| bad())?;
        let mode = mode.unwrap_or(if is_near(&config) { "disable" } else { "require" });
        let (ssl, trust) = match mode {
            "disable" => (SslMode::Disable, None),
            "prefer" => (SslMode::Prefer, Some(Trust::Anyone)),
            // With a root certificate libpq checks it, too.
            "require" if root.is_some() => (SslMode::Require, Some(Trust::Root)),
            "require" => (SslMode::Require, Some(Trust::Anyone)),
            "verify-ca" => (SslMode::Require, Some(Trust::Root)),
            "verify-full" => (SslMode::Require, Some(Trust::Name)),
            other => {
                return Err(Error::fault(format!(
                    "sslmode={other} is not disable, prefer, require, verify-ca or verify-full"
                )));
            }
        };
        config.ssl_mode(ssl).application_name("weiyin");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        let tls = trust.map(|t| client_config(t, root)).transpose()?.map(MakeRustlsConnect::new);
        Ok(Self { config, tls })
    }

    /// Connects. A server that is silent for `silence` afterwards counts as lost.
    pub(super) fn connect(&self, silence: Duration) -> Result<Link> {
        let (socket, host) = socket(&self.config, silence)?;
        match &self.tls {
            // On a socket of this machine there is nothing to encrypt.
            Some(tls) if !host.is_empty() => {
                let tls = MakeTlsConnect::<Stream>::make_tls_connect(&mut tls.clone(), &host)?;
                Link::open(&self.config, socket, tls)
            }
            _ => Link::open(&self.config, socket, NoTls),
        }
    }

    pub(super) fn user(&self) -> Option<&str> {
        self.config.get_user()
    }
}

/// Loopback and sockets: nobody can listen in between.
fn is_near(config: &Config) -> bool {
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        Host::Unix(_) => true,
    })
}

fn roots(file: Option<&str>) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    match file {
        Some(path) => {
            let reading = || format!("reading sslrootcert {path}");
            for cert in CertificateDer::pem_file_iter(path).doing(reading())? {
                store.add(cert.doing(reading())?).doing(reading())?;
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if store.is_empty() {
        return Err(Error::fault(
            "there is no root certificate to check the server with; set sslrootcert",
        ));
    }
    Ok(store)
}

fn client_config(trust: Trust, root: Option<&str>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?;
    if trust == Trust::Name {
        return Ok(builder.with_root_certificates(roots(root)?).with_no_client_auth());
    }
    let chain = match trust {
        Trust::Anyone => None,
        Trust::Root | Trust::Name => Some(
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots(root)?), provider.clone())
                .build()?,
        ),
    };
    let verifier = Arc::new(Lenient { chain, provider });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// Checks less than the host's name: the chain only, or nothing but that the channel is encrypted.
#[derive(Debug)]
struct Lenient {
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else {
            return Ok(ServerCertVerified::assertion());
        };
        let checked =
            chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match checked {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        Target::parse(url).unwrap().config.get_ssl_mode()
    }

    #[test]
    fn a_far_server_must_speak_tls_and_a_near_one_need_not() {
        assert_eq!(mode("postgres://a:b@10.0.0.5/x"), SslMode::Require);
        assert_eq!(mode("postgres://a:b@127.0.0.1/x"), SslMode::Disable);
        assert_eq!(
            mode("postgres://a:b@127.0.0.1/x?sslmode=require&connect_timeout=3"),
            SslMode::Require
        );
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_its_password() {
        let error = |url| Target::parse(url).err().unwrap().to_string();
        assert!(!error("postgres://a:geheim@host:port/x").contains("geheim"));
        assert!(error("postgres://a@h/x?sslmode=maybe").contains("sslmode=maybe"));
        assert!(
            error("postgres://a@h/x?sslmode=verify-full&sslrootcert=/no/such").contains("/no/such")
        );
    }
}
