// SPDX-License-Identifier: Apache-2.0
//! The numbers of the options, by the names that the enum of C has for them. A table.

use core::ffi::c_uint;

use super::attachsql_options_t;
use super::mirror::Options;

impl attachsql_options_t {
    /// `ATTACHSQL_OPTION_NONE`
    pub const NONE: Self = Self(Options::ATTACHSQL_OPTION_NONE as c_uint);
    /// `ATTACHSQL_OPTION_COMPRESS`
    pub const COMPRESS: Self = Self(Options::ATTACHSQL_OPTION_COMPRESS as c_uint);
    /// `ATTACHSQL_OPTION_FOUND_ROWS`
    pub const FOUND_ROWS: Self = Self(Options::ATTACHSQL_OPTION_FOUND_ROWS as c_uint);
    /// `ATTACHSQL_OPTION_IGNORE_SIGPIPE`
    pub const IGNORE_SIGPIPE: Self = Self(Options::ATTACHSQL_OPTION_IGNORE_SIGPIPE as c_uint);
    /// `ATTACHSQL_OPTION_INTERACTIVE`
    pub const INTERACTIVE: Self = Self(Options::ATTACHSQL_OPTION_INTERACTIVE as c_uint);
    /// `ATTACHSQL_OPTION_LOCAL_FILES`
    pub const LOCAL_FILES: Self = Self(Options::ATTACHSQL_OPTION_LOCAL_FILES as c_uint);
    /// `ATTACHSQL_OPTION_MULTI_STATEMENTS`
    pub const MULTI_STATEMENTS: Self = Self(Options::ATTACHSQL_OPTION_MULTI_STATEMENTS as c_uint);
    /// `ATTACHSQL_OPTION_NO_SCHEMA`
    pub const NO_SCHEMA: Self = Self(Options::ATTACHSQL_OPTION_NO_SCHEMA as c_uint);
    /// `ATTACHSQL_OPTION_SSL_NO_VERIFY`
    pub const SSL_NO_VERIFY: Self = Self(Options::ATTACHSQL_OPTION_SSL_NO_VERIFY as c_uint);
    /// `ATTACHSQL_OPTION_SEMI_BLOCKING`
    pub const SEMI_BLOCKING: Self = Self(Options::ATTACHSQL_OPTION_SEMI_BLOCKING as c_uint);
    /// `ATTACHSQL_OPTION_CONNECT_TIMEOUT`
    pub const CONNECT_TIMEOUT: Self = Self(Options::ATTACHSQL_OPTION_CONNECT_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_READ_TIMEOUT`
    pub const READ_TIMEOUT: Self = Self(Options::ATTACHSQL_OPTION_READ_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_WRITE_TIMEOUT`
    pub const WRITE_TIMEOUT: Self = Self(Options::ATTACHSQL_OPTION_WRITE_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_CHARSET`
    pub const CHARSET: Self = Self(Options::ATTACHSQL_OPTION_CHARSET as c_uint);
    /// `ATTACHSQL_OPTION_CONNECT_ATTRIBUTE`
    pub const CONNECT_ATTRIBUTE: Self = Self(Options::ATTACHSQL_OPTION_CONNECT_ATTRIBUTE as c_uint);
    /// `ATTACHSQL_OPTION_KEEP_ALIVE`
    pub const KEEP_ALIVE: Self = Self(Options::ATTACHSQL_OPTION_KEEP_ALIVE as c_uint);
    /// `ATTACHSQL_OPTION_MAX_PACKET`
    pub const MAX_PACKET: Self = Self(Options::ATTACHSQL_OPTION_MAX_PACKET as c_uint);
    /// `ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY`
    pub const GET_SERVER_PUBLIC_KEY: Self =
        Self(Options::ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY as c_uint);
    /// `ATTACHSQL_OPTION_TLS`
    pub const TLS: Self = Self(Options::ATTACHSQL_OPTION_TLS as c_uint);
    /// `ATTACHSQL_OPTION_TLS_CA`
    pub const TLS_CA: Self = Self(Options::ATTACHSQL_OPTION_TLS_CA as c_uint);
    /// `ATTACHSQL_OPTION_TLS_CA_PATH`
    pub const TLS_CA_PATH: Self = Self(Options::ATTACHSQL_OPTION_TLS_CA_PATH as c_uint);
    /// `ATTACHSQL_OPTION_TLS_CERT`
    pub const TLS_CERT: Self = Self(Options::ATTACHSQL_OPTION_TLS_CERT as c_uint);
    /// `ATTACHSQL_OPTION_TLS_KEY`
    pub const TLS_KEY: Self = Self(Options::ATTACHSQL_OPTION_TLS_KEY as c_uint);
    /// `ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE`
    pub const TLS_KEY_PASSPHRASE: Self =
        Self(Options::ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE as c_uint);
    /// `ATTACHSQL_OPTION_TLS_CIPHERS`
    pub const TLS_CIPHERS: Self = Self(Options::ATTACHSQL_OPTION_TLS_CIPHERS as c_uint);
    /// `ATTACHSQL_OPTION_TLS_SUITES`
    pub const TLS_SUITES: Self = Self(Options::ATTACHSQL_OPTION_TLS_SUITES as c_uint);
    /// `ATTACHSQL_OPTION_TLS_MIN_VERSION`
    pub const TLS_MIN_VERSION: Self = Self(Options::ATTACHSQL_OPTION_TLS_MIN_VERSION as c_uint);
    /// `ATTACHSQL_OPTION_TLS_MAX_VERSION`
    pub const TLS_MAX_VERSION: Self = Self(Options::ATTACHSQL_OPTION_TLS_MAX_VERSION as c_uint);
    /// `ATTACHSQL_OPTION_TLS_VERIFY`
    pub const TLS_VERIFY: Self = Self(Options::ATTACHSQL_OPTION_TLS_VERIFY as c_uint);
    /// `ATTACHSQL_OPTION_TLS_SERVER_NAME`
    pub const TLS_SERVER_NAME: Self = Self(Options::ATTACHSQL_OPTION_TLS_SERVER_NAME as c_uint);
    /// `ATTACHSQL_OPTION_TLS_CRL`
    pub const TLS_CRL: Self = Self(Options::ATTACHSQL_OPTION_TLS_CRL as c_uint);
    /// `ATTACHSQL_OPTION_TLS_FINGERPRINT`
    pub const TLS_FINGERPRINT: Self = Self(Options::ATTACHSQL_OPTION_TLS_FINGERPRINT as c_uint);
    /// `ATTACHSQL_OPTION_SERVER_PUBLIC_KEY`
    pub const SERVER_PUBLIC_KEY: Self = Self(Options::ATTACHSQL_OPTION_SERVER_PUBLIC_KEY as c_uint);
    /// `ATTACHSQL_OPTION_AUTH_METHODS`
    pub const AUTH_METHODS: Self = Self(Options::ATTACHSQL_OPTION_AUTH_METHODS as c_uint);
    /// `ATTACHSQL_OPTION_PASSWORD2`
    pub const PASSWORD2: Self = Self(Options::ATTACHSQL_OPTION_PASSWORD2 as c_uint);
    /// `ATTACHSQL_OPTION_PASSWORD3`
    pub const PASSWORD3: Self = Self(Options::ATTACHSQL_OPTION_PASSWORD3 as c_uint);
    /// `ATTACHSQL_OPTION_COMPRESSION`
    pub const COMPRESSION: Self = Self(Options::ATTACHSQL_OPTION_COMPRESSION as c_uint);
    /// `ATTACHSQL_OPTION_COMPRESSION_REQUIRED`
    pub const COMPRESSION_REQUIRED: Self =
        Self(Options::ATTACHSQL_OPTION_COMPRESSION_REQUIRED as c_uint);
    /// `ATTACHSQL_OPTION_ZLIB_LEVEL`
    pub const ZLIB_LEVEL: Self = Self(Options::ATTACHSQL_OPTION_ZLIB_LEVEL as c_uint);
    /// `ATTACHSQL_OPTION_ZSTD_LEVEL`
    pub const ZSTD_LEVEL: Self = Self(Options::ATTACHSQL_OPTION_ZSTD_LEVEL as c_uint);
    /// `ATTACHSQL_OPTION_SESSION_TRACK`
    pub const SESSION_TRACK: Self = Self(Options::ATTACHSQL_OPTION_SESSION_TRACK as c_uint);
    /// `ATTACHSQL_OPTION_MAX_ROW`
    pub const MAX_ROW: Self = Self(Options::ATTACHSQL_OPTION_MAX_ROW as c_uint);
    /// `ATTACHSQL_OPTION_MAX_RESULT`
    pub const MAX_RESULT: Self = Self(Options::ATTACHSQL_OPTION_MAX_RESULT as c_uint);
    /// `ATTACHSQL_OPTION_MAX_MEMORY`
    pub const MAX_MEMORY: Self = Self(Options::ATTACHSQL_OPTION_MAX_MEMORY as c_uint);
    /// `ATTACHSQL_OPTION_STMT_CACHE`
    pub const STMT_CACHE: Self = Self(Options::ATTACHSQL_OPTION_STMT_CACHE as c_uint);
    /// `ATTACHSQL_OPTION_QUERY_ATTRIBUTES`
    pub const QUERY_ATTRIBUTES: Self = Self(Options::ATTACHSQL_OPTION_QUERY_ATTRIBUTES as c_uint);
    /// `ATTACHSQL_OPTION_PIPELINE_MAX_BYTES`
    pub const PIPELINE_MAX_BYTES: Self =
        Self(Options::ATTACHSQL_OPTION_PIPELINE_MAX_BYTES as c_uint);
    /// `ATTACHSQL_OPTION_TLS_RESUME`
    pub const TLS_RESUME: Self = Self(Options::ATTACHSQL_OPTION_TLS_RESUME as c_uint);
    /// `ATTACHSQL_OPTION_TLS_CRL_PATH`
    pub const TLS_CRL_PATH: Self = Self(Options::ATTACHSQL_OPTION_TLS_CRL_PATH as c_uint);
    /// `ATTACHSQL_OPTION_HOSTS`
    pub const HOSTS: Self = Self(Options::ATTACHSQL_OPTION_HOSTS as c_uint);
    /// `ATTACHSQL_OPTION_HOSTS_RANDOM`
    pub const HOSTS_RANDOM: Self = Self(Options::ATTACHSQL_OPTION_HOSTS_RANDOM as c_uint);
    /// `ATTACHSQL_OPTION_POOL_MIN`
    pub const POOL_MIN: Self = Self(Options::ATTACHSQL_OPTION_POOL_MIN as c_uint);
    /// `ATTACHSQL_OPTION_POOL_MAX`
    pub const POOL_MAX: Self = Self(Options::ATTACHSQL_OPTION_POOL_MAX as c_uint);
    /// `ATTACHSQL_OPTION_POOL_IDLE_TIMEOUT`
    pub const POOL_IDLE_TIMEOUT: Self = Self(Options::ATTACHSQL_OPTION_POOL_IDLE_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_POOL_LIFETIME`
    pub const POOL_LIFETIME: Self = Self(Options::ATTACHSQL_OPTION_POOL_LIFETIME as c_uint);
    /// `ATTACHSQL_OPTION_POOL_PING_INTERVAL`
    pub const POOL_PING_INTERVAL: Self =
        Self(Options::ATTACHSQL_OPTION_POOL_PING_INTERVAL as c_uint);
    /// `ATTACHSQL_OPTION_POOL_RESET`
    pub const POOL_RESET: Self = Self(Options::ATTACHSQL_OPTION_POOL_RESET as c_uint);
    /// `ATTACHSQL_OPTION_POOL_CONNECTS`
    pub const POOL_CONNECTS: Self = Self(Options::ATTACHSQL_OPTION_POOL_CONNECTS as c_uint);
    /// `ATTACHSQL_OPTION_POOL_QUEUE`
    pub const POOL_QUEUE: Self = Self(Options::ATTACHSQL_OPTION_POOL_QUEUE as c_uint);
    /// `ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT`
    pub const POOL_QUEUE_TIMEOUT: Self =
        Self(Options::ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_COMMAND_TIMEOUT`
    pub const COMMAND_TIMEOUT: Self = Self(Options::ATTACHSQL_OPTION_COMMAND_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_CANCEL_TIMEOUT`
    pub const CANCEL_TIMEOUT: Self = Self(Options::ATTACHSQL_OPTION_CANCEL_TIMEOUT as c_uint);
    /// `ATTACHSQL_OPTION_CANCEL`
    pub const CANCEL: Self = Self(Options::ATTACHSQL_OPTION_CANCEL as c_uint);
}
