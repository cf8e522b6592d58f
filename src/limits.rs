// SPDX-License-Identifier: Apache-2.0
//! Every number that protects the library, with its reason. Nothing else; each is a default that a
//! connection's options may override where the manual says so.

use std::time::Duration;

/// Receive buffer of an idle connection. One page: a greeting, or a small answer, fits.
pub const RECV_IDLE: usize = 4 * 1024;

/// Receive buffer of a streaming result. A read this long takes about five system calls per MiB,
/// and stays within the second-level cache.
pub const RECV_STREAM: usize = 256 * 1024;

/// Send buffer kept between commands; longer texts give their memory back once they are sent.
pub const SEND_IDLE: usize = 1024;

/// Bytes one poll reads before it returns, so that a fast server cannot keep the caller's thread.
pub const FILL_BUDGET: usize = 1024 * 1024;

/// Bytes one step of output sends before input is looked at again.
pub const FLUSH_BUDGET: usize = 1024 * 1024;

/// Bytes that are encrypted before the socket is given some: four records.
pub const ENCRYPT_STEP: usize = 64 * 1024;

/// Bytes that are compressed at a time: a few milliseconds at the slowest level. A packet then fits into
/// what servers read at once.
pub const COMPRESS_STEP: usize = 64 * 1024;

/// Steps of compression in one flush.
pub const COMPRESS_STEPS: usize = 4;

/// Bytes that are sent as they are in a compressed stream: packing so few gains nothing.
pub const COMPRESS_LEAST: usize = 50;

/// Longest compressed packet that may bear the number of a server's last words.
pub const MAX_FAREWELL: usize = 1024;

/// Payload bytes of one physical packet; a longer payload is split.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>
pub const MAX_FRAME: usize = 0xff_ffff;

/// Largest logical packet by default, in either direction: the servers' own upper limit.
pub const MAX_PACKET: usize = 1024 * 1024 * 1024;

/// Lowest value the maximum packet size may be set to: the servers' own lower limit.
pub const MIN_MAX_PACKET: usize = 1024;

/// Lowest bound of what a connection may keep: with TLS and compression at work, and a row of 64 KiB, something is
/// left.
pub const MIN_MEMORY: usize = 1024 * 1024;

/// Bytes a packet may have before login is done. Greetings, keys and errors are far below it; it keeps
/// a stranger from making the library hold more.
pub const MAX_LOGIN_PACKET: usize = 64 * 1024;

/// Packets a server may send during login after its greeting. The longest honest exchange (a switch,
/// a key, more data, the answer, for each of three factors) needs under twelve.
pub const MAX_LOGIN_ROUNDS: u32 = 32;

/// Bytes of all column definitions of one result. 4,096 columns with five names of 256 bytes are 5 MiB.
pub const MAX_COLUMN_NAMES: usize = 16 * 1024 * 1024;

/// Changes of the session that one answer may tell, and the bytes of their texts. A server that tracks all
/// its variables tells a few hundred.
pub const MAX_CHANGES: usize = 4096;
/// See `MAX_CHANGES`.
pub const MAX_CHANGE_BYTES: usize = 1024 * 1024;

/// Addresses of one host name that are tried.
pub const MAX_ADDRESSES: usize = 32;

/// How long an address has the field to itself before the next one is tried beside it: what RFC 8305
/// recommends.
pub const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Addresses tried at the same time. With the delay above, the oldest has had two seconds when it
/// makes room for another one, so that its first packet may get lost once.
pub const MAX_ATTEMPTS: usize = 8;

/// Hosts of one list.
pub const MAX_HOSTS: usize = 64;

/// Threads that look names up at the same time, in the whole process. A resolver that does not
/// answer can hold no more; other lookups wait for their turn.
pub const MAX_LOOKUPS: usize = 16;

/// How long a lookup waits for its turn: as long as the system's resolver tries three silent servers,
/// so that one of those before it should have ended.
pub const LOOKUP_PATIENCE: Duration = Duration::from_secs(30);

/// A name that somebody else began to look up so recently is not looked up once more: its answer serves
/// all who ask. Later a new attempt may do better.
pub const LOOKUP_SHARED: Duration = Duration::from_secs(2);

/// Longest user name in bytes that is sent. MariaDB allows 80 characters, MySQL 32.
pub const MAX_USER: usize = 255;

/// Longest default schema name in bytes.
pub const MAX_SCHEMA: usize = 64;

/// Bytes of all connection attributes together: the servers' upper limit.
pub const MAX_ATTRIBUTES: usize = 65_536;

/// Commands that may be remembered while the connection is not ready for them.
pub const MAX_PENDING: usize = 64;

/// Bytes that the commands of one pipeline may have by default, until their answers are over.
pub const PIPELINE_MAX: usize = 16 * 1024 * 1024;

/// Lowest limit for them that can be asked for.
pub const MIN_PIPELINE: usize = 1024;

/// Bytes of a pipeline that are put into the output at once: what comes behind can still be taken back.
pub const PIPELINE_STEP: usize = 256 * 1024;

/// The same where the connection's memory is bounded: so much is there twice.
pub const PIPELINE_SHORT_STEP: usize = 32 * 1024;

/// Bytes of the rows that one command of a bulk execute has; a longer row goes by itself. Below the lowest limit
/// that servers have by default for a packet (1 MiB).
pub const BULK_PACKET: usize = 512 * 1024;

/// Commands of a bulk execute whose answers are awaited at the same time. Enough to hide a network's delay; so many
/// are written in one call at most.
pub const BULK_WINDOW: usize = 4096;

/// The same where the connection's memory is bounded.
pub const BULK_SHORT_WINDOW: usize = 256;

/// Answers that one poll takes of a bulk execute, or of a pipeline that was closed: each counts for so many bytes of
/// `FILL_BUDGET`.
pub const DROPPED_ANSWER: usize = 1024;

/// What a command of a pipeline counts for, besides its text and values.
pub const PIPELINE_COMMAND: usize = 128;

/// Bytes of a parameter in one packet of long data; longer pieces are cut. Below the lowest limit that
/// servers have by default for a packet (1 MiB).
pub const LONG_DATA_PIECE: usize = 512 * 1024;

/// Bytes of a local file in one packet. Below the lowest limit that servers have by default for a packet, and
/// what is compressed at a time.
pub const UPLOAD_PIECE: usize = 64 * 1024;

/// Longest idle time in seconds before a keep-alive probe: Linux takes no more.
pub const MAX_KEEP_ALIVE: u32 = 32_767;

/// Stack of the helper thread that looks a host name up. The system's resolver and its plug-ins run
/// on it.
pub const LOOKUP_STACK: usize = 512 * 1024;

/// Events taken from the system at once: what more there are come with the next call.
pub const EVENTS_AT_ONCE: usize = 1024;

/// Runs of a pool between two questions for events, while some connection has work without any: asking costs
/// as much as ten rows, and the others wait for no more than so many callbacks.
pub const RUNS_UNASKED: u32 = 16;

/// Most connections that a pool makes from its template by default: what a server of a few processors can
/// well use, so that more is somebody's choice.
pub const POOL_MAX: usize = 10;

/// How long a pool keeps connections that nobody uses, and how long it uses one at all: shorter than what
/// servers, balancers and firewalls commonly wait before they drop it (MySQL's own limit is 8 hours).
pub const POOL_IDLE: Duration = Duration::from_secs(600);
/// See `POOL_IDLE`.
pub const POOL_LIFE: Duration = Duration::from_secs(1800);

/// How long an idle connection of a pool goes without a word before it is asked for one. Within this time
/// and `POOL_ANSWER` a connection is found out that has died without a sign.
pub const POOL_PING: Duration = Duration::from_secs(30);

/// How long a pool waits for the answer to a command of its own.
pub const POOL_ANSWER: Duration = Duration::from_secs(5);

/// Connections that a pool makes at the same time: below the listen backlog of every server (80 for
/// MariaDB, 50 for small MySQL servers), beyond which connects are lost or stall.
pub const POOL_CONNECTS: usize = 16;

/// Queries that wait in a pool by default.
pub const POOL_QUEUE: usize = 1000;

/// How long a pool waits after a connect has failed, doubled each time up to the second number.
pub const POOL_PAUSE: Duration = Duration::from_millis(100);
/// See `POOL_PAUSE`.
pub const POOL_PAUSE_MOST: Duration = Duration::from_millis(6400);

/// Connections that a query is given to, when one after the other is lost before the query is sent.
pub const POOL_TRIES: u8 = 3;

/// How long a connection may have been idle without being looked at before it is used: events that tell its
/// end may be waiting since.
pub const POOL_UNSEEN: Duration = Duration::from_millis(100);
/// Milliseconds for each step of a cancel, unless the program says otherwise: a server that cannot take a
/// connection in that time will not be heard from soon.
pub const CANCEL_TIMEOUT: u32 = 10_000;
