// SPDX-License-Identifier: Apache-2.0
//! Which statements MariaDB takes with arrays of parameters: INSERT and REPLACE of given values, UPDATE, and DELETE
//! from one table. It refuses the rest with error 1295 (CF_PS_ARRAY_BINDING_SAFE in its sql_parse.cc), and no
//! answer to a prepare says which it will be. So the text is read, as far as need be. In doubt a statement is
//! none of them: executed once for each row, every statement does the same, only slower.

use crate::proto::words::Words;

/// What may stand behind the first word of each.
const INSERT: [&[u8]; 5] = [b"LOW_PRIORITY", b"HIGH_PRIORITY", b"DELAYED", b"IGNORE", b"INTO"];
const DELETE: [&[u8]; 3] = [b"LOW_PRIORITY", b"QUICK", b"IGNORE"];

/// Whether MariaDB takes arrays of parameters for the statement `text`.
pub(super) fn takes_arrays(text: &[u8]) -> bool {
    let mut text = Words(text);
    if text.any(&[b"INSERT", b"REPLACE"]).is_some() {
        return inserts_values(text).is_some();
    }
    text.word(b"UPDATE").is_some()
        || text.word(b"DELETE").is_some() && deletes_from_one(text).is_some()
}

/// What follows INSERT or REPLACE: `[INTO] table [PARTITION (...)] [(columns)] VALUES ...`, or SET. Otherwise the
/// rows come from a query.
fn inserts_values(mut text: Words<'_>) -> Option<()> {
    while text.any(&INSERT).is_some() {}
    table(&mut text)?;
    if text.word(b"PARTITION").is_some() {
        names(&mut text)?;
    }
    let _ = names(&mut text);
    if text.word(b"SET").is_some() {
        return Some(());
    }
    text.any(&[b"VALUES", b"VALUE"])?;
    // MariaDB has queries that begin with VALUES.
    (!goes_on(text.0)).then_some(())
}

/// What follows DELETE: `FROM table [WHERE ...]`, and neither further tables nor USING.
fn deletes_from_one(mut text: Words<'_>) -> Option<()> {
    while text.any(&DELETE).is_some() {}
    text.word(b"FROM")?;
    table(&mut text)?;
    text.any(&[b"WHERE", b"ORDER", b"LIMIT", b"RETURNING"])
}

/// A table's name, with its schema's or without.
fn table(text: &mut Words<'_>) -> Option<()> {
    text.name()?;
    if text.byte(b'.').is_some() {
        text.name()?;
    }
    Some(())
}

/// Names in parentheses, or nothing in them. Takes nothing if something else is there.
fn names(text: &mut Words<'_>) -> Option<()> {
    let mut rest = *text;
    rest.byte(b'(')?;
    while rest.byte(b')').is_none() {
        table(&mut rest)?;
        let _ = rest.byte(b',');
    }
    *text = rest;
    Some(())
}

/// Whether a word that joins queries is anywhere in `text`, be it in a string.
fn goes_on(text: &[u8]) -> bool {
    let is = |at: usize, word: &[u8]| {
        text.get(at..)
            .and_then(|rest| rest.get(..word.len()))
            .is_some_and(|here| here.eq_ignore_ascii_case(word))
    };
    text.iter().enumerate().any(|(at, byte)| match byte {
        b'u' | b'U' => is(at, b"UNION"),
        b'e' | b'E' => is(at, b"EXCEPT"),
        b'i' | b'I' => is(at, b"INTERSECT"),
        b'm' | b'M' => is(at, b"MINUS"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As MariaDB 10.11 and 11.8 took them.
    #[test]
    fn taken() {
        for text in [
            "INSERT INTO t VALUES (?, 1)",
            "insert t value (?)",
            "INSERT t(a)VALUES(?)",
            "INSERT INTO t () VALUES (), (?)",
            "INSERT HIGH_PRIORITY IGNORE INTO s . t (`a`, t.b, \"c\") VALUES (?, ?, ?)",
            "INSERT INTO `s`.`odd ``name (` (`x)`) VALUES (?)",
            "INSERT INTO t PARTITION (p0, p1) (a) VALUES (?)",
            "INSERT INTO t SET a = ?",
            "INSERT INTO t VALUES (?, (SELECT MAX(a) FROM u)) ON DUPLICATE KEY UPDATE a = ?",
            "INSERT INTO t VALUES (?) RETURNING a",
            "INSERT INTO st\u{e4}dte VALUES (?)",
            "REPLACE INTO t VALUES (?)",
            "replace t set a = ?",
            "/* a */ -- b\n # c\n INSERT/**/INTO/**/t/**/(/**/a/**/)/**/VALUES/**/(?)",
            "INSERT /*+ hint */ INTO t VALUES (?)",
            "UPDATE t SET a = ?",
            "UPDATE t JOIN u ON t.a = u.a SET t.b = ?",
            "DELETE FROM t WHERE a = ?",
            "DELETE LOW_PRIORITY QUICK IGNORE FROM s.t ORDER BY a LIMIT ?",
            "DELETE FROM t WHERE a IN (SELECT b FROM u JOIN v USING (c) WHERE d = ?)",
            "DELETE FROM t LIMIT ?",
        ] {
            assert!(takes_arrays(text.as_bytes()), "{text}");
        }
    }

    /// Those of which some are refused, and those that are too odd to tell.
    #[test]
    fn left_to_executes() {
        for text in [
            "",
            " ",
            "DO SLEEP(?)",
            "CALL p(?)",
            "SET @x = ?",
            "SELECT ?",
            "WITH x AS (SELECT ?) UPDATE t SET a = 1",
            "(INSERT INTO t VALUES (?))",
            "INSERTS INTO t VALUES (?)",
            "INSERT INTO t SELECT ?",
            "INSERT INTO t (a) SELECT ?",
            "INSERT INTO t (SELECT ?)",
            "INSERT INTO t (a) (SELECT ?)",
            "INSERT INTO t WITH x AS (SELECT ?) SELECT * FROM x",
            "INSERT INTO t TABLE u",
            "INSERT INTO t (VALUES (?))",
            "INSERT INTO t VALUES (?) UNION SELECT 1",
            "INSERT INTO t (a) VALUES (?) union values (2)",
            "INSERT INTO t VALUES (?) EXCEPT VALUES (2)",
            "INSERT INTO t VALUES (?) intersect VALUES (2)",
            "INSERT INTO t VALUES (?) MINUS VALUES (2)",
            "INSERT INTO t VALUESS (?)",
            "INSERT INTO t (a VALUES (?)",
            "INSERT INTO `t VALUES (?)",
            "INSERT INTO t.`",
            "INSERT /*! IGNORE */ INTO t VALUES (?)",
            "/*M!100000 INSERT */ INTO t VALUES (?)",
            "/* INSERT INTO t VALUES (?)",
            "REPLACE INTO t SELECT ?",
            "REPLACE(?)",
            "DELETE t FROM t WHERE a = ?",
            "DELETE FROM t USING t JOIN u WHERE t.a = ?",
            "DELETE FROM t, u USING t JOIN u WHERE t.a = ?",
            "DELETE FROM t.* USING t WHERE t.a = ?",
            "DELETE HISTORY FROM t BEFORE SYSTEM_TIME ?",
            "DELETE FROM t AS x WHERE a = ?",
            "DELETE FROM t FOR PORTION OF p FROM ? TO ? WHERE a = 1",
            "UPDATES t SET a = ?",
        ] {
            assert!(!takes_arrays(text.as_bytes()), "{text}");
        }
    }

    /// Whatever is cut off, it comes to an end.
    #[test]
    fn every_beginning_of_a_text() {
        let text =
            b"/* c */ INSERT INTO `a``b`.c PARTITION (p) (\"x\"\"y\", z) VALUES (?) -- end\n";
        let end = text.windows(6).position(|word| word == b"VALUES").unwrap() + 5;
        for at in 0..=text.len() {
            assert_eq!(takes_arrays(&text[..at]), at >= end, "{at}");
        }
    }
}
