// SPDX-License-Identifier: Apache-2.0
//! Every setter x every column type x every getter. What a parameter stores is compared with what the same
//! value stores when it is written into the text of a query; what the getters give, with what the server
//! says in a text row.

use crate::support::packets::Value;
use crate::support::raw::{self, CApi};
use crate::support::servers::{self, Kind, Server};
use crate::support::statements::{Got, Set};
use crate::support::subject::{Seen, Subject};

const EVERYWHERE: [&str; 45] = [
    "TINYINT",
    "TINYINT UNSIGNED",
    "SMALLINT",
    "SMALLINT UNSIGNED",
    "MEDIUMINT",
    "MEDIUMINT UNSIGNED",
    "INT",
    "INT UNSIGNED",
    "INT(12) UNSIGNED ZEROFILL",
    "BIGINT",
    "BIGINT UNSIGNED",
    "BOOL",
    "FLOAT",
    "DOUBLE",
    "DECIMAL(20,4)",
    "DECIMAL(65,0)",
    "BIT(1)",
    "BIT(13)",
    "BIT(64)",
    "YEAR",
    "DATE",
    "TIME",
    "TIME(6)",
    "TIME(2)",
    "DATETIME",
    "DATETIME(6)",
    "DATETIME(3)",
    "TIMESTAMP NULL",
    "TIMESTAMP(6) NULL",
    "CHAR(20)",
    "VARCHAR(200)",
    "BINARY(10)",
    "VARBINARY(200)",
    "TINYTEXT",
    "TEXT",
    "MEDIUMTEXT",
    "LONGTEXT",
    "TINYBLOB",
    "BLOB",
    "MEDIUMBLOB",
    "LONGBLOB",
    "ENUM('abc','123','x')",
    "SET('abc','123','x')",
    "GEOMETRY",
    "POINT",
];

fn types(server: &Server) -> Vec<&'static str> {
    let more: &[&str] = match server.kind {
        Kind::MySql56 => &[],
        Kind::MySql97 => &["JSON", "VECTOR(3)"],
        Kind::MariaDb1011 => &["JSON", "UUID", "INET4", "INET6"],
        Kind::MariaDb118 => &["JSON", "UUID", "INET4", "INET6", "VECTOR(3)"],
    };
    [&EVERYWHERE, more].concat()
}

/// Every setter, with limits, and values that some column takes.
fn values(long: &[u8]) -> Vec<Set<'_>> {
    let point = b"\0\0\0\0\x01\x01\0\0\0\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\x40";
    vec![
        Set::Null,
        Set::Int(0),
        Set::Int(1),
        Set::Int(-1),
        Set::Int(127),
        Set::Int(-128),
        Set::Int(200),
        Set::Int(2001),
        Set::Int(-32768),
        Set::Int(8_388_607),
        Set::Int(-8_388_608),
        Set::Int(i32::MAX),
        Set::Int(i32::MIN),
        Set::UInt(0),
        Set::UInt(255),
        Set::UInt(65_535),
        Set::UInt(16_777_215),
        Set::UInt(u32::MAX),
        Set::BigInt(i64::MAX),
        Set::BigInt(i64::MIN),
        Set::BigInt(20_010_203_040_506),
        Set::UBigInt(u64::MAX),
        Set::UBigInt(1 << 63),
        Set::Double(0.0),
        Set::Double(-0.5),
        Set::Double(2.71825),
        Set::Double(1e300),
        Set::Double(-1e-7),
        Set::Text(b""),
        Set::Text(b"abc"),
        Set::Text(b"123"),
        Set::Text(b"-12.75"),
        Set::Text(b"2001-02-03"),
        Set::Text(b"2001-02-03 04:05:06.789"),
        Set::Text(b"0000-00-00"),
        Set::Text(b"-838:59:59"),
        Set::Text(b"{\"a\": [1, null]}"),
        Set::Text(b"12345678-9abc-def0-1234-56789abcdef0"),
        Set::Text(b"10.1.2.3"),
        Set::Text(b"fe80::1"),
        Set::Text(b"it's \\ \"quoted\"\0 here"),
        Set::Text(long),
        Set::Blob(b""),
        Set::Blob(b"abc"),
        Set::Blob(b"\0\x01\xfe\xff"),
        Set::Blob(point),
        Set::Blob(b"\0\0\x80\x3f\0\0\0\x40\0\0\x40\x40"),
        Set::Blob(long),
        Set::DateTime(2001, 2, 3, 0, 0, 0, 0),
        Set::DateTime(2001, 2, 3, 4, 5, 6, 0),
        Set::DateTime(2037, 12, 31, 23, 59, 59, 999_999),
        Set::DateTime(1, 2, 3, 0, 0, 0, 1),
        Set::DateTime(0, 0, 0, 0, 0, 0, 0),
        Set::DateTime(9999, 12, 31, 23, 59, 59, 0),
        Set::Time(0, 0, 0, 0, false),
        Set::Time(5, 0, 0, 0, false),
        Set::Time(23, 59, 59, 999_999, false),
        Set::Time(200, 1, 2, 3, true),
        Set::Time(0, 0, 0, 1, true),
    ]
}

/// The value, written into a text. Servers take a parameter's date or time for what stands after CAST, or
/// for a string, with or without a fraction, depending on column and version.
fn literals(value: Set<'_>) -> Vec<String> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let temporal = |whole: String, us: u32, kind: &str| {
        let exact = format!("{whole}.{us:06}");
        vec![
            format!("CAST('{exact}' AS {kind}(6))"),
            format!("CAST('{whole}' AS {kind})"),
            format!("'{exact}'"),
            format!("'{whole}'"),
        ]
    };
    let one = match value {
        Set::Null => "NULL".to_owned(),
        Set::Int(n) => n.to_string(),
        Set::UInt(n) => n.to_string(),
        Set::BigInt(n) => n.to_string(),
        Set::UBigInt(n) => n.to_string(),
        Set::Double(n) => format!("{n:e}"),
        Set::Text([]) => "''".to_owned(),
        Set::Blob([]) => "_binary''".to_owned(),
        Set::Text(bytes) => format!("CONVERT(x'{}' USING utf8)", hex(bytes)),
        Set::Blob(bytes) => format!("_binary x'{}'", hex(bytes)),
        Set::DateTime(y, mo, d, h, mi, s, us) => {
            return temporal(
                format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}"),
                us,
                "DATETIME",
            );
        }
        Set::Time(h, mi, s, us, negative) => {
            let sign = if negative { "-" } else { "" };
            return temporal(format!("{sign}{h:02}:{mi:02}:{s:02}"), us, "TIME");
        }
    };
    vec![one]
}

/// The rows of a query.
fn rows(con: &mut CApi, text: &str) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for seen in con.ask(text.as_bytes(), false) {
        match seen {
            Seen::Row(row) => rows.push(row),
            Seen::Failed(failure) => panic!("{text}: {failure:?}"),
            _ => {}
        }
    }
    rows
}

fn code(seen: &[Seen]) -> i32 {
    match seen.last() {
        Some(Seen::Failed(failure)) => failure.code,
        _ => 0,
    }
}

/// The number with so many bits of it, taken as signed or not.
fn bits(n: i128, width: u32, signed: bool) -> i128 {
    let n = n & ((1 << width) - 1);
    if signed && n >> (width - 1) != 0 { n - (1 << width) } else { n }
}

/// What the getters must give for a column of this type, by what the server says of the value: its text,
/// and for real numbers that of the double.
fn wanted(kind: u32, unsigned: bool, said: &Value) -> Got {
    let Some(said) = said else {
        let (int, uint, bigint, ubigint) = (Ok(0), Ok(0), Ok(0), Ok(0));
        return Got { int, uint, bigint, ubigint, double: Ok(0.0), text: None };
    };
    let text = || std::str::from_utf8(said).unwrap();
    let width = match kind {
        1 => 8,
        2 | 13 => 16,
        3 => 32,
        9 => 24,
        8 => 64,
        4 | 5 => return wanted_real(text().parse().unwrap()),
        10..=12 | 7 => return no_numbers(with_six_digits(text()).into_bytes()),
        _ => return no_numbers(said.clone()),
    };
    let n: i128 = text().parse().unwrap();
    assert_eq!(n, bits(n, width, !unsigned), "the column holds it");
    // A MEDIUMINT has four bytes on the wire: an unsigned one is never negative.
    let signed = bits(n, if width == 24 { 32 } else { width }, true);
    let plain = bits(n, width, false);
    Got {
        int: Ok(bits(signed, 32, true) as i32),
        uint: Ok(bits(plain, 32, false) as u32),
        bigint: Ok(signed as i64),
        ubigint: Ok(plain as u64),
        double: Ok(n as f64),
        text: Some(n.to_string().into_bytes()),
    }
}

/// Truncated, and the nearest limit beyond it.
fn wanted_real(n: f64) -> Got {
    Got {
        int: Ok(n as i32),
        uint: Ok(n as u32),
        bigint: Ok(n as i64),
        ubigint: Ok(n as u64),
        double: Ok(n),
        text: Some(raw::printed(c"%f", n).into_bytes()),
    }
}

fn no_numbers(text: Vec<u8>) -> Got {
    let (int, uint, bigint, ubigint) = (Err(3000), Err(3000), Err(3000), Err(3000));
    Got { int, uint, bigint, ubigint, double: Err(3000), text: Some(text) }
}

/// A time as the contract writes it: a fraction of six digits, or none.
fn with_six_digits(text: &str) -> String {
    match text.split_once('.') {
        Some((head, fraction)) if fraction.bytes().all(|digit| digit == b'0') => head.to_owned(),
        Some((head, fraction)) => format!("{head}.{fraction:0<6}"),
        None => text.to_owned(),
    }
}

#[test]
fn every_value_into_every_column_and_back() {
    let long = [b"0123456789abcdef".repeat(65_536), b"!".to_vec()].concat();
    let values: Vec<_> = values(&long).into_iter().map(|value| (value, literals(value))).collect();
    for server in servers::all() {
        let mut con = CApi::to(&server.unix());
        for text in
            ["SET NAMES utf8", "SET sql_mode = 'ALLOW_INVALID_DATES'", "SET time_zone = '+00:00'"]
        {
            assert_eq!(code(&con.ask(text.as_bytes(), false)), 0, "{text}");
        }
        for column in types(&server) {
            one_type(&server, &mut con, column, &values);
        }
    }
}

fn one_type(server: &Server, con: &mut CApi, column: &str, values: &[(Set<'_>, Vec<String>)]) {
    let what = format!("{} {column}", server.name);
    for table in ["by_param", "by_text"] {
        let text = format!("CREATE TEMPORARY TABLE {table} (id INT, c {column})");
        assert_eq!(code(&con.ask(text.as_bytes(), false)), 0, "{what}");
    }
    let mut stored = 0;
    for (id, (value, literals)) in (0..).zip(values) {
        // MySQL keeps to the type that a statement's parameter had first.
        con.prepared("INSERT INTO by_param VALUES (?, ?)").unwrap();
        let by_param = con.run_statement(&[Set::Int(id), *value]).map_or_else(|f| f.code, |_| 0);
        let by_text = literals.iter().map(|literal| {
            let text = format!("INSERT INTO by_text VALUES ({id}, {literal})");
            code(&con.ask(text.as_bytes(), false))
        });
        let by_text: Vec<_> = by_text.collect();
        let is_odd = is_odd(server, column, *value);
        assert!(
            is_odd || by_text.contains(&by_param),
            "{what}: {}: {by_param}, should be {by_text:?}",
            short(*value)
        );
        stored += usize::from(by_param == 0);
    }
    con.close_statement();
    assert!(stored >= 1, "{what}: nothing can be stored");
    let hex = |con: &mut CApi, table: &str| {
        rows(con, &format!("SELECT id, HEX(c), c IS NULL FROM {table}"))
    };
    let (by_param, by_text) = (hex(con, "by_param"), hex(con, "by_text"));
    assert_eq!(by_param.len(), stored);
    for row in &by_param {
        let others: Vec<_> = by_text.iter().filter(|other| other[0] == row[0]).collect();
        let id: usize = String::from_utf8_lossy(row[0].as_ref().unwrap()).parse().unwrap();
        let value = values[id].0;
        if !is_odd(server, column, value) && !others.contains(&row) {
            let others: Vec<_> = others.iter().map(|row| show(row)).collect();
            panic!("{what}: {}: stored {}, should be {others:?}", short(value), show(row));
        }
    }
    read(&what, con, stored);
    for table in ["by_param", "by_text"] {
        assert_eq!(code(&con.ask(format!("DROP TABLE {table}").as_bytes(), false)), 0);
    }
}

/// What MySQL does with a parameter and not with the same value in a text: for BIT it makes a number of the
/// string, for TIME a signed number of the unsigned one, and for VECTOR it takes a string for bytes.
fn is_odd(server: &Server, column: &str, value: Set<'_>) -> bool {
    server.kind == Kind::MySql97
        && match value {
            Set::Text(text) => {
                column.starts_with("VECTOR") || (column.starts_with("BIT") && text == b"-12.75")
            }
            Set::UBigInt(n) => column.starts_with("TIME") && n == u64::MAX,
            _ => false,
        }
}

fn short(value: Set<'_>) -> String {
    format!("{value:?}").chars().take(60).collect()
}

fn show(row: &[Value]) -> String {
    let text = String::from_utf8_lossy(row[1].as_deref().unwrap_or(b"NULL")).into_owned();
    format!("{:.80} ({})", text, text.len())
}

/// Every value through every getter.
fn read(what: &str, con: &mut CApi, stored: usize) {
    con.prepared("SELECT c FROM by_param").unwrap();
    con.execute().unwrap();
    let mut got = Vec::new();
    while con.settle().unwrap() == attachsql::session::Polled::RowReady {
        con.statement_row().unwrap();
        got.push(con.every_getter(0));
        con.statement_next();
    }
    let kind = con.column_type(0);
    let unsigned = con.columns()[0].flags & 32 != 0;
    con.close_statement();
    assert_eq!(got.len(), stored, "{what}");
    let real = matches!(kind, 4 | 5);
    let text = if real { "c + 0e0" } else { "c" };
    let said = rows(con, &format!("SELECT {text} FROM by_param"));
    for (got, said) in got.iter().zip(&said) {
        let want = wanted(kind, unsigned, &said[0]);
        let shown = String::from_utf8_lossy(said[0].as_deref().unwrap_or(b"NULL"))
            .chars()
            .take(60)
            .collect::<String>();
        if got.text.as_ref().is_some_and(|text| text.len() > 1000) {
            assert!(*got == want, "{what}: {shown}: not the same");
        } else {
            assert_eq!(*got, want, "{what}: {shown}");
        }
    }
}
