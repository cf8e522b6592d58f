// SPDX-License-Identifier: Apache-2.0
//! The C enums, as the header shows them.
//!
//! These enums exist to be printed: the header generator turns each into the C enum named in
//! `cbindgen.toml` (`Return` becomes `attachsql_return_t`, and so on), comments included. No
//! function takes or returns one, because C may hold any integer in an enum and a Rust enum may
//! not; the types of [`super`] that stand in signatures are plain integers with the C enums' names.
//!
//! Two C enums are missing here and stand in `cbindgen.toml`: `attachsql_column_flags_t`, two of whose
//! names share a value, which Rust refuses; and `attachsql_dialog_t`, which a function type names.
//!
//! Values are ABI: none may change, and new ones only go into the parts marked as additions.

#![allow(non_camel_case_types)]

/// What `attachsql_connect_poll` and `attachsql_query_next_result` report. Since 2.0.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// Never returned; programs start their loop variable with it.
    ATTACHSQL_RETURN_NONE = 0,
    /// The connection was created, but neither `attachsql_connect` nor a query has started it.
    ATTACHSQL_RETURN_NOT_CONNECTED = 1,
    /// The name lookup, the connect or the login is under way.
    ATTACHSQL_RETURN_CONNECTING = 2,
    /// A command was sent and its answer, or the next row, is awaited.
    ATTACHSQL_RETURN_PROCESSING = 3,
    /// A row can be read with `attachsql_query_row_get`.
    ATTACHSQL_RETURN_ROW_READY = 4,
    /// The connection or its last command failed; the error object tells why.
    ATTACHSQL_RETURN_ERROR = 5,
    /// The result has ended, or nothing is pending: the next command may be sent.
    ATTACHSQL_RETURN_EOF = 6,
}

/// What has happened on a connection of a pool; the third argument of its callback. Since 2.0.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Events {
    /// Never delivered.
    ATTACHSQL_EVENT_NONE = 0,
    /// The login is done.
    ATTACHSQL_EVENT_CONNECTED = 1,
    /// The connection or its last command failed; the callback gets the error object.
    ATTACHSQL_EVENT_ERROR = 2,
    /// The result has ended.
    ATTACHSQL_EVENT_EOF = 3,
    /// A row can be read.
    ATTACHSQL_EVENT_ROW_READY = 4,
}

/// Options of a connection, for `attachsql_connect_set_option`. Since 2.0, those from 100 up since
/// 2.1.
///
/// Options below 100 are switches: they ignore `arg`, which is NULL as a rule, and cannot be
/// switched off again. Those from 1 to 7 act at login; set later they are accepted without effect.
/// Options from 100 up take their value from what `arg` points to; the type is given for each, and
/// so is when they may be set. With `arg` NULL, a value outside the range, or too late, the call
/// returns false and changes nothing.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Options {
    /// No option; setting it fails.
    ATTACHSQL_OPTION_NONE = 0,
    /// Compress the traffic with zlib if the server can, unless ATTACHSQL_OPTION_COMPRESSION says
    /// otherwise.
    ATTACHSQL_OPTION_COMPRESS = 1,
    /// Count matched instead of changed rows as affected. Always on, so it changes nothing.
    ATTACHSQL_OPTION_FOUND_ROWS = 2,
    /// Tells the server that the client ignores SIGPIPE. The library never raises it in any case.
    ATTACHSQL_OPTION_IGNORE_SIGPIPE = 3,
    /// Let the server use its `interactive_timeout` for this connection.
    ATTACHSQL_OPTION_INTERACTIVE = 4,
    /// Accepted for old programs, without effect: LOAD DATA LOCAL needs a function that gives the files, which
    /// `attachsql_connect_set_local_file` sets.
    ATTACHSQL_OPTION_LOCAL_FILES = 5,
    /// Allow several statements, separated by `;`, in one query.
    ATTACHSQL_OPTION_MULTI_STATEMENTS = 6,
    /// Forbid the `schema.table.column` notation.
    ATTACHSQL_OPTION_NO_SCHEMA = 7,
    /// Do not check the server's certificate, whatever else asks for it. Does not ask for TLS by
    /// itself. May be set at any time; it counts when TLS begins.
    ATTACHSQL_OPTION_SSL_NO_VERIFY = 8,
    /// Let poll sleep until something has arrived. Acts at once, also on a live connection.
    ATTACHSQL_OPTION_SEMI_BLOCKING = 9,

    // Additions of 2.1, numbered from 100 so that they stay clear of the historical ones.
    //
    /// Since 2.1. `const uint32_t *`, milliseconds: limit for lookup, connect and login together.
    /// 0, the default: no limit. May be set at any time.
    ATTACHSQL_OPTION_CONNECT_TIMEOUT = 100,
    /// Since 2.1. `const uint32_t *`, milliseconds: longest time without a byte from the server
    /// while its answer is awaited, counted from the first poll or wait that finds nothing. The login
    /// is for the connect timeout. 0, the default: no limit. May be set at any time.
    ATTACHSQL_OPTION_READ_TIMEOUT = 101,
    /// Since 2.1. `const uint32_t *`, milliseconds: longest time without the socket taking a byte
    /// while there is something to send. 0, the default: no limit. May be set at any time.
    ATTACHSQL_OPTION_WRITE_TIMEOUT = 102,
    /// Since 2.1. `const char *`: character set or collation asked for at login, such as `utf8mb4`
    /// or `latin1_swedish_ci`; one that the library does not know is refused. Default: the
    /// server's. Only before connecting.
    ATTACHSQL_OPTION_CHARSET = 103,
    /// Since 2.1. `const char *`, text `name=value`: one connection attribute sent at login. The
    /// name must not be empty, and all attributes together must fit into 64 KiB. May be set any
    /// number of times; the same name again replaces the value. Only before connecting.
    ATTACHSQL_OPTION_CONNECT_ATTRIBUTE = 104,
    /// Since 2.1. `const uint32_t *`, seconds of silence before TCP keep-alive probes are sent, up to
    /// 32767. 0, the default: no probes. Only before connecting.
    ATTACHSQL_OPTION_KEEP_ALIVE = 105,
    /// Since 2.1. `const uint32_t *`, bytes, 1024 to 1073741824 (1 GiB, the default): the largest
    /// packet that is accepted or sent. A larger row is treated as MAX_ROW has it. May be set at any time.
    ATTACHSQL_OPTION_MAX_PACKET = 106,
    /// Since 2.1. `const uint32_t *`, 0 or 1: whether the RSA key that the server sends may encrypt
    /// the password for any server (1), or only for one on a loopback address (0, the default).
    /// Only before connecting.
    ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY = 107,
    /// Since 2.1. `const uint32_t *`, 0 or 1: whether a server without TLS is refused. By itself it
    /// trusts the system's authorities and checks the host name. Every TLS option below asks for
    /// TLS too; the one set last counts. Only before connecting.
    ATTACHSQL_OPTION_TLS = 108,
    /// Since 2.1. `const char *`: PEM file with certificates of authorities to trust. Files of the
    /// TLS options are read when the connect begins. Only before connecting.
    ATTACHSQL_OPTION_TLS_CA = 109,
    /// Since 2.1. `const char *`: folder of such certificates, named by hash (`openssl rehash`).
    /// Only before connecting.
    ATTACHSQL_OPTION_TLS_CA_PATH = 110,
    /// Since 2.1. `const char *`: PEM file with the client's certificate and those between it and
    /// its authority. Only before connecting.
    ATTACHSQL_OPTION_TLS_CERT = 111,
    /// Since 2.1. `const char *`: PEM file with the key of that certificate. Default: the
    /// certificate's file. Only before connecting.
    ATTACHSQL_OPTION_TLS_KEY = 112,
    /// Since 2.1. `const char *`: passphrase of that key. Only before connecting.
    ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE = 113,
    /// Since 2.1. `const char *`: ciphers for TLS 1.2, in OpenSSL's notation. Only before
    /// connecting.
    ATTACHSQL_OPTION_TLS_CIPHERS = 114,
    /// Since 2.1. `const char *`: cipher suites for TLS 1.3, in OpenSSL's notation. Only before
    /// connecting.
    ATTACHSQL_OPTION_TLS_SUITES = 115,
    /// Since 2.1. `const uint32_t *`, 12 or 13: lowest version of TLS, 1.2 (the default) or 1.3.
    /// Only before connecting.
    ATTACHSQL_OPTION_TLS_MIN_VERSION = 116,
    /// Since 2.1. `const uint32_t *`, 12 or 13: highest version of TLS. Default: no limit. Only
    /// before connecting.
    ATTACHSQL_OPTION_TLS_MAX_VERSION = 117,
    /// Since 2.1. `const uint32_t *`: how the server's certificate is checked. 0 not at all; 1 it
    /// must come from a trusted authority; 2 (the default) and be for the host. Only before
    /// connecting.
    ATTACHSQL_OPTION_TLS_VERIFY = 118,
    /// Since 2.1. `const char *`: name to ask the server for (SNI) and to check, in place of the
    /// host's. Only before connecting.
    ATTACHSQL_OPTION_TLS_SERVER_NAME = 119,
    /// Since 2.1. `const char *`: PEM file with revocation lists; every authority in the server's
    /// chain must then have one. Only before connecting.
    ATTACHSQL_OPTION_TLS_CRL = 120,
    /// Since 2.1. `const char *`: SHA-256 fingerprint of a certificate, 64 hexadecimal digits with
    /// or without colons. The server's must have one of those given; its authority is then checked
    /// only if TLS_VERIFY or `attachsql_connect_set_ssl` asks for it. May be set many times. Only
    /// before connecting.
    ATTACHSQL_OPTION_TLS_FINGERPRINT = 121,
    /// Since 2.1. `const char *`: PEM file with the server's RSA public key, under which
    /// `caching_sha2_password` and `sha256_password` send the password without TLS. Read at once;
    /// refused if it holds no such key. Only before connecting.
    ATTACHSQL_OPTION_SERVER_PUBLIC_KEY = 122,
    /// Since 2.1. `const char *`: login methods to accept, separated by commas. Default:
    /// `mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec`. Known
    /// besides: `mysql_clear_password` and `dialog`, which are used over TLS and unix sockets only,
    /// and `mysql_old_password`. Only before connecting.
    ATTACHSQL_OPTION_AUTH_METHODS = 123,
    /// Since 2.1. `const char *`: password for the second factor of the login, or of the next change
    /// of user. May be set at any time.
    ATTACHSQL_OPTION_PASSWORD2 = 124,
    /// Since 2.1. `const char *`: password for the third factor of the login, or of the next change
    /// of user. May be set at any time.
    ATTACHSQL_OPTION_PASSWORD3 = 125,
    /// Since 2.1. `const uint32_t *`, 0 or 1: whether to go on with the TLS session of an earlier
    /// connection of this process, to the same address with the same settings, and to leave one for
    /// later ones. 1 is the default. Does not ask for TLS. Only before connecting.
    ATTACHSQL_OPTION_TLS_RESUME = 126,
    /// Since 2.1. `const char *`: folder with revocation lists, named by hash (`openssl rehash`):
    /// as TLS_CRL, and beside it. Only before connecting.
    ATTACHSQL_OPTION_TLS_CRL_PATH = 127,
    /// Since 2.1. `const char *`: compression methods to ask for, separated by commas, the best one
    /// first: `zstd`, `zlib`; `uncompressed` may end the list. The first that the server offers is
    /// used, or none. Default: none. Only before connecting.
    ATTACHSQL_OPTION_COMPRESSION = 130,
    /// Since 2.1. `const uint32_t *`, 0 or 1: whether a server that offers none of the methods asked
    /// for is refused (1), or used without compression (0, the default). Only before connecting.
    ATTACHSQL_OPTION_COMPRESSION_REQUIRED = 131,
    /// Since 2.1. `const uint32_t *`, 1 (fastest) to 9 (shortest), 6 by default: level at which
    /// zlib compresses what is sent. Only before connecting.
    ATTACHSQL_OPTION_ZLIB_LEVEL = 132,
    /// Since 2.1. `const uint32_t *`, 1 to 22, 3 by default: level at which zstd compresses what is
    /// sent, and at which the server is asked to. Only before connecting.
    ATTACHSQL_OPTION_ZSTD_LEVEL = 133,
    /// Since 2.1. `const char *`: hosts to try one after the other until one greets, in place of the
    /// connection's host: `name`, `name:port`, `[address]:port` or the `/path` of a unix socket,
    /// separated by commas, at most 64. Without a port, the connection's counts, or 3306 if that is
    /// 0. Only before connecting.
    ATTACHSQL_OPTION_HOSTS = 140,
    /// Since 2.1. `const uint32_t *`, 0 or 1: whether these hosts are tried in their order (0, the
    /// default) or in random order (1). Only before connecting.
    ATTACHSQL_OPTION_HOSTS_RANDOM = 141,
    /// Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether the server is asked to tell what
    /// changes in the session, for `attachsql_connect_get_track`. MySQL from 5.7 and MariaDB from
    /// 10.2 on can. Only before connecting.
    ATTACHSQL_OPTION_SESSION_TRACK = 150,
    /// Since 2.1. `const uint32_t *`: how many statements that were closed stay prepared at the server, for a
    /// later prepare of the same text; 0, the default, for none. At any time: see
    /// `attachsql_stmt_cache_get_stats`.
    ATTACHSQL_OPTION_STMT_CACHE = 152,
    /// Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether queries and executes may have attributes: see
    /// `attachsql_query_set_attribute`. MySQL from 8.0.23 on takes them. Only before connecting.
    ATTACHSQL_OPTION_QUERY_ATTRIBUTES = 153,
    /// Since 2.1. `const uint32_t *`, bytes; 0, the default, for no limit but MAX_PACKET: the largest row that is
    /// accepted. A larger one ends its command with 2020/08S01 once the answer has been read and dropped, and
    /// the connection stays usable. At any time.
    ATTACHSQL_OPTION_MAX_ROW = 160,
    /// Since 2.1. `const uint32_t *`, bytes; 0, the default, for no limit: the largest buffered result, its rows
    /// and their cells. A larger one, by more than what one read brings, ends its command as MAX_ROW does. At
    /// any time.
    ATTACHSQL_OPTION_MAX_RESULT = 161,
    /// Since 2.1. `const uint32_t *`, bytes, at least 1048576 (1 MiB); 0, the default, for no limit: the most that the
    /// connection may have in memory, as `attachsql_connect_get_memory` adds it up. A command for which there is no
    /// room is refused, and one whose answer has none ends as MAX_ROW has it. At any time.
    ATTACHSQL_OPTION_MAX_MEMORY = 162,
    /// Since 2.1. `const uint32_t *`, at least 1024, 16 MiB by default: bytes that the commands of a
    /// pipeline may have together, from `attachsql_pipeline_add` until their answers are over, each
    /// counted with 128 more; and bytes of the rows that a statement keeps for a bulk execute. At any time.
    ATTACHSQL_OPTION_PIPELINE_MAX_BYTES = 170,
    /// Since 2.1. Of a pool, as those up to 188, for `attachsql_pool_set_option`. `const uint32_t *`:
    /// connections that the pool makes without being asked, and keeps. 0 is the default.
    ATTACHSQL_OPTION_POOL_MIN = 180,
    /// Since 2.1. `const uint32_t *`, from 1: most connections that the pool makes. 10 is the
    /// default.
    ATTACHSQL_OPTION_POOL_MAX = 181,
    /// Since 2.1. `const uint32_t *`: milliseconds without a query after which a connection beyond
    /// POOL_MIN is closed; 0 for never. 600000 is the default.
    ATTACHSQL_OPTION_POOL_IDLE_TIMEOUT = 182,
    /// Since 2.1. `const uint32_t *`: milliseconds after which a connection is closed when no query
    /// has it, some up to a tenth earlier; 0 for never. 1800000 is the default. Counts for those made
    /// after it is set.
    ATTACHSQL_OPTION_POOL_LIFETIME = 183,
    /// Since 2.1. `const uint32_t *`: milliseconds without a word from the server after which an idle
    /// connection is pinged; 0 for never. 30000 is the default. One that does not answer within 5
    /// seconds is closed.
    ATTACHSQL_OPTION_POOL_PING_INTERVAL = 184,
    /// Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether the session is made as new
    /// (`attachsql_connect_reset`) after each query, before another one gets the connection. With a
    /// server that does not know this command, the connection is closed instead.
    ATTACHSQL_OPTION_POOL_RESET = 185,
    /// Since 2.1. `const uint32_t *`, from 1: most connections that are on their way to the server at
    /// the same time. 16 is the default, since servers queue few.
    ATTACHSQL_OPTION_POOL_CONNECTS = 186,
    /// Since 2.1. `const uint32_t *`, from 1: most queries that wait for a connection. 1000 is the
    /// default.
    ATTACHSQL_OPTION_POOL_QUEUE = 187,
    /// Since 2.1. `const uint32_t *`: milliseconds that a query waits for a connection at most; 0 for
    /// no limit, which is the default.
    ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT = 188,
    /// Since 2.1. `const uint32_t *`, milliseconds: longest time for a command, from the call that submits it
    /// to the end of its last result. When it is over, the command is cancelled if ATTACHSQL_OPTION_CANCEL was
    /// set, and fails with 3004/HYT00; otherwise the connection is cut, with 3004/08006. Commands of a pipeline each
    /// have this time, from their turn on, and a bulk execute has it as a whole: when it is over the connection is cut
    /// in any case. 0, the default: no limit. May be set at any time; it counts from the next command on.
    ATTACHSQL_OPTION_COMMAND_TIMEOUT = 151,
    /// Since 2.1. `const uint32_t *`, milliseconds: longest time for each step of a cancel: the second
    /// connection, the answer to KILL, and the end of the command after that. 10000 by default; 0: no limit.
    /// May be set at any time.
    ATTACHSQL_OPTION_CANCEL_TIMEOUT = 154,
    /// Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether commands can be cancelled, except for pipelines
    /// and bulk executes. User and passwords are kept in memory then, for as long as the connection lives. Only before
    /// connecting.
    ATTACHSQL_OPTION_CANCEL = 155,
}

/// What became of a cancel. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelEnd {
    /// There was none, or nothing to cancel.
    ATTACHSQL_CANCEL_NONE = 0,
    /// It is under way.
    ATTACHSQL_CANCEL_RUNNING = 1,
    /// The server has ended the command as if there had been no cancel: it was quicker, or takes being killed as
    /// a part of its work, as SLEEP() does that then returns 1.
    ATTACHSQL_CANCEL_FINISHED = 2,
    /// The server has ended the command because of it, or the command was never sent.
    ATTACHSQL_CANCEL_CANCELLED = 3,
    /// The connection was cut: whether the command was carried out is not known.
    ATTACHSQL_CANCEL_UNKNOWN = 4,
}

/// What `attachsql_connect_get_track` tells the changes of. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Track {
    /// A system variable that `session_track_system_variables` lists: its name, and its value now.
    ATTACHSQL_TRACK_VARIABLE = 0,
    /// The default schema: its name.
    ATTACHSQL_TRACK_SCHEMA = 1,
    /// That something of the session has changed, if `session_track_state_change` is on: "1".
    ATTACHSQL_TRACK_STATE = 2,
    /// GTIDs of what was committed, if `session_track_gtids` asks for them (MySQL).
    ATTACHSQL_TRACK_GTIDS = 3,
    /// The statements that would begin the transaction anew, if `session_track_transaction_info` is
    /// CHARACTERISTICS.
    ATTACHSQL_TRACK_TRANSACTION_CHARACTERISTICS = 4,
    /// Eight letters about the transaction, if `session_track_transaction_info` is not OFF.
    ATTACHSQL_TRACK_TRANSACTION_STATE = 5,
}

/// How a server has shown that it is the right one: flags, combined with |. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Not at all.
    ATTACHSQL_TLS_VERIFIED_NONE = 0,
    /// Its certificate comes from a trusted authority.
    ATTACHSQL_TLS_VERIFIED_CHAIN = 1,
    /// Its certificate is for the host.
    ATTACHSQL_TLS_VERIFIED_HOST = 2,
    /// Its certificate has one of the fingerprints that were given.
    ATTACHSQL_TLS_VERIFIED_FINGERPRINT = 4,
    /// It has proved with the password that its certificate, which nobody trusts, is its own.
    ATTACHSQL_TLS_VERIFIED_PASSWORD = 8,
}

/// Type of a column. Since 2.0.
///
/// The numbers are those of the wire. A server may use codes without a name here, such as 0xf5 for
/// JSON; they are passed on as they are.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Decimal of old servers.
    ATTACHSQL_COLUMN_TYPE_DECIMAL = 0x00,
    /// TINYINT, 1 byte.
    ATTACHSQL_COLUMN_TYPE_TINY = 0x01,
    /// SMALLINT, 2 bytes.
    ATTACHSQL_COLUMN_TYPE_SHORT = 0x02,
    /// INT, 4 bytes.
    ATTACHSQL_COLUMN_TYPE_LONG = 0x03,
    /// FLOAT, 4 bytes.
    ATTACHSQL_COLUMN_TYPE_FLOAT = 0x04,
    /// DOUBLE, 8 bytes.
    ATTACHSQL_COLUMN_TYPE_DOUBLE = 0x05,
    /// The literal NULL.
    ATTACHSQL_COLUMN_TYPE_NULL = 0x06,
    /// TIMESTAMP.
    ATTACHSQL_COLUMN_TYPE_TIMESTAMP = 0x07,
    /// BIGINT, 8 bytes.
    ATTACHSQL_COLUMN_TYPE_LONGLONG = 0x08,
    /// MEDIUMINT, 3 bytes.
    ATTACHSQL_COLUMN_TYPE_INT24 = 0x09,
    /// DATE.
    ATTACHSQL_COLUMN_TYPE_DATE = 0x0a,
    /// TIME.
    ATTACHSQL_COLUMN_TYPE_TIME = 0x0b,
    /// DATETIME.
    ATTACHSQL_COLUMN_TYPE_DATETIME = 0x0c,
    /// YEAR.
    ATTACHSQL_COLUMN_TYPE_YEAR = 0x0d,
    /// VARCHAR; servers send VARSTRING in results.
    ATTACHSQL_COLUMN_TYPE_VARCHAR = 0x0f,
    /// BIT.
    ATTACHSQL_COLUMN_TYPE_BIT = 0x10,
    /// DECIMAL.
    ATTACHSQL_COLUMN_TYPE_NEWDECIMAL = 0xf6,
    /// ENUM; servers send STRING with the flag ENUM in results.
    ATTACHSQL_COLUMN_TYPE_ENUM = 0xf7,
    /// SET; servers send STRING with the flag SET in results.
    ATTACHSQL_COLUMN_TYPE_SET = 0xf8,
    /// TINYBLOB or TINYTEXT; servers send BLOB in results.
    ATTACHSQL_COLUMN_TYPE_TINY_BLOB = 0xf9,
    /// MEDIUMBLOB or MEDIUMTEXT; servers send BLOB in results.
    ATTACHSQL_COLUMN_TYPE_MEDIUM_BLOB = 0xfa,
    /// LONGBLOB or LONGTEXT; servers send BLOB in results.
    ATTACHSQL_COLUMN_TYPE_LONG_BLOB = 0xfb,
    /// BLOB or TEXT of any size.
    ATTACHSQL_COLUMN_TYPE_BLOB = 0xfc,
    /// VARCHAR or VARBINARY.
    ATTACHSQL_COLUMN_TYPE_VARSTRING = 0xfd,
    /// CHAR, BINARY, ENUM or SET.
    ATTACHSQL_COLUMN_TYPE_STRING = 0xfe,
    /// GEOMETRY.
    ATTACHSQL_COLUMN_TYPE_GEOMETRY = 0xff,
    /// No such column; the library's own value, never sent by a server.
    ATTACHSQL_COLUMN_TYPE_ERROR = 0xffff,
}

/// Severity of an error. Since 2.0. No function reports it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorLevel {
    /// A note.
    ATTACHSQL_ERROR_LEVEL_NOTICE = 0,
    /// A warning.
    ATTACHSQL_ERROR_LEVEL_WARNING = 1,
    /// An error.
    ATTACHSQL_ERROR_LEVEL_ERROR = 2,
}

/// Errors of the library itself, as `attachsql_error_code` reports them. Since 2.0.
///
/// Servers have errors of their own from 1000 to 1999 and, since MySQL 5.7, from 3000 up, so that
/// 3000 to 3010 may come from either side. Codes described as unused are defined for old programs;
/// the library does not produce them.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCodes {
    /// Something that has no code of its own.
    ATTACHSQL_ERROR_CODE_UNKNOWN = 2000,
    /// No connection could be made to the host or socket.
    ATTACHSQL_ERROR_CODE_CONNECT = 2002,
    /// The host name could not be resolved.
    ATTACHSQL_ERROR_CODE_HOST_UNKNOWN = 2005,
    /// A command could not be sent.
    ATTACHSQL_ERROR_CODE_SERVER_GONE = 2006,
    /// The server speaks another version of the protocol.
    ATTACHSQL_ERROR_CODE_VERSION_MISMATCH = 2007,
    /// Out of memory.
    ATTACHSQL_ERROR_CODE_ALLOC = 2008,
    /// Unused.
    ATTACHSQL_ERROR_CODE_WRONG_HOST_INFO = 2009,
    /// The server's greeting cannot be used.
    ATTACHSQL_ERROR_CODE_HANDSHAKE = 2012,
    /// The connection was lost.
    ATTACHSQL_ERROR_CODE_SERVER_LOST = 2013,
    /// A call came at the wrong time, such as a query while another one is open.
    ATTACHSQL_ERROR_CODE_OUT_OF_SYNC = 2014,
    /// A packet is larger than the limit.
    ATTACHSQL_ERROR_CODE_OVERSIZED_PACKET = 2020,
    /// Unused.
    ATTACHSQL_ERROR_CODE_SLAVE_STATUS = 2022,
    /// Unused.
    ATTACHSQL_ERROR_CODE_SLAVE_HOSTS = 2023,
    /// Unused.
    ATTACHSQL_ERROR_CODE_SLAVE_CONNECT = 2024,
    /// Unused.
    ATTACHSQL_ERROR_CODE_MASTER_CONNECT = 2025,
    /// Unused; TLS errors are `ATTACHSQL_ERROR_CODE_SSL`.
    ATTACHSQL_ERROR_CODE_SSL_CONNECT = 2026,
    /// The server sent something that is not the protocol.
    ATTACHSQL_ERROR_CODE_MALFORMED_PACKET = 2027,
    /// Unused.
    ATTACHSQL_ERROR_CODE_NULL_POINTER = 2029,
    /// Unused.
    ATTACHSQL_ERROR_CODE_STATEMENT_NOT_PREPARED = 2030,
    /// Unused.
    ATTACHSQL_ERROR_CODE_PARAMS_NOT_BOUND = 2031,
    /// Unused.
    ATTACHSQL_ERROR_CODE_DATA_TRUNCATED = 2032,
    /// Unused.
    ATTACHSQL_ERROR_CODE_NO_PARAMETERS_EXIST = 2033,
    /// Unused.
    ATTACHSQL_ERROR_CODE_INVALID_PARAMETER_NUMBER = 2034,
    /// Unused.
    ATTACHSQL_ERROR_CODE_INVALID_BUFFER_USE = 2035,
    /// Unused.
    ATTACHSQL_ERROR_CODE_INVALID_PARAMETER_TYPE = 2036,
    /// Unused.
    ATTACHSQL_ERROR_CODE_UNKNOWN_PROTOCOL = 2047,
    /// Unused.
    ATTACHSQL_ERROR_CODE_INVALID_CON_HANDLE = 2048,
    /// No row is held.
    ATTACHSQL_ERROR_CODE_NO_DATA = 2051,
    /// Unused.
    ATTACHSQL_ERROR_CODE_NO_METADATA = 2052,
    /// Unused.
    ATTACHSQL_ERROR_CODE_NO_RESULT_SET = 2053,
    /// Unused.
    ATTACHSQL_ERROR_CODE_NOT_IMPLEMENTED = 2054,
    /// Unused.
    ATTACHSQL_ERROR_CODE_SERVER_LOST_EXTENDED = 2055,
    /// Unused.
    ATTACHSQL_ERROR_CODE_NEW_STMT_METADATA = 2057,
    /// Unused.
    ATTACHSQL_ERROR_CODE_ALREADY_CONNECTED = 2058,
    /// The account needs an authentication method that the library does not have.
    ATTACHSQL_ERROR_CODE_AUTH_PLUGIN_LOAD = 2059,
    /// Unused.
    ATTACHSQL_ERROR_CODE_CONNECTION_ATTR = 2060,
    /// The authentication method was refused: it is not accepted, or not safe on this connection.
    ATTACHSQL_ERROR_CODE_AUTH_PLUGIN = 2061,
    /// An argument is wrong; the message names it.
    ATTACHSQL_ERROR_CODE_PARAMETER = 3000,
    /// The function does not work in buffered mode.
    ATTACHSQL_ERROR_CODE_BUFFERED_MODE = 3001,
    /// Unused; the library always has TLS.
    ATTACHSQL_ERROR_CODE_NO_SSL = 3002,
    /// TLS could not be set up or failed.
    ATTACHSQL_ERROR_CODE_SSL = 3003,

    // Additions of 2.1.
    //
    /// Since 2.1. The server asked for a local file (LOAD DATA LOCAL) and none was sent.
    ATTACHSQL_ERROR_CODE_LOAD_DATA_LOCAL_REJECTED = 2068,
    /// Since 2.1. The program's function for local files has failed.
    ATTACHSQL_ERROR_CODE_LOAD_DATA_LOCAL_FAILED = 2069,
    /// Since 2.1. As many queries wait in a pool as may.
    ATTACHSQL_ERROR_CODE_POOL_QUEUE_FULL = 2910,
    /// Since 2.1. A query has waited for a connection of a pool for too long.
    ATTACHSQL_ERROR_CODE_POOL_QUEUE_TIMEOUT = 2911,
    /// Since 2.1. A pool was destroyed with a query that waited.
    ATTACHSQL_ERROR_CODE_POOL_DESTROYED = 2912,
    /// Since 2.1. A command of a pipeline that was not sent, because one before it has failed.
    ATTACHSQL_ERROR_CODE_SKIPPED = 3010,
    /// Since 2.1. The time that ATTACHSQL_OPTION_COMMAND_TIMEOUT gives a command is over.
    ATTACHSQL_ERROR_CODE_COMMAND_TIMEOUT = 3004,
    /// Since 2.1. The command was cancelled before it was sent.
    ATTACHSQL_ERROR_CODE_CANCELLED = 3005,
}

/// How the data of a query parameter is to be read and written into the query text. Since 2.0.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// `length` bytes, inserted as they are: no quotes, no escaping.
    ATTACHSQL_ESCAPE_TYPE_NONE = 0,
    /// `length` bytes, escaped and put between single quotes.
    ATTACHSQL_ESCAPE_TYPE_CHAR = 1,
    /// `length` bytes, escaped, without quotes: for a `?` inside a quoted pattern. `%` and `_` are
    /// not escaped.
    ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE = 2,
    /// An `int32_t`, or a `uint32_t` if `is_unsigned`, in decimal.
    ATTACHSQL_ESCAPE_TYPE_INT = 3,
    /// An `int64_t`, or a `uint64_t` if `is_unsigned`, in decimal.
    ATTACHSQL_ESCAPE_TYPE_BIGINT = 4,
    /// A `float`, with exactly 7 decimals.
    ATTACHSQL_ESCAPE_TYPE_FLOAT = 5,
    /// A `double`, with exactly 15 decimals.
    ATTACHSQL_ESCAPE_TYPE_DOUBLE = 6,
}

/// What the getters of statement handles found. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// The value was written.
    ATTACHSQL_VALUE_OK = 0,
    /// It is NULL.
    ATTACHSQL_VALUE_NULL = 1,
    /// There is a value, but what was asked for cannot hold it without loss.
    ATTACHSQL_VALUE_OUT_OF_RANGE = 2,
    /// The column holds something else.
    ATTACHSQL_VALUE_WRONG_TYPE = 3,
    /// No row was got, or there is no such column.
    ATTACHSQL_VALUE_NONE = 4,
}

/// What a cell of `attachsql_stmt_row_cells` holds, and where. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellType {
    /// NULL.
    ATTACHSQL_CELL_TYPE_NULL = 0,
    /// `value.integer`: an integer of any width, with a sign.
    ATTACHSQL_CELL_TYPE_INTEGER = 1,
    /// `value.unsigned_integer`: an integer of any width of a column without sign, or a YEAR.
    ATTACHSQL_CELL_TYPE_UNSIGNED_INTEGER = 2,
    /// `value.real`: a FLOAT.
    ATTACHSQL_CELL_TYPE_FLOAT = 3,
    /// `value.real`: a DOUBLE.
    ATTACHSQL_CELL_TYPE_DOUBLE = 4,
    /// `value.time`: a DATE; only year, month and day count.
    ATTACHSQL_CELL_TYPE_DATE = 5,
    /// `value.time`: a DATETIME or TIMESTAMP.
    ATTACHSQL_CELL_TYPE_DATETIME = 6,
    /// `value.time`: a TIME; year, month and day are 0, and hours may be more than 23.
    ATTACHSQL_CELL_TYPE_TIME = 7,
    /// `data` and `length`: characters; of decimals and JSON as well.
    ATTACHSQL_CELL_TYPE_TEXT = 8,
    /// `data` and `length`: bytes that are no characters; of BIT, GEOMETRY and VECTOR as well.
    ATTACHSQL_CELL_TYPE_BINARY = 9,
}

/// What counts in place of a value, in `attachsql_stmt_bulk_add`. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indicator {
    /// The value counts.
    ATTACHSQL_INDICATOR_VALUE = 0,
    /// NULL.
    ATTACHSQL_INDICATOR_NULL = 1,
    /// The column's default.
    ATTACHSQL_INDICATOR_DEFAULT = 2,
    /// In an INSERT the column's default; in an UPDATE the column stays as it is.
    ATTACHSQL_INDICATOR_IGNORE = 3,
}

/// What a buffer of `attachsql_stmt_bind` holds. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindType {
    /// Always NULL; `data` is not read.
    ATTACHSQL_BIND_TYPE_NULL = 0,
    /// A `bool`, sent as TINYINT.
    ATTACHSQL_BIND_TYPE_BOOL = 1,
    /// An `int32_t`, sent as INT.
    ATTACHSQL_BIND_TYPE_INT = 2,
    /// A `uint32_t`, sent as INT UNSIGNED.
    ATTACHSQL_BIND_TYPE_UNSIGNED_INT = 3,
    /// An `int64_t`, sent as BIGINT.
    ATTACHSQL_BIND_TYPE_BIGINT = 4,
    /// A `uint64_t`, sent as BIGINT UNSIGNED.
    ATTACHSQL_BIND_TYPE_UNSIGNED_BIGINT = 5,
    /// A `float`.
    ATTACHSQL_BIND_TYPE_FLOAT = 6,
    /// A `double`.
    ATTACHSQL_BIND_TYPE_DOUBLE = 7,
    /// A decimal number as `*length` characters.
    ATTACHSQL_BIND_TYPE_DECIMAL = 8,
    /// `*length` characters.
    ATTACHSQL_BIND_TYPE_STRING = 9,
    /// `*length` bytes, sent as BLOB.
    ATTACHSQL_BIND_TYPE_BINARY = 10,
    /// A JSON document of `*length` characters.
    ATTACHSQL_BIND_TYPE_JSON = 11,
    /// The date of an `attachsql_time_st`.
    ATTACHSQL_BIND_TYPE_DATE = 12,
    /// Date and time of day of an `attachsql_time_st`.
    ATTACHSQL_BIND_TYPE_DATETIME = 13,
    /// The time span of an `attachsql_time_st`; its date is not read.
    ATTACHSQL_BIND_TYPE_TIME = 14,
}
