/* SPDX-License-Identifier: Apache-2.0
 *
 * attachsql, a non-blocking client library for MySQL and MariaDB: the C API.
 *
 * This file is generated from the library's source; changes belong there.
 */
#ifndef LIBATTACHSQL2_ATTACHSQL_H
#define LIBATTACHSQL2_ATTACHSQL_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <inttypes.h>
#ifndef _WIN32
#include <arpa/inet.h>
#endif

#include <libattachsql2/visibility.h>

/** Version of this header, as text. Since 2.1. */
#define ATTACHSQL_VERSION_STRING "2.1.0"

/** Version of this header, two hexadecimal digits for each number: 0x020100 is 2.1.0. Since 2.1. */
#define ATTACHSQL_VERSION 0x020100

#ifdef _WIN32
/** A port, in host byte order; Windows has no such type of its own. */
typedef uint16_t in_port_t;
#endif

/** A socket: a file descriptor, or a SOCKET on Windows. It has room for both. Since 2.1. */
typedef intptr_t attachsql_socket_t;

/**
 * Flags of a column, combined with |. Since 2.0. Only those of the low 16 bits reach a program: the
 * wire has no room for more.
 */
enum attachsql_column_flags_t
{
  /** No flag. */
  ATTACHSQL_COLUMN_FLAGS_NONE = 0,
  /** Declared NOT NULL. */
  ATTACHSQL_COLUMN_FLAGS_NOT_NULL = (1 << 0),
  /** Part of the primary key. */
  ATTACHSQL_COLUMN_FLAGS_PRIMARY_KEY = (1 << 1),
  /** Part of a unique key. */
  ATTACHSQL_COLUMN_FLAGS_UNIQUE_KEY = (1 << 2),
  /** Part of a key that is not unique. */
  ATTACHSQL_COLUMN_FLAGS_MULTIPLE_KEY = (1 << 3),
  /** A BLOB or TEXT. */
  ATTACHSQL_COLUMN_FLAGS_BLOB = (1 << 4),
  /** Unsigned. */
  ATTACHSQL_COLUMN_FLAGS_UNSIGNED = (1 << 5),
  /** Filled with zeros on the left. */
  ATTACHSQL_COLUMN_FLAGS_ZEROFILL = (1 << 6),
  /** Compared as bytes. */
  ATTACHSQL_COLUMN_FLAGS_BINARY = (1 << 7),
  /** An ENUM. */
  ATTACHSQL_COLUMN_FLAGS_ENUM = (1 << 8),
  /** AUTO_INCREMENT. */
  ATTACHSQL_COLUMN_FLAGS_AUTO_INCREMENT = (1 << 9),
  /** A TIMESTAMP. */
  ATTACHSQL_COLUMN_FLAGS_TIMESTAMP = (1 << 10),
  /** A SET. */
  ATTACHSQL_COLUMN_FLAGS_SET = (1 << 11),
  /** Has no default value. */
  ATTACHSQL_COLUMN_FLAGS_NO_DEFAULT_VALUE = (1 << 12),
  /** Set to the current time by each UPDATE. */
  ATTACHSQL_COLUMN_FLAGS_ON_UPDATE_NOW = (1 << 13),
  /** Part of some key; used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_PART_KEY = (1 << 14),
  /** A number. */
  ATTACHSQL_COLUMN_FLAGS_NUM = (1 << 15),
  /** The same bit as NUM; used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_GROUP = (1 << 15),
  /** Used inside servers, like all that follow. */
  ATTACHSQL_COLUMN_FLAGS_UNIQUE = (1 << 16),
  /** Used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_BINCMP = (1 << 17),
  /** Used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_GET_FIELD_COLUMNS = (1 << 18),
  /** Used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_IN_PART_FUNC = (1 << 19),
  /** Used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_IN_ADD_INDEX = (1 << 20),
  /** Used inside servers. */
  ATTACHSQL_COLUMN_FLAGS_RENAMED = (1 << 21)
};
typedef enum attachsql_column_flags_t attachsql_column_flags_t;

/** What an event loop is to wait for on a descriptor, combined with |. Since 2.1. */
enum attachsql_watch_flags_t
{
  /** Nothing, for now. */
  ATTACHSQL_WATCH_NONE = 0,
  /** Until there is something to read, or the end of the stream. */
  ATTACHSQL_WATCH_READ = 1,
  /** Until something can be written, or a connect has ended. */
  ATTACHSQL_WATCH_WRITE = 2
};
typedef enum attachsql_watch_flags_t attachsql_watch_flags_t;

/** What a program's function says to a question of the server. Since 2.1. */
enum attachsql_dialog_t
{
  /** No answer: the connect shall fail. Numbers that are not named here mean the same. */
  ATTACHSQL_DIALOG_REFUSE = 0,
  /** The answer is in `*answer`. */
  ATTACHSQL_DIALOG_ANSWER = 1,
  /** No answer yet: ask again at the next poll. */
  ATTACHSQL_DIALOG_LATER = 2
};
typedef enum attachsql_dialog_t attachsql_dialog_t;

/**
 * A program's function for the questions of a server; see `attachsql_connect_set_dialog`. It is a
 * function type, not a pointer type. Since 2.1.
 */
typedef attachsql_dialog_t (attachsql_dialog_fn)(void *context, bool echo, const char *prompt,
                                                 const char **answer);

/** What has happened on a connection that is traced. Since 2.1. */
enum attachsql_trace_event_t
{
  /** Never told. */
  ATTACHSQL_TRACE_NONE = 0,
  /** The login is done. */
  ATTACHSQL_TRACE_CONNECTED = 1,
  /** A command was sent. */
  ATTACHSQL_TRACE_COMMAND = 2,
  /** The answer to a command has ended, well or with an error. */
  ATTACHSQL_TRACE_DONE = 3,
  /** The connection is gone, or was never made. */
  ATTACHSQL_TRACE_FAILED = 4
};
typedef enum attachsql_trace_event_t attachsql_trace_event_t;

/** What a program's function for local files returns in place of a number of bytes. Since 2.1. */
enum attachsql_local_file_t
{
  /** It has failed: the query ends in an error. Negative numbers that are not named here mean the same. */
  ATTACHSQL_LOCAL_FILE_ERROR = -1,
  /** Nothing yet: call it again at the next poll. */
  ATTACHSQL_LOCAL_FILE_LATER = -2,
  /** Nothing yet: call it again after `attachsql_connect_local_file_ready`. */
  ATTACHSQL_LOCAL_FILE_SUSPEND = -3
};
typedef enum attachsql_local_file_t attachsql_local_file_t;

/**
 * A program's function for the files of LOAD DATA LOCAL; see `attachsql_connect_set_local_file`. It
 * is a function type, not a pointer type. Since 2.1.
 */
typedef ptrdiff_t (attachsql_local_file_fn)(void *context, const char *name, uint64_t offset,
                                            char *buffer, size_t size, const char **message);

/**
 * A program's function for the keys of a TLS connection; see `attachsql_connect_set_keylog`. It is
 * a function type, not a pointer type. Since 2.1.
 */
typedef void (attachsql_keylog_fn)(void *context, const char *line);

/** Bytes of an SQLSTATE: 5 characters and a NUL. Since 2.0. */
#define ATTACHSQL_SQLSTATE_SIZE 6

/** Most bytes of an error message: 255 characters and a NUL. Since 2.0. */
#define ATTACHSQL_MESSAGE_SIZE 256

/** What `attachsql_connect_poll` and `attachsql_query_next_result` report. Since 2.0. */
typedef enum attachsql_return_t
{
  /** Never returned; programs start their loop variable with it. */
  ATTACHSQL_RETURN_NONE = 0,
  /** The connection was created, but neither `attachsql_connect` nor a query has started it. */
  ATTACHSQL_RETURN_NOT_CONNECTED = 1,
  /** The name lookup, the connect or the login is under way. */
  ATTACHSQL_RETURN_CONNECTING = 2,
  /** A command was sent and its answer, or the next row, is awaited. */
  ATTACHSQL_RETURN_PROCESSING = 3,
  /** A row can be read with `attachsql_query_row_get`. */
  ATTACHSQL_RETURN_ROW_READY = 4,
  /** The connection or its last command failed; the error object tells why. */
  ATTACHSQL_RETURN_ERROR = 5,
  /** The result has ended, or nothing is pending: the next command may be sent. */
  ATTACHSQL_RETURN_EOF = 6,
} attachsql_return_t;

/** What has happened on a connection of a pool; the third argument of its callback. Since 2.0. */
typedef enum attachsql_events_t
{
  /** Never delivered. */
  ATTACHSQL_EVENT_NONE = 0,
  /** The login is done. */
  ATTACHSQL_EVENT_CONNECTED = 1,
  /** The connection or its last command failed; the callback gets the error object. */
  ATTACHSQL_EVENT_ERROR = 2,
  /** The result has ended. */
  ATTACHSQL_EVENT_EOF = 3,
  /** A row can be read. */
  ATTACHSQL_EVENT_ROW_READY = 4,
} attachsql_events_t;

/**
 * Options of a connection, for `attachsql_connect_set_option`. Since 2.0, those from 100 up since
 * 2.1.
 *
 * Options below 100 are switches: they ignore `arg`, which is NULL as a rule, and cannot be
 * switched off again. Those from 1 to 7 act at login; set later they are accepted without effect.
 * Options from 100 up take their value from what `arg` points to; the type is given for each, and
 * so is when they may be set. With `arg` NULL, a value outside the range, or too late, the call
 * returns false and changes nothing.
 */
typedef enum attachsql_options_t
{
  /** No option; setting it fails. */
  ATTACHSQL_OPTION_NONE = 0,
  /**
   * Compress the traffic with zlib if the server can, unless ATTACHSQL_OPTION_COMPRESSION says
   * otherwise.
   */
  ATTACHSQL_OPTION_COMPRESS = 1,
  /** Count matched instead of changed rows as affected. Always on, so it changes nothing. */
  ATTACHSQL_OPTION_FOUND_ROWS = 2,
  /** Tells the server that the client ignores SIGPIPE. The library never raises it in any case. */
  ATTACHSQL_OPTION_IGNORE_SIGPIPE = 3,
  /** Let the server use its `interactive_timeout` for this connection. */
  ATTACHSQL_OPTION_INTERACTIVE = 4,
  /**
   * Accepted for old programs, without effect: LOAD DATA LOCAL needs a function that gives the files, which
   * `attachsql_connect_set_local_file` sets.
   */
  ATTACHSQL_OPTION_LOCAL_FILES = 5,
  /** Allow several statements, separated by `;`, in one query. */
  ATTACHSQL_OPTION_MULTI_STATEMENTS = 6,
  /** Forbid the `schema.table.column` notation. */
  ATTACHSQL_OPTION_NO_SCHEMA = 7,
  /**
   * Do not check the server's certificate, whatever else asks for it. Does not ask for TLS by
   * itself. May be set at any time; it counts when TLS begins.
   */
  ATTACHSQL_OPTION_SSL_NO_VERIFY = 8,
  /** Let poll sleep until something has arrived. Acts at once, also on a live connection. */
  ATTACHSQL_OPTION_SEMI_BLOCKING = 9,

  /* ---- Additions since 2.1 ---------------------------------------------- */

  /**
   * Since 2.1. `const uint32_t *`, milliseconds: limit for lookup, connect and login together.
   * 0, the default: no limit. May be set at any time.
   */
  ATTACHSQL_OPTION_CONNECT_TIMEOUT = 100,
  /**
   * Since 2.1. `const uint32_t *`, milliseconds: longest time without a byte from the server
   * while its answer is awaited, counted from the first poll or wait that finds nothing. The login
   * is for the connect timeout. 0, the default: no limit. May be set at any time.
   */
  ATTACHSQL_OPTION_READ_TIMEOUT = 101,
  /**
   * Since 2.1. `const uint32_t *`, milliseconds: longest time without the socket taking a byte
   * while there is something to send. 0, the default: no limit. May be set at any time.
   */
  ATTACHSQL_OPTION_WRITE_TIMEOUT = 102,
  /**
   * Since 2.1. `const char *`: character set or collation asked for at login, such as `utf8mb4`
   * or `latin1_swedish_ci`; one that the library does not know is refused. Default: the
   * server's. Only before connecting.
   */
  ATTACHSQL_OPTION_CHARSET = 103,
  /**
   * Since 2.1. `const char *`, text `name=value`: one connection attribute sent at login. The
   * name must not be empty, and all attributes together must fit into 64 KiB. May be set any
   * number of times; the same name again replaces the value. Only before connecting.
   */
  ATTACHSQL_OPTION_CONNECT_ATTRIBUTE = 104,
  /**
   * Since 2.1. `const uint32_t *`, seconds of silence before TCP keep-alive probes are sent, up to
   * 32767. 0, the default: no probes. Only before connecting.
   */
  ATTACHSQL_OPTION_KEEP_ALIVE = 105,
  /**
   * Since 2.1. `const uint32_t *`, bytes, 1024 to 1073741824 (1 GiB, the default): the largest
   * packet that is accepted or sent. A larger row is treated as MAX_ROW has it. May be set at any time.
   */
  ATTACHSQL_OPTION_MAX_PACKET = 106,
  /**
   * Since 2.1. `const uint32_t *`, 0 or 1: whether the RSA key that the server sends may encrypt
   * the password for any server (1), or only for one on a loopback address (0, the default).
   * Only before connecting.
   */
  ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY = 107,
  /**
   * Since 2.1. `const uint32_t *`, 0 or 1: whether a server without TLS is refused. By itself it
   * trusts the system's authorities and checks the host name. Every TLS option below asks for
   * TLS too; the one set last counts. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS = 108,
  /**
   * Since 2.1. `const char *`: PEM file with certificates of authorities to trust. Files of the
   * TLS options are read when the connect begins. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_CA = 109,
  /**
   * Since 2.1. `const char *`: folder of such certificates, named by hash (`openssl rehash`).
   * Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_CA_PATH = 110,
  /**
   * Since 2.1. `const char *`: PEM file with the client's certificate and those between it and
   * its authority. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_CERT = 111,
  /**
   * Since 2.1. `const char *`: PEM file with the key of that certificate. Default: the
   * certificate's file. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_KEY = 112,
  /** Since 2.1. `const char *`: passphrase of that key. Only before connecting. */
  ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE = 113,
  /**
   * Since 2.1. `const char *`: ciphers for TLS 1.2, in OpenSSL's notation. Only before
   * connecting.
   */
  ATTACHSQL_OPTION_TLS_CIPHERS = 114,
  /**
   * Since 2.1. `const char *`: cipher suites for TLS 1.3, in OpenSSL's notation. Only before
   * connecting.
   */
  ATTACHSQL_OPTION_TLS_SUITES = 115,
  /**
   * Since 2.1. `const uint32_t *`, 12 or 13: lowest version of TLS, 1.2 (the default) or 1.3.
   * Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_MIN_VERSION = 116,
  /**
   * Since 2.1. `const uint32_t *`, 12 or 13: highest version of TLS. Default: no limit. Only
   * before connecting.
   */
  ATTACHSQL_OPTION_TLS_MAX_VERSION = 117,
  /**
   * Since 2.1. `const uint32_t *`: how the server's certificate is checked. 0 not at all; 1 it
   * must come from a trusted authority; 2 (the default) and be for the host. Only before
   * connecting.
   */
  ATTACHSQL_OPTION_TLS_VERIFY = 118,
  /**
   * Since 2.1. `const char *`: name to ask the server for (SNI) and to check, in place of the
   * host's. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_SERVER_NAME = 119,
  /**
   * Since 2.1. `const char *`: PEM file with revocation lists; every authority in the server's
   * chain must then have one. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_CRL = 120,
  /**
   * Since 2.1. `const char *`: SHA-256 fingerprint of a certificate, 64 hexadecimal digits with
   * or without colons. The server's must have one of those given; its authority is then checked
   * only if TLS_VERIFY or `attachsql_connect_set_ssl` asks for it. May be set many times. Only
   * before connecting.
   */
  ATTACHSQL_OPTION_TLS_FINGERPRINT = 121,
  /**
   * Since 2.1. `const char *`: PEM file with the server's RSA public key, under which
   * `caching_sha2_password` and `sha256_password` send the password without TLS. Read at once;
   * refused if it holds no such key. Only before connecting.
   */
  ATTACHSQL_OPTION_SERVER_PUBLIC_KEY = 122,
  /**
   * Since 2.1. `const char *`: login methods to accept, separated by commas. Default:
   * `mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec`. Known
   * besides: `mysql_clear_password` and `dialog`, which are used over TLS and unix sockets only,
   * and `mysql_old_password`. Only before connecting.
   */
  ATTACHSQL_OPTION_AUTH_METHODS = 123,
  /**
   * Since 2.1. `const char *`: password for the second factor of the login, or of the next change
   * of user. May be set at any time.
   */
  ATTACHSQL_OPTION_PASSWORD2 = 124,
  /**
   * Since 2.1. `const char *`: password for the third factor of the login, or of the next change
   * of user. May be set at any time.
   */
  ATTACHSQL_OPTION_PASSWORD3 = 125,
  /**
   * Since 2.1. `const uint32_t *`, 0 or 1: whether to go on with the TLS session of an earlier
   * connection of this process, to the same address with the same settings, and to leave one for
   * later ones. 1 is the default. Does not ask for TLS. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_RESUME = 126,
  /**
   * Since 2.1. `const char *`: folder with revocation lists, named by hash (`openssl rehash`):
   * as TLS_CRL, and beside it. Only before connecting.
   */
  ATTACHSQL_OPTION_TLS_CRL_PATH = 127,
  /**
   * Since 2.1. `const char *`: compression methods to ask for, separated by commas, the best one
   * first: `zstd`, `zlib`; `uncompressed` may end the list. The first that the server offers is
   * used, or none. Default: none. Only before connecting.
   */
  ATTACHSQL_OPTION_COMPRESSION = 130,
  /**
   * Since 2.1. `const uint32_t *`, 0 or 1: whether a server that offers none of the methods asked
   * for is refused (1), or used without compression (0, the default). Only before connecting.
   */
  ATTACHSQL_OPTION_COMPRESSION_REQUIRED = 131,
  /**
   * Since 2.1. `const uint32_t *`, 1 (fastest) to 9 (shortest), 6 by default: level at which
   * zlib compresses what is sent. Only before connecting.
   */
  ATTACHSQL_OPTION_ZLIB_LEVEL = 132,
  /**
   * Since 2.1. `const uint32_t *`, 1 to 22, 3 by default: level at which zstd compresses what is
   * sent, and at which the server is asked to. Only before connecting.
   */
  ATTACHSQL_OPTION_ZSTD_LEVEL = 133,
  /**
   * Since 2.1. `const char *`: hosts to try one after the other until one greets, in place of the
   * connection's host: `name`, `name:port`, `[address]:port` or the `/path` of a unix socket,
   * separated by commas, at most 64. Without a port, the connection's counts, or 3306 if that is
   * 0. Only before connecting.
   */
  ATTACHSQL_OPTION_HOSTS = 140,
  /**
   * Since 2.1. `const uint32_t *`, 0 or 1: whether these hosts are tried in their order (0, the
   * default) or in random order (1). Only before connecting.
   */
  ATTACHSQL_OPTION_HOSTS_RANDOM = 141,
  /**
   * Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether the server is asked to tell what
   * changes in the session, for `attachsql_connect_get_track`. MySQL from 5.7 and MariaDB from
   * 10.2 on can. Only before connecting.
   */
  ATTACHSQL_OPTION_SESSION_TRACK = 150,
  /**
   * Since 2.1. `const uint32_t *`: how many statements that were closed stay prepared at the server, for a
   * later prepare of the same text; 0, the default, for none. At any time: see
   * `attachsql_stmt_cache_get_stats`.
   */
  ATTACHSQL_OPTION_STMT_CACHE = 152,
  /**
   * Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether queries and executes may have attributes: see
   * `attachsql_query_set_attribute`. MySQL from 8.0.23 on takes them. Only before connecting.
   */
  ATTACHSQL_OPTION_QUERY_ATTRIBUTES = 153,
  /**
   * Since 2.1. `const uint32_t *`, bytes; 0, the default, for no limit but MAX_PACKET: the largest row that is
   * accepted. A larger one ends its command with 2020/08S01 once the answer has been read and dropped, and
   * the connection stays usable. At any time.
   */
  ATTACHSQL_OPTION_MAX_ROW = 160,
  /**
   * Since 2.1. `const uint32_t *`, bytes; 0, the default, for no limit: the largest buffered result, its rows
   * and their cells. A larger one, by more than what one read brings, ends its command as MAX_ROW does. At
   * any time.
   */
  ATTACHSQL_OPTION_MAX_RESULT = 161,
  /**
   * Since 2.1. `const uint32_t *`, bytes, at least 1048576 (1 MiB); 0, the default, for no limit: the most that the
   * connection may have in memory, as `attachsql_connect_get_memory` adds it up. A command for which there is no
   * room is refused, and one whose answer has none ends as MAX_ROW has it. At any time.
   */
  ATTACHSQL_OPTION_MAX_MEMORY = 162,
  /**
   * Since 2.1. `const uint32_t *`, at least 1024, 16 MiB by default: bytes that the commands of a
   * pipeline may have together, from `attachsql_pipeline_add` until their answers are over, each
   * counted with 128 more; and bytes of the rows that a statement keeps for a bulk execute. At any time.
   */
  ATTACHSQL_OPTION_PIPELINE_MAX_BYTES = 170,
  /**
   * Since 2.1. Of a pool, as those up to 188, for `attachsql_pool_set_option`. `const uint32_t *`:
   * connections that the pool makes without being asked, and keeps. 0 is the default.
   */
  ATTACHSQL_OPTION_POOL_MIN = 180,
  /**
   * Since 2.1. `const uint32_t *`, from 1: most connections that the pool makes. 10 is the
   * default.
   */
  ATTACHSQL_OPTION_POOL_MAX = 181,
  /**
   * Since 2.1. `const uint32_t *`: milliseconds without a query after which a connection beyond
   * POOL_MIN is closed; 0 for never. 600000 is the default.
   */
  ATTACHSQL_OPTION_POOL_IDLE_TIMEOUT = 182,
  /**
   * Since 2.1. `const uint32_t *`: milliseconds after which a connection is closed when no query
   * has it, some up to a tenth earlier; 0 for never. 1800000 is the default. Counts for those made
   * after it is set.
   */
  ATTACHSQL_OPTION_POOL_LIFETIME = 183,
  /**
   * Since 2.1. `const uint32_t *`: milliseconds without a word from the server after which an idle
   * connection is pinged; 0 for never. 30000 is the default. One that does not answer within 5
   * seconds is closed.
   */
  ATTACHSQL_OPTION_POOL_PING_INTERVAL = 184,
  /**
   * Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether the session is made as new
   * (`attachsql_connect_reset`) after each query, before another one gets the connection. With a
   * server that does not know this command, the connection is closed instead.
   */
  ATTACHSQL_OPTION_POOL_RESET = 185,
  /**
   * Since 2.1. `const uint32_t *`, from 1: most connections that are on their way to the server at
   * the same time. 16 is the default, since servers queue few.
   */
  ATTACHSQL_OPTION_POOL_CONNECTS = 186,
  /**
   * Since 2.1. `const uint32_t *`, from 1: most queries that wait for a connection. 1000 is the
   * default.
   */
  ATTACHSQL_OPTION_POOL_QUEUE = 187,
  /**
   * Since 2.1. `const uint32_t *`: milliseconds that a query waits for a connection at most; 0 for
   * no limit, which is the default.
   */
  ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT = 188,
  /**
   * Since 2.1. `const uint32_t *`, milliseconds: longest time for a command, from the call that submits it
   * to the end of its last result. When it is over, the command is cancelled if ATTACHSQL_OPTION_CANCEL was
   * set, and fails with 3004/HYT00; otherwise the connection is cut, with 3004/08006. Commands of a pipeline each
   * have this time, from their turn on, and a bulk execute has it as a whole: when it is over the connection is cut
   * in any case. 0, the default: no limit. May be set at any time; it counts from the next command on.
   */
  ATTACHSQL_OPTION_COMMAND_TIMEOUT = 151,
  /**
   * Since 2.1. `const uint32_t *`, milliseconds: longest time for each step of a cancel: the second
   * connection, the answer to KILL, and the end of the command after that. 10000 by default; 0: no limit.
   * May be set at any time.
   */
  ATTACHSQL_OPTION_CANCEL_TIMEOUT = 154,
  /**
   * Since 2.1. `const uint32_t *`, 0 (the default) or 1: whether commands can be cancelled, except for pipelines
   * and bulk executes. User and passwords are kept in memory then, for as long as the connection lives. Only before
   * connecting.
   */
  ATTACHSQL_OPTION_CANCEL = 155,
} attachsql_options_t;

/**
 * Type of a column. Since 2.0.
 *
 * The numbers are those of the wire. A server may use codes without a name here, such as 0xf5 for
 * JSON; they are passed on as they are.
 */
typedef enum attachsql_column_type_t
{
  /** Decimal of old servers. */
  ATTACHSQL_COLUMN_TYPE_DECIMAL = 0,
  /** TINYINT, 1 byte. */
  ATTACHSQL_COLUMN_TYPE_TINY = 1,
  /** SMALLINT, 2 bytes. */
  ATTACHSQL_COLUMN_TYPE_SHORT = 2,
  /** INT, 4 bytes. */
  ATTACHSQL_COLUMN_TYPE_LONG = 3,
  /** FLOAT, 4 bytes. */
  ATTACHSQL_COLUMN_TYPE_FLOAT = 4,
  /** DOUBLE, 8 bytes. */
  ATTACHSQL_COLUMN_TYPE_DOUBLE = 5,
  /** The literal NULL. */
  ATTACHSQL_COLUMN_TYPE_NULL = 6,
  /** TIMESTAMP. */
  ATTACHSQL_COLUMN_TYPE_TIMESTAMP = 7,
  /** BIGINT, 8 bytes. */
  ATTACHSQL_COLUMN_TYPE_LONGLONG = 8,
  /** MEDIUMINT, 3 bytes. */
  ATTACHSQL_COLUMN_TYPE_INT24 = 9,
  /** DATE. */
  ATTACHSQL_COLUMN_TYPE_DATE = 10,
  /** TIME. */
  ATTACHSQL_COLUMN_TYPE_TIME = 11,
  /** DATETIME. */
  ATTACHSQL_COLUMN_TYPE_DATETIME = 12,
  /** YEAR. */
  ATTACHSQL_COLUMN_TYPE_YEAR = 13,
  /** VARCHAR; servers send VARSTRING in results. */
  ATTACHSQL_COLUMN_TYPE_VARCHAR = 15,
  /** BIT. */
  ATTACHSQL_COLUMN_TYPE_BIT = 16,
  /** DECIMAL. */
  ATTACHSQL_COLUMN_TYPE_NEWDECIMAL = 246,
  /** ENUM; servers send STRING with the flag ENUM in results. */
  ATTACHSQL_COLUMN_TYPE_ENUM = 247,
  /** SET; servers send STRING with the flag SET in results. */
  ATTACHSQL_COLUMN_TYPE_SET = 248,
  /** TINYBLOB or TINYTEXT; servers send BLOB in results. */
  ATTACHSQL_COLUMN_TYPE_TINY_BLOB = 249,
  /** MEDIUMBLOB or MEDIUMTEXT; servers send BLOB in results. */
  ATTACHSQL_COLUMN_TYPE_MEDIUM_BLOB = 250,
  /** LONGBLOB or LONGTEXT; servers send BLOB in results. */
  ATTACHSQL_COLUMN_TYPE_LONG_BLOB = 251,
  /** BLOB or TEXT of any size. */
  ATTACHSQL_COLUMN_TYPE_BLOB = 252,
  /** VARCHAR or VARBINARY. */
  ATTACHSQL_COLUMN_TYPE_VARSTRING = 253,
  /** CHAR, BINARY, ENUM or SET. */
  ATTACHSQL_COLUMN_TYPE_STRING = 254,
  /** GEOMETRY. */
  ATTACHSQL_COLUMN_TYPE_GEOMETRY = 255,
  /** No such column; the library's own value, never sent by a server. */
  ATTACHSQL_COLUMN_TYPE_ERROR = 65535,
} attachsql_column_type_t;

/** Severity of an error. Since 2.0. No function reports it. */
typedef enum attachsql_error_level_t
{
  /** A note. */
  ATTACHSQL_ERROR_LEVEL_NOTICE = 0,
  /** A warning. */
  ATTACHSQL_ERROR_LEVEL_WARNING = 1,
  /** An error. */
  ATTACHSQL_ERROR_LEVEL_ERROR = 2,
} attachsql_error_level_t;

/**
 * Errors of the library itself, as `attachsql_error_code` reports them. Since 2.0.
 *
 * Servers have errors of their own from 1000 to 1999 and, since MySQL 5.7, from 3000 up, so that
 * 3000 to 3010 may come from either side. Codes described as unused are defined for old programs;
 * the library does not produce them.
 */
typedef enum attachsql_error_codes_t
{
  /** Something that has no code of its own. */
  ATTACHSQL_ERROR_CODE_UNKNOWN = 2000,
  /** No connection could be made to the host or socket. */
  ATTACHSQL_ERROR_CODE_CONNECT = 2002,
  /** The host name could not be resolved. */
  ATTACHSQL_ERROR_CODE_HOST_UNKNOWN = 2005,
  /** A command could not be sent. */
  ATTACHSQL_ERROR_CODE_SERVER_GONE = 2006,
  /** The server speaks another version of the protocol. */
  ATTACHSQL_ERROR_CODE_VERSION_MISMATCH = 2007,
  /** Out of memory. */
  ATTACHSQL_ERROR_CODE_ALLOC = 2008,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_WRONG_HOST_INFO = 2009,
  /** The server's greeting cannot be used. */
  ATTACHSQL_ERROR_CODE_HANDSHAKE = 2012,
  /** The connection was lost. */
  ATTACHSQL_ERROR_CODE_SERVER_LOST = 2013,
  /** A call came at the wrong time, such as a query while another one is open. */
  ATTACHSQL_ERROR_CODE_OUT_OF_SYNC = 2014,
  /** A packet is larger than the limit. */
  ATTACHSQL_ERROR_CODE_OVERSIZED_PACKET = 2020,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_SLAVE_STATUS = 2022,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_SLAVE_HOSTS = 2023,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_SLAVE_CONNECT = 2024,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_MASTER_CONNECT = 2025,
  /** Unused; TLS errors are `ATTACHSQL_ERROR_CODE_SSL`. */
  ATTACHSQL_ERROR_CODE_SSL_CONNECT = 2026,
  /** The server sent something that is not the protocol. */
  ATTACHSQL_ERROR_CODE_MALFORMED_PACKET = 2027,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_NULL_POINTER = 2029,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_STATEMENT_NOT_PREPARED = 2030,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_PARAMS_NOT_BOUND = 2031,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_DATA_TRUNCATED = 2032,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_NO_PARAMETERS_EXIST = 2033,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_INVALID_PARAMETER_NUMBER = 2034,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_INVALID_BUFFER_USE = 2035,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_INVALID_PARAMETER_TYPE = 2036,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_UNKNOWN_PROTOCOL = 2047,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_INVALID_CON_HANDLE = 2048,
  /** No row is held. */
  ATTACHSQL_ERROR_CODE_NO_DATA = 2051,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_NO_METADATA = 2052,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_NO_RESULT_SET = 2053,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_NOT_IMPLEMENTED = 2054,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_SERVER_LOST_EXTENDED = 2055,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_NEW_STMT_METADATA = 2057,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_ALREADY_CONNECTED = 2058,
  /** The account needs an authentication method that the library does not have. */
  ATTACHSQL_ERROR_CODE_AUTH_PLUGIN_LOAD = 2059,
  /** Unused. */
  ATTACHSQL_ERROR_CODE_CONNECTION_ATTR = 2060,
  /** The authentication method was refused: it is not accepted, or not safe on this connection. */
  ATTACHSQL_ERROR_CODE_AUTH_PLUGIN = 2061,
  /** An argument is wrong; the message names it. */
  ATTACHSQL_ERROR_CODE_PARAMETER = 3000,
  /** The function does not work in buffered mode. */
  ATTACHSQL_ERROR_CODE_BUFFERED_MODE = 3001,
  /** Unused; the library always has TLS. */
  ATTACHSQL_ERROR_CODE_NO_SSL = 3002,
  /** TLS could not be set up or failed. */
  ATTACHSQL_ERROR_CODE_SSL = 3003,

  /* ---- Additions since 2.1 ---------------------------------------------- */

  /** Since 2.1. The server asked for a local file (LOAD DATA LOCAL) and none was sent. */
  ATTACHSQL_ERROR_CODE_LOAD_DATA_LOCAL_REJECTED = 2068,
  /** Since 2.1. The program's function for local files has failed. */
  ATTACHSQL_ERROR_CODE_LOAD_DATA_LOCAL_FAILED = 2069,
  /** Since 2.1. As many queries wait in a pool as may. */
  ATTACHSQL_ERROR_CODE_POOL_QUEUE_FULL = 2910,
  /** Since 2.1. A query has waited for a connection of a pool for too long. */
  ATTACHSQL_ERROR_CODE_POOL_QUEUE_TIMEOUT = 2911,
  /** Since 2.1. A pool was destroyed with a query that waited. */
  ATTACHSQL_ERROR_CODE_POOL_DESTROYED = 2912,
  /** Since 2.1. A command of a pipeline that was not sent, because one before it has failed. */
  ATTACHSQL_ERROR_CODE_SKIPPED = 3010,
  /** Since 2.1. The time that ATTACHSQL_OPTION_COMMAND_TIMEOUT gives a command is over. */
  ATTACHSQL_ERROR_CODE_COMMAND_TIMEOUT = 3004,
  /** Since 2.1. The command was cancelled before it was sent. */
  ATTACHSQL_ERROR_CODE_CANCELLED = 3005,
} attachsql_error_codes_t;

/** How the data of a query parameter is to be read and written into the query text. Since 2.0. */
typedef enum attachsql_query_parameter_type_t
{
  /** `length` bytes, inserted as they are: no quotes, no escaping. */
  ATTACHSQL_ESCAPE_TYPE_NONE = 0,
  /** `length` bytes, escaped and put between single quotes. */
  ATTACHSQL_ESCAPE_TYPE_CHAR = 1,
  /**
   * `length` bytes, escaped, without quotes: for a `?` inside a quoted pattern. `%` and `_` are
   * not escaped.
   */
  ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE = 2,
  /** An `int32_t`, or a `uint32_t` if `is_unsigned`, in decimal. */
  ATTACHSQL_ESCAPE_TYPE_INT = 3,
  /** An `int64_t`, or a `uint64_t` if `is_unsigned`, in decimal. */
  ATTACHSQL_ESCAPE_TYPE_BIGINT = 4,
  /** A `float`, with exactly 7 decimals. */
  ATTACHSQL_ESCAPE_TYPE_FLOAT = 5,
  /** A `double`, with exactly 15 decimals. */
  ATTACHSQL_ESCAPE_TYPE_DOUBLE = 6,
} attachsql_query_parameter_type_t;

/** How a server has shown that it is the right one: flags, combined with |. Since 2.1. */
typedef enum attachsql_tls_verified_t
{
  /** Not at all. */
  ATTACHSQL_TLS_VERIFIED_NONE = 0,
  /** Its certificate comes from a trusted authority. */
  ATTACHSQL_TLS_VERIFIED_CHAIN = 1,
  /** Its certificate is for the host. */
  ATTACHSQL_TLS_VERIFIED_HOST = 2,
  /** Its certificate has one of the fingerprints that were given. */
  ATTACHSQL_TLS_VERIFIED_FINGERPRINT = 4,
  /** It has proved with the password that its certificate, which nobody trusts, is its own. */
  ATTACHSQL_TLS_VERIFIED_PASSWORD = 8,
} attachsql_tls_verified_t;

/** What the getters of statement handles found. Since 2.1. */
typedef enum attachsql_value_t
{
  /** The value was written. */
  ATTACHSQL_VALUE_OK = 0,
  /** It is NULL. */
  ATTACHSQL_VALUE_NULL = 1,
  /** There is a value, but what was asked for cannot hold it without loss. */
  ATTACHSQL_VALUE_OUT_OF_RANGE = 2,
  /** The column holds something else. */
  ATTACHSQL_VALUE_WRONG_TYPE = 3,
  /** No row was got, or there is no such column. */
  ATTACHSQL_VALUE_NONE = 4,
} attachsql_value_t;

/** What a cell of `attachsql_stmt_row_cells` holds, and where. Since 2.1. */
typedef enum attachsql_cell_type_t
{
  /** NULL. */
  ATTACHSQL_CELL_TYPE_NULL = 0,
  /** `value.integer`: an integer of any width, with a sign. */
  ATTACHSQL_CELL_TYPE_INTEGER = 1,
  /** `value.unsigned_integer`: an integer of any width of a column without sign, or a YEAR. */
  ATTACHSQL_CELL_TYPE_UNSIGNED_INTEGER = 2,
  /** `value.real`: a FLOAT. */
  ATTACHSQL_CELL_TYPE_FLOAT = 3,
  /** `value.real`: a DOUBLE. */
  ATTACHSQL_CELL_TYPE_DOUBLE = 4,
  /** `value.time`: a DATE; only year, month and day count. */
  ATTACHSQL_CELL_TYPE_DATE = 5,
  /** `value.time`: a DATETIME or TIMESTAMP. */
  ATTACHSQL_CELL_TYPE_DATETIME = 6,
  /** `value.time`: a TIME; year, month and day are 0, and hours may be more than 23. */
  ATTACHSQL_CELL_TYPE_TIME = 7,
  /** `data` and `length`: characters; of decimals and JSON as well. */
  ATTACHSQL_CELL_TYPE_TEXT = 8,
  /** `data` and `length`: bytes that are no characters; of BIT, GEOMETRY and VECTOR as well. */
  ATTACHSQL_CELL_TYPE_BINARY = 9,
} attachsql_cell_type_t;

/** What a buffer of `attachsql_stmt_bind` holds. Since 2.1. */
typedef enum attachsql_bind_type_t
{
  /** Always NULL; `data` is not read. */
  ATTACHSQL_BIND_TYPE_NULL = 0,
  /** A `bool`, sent as TINYINT. */
  ATTACHSQL_BIND_TYPE_BOOL = 1,
  /** An `int32_t`, sent as INT. */
  ATTACHSQL_BIND_TYPE_INT = 2,
  /** A `uint32_t`, sent as INT UNSIGNED. */
  ATTACHSQL_BIND_TYPE_UNSIGNED_INT = 3,
  /** An `int64_t`, sent as BIGINT. */
  ATTACHSQL_BIND_TYPE_BIGINT = 4,
  /** A `uint64_t`, sent as BIGINT UNSIGNED. */
  ATTACHSQL_BIND_TYPE_UNSIGNED_BIGINT = 5,
  /** A `float`. */
  ATTACHSQL_BIND_TYPE_FLOAT = 6,
  /** A `double`. */
  ATTACHSQL_BIND_TYPE_DOUBLE = 7,
  /** A decimal number as `*length` characters. */
  ATTACHSQL_BIND_TYPE_DECIMAL = 8,
  /** `*length` characters. */
  ATTACHSQL_BIND_TYPE_STRING = 9,
  /** `*length` bytes, sent as BLOB. */
  ATTACHSQL_BIND_TYPE_BINARY = 10,
  /** A JSON document of `*length` characters. */
  ATTACHSQL_BIND_TYPE_JSON = 11,
  /** The date of an `attachsql_time_st`. */
  ATTACHSQL_BIND_TYPE_DATE = 12,
  /** Date and time of day of an `attachsql_time_st`. */
  ATTACHSQL_BIND_TYPE_DATETIME = 13,
  /** The time span of an `attachsql_time_st`; its date is not read. */
  ATTACHSQL_BIND_TYPE_TIME = 14,
} attachsql_bind_type_t;

/** What counts in place of a value, in `attachsql_stmt_bulk_add`. Since 2.1. */
typedef enum attachsql_indicator_t
{
  /** The value counts. */
  ATTACHSQL_INDICATOR_VALUE = 0,
  /** NULL. */
  ATTACHSQL_INDICATOR_NULL = 1,
  /** The column's default. */
  ATTACHSQL_INDICATOR_DEFAULT = 2,
  /** In an INSERT the column's default; in an UPDATE the column stays as it is. */
  ATTACHSQL_INDICATOR_IGNORE = 3,
} attachsql_indicator_t;

/** What `attachsql_connect_get_track` tells the changes of. Since 2.1. */
typedef enum attachsql_track_t
{
  /** A system variable that `session_track_system_variables` lists: its name, and its value now. */
  ATTACHSQL_TRACK_VARIABLE = 0,
  /** The default schema: its name. */
  ATTACHSQL_TRACK_SCHEMA = 1,
  /** That something of the session has changed, if `session_track_state_change` is on: "1". */
  ATTACHSQL_TRACK_STATE = 2,
  /** GTIDs of what was committed, if `session_track_gtids` asks for them (MySQL). */
  ATTACHSQL_TRACK_GTIDS = 3,
  /**
   * The statements that would begin the transaction anew, if `session_track_transaction_info` is
   * CHARACTERISTICS.
   */
  ATTACHSQL_TRACK_TRANSACTION_CHARACTERISTICS = 4,
  /** Eight letters about the transaction, if `session_track_transaction_info` is not OFF. */
  ATTACHSQL_TRACK_TRANSACTION_STATE = 5,
} attachsql_track_t;

/** What became of a cancel. Since 2.1. */
typedef enum attachsql_cancel_t
{
  /** There was none, or nothing to cancel. */
  ATTACHSQL_CANCEL_NONE = 0,
  /** It is under way. */
  ATTACHSQL_CANCEL_RUNNING = 1,
  /**
   * The server has ended the command as if there had been no cancel: it was quicker, or takes being killed as
   * a part of its work, as SLEEP() does that then returns 1.
   */
  ATTACHSQL_CANCEL_FINISHED = 2,
  /** The server has ended the command because of it, or the command was never sent. */
  ATTACHSQL_CANCEL_CANCELLED = 3,
  /** The connection was cut: whether the command was carried out is not known. */
  ATTACHSQL_CANCEL_UNKNOWN = 4,
} attachsql_cancel_t;

/**
 * A connection to a server, from `attachsql_connect_create` to `attachsql_connect_destroy`. Used by one
 * thread at a time; different connections may be used by different threads at once. Since 2.0.
 */
typedef struct attachsql_connect_t attachsql_connect_t;

/**
 * What went wrong: a code, an SQLSTATE and a text. Belongs to the program, which frees it with
 * `attachsql_error_free`, also after the connection is gone. Since 2.0.
 */
typedef struct attachsql_error_t attachsql_error_t;

/**
 * Several connections that are run together, from `attachsql_pool_create` to `attachsql_pool_destroy`. Used
 * by one thread at a time, together with its connections. Since 2.0.
 */
typedef struct attachsql_pool_t attachsql_pool_t;

/**
 * A prepared statement of a connection, from `attachsql_stmt_create` to `attachsql_stmt_destroy`. Used by
 * the thread that uses its connection. Since 2.1.
 */
typedef struct attachsql_stmt_t attachsql_stmt_t;

/**
 * One value for a `?` of a query; an array of them goes to `attachsql_query`. Since 2.0.
 *
 * Filled by the program. Array and data may be reused as soon as `attachsql_query` has returned.
 */
typedef struct attachsql_query_parameter_st
{
  /** What `data` points to and how it is written into the text. */
  attachsql_query_parameter_type_t type;
  /** The value. */
  void *data;
  /** Bytes of the value. Read for the types NONE, CHAR and CHAR_LIKE only. */
  size_t length;
  /** Whether the integer is unsigned. Read for the types INT and BIGINT only. */
  bool is_unsigned;
} attachsql_query_parameter_st;

/**
 * One value of a row; a row is an array of them, one per column. Since 2.0.
 *
 * Filled by the library. SQL NULL has length 0 like an empty string;
 * `attachsql_query_cell_is_null` tells the two apart.
 */
typedef struct attachsql_query_row_st
{
  /**
   * The value as text, as the server sent it. Never NULL, and not to be taken for a C string: it
   * may contain NUL bytes and need not end with one.
   */
  char *data;
  /** Bytes of the value. */
  size_t length;
} attachsql_query_row_st;

/**
 * Description of a column, from `attachsql_query_column_get`. Since 2.0.
 *
 * Filled by the library. All strings end with a NUL, are never NULL and may be empty.
 */
typedef struct attachsql_query_column_st
{
  /** Schema of the table; empty for an expression. */
  char *schema;
  /** Table, by its alias if it has one; empty for an expression. */
  char *table;
  /** Table, by its own name; empty for an expression. */
  char *origin_table;
  /** Column, by its alias if it has one. */
  char *column;
  /** Column, by its own name; empty for an expression. */
  char *origin_column;
  /** Number of the collation of the values; 63 for binary data and numbers. */
  uint16_t charset;
  /** Largest length of a value, in bytes, as the server announces it. */
  uint32_t length;
  /** Type of the column. */
  attachsql_column_type_t type;
  /** Flags of the column, combined. */
  attachsql_column_flags_t flags;
  /** Digits after the decimal point; 31 (0x1f) if not fixed, 0 where there are none. */
  uint8_t decimals;
  /** Always empty: servers do not send default values with a result. */
  char *default_value;
  /** Bytes of `default_value`; 0. */
  size_t default_size;
} attachsql_query_column_st;

/** A buffer that a parameter is bound to with `attachsql_stmt_bind`. Since 2.1. */
typedef struct attachsql_stmt_bind_st
{
  /** What `data` points at. */
  attachsql_bind_type_t type;
  /** The value. May be NULL if `is_null` is not, and means SQL NULL then. */
  const void *data;
  /** Bytes at `data`, for the types whose description names `*length`; not read for others. */
  const size_t *length;
  /** Whether the parameter is NULL; NULL for "never". */
  const bool *is_null;
} attachsql_stmt_bind_st;

/** A date, a date with a time of day, or a time span. Since 2.1. */
typedef struct attachsql_time_st
{
  /** Year; 0 of a time span. */
  uint16_t year;
  /** Month, from 1; 0 of a time span and of dates that are incomplete. */
  uint8_t month;
  /** Day of the month, from 1; 0 of a time span and of dates that are incomplete. */
  uint8_t day;
  /** Hour; of a time span as many as there are, days included. */
  uint32_t hour;
  /** Minute. */
  uint8_t minute;
  /** Second. */
  uint8_t second;
  /** Whether a time span is below zero. */
  bool is_negative;
  /** Millionths of a second. */
  uint32_t microsecond;
} attachsql_time_st;

/** The value of a cell that is a number or a time; its type says which. Since 2.1. */
typedef union attachsql_cell_value_t
{
  /** An integer. */
  int64_t integer;
  /** An integer without sign. */
  uint64_t unsigned_integer;
  /** A FLOAT or DOUBLE. */
  double real;
  /** A date or a time. */
  struct attachsql_time_st time;
} attachsql_cell_value_t;

/**
 * One value of a row of a statement handle, as `attachsql_stmt_row_cells` fills it in. Since 2.1.
 */
typedef struct attachsql_cell_st
{
  /** What it is. */
  attachsql_cell_type_t type;
  /** Numbers and times. */
  union attachsql_cell_value_t value;
  /**
   * Texts and bytes: not to be taken for a C string, no NUL need follow. NULL for all other types.
   */
  const char *data;
  /** Bytes at `data`. */
  size_t length;
} attachsql_cell_st;

/**
 * What a connection's statement cache has and has done: see `attachsql_stmt_cache_get_stats`. Since 2.1.
 */
typedef struct attachsql_stmt_cache_stats_st
{
  /** Set by the program before the call: sizeof of this struct, as it was compiled. */
  size_t size;
  /** The most statements that are kept: what ATTACHSQL_OPTION_STMT_CACHE was set to. */
  uint32_t limit;
  /** Statements that are kept now. */
  uint32_t kept;
  /** Prepares that found their statement kept. */
  uint64_t hits;
  /** Prepares that did not, since there is a cache. */
  uint64_t misses;
  /** Statements that were closed to make room for others. */
  uint64_t evicted;
} attachsql_stmt_cache_stats_st;

/** What a pool is at and what it has done: see `attachsql_pool_get_stats`. Since 2.1. */
typedef struct attachsql_pool_stats_st
{
  /** Set by the program before the call: sizeof of this struct, as it was compiled. */
  size_t size;
  /** Connections in the pool: the sum of the six numbers that follow. */
  uint32_t connections;
  /** Not begun to connect. */
  uint32_t unused;
  /** On the way to the server, or logging in. */
  uint32_t connecting;
  /** Free for a command. */
  uint32_t idle;
  /** An answer is awaited. */
  uint32_t busy;
  /** The program holds a row, can ask for a further result, or has a query to close. */
  uint32_t held;
  /** Gone. */
  uint32_t failed;
  /** Calls of `attachsql_pool_run` so far. */
  uint64_t runs;
  /** Connections that those have looked at; few of them for each run while most are idle. */
  uint64_t looks;
  /** Events so far. */
  uint64_t events;
  /** Those of them that were errors. */
  uint64_t errors;
  /** Connections that the pool has made from its template, of those in it. */
  uint32_t made;
  /** Queries of `attachsql_pool_query` that wait for a connection. */
  uint32_t queued;
  /** Queries that it has taken so far. */
  uint64_t queries;
  /**
   * How often one of them was given to another connection, because the first was lost before it was sent.
   */
  uint64_t retries;
} attachsql_pool_stats_st;

/** A descriptor that an event loop is to watch. Filled by the library. Since 2.1. */
typedef struct attachsql_watch_st
{
  /** File descriptor; on Windows a SOCKET. */
  attachsql_socket_t fd;
  /** What to wait for: ATTACHSQL_WATCH_READ, ATTACHSQL_WATCH_WRITE, both, or 0 for nothing now. */
  attachsql_watch_flags_t flags;
} attachsql_watch_st;

/** What a connection has in memory, in bytes: see `attachsql_connect_get_memory`. Since 2.1. */
typedef struct attachsql_memory_st
{
  /** Set by the program before the call: sizeof of this struct, as it was compiled. */
  size_t size;
  /** All that it has now: the parts below, and the connection itself. */
  size_t current;
  /**
   * The most that there can have been at once so far: of received bytes, rows and bytes to send the most that
   * each has had, and the other parts as they are now.
   */
  size_t peak;
  /** The receive buffer. */
  size_t receive;
  /** Bytes to send, and commands that wait to be sent. */
  size_t send;
  /** Rows of a buffered result that are no longer in the receive buffer, and their cells. */
  size_t rows;
  /** Columns of the result. */
  size_t columns;
  /** Prepared statements and their columns. */
  size_t statements;
  /** Buffers of TLS and compression, as far as they are the library's own. */
  size_t layers;
} attachsql_memory_st;

/**
 * What a connection tells of itself: see `attachsql_connect_set_trace`. Filled by the library. Times are in
 * microseconds. A field that means nothing for an event is 0. Since 2.1.
 */
typedef struct attachsql_trace_st
{
  /** sizeof of this struct in the library: a field behind it is not there. */
  size_t size;
  /** What has happened. */
  attachsql_trace_event_t event;
  /** The server's number for the connection; 0 before its greeting. */
  uint32_t connection_id;
  /** What the connection is at, as `attachsql_connect_state_name` names it. Never NULL. */
  const char *state;
  /**
   * COMMAND, DONE, FAILED: the command, by its number in the protocol: 3 is a query, 0x16 a prepare, 0x17 an
   * execute, and so on.
   */
  uint32_t command;
  /** DONE, FAILED: code of the error; 0 for none. */
  int32_t error_code;
  /** DONE, FAILED: SQLSTATE of the error; "00000" for none. */
  char sqlstate[ATTACHSQL_SQLSTATE_SIZE];
  /** COMMAND, DONE, FAILED: counts the commands of the connection, from 1. */
  uint64_t number;
  /**
   * COMMAND, DONE, FAILED: bytes of the command, before compression and TLS; without those of a local file.
   */
  uint64_t bytes_out;
  /** DONE, FAILED: bytes of its answer, after compression and TLS. */
  uint64_t bytes_in;
  /** DONE, FAILED: rows of its answer, in all results, those too that were dropped. */
  uint64_t rows;
  /** CONNECTED, FAILED: time for looking up the host's name, of all hosts that were tried. */
  uint64_t lookup_us;
  /** CONNECTED, FAILED: time for TCP, or the unix socket. */
  uint64_t connect_us;
  /** CONNECTED, FAILED: time until the server's greeting. */
  uint64_t greeting_us;
  /** CONNECTED, FAILED: time for the handshake of TLS. */
  uint64_t tls_us;
  /** CONNECTED, FAILED: time for the login. */
  uint64_t login_us;
  /**
   * DONE, FAILED: time from the sending of the command until the first packet of its answer was read.
   */
  uint64_t first_us;
  /**
   * CONNECTED: time for all of it. DONE, FAILED: time from the sending of the command until its answer had ended,
   * with that in which the program held rows.
   */
  uint64_t total_us;
} attachsql_trace_st;

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A program's function for the events of a pool's connections. Since 2.0.
 *
 * It is a function type, not a pointer type. `connection_id` is the number of the connection within
 * its pool; `error` is NULL except for ATTACHSQL_EVENT_ERROR, when the function has to free it.
 */
typedef void (attachsql_callback_fn)(attachsql_connect_t *con, uint32_t connection_id,
                                     attachsql_events_t events, void *context,
                                     attachsql_error_t *error);

/**
 * A program's function for what a connection tells of itself; see `attachsql_connect_set_trace`. It
 * is a function type, not a pointer type. Since 2.1.
 */
typedef void (attachsql_trace_fn)(void *context, const attachsql_trace_st *trace);

/* ---- The interface of libAttachSQL 2.0 -------------------------------- */

/**
 * Frees an error object.
 *
 * NULL: no effect.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_error_free(attachsql_error_t *err);

/**
 * The number of an error.
 *
 * Returns: one of `attachsql_error_codes_t`, or the server's own number. Servers have errors from 3000
 * up too, so that 3000 to 3003 can be either.
 *
 * NULL: `err` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API int attachsql_error_code(attachsql_error_t *err);

/**
 * The text of an error: the library's in English, or the server's in the connection's character set.
 *
 * Returns: at most 255 bytes and a NUL; a longer text is cut.
 *
 * NULL: `err` NULL gives NULL.
 *
 * Lifetime: until `attachsql_error_free` for this object.
 *
 * Since 2.0.
 */
ASQL_API char *attachsql_error_message(attachsql_error_t *err);

/**
 * The SQLSTATE of an error.
 *
 * Returns: five characters and a NUL.
 *
 * NULL: `err` NULL gives NULL.
 *
 * Lifetime: until `attachsql_error_free` for this object.
 *
 * Since 2.0.
 */
ASQL_API char *attachsql_error_sqlstate(attachsql_error_t *err);

/**
 * Creates a connection. Nothing is sent, looked up or opened yet.
 *
 * With `port` 0, `host` is the path of a unix socket; otherwise it is a host name, or an IPv4 or IPv6
 * address, for TCP ("localhost" too). Names are looked up on a helper thread when the connect begins;
 * their addresses race, IPv4 first. All strings are copied.
 *
 * Returns: the connection, to be freed with `attachsql_connect_destroy`; or NULL and an error.
 *
 * NULL: `host` NULL is this machine; `pass` NULL is no password; `user` and `schema` NULL fail with
 * 3000/22023 (use "" for no default schema); `error` may be NULL.
 *
 * Errors: 3000/22023 `user` has more than 255 bytes, or `schema` more than 64.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_connect_t *attachsql_connect_create(const char *host,
                                              in_port_t port,
                                              const char *user,
                                              const char *pass,
                                              const char *schema,
                                              attachsql_error_t **error);

/**
 * Closes a connection, in any state, and frees it with everything it lent: rows, columns, texts. Says
 * goodbye to the server if that can be done at once; never waits. A lookup under way is abandoned.
 *
 * NULL: no effect.
 *
 * Lifetime: error objects stay valid.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_connect_destroy(attachsql_connect_t *con);

/**
 * Begins to connect. The rest happens in `attachsql_connect_poll`, which also reports what goes wrong.
 * A first query connects by itself.
 *
 * Returns: true if the connect was begun, is under way, or is done; false while an answer is awaited
 * (`*error` is left alone then) or with an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: that of the poll, after the connect or the connection failed; 3000/22023 `host` is NULL and
 * `port` 0; 3003/22023 TLS cannot be set up as asked; 2005/08000 no thread for the lookup.
 *
 * Since 2.0.
 */
ASQL_API bool attachsql_connect(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Does what can be done for the connection without waiting, and says how things stand. Call it until it
 * says what you wait for; between calls, do other work or sleep in `attachsql_connect_wait`.
 *
 * ROW_READY, EOF and ERROR stay until the program goes on: with `attachsql_query_row_next`, or with
 * the next command. One call reads and sends at most about 1 MiB each. With ATTACHSQL_OPTION_SEMI_BLOCKING it sleeps
 * until something happens, if there is nothing to do at once.
 *
 * Returns: NOT_CONNECTED before any connect; CONNECTING; PROCESSING while an answer is awaited;
 * ROW_READY when a row is held (never in buffered mode); EOF when nothing is awaited (login done,
 * answer ended); ERROR.
 *
 * NULL: `con` NULL is ERROR with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends no loan, except that a new row needs `attachsql_query_row_next` first.
 *
 * Errors: a server's own; 2002/08000 cannot connect, the connect timeout, or a server without the TLS
 * that was asked for; 2005/08000 host not found;
 * 2007/08004 and 2012/08004 a greeting that cannot be used; 2013/08006 the connection broke, or a
 * read or write timeout; 2020/08S01 a packet over the limit; 2027/08S01 a malformed packet; 2059/28000
 * and 2061/28000 a login method that is unknown, not accepted or not safe here; 2068/HY000 LOAD DATA
 * LOCAL was refused; 3003/08000 TLS failed, or the server's certificate is refused; 2008/82100 no
 * memory; 2000/HY000 a defect of the library.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_return_t attachsql_connect_poll(attachsql_connect_t *con,
                                          attachsql_error_t **error);

/**
 * Sets an option. Options marked "before connecting" are refused once the connect has begun; 1 to 7 are
 * accepted then, without effect. See `attachsql_options_t` for each option's value and states.
 *
 * Options 1 to 9 take no value: `arg` is ignored. Those from 100 up read it as the type named there,
 * during the call.
 *
 * Returns: true if the option is set; false for an unknown option, a value out of range, or a state that
 * does not allow it. Nothing has changed then.
 *
 * NULL: `con` NULL gives false; so does `arg` NULL for an option from 100 up.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_connect_set_option(attachsql_connect_t *con,
                                  attachsql_options_t option,
                                  const void *arg);

/**
 * Requires TLS 1.2 or 1.3 for a connection that does not connect yet. A server that offers no TLS is
 * refused with 2002/08000, before anything of the login is sent.
 *
 * `ca` is a PEM file and `capath` a folder (of files named by hash) with certificates of authorities to
 * trust; one of the two is needed. With `verify` the server's certificate must come from one of them; its
 * host name is checked only if ATTACHSQL_OPTION_TLS_VERIFY asks for that. `cert` and `key` are PEM files
 * with the client's certificate and key; `key` NULL takes the key from `cert`'s file, and without `cert`
 * it is not used. `cipher` is a list of TLS 1.2 ciphers as OpenSSL writes them. What TLS options have set
 * stays, where these arguments say nothing else.
 *
 * The files are read during the call, so that a mistake shows at once, and again when the connect begins.
 *
 * Returns: true; false with an error. Connecting fails with the same error then, unless another call
 * succeeds before: a connection that was to be safe is never made without TLS.
 *
 * NULL: `con` NULL fails with 3000/22023; the strings may be NULL, and "" means the same; `error` may be
 * NULL.
 *
 * Errors: 3000/22023 the connect has begun; 3003/22023 neither `ca` nor `capath`, a file that cannot be
 * read or used, a key that does not belong to the certificate, a bad list of ciphers.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_connect_set_ssl(attachsql_connect_t *con,
                               const char *key,
                               const char *cert,
                               const char *ca,
                               const char *capath,
                               const char *cipher,
                               bool verify,
                               attachsql_error_t **error);

/**
 * The server's version text.
 *
 * Returns: a NUL-terminated text; "" before the server's greeting has come.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: until `attachsql_connect_destroy`; ask again after the greeting.
 *
 * Since 2.0.
 */
ASQL_API const char *attachsql_connect_get_server_version(attachsql_connect_t *con);

/**
 * The server's number for this connection, as KILL and the process list use it.
 *
 * Returns: the number; 0 before the server's greeting has come.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint32_t attachsql_connect_get_connection_id(attachsql_connect_t *con);

/**
 * Sends a query, or remembers it until the connection is ready for it. On a new connection it begins to
 * connect.
 *
 * With `parameter_count` 0 the text is sent as it is. Otherwise every `?` byte in it, inside quotes
 * too, is replaced by the next parameter; surplus parameters are ignored. Values are escaped as the
 * session's SQL mode demands (NO_BACKSLASH_ESCAPES); character sets whose second bytes can be a
 * backslash (GBK, SJIS, Big5) are not safe with it.
 *
 * Returns: true if the query was sent or remembered. It stays open until `attachsql_query_close`.
 *
 * NULL: `con`, `statement` with a `length`, `parameters` with a `parameter_count`, and the `data` of a
 * parameter that needs it fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `statement`, `parameters` and all values are no longer needed when the function returns.
 *
 * Errors: 2014/08002 a query is open, a pipeline or a bulk execute is under way (it goes on undisturbed), or 64
 * commands wait to be sent already; 2006/08006 the connection is gone or
 * does not take the query; 2020/08S01 the query is longer than the largest packet; 3000/22023 more
 * `?` than parameters, or a parameter's type is none of 0 to 6; those of `attachsql_connect`.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_query(attachsql_connect_t *con,
                     size_t length,
                     const char *statement,
                     uint16_t parameter_count,
                     attachsql_query_parameter_st *parameters,
                     attachsql_error_t **error);

/**
 * Ends a query and frees what it lent: rows, columns, buffered rows. What is left of its answer is read
 * and dropped by later polls. While another result of it is announced (after EOF), it stays open, and
 * the next query fails with 2014 until `attachsql_query_next_result` has led to the last one. The last
 * insert id, affected rows, warning count and info stay. May be called at any time, also without a
 * query.
 *
 * NULL: no effect.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_query_close(attachsql_connect_t *con);

/**
 * The AUTO_INCREMENT value of the last answer.
 *
 * Returns: the value; 0 if there was none, after a SELECT, or after an error, but for the error of a bulk execute.
 * Stays until the next command or `attachsql_query_next_result`.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint64_t attachsql_connection_last_insert_id(attachsql_connect_t *con);

/**
 * The number of rows that the last answer says were inserted, deleted, or matched by an UPDATE (also
 * those it left as they were).
 *
 * Returns: the number; 0 after a SELECT or an error, but for the error of a bulk execute, whose other rows count.
 * Stays until the next command or `attachsql_query_next_result`.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint64_t attachsql_query_affected_rows(attachsql_connect_t *con);

/**
 * The number of warnings of the last answer, known when it has ended. SHOW WARNINGS gives their texts.
 *
 * Returns: the number. Stays until the next command or `attachsql_query_next_result`.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint32_t attachsql_query_warning_count(attachsql_connect_t *con);

/**
 * The line of text that came with the last answer, for instance "Rows matched: 2  Changed: 1
 * Warnings: 0".
 *
 * Returns: a NUL-terminated text; "" if there was none.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: until the next command, `attachsql_query_next_result`, or `attachsql_connect_destroy`.
 *
 * Since 2.0.
 */
ASQL_API const char *attachsql_query_info(attachsql_connect_t *con);

/**
 * Goes on to the next result of a query with several, after EOF; with or without
 * `attachsql_query_close` in between. Rows and columns of the result before are freed.
 *
 * Returns: PROCESSING if there is another result: poll as after a query; EOF if there is none, or the
 * current one has not ended; nothing changes then.
 *
 * NULL: `con` NULL gives ERROR.
 *
 * Since 2.0.
 */
ASQL_API attachsql_return_t attachsql_query_next_result(attachsql_connect_t *con);

/**
 * The row that is held. All values are texts as the server sent them, without a NUL at their end.
 *
 * Returns: an array of `attachsql_query_column_count` cells, from 0; or NULL and an error. The cell of
 * an SQL NULL has length 0 and a `data` that is not NULL, as that of an empty string:
 * `attachsql_query_cell_is_null` tells them apart. May be called again for the same row.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: array and values until `attachsql_query_row_next`, `attachsql_query_close` or
 * `attachsql_connect_destroy`. The program may overwrite them.
 *
 * Errors: 2051/02000 no row is held; 3001/42000 rows are buffered.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_query_row_st *attachsql_query_row_get(attachsql_connect_t *con,
                                                attachsql_error_t **error);

/**
 * Gives the row that is held back, so that the next poll can bring another. Never waits. No effect if no
 * row is held.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of the row's array and values.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_query_row_next(attachsql_connect_t *con);

/**
 * The number of columns of the current result, known from its first row, or from the EOF of a result
 * without rows.
 *
 * Returns: the number; 0 before that, for an answer without a result, after an error, and after
 * `attachsql_query_close`.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint16_t attachsql_query_column_count(attachsql_connect_t *con);

/**
 * What a column of the current result is. Columns count from 1 here, and from 0 in rows.
 *
 * Returns: the column; NULL if there is no such one.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: until `attachsql_query_close`, `attachsql_query_next_result`, the next command, or
 * `attachsql_connect_destroy`.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_query_column_st *attachsql_query_column_get(attachsql_connect_t *con,
                                                      uint16_t column);

/**
 * Chooses whether the rows of the queries that follow are kept in memory until they are closed. In this
 * mode poll never says ROW_READY but goes on to EOF.
 *
 * Returns: true; false while a query is open, also between its EOF and `attachsql_query_close`.
 *
 * NULL: `con` NULL gives false.
 *
 * Since 2.0.
 */
ASQL_API bool attachsql_query_buffer_rows(attachsql_connect_t *con, bool enable);

/**
 * The number of buffered rows, known at EOF.
 *
 * Returns: the number; 0 before EOF and outside of buffered mode.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint64_t attachsql_query_row_count(attachsql_connect_t *con);

/**
 * The next buffered row, beginning with the first. May be used while rows still arrive.
 *
 * Returns: the row, as `attachsql_query_row_get` does; NULL if there is no further one (yet).
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: every row until `attachsql_query_close`, `attachsql_query_next_result` or
 * `attachsql_connect_destroy`.
 *
 * Since 2.0.
 */
ASQL_API attachsql_query_row_st *attachsql_query_buffer_row_get(attachsql_connect_t *con);

/**
 * One buffered row by its number, counted from 0. Does not move the place of
 * `attachsql_query_buffer_row_get`.
 *
 * Returns: the row, as `attachsql_query_row_get` does; NULL if it is not there (yet).
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: every row until `attachsql_query_close`, `attachsql_query_next_result` or
 * `attachsql_connect_destroy`.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_query_row_st *attachsql_query_row_get_offset(attachsql_connect_t *con,
                                                       uint64_t row_number);

/**
 * Prepares a statement: the server reads it once, and it can then be executed any number of times, each
 * time with other values for its `?`. A connection has one such statement; the one before it is closed.
 *
 * Poll until EOF, or ERROR if the server refuses the text. On a new connection it begins to connect;
 * while connecting, and while the rest of an older answer is read, the statement is remembered and sent
 * then. What is left of the answer to an older statement is dropped.
 *
 * Returns: true if the text was sent or remembered.
 *
 * NULL: `con`, and `statement` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `statement` is no longer needed when the function returns. Ends that of everything that the
 * statement before it has lent.
 *
 * Errors: 2014/08002 a query is open whose answer has not ended, a pipeline or a bulk execute is under way (it goes on
 * undisturbed), or 64 commands wait to be sent already; 2006/08006 the connection is gone or does not take the text;
 * 2020/08S01 the text is longer than the largest packet; those of `attachsql_connect`.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_prepare(attachsql_connect_t *con,
                                 size_t length,
                                 const char *statement,
                                 attachsql_error_t **error);

/**
 * Executes the prepared statement with the values that its parameters have now; those that were never
 * set are NULL. Then poll as after a query: ROW_READY for each row, EOF, or ERROR.
 *
 * The values stay set for the next time. What is left of the answer to an earlier command is dropped.
 * `attachsql_query_next_result`, `attachsql_query_affected_rows` and the like tell of statements too;
 * `attachsql_query_close` is not needed.
 *
 * Returns: true if it was sent or remembered.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: strings given to `attachsql_statement_set_string` and `_set_binary` are read in this call.
 * Ends that of everything that the last row has lent.
 *
 * Errors: 3000/22023 no statement is prepared (poll until EOF first), or the server refused it;
 * 2006/08006 the connection is gone or does not take it; 2020/08S01 the values are longer than the
 * largest packet; 2014/08002 a pipeline or a bulk execute is under way, or too many commands wait to be sent.
 *
 * Since 2.0.
 */
ASQL_API bool attachsql_statement_execute(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Makes the server forget the long data of the prepared statement. Its values stay set. Poll until EOF.
 * What is left of the answer to an earlier command is dropped.
 *
 * Returns: true if it was sent or remembered.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the last row has lent.
 *
 * Errors: as for `attachsql_statement_execute`.
 *
 * Since 2.0.
 */
ASQL_API bool attachsql_statement_reset(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Appends bytes to the value of parameter `param`, from 0, at the server. May be called any number of
 * times, with pieces of any length; the next execute uses what was sent as the parameter's value, of type
 * BLOB, whatever else it was set to. Execute and reset end it: the value set before counts again.
 *
 * There is no answer: poll says EOF as soon as the bytes have gone, and PROCESSING before. It is not
 * necessary to poll between pieces, but without it they are kept in memory as long as the server is slow
 * to take them. What is left of the answer to an earlier command is dropped.
 *
 * Returns: true if the bytes were sent or remembered.
 *
 * NULL: `con`, and `data` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `data` is no longer needed when the function returns. Ends that of everything that the last
 * row has lent.
 *
 * Errors: 3000/22023 no statement is prepared, or it has no such parameter; 2006/08006 the connection is
 * gone or does not take the bytes.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_send_long_data(attachsql_connect_t *con,
                                        uint16_t param,
                                        size_t length,
                                        char *data,
                                        attachsql_error_t **error);

/**
 * Closes the prepared statement: frees it and what it lent, and tells the server, which does not answer.
 * What is left of its answer is read and dropped by later polls. Another statement may be prepared at
 * once. What was executed, reset or sent before and still waits is sent all the same, and its answer, an
 * error too, is dropped. No effect without a statement.
 *
 * NULL: no effect.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_statement_close(attachsql_connect_t *con);

/**
 * The number of parameters of the prepared statement: its `?`.
 *
 * Returns: the number; 0 without a statement, before its prepare has ended (EOF), and after the server
 * refused it.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint16_t attachsql_statement_get_param_count(attachsql_connect_t *con);

/**
 * Sets a parameter to a signed integer, of type INT.
 *
 * Parameters count from 0. The value stays until it is set anew or the statement is closed.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_int(attachsql_connect_t *con,
                                 uint16_t param,
                                 int32_t value,
                                 attachsql_error_t **error);

/**
 * Sets a parameter to an unsigned integer, of type INT UNSIGNED.
 *
 * Parameters count from 0. The value stays until it is set anew or the statement is closed.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_unsigned_int(attachsql_connect_t *con,
                                          uint16_t param,
                                          uint32_t value,
                                          attachsql_error_t **error);

/**
 * Sets a parameter to a signed integer, of type BIGINT.
 *
 * Parameters count from 0. The value stays until it is set anew or the statement is closed.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_bigint(attachsql_connect_t *con,
                                    uint16_t param,
                                    int64_t value,
                                    attachsql_error_t **error);

/**
 * Sets a parameter to an unsigned integer, of type BIGINT UNSIGNED.
 *
 * Parameters count from 0. The value stays until it is set anew or the statement is closed.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_unsigned_bigint(attachsql_connect_t *con,
                                             uint16_t param,
                                             uint64_t value,
                                             attachsql_error_t **error);

/**
 * Sets a parameter to a number of type DOUBLE.
 *
 * Parameters count from 0. The value stays until it is set anew or the statement is closed.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_double(attachsql_connect_t *con,
                                    uint16_t param,
                                    double value,
                                    attachsql_error_t **error);

/**
 * Sets a parameter to a string of `length` bytes, in the character set of the connection.
 *
 * **The pointer is kept, not the bytes**: each `attachsql_statement_execute` reads what is there then, so a
 * program may change them in place. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `con`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `value` must stay valid until the parameter is set anew or the statement is closed, as
 * long as it is executed.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_string(attachsql_connect_t *con,
                                    uint16_t param,
                                    size_t length,
                                    const char *value,
                                    attachsql_error_t **error);

/**
 * Sets a parameter to binary data of `length` bytes, of type BLOB.
 *
 * **The pointer is kept, not the bytes**: each `attachsql_statement_execute` reads what is there then, so a
 * program may change them in place. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `con`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `value` must stay valid until the parameter is set anew or the statement is closed, as
 * long as it is executed.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_binary(attachsql_connect_t *con,
                                    uint16_t param,
                                    size_t length,
                                    const char *value,
                                    attachsql_error_t **error);

/**
 * Sets a parameter to NULL, which is what a parameter is before it is set.
 *
 * Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_null(attachsql_connect_t *con,
                                  uint16_t param,
                                  attachsql_error_t **error);

/**
 * Sets a parameter to a date with a time of day, of type DATETIME.
 *
 * Parameters count from 0. The server judges whether there is such a date. All zeros are 0000-00-00 00:00:00.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_datetime(attachsql_connect_t *con,
                                      uint16_t param,
                                      uint16_t year,
                                      uint8_t month,
                                      uint8_t day,
                                      uint8_t hour,
                                      uint8_t minute,
                                      uint8_t second,
                                      uint32_t microsecond,
                                      attachsql_error_t **error);

/**
 * Sets a parameter to a time span, of type TIME.
 *
 * Parameters count from 0. Hours may go beyond 23.
 *
 * Returns: true.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no statement, or it has no such parameter.
 *
 * Since 2.0.
 */
ASQL_API
bool attachsql_statement_set_time(attachsql_connect_t *con,
                                  uint16_t param,
                                  uint8_t hour,
                                  uint8_t minute,
                                  uint8_t second,
                                  uint32_t microsecond,
                                  bool is_negative,
                                  attachsql_error_t **error);

/**
 * Takes the row that is held, so that its values can be read with `attachsql_statement_get_int` and the
 * like. Call it for each row, after ROW_READY.
 *
 * Returns: true; false with an error. May be called again for the same row.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 2051/02000 no row of a statement is held.
 *
 * Since 2.0.
 */
ASQL_API bool attachsql_statement_row_get(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Gives the row that is held back, so that the next poll can bring another. Never waits. No effect if no
 * row is held. The same as `attachsql_query_row_next`.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of the row's values.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_statement_row_next(attachsql_connect_t *con);

/**
 * The number of columns of the current result. The same as `attachsql_query_column_count`, which see; what
 * `attachsql_query_column_get` tells of them is good for statements too.
 *
 * Returns: the number; 0 before the result is there, also after a prepare.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.0.
 */
ASQL_API uint16_t attachsql_statement_get_column_count(attachsql_connect_t *con);

/**
 * The type of a column of the current result, counted from 0: that of the column, also where a value is
 * NULL. It may be a number that the enum does not name (245, JSON).
 *
 * Returns: the type; ATTACHSQL_COLUMN_TYPE_ERROR if there is no such column.
 *
 * NULL: `con` NULL gives ATTACHSQL_COLUMN_TYPE_ERROR.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_column_type_t attachsql_statement_get_column_type(attachsql_connect_t *con,
                                                            uint16_t column);

/**
 * A value as a signed integer. Columns count from 0.
 *
 * The getter decides about the sign: the value's bytes are taken as signed, whatever the column is. A
 * TINYINT UNSIGNED of 200 gives -56; `attachsql_statement_get_int_unsigned` gives 200. Of a BIGINT it is
 * the low 32 bits. A FLOAT or DOUBLE loses its fraction, and beyond the limits the nearest one counts.
 * Texts and decimals are not read as numbers.
 *
 * Returns: the value; 0 for NULL, without an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
 * returned then, and `*error` tells it from a 0 in the row.
 *
 * Since 2.0.
 */
ASQL_API
int32_t attachsql_statement_get_int(attachsql_connect_t *con,
                                    uint16_t column,
                                    attachsql_error_t **error);

/**
 * A value as an unsigned integer. Columns count from 0.
 *
 * As `attachsql_statement_get_int`, but the bytes are taken as unsigned: a TINYINT of -1 gives 255.
 *
 * Returns: the value; 0 for NULL, without an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
 * returned then, and `*error` tells it from a 0 in the row.
 *
 * Since 2.0.
 */
ASQL_API
uint32_t attachsql_statement_get_int_unsigned(attachsql_connect_t *con,
                                              uint16_t column,
                                              attachsql_error_t **error);

/**
 * A value as a signed integer of 64 bits. Columns count from 0.
 *
 * As `attachsql_statement_get_int` otherwise: the bytes are taken as signed.
 *
 * Returns: the value; 0 for NULL, without an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
 * returned then, and `*error` tells it from a 0 in the row.
 *
 * Since 2.0.
 */
ASQL_API
int64_t attachsql_statement_get_bigint(attachsql_connect_t *con,
                                       uint16_t column,
                                       attachsql_error_t **error);

/**
 * A value as an unsigned integer of 64 bits. Columns count from 0.
 *
 * As `attachsql_statement_get_int` otherwise, but the bytes are taken as unsigned.
 *
 * Returns: the value; 0 for NULL, without an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
 * returned then, and `*error` tells it from a 0 in the row.
 *
 * Since 2.0.
 */
ASQL_API
uint64_t attachsql_statement_get_bigint_unsigned(attachsql_connect_t *con,
                                                 uint16_t column,
                                                 attachsql_error_t **error);

/**
 * A value as a double. Columns count from 0. Whether an integer has a sign is the column's affair here.
 *
 * Returns: the value; 0 for NULL, without an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
 * returned then, and `*error` tells it from a 0 in the row.
 *
 * Since 2.0.
 */
ASQL_API
double attachsql_statement_get_double(attachsql_connect_t *con,
                                      uint16_t column,
                                      attachsql_error_t **error);

/**
 * A value as text, or as the bytes it has. Columns count from 0.
 *
 * Integers are written in decimal, signed if the column is. FLOAT and DOUBLE have six digits after the
 * point. DATE is 2001-02-03, DATETIME and TIMESTAMP 2001-02-03 04:05:06, TIME -12:34:56 with as many hours
 * as there are; a fraction of six digits follows if there is one. These have a NUL behind them. Everything
 * else is given as the server sent it, without a NUL: decimals, strings, BLOB, BIT, GEOMETRY, JSON.
 *
 * Returns: the value, and its length in `*length`; NULL for NULL, without an error, and `*length` is left
 * alone then; NULL with an error. An empty string is not NULL and has length 0.
 *
 * NULL: `con` and `length` NULL fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: until `attachsql_statement_row_next`, `attachsql_statement_execute`, `_prepare`, `_reset`,
 * `_send_long_data` or `_close`, `attachsql_query`, `attachsql_query_close`, or
 * `attachsql_connect_destroy`.
 *
 * Errors: 3000/22023 no row was got, or there is no such column.
 *
 * Since 2.0.
 */
ASQL_API
char *attachsql_statement_get_char(attachsql_connect_t *con,
                                   uint16_t column,
                                   size_t *length,
                                   attachsql_error_t **error);

/**
 * Creates a pool: connections that one call runs all together. What happens on them is told to
 * `function`. A pool does not hand out work: each connection gets its own queries.
 *
 * `function` is called from inside `attachsql_pool_run` and never from another call. Its arguments are the
 * connection; its number in the pool, from 1, in order of adding; what has happened; `context`; and an error
 * for ATTACHSQL_EVENT_ERROR, which it has to free, otherwise NULL. Each thing that happens is told once:
 *
 * - CONNECTED: the login is done; a query that was remembered goes out after it.
 * - ROW_READY: a row is held. Not told again while it is; not in buffered mode.
 * - EOF: a result has ended, or a prepare. Not for a mere connect, and not for what was closed before.
 * - ERROR: a command has failed, or the connection, also if it did so within a call that gave an error
 *   object of its own.
 *
 * Returns: the pool, to be freed with `attachsql_pool_destroy`; or NULL and an error.
 *
 * NULL: `function` NULL for no events: poll the connections, which then only says how they stand; `error`
 * may be NULL.
 *
 * Lifetime: `context` must be usable until `attachsql_pool_destroy`.
 *
 * Callback: `function` may call any function on any connection and pool, except that running and waiting for
 * its own pool does nothing. It must return: a C++ exception or longjmp must not leave it.
 *
 * Errors: 2002/08000 the system gives no event queue, usually for want of descriptors.
 *
 * Since 2.0.
 */
ASQL_API
attachsql_pool_t *attachsql_pool_create(attachsql_callback_fn *function,
                                        void *context,
                                        attachsql_error_t **error);

/**
 * Adds a connection to a pool, which owns it from then on: `attachsql_pool_destroy` destroys it. From then
 * on `attachsql_pool_run` does its work, and `attachsql_connect_poll` only says how it stands.
 *
 * It must not have begun to connect, and be in no pool. It gets the next number, beginning with 1; numbers
 * are not used again.
 *
 * NULL: `pool` and `con` NULL fail with 3000/22023; `error` may be NULL.
 *
 * Errors: 2014/08002 this process is a fork of the one that has made the pool; 3000/22023 the connection has begun
 * to connect or is in a pool. It is not added then.
 *
 * Since 2.0.
 */
ASQL_API
void attachsql_pool_add_connection(attachsql_pool_t *pool,
                                   attachsql_connect_t *con,
                                   attachsql_error_t **error);

/**
 * Does what can be done on all connections without waiting, and calls the pool's function for what has
 * happened, in order of adding, at most once for each connection. Never waits, whatever options the connections
 * have. One call reads and sends at most about 1 MiB for each connection, so that none holds up the others.
 *
 * Call it in a loop; with `attachsql_pool_wait` before it, or inside an event loop, it costs nothing while
 * nothing happens. It costs in proportion to the connections with something to do.
 *
 * In a fork it touches no socket: at most it tells what had come before.
 *
 * NULL: no effect.
 *
 * Callback: no effect on a pool that is being run, nor in a function that is called from inside of
 * `attachsql_pool_query`. A fork that is made in the callback must not return from it.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_pool_run(attachsql_pool_t *pool);

/**
 * Destroys a pool with all of its connections, in any state. Its function is not called any more; those of
 * queries that `attachsql_pool_query` has taken, and that are not over, are called with an ERROR first. They cannot
 * begin anything new on the pool. In a fork the connections are forgotten: see `attachsql_connect_forget`.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of the pool's connections and of all they lent; error objects stay valid. In a
 * callback of the pool all that ends when `attachsql_pool_run` returns.
 *
 * Callback: no effect in a function that a connection of the pool calls, unless `attachsql_pool_run` is what it is
 * called from.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_pool_destroy(attachsql_pool_t *pool);

/**
 * The version of the library at run time, for instance "2.1.0".
 *
 * Returns: a NUL-terminated text of five characters.
 *
 * Lifetime: for ever.
 *
 * Since 2.0.
 */
ASQL_API const char *attachsql_get_library_version(void);

/**
 * The first number of the version.
 *
 * Since 2.0.
 */
ASQL_API uint8_t attachsql_get_library_version_major(void);

/**
 * The second number of the version.
 *
 * Since 2.0.
 */
ASQL_API uint8_t attachsql_get_library_version_minor(void);

/**
 * The third number of the version.
 *
 * Since 2.0.
 */
ASQL_API uint8_t attachsql_get_library_version_patch(void);

/**
 * Nothing, any more: it initialised the TLS library, which now does so by itself. May be called at any
 * time, any number of times, or never.
 *
 * Since 2.0.
 */
ASQL_API void attachsql_library_init(void);

/* ---- Additions since 2.1 ---------------------------------------------- */

/**
 * Frees a connection as `attachsql_connect_destroy` does, but without a word to the server, so that another process
 * can go on with it: for a fork that has inherited it. Only this process's descriptors are closed. Nothing is sent, not
 * even over TLS; nothing is shut down; what the other process waits for stays as it is.
 *
 * A fork must not use an inherited connection in any other way, except `attachsql_connect_destroy` if it is the
 * only one that still has it. A connection of a pool is taken out of it.
 *
 * NULL: no effect.
 *
 * Lifetime: as `attachsql_connect_destroy`.
 *
 * Callback: as `attachsql_connect_destroy`.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_connect_forget(attachsql_connect_t *con);

/**
 * Gives a connection that does not connect yet a socket to use, in place of looking for the host: one that
 * the program has connected itself, through a tunnel or as its rules want it. Host and port of
 * `attachsql_connect_create` then only matter for the check of a TLS certificate, and
 * ATTACHSQL_OPTION_HOSTS not at all.
 *
 * `fd` is a stream socket, connected, of TCP or a unix socket. Nothing may have been read from it. It is made
 * non-blocking and close-on-exec. The library owns it from then on and closes it; another call before the connect
 * replaces it.
 *
 * Returns: true; false with an error. The socket is still the program's then.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 the connect has begun, or `fd` is no socket, no stream socket, of another family, or
 * not connected.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_set_fd(attachsql_connect_t *con,
                              attachsql_socket_t fd,
                              attachsql_error_t **error);

/**
 * The compression that was agreed on with the server.
 *
 * Returns: "zlib", "zstd", or "" for none and before the login is done. A static text.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Since 2.1.
 */
ASQL_API const char *attachsql_connect_get_compression(attachsql_connect_t *con);

/**
 * Sleeps until `attachsql_connect_poll` would have something to do, so that a program need not spin.
 * Returns at once where a poll never waits: before the connect, with a row held, at EOF, after an
 * error. May return early, for instance when a signal comes; poll then finds nothing new.
 *
 * `timeout_ms` is the longest time to sleep in milliseconds: negative for no limit, 0 only to look. A
 * connect, read or write timeout ends the sleep too.
 *
 * Returns: true when it is time to poll; false when `timeout_ms` ran out (`*error` is left alone), or
 * with an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 2002/08000 the system gives no event queue, usually for want of descriptors.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_wait(attachsql_connect_t *con,
                            int timeout_ms,
                            attachsql_error_t **error);

/**
 * Whether a cell is an SQL NULL. Only for a cell where the library put it; a copy of the struct does.
 *
 * Returns: true for NULL; false for a value, an empty string too.
 *
 * NULL: `cell` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_query_cell_is_null(const attachsql_query_row_st *cell);

/**
 * Creates a handle for a prepared statement. A connection may have any number of them. Nothing is sent yet;
 * a connection that was not started is not started either.
 *
 * The connection is polled, as for queries: it has one answer at a time, whichever statement it is of.
 *
 * Returns: the handle, to be freed with `attachsql_stmt_destroy`, before or after the connection; or NULL and
 * an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_stmt_t *attachsql_stmt_create(attachsql_connect_t *con,
                                        attachsql_error_t **error);

/**
 * Frees a handle. Its statement is closed, as `attachsql_stmt_close` does: what it was told to execute is
 * executed. Whether the connection still exists does not matter.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of everything the handle has lent.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_stmt_destroy(attachsql_stmt_t *stmt);

/**
 * The connection of a statement.
 *
 * Returns: the connection; NULL once it was destroyed.
 *
 * NULL: `stmt` NULL gives NULL.
 *
 * Since 2.1.
 */
ASQL_API attachsql_connect_t *attachsql_stmt_get_connection(attachsql_stmt_t *stmt);

/**
 * Prepares a text for this handle; what it had prepared before is closed, as by `attachsql_stmt_close`, and its values
 * are forgotten. See `attachsql_statement_prepare`, which does the same: poll the connection until EOF, or ERROR.
 *
 * Returns: true if the text was sent or remembered.
 *
 * NULL: `stmt`, and `text` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `text` is no longer needed when the function returns. Ends that of everything the handle has
 * lent.
 *
 * Errors: as for `attachsql_statement_prepare`; 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_prepare(attachsql_stmt_t *stmt,
                            size_t length,
                            const char *text,
                            attachsql_error_t **error);

/**
 * Executes the statement with the values that its parameters have now; those that were never set are NULL.
 * See `attachsql_statement_execute`.
 *
 * It may be called before the prepare has been answered. Both are one command then: poll says nothing of the
 * prepare but its error, and goes on with the rows. To MariaDB from 10.2 on both go in one trip, without waiting for
 * the answer in between, if it is plain how many parameters the text has and the connection is not compressed;
 * otherwise the execute is sent as soon as the prepare has been answered.
 *
 * Returns: true if it was sent or remembered.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: buffers given to `attachsql_stmt_bind` are read in this call. Ends that of everything the last
 * row has lent.
 *
 * Errors: 3000/22023 the statement is not prepared, or the server refused it; 2006/08006 the connection is gone, was
 * destroyed, or does not take it; 2020/08S01 it is longer than the largest packet; 2014/08002 a pipeline or a bulk
 * execute is under way, or too many commands wait to be sent. By poll, of one that was called before the prepare had
 * been answered: the errors of the prepare, and 3000/22023 the number of parameters that were set or are in the text
 * is not that of the statement.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_execute(attachsql_stmt_t *stmt, attachsql_error_t **error);

/**
 * Makes the server forget the long data of the statement, and its cursor. Its values stay set. Poll the
 * connection until EOF.
 *
 * Returns: true if it was sent or remembered.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything the last row has lent.
 *
 * Errors: 3000/22023 the statement is not prepared, or the server refused it; 2006/08006 the connection is
 * gone, was destroyed, or does not take it; 2020/08S01 it is longer than the largest packet; 2014/08002 too
 * many commands wait to be sent.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_reset(attachsql_stmt_t *stmt, attachsql_error_t **error);

/**
 * Appends bytes to the value of parameter `param`, from 0, at the server. See
 * `attachsql_statement_send_long_data`.
 *
 * Returns: true if the bytes were sent or remembered.
 *
 * NULL: `stmt`, and `data` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `data` is no longer needed when the function returns. Ends that of everything the last row has
 * lent.
 *
 * Errors: 3000/22023 the statement is not prepared, or has no such parameter; 2006/08006 the connection is
 * gone, was destroyed, or does not take the bytes.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_send_long_data(attachsql_stmt_t *stmt,
                                   uint16_t param,
                                   size_t length,
                                   const char *data,
                                   attachsql_error_t **error);

/**
 * Closes the statement; the handle stays, and may prepare another text. What is left of the statement's
 * answer is read and dropped by later polls. No effect if nothing is prepared.
 *
 * What was executed before and still waits is sent all the same, and its answer, an error too, is dropped. Only
 * a bulk execute, and executes of a pipeline, are told as ever. The server is told of the close behind all that.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of everything the handle has lent.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_stmt_close(attachsql_stmt_t *stmt);

/**
 * The number of parameters of the statement: its `?`.
 *
 * Returns: the number; 0 before its prepare has ended (EOF), after the server refused it, after it was
 * closed, and without its connection.
 *
 * NULL: `stmt` NULL gives 0.
 *
 * Since 2.1.
 */
ASQL_API uint16_t attachsql_stmt_get_param_count(attachsql_stmt_t *stmt);

/**
 * The number of columns that the statement's rows have: as soon as it is prepared, what the server expects;
 * from its first result on, those of the last one, which may be others when a table was altered.
 *
 * Returns: the number; 0 if it has no rows, and where `attachsql_stmt_get_param_count` is 0 for want of a
 * statement. One that the server has forgotten, in a reset or a change of user, may still tell what it had.
 *
 * NULL: `stmt` NULL gives 0.
 *
 * Since 2.1.
 */
ASQL_API uint16_t attachsql_stmt_get_column_count(attachsql_stmt_t *stmt);

/**
 * What a column of the statement's rows is; see `attachsql_stmt_get_column_count`. Columns count from 0, as in
 * rows.
 *
 * Returns: the column; NULL if there is no such one.
 *
 * NULL: `stmt` NULL gives NULL.
 *
 * Lifetime: until the next execute, `attachsql_stmt_prepare`, `_close` or `_destroy` of this handle, or
 * `attachsql_connect_destroy`. If an execute of it has not been answered yet, only until that answer comes.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_query_column_st *attachsql_stmt_get_column(attachsql_stmt_t *stmt,
                                                     uint16_t column);

/**
 * Sets a parameter to NULL, which is what a parameter is before it is set.
 *
 * Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_null(attachsql_stmt_t *stmt,
                             uint16_t param,
                             attachsql_error_t **error);

/**
 * Sets a parameter to 0 or 1, of type TINYINT.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_bool(attachsql_stmt_t *stmt,
                             uint16_t param,
                             bool value,
                             attachsql_error_t **error);

/**
 * Sets a parameter to a signed integer, of type INT.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_int(attachsql_stmt_t *stmt,
                            uint16_t param,
                            int32_t value,
                            attachsql_error_t **error);

/**
 * Sets a parameter to an unsigned integer, of type INT UNSIGNED.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_unsigned_int(attachsql_stmt_t *stmt,
                                     uint16_t param,
                                     uint32_t value,
                                     attachsql_error_t **error);

/**
 * Sets a parameter to a signed integer, of type BIGINT.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_bigint(attachsql_stmt_t *stmt,
                               uint16_t param,
                               int64_t value,
                               attachsql_error_t **error);

/**
 * Sets a parameter to an unsigned integer, of type BIGINT UNSIGNED.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_unsigned_bigint(attachsql_stmt_t *stmt,
                                        uint16_t param,
                                        uint64_t value,
                                        attachsql_error_t **error);

/**
 * Sets a parameter to a number of type FLOAT.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_float(attachsql_stmt_t *stmt,
                              uint16_t param,
                              float value,
                              attachsql_error_t **error);

/**
 * Sets a parameter to a number of type DOUBLE.
 *
 * Parameters count from 0. The value stays until it is set anew, or another text is prepared.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_double(attachsql_stmt_t *stmt,
                               uint16_t param,
                               double value,
                               attachsql_error_t **error);

/**
 * Sets a parameter to a decimal number, written as text: "-12.50".
 *
 * The bytes are copied. The server judges whether it is one. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_decimal(attachsql_stmt_t *stmt,
                                uint16_t param,
                                size_t length,
                                const char *value,
                                attachsql_error_t **error);

/**
 * Sets a parameter to a string, in the character set of the connection.
 *
 * The bytes are copied. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_string(attachsql_stmt_t *stmt,
                               uint16_t param,
                               size_t length,
                               const char *value,
                               attachsql_error_t **error);

/**
 * Sets a parameter to binary data, of type BLOB.
 *
 * The bytes are copied. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_binary(attachsql_stmt_t *stmt,
                               uint16_t param,
                               size_t length,
                               const char *value,
                               attachsql_error_t **error);

/**
 * Sets a parameter to a JSON document, written as text.
 *
 * The bytes are copied. The server judges whether it is one. MySQL 5.6 and MariaDB take a
 * text for it: use `attachsql_stmt_set_string` there. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_json(attachsql_stmt_t *stmt,
                             uint16_t param,
                             size_t length,
                             const char *value,
                             attachsql_error_t **error);

/**
 * Sets a parameter to a date, of type DATE.
 *
 * The server judges whether there is such a date. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_date(attachsql_stmt_t *stmt,
                             uint16_t param,
                             uint16_t year,
                             uint8_t month,
                             uint8_t day,
                             attachsql_error_t **error);

/**
 * Sets a parameter to a date with a time of day, of type DATETIME.
 *
 * The server judges whether there is such a date. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_datetime(attachsql_stmt_t *stmt,
                                 uint16_t param,
                                 uint16_t year,
                                 uint8_t month,
                                 uint8_t day,
                                 uint8_t hour,
                                 uint8_t minute,
                                 uint8_t second,
                                 uint32_t microsecond,
                                 attachsql_error_t **error);

/**
 * Sets a parameter to a time span, of type TIME.
 *
 * Hours may go far beyond 23; servers store up to 838. Parameters count from 0.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
 * 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_time(attachsql_stmt_t *stmt,
                             uint16_t param,
                             bool is_negative,
                             uint32_t hours,
                             uint8_t minute,
                             uint8_t second,
                             uint32_t microsecond,
                             attachsql_error_t **error);

/**
 * Binds the first `count` parameters to buffers of the program's. Each execute reads what is there then: the
 * value, its length, and whether it is NULL; a parameter that is bound need not be set again. Setting it ends
 * that. See `attachsql_stmt_bind_st`.
 *
 * Returns: true.
 *
 * NULL: `stmt`, and `binds` with a `count`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: the array is no longer needed when the function returns. What its elements point at must stay valid
 * as long as the statement is executed with them.
 *
 * Errors: 3000/22023 no text was given to prepare, the statement has fewer parameters, a type is unknown, or
 * something that a type needs is NULL; 2006/08006 the connection was destroyed. Nothing has changed then.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_bind(attachsql_stmt_t *stmt,
                         uint16_t count,
                         const attachsql_stmt_bind_st *binds,
                         attachsql_error_t **error);

/**
 * Keeps the values that the statement's parameters have now as one row, for `attachsql_stmt_bulk_execute`.
 *
 * `indicators` may give for each parameter an `attachsql_indicator_t`, which counts in place of the value:
 * the column's default, or that the column is left as it is. MariaDB from 10.2 on has these two, for plain INSERT,
 * REPLACE, UPDATE and DELETE.
 *
 * Returns: true if the row was kept.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `indicators` NULL for none; `error` may be NULL.
 *
 * Lifetime: values are copied; buffers given to `attachsql_stmt_bind` are read in this call. Rows are kept until
 * they are executed, `attachsql_stmt_bulk_clear`, and until the statement is closed or prepared anew.
 *
 * Errors: 3000/22023 the statement is not prepared, has rows (of RETURNING MariaDB does not say so: its rows are
 * dropped), a fetch size or long data that was sent; an indicator is none of 0 to 3, or the server does not have it;
 * 2020/08S01 the rows would have more bytes than ATTACHSQL_OPTION_PIPELINE_MAX_BYTES allows: execute those that were
 * added; 2006/08006 the connection is gone or was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_bulk_add(attachsql_stmt_t *stmt,
                             const uint8_t *indicators,
                             attachsql_error_t **error);

/**
 * Executes the statement once for each row that was added, with one end: poll the connection until EOF or ERROR.
 * `attachsql_query_affected_rows` is then the sum, and `attachsql_connection_last_insert_id` the first one that was
 * generated.
 *
 * MariaDB takes many rows in one command, up to 512 KiB each (`COM_STMT_BULK_EXECUTE`), for plain INSERT, REPLACE,
 * UPDATE and DELETE. Of other statements, and with other servers, each row is an execute, all of them written
 * together. Rows behind one that fails may have been executed or not, with
 * each server in its own way: use a transaction.
 *
 * All rows are executed, and the end is told, also if the handle is closed or destroyed meanwhile.
 * Until poll has said EOF or ERROR the connection takes no other command: each fails with 2014/08002, and the rows go
 * on undisturbed. Nor can they be cancelled; ATTACHSQL_OPTION_COMMAND_TIMEOUT is the limit of all of them together.
 *
 * Returns: true if the rows were sent or remembered; they are not kept any more then.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: 3000/22023 no row was added, or the statement is not prepared any more; 2014/08002 a query is open, a
 * pipeline or another bulk execute is under way, or too many commands wait to be sent; 2006/08006 the connection is
 * gone or was destroyed.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_bulk_execute(attachsql_stmt_t *stmt, attachsql_error_t **error);

/**
 * Which rows the error of the connection's last bulk execute is about. Of rows that MariaDB got in
 * one command it is one of these, otherwise exactly one. If the connection was lost, all that had no answer.
 *
 * Returns: true, and the first and the last of these rows, counted from 0; false if there was no error.
 *
 * NULL: `stmt` NULL gives false; `first` and `last` may be NULL.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_bulk_get_failed(attachsql_stmt_t *stmt,
                                    uint64_t *first,
                                    uint64_t *last);

/**
 * Forgets the rows that were added.
 *
 * NULL: no effect.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_stmt_bulk_clear(attachsql_stmt_t *stmt);

/**
 * The number of rows that were added and not executed yet.
 *
 * Returns: the number.
 *
 * NULL: `stmt` NULL gives 0.
 *
 * Since 2.1.
 */
ASQL_API uint64_t attachsql_stmt_bulk_get_count(attachsql_stmt_t *stmt);

/**
 * Takes the row that is held, so that its values can be read with `attachsql_stmt_get_int` and the like.
 * Call it for each row, after ROW_READY; `attachsql_stmt_row_cells` does it too.
 *
 * Returns: true; false with an error. May be called again for the same row.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 2051/02000 no row of this statement is held; 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_row_get(attachsql_stmt_t *stmt, attachsql_error_t **error);

/**
 * Gives the row that is held back, if it is one of this statement, so that the next poll can bring another.
 * Never waits.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of the row's values.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_stmt_row_next(attachsql_stmt_t *stmt);

/**
 * Whether a value of the row that was got is NULL. Columns count from 0.
 *
 * Returns: true for NULL; false for a value, and if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_is_null(attachsql_stmt_t *stmt, uint16_t column);

/**
 * A value as a boolean: whether a number is other than 0.
 *
 * Numbers of every sort are read, texts that are one, and the words true and false. Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_bool(attachsql_stmt_t *stmt,
                                          uint16_t column,
                                          bool *value);

/**
 * A value as a signed integer of 32 bits.
 *
 * Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
 * Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_int(attachsql_stmt_t *stmt,
                                         uint16_t column,
                                         int32_t *value);

/**
 * A value as an unsigned integer of 32 bits.
 *
 * Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
 * Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_unsigned_int(attachsql_stmt_t *stmt,
                                                  uint16_t column,
                                                  uint32_t *value);

/**
 * A value as a signed integer of 64 bits.
 *
 * Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
 * Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_bigint(attachsql_stmt_t *stmt,
                                            uint16_t column,
                                            int64_t *value);

/**
 * A value as an unsigned integer of 64 bits.
 *
 * Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
 * Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_unsigned_bigint(attachsql_stmt_t *stmt,
                                                     uint16_t column,
                                                     uint64_t *value);

/**
 * A value as a float, the nearest there is.
 *
 * Numbers of every sort are read, and texts that are one; a number beyond the largest float is out of range.
 * Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_float(attachsql_stmt_t *stmt,
                                           uint16_t column,
                                           float *value);

/**
 * A value as a double, the nearest there is.
 *
 * Numbers of every sort are read, and texts that are one. Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_double(attachsql_stmt_t *stmt,
                                            uint16_t column,
                                            double *value);

/**
 * A value as a date with a time of day.
 *
 * DATE, DATETIME and TIMESTAMP are read, and texts that are such a date. Zero dates are given as they are.
 * Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_date(attachsql_stmt_t *stmt,
                                          uint16_t column,
                                          attachsql_time_st *value);

/**
 * A value as a time span.
 *
 * TIME is read, and texts that are such a span. Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
 * NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
 *
 * NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_time(attachsql_stmt_t *stmt,
                                          uint16_t column,
                                          attachsql_time_st *value);

/**
 * A value as text, or as the bytes it has: what `attachsql_statement_get_char` gives. Columns count from 0.
 *
 * Returns: ATTACHSQL_VALUE_OK, and the value in `*value` and `*length`; otherwise nothing is written: NULL, or
 * NONE if no row was got or there is no such column. An empty string is OK with length 0.
 *
 * NULL: `stmt` NULL gives NONE; `value` and `length` may be NULL.
 *
 * Lifetime: as of what `attachsql_stmt_row_cells` gives.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_value_t attachsql_stmt_get_string(attachsql_stmt_t *stmt,
                                            uint16_t column,
                                            const char **value,
                                            size_t *length);

/**
 * Takes the row that is held and writes its values into an array of the program's: the first `count` columns,
 * or as many as there are. One call in place of one for each value.
 *
 * Returns: the number of columns of the row, which may be more than `count`; 0 with an error.
 *
 * NULL: `stmt`, and `cells` with a `count`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: what `data` of the cells points at stays until `attachsql_stmt_row_next`, the next command or long
 * data on the connection, `attachsql_query_close`, `attachsql_stmt_close` or `_destroy`, or
 * `attachsql_connect_destroy`.
 *
 * Errors: 2051/02000 no row of this statement is held; 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
uint16_t attachsql_stmt_row_cells(attachsql_stmt_t *stmt,
                                  uint16_t count,
                                  attachsql_cell_st *cells,
                                  attachsql_error_t **error);

/**
 * Takes the row that is held and those behind it that have arrived whole, `rows` of them at most, and writes their
 * values into an array of the program's: the first `columns` of each row, or as many as there are, row after row.
 * One call in place of a poll and a call for each row. Poll again after `attachsql_stmt_row_next`, which gives all
 * of them back.
 *
 * The value of column `c` of row `r` is in `cells[r * width + c]`, where `width` is the smaller one of `columns` and
 * the number of columns that the result has. Only these cells tell the values: the getters of single values, and
 * `attachsql_stmt_row_cells`, have no row until the next ROW_READY.
 *
 * Returns: the number of rows, 1 at least; 0 with an error.
 *
 * NULL: `stmt`, and `cells` with `columns`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: what `data` of the cells points at stays until `attachsql_stmt_row_next`, the next command or long
 * data on the connection, `attachsql_query_close`, `attachsql_stmt_close` or `_destroy`, or
 * `attachsql_connect_destroy`.
 *
 * Errors: 3000/22023 `rows` is 0; 2051/02000 no row of this statement is held, or it was taken by this function
 * before; 2006/08006 the connection was destroyed. What is wrong with a later row is for the next poll to report.
 *
 * Since 2.1.
 */
ASQL_API
size_t attachsql_stmt_rows_cells(attachsql_stmt_t *stmt,
                                 size_t rows,
                                 uint16_t columns,
                                 attachsql_cell_st *cells,
                                 attachsql_error_t **error);

/**
 * Chooses how many rows come at a time. With a number above 0, the next execute opens a cursor: it ends with
 * EOF and no row, and `attachsql_stmt_fetch` brings so many rows each time it is called. In between other
 * commands may be run on the connection, and other cursors read. With 0, which is where a prepare begins,
 * all rows come with the execute. Once it is above 0 it can be another number, but not 0 until the next
 * prepare: servers do not go back.
 *
 * The server keeps the rows meanwhile. For statements that it has no cursor for, rows come with the execute
 * all the same.
 *
 * Returns: true.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 3000/22023 no text was given to prepare, or `rows` is 0 after another number; 2006/08006 the connection was
 * destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_set_fetch_size(attachsql_stmt_t *stmt,
                                   uint32_t rows,
                                   attachsql_error_t **error);

/**
 * Fetches the next rows from the statement's cursor. Poll the connection: ROW_READY for each row, then EOF;
 * `attachsql_stmt_has_more` tells whether there may be more.
 *
 * Returns: true if it was sent or remembered.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything the last row has lent.
 *
 * Errors: 2051/02000 there is no cursor, or its last row was fetched; 3000/22023 the statement is not
 * prepared; 2006/08006 the connection is gone, was destroyed, or does not take it; 2014/08002 a pipeline or a bulk
 * execute is under way, or too many commands wait to be sent.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_fetch(attachsql_stmt_t *stmt, attachsql_error_t **error);

/**
 * Whether rows are left in the statement's cursor; asked when poll has said EOF. Servers find out that there
 * are none when they look for the next one, so that a last fetch may bring no row.
 *
 * Returns: true while a cursor is open that the server has not come to the end of.
 *
 * NULL: `stmt` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_has_more(attachsql_stmt_t *stmt);

/**
 * Whether the result that has just ended was the row of a procedure's OUT and INOUT parameters, which
 * comes last of a CALL's results. Ask when poll has said EOF, before `attachsql_query_next_result`.
 *
 * Returns: true if it was.
 *
 * NULL: `stmt` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_stmt_is_out_params(attachsql_stmt_t *stmt);

/**
 * What the statement cache of a connection has and has done. `ATTACHSQL_OPTION_STMT_CACHE` gives it a size: a
 * statement that is closed then stays prepared at the server, and a later prepare of the same text, byte by
 * byte, has it back: nothing is sent, and the next poll says EOF. The one that has not been used for longest is
 * closed for another.
 *
 * Statements of handles and that of the functions without a handle share it. It is emptied, and what is
 * prepared then is not kept any more, by `attachsql_connect_reset`, `_change_user` and `_change_schema`. A query
 * that changes the schema or the SQL mode (`USE`, `SET`) does not empty it: set the option to 0 and to its
 * size again where prepared statements would mean something else then.
 *
 * Not kept are statements with a fetch size, with long data that was not executed, and those whose columns the
 * server found changed, or could not prepare again (error 1615).
 *
 * The program sets `stats->size` to sizeof(attachsql_stmt_cache_stats_st). The library fills what fits, and sets
 * fields that it does not know to 0, so that program and library may be of different versions.
 *
 * Returns: true; false if `size` has no room for the first field after it.
 *
 * NULL: `con` or `stats` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_stmt_cache_get_stats(attachsql_connect_t *con,
                                    attachsql_stmt_cache_stats_st *stats);

/**
 * Gives the next query or execute an attribute: a name with a text that the server keeps beside it, for logs,
 * for tracing, and for the SQL function `mysql_query_attribute_string`. It goes with the next
 * `attachsql_query`, `attachsql_statement_execute` or `attachsql_stmt_execute` of the connection that is accepted, and
 * is forgotten then. Any number of attributes may be set; a name that is set again has the new value.
 *
 * `ATTACHSQL_OPTION_QUERY_ATTRIBUTES` must have been set before connecting, and the server must take them: MySQL
 * does from 8.0.23 on, MariaDB does not.
 *
 * Returns: true.
 *
 * NULL: `con`, `name`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `name` and `value` are copied.
 *
 * Errors: 3000/22023 the option was not set; 2054/0A000 the server does not take attributes (before the login
 * that is not known yet, and the query or execute then ends with this error, unsent); 2006/08006 the
 * connection is gone.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_query_set_attribute(attachsql_connect_t *con,
                                   const char *name,
                                   size_t length,
                                   const char *value,
                                   attachsql_error_t **error);

/**
 * Has the keys of the TLS connection told to a function, so that tools such as Wireshark can read the
 * recorded traffic. Off by default. Whoever gets the lines can read everything on the connection, passwords
 * included, and change it while it lives: for looking for faults only, never in production.
 *
 * `function` is called from `attachsql_connect_poll`, and from other functions that go on with the
 * handshake, once for each line of a file as SSLKEYLOGFILE names one; the line has no line end. `context`
 * is handed to it as it is.
 *
 * Returns: true; false with an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; `error` may be NULL.
 *
 * Lifetime: `context` must be usable until `attachsql_connect_destroy`; the line only during the call, and it
 * is overwritten after it.
 *
 * Callback: may call any function on other connections; those on this one are refused with 2014/08002, and
 * `attachsql_connect_destroy` does nothing. Must return.
 *
 * Errors: 3000/22023 the connect has begun.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_set_keylog(attachsql_connect_t *con,
                                  attachsql_keylog_fn *function,
                                  void *context,
                                  attachsql_error_t **error);

/**
 * Has a function answer what the server asks in the login method `dialog`, which MariaDB uses with PAM. The
 * method must be accepted (ATTACHSQL_OPTION_AUTH_METHODS), and is used over TLS and unix sockets only: the
 * answers go out as they are.
 *
 * If the server's first question is for a password, the one given to `attachsql_connect_create` answers it,
 * unless it is empty; the function gets all others. Without a function they end the login. It is called from
 * `attachsql_connect_poll`. `echo` says whether the answer may be shown while it is typed; `prompt` is the
 * server's text. It stores the answer in `*answer` and returns ATTACHSQL_DIALOG_ANSWER, or says that there is
 * none yet, and then each later poll calls it again with the same question; or it refuses, and the connect
 * fails. While a question is open, `attachsql_connect_wait` sleeps for some milliseconds at most.
 *
 * Returns: true; false with an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; an answer NULL refuses;
 * `error` may be NULL.
 *
 * Lifetime: `context` must be usable until the login is over; `prompt` only during the call. `*answer` is copied
 * as soon as the function has returned, and the copy is overwritten after use.
 *
 * Callback: may call any function on other connections; those on this one are refused with 2014/08002, and
 * `attachsql_connect_destroy` does nothing. Must return.
 *
 * Errors: 3000/22023 the connect has begun.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_set_dialog(attachsql_connect_t *con,
                                  attachsql_dialog_fn *function,
                                  void *context,
                                  attachsql_error_t **error);

/**
 * The version of TLS that the connection uses: `TLSv1.2` or `TLSv1.3`.
 *
 * Returns: a NUL-terminated text; NULL without TLS, and before its handshake is done.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: until `attachsql_connect_destroy`.
 *
 * Since 2.1.
 */
ASQL_API const char *attachsql_connect_get_tls_version(attachsql_connect_t *con);

/**
 * The cipher that the connection uses, by OpenSSL's name.
 *
 * Returns: a NUL-terminated text; NULL without TLS, and before its handshake is done.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Lifetime: until `attachsql_connect_destroy`.
 *
 * Since 2.1.
 */
ASQL_API const char *attachsql_connect_get_tls_cipher(attachsql_connect_t *con);

/**
 * How the server has shown that it is the right one.
 *
 * Returns: flags of `attachsql_tls_verified_t`; ATTACHSQL_TLS_VERIFIED_NONE if nothing was checked, without
 * TLS, and before its handshake is done. A resumed connection has what the first one was checked for.
 *
 * NULL: `con` NULL gives ATTACHSQL_TLS_VERIFIED_NONE.
 *
 * Since 2.1.
 */
ASQL_API attachsql_tls_verified_t attachsql_connect_get_tls_verified(attachsql_connect_t *con);

/**
 * Whether the connection goes on with the TLS session of an earlier one: see ATTACHSQL_OPTION_TLS_RESUME.
 *
 * Returns: true if so; false after a full handshake, without TLS, and before its handshake is done.
 *
 * NULL: `con` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_tls_is_resumed(attachsql_connect_t *con);

/**
 * Allows LOAD DATA LOCAL, and has a function give the files. Off by default: then the library tells the server
 * that it has no files, and sends none.
 *
 * Only the file that the running query names is ever given, once: its text must begin as LOAD DATA LOCAL INFILE
 * 'name' or LOAD XML LOCAL INFILE 'name' do. Whatever else a server asks for, it gets nothing, the function is
 * not called, and the query ends in 2068. The name is what the query says, not a path that was checked: what the
 * function makes of it is its own business.
 *
 * `function` is called from `attachsql_connect_poll` and `attachsql_pool_run`, for one piece after the other. `name` is
 * the file's name, `offset` how many bytes of it were given so far: 0 means its beginning, whatever was given
 * before. It puts at most `size` bytes into `buffer`, without waiting, and returns how many; 0 is the end of the
 * file. Or it returns one of `attachsql_local_file_t`: LATER if it has nothing yet, and each later poll calls
 * it again, while `attachsql_connect_wait` sleeps for some milliseconds at most; SUSPEND if it has nothing and is
 * to be called only after `attachsql_connect_local_file_ready`; ERROR if it has failed, with `*message` set to why: the
 * query then ends in 2069 with that text. What the server has got until then, it has loaded: use a
 * transaction if that matters. The function is not told that a query has ended or was closed.
 *
 * Returns: true; false with an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; a message NULL says that there is
 * none; `error` may be NULL.
 *
 * Lifetime: `context` must be usable until `attachsql_connect_destroy`; if the connection becomes a template, until
 * `attachsql_pool_destroy`: the pool's connections call the function too. `name` and `buffer` only during the call.
 * `*message` is copied as soon as the function has returned.
 *
 * Callback: may call any function on other connections; those on this one are refused with 2014/08002, and
 * `attachsql_connect_destroy` does nothing. Must return.
 *
 * Errors: 3000/22023 the connect has begun.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_set_local_file(attachsql_connect_t *con,
                                      attachsql_local_file_fn *function,
                                      void *context,
                                      attachsql_error_t **error);

/**
 * Says that a function of `attachsql_connect_set_local_file` that has suspended itself is to be called again: it has
 * more of the file, or its end, or has failed. The next poll calls it; `attachsql_connect_has_more` says true.
 *
 * Returns: true; false if no file is being sent.
 *
 * NULL: `con` NULL gives false.
 *
 * Callback: in the function itself, gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_local_file_ready(attachsql_connect_t *con);

/**
 * Asks the server for a sign of life. Poll says EOF when it has come.
 *
 * This and the other commands are sent as queries are: on a new connection they begin to connect; while
 * connecting, and while the rest of an older answer is read, they are remembered and sent then. What is
 * left of the answer to a statement is dropped; so is the answer to a command if another one follows before
 * it has come. They need no `attachsql_query_close`.
 *
 * Returns: true if the command was sent or remembered.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: 2014/08002 a query is open whose answer has not ended, a pipeline or a bulk execute is under way (it goes on
 * undisturbed), or too many commands wait to be sent; 2006/08006 the connection is gone or does not take the command;
 * those of `attachsql_connect`.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_ping(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Makes the session as new, without another login: the server rolls back the transaction, and forgets
 * temporary tables, variables, locks and prepared statements. User and schema stay; so do the options that
 * were set on the connection.
 *
 * The connection's prepared statement is of no use afterwards: its functions fail with 3000/22023 until
 * another one is prepared. MySQL before 5.7 and MariaDB before 10.2 do not know the command: poll says ERROR
 * with the server's error 1047, and the session is as before; `attachsql_connect_change_user` does the same there.
 *
 * Returns: as `attachsql_connect_ping`.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: as for `attachsql_connect_ping`.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_reset(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Logs in as another user on the same connection, or as the same one again. The session is as new, as after
 * `attachsql_connect_reset`; also for servers that do not know that command.
 *
 * The login is done as the first one was: the same login methods are accepted, secrets go over the same
 * channels only, and the character set, the connection attributes, the function for `dialog` and the connect
 * timeout are those that were set. Passwords of further factors are those that
 * ATTACHSQL_OPTION_PASSWORD2 and _PASSWORD3 were set to since the last login. The connection number stays.
 *
 * Poll says EOF when it is done. If the server refuses, or the login cannot be done, poll says ERROR and the
 * connection is lost: servers close it too.
 *
 * Returns: as `attachsql_connect_ping`.
 *
 * NULL: `con`, `user` and `schema` NULL fail with 3000/22023 (use "" for no default schema); `pass` NULL is
 * no password; `error` may be NULL.
 *
 * Lifetime: the strings are copied, and the copy of the password is overwritten when the login is over. Ends
 * the lifetime of everything that the answer before it has lent.
 *
 * Errors: as for `attachsql_connect_ping`; 3000/22023 `user` has more than 255 bytes, or `schema` more than
 * 64; 2059/28000 and 2061/28000 as in `attachsql_connect_poll`.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_change_user(attachsql_connect_t *con,
                                   const char *user,
                                   const char *pass,
                                   const char *schema,
                                   attachsql_error_t **error);

/**
 * Chooses the default schema, as USE does. Poll says EOF when the server has taken it, and ERROR if it has
 * not; the schema is the one of before then.
 *
 * Returns: as `attachsql_connect_ping`.
 *
 * NULL: `con` and `schema` NULL fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `schema` is copied. Ends the lifetime of everything that the answer before it has lent.
 *
 * Errors: as for `attachsql_connect_ping`; 3000/22023 `schema` has more than 64 bytes.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_change_schema(attachsql_connect_t *con,
                                     const char *schema,
                                     attachsql_error_t **error);

/**
 * Asks for the server's state as a line of text: its uptime, the number of threads and the like. When poll
 * says EOF, `attachsql_query_info` gives the line, until the next command.
 *
 * Returns: as `attachsql_connect_ping`.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: as for `attachsql_connect_ping`.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_statistics(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * Allows several statements, separated by `;`, in the queries that follow, or forbids them, whatever
 * ATTACHSQL_OPTION_MULTI_STATEMENTS said at login. Poll says EOF when the server has taken it.
 *
 * Returns: as `attachsql_connect_ping`.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: as for `attachsql_connect_ping`.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_set_multi_statements(attachsql_connect_t *con,
                                            bool enable,
                                            attachsql_error_t **error);

/**
 * Asks the server to end another connection, or, with `query_only`, only what that connection is doing.
 * `connection_id` is its number, as `attachsql_connect_get_connection_id` gives it there. The statement KILL
 * is sent, which the account must be allowed to use.
 *
 * When poll says EOF the server has noted it, which does not mean that it has happened. What the other
 * connection is doing may have ended in the meantime: with `query_only` its next command may be hit then.
 *
 * Returns: as `attachsql_connect_ping`.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: as for `attachsql_connect_ping`.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_kill(attachsql_connect_t *con,
                            uint64_t connection_id,
                            bool query_only,
                            attachsql_error_t **error);

/**
 * Adds a query to those that the next `attachsql_pipeline_send` sends together, so that they cost one round
 * trip to the server and not one each. Sends nothing itself; other commands go on as ever until then.
 *
 * Statement and parameters are as those of `attachsql_query`; values are escaped when the query is sent, by
 * the SQL mode that the session has then. A query that changes NO_BACKSLASH_ESCAPES must not have queries
 * with parameters behind it. Not for LOAD DATA LOCAL.
 *
 * `context` is the program's: `attachsql_pipeline_context` gives it back.
 *
 * Returns: true if the query was added.
 *
 * NULL: `con`, `statement` with a `length`, `parameters` with a `parameter_count`, and the `data` of a
 * parameter that needs it fail with 3000/22023; `context` and `error` may be NULL.
 *
 * Lifetime: `statement`, `parameters` and all values are copied.
 *
 * Errors: 2006/08006 the connection is gone; 2020/08S01 the commands that were added, and those whose answers
 * are not over, would have more bytes than ATTACHSQL_OPTION_PIPELINE_MAX_BYTES allows; 3000/22023 more `?`
 * than parameters, a parameter's type is none of 0 to 6, or LOAD DATA LOCAL.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pipeline_add(attachsql_connect_t *con,
                            size_t length,
                            const char *statement,
                            uint16_t parameter_count,
                            attachsql_query_parameter_st *parameters,
                            void *context,
                            attachsql_error_t **error);

/**
 * Adds an execute of a statement, with the values that its parameters have now. As `attachsql_pipeline_add`;
 * may be done with the same statement any number of times. Rows are read with the statement's functions.
 *
 * The statement must be prepared. One with a fetch size, or with long data that was sent, is refused. If it is
 * closed or destroyed later, the execute is run and told all the same, but for its rows.
 *
 * Returns: true if the execute was added.
 *
 * NULL: `stmt` NULL fails with 3000/22023; `context` and `error` may be NULL.
 *
 * Lifetime: values are copied; buffers given to `attachsql_stmt_bind` are read in this call.
 *
 * Errors: as for `attachsql_pipeline_add`; 3000/22023 the statement is not prepared, has a fetch size, or has
 * been sent long data; 2006/08006 the connection was destroyed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pipeline_add_execute(attachsql_stmt_t *stmt,
                                    void *context,
                                    attachsql_error_t **error);

/**
 * Sends what was added, or remembers to until the connection is ready for it. On a new connection it begins
 * to connect.
 *
 * Then poll as after a query: the answers come in order. When poll says EOF or ERROR, the current command is
 * over, and everything that tells of a query tells of this one: rows, columns, affected rows, further results.
 * `attachsql_pipeline_next` goes on to the next command. Until it says EOF, the connection takes no other
 * commands but further ones for the pipeline, which are added and sent in the same way: each fails with 2014/08002.
 * A pipeline cannot be cancelled. ATTACHSQL_OPTION_COMMAND_TIMEOUT is the limit of each of its commands, from its turn
 * on, and cuts the connection.
 *
 * With `stop_on_error` false every command is run, whatever becomes of the others, and all are written at once.
 * With true, those behind one that fails are not sent; each ends with ERROR and 3010/HY008. No server can be
 * told to stop, so each command is written only when the one before it has succeeded: the round trips are not
 * saved then.
 *
 * If the connection is lost, each command that was not over ends with ERROR: with 2006/08006 if the server
 * cannot have run it, and otherwise with the cause, for instance 2013/08006, and words that say so.
 *
 * Returns: true if the commands were sent or remembered.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends that of everything that the answer before it has lent.
 *
 * Errors: 2014/08002 a query is open, a bulk execute is under way (it goes on undisturbed), or a pipeline with another
 * `stop_on_error`;
 * 2006/08006 the connection is gone; 3000/22023 nothing was added; those of
 * `attachsql_connect`.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pipeline_send(attachsql_connect_t *con,
                             bool stop_on_error,
                             attachsql_error_t **error);

/**
 * Goes on to the next command of the pipeline, normally after EOF or ERROR; otherwise the rest of the current
 * command's answer is read and dropped. Never waits. On a connection that was lost, too.
 *
 * Returns: PROCESSING if there is another command: poll as after a query; EOF if there is none: the pipeline is
 * over then, and the connection free for other commands.
 *
 * NULL: `con` NULL gives ERROR.
 *
 * Lifetime: ends that of everything that the answer has lent.
 *
 * Since 2.1.
 */
ASQL_API attachsql_return_t attachsql_pipeline_next(attachsql_connect_t *con);

/**
 * Which command of the pipeline the answer belongs to.
 *
 * Returns: its number, counted from 0 since the pipeline began; 0 without a pipeline.
 *
 * NULL: `con` NULL gives 0.
 *
 * Since 2.1.
 */
ASQL_API uint64_t attachsql_pipeline_index(attachsql_connect_t *con);

/**
 * What the program has given with the command that the answer belongs to.
 *
 * Returns: the `context` of `attachsql_pipeline_add`; NULL without a pipeline.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Since 2.1.
 */
ASQL_API void *attachsql_pipeline_context(attachsql_connect_t *con);

/**
 * Ends the pipeline, and forgets what was added and not written yet. What was written is run all the same; the answers
 * are read and dropped by later polls. The next command may be given at once. May be called at any time, also without
 * a pipeline.
 *
 * NULL: no effect.
 *
 * Lifetime: ends that of everything that the answer has lent.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_pipeline_close(attachsql_connect_t *con);

/**
 * Cancels the command that is under way on a connection, be it a query, a statement or another command, and
 * returns at once. A second connection of the library's own, to the same address, with the same TLS settings and
 * as the same user, sends KILL QUERY; the polls of `con` do all that, and its watches have both sockets.
 * ATTACHSQL_OPTION_CANCEL must have been set to 1 before connecting, because user and password are kept for it.
 *
 * Poll on until the command has ended: its rows still come, and then ERROR with the server's error 1317 (SQLSTATE
 * 70100), or EOF if it was quicker. Poll says so only when nothing of the cancel can hit a later command; a command
 * that follows may be given before that, and waits. `attachsql_query_cancel_outcome` then tells what became of it.
 * If the cancel itself fails, or a step of it takes longer than ATTACHSQL_OPTION_CANCEL_TIMEOUT, the connection is
 * cut: poll says ERROR with 2013/08006, and the message why.
 *
 * A command that was remembered and not sent yet is taken back, which needs no second connection and no option:
 * poll says ERROR with 3005/70100. With nothing under way, and while a cancel is, nothing happens.
 *
 * Pipelines and bulk executes cannot be cancelled, whether they were sent or not, because KILL might hit a command
 * behind the one that it is meant for: `attachsql_pipeline_close` ends a pipeline early.
 *
 * Returns: true if there is nothing (more) to do; false with an error, and the command goes on.
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Callback: may be called in that of a pool.
 *
 * Errors: 3000/22023 a pipeline or a bulk execute is under way, or answers to a pipeline that was closed are still to
 * come; ATTACHSQL_OPTION_CANCEL was not set, the socket came from `attachsql_connect_set_fd`, or the command is a
 * change of user; 2006/08006 the connection is gone.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_query_cancel(attachsql_connect_t *con, attachsql_error_t **error);

/**
 * What became of the last cancel, by `attachsql_query_cancel` or by ATTACHSQL_OPTION_COMMAND_TIMEOUT.
 *
 * Returns: one of `attachsql_cancel_t`; never ATTACHSQL_CANCEL_RUNNING once poll has said EOF or ERROR of the
 * command. Stays until the next cancel.
 *
 * NULL: `con` NULL gives ATTACHSQL_CANCEL_NONE.
 *
 * Since 2.1.
 */
ASQL_API attachsql_cancel_t attachsql_query_cancel_outcome(attachsql_connect_t *con);

/**
 * Takes a connection out of a pool. It goes on alone, in whatever state it is, and belongs to the program
 * again: poll it, and destroy it. Nothing is told of it any more.
 *
 * Returns: true; false with an error.
 *
 * NULL: `pool` and `con` NULL fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: ends no loan.
 *
 * Errors: 3000/22023 the connection is not in this pool, or was made by it; 2014/08002 it is in use by another call.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pool_remove_connection(attachsql_pool_t *pool,
                                      attachsql_connect_t *con,
                                      attachsql_error_t **error);

/**
 * Sleeps until `attachsql_pool_run` would have something to do. May return early, for instance when a signal
 * comes; a run then does nothing.
 *
 * `timeout_ms` is the longest time to sleep in milliseconds: negative for no limit, 0 only to look. A connect,
 * read or write timeout of a connection ends the sleep too.
 *
 * Returns: true when it is time to run the pool; false when `timeout_ms` ran out, or when there is no limit and
 * nothing is awaited on any connection, so that the sleep would never end (`*error` is left alone in both cases);
 * false with an error. So a loop that runs the pool while this is true goes on until all is done.
 *
 * NULL: `pool` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Callback: fails with 2014/08002 for a pool that is being run, and in a function that is called from inside of
 * `attachsql_pool_query`.
 *
 * Errors: 2002/08000 the system's event queue failed; 2014/08002 this process is a fork of the one that has made the
 * pool.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pool_wait(attachsql_pool_t *pool,
                         int timeout_ms,
                         attachsql_error_t **error);

/**
 * What a pool is at, and what it has done. Looks at every connection, so it is not for each run.
 *
 * The program sets `stats->size` to sizeof(attachsql_pool_stats_st). The library fills what fits, and sets fields
 * that it does not know to 0, so that program and library may be of different versions.
 *
 * Returns: true; false if `size` has no room for the first field after it.
 *
 * NULL: `pool` or `stats` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_pool_get_stats(attachsql_pool_t *pool, attachsql_pool_stats_st *stats);

/**
 * Remembers a pointer of the program's with a connection, in a pool or alone. The library does not follow it.
 *
 * NULL: `con` NULL: no effect.
 *
 * Lifetime: `user_data` is the program's, also when the connection is destroyed.
 *
 * Since 2.1.
 */
ASQL_API void attachsql_connect_set_user_data(attachsql_connect_t *con, void *user_data);

/**
 * The pointer that `attachsql_connect_set_user_data` has set.
 *
 * Returns: the pointer; NULL before any was set.
 *
 * NULL: `con` NULL gives NULL.
 *
 * Since 2.1.
 */
ASQL_API void *attachsql_connect_get_user_data(attachsql_connect_t *con);

/**
 * Gives a pool a template, from which it makes connections of its own for `attachsql_pool_query`: host, user,
 * password and schema, every option, TLS, whether rows are buffered, and the functions of
 * `attachsql_connect_set_local_file`, `attachsql_connect_set_trace` and the like are those that `con` has now. `con`
 * itself is not connected. It stays the program's, which may destroy it at once. Another template counts for
 * the connections that are made after it.
 *
 * The pool makes a connection when a query finds none that is free, up to ATTACHSQL_OPTION_POOL_MAX, and
 * keeps ATTACHSQL_OPTION_POOL_MIN of them in any case: see `attachsql_pool_set_option`. It closes and frees
 * them as well. The pool's function is told when one is logged in (CONNECTED), and may begin a command on it
 * then, such as SET; the events of that go to the pool's function, and queries get the connection after it.
 * It is told, too, when one fails while no query has it (ERROR), for instance because it cannot connect; the
 * connection must not be used after that call.
 *
 * Returns: true; false with an error.
 *
 * NULL: `pool` and `con` NULL fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: the functions that were set with `attachsql_connect_set_dialog`, `_set_keylog`, `_set_local_file` and
 * `_set_trace`, and what their contexts point at, must be usable until `attachsql_pool_destroy`. They are called for
 * all connections of the pool, with the same context. Everything else is copied.
 *
 * Errors: 3000/22023 `con` has begun to connect, is in a pool, or has a socket of `attachsql_connect_set_fd`; that
 * of `attachsql_connect_set_ssl`, if it failed.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pool_set_template(attachsql_pool_t *pool,
                                 attachsql_connect_t *con,
                                 attachsql_error_t **error);

/**
 * Sets an option of a pool: one of those from ATTACHSQL_OPTION_POOL_MIN to ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT. They
 * count for connections that the pool makes from its template, and for `attachsql_pool_query`. May be called at any
 * time; what the pool does next is according to it.
 *
 * Returns: true if the option is set; false for an option that is not a pool's, and for a value out of range.
 * Nothing has changed then.
 *
 * NULL: `pool` or `arg` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pool_set_option(attachsql_pool_t *pool,
                               attachsql_options_t option,
                               const void *arg);

/**
 * Runs a query on a connection of the pool's own: at once if one is free, otherwise it waits for one, and the
 * pool makes another if it may. Queries are given out in their order. The pool needs a template:
 * `attachsql_pool_set_template`. `length` to `parameters` are those of `attachsql_query`.
 *
 * What happens is told to `function`, as a pool's function is told it, by `attachsql_pool_run` and at the end by
 * `attachsql_pool_destroy`, never by this call: ROW_READY for each row, then EOF or ERROR. The connection is the
 * query's until the function has returned from that one, and must not be used afterwards. To keep it, begin something
 * on it in the function: go on to a further result with `attachsql_query_next_result`, or send another query, for a
 * transaction for instance, after `attachsql_query_close`. What that brings is told to the same `function`. When it
 * returns from EOF or ERROR without having begun anything, the query is over; it is told nothing more, and the pool
 * closes the query. A connection with an open transaction is not given to others, but closed, so that the server rolls
 * back.
 *
 * Each query that was taken comes to its end once, whatever happens. If its connection is lost before the query
 * was sent, another one gets it. If it is lost afterwards, that is an ERROR (2013/08006), since nobody knows
 * whether the server ran it: it is never sent twice. A query that never had a connection ends with `con` NULL and
 * the number 0.
 *
 * Returns: true if the query was taken; false with an error, and `function` is not called then.
 *
 * NULL: `pool` and `function`, `statement` with a `length`, `parameters` with a `parameter_count`, and the `data` of
 * a parameter that needs it fail with 3000/22023; `error` may be NULL.
 *
 * Lifetime: `statement`, `parameters` and all values are no longer needed when this returns. `context` must be
 * usable until the query is over.
 *
 * Callback: `function` may call any function on any connection and pool, this one too, except that running and
 * waiting for its own pool does nothing. It must return: a C++ exception or longjmp must not leave it.
 *
 * Errors: 2910/HY014 as many queries wait as ATTACHSQL_OPTION_POOL_QUEUE allows; 2020/08S01 the query is longer than
 * the largest packet; 3000/22023 the pool has no template, more `?` than parameters, or a parameter's type is none
 * of 0 to 6. Told to `function`: the server's; 2013/08006 the connection was lost after the query was sent, or
 * destroyed, or the pool was; 2911/HYT00 it has waited longer than ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT;
 * 2912/HY008 the pool was destroyed while it waited; those of connecting, if there is no other connection to
 * wait for.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pool_query(attachsql_pool_t *pool,
                          size_t length,
                          const char *statement,
                          uint16_t parameter_count,
                          attachsql_query_parameter_st *parameters,
                          attachsql_callback_fn *function,
                          void *context,
                          attachsql_error_t **error);

/**
 * What an event loop has to watch for a connection. Ask after every call on it.
 *
 * Normally one descriptor; none before the connect, after the end, and in a pool; several while addresses
 * race. They are to be watched for their level (no EPOLLET, no EV_CLEAR), and `attachsql_connect_poll` called when
 * one is ready. `*generation` differs from that of the time before if a descriptor has joined or left the
 * set; what each is watched for may differ without that. One that has left is not closed before the next poll.
 *
 * Stores the first `size` of them in `out`, and in `*count` how many there are.
 *
 * Returns: true if there was room for all of them.
 *
 * NULL: `con` NULL gives false and stores nothing; `out` may be NULL with a `size` of 0; `count` and
 * `generation` may be NULL.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_get_watches(attachsql_connect_t *con,
                                   attachsql_watch_st *out,
                                   size_t size,
                                   size_t *count,
                                   uint64_t *generation);

/**
 * Whether `attachsql_connect_poll` would get on without any event: bytes are here already, in one of the
 * buffers, or the last poll ended because it had done enough. Ask after every call on the connection; while it
 * says true, poll again, after whatever other work is due.
 *
 * Returns: true if so; false if an event must come first, or if it is the program's turn: before the connect,
 * with a row held, at EOF, after an error, and always in a pool.
 *
 * NULL: `con` NULL gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_has_more(attachsql_connect_t *con);

/**
 * When `attachsql_connect_poll` is to be called at the latest although no event has come: for time limits, for the
 * next address to try, or at once because there is more to do. Ask after every call on the connection.
 *
 * Returns: milliseconds from now; 0 for at once; -1 if only an event counts.
 *
 * NULL: `con` NULL gives -1.
 *
 * Since 2.1.
 */
ASQL_API int attachsql_connect_get_timeout_ms(attachsql_connect_t *con);

/**
 * One descriptor for everything that `attachsql_connect_get_watches` lists, where the system can give it: epoll
 * on Linux, kqueue on the BSDs and macOS. It is to be watched for reading, stays the same, and is closed by
 * `attachsql_connect_destroy`. The first call makes it.
 *
 * What it stands for is brought up to date by this call and by `attachsql_connect_get_timeout_ms`: make one of
 * them after every call on the connection.
 *
 * Returns: the descriptor; -1 with an error; -1 without one where the system has no such thing (Windows).
 *
 * NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
 *
 * Errors: 2002/08000 the system gives no event queue, usually for want of descriptors; 2014/08002 the
 * connection is in a pool, which has a descriptor of its own.
 *
 * Since 2.1.
 */
ASQL_API
attachsql_socket_t attachsql_connect_get_fd(attachsql_connect_t *con,
                                            attachsql_error_t **error);

/**
 * What an event loop has to watch for a pool: the descriptor of `attachsql_pool_get_fd`, or where the system has no
 * such thing, all sockets of its connections. See `attachsql_connect_get_watches`; `attachsql_pool_run` is to be
 * called when one is ready.
 *
 * Returns: true if there was room for all of them.
 *
 * NULL: `pool` NULL gives false and stores nothing; `out` may be NULL with a `size` of 0; `count` and
 * `generation` may be NULL.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_pool_get_watches(attachsql_pool_t *pool,
                                attachsql_watch_st *out,
                                size_t size,
                                size_t *count,
                                uint64_t *generation);

/**
 * Whether `attachsql_pool_run` has something to do without any event. Ask after every call on the pool or on one
 * of its connections; while it says true, run the pool again, after whatever other work is due.
 *
 * Returns: true if so; false if an event must come first, or the program.
 *
 * NULL: `pool` NULL gives false.
 *
 * Callback: gives true for a pool that is being run.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_pool_has_more(attachsql_pool_t *pool);

/**
 * When `attachsql_pool_run` is to be called at the latest although no event has come. Ask after every call on the
 * pool or on one of its connections.
 *
 * Returns: milliseconds from now; 0 for at once; -1 if only an event counts.
 *
 * NULL: `pool` NULL gives -1.
 *
 * Callback: gives 0 for a pool that is being run.
 *
 * Since 2.1.
 */
ASQL_API int attachsql_pool_get_timeout_ms(attachsql_pool_t *pool);

/**
 * One descriptor for all connections of a pool, where the system can give it: epoll on Linux, kqueue on the BSDs
 * and macOS. It is to be watched for reading, stays the same, and is closed by `attachsql_pool_destroy`.
 *
 * Returns: the descriptor; -1 where the system has no such thing (Windows).
 *
 * NULL: `pool` NULL gives -1.
 *
 * Since 2.1.
 */
ASQL_API attachsql_socket_t attachsql_pool_get_fd(attachsql_pool_t *pool);

/**
 * What the last answer says has changed in the session; ATTACHSQL_OPTION_SESSION_TRACK must have asked for
 * it. The changes of each `type` are numbered from 0; the server's own `session_track_` variables decide
 * which types it tells.
 *
 * For ATTACHSQL_TRACK_VARIABLE `*name` becomes the variable's name, otherwise "". `*length` becomes the
 * length of the value, which may hold NUL bytes. Both are left alone if there is no such change.
 *
 * Returns: the value, with a NUL behind it; NULL if there are no more changes of this type. Known when the
 * answer has ended (EOF), of a query with several results for each of them. After the login it tells
 * of the session as it begins.
 *
 * NULL: `con` NULL gives NULL; `name` and `length` may be NULL.
 *
 * Lifetime: until the next command, `attachsql_query_next_result`, or `attachsql_connect_destroy`.
 *
 * Since 2.1.
 */
ASQL_API
const char *attachsql_connect_get_track(attachsql_connect_t *con,
                                        attachsql_track_t type,
                                        uint32_t number,
                                        const char **name,
                                        size_t *length);

/**
 * Has a function told what the connection does: that the login is done and how long each part of it took; each
 * command with its bytes, rows and times; errors. Off by default, and without cost then. Nothing that is told has the
 * text of a query, a value, a name or a password in it.
 *
 * `function` is called from the functions that send commands, `attachsql_pool_query` among them, and from
 * `attachsql_connect_poll` and `attachsql_pool_run`. `trace` tells all it has to know; its `size` says which fields
 * there are.
 *
 * Returns: true; false with an error.
 *
 * NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; `error` may be NULL.
 *
 * Lifetime: `context` must be usable until `attachsql_connect_destroy`; if the connection becomes a template, until
 * `attachsql_pool_destroy`: the pool's connections call the function too. `trace` only during the call.
 *
 * Callback: may call any function on other connections; those on this one are refused with 2014/08002, and
 * `attachsql_connect_destroy` does nothing. Must return.
 *
 * Errors: 3000/22023 the connect has begun.
 *
 * Since 2.1.
 */
ASQL_API
bool attachsql_connect_set_trace(attachsql_connect_t *con,
                                 attachsql_trace_fn *function,
                                 void *context,
                                 attachsql_error_t **error);

/**
 * What the connection is at, in a word or two, for logs. Changes nothing.
 *
 * Returns: a static text: "unused", "looking up", "connecting", "awaiting greeting", "starting TLS", "logging in",
 * "ready", "busy", "row held", "more results", "uploading", "dropping", "failed".
 *
 * NULL: `con` NULL gives NULL.
 *
 * Callback: in a function that the connection calls, gives "in use".
 *
 * Since 2.1.
 */
ASQL_API const char *attachsql_connect_state_name(attachsql_connect_t *con);

/**
 * What a connection has in memory: its buffers, the rows of a buffered result, columns, statements, and commands
 * that wait. Added up by the call, at any time; what the libraries for TLS and compression keep is not in it.
 * `ATTACHSQL_OPTION_MAX_MEMORY` bounds it, and so do `ATTACHSQL_OPTION_MAX_PACKET`, `_MAX_ROW` and `_MAX_RESULT`.
 *
 * The program sets `memory->size` to sizeof(attachsql_memory_st). The library fills what fits, and sets fields
 * that it does not know to 0, so that program and library may be of different versions.
 *
 * Returns: true; false if `size` has no room for `current`.
 *
 * NULL: `con` or `memory` NULL gives false.
 *
 * Callback: in a function that the connection calls, gives false.
 *
 * Since 2.1.
 */
ASQL_API bool attachsql_connect_get_memory(attachsql_connect_t *con, attachsql_memory_st *memory);

#ifdef __cplusplus
}
#endif

#endif /* LIBATTACHSQL2_ATTACHSQL_H */
