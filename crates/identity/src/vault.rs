//! Secrets at rest: encrypted with a key that lies beside the store, readable by the server's user alone.
//!
//! Signatures are made with secrets in clear, so they cannot be stored as hashes. Whoever reads the store without the
//! key file, in a copy or a backup of it, learns no secret.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::{
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};
use tinderbox_base::{Error, Random, Result};

const KEY_LEN: usize = 32;
/// The file that holds the key.
const FILE: &str = "secrets.key";

/// Encrypts and decrypts: AES-256-GCM, a random nonce before each text.
pub struct Vault(LessSafeKey);

/// A text that was not encrypted by this vault for this purpose, or was changed.
#[derive(Debug, thiserror::Error)]
#[error("a stored secret cannot be decrypted: {FILE} is not the one it was encrypted with, or it is damaged")]
pub struct Unreadable;

impl Vault {
    /// The vault whose key is in `directory`, made at the first time.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds no key.
    pub fn open(directory: &Path, random: &dyn Random) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let file = directory.join(FILE);
        let mut key = Vec::new();
        match fs::File::open(&file) {
            Ok(found) => {
                // One byte more shows that it is too long.
                found.take(KEY_LEN as u64 + 1).read_to_end(&mut key)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                key.resize(KEY_LEN, 0);
                random.fill(&mut key);
                write(directory, &file, &key)?;
            }
            Err(error) => return Err(error),
        }
        Self::of(&key).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{} holds no key of 32 bytes", file.display()))
        })
    }

    /// A vault whose key lasts as long as itself, for tests.
    ///
    /// # Panics
    /// Never: the key has the right length.
    pub fn ephemeral(random: &dyn Random) -> Self {
        let mut key = [0; KEY_LEN];
        random.fill(&mut key);
        Self::of(&key).expect("32 bytes are a key")
    }

    fn of(key: &[u8]) -> Option<Self> {
        Some(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?)))
    }

    /// Encrypts `text` for a purpose, which must be named again to decrypt it.
    ///
    /// # Errors
    /// Only for a text of gigabytes.
    pub(crate) fn seal(&self, purpose: &str, text: &[u8], random: &dyn Random) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = text.to_vec();
        let key = &self.0;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut sealed)
            .map_err(|_| Error::internal(Unreadable))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Vault::seal`] made for the same purpose.
    pub(crate) fn open_sealed(
        &self,
        purpose: &str,
        sealed: &[u8],
    ) -> std::result::Result<Vec<u8>, Unreadable> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unreadable)?;
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length =
            self.0.open_in_place(nonce, Aad::from(purpose), &mut text).map_err(|_| Unreadable)?.len();
        text.truncate(length);
        Ok(text)
    }
}

/// Writes the key so that there is either all of it or none, whatever happens.
fn write(directory: &Path, file: &Path, key: &[u8]) -> io::Result<()> {
    let new = file.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut out = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    out.write_all(key)?;
    out.sync_all()?;
    fs::rename(&new, file)?;
    fs::File::open(directory)?.sync_all()
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use tinderbox_base::SeededRandom;

    #[test]
    fn secrets_survive_a_restart_and_nothing_else() {
        let (directory, random) = (tempfile::tempdir().expect("a directory"), SeededRandom::new(1));
        let home = directory.path().join("keys");
        let vault = Vault::open(&home, &random).expect("a vault");
        let sealed = vault.seal("AKIA", b"secret", &random).expect("sealed");
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
        let again = Vault::open(&home, &random).expect("the same vault");
        assert_eq!(again.open_sealed("AKIA", &sealed).expect("open"), b"secret");
        assert!(again.open_sealed("other", &sealed).is_err());
        let mut changed = sealed.clone();
        changed[NONCE_LEN] ^= 1;
        assert!(again.open_sealed("AKIA", &changed).is_err());
        assert!(again.open_sealed("AKIA", b"short").is_err());
        assert!(Vault::ephemeral(&SeededRandom::new(2)).open_sealed("AKIA", &sealed).is_err());
        let mode = fs::metadata(home.join(FILE)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(home.join(FILE), b"too short").expect("written");
        assert!(Vault::open(&home, &random).is_err());
    }
}
