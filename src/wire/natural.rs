// SPDX-License-Identifier: Apache-2.0
//! In which form a program wants the values of a column that it knows nothing of.

use crate::wire::column::BINARY_CHARSET;
use crate::wire::kind;

/// The form that is natural for a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Natural {
    /// A whole number with a sign.
    Integer,
    /// A whole number without sign, or a year.
    Unsigned,
    /// FLOAT.
    Float,
    /// DOUBLE.
    Double,
    /// DATE.
    Date,
    /// DATETIME and TIMESTAMP.
    DateTime,
    /// TIME.
    Time,
    /// Characters, decimal numbers and documents among them.
    Text,
    /// Other bytes.
    Bytes,
}

impl Natural {
    /// The form of a column with this wire type, sign and collation id.
    pub fn of(kind: u8, unsigned: bool, charset: u16) -> Self {
        match kind {
            kind::FLOAT => Self::Float,
            kind::DOUBLE => Self::Double,
            kind::DATE => Self::Date,
            kind::DATETIME | kind::TIMESTAMP => Self::DateTime,
            kind::TIME => Self::Time,
            kind::YEAR => Self::Unsigned,
            kind::TINY | kind::SHORT | kind::INT24 | kind::LONG | kind::LONGLONG if unsigned => {
                Self::Unsigned
            }
            kind::TINY | kind::SHORT | kind::INT24 | kind::LONG | kind::LONGLONG => Self::Integer,
            // Whatever their collation says.
            kind::DECIMAL | kind::NEWDECIMAL | kind::JSON => Self::Text,
            kind::BIT | kind::GEOMETRY | kind::VECTOR => Self::Bytes,
            _ if charset == BINARY_CHARSET => Self::Bytes,
            _ => Self::Text,
        }
    }
}
