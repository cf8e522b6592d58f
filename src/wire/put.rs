// SPDX-License-Identifier: Apache-2.0
//! Writes the protocol's basic types at the end of a byte vector; the reverse of `cursor`.

/// A length-encoded integer.
pub fn lenenc(out: &mut Vec<u8>, value: u64) {
    let [a, b, c, ..] = value.to_le_bytes();
    match value {
        0..=250 => out.push(a),
        251..=0xffff => out.extend_from_slice(&[0xfc, a, b]),
        0x1_0000..=0xff_ffff => out.extend_from_slice(&[0xfd, a, b, c]),
        _ => {
            out.push(0xfe);
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
}

/// A string with its length before it.
pub fn lenenc_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    lenenc(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A string and a NUL. What follows a NUL inside `bytes` is left out: the server would take it for the
/// next field.
pub fn nul_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(bytes.iter().take_while(|&&byte| byte != 0));
    out.push(0);
}

/// Connection attributes, names and values.
pub fn attributes(out: &mut Vec<u8>, attributes: &[(Vec<u8>, Vec<u8>)]) {
    let mut pairs = Vec::new();
    for (name, value) in attributes {
        lenenc_bytes(&mut pairs, name);
        lenenc_bytes(&mut pairs, value);
    }
    lenenc_bytes(out, &pairs);
}

/// Bytes that `attributes` appends, at most.
pub fn attributes_size(attributes: &[(Vec<u8>, Vec<u8>)]) -> usize {
    9 + attributes.iter().map(|(name, value)| name.len() + value.len() + 18).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::cursor::Cursor;

    #[test]
    fn lengths_round_trip() {
        for value in
            [0, 1, 127, 128, 250, 251, 255, 256, 0xffff, 0x1_0000, 0xff_ffff, 1 << 24, u64::MAX]
        {
            let mut out = Vec::new();
            lenenc(&mut out, value);
            let mut cursor = Cursor::new("test", &out);
            assert_eq!(cursor.lenenc(), Ok(value));
            assert!(cursor.is_empty());
        }
    }

    #[test]
    fn a_nul_ends_the_string() {
        let mut out = Vec::new();
        nul_bytes(&mut out, b"ab\0cd");
        assert_eq!(out, b"ab\0");
    }
}
