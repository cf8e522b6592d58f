// SPDX-License-Identifier: Apache-2.0
//! Values that fit, and those that do not.

use super::*;

const TEXTS: [u8; 5] = [kind::VARSTRING, kind::STRING, kind::BLOB, kind::JSON, kind::NEWDECIMAL];

#[test]
fn null_is_null_for_all() {
    for kind in 0..=255 {
        assert_eq!(integer::<i64>(kind, false, None), Checked::Null);
        assert_eq!(double(kind, false, None), Checked::Null);
        assert_eq!(boolean(kind, false, None), Checked::Null);
        assert_eq!(decimal(kind, false, None, &mut Vec::new()), Checked::Null);
        assert_eq!(date_time(kind, false, None), Checked::Null);
        assert_eq!(time(kind, false, None), Checked::Null);
    }
}

#[test]
fn integers_know_their_limits() {
    let tiny = |unsigned, byte: u8| integer::<i8>(kind::TINY, unsigned, Some(&[byte]));
    assert_eq!(tiny(false, 200), Value(-56));
    assert_eq!(tiny(true, 200), OutOfRange);
    assert_eq!(tiny(true, 127), Value(127));
    let big = Some(&[0xff; 8][..]);
    assert_eq!(integer::<u64>(kind::LONGLONG, true, big), Value(u64::MAX));
    assert_eq!(integer::<i64>(kind::LONGLONG, true, big), OutOfRange);
    assert_eq!(integer::<i64>(kind::LONGLONG, false, big), Value(-1));
    assert_eq!(integer::<u64>(kind::LONGLONG, false, big), OutOfRange);
    assert_eq!(integer::<u32>(kind::INT24, false, Some(&[0xff; 4])), OutOfRange);
    assert_eq!(integer::<i32>(kind::INT24, false, Some(&[0xff; 4])), Value(-1));
    assert_eq!(integer::<u8>(kind::YEAR, false, Some(&[0xcf, 7])), OutOfRange);
    assert_eq!(integer::<u16>(kind::BIT, true, Some(b"\x01\x02")), Value(0x0102));
    assert_eq!(integer::<u64>(kind::BIT, true, big), Value(u64::MAX));
    assert_eq!(integer::<u64>(kind::BIT, true, Some(&[0; 9])), OutOfRange);
}

#[test]
fn reals_as_integers_lose_nothing() {
    let from = |value: f64| integer::<i64>(kind::DOUBLE, false, Some(&value.to_le_bytes()));
    assert_eq!(from(-3.0), Value(-3));
    assert_eq!(from(-(2_f64.powi(63))), Value(i64::MIN));
    for value in [0.5, 2_f64.powi(63), 1e300, f64::INFINITY, f64::NAN] {
        assert_eq!(from(value), OutOfRange, "{value}");
    }
    assert_eq!(integer::<u8>(kind::FLOAT, false, Some(&255_f32.to_le_bytes())), Value(255));
}

#[test]
fn texts_as_integers() {
    let cases: &[(&str, Checked<i64>)] = &[
        ("123", Value(123)),
        ("-9223372036854775808", Value(i64::MIN)),
        ("+7", Value(7)),
        ("12.000", Value(12)),
        ("-.0", Value(0)),
        ("9223372036854775808", OutOfRange),
        ("12.001", OutOfRange),
        (".5", OutOfRange),
        ("99999999999999999999999999999999999999999999999999999999999999999", OutOfRange),
        ("", WrongType),
        ("-", WrongType),
        (".", WrongType),
        (" 1", WrongType),
        ("1 ", WrongType),
        ("1e3", WrongType),
        ("1.2.3", WrongType),
        ("--1", WrongType),
        ("0x10", WrongType),
        ("2024-01-01", WrongType),
    ];
    for (text, want) in cases {
        for kind in TEXTS {
            assert_eq!(integer(kind, false, Some(text.as_bytes())), *want, "{text}");
        }
        assert_eq!(integer::<i64>(kind::GEOMETRY, false, Some(text.as_bytes())), WrongType);
    }
    assert_eq!(integer::<i64>(kind::BLOB, false, Some(b"1\xff")), WrongType);
}

#[test]
fn doubles_and_truths() {
    let cases: &[(&str, Checked<f64>, Checked<bool>)] = &[
        ("1.5e3", Value(1500.0), Value(true)),
        ("-0", Value(-0.0), Value(false)),
        ("0.000", Value(0.0), Value(false)),
        ("1e999", OutOfRange, OutOfRange),
        ("1e", WrongType, WrongType),
        ("e5", WrongType, WrongType),
        ("inf", WrongType, WrongType),
        ("nan", WrongType, WrongType),
        ("true", WrongType, Value(true)),
        ("false", WrongType, Value(false)),
        ("yes", WrongType, WrongType),
    ];
    for (text, number, truth) in cases {
        let raw = Some(text.as_bytes());
        assert_eq!(double(kind::STRING, false, raw), *number, "{text}");
        assert_eq!(boolean(kind::STRING, false, raw), *truth, "{text}");
    }
    assert_eq!(double(kind::LONGLONG, true, Some(&[0xff; 8])), Value(18446744073709551615.0));
    for (text, number, _) in cases {
        let found = float(kind::STRING, false, Some(text.as_bytes()));
        assert_eq!(found.map(f64::from), *number, "{text}");
    }
    let of_double = |value: f64| float(kind::DOUBLE, false, Some(&value.to_le_bytes()));
    assert_eq!(of_double(0.1), Value(0.1));
    assert_eq!(of_double(-1e39), OutOfRange);
    assert_eq!(of_double(f64::INFINITY), Value(f32::INFINITY));
    assert_eq!(float(kind::STRING, false, Some(b"1e39")), OutOfRange);
    // Above the middle of two floats, by less than a double can tell.
    let text = b"1.000000059604644775390625000000001";
    assert_eq!(float(kind::NEWDECIMAL, false, Some(text)), Value(1.0 + f32::EPSILON));
    let float_max = f32::MAX.to_le_bytes();
    assert_eq!(float(kind::FLOAT, false, Some(&float_max)), Value(f32::MAX));
    assert_eq!(float(kind::LONGLONG, true, Some(&[0xff; 8])), Value(18446744073709551615.0));
    assert_eq!(float(kind::DATE, false, Some(b"")), WrongType);
    assert_eq!(float(kind::DOUBLE, false, None), Checked::Null);
    assert_eq!(boolean(kind::BIT, true, Some(b"\0\x80")), Value(true));
    assert_eq!(boolean(kind::DATE, false, Some(b"")), WrongType);
    assert_eq!(double(kind::VECTOR, false, Some(b"1")), WrongType);
}

#[test]
fn decimals() {
    let text = |kind, unsigned, raw: &[u8]| {
        let mut scratch = b"old".to_vec();
        match decimal(kind, unsigned, Some(raw), &mut scratch) {
            Value(Text::Formatted(length)) => {
                assert_eq!(scratch.pop(), Some(0));
                assert_eq!(scratch.len(), length);
                String::from_utf8(scratch).unwrap()
            }
            other => format!("{other:?}"),
        }
    };
    assert_eq!(text(kind::LONGLONG, true, &[0xff; 8]), "18446744073709551615");
    assert_eq!(text(kind::TINY, false, &[0xff]), "-1");
    assert_eq!(text(kind::FLOAT, false, &0.1_f32.to_le_bytes()), "0.1");
    assert_eq!(text(kind::DOUBLE, false, &1e22_f64.to_le_bytes()), "10000000000000000000000");
    assert_eq!(text(kind::DOUBLE, false, &f64::NAN.to_le_bytes()), "OutOfRange");
    assert_eq!(text(kind::NEWDECIMAL, false, b"-12.345"), "Value(Raw)");
    assert_eq!(text(kind::STRING, false, b"12,5"), "WrongType");
    assert_eq!(text(kind::DATE, false, b""), "WrongType");
    assert_eq!(text(kind::BIT, true, b"\x0a\xaa"), "2730");
}

#[test]
fn dates() {
    let day = DateTime { year: 2024, month: 2, day: 31, ..DateTime::default() };
    let moment = DateTime { hour: 23, minute: 59, second: 58, microsecond: 500_000, ..day };
    let cases: &[(&str, Checked<DateTime>)] = &[
        ("2024-02-31", Value(day)),
        ("2024-02-31 23:59:58.5", Value(moment)),
        ("2024-02-31T23:59:58.500000", Value(moment)),
        ("0000-00-00 00:00:00", Value(DateTime::default())),
        ("2024-13-01", OutOfRange),
        ("2024-02-32", OutOfRange),
        ("2024-02-01 24:00:00", OutOfRange),
        ("2024-02-01 00:60:00", OutOfRange),
        ("2024-02-01 00:00:60", OutOfRange),
        ("2024-02-31 23:59:58.5000001", WrongType),
        ("2024-02-31 23:59:58.", WrongType),
        ("2024-02-31 23:59", WrongType),
        ("2024-2-31", WrongType),
        ("20240231", WrongType),
        ("2024-0x-01", WrongType),
        ("", WrongType),
    ];
    for (text, want) in cases {
        assert_eq!(date_time(kind::STRING, false, Some(text.as_bytes())), *want, "{text}");
    }
    let raw: Option<&[u8]> = Some(b"\xe8\x07\x02\x1f\x17\x3b\x3a\x20\xa1\x07\0");
    assert_eq!(date_time(kind::DATETIME, false, raw), Value(moment));
    assert_eq!(date_time(kind::TIMESTAMP, false, raw), Value(moment));
    assert_eq!(date_time(kind::DATE, false, raw), Value(day));
    assert_eq!(date_time(kind::DATE, false, Some(b"")), Value(DateTime::default()));
    assert_eq!(date_time(kind::DATE, false, Some(b"\xe8\x07\x0d\x01")), OutOfRange);
    assert_eq!(date_time(kind::TIME, false, Some(b"")), WrongType);
    assert_eq!(date_time(kind::LONG, false, Some(&[0; 4])), WrongType);
}

#[test]
fn times() {
    let span = Time { negative: true, days: 34, hours: 22, minutes: 59, ..Time::default() };
    let cases: &[(&str, Checked<Time>)] = &[
        ("-838:59:00", Value(span)),
        ("-838:59:00.25", Value(Time { microseconds: 250_000, ..span })),
        ("0:00:00", Value(Time::default())),
        ("00:60:00", OutOfRange),
        ("00:00:99", OutOfRange),
        ("99999999999:00:00", WrongType),
        (":00:00", WrongType),
        ("1:2:3", WrongType),
        ("12:00", WrongType),
        ("12:00:00x", WrongType),
    ];
    for (text, want) in cases {
        assert_eq!(time(kind::VARSTRING, false, Some(text.as_bytes())), *want, "{text}");
    }
    assert_eq!(time(kind::TIME, false, Some(b"\x01\x22\0\0\0\x16\x3b\0")), Value(span));
    assert_eq!(time(kind::TIME, false, Some(b"\x01\x22\0\0\0\x18\x3b\0")), OutOfRange);
    assert_eq!(time(kind::DATETIME, false, Some(b"")), WrongType);
}

/// Nothing that a hostile server may put into a cell is more than a wrong value.
#[test]
fn any_bytes_in_any_column() {
    let mut scratch = Vec::new();
    for kind in 0..=255 {
        for length in 0..16 {
            for fill in [0, 1, b'0', b'-', b'.', 0x7f, 0xff] {
                let bytes = vec![fill; length];
                let raw = Some(&bytes[..]);
                let _ = integer::<i64>(kind, true, raw);
                let _ = double(kind, false, raw);
                let _ = float(kind, false, raw);
                let _ = boolean(kind, false, raw);
                let _ = decimal(kind, true, raw, &mut scratch);
                let _ = date_time(kind, false, raw);
                let _ = time(kind, false, raw);
            }
        }
    }
}
