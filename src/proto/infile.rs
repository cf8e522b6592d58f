// SPDX-License-Identifier: Apache-2.0
//! Which local file a query's text names: `LOAD DATA LOCAL INFILE 'name'`, `LOAD XML LOCAL INFILE 'name'`.
//! Reads the beginning of the text as the servers' lexers do, and gives up where they could see something
//! else: then the text names no file, and none is ever sent. Sends nothing itself.
//!
//! Only the first statement of a text counts. To find a second one, quotes would have to be understood as the
//! server understands them, and whoever has put a value into the text could have a say in that.
//! <https://dev.mysql.com/doc/refman/en/load-data.html> <https://mariadb.com/kb/en/load-data-infile/>

use crate::proto::words::Words;

/// The file that `text` names. `no_backslash` says that a backslash is an ordinary character in the session's
/// SQL mode.
pub fn local_file(text: &[u8], no_backslash: bool) -> Option<Vec<u8>> {
    let mut text = Words(text);
    text.word(b"LOAD")?;
    text.any(&[b"DATA", b"XML"])?;
    // Each of these may be there or not.
    let _ = text.any(&[b"LOW_PRIORITY", b"CONCURRENT"]);
    let _ = text.word(b"FROM");
    text.word(b"LOCAL")?;
    text.word(b"INFILE")?;
    string(&mut text, no_backslash)
}

/// Takes a string in single or double quotes. With ANSI_QUOTES the latter is no string, but then the server
/// refuses the statement.
fn string(text: &mut Words<'_>, no_backslash: bool) -> Option<Vec<u8>> {
    text.blanks()?;
    let (&quote, mut rest) = text.0.split_first()?;
    if quote != b'\'' && quote != b'"' {
        return None;
    }
    let mut name = Vec::new();
    loop {
        match rest {
            [b'\\', escaped, tail @ ..] if !no_backslash => {
                unescape(*escaped, &mut name);
                rest = tail;
            }
            [one, two, tail @ ..] if *one == quote && *two == quote => {
                name.push(quote);
                rest = tail;
            }
            [one, ..] if *one == quote => return Some(name),
            [one, tail @ ..] => {
                name.push(*one);
                rest = tail;
            }
            // It has no end.
            [] => return None,
        }
    }
}

/// What a backslash and `byte` stand for: get_text in the servers' sql_lex.cc.
fn unescape(byte: u8, name: &mut Vec<u8>) {
    match byte {
        b'n' => name.push(b'\n'),
        b't' => name.push(b'\t'),
        b'r' => name.push(b'\r'),
        b'b' => name.push(8),
        b'0' => name.push(0),
        b'Z' => name.push(26),
        // For LIKE, the backslash stays.
        b'_' | b'%' => name.extend([b'\\', byte]),
        other => name.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &[u8], no_backslash: bool) -> Option<String> {
        local_file(text, no_backslash)
            .map(|name| name.iter().map(|&byte| char::from(byte)).collect())
    }

    #[test]
    fn names() {
        for (text, name) in [
            (&b"LOAD DATA LOCAL INFILE 'a' INTO TABLE t"[..], "a"),
            (b"load data local infile 'a' into table t", "a"),
            (b"LOAD XML LOCAL INFILE 'a.xml' INTO TABLE t", "a.xml"),
            (b"LOAD DATA LOW_PRIORITY LOCAL INFILE 'a'", "a"),
            (b"LOAD DATA CONCURRENT LOCAL INFILE 'a'", "a"),
            (b"LOAD DATA FROM LOCAL INFILE 'a'", "a"),
            (b"LOAD DATA CONCURRENT FROM LOCAL INFILE 'a'", "a"),
            (b"LOAD DATA LOCAL INFILE'a'INTO TABLE t", "a"),
            (b"LOAD DATA LOCAL INFILE \"a b\" INTO TABLE t", "a b"),
            (b"\t\n\x0b\x0c\r LOAD\tDATA\nLOCAL\rINFILE\x0c'a'", "a"),
            (b"/* c */LOAD/**/DATA/* 'x' */LOCAL /*/ */ INFILE/***/'a'", "a"),
            (b"-- c\nLOAD DATA # LOCAL INFILE 'x'\nLOCAL --\tc\n INFILE --\n'a'", "a"),
            (b"#\nLOAD DATA LOCAL INFILE 'a'", "a"),
            (b"/*+ hint */ LOAD DATA LOCAL INFILE 'a'", "a"),
            (b"LOAD DATA LOCAL INFILE '' INTO TABLE t", ""),
            (b"LOAD DATA LOCAL INFILE 'it''s \"it\"'", "it's \"it\""),
            (b"LOAD DATA LOCAL INFILE \"it's \"\"it\"\"\"", "it's \"it\""),
            (b"LOAD DATA LOCAL INFILE '/* a */ -- #'", "/* a */ -- #"),
            (b"LOAD DATA LOCAL INFILE 'a\xff\xc3\xa9\x00z'", "a\u{ff}\u{c3}\u{a9}\0z"),
            (b"LOAD DATA LOCAL INFILE 'a';LOAD DATA LOCAL INFILE 'b'", "a"),
        ] {
            for no_backslash in [false, true] {
                let shown = String::from_utf8_lossy(text);
                assert_eq!(named(text, no_backslash).as_deref(), Some(name), "{shown}");
            }
        }
    }

    #[test]
    fn backslashes() {
        for (text, with, without) in [
            (&b"LOAD DATA LOCAL INFILE 'C:\\\\t\\x'"[..], Some("C:\\tx"), Some("C:\\\\t\\x")),
            (
                b"LOAD DATA LOCAL INFILE '\\n\\t\\r\\b\\0\\Z'",
                Some("\n\t\r\u{8}\0\u{1a}"),
                Some("\\n\\t\\r\\b\\0\\Z"),
            ),
            (b"LOAD DATA LOCAL INFILE 'a\\_b\\%c'", Some("a\\_b\\%c"), Some("a\\_b\\%c")),
            (b"LOAD DATA LOCAL INFILE 'it\\'s'", Some("it's"), Some("it\\")),
            (b"LOAD DATA LOCAL INFILE 'a\\\\'", Some("a\\"), Some("a\\\\")),
            (b"LOAD DATA LOCAL INFILE 'a\\'", None, Some("a\\")),
            (b"LOAD DATA LOCAL INFILE \"\\\"\\q\"", Some("\"q"), Some("\\")),
        ] {
            let shown = String::from_utf8_lossy(text);
            assert_eq!(named(text, false).as_deref(), with, "{shown}");
            assert_eq!(named(text, true).as_deref(), without, "{shown}, NO_BACKSLASH_ESCAPES");
        }
    }

    #[test]
    fn texts_that_name_no_file() {
        for text in [
            &b""[..],
            b" ",
            b"LOAD",
            b"LOAD DATA",
            b"SELECT 1",
            b"LOAD DATA INFILE 'a' INTO TABLE t",
            b"LOAD DATA LOCAL",
            b"LOAD DATA LOCAL INFILE",
            b"LOAD DATA LOCAL INFILE a",
            b"LOAD DATA LOCAL INFILE `a`",
            b"LOAD DATA LOCAL INFILE N'a'",
            b"LOAD DATA LOCAL INFILE _utf8'a'",
            b"LOAD DATA LOCAL INFILE X'61'",
            b"LOAD DATA LOCAL INFILE ?",
            b"LOAD DATA LOCAL INFILE @a",
            b"LOAD DATA LOCAL INFILE 'a",
            b"LOAD DATA LOCAL INFILE 'a''",
            b"LOAD DATA LOCAL INFILE \"a'",
            b"LOAD DATA LOCALINFILE 'a'",
            b"LOADDATA LOCAL INFILE 'a'",
            b"LOAD DATA LOCAL INFILES 'a'",
            b"LOAD DATA LOCAL_ INFILE 'a'",
            b"LOAD$ DATA LOCAL INFILE 'a'",
            b"LOAD\xc3 DATA LOCAL INFILE 'a'",
            b"LOAD DATA LOW_PRIORITY CONCURRENT LOCAL INFILE 'a'",
            b"LOAD DATA LOCAL CONCURRENT INFILE 'a'",
            b"LOAD DATA REPLACE LOCAL INFILE 'a'",
            b"LOAD INDEX INTO CACHE t",
            b"(LOAD DATA LOCAL INFILE 'a')",
            b";LOAD DATA LOCAL INFILE 'a'",
            b"SELECT 1; LOAD DATA LOCAL INFILE 'a' INTO TABLE t",
            b"SELECT 'LOAD DATA LOCAL INFILE ''a'''",
            b"EXPLAIN LOAD DATA LOCAL INFILE 'a'",
            // Executed by some servers, and a comment for others.
            b"/*!50000 LOAD DATA LOCAL INFILE 'a' */",
            b"LOAD DATA /*! LOCAL */ INFILE 'a'",
            b"LOAD DATA LOCAL /*M!100000 INFILE 'b' # */ INFILE 'a'",
            b"LOAD DATA LOCAL INFILE /*! 'b' -- */ 'a'",
            // Not a comment, or one without an end.
            b"--LOAD DATA LOCAL INFILE 'a'",
            b"LOAD DATA LOCAL --INFILE 'a'",
            b"/* LOAD DATA LOCAL INFILE 'a'",
            b"LOAD DATA LOCAL /*/ INFILE 'a'",
            b"# LOAD DATA LOCAL INFILE 'a'",
            b"-- LOAD DATA LOCAL INFILE 'a'",
            b"LOAD DATA LOCAL --",
            b"\x00LOAD DATA LOCAL INFILE 'a'",
            b"\xa0LOAD DATA LOCAL INFILE 'a'",
        ] {
            for no_backslash in [false, true] {
                let shown = String::from_utf8_lossy(text);
                assert_eq!(named(text, no_backslash), None, "{shown}");
            }
        }
    }

    /// Whatever is cut off: a part of the text names the same file or none.
    #[test]
    fn every_beginning_of_a_text() {
        let text = b"/* c */ LOAD -- x\nDATA LOW_PRIORITY LOCAL INFILE 'it\\'s' INTO TABLE t";
        let whole = named(text, false);
        assert_eq!(whole.as_deref(), Some("it's"));
        let end = text.windows(2).rposition(|two| two == b"s'").unwrap() + 2;
        for at in 0..text.len() {
            let got = named(&text[..at], false);
            assert_eq!(got, whole.clone().filter(|_| at >= end), "{at}");
        }
    }
}
