// SPDX-License-Identifier: Apache-2.0
//! What an option of C's and its argument are in Rust. A table.

use std::ffi::c_void;

use crate::capi::strings;
use crate::capi::types::attachsql_options_t;
use crate::session::{Choice, TlsChoice};

/// The option and its value; `None` if there is no such option here, or no value.
///
/// # Safety
/// `arg` is NULL or points at what the option says.
pub(super) unsafe fn choice<'a>(
    option: attachsql_options_t,
    arg: *const c_void,
) -> Option<Choice<'a>> {
    // SAFETY: NULL or a readable integer, as the caller says; it need not be aligned.
    let number = || (!arg.is_null()).then(|| unsafe { arg.cast::<u32>().read_unaligned() });
    // SAFETY: NULL or a NUL-terminated string, as the caller says.
    let text = || unsafe { strings::optional(arg.cast()) };
    Some(match option {
        attachsql_options_t::COMPRESS => Choice::Compress,
        attachsql_options_t::FOUND_ROWS => Choice::FOUND_ROWS,
        attachsql_options_t::IGNORE_SIGPIPE => Choice::IGNORE_SIGPIPE,
        attachsql_options_t::INTERACTIVE => Choice::INTERACTIVE,
        attachsql_options_t::LOCAL_FILES => Choice::LocalFiles,
        attachsql_options_t::MULTI_STATEMENTS => Choice::MULTI_STATEMENTS,
        attachsql_options_t::NO_SCHEMA => Choice::NO_SCHEMA,
        attachsql_options_t::SEMI_BLOCKING => Choice::SemiBlocking,
        attachsql_options_t::CONNECT_TIMEOUT => Choice::ConnectTimeout(number()?),
        attachsql_options_t::READ_TIMEOUT => Choice::ReadTimeout(number()?),
        attachsql_options_t::WRITE_TIMEOUT => Choice::WriteTimeout(number()?),
        attachsql_options_t::CHARSET => Choice::Charset(text()?),
        attachsql_options_t::CONNECT_ATTRIBUTE => Choice::Attribute(text()?),
        attachsql_options_t::KEEP_ALIVE => Choice::KeepAlive(number()?),
        attachsql_options_t::MAX_PACKET => Choice::MaxPacket(number()?),
        attachsql_options_t::MAX_ROW => Choice::MaxRow(number()?),
        attachsql_options_t::MAX_RESULT => Choice::MaxResult(number()?),
        attachsql_options_t::MAX_MEMORY => Choice::MaxMemory(number()?),
        attachsql_options_t::GET_SERVER_PUBLIC_KEY => Choice::ServerKey(number()?),
        attachsql_options_t::SERVER_PUBLIC_KEY => Choice::ServerKeyFile(text()?),
        attachsql_options_t::AUTH_METHODS => Choice::Methods(text()?),
        attachsql_options_t::PASSWORD2 => Choice::Password(1, text()?),
        attachsql_options_t::PASSWORD3 => Choice::Password(2, text()?),
        attachsql_options_t::COMPRESSION => Choice::Compression(text()?),
        attachsql_options_t::COMPRESSION_REQUIRED => Choice::CompressionRequired(number()?),
        attachsql_options_t::ZLIB_LEVEL => Choice::ZlibLevel(number()?),
        attachsql_options_t::ZSTD_LEVEL => Choice::ZstdLevel(number()?),
        attachsql_options_t::HOSTS => Choice::Hosts(text()?),
        attachsql_options_t::HOSTS_RANDOM => Choice::HostsRandom(number()?),
        attachsql_options_t::SESSION_TRACK => Choice::SessionTrack(number()?),
        attachsql_options_t::QUERY_ATTRIBUTES => Choice::QueryAttributes(number()?),
        attachsql_options_t::STMT_CACHE => Choice::StatementCache(number()?),
        attachsql_options_t::COMMAND_TIMEOUT => Choice::CommandTimeout(number()?),
        attachsql_options_t::CANCEL_TIMEOUT => Choice::CancelTimeout(number()?),
        attachsql_options_t::CANCEL => Choice::Cancel(number()?),
        attachsql_options_t::PIPELINE_MAX_BYTES => Choice::PipelineBytes(number()?),
        attachsql_options_t::SSL_NO_VERIFY => Choice::Tls(TlsChoice::NoVerify),
        attachsql_options_t::TLS => Choice::Tls(TlsChoice::Require(number()?)),
        attachsql_options_t::TLS_CA => Choice::Tls(TlsChoice::Ca(text()?)),
        attachsql_options_t::TLS_CA_PATH => Choice::Tls(TlsChoice::CaPath(text()?)),
        attachsql_options_t::TLS_CERT => Choice::Tls(TlsChoice::Cert(text()?)),
        attachsql_options_t::TLS_KEY => Choice::Tls(TlsChoice::Key(text()?)),
        attachsql_options_t::TLS_KEY_PASSPHRASE => Choice::Tls(TlsChoice::Passphrase(text()?)),
        attachsql_options_t::TLS_CIPHERS => Choice::Tls(TlsChoice::Ciphers(text()?)),
        attachsql_options_t::TLS_SUITES => Choice::Tls(TlsChoice::Suites(text()?)),
        attachsql_options_t::TLS_MIN_VERSION => Choice::Tls(TlsChoice::MinVersion(number()?)),
        attachsql_options_t::TLS_MAX_VERSION => Choice::Tls(TlsChoice::MaxVersion(number()?)),
        attachsql_options_t::TLS_VERIFY => Choice::Tls(TlsChoice::Verify(number()?)),
        attachsql_options_t::TLS_SERVER_NAME => Choice::Tls(TlsChoice::ServerName(text()?)),
        attachsql_options_t::TLS_CRL => Choice::Tls(TlsChoice::Crl(text()?)),
        attachsql_options_t::TLS_RESUME => Choice::Tls(TlsChoice::Resume(number()?)),
        attachsql_options_t::TLS_CRL_PATH => Choice::Tls(TlsChoice::CrlPath(text()?)),
        attachsql_options_t::TLS_FINGERPRINT => Choice::Tls(TlsChoice::Fingerprint(text()?)),
        _ => return None,
    })
}
