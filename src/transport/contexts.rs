// SPDX-License-Identifier: Apache-2.0
//! Contexts that connections of this process share, so that files are read and checked once: a table by
//! what settings say and by what the files they name are at the moment. A file that was replaced makes
//! another context; the old one stays with the connections that have it.
//!
//! Holds no secret for later: of a passphrase only a salted hash is in the table, and a context with a
//! private key lives no longer than the connections that use it. Never reads a file while locked.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use openssl::rand::rand_bytes;
use openssl::sha::Sha256;

use crate::error::Result;
use crate::transport::resume::Shared;
use crate::transport::tls_config::TlsConfig;
use crate::transport::tls_files::{hashed_files, path, stamp};
use crate::transport::{system_store, tls_context};

/// Contexts that are kept while nobody uses them: one program rarely has more settings than that.
const MOST: usize = 8;

/// Entries in all. Those that are not kept for later leave when their last connection has gone.
const MOST_ENTRIES: usize = 64;

/// Settings and files, as a hash.
type Key = [u8; 32];

#[derive(Debug)]
struct Entry {
    key: Key,
    context: Weak<Shared>,
    /// Present if the context may outlive its connections.
    kept: Option<Arc<Shared>>,
}

/// The newest last.
static TABLE: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

fn table() -> MutexGuard<'static, Vec<Entry>> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Settings made ready: files read, lists checked.
#[derive(Debug, Clone)]
pub struct TlsContext(pub(super) Arc<Shared>);

impl TlsContext {
    /// An OpenSSL context that does as `config` says, shared with other connections that say the same. Looks at
    /// the files, and reads them if they are new.
    pub fn new(config: &TlsConfig) -> Result<Self> {
        // Before the files are read: if one changes in between, the next connection sees another file.
        let Some(key) = key(config) else {
            return tls_context::make(config).map(|shared| Self(Arc::new(shared)));
        };
        if let Some(context) = find(&key) {
            return Ok(Self(context));
        }
        let made = Arc::new(tls_context::make(config)?);
        // Another thread may have been quicker; one of the two is enough.
        let context = find(&key).unwrap_or_else(|| {
            keep(key, &made, config.has_key());
            made
        });
        Ok(Self(context))
    }
}

fn find(key: &Key) -> Option<Arc<Shared>> {
    let mut table = table();
    let at = table.iter().position(|entry| entry.key == *key)?;
    let entry = table.remove(at);
    let context = entry.context.upgrade()?;
    table.push(entry);
    Some(context)
}

fn keep(key: Key, context: &Arc<Shared>, secret: bool) {
    let kept = (!secret).then(|| Arc::clone(context));
    let entry = Entry { key, context: Arc::downgrade(context), kept };
    let mut dropped = Vec::new();
    let mut table = table();
    table.push(entry);
    table.retain(|entry| entry.context.strong_count() > 0);
    let over = table.iter().filter(|entry| entry.kept.is_some()).count().saturating_sub(MOST);
    dropped.extend(table.iter_mut().filter_map(|entry| entry.kept.take()).take(over));
    let over = table.len().saturating_sub(MOST_ENTRIES);
    table.drain(..over);
    // What is dropped may take a while to free; not while others wait.
    drop(table);
}

/// Settings and the identity of all files they name. `None` without random numbers for the salt.
fn key(config: &TlsConfig) -> Option<Key> {
    static SALT: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    let salt = SALT.get_or_init(|| {
        let mut salt = [0; 32];
        rand_bytes(&mut salt).ok().map(|()| salt)
    });
    let mut hash = Sha256::new();
    hash.update(&(*salt)?);
    config.put_settings(&mut |part| {
        hash.update(&part.len().to_le_bytes());
        hash.update(part);
    });
    let mut stamp = |file: &Path| hash.update(stamp(file).as_bytes());
    for file in [&config.ca, &config.cert, &config.key, &config.crl].into_iter().flatten() {
        stamp(&path(file));
    }
    for folder in [&config.ca_path, &config.crl_path].into_iter().flatten() {
        let folder = path(folder);
        stamp(&folder);
        hashed_files(&folder).iter().for_each(|file| stamp(file));
    }
    if config.trusts_the_system() {
        for place in system_store::places() {
            stamp(&place);
            hashed_files(&place).iter().for_each(|file| stamp(file));
        }
        hash.update(&system_store::content());
    }
    Some(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &TlsConfig, b: &TlsConfig) -> bool {
        Arc::ptr_eq(&TlsContext::new(a).unwrap().0, &TlsContext::new(b).unwrap().0)
    }

    #[test]
    fn one_context_for_the_same_settings() {
        let config =
            TlsConfig { suites: Some("TLS_AES_128_GCM_SHA256".to_owned()), ..Default::default() };
        assert!(same(&config, &config.clone()));
        let other =
            TlsConfig { suites: Some("TLS_AES_256_GCM_SHA384".to_owned()), ..config.clone() };
        assert!(!same(&config, &other));
        // Parts are not run together.
        let (ab, a) = (Some("AES128-SHA".to_owned()), Some("TLS_AES_128_GCM_SHA256".to_owned()));
        let one = TlsConfig { ciphers: ab.clone(), suites: None, ..config.clone() };
        let two = TlsConfig { ciphers: ab, suites: a, ..config.clone() };
        assert!(!same(&one, &two));
    }

    #[test]
    fn the_key_changes_with_each_setting() {
        let file = |name: &str| Some(name.as_bytes().to_vec());
        let plain = TlsConfig::default();
        let all = [
            TlsConfig { ca: file("x"), ..plain.clone() },
            TlsConfig { ca_path: file("x"), ..plain.clone() },
            TlsConfig { cert: file("x"), ..plain.clone() },
            TlsConfig { key: file("x"), ..plain.clone() },
            TlsConfig { passphrase: Some(b"x".to_vec().into()), ..plain.clone() },
            TlsConfig { passphrase: Some(b"y".to_vec().into()), ..plain.clone() },
            TlsConfig { crl: file("x"), ..plain.clone() },
            TlsConfig { crl_path: file("x"), ..plain.clone() },
            TlsConfig { min: Some(crate::transport::TlsVersion::V13), ..plain.clone() },
            TlsConfig { max: Some(crate::transport::TlsVersion::V13), ..plain.clone() },
            plain,
        ];
        let keys: Vec<Key> = all.iter().map(|config| key(config).unwrap()).collect();
        for (at, one) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(one), "number {at} is like another");
        }
        assert_eq!(keys[0], key(&all[0]).unwrap());
    }
}
