//! The local certificate authority, for SDKs that insist on Amazon's own names over TLS.
//!
//! Its key never leaves the data directory; only instances of this data directory trust it.

use crate::cli::{During as _, Failure, Outcome};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::{CertifiedKey, SingleCertAndKey},
};
use std::{
    collections::HashMap,
    fs, io,
    io::Write as _,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tinderbox_base::config;

/// Certificates kept for names that were asked for; beyond it they are made anew.
const MAX_CERTIFICATES: usize = 256;
/// Where hosts keep the authorities they trust; the first that exists is passed on to instances.
const HOST_BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The authority of one data directory.
///
/// Its key takes tens of milliseconds to make or to use for the first time, and the start does not need it: so that is done
/// beside, and whoever needs it first waits.
pub(crate) struct Authority {
    /// None inside: it could not be opened, which was told.
    opened: OnceLock<Option<Opened>>,
    made: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

struct Opened {
    issuer: Issuer<'static, KeyPair>,
    bundle: Vec<u8>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Opened {
    fn open(directory: &Path) -> io::Result<Self> {
        let key_file = directory.join("authority.key");
        let key = match fs::read_to_string(&key_file) {
            Ok(pem) => KeyPair::from_pem(&pem).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = KeyPair::generate().map_err(io::Error::other)?;
                write(&key_file, key.serialize_pem().as_bytes())?;
                key
            }
            Err(error) => return Err(error),
        };
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Tinderbox local authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(io::Error::other)?;
        let host = HOST_BUNDLES.iter().find_map(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        let bundle = format!("{host}\n{}", certificate.pem()).into_bytes();
        // For clients of an address that others can reach: `AWS_CA_BUNDLE`.
        fs::write(directory.join("authority.pem"), certificate.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), bundle })
    }
}

/// Writes the key so that there is either all of it or none, whatever happens.
fn write(file: &Path, key: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    out.write_all(key)?;
    out.sync_all()?;
    fs::rename(&new, file)
}

/// Tells those that wait, also after a panic.
struct Telling(Arc<Authority>, Option<Opened>);

impl Drop for Telling {
    fn drop(&mut self) {
        // It is told once.
        let _ = self.0.opened.set(self.1.take());
    }
}

impl Authority {
    /// Opens the authority kept in `directory`, making it at the first start. Must be called within a runtime.
    pub(crate) fn open(directory: &Path) -> io::Result<Arc<Self>> {
        fs::create_dir_all(directory)?;
        let authority = Arc::new(Self { opened: OnceLock::new(), made: Mutex::default() });
        let (telling, directory) = (Telling(Arc::clone(&authority), None), directory.to_owned());
        tokio::task::spawn_blocking(move || {
            // Whole, so that it is dropped here.
            let mut telling = telling;
            match Opened::open(&directory) {
                Ok(opened) => telling.1 = Some(opened),
                Err(error) => {
                    let directory = directory.display();
                    tracing::error!(%error, "the certificate authority in {directory} cannot be used");
                }
            }
        });
        Ok(authority)
    }

    fn opened(&self) -> Option<&Opened> {
        self.opened.wait().as_ref()
    }

    /// All authorities that an instance trusts, the host's and this one, as PEM. Waits until they are there.
    pub(crate) fn bundle(&self) -> Option<&[u8]> {
        self.opened().map(|opened| &*opened.bundle)
    }

    /// What a TLS listener of an instance needs.
    pub(crate) fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = offered();
        Ok(Arc::new(config))
    }

    fn issue(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        self.issue_for(vec![name.to_owned()])
    }

    /// A certificate for all of these names and addresses; the first is its own name.
    pub(super) fn issue_for(&self, names: Vec<String>) -> Option<Arc<CertifiedKey>> {
        let name = names.first()?.clone();
        let mut params = CertificateParams::new(names).ok()?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().ok()?;
        let certificate = params.signed_by(&key, &self.opened()?.issuer).ok()?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der).ok()?;
        Some(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], signer)))
    }
}

impl ResolvesServerCert for Authority {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name()?.to_ascii_lowercase();
        if let Some(made) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Some(Arc::clone(made));
        }
        let certificate = self.issue(&name)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MAX_CERTIFICATES {
            made.clear();
        }
        made.insert(name, Arc::clone(&certificate));
        Some(certificate)
    }
}

/// The protocols that encrypted listeners offer.
fn offered() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

/// What the server's own listener needs: the certificate that was given, or one that the authority makes for the
/// address and all names under which the server is reached.
pub(super) fn listener(
    config: &config::Server,
    address: SocketAddr,
    authority: &Authority,
) -> Outcome<tokio_rustls::TlsAcceptor> {
    let certified = match (&config.tls_certificate, &config.tls_key) {
        (Some(certificate), Some(key)) => given(certificate, key)?,
        (None, None) => {
            let own = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
            let names = own.into_iter().chain(config.names.iter().cloned());
            let names = names.chain(["localhost", "127.0.0.1", "::1"].map(str::to_owned)).collect();
            let made = authority.issue_for(names);
            made.ok_or_else(|| Failure::new("no certificate can be made for the names in server.names"))?
        }
        _ => {
            return Err(Failure::new(
                "server.tls_certificate and server.tls_key are given together or not at all",
            ));
        }
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.during(|| "TLS cannot be used".into())?;
    let mut config =
        versions.with_no_client_auth().with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = offered();
    Ok(Arc::new(config).into())
}

fn given(certificate: &Path, key: &Path) -> Outcome<Arc<CertifiedKey>> {
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.during(|| format!("{} holds no certificate", certificate.display()))?;
    if chain.is_empty() {
        return Err(Failure::new(format!("{} holds no certificate", certificate.display())));
    }
    let der = PrivateKeyDer::from_pem_file(key).during(|| format!("{} holds no key", key.display()))?;
    let signer = rustls::crypto::aws_lc_rs::sign::any_supported_type(&der);
    let signer = signer.during(|| format!("the key in {} cannot be used", key.display()))?;
    let certified = CertifiedKey::new(chain, signer);
    certified.keys_match().during(|| format!("{} is not the key of the certificate", key.display()))?;
    Ok(Arc::new(certified))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_authority_survives_a_restart() {
        let directory = tempfile::tempdir().expect("a directory");
        let open = || Authority::open(directory.path()).expect("an authority");
        let key =
            |authority: &Authority| authority.opened().map(|opened| opened.issuer.key().serialize_pem());
        let first = key(&open());
        assert!(first.is_some());
        assert_eq!(key(&open()), first);
        assert!(open().issue("sts.us-east-1.amazonaws.com").is_some());
    }

    #[tokio::test]
    async fn an_authority_that_cannot_be_opened_is_nobodys_wait() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("authority.key"), "no key").expect("written");
        let authority = Authority::open(directory.path()).expect("a directory");
        assert!(authority.bundle().is_none() && authority.issue("example.com").is_none());
    }
}
