// SPDX-License-Identifier: Apache-2.0
//! The payload of an execute, without its command byte, and of everything else that carries parameters:
//! MySQL's query attributes, MariaDB's arrays of parameters.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html>

use crate::wire::put::{lenenc, lenenc_bytes};
use crate::wire::value::Param;

/// Flag of an execute: the number of parameters is in the packet.
const PARAMETER_COUNT_AVAILABLE: u8 = 8;

/// Bytes of an execute before its parameters.
const HEAD: usize = 9;

/// Flag of a bulk execute: the answer has a row for each row of parameters. Only for servers with
/// MARIADB_CLIENT_BULK_UNIT_RESULTS; others refuse it with error 1295.
pub const BULK_UNIT_RESULTS: u16 = 64;
/// Flag of a bulk execute: the types of the parameters follow.
const BULK_TYPES: u16 = 128;

/// Writes the payload. The type of every parameter is sent every time, that of NULL too: the server reads
/// as many types as the statement has parameters.
#[inline]
pub fn put_execute<'a>(
    out: &mut Vec<u8>,
    statement_id: u32,
    cursor: u8,
    params: impl ExactSizeIterator<Item = Param<'a>>,
) {
    put_head(out, statement_id, cursor);
    let count = params.len();
    if count == 0 {
        return;
    }
    let nulls = out.len();
    let types = nulls + count.div_ceil(8) + 1;
    out.resize(types + 2 * count, 0);
    // The types follow.
    set(out, types - 1, 1);
    for (i, param) in params.take(count).enumerate() {
        if param.is_null() {
            set(out, nulls + i / 8, 1 << (i % 8));
        }
        if let Some(place) = out.get_mut(types + 2 * i..).and_then(<[u8]>::first_chunk_mut) {
            *place = param.wire_type().to_le_bytes();
        }
        param.put(out);
    }
}

/// Changes the payload of an execute to one of another statement, and with another cursor flag.
pub fn change_head(payload: &mut [u8], statement_id: u32, cursor: u8) {
    if let Some(head) = payload.first_chunk_mut() {
        let [a, b, c, d] = statement_id.to_le_bytes();
        *head = [a, b, c, d, cursor];
    }
}

/// An attribute of a query, whose value is a string.
pub type Attribute = (Vec<u8>, Vec<u8>);

/// As `put_execute`, for a connection with CLIENT_QUERY_ATTRIBUTES, whose server takes no other form: `plain` is
/// what that has written, with `params` parameters. Each has a name then, an empty one; the attributes follow
/// as further parameters.
pub fn put_execute_named(out: &mut Vec<u8>, plain: &[u8], params: usize, attributes: &[Attribute]) {
    let count = params + attributes.len();
    let (head, rest) = plain.split_first_chunk::<HEAD>().unwrap_or((&[0; HEAD], &[]));
    if count == 0 {
        // The number may be left out too, then.
        return out.extend_from_slice(head);
    }
    let at = out.len();
    out.extend_from_slice(head);
    // Behind the statement's number.
    set(out, at + 4, PARAMETER_COUNT_AVAILABLE);
    lenenc(out, count as u64);
    let (nulls, rest) = rest.split_at_checked(params.div_ceil(8)).unwrap_or_default();
    let (types, values) =
        rest.get(1..).and_then(|rest| rest.split_at_checked(2 * params)).unwrap_or_default();
    let bitmap = out.len() + count.div_ceil(8);
    out.extend_from_slice(nulls);
    out.resize(bitmap, 0);
    out.push(1);
    for kind in types.chunks_exact(2) {
        out.extend_from_slice(kind);
        out.push(0);
    }
    put_names(out, attributes);
    out.extend_from_slice(values);
    attributes.iter().for_each(|(_, value)| lenenc_bytes(out, value));
}

/// What stands before the text of a query on a connection with CLIENT_QUERY_ATTRIBUTES, even if there are
/// none.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html>
pub fn put_query_attributes(out: &mut Vec<u8>, attributes: &[Attribute]) {
    lenenc(out, attributes.len() as u64);
    // One set of them.
    lenenc(out, 1);
    if !attributes.is_empty() {
        out.resize(out.len() + attributes.len().div_ceil(8), 0);
        out.push(1);
        put_names(out, attributes);
        attributes.iter().for_each(|(_, value)| lenenc_bytes(out, value));
    }
}

/// The type of each, and its name.
fn put_names(out: &mut Vec<u8>, attributes: &[Attribute]) {
    for (name, _) in attributes {
        out.extend_from_slice(&Param::Text(b"").wire_type().to_le_bytes());
        lenenc_bytes(out, name);
    }
}

/// The beginning of a bulk execute: MariaDB runs the statement for every row of parameters that follows.
/// There must be one. `types` are those of the parameters.
/// <https://mariadb.com/kb/en/com_stmt_bulk_execute/>
pub fn put_bulk(out: &mut Vec<u8>, statement_id: u32, flags: u16, types: &[u16]) {
    out.extend_from_slice(&statement_id.to_le_bytes());
    out.extend_from_slice(&(flags | BULK_TYPES).to_le_bytes());
    out.extend(types.iter().flat_map(|kind| kind.to_le_bytes()));
}

/// Changes the type of parameter `i` in the payload that `put_bulk` began.
pub fn change_type(out: &mut [u8], i: usize, kind: u16) {
    // Statement and flags are before the types.
    if let Some(place) = out.get_mut(6 + 2 * i..).and_then(<[u8]>::first_chunk_mut) {
        *place = kind.to_le_bytes();
    }
}

/// A parameter in a row of a bulk execute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slot<'a> {
    /// A value or NULL.
    Value(Param<'a>),
    /// The column's default.
    Default,
    /// In an INSERT the column's default; in an UPDATE the column stays as it is.
    Ignore,
}

impl Slot<'_> {
    /// The most bytes that it has, with what is before them.
    pub fn most(&self) -> usize {
        match self {
            Self::Value(Param::Text(b) | Param::Blob(b) | Param::Decimal(b) | Param::Json(b)) => {
                b.len() + 16
            }
            Self::Value(_) | Self::Default | Self::Ignore => 16,
        }
    }
}

/// A row that cannot be sent: the number of the parameter, from 0, that is missing, one too many, of
/// another type than the column of parameters it is in, or long data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit(pub usize);

/// One more row of a bulk execute. A row that does not fit `types` writes nothing. A caller that needs to
/// keep below a size truncates `out` to its former length and sends the row with the next packet.
pub fn put_bulk_row<'a>(
    out: &mut Vec<u8>,
    types: &[u16],
    row: impl IntoIterator<Item = Slot<'a>>,
) -> Result<(), Misfit> {
    let start = out.len();
    let put = |out: &mut Vec<u8>| {
        let mut row = row.into_iter();
        for (i, kind) in types.iter().enumerate() {
            match row.next().ok_or(Misfit(i))? {
                Slot::Value(Param::Null) => out.push(1),
                Slot::Default => out.push(2),
                Slot::Ignore => out.push(3),
                Slot::Value(Param::LongData) => return Err(Misfit(i)),
                Slot::Value(param) if param.wire_type() != *kind => return Err(Misfit(i)),
                Slot::Value(param) => {
                    out.push(0);
                    param.put(out);
                }
            }
        }
        row.next().map_or(Ok(()), |_| Err(Misfit(types.len())))
    };
    let done = put(out);
    if done.is_err() {
        out.truncate(start);
    }
    done
}

/// Statement, cursor flag, and how many times, which must be 1.
#[inline]
fn put_head(out: &mut Vec<u8>, statement_id: u32, flags: u8) {
    let [a, b, c, d] = statement_id.to_le_bytes();
    out.extend_from_slice(&[a, b, c, d, flags, 1, 0, 0, 0]);
}

/// Adds `bits` to a byte that is there.
#[inline]
fn set(out: &mut [u8], at: usize, bits: u8) {
    if let Some(byte) = out.get_mut(at) {
        *byte |= bits;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execute(params: &[Param<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        put_execute(&mut out, 1, 0, params.iter().copied());
        out
    }

    #[test]
    fn the_example_of_the_manual() {
        let want = b"\x01\0\0\0\0\x01\0\0\0\x00\x01\xfe\x00\x03foo";
        assert_eq!(execute(&[Param::Text(b"foo")]), want);
        assert_eq!(execute(&[]), b"\x01\0\0\0\0\x01\0\0\0");
    }

    #[test]
    fn every_parameter_has_a_type() {
        let params = [Param::Null, Param::Int(1), Param::LongData, Param::Null, Param::UInt(2)];
        let want = [
            &b"\x01\0\0\0\0\x01\0\0\0"[..],
            b"\x09\x01\x06\0\x03\0\xfc\0\x06\0\x03\x80",
            b"\x01\0\0\0\x02\0\0\0",
        ];
        assert_eq!(execute(&params), want.concat());
    }

    #[test]
    fn the_bitmap_has_a_bit_for_each() {
        for count in [1usize, 7, 8, 9, 16, 17, 65535] {
            let params: Vec<_> =
                (0..count).map(|i| if i % 3 == 0 { Param::Null } else { Param::Tiny(5) }).collect();
            let out = execute(&params);
            let bitmap = count.div_ceil(8);
            let values = params.iter().filter(|param| !param.is_null()).count();
            assert_eq!(out.len(), 9 + bitmap + 1 + 2 * count + values);
            for i in 0..count {
                assert_eq!(out[9 + i / 8] >> (i % 8) & 1 == 1, i % 3 == 0, "{i}");
            }
            assert_eq!(out[9 + bitmap], 1);
        }
    }

    fn attribute(name: &str, value: &str) -> Attribute {
        (name.as_bytes().to_vec(), value.as_bytes().to_vec())
    }

    /// As a MySQL 9.7 took it, with one `?` in the statement.
    #[test]
    fn parameters_with_names() {
        let named = |params: &[Param<'_>], attributes: &[Attribute]| {
            let mut out = Vec::new();
            put_execute_named(&mut out, &execute(params), params.len(), attributes);
            out
        };
        let attributes = [attribute("n", "a"), attribute("m", "")];
        let want = [
            &b"\x01\0\0\0\x08\x01\0\0\0"[..],
            b"\x03\0\x01\xfe\0\0\xfe\0\x01n\xfe\0\x01m",
            b"\x01x\x01a\0",
        ];
        assert_eq!(named(&[Param::Text(b"x")], &attributes), want.concat());
        assert_eq!(named(&[], &[]), execute(&[]));
        // Eight parameters of which the last one is NULL: the attribute needs another byte of bits.
        let mut params = [Param::Tiny(5); 8];
        params[7] = Param::Null;
        let want = [
            &b"\x01\0\0\0\x08\x01\0\0\0"[..],
            b"\x09\x80\0\x01",
            &b"\x01\0\0".repeat(7),
            b"\x06\0\0\xfe\0\x01n",
            b"\x05\x05\x05\x05\x05\x05\x05\x01a",
        ];
        assert_eq!(named(&params, &attributes[..1]), want.concat());
        let only = [&b"\x01\0\0\0\x08\x01\0\0\0"[..], b"\x01\0\x01\xfe\0\x01n\x01a"];
        assert_eq!(named(&[], &attributes[..1]), only.concat());
    }

    #[test]
    fn attributes_of_a_query() {
        let mut out = Vec::new();
        put_query_attributes(&mut out, &[]);
        assert_eq!(out, b"\x00\x01");
        out.clear();
        put_query_attributes(&mut out, &[attribute("n", "val"), attribute("m", "")]);
        assert_eq!(out, b"\x02\x01\x00\x01\xfe\0\x01n\xfe\0\x01m\x03val\0");
    }

    /// As a MariaDB 10.11 took it.
    #[test]
    fn rows_of_parameters() {
        let types = [Param::Text(b"").wire_type(), Param::UInt(0).wire_type()];
        let mut out = Vec::new();
        put_bulk(&mut out, 3, 0, &types);
        let rows = [
            [Slot::Value(Param::Text(b"a")), Slot::Value(Param::UInt(1))],
            [Slot::Value(Param::Null), Slot::Value(Param::Null)],
            [Slot::Default, Slot::Value(Param::UInt(u32::MAX))],
            [Slot::Ignore, Slot::Ignore],
        ];
        for row in rows {
            assert_eq!(put_bulk_row(&mut out, &types, row), Ok(()));
        }
        let want = [
            &b"\x03\0\0\0\x80\0\xfe\0\x03\x80"[..],
            b"\0\x01a\0\x01\0\0\0",
            b"\x01\x01",
            b"\x02\0\xff\xff\xff\xff",
            b"\x03\x03",
        ];
        assert_eq!(out, want.concat());
    }

    #[test]
    fn rows_that_do_not_fit_leave_no_trace() {
        let types = [Param::Text(b"").wire_type(), Param::UInt(0).wire_type()];
        let text = Slot::Value(Param::Text(b"a"));
        let number = Slot::Value(Param::UInt(1));
        let cases: [(&[Slot<'_>], usize); 6] = [
            (&[], 0),
            (&[text], 1),
            (&[text, text], 1),
            (&[text, Slot::Value(Param::Int(1))], 1),
            (&[text, number, Slot::Default], 2),
            (&[Slot::Value(Param::LongData), number], 0),
        ];
        let mut out = b"before".to_vec();
        for (row, place) in cases {
            let done = put_bulk_row(&mut out, &types, row.iter().copied());
            assert_eq!((done, &out[..]), (Err(Misfit(place)), &b"before"[..]), "{row:?}");
        }
    }
}
