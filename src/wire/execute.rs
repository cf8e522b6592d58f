// SPDX-License-Identifier: Apache-2.0
//! The payload of an execute, without its command byte.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html>

use crate::wire::value::Param;

/// Writes the payload. The type of every parameter is sent every time, that of NULL too: the server reads
/// as many types as the statement has parameters.
#[inline]
pub fn put_execute<'a>(
    out: &mut Vec<u8>,
    statement_id: u32,
    cursor: u8,
    params: impl ExactSizeIterator<Item = Param<'a>>,
) {
    let [a, b, c, d] = statement_id.to_le_bytes();
    // Behind the cursor flag: how many times, which must be 1.
    out.extend_from_slice(&[a, b, c, d, cursor, 1, 0, 0, 0]);
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
        let [low, high] = param.wire_type().to_le_bytes();
        set(out, types + 2 * i, low);
        set(out, types + 2 * i + 1, high);
        param.put(out);
    }
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
        let want =
            b"\x01\0\0\0\0\x01\0\0\0\x09\x01\x06\0\x03\0\xfc\0\x06\0\x03\x80\x01\0\0\0\x02\0\0\0";
        assert_eq!(execute(&params), want);
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
}
