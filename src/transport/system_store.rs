// SPDX-License-Identifier: Apache-2.0
//! The authorities that the system trusts: OpenSSL's own places, and on Windows, where OpenSSL has none,
//! the user's store of root certificates.

use openssl::ssl::SslContextBuilder;

use crate::error::Result;
use crate::transport::tls_config::bad;

/// Trusts them.
pub(super) fn trust(builder: &mut SslContextBuilder) -> Result<()> {
    builder.set_default_verify_paths().map_err(bad("the system's certificates"))
}
