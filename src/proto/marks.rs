// SPDX-License-Identifier: Apache-2.0
//! How many `?` of a statement's text are parameters, before the server has said. The server knows its SQL mode
//! and versions; where those would matter, the number is a guess and says so.

/// A number of parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) count: u16,
    /// No server that takes the text comes to another number.
    pub(super) sure: bool,
}

impl Marks {
    /// Counts the `?` that are neither quoted nor in a comment.
    pub(super) fn of(text: &[u8]) -> Self {
        let (mut count, mut sure, mut rest) = (0_u32, true, text);
        let mut before = 0;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            match byte {
                b'?' => count += 1,
                // The last byte of a character in GBK, Big5 and Shift JIS may look like this one.
                b'`' if before >= 0x80 => sure = false,
                b'\'' | b'"' | b'`' => match quote_end(tail, byte) {
                    Some((behind, plain)) => {
                        sure &= plain;
                        rest = behind;
                    }
                    None => sure = false,
                },
                b'#' => rest = line_end(tail),
                b'-' if is_dash_comment(tail) => rest = line_end(tail),
                b'/' if tail.first() == Some(&b'*') => {
                    let inside = tail.get(1..).unwrap_or_default();
                    match skip(inside, |at| at.starts_with(b"*/")) {
                        // Code, for some versions.
                        _ if inside.starts_with(b"!") || inside.starts_with(b"M!") => sure = false,
                        Some(behind) => rest = behind.get(1..).unwrap_or_default(),
                        None => sure = false,
                    }
                }
                // MariaDB's Oracle mode has parameters with names.
                b':' | b'\\' => sure = false,
                _ => {}
            }
            before = byte;
        }
        match u16::try_from(count) {
            Ok(count) => Self { count, sure },
            Err(_) => Self { count: u16::MAX, sure: false },
        }
    }
}

/// What follows the end of a quoted text, and whether there is no doubt that it is the end: whether a backslash
/// hides a quote depends on the SQL mode (it is thought to), and whether a byte of a name is a quote, on the
/// character set.
fn quote_end(text: &[u8], quote: u8) -> Option<(&[u8], bool)> {
    let (mut rest, mut plain) = (text, true);
    loop {
        let (&byte, tail) = rest.split_first()?;
        rest = tail;
        match byte {
            _ if byte == quote => return Some((tail, plain)),
            b'\\' if quote != b'`' => {
                plain = false;
                rest = tail.get(1..).unwrap_or_default();
            }
            0x80.. if quote == b'`' => plain = false,
            _ => {}
        }
    }
}

/// What follows the first byte of the place where `is_end` is true.
fn skip(text: &[u8], is_end: impl Fn(&[u8]) -> bool) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        let (_, tail) = rest.split_first()?;
        if is_end(rest) {
            return Some(tail);
        }
        rest = tail;
    }
}

/// Two dashes begin a comment if a space or a control character follows.
fn is_dash_comment(behind_one: &[u8]) -> bool {
    match behind_one {
        [b'-'] => true,
        [b'-', next, ..] => *next <= b' ' || *next == 0x7f,
        _ => false,
    }
}

fn line_end(text: &[u8]) -> &[u8] {
    skip(text, |at| at.first() == Some(&b'\n')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_parameter() {
        let sure: [(&[u8], u16); 19] = [
            (b"", 0),
            (b"?", 1),
            (b"SELECT ?, ?,?", 3),
            (b"SELECT '?', \"?\", `?`, ?", 1),
            (b"SELECT 'it''s ?', ?", 1),
            (b"SELECT '\"?', ?, \"'?\"", 1),
            (b"SELECT ? # ?\n, ?", 2),
            (b"SELECT ? -- ?\n, ?", 2),
            (b"SELECT ? --\t?\n, ?", 2),
            (b"SELECT ?--?", 2),
            (b"SELECT 5-?", 1),
            (b"SELECT ? --", 1),
            (b"SELECT ? /* ? ' */, ?", 2),
            (b"SELECT ?/**/, ?", 2),
            (b"SELECT ? / ?", 2),
            (b"SELECT /* * / ? */ ?", 1),
            ("SELECT 'ä?', ?, `a`".as_bytes(), 1),
            (b"SELECT ?#?", 1),
            (b"SELECT ??", 2),
        ];
        for (text, count) in sure {
            let want = Marks { count, sure: true };
            assert_eq!(Marks::of(text), want, "{}", String::from_utf8_lossy(text));
        }
        let unsure: [&[u8]; 11] = [
            b"SELECT '\\'?', ?",
            b"SELECT \\",
            b"SELECT 'open",
            b"SELECT /* open",
            b"SELECT /*! ?, */ ?",
            b"SELECT /*M! ?, */ ?",
            b"SELECT :a, ?",
            b"SELECT @a := ?",
            b"SELECT \x81` ?",
            "SELECT `ä`, ?".as_bytes(),
            &[b'?'; 65_536],
        ];
        for text in unsure {
            assert!(!Marks::of(text).sure, "{}", String::from_utf8_lossy(text));
        }
        let escaped = Marks { count: 1, sure: false };
        assert_eq!(Marks::of(b"SELECT 'it\\'s ?', ?"), escaped);
        assert_eq!(Marks::of(&[b'?'; 65_535]), Marks { count: 65_535, sure: true });
    }
}
