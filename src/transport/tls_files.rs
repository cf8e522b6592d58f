// SPDX-License-Identifier: Apache-2.0
//! The files and folders that settings of TLS name: whether they can be read, which of them count, and which they
//! are at the moment. Never what is in them, but for the text of a key.

use std::fs::{File, Metadata, read_dir};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The path that `bytes` are.
#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned()
}

/// The path that `bytes` are.
#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> PathBuf {
    Path::new(&*String::from_utf8_lossy(bytes)).to_owned()
}

/// Refuses a file that cannot be opened, in plainer words than OpenSSL's.
pub(super) fn readable(what: &str, file: &[u8]) -> Result<()> {
    let path = path(file);
    match File::open(&path) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::tls_setup(what, &format!("{}: {error}", path.display()))),
    }
}

/// Refuses what is no folder.
pub(super) fn is_folder(what: &str, folder: &[u8]) -> Result<()> {
    let path = path(folder);
    if path.is_dir() {
        return Ok(());
    }
    Err(Error::tls_setup(what, &format!("{} is not a folder", path.display())))
}

/// What is in the file of a key.
pub(super) fn content(what: &str, file: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let path = path(file);
    let unreadable =
        |error: std::io::Error| Error::tls_setup(what, &format!("{}: {error}", path.display()));
    std::fs::read(&path).map(Zeroizing::new).map_err(unreadable)
}

/// The revocation lists of a folder that are named by hash; there must be one.
pub(super) fn revocation_lists(what: &str, folder: &[u8]) -> Result<Vec<PathBuf>> {
    let folder = path(folder);
    let mut lists = hashed_files(&folder);
    lists.retain(|file| is_list(file));
    if lists.is_empty() {
        let cause = format!("{}: no revocation lists named by hash", folder.display());
        return Err(Error::tls_setup(what, &cause));
    }
    Ok(lists)
}

/// Whether the name, which is a hashed one, is a revocation list's.
fn is_list(file: &Path) -> bool {
    file.extension().is_some_and(|number| number.as_encoded_bytes().starts_with(b"r"))
}

/// The files of a folder that OpenSSL would look into: eight digits, a dot, a number or `r` and a number.
pub(super) fn hashed_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_hashed))
        .collect();
    files.sort_unstable();
    files
}

fn is_hashed(name: &str) -> bool {
    name.split_once('.').is_some_and(|(hash, number)| {
        let number = number.strip_prefix('r').unwrap_or(number);
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// What tells a file from another one of the same name.
pub(super) fn stamp(file: &Path) -> String {
    match std::fs::metadata(file) {
        Ok(metadata) => format!("{}|{}|", file.display(), identity(&metadata)),
        Err(error) => format!("{}|{:?}|", file.display(), error.kind()),
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let m = metadata;
    let (changed, created) = ((m.mtime(), m.mtime_nsec()), (m.ctime(), m.ctime_nsec()));
    format!("{} {} {} {changed:?} {created:?}", m.dev(), m.ino(), m.size())
}

#[cfg(not(unix))]
fn identity(metadata: &Metadata) -> String {
    format!("{} {:?} {:?}", metadata.len(), metadata.modified(), metadata.created())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hashed_files() {
        for good in ["0a1b2c3d.0", "ffffffff.12", "0a1b2c3d.r0"] {
            assert!(is_hashed(good), "{good}");
        }
        for bad in ["cert.pem", "0a1b2c3d", "0a1b2c3d.", "0a1b2c3d.r", "0a1b2c3g.0", "0a1b2c3d.x0"]
        {
            assert!(!is_hashed(bad), "{bad}");
        }
    }
}
