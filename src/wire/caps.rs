// SPDX-License-Identifier: Apache-2.0
//! Capability flags, as both sides state them at login.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html>

/// A set of capability flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps(pub u64);

impl Caps {
    /// Long passwords; also says "not MariaDB" when a server leaves it out.
    pub const LONG_PASSWORD: Self = Self(1);
    /// Affected rows count matched rows, not changed ones.
    pub const FOUND_ROWS: Self = Self(1 << 1);
    /// Two-byte column flags.
    pub const LONG_FLAG: Self = Self(1 << 2);
    /// A schema is named at login.
    pub const CONNECT_WITH_DB: Self = Self(1 << 3);
    /// `schema.table.column` is refused.
    pub const NO_SCHEMA: Self = Self(1 << 4);
    /// zlib compression.
    pub const COMPRESS: Self = Self(1 << 5);
    /// LOAD DATA LOCAL.
    pub const LOCAL_FILES: Self = Self(1 << 7);
    /// The 4.1 protocol, the only one spoken here.
    pub const PROTOCOL_41: Self = Self(1 << 9);
    /// TLS, begun by a login packet that is cut short.
    pub const SSL: Self = Self(1 << 11);
    /// `interactive_timeout` applies.
    pub const INTERACTIVE: Self = Self(1 << 10);
    /// A promise about signals that servers ignore.
    pub const IGNORE_SIGPIPE: Self = Self(1 << 12);
    /// Status flags in OK packets.
    pub const TRANSACTIONS: Self = Self(1 << 13);
    /// Password challenges of 20 bytes.
    pub const SECURE_CONNECTION: Self = Self(1 << 15);
    /// Several statements in one command.
    pub const MULTI_STATEMENTS: Self = Self(1 << 16);
    /// Several results for one command.
    pub const MULTI_RESULTS: Self = Self(1 << 17);
    /// The same for prepared statements, and results with OUT parameters.
    pub const PS_MULTI_RESULTS: Self = Self(1 << 18);
    /// Login methods by name.
    pub const PLUGIN_AUTH: Self = Self(1 << 19);
    /// Connection attributes at login.
    pub const CONNECT_ATTRS: Self = Self(1 << 20);
    /// A login answer may be longer than 255 bytes.
    pub const PLUGIN_AUTH_LENENC: Self = Self(1 << 21);
    /// OK packets tell what has changed in the session.
    pub const SESSION_TRACK: Self = Self(1 << 23);
    /// No EOF packet after columns, and an OK packet after rows.
    pub const DEPRECATE_EOF: Self = Self(1 << 24);
    /// zstd compression, whose level ends the login packet.
    pub const ZSTD: Self = Self(1 << 26);
    /// MySQL from 8.0.23: attributes before each query, names of parameters in each execute.
    pub const QUERY_ATTRIBUTES: Self = Self(1 << 27);
    /// Up to three login methods, one after the other.
    pub const MULTI_FACTOR: Self = Self(1 << 28);
    /// MariaDB from 10.2: commands with arrays of parameters. The same versions know the statement that was
    /// prepared last.
    pub const STMT_BULK: Self = Self(1 << 34);
    /// MariaDB: columns of a statement that have not changed are not sent again; the header of every result
    /// says whether they follow.
    /// <https://mariadb.com/kb/en/mariadb-protocol-differences-with-mysql/>
    pub const CACHE_METADATA: Self = Self(1 << 36);

    /// Whether all of `flags` are set.
    pub fn has(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// The flags in both sets.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
