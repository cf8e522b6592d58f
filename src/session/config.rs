// SPDX-License-Identifier: Apache-2.0
//! What a program says about a connection before it connects: where to, who, and the options.

use std::time::Duration;

use crate::auth::{Channel, Dialog, Methods, Password, is_public_key};
use crate::error::{Misuse, Result};
use crate::limits;
use crate::proto::login::LoginConfig;
use crate::session::compression::Compression;
use crate::session::hosts::Hosts;
use crate::session::tls_options::TlsChoice;
use crate::transport::TlsConfig;
use crate::wire::caps::Caps;
use crate::wire::charset;

/// An option with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<'a> {
    /// A capability to ask the server for.
    Capability(Caps),
    /// zlib compression if the server has it, unless other methods were named.
    Compress,
    /// Compression methods by name, the best one first, separated by commas.
    Compression(&'a [u8]),
    /// Whether a server that has none of them is refused: 0 or 1.
    CompressionRequired(u32),
    /// zlib's level, 1 to 9.
    ZlibLevel(u32),
    /// zstd's level, 1 to 22.
    ZstdLevel(u32),
    /// Whether the server tells what changes in the session: 0 or 1.
    SessionTrack(u32),
    /// LOAD DATA LOCAL. Accepted and without effect: nothing could give the file's content yet.
    LocalFiles,
    /// Poll waits.
    SemiBlocking,
    /// Milliseconds for the whole connect; 0 for no limit.
    ConnectTimeout(u32),
    /// Milliseconds without a byte from the server; 0 for no limit.
    ReadTimeout(u32),
    /// Milliseconds without the socket taking a byte; 0 for no limit.
    WriteTimeout(u32),
    /// Milliseconds for each of the following commands; 0 for no limit.
    CommandTimeout(u32),
    /// Milliseconds for each step of a cancel; 0 for no limit.
    CancelTimeout(u32),
    /// Whether commands can be cancelled: 0 or 1.
    Cancel(u32),
    /// A character set or collation by name.
    Charset(&'a [u8]),
    /// A connection attribute, `name=value`.
    Attribute(&'a [u8]),
    /// Idle seconds before the system probes the peer, up to 32767; 0 for never.
    KeepAlive(u32),
    /// Bytes of the largest packet.
    MaxPacket(u32),
    /// Bytes of the largest row; 0 for no limit but that of packets.
    MaxRow(u32),
    /// Bytes of the largest buffered result; 0 for no limit.
    MaxResult(u32),
    /// The most that the connection may keep in memory, in bytes; 0 for no limit.
    MaxMemory(u32),
    /// File with the server's RSA key, in PEM.
    ServerKeyFile(&'a [u8]),
    /// Login methods to accept, by name, separated by commas.
    Methods(&'a [u8]),
    /// Password of the second or third factor.
    Password(usize, &'a [u8]),
    /// An option of TLS.
    Tls(TlsChoice<'a>),
    /// Whether to use an RSA key that was fetched over a channel that others could change: 0 or 1.
    ServerKey(u32),
    /// Whether queries may have attributes: 0 or 1.
    QueryAttributes(u32),
    /// How many closed statements stay prepared, to be found by their text; 0 for none.
    StatementCache(u32),
    /// Bytes that the commands of a pipeline may have.
    PipelineBytes(u32),
    /// Hosts to try one after the other, separated by commas, in place of the one host.
    Hosts(&'a [u8]),
    /// Whether they are tried in random order: 0 or 1.
    HostsRandom(u32),
}

/// Where to connect, as whom, and how.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Host name, address, or path of a unix socket; bytes as the program gave them.
    pub(super) host: Option<Vec<u8>>,
    /// TCP port; 0 makes `host` a path.
    pub(super) port: u16,
    /// Hosts to try, of which one after the other becomes `host` and `port`.
    pub(super) hosts: Option<Box<Hosts>>,
    user: Vec<u8>,
    passwords: Vec<Password>,
    server_key: Option<Vec<u8>>,
    methods: Methods,
    schema: Vec<u8>,
    pub(super) wanted: Caps,
    pub(super) charset: u8,
    pub(super) attributes: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) keep_alive: Option<Duration>,
    pub(super) trust_fetched_key: bool,
    pub(super) compression: Compression,
    /// What was said of TLS, until its handshake begins.
    pub(super) tls: Option<Box<TlsConfig>>,
    /// The connection is never made without TLS.
    pub(super) tls_required: bool,
    /// Who answers questions of the login.
    pub(super) dialog: Option<Dialog>,
}

impl Config {
    /// To `host` and `port` (a path and 0 for a unix socket; no host is this machine), as `user`. An
    /// error if a name is longer than any server takes.
    pub fn new(
        host: Option<&[u8]>,
        port: u16,
        user: &[u8],
        password: &[u8],
        schema: &[u8],
    ) -> Result<Self> {
        check_names(user, schema)?;
        Ok(Self {
            host: host.map(<[u8]>::to_vec),
            port,
            user: user.to_vec(),
            passwords: vec![Password::new(password)],
            schema: schema.to_vec(),
            ..Self::default()
        })
    }

    /// Takes an option that matters until the connect. Whether it was taken.
    pub(super) fn choose(&mut self, choice: Choice<'_>) -> bool {
        match choice {
            Choice::Charset(name) => match charset::id(name) {
                Some(id) => self.charset = id,
                None => return false,
            },
            Choice::Attribute(text) => return self.add_attribute(text),
            Choice::ServerKeyFile(path) => match read_key(path) {
                Some(pem) => self.server_key = Some(pem),
                None => return false,
            },
            Choice::Methods(list) => match Methods::parse(list) {
                Some(methods) => self.methods = methods,
                None => return false,
            },
            Choice::Password(factor @ 1..=2, password) => {
                let length = self.passwords.len().max(factor + 1);
                self.passwords.resize(length, Password::default());
                if let Some(place) = self.passwords.get_mut(factor) {
                    *place = Password::new(password);
                }
            }
            Choice::Compression(_)
            | Choice::CompressionRequired(_)
            | Choice::ZlibLevel(_)
            | Choice::ZstdLevel(_) => return self.compression.choose(choice),
            Choice::Tls(choice) => return self.choose_tls(choice),
            Choice::SessionTrack(value @ 0..=1) => self.want(Caps::SESSION_TRACK, value),
            Choice::QueryAttributes(value @ 0..=1) => self.want(Caps::QUERY_ATTRIBUTES, value),
            Choice::KeepAlive(seconds) if seconds <= limits::MAX_KEEP_ALIVE => {
                let idle = Duration::from_secs(u64::from(seconds));
                self.keep_alive = (seconds > 0).then_some(idle);
            }
            Choice::Hosts(list) => {
                let mut hosts = self.hosts.take().unwrap_or_default();
                let taken = hosts.set_list(list);
                self.hosts = Some(hosts);
                return taken;
            }
            Choice::HostsRandom(value @ 0..=1) => {
                self.hosts.get_or_insert_default().set_random(value == 1);
            }
            Choice::ServerKey(value @ 0..=1) => self.trust_fetched_key = value == 1,
            _ => return false,
        }
        true
    }

    /// What the login needs. User, schema and passwords are taken out: nothing keeps them after it.
    pub(super) fn login(&mut self, channel: Channel) -> LoginConfig {
        let mut attributes = vec![
            pair("_client_name", "libattachsql"),
            pair("_client_version", env!("CARGO_PKG_VERSION")),
            pair("_os", std::env::consts::OS),
            pair("_platform", std::env::consts::ARCH),
            pair("_pid", &std::process::id().to_string()),
        ];
        attributes.extend_from_slice(&self.attributes);
        LoginConfig {
            user: std::mem::take(&mut self.user),
            passwords: std::mem::take(&mut self.passwords),
            server_key: self.server_key.clone(),
            methods: self.methods.clone(),
            schema: std::mem::take(&mut self.schema),
            wanted: self.wanted,
            charset: self.charset,
            attributes,
            channel,
            tls: self.tls_required,
            compression: self.compression.offer(),
            dialog: self.dialog.take(),
        }
    }

    /// The same once more, for a second connection that does next to nothing: with what the login and TLS need,
    /// without schema, options of the session, compression and the function for `dialog`, which there is once.
    pub(super) fn twin(&self) -> Self {
        let mut tls = self.tls.clone();
        if let Some(tls) = &mut tls {
            // It has done its work: the key is in the context.
            tls.passphrase = None;
        }
        Self {
            host: self.host.clone(),
            port: self.port,
            user: self.user.clone(),
            passwords: self.passwords.clone(),
            server_key: self.server_key.clone(),
            methods: self.methods.clone(),
            charset: self.charset,
            trust_fetched_key: self.trust_fetched_key,
            tls,
            tls_required: self.tls_required,
            ..Self::default()
        }
    }

    /// Takes over who logs in next; passwords of further factors may have been set since.
    pub(super) fn renew(&mut self, user: &[u8], password: &Password, others: &Self) {
        self.user = user.to_vec();
        self.passwords = vec![password.clone()];
        self.passwords.extend(others.passwords.iter().skip(1).cloned());
    }

    /// As `login`, for another user of the same session.
    pub(super) fn login_again(
        &mut self,
        user: Vec<u8>,
        password: Password,
        schema: Vec<u8>,
        channel: Channel,
    ) -> LoginConfig {
        (self.user, self.schema) = (user, schema);
        // Those of further factors may have been set since.
        match self.passwords.first_mut() {
            Some(first) => *first = password,
            None => self.passwords.push(password),
        }
        self.login(channel)
    }

    /// Asks for a capability with 1, and not with 0.
    fn want(&mut self, caps: Caps, value: u32) {
        let others = Caps(self.wanted.0 & !caps.0);
        self.wanted = if value == 1 { others.with(caps) } else { others };
    }

    fn add_attribute(&mut self, text: &[u8]) -> bool {
        let Some(at) = text.iter().position(|&byte| byte == b'=').filter(|&at| at > 0) else {
            return false;
        };
        let (name, value) = text.split_at(at);
        let value = value.get(1..).unwrap_or_default();
        let others = self.attributes.iter().filter(|(other, _)| other != name);
        let size: usize = others.map(|(name, value)| name.len() + value.len() + 18).sum();
        // 18 bytes for both lengths at their widest, and 256 for the library's own attributes.
        if size + text.len() + 18 + 256 > limits::MAX_ATTRIBUTES {
            return false;
        }
        self.attributes.retain(|(other, _)| other != name);
        self.attributes.push((name.to_vec(), value.to_vec()));
        true
    }
}

/// Refuses names that are longer than any server takes.
pub(super) fn check_names(user: &[u8], schema: &[u8]) -> Result<()> {
    check_length("user", user, limits::MAX_USER)?;
    check_length("schema", schema, limits::MAX_SCHEMA)
}

/// Refuses the argument `name` if it has more than `most` bytes.
pub(super) fn check_length(name: &'static str, value: &[u8], most: usize) -> Result<()> {
    if value.len() <= most {
        return Ok(());
    }
    let problem = format!("has {} bytes; at most {most} are possible", value.len());
    Err(Misuse::Argument { name, problem }.into())
}

/// The content of a file that holds a public key, if it does.
fn read_key(path: &[u8]) -> Option<Vec<u8>> {
    let path = std::str::from_utf8(path).ok()?;
    std::fs::read(path).ok().filter(|pem| is_public_key(pem))
}

fn pair(name: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (name.as_bytes().to_vec(), value.as_bytes().to_vec())
}

/// The capability that an option of the C API stands for.
impl Choice<'_> {
    /// `interactive_timeout` applies to the session.
    pub const INTERACTIVE: Self = Self::Capability(Caps::INTERACTIVE);
    /// Several statements in one query.
    pub const MULTI_STATEMENTS: Self = Self::Capability(Caps::MULTI_STATEMENTS);
    /// `schema.table.column` is refused.
    pub const NO_SCHEMA: Self = Self::Capability(Caps::NO_SCHEMA);
    /// Without effect: affected rows always count matched rows.
    pub const FOUND_ROWS: Self = Self::Capability(Caps::FOUND_ROWS);
    /// Without effect: SIGPIPE is never raised.
    pub const IGNORE_SIGPIPE: Self = Self::Capability(Caps::IGNORE_SIGPIPE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_values_are_refused_and_change_nothing() {
        let mut config = Config::default();
        assert!(config.choose(Choice::Charset(b"utf8mb4")));
        let charset = config.charset;
        assert!(!config.choose(Choice::Charset(b"klingon")));
        assert_eq!(config.charset, charset);
        assert!(!config.choose(Choice::Attribute(b"no value")));
        assert!(!config.choose(Choice::Attribute(b"=x")));
        assert!(!config.choose(Choice::Attribute(&[b'='; 70_000])));
        assert!(config.choose(Choice::Attribute(b"a=1")));
        assert!(config.choose(Choice::Attribute(b"a=2=3")));
        assert_eq!(config.attributes, [pair("a", "2=3")]);
        assert!(config.choose(Choice::ServerKey(1)));
        assert!(!config.choose(Choice::ServerKey(2)));
        assert!(config.trust_fetched_key);
        assert!(config.choose(Choice::KeepAlive(60)));
        assert!(!config.choose(Choice::KeepAlive(32_768)));
        assert_eq!(config.keep_alive, Some(Duration::from_secs(60)));
    }

    #[test]
    fn lengths_are_checked_and_named() {
        let config =
            |user, schema| Config::new(None, 1, &vec![b'u'; user], b"", &vec![b's'; schema]);
        let error = config(256, 0).unwrap_err();
        assert_eq!(error.code(), 3000);
        assert!(error.to_string().starts_with("user has 256 bytes"), "{error}");
        assert!(config(255, 64).is_ok());
        assert_eq!(config(1, 65).unwrap_err().code(), 3000);
    }
}
