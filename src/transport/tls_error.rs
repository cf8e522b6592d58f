// SPDX-License-Identifier: Apache-2.0
//! OpenSSL's errors and names in words of ours.

use openssl::error::ErrorStack;
use openssl::x509::X509Ref;

use crate::error::Error;
use crate::transport::tls_files::path;

/// That a setting cannot be used.
pub(super) fn bad(what: &'static str) -> impl Fn(ErrorStack) -> Box<Error> {
    move |stack| Error::tls_setup(what, &reasons(&stack))
}

/// That a file cannot be used.
pub(super) fn bad_file(what: &'static str, file: &[u8]) -> impl Fn(ErrorStack) -> Box<Error> {
    let path = path(file);
    move |stack| Error::tls_setup(what, &format!("{}: {}", path.display(), reasons(&stack)))
}

/// What OpenSSL says, without the numbers and places of its own code.
pub(super) fn reasons(stack: &ErrorStack) -> String {
    let words: Vec<String> = stack
        .errors()
        .iter()
        .map(|error| match (error.reason(), error.data()) {
            (Some(reason), Some(data)) => format!("{reason} ({data})"),
            (Some(reason), None) => reason.to_owned(),
            (None, _) => error.to_string(),
        })
        .collect();
    if words.is_empty() { "no reason given".to_owned() } else { words.join("; ") }
}

/// The name of a certificate's owner, for messages.
pub(super) fn subject(cert: &X509Ref) -> String {
    let entries = cert.subject_name().entries();
    let parts: Vec<String> = entries
        .filter_map(|entry| {
            Some(format!(
                "{}={}",
                entry.object().nid().short_name().ok()?,
                entry.data().to_string().ok()?
            ))
        })
        .collect();
    parts.join(", ")
}
