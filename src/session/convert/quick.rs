// SPDX-License-Identifier: Apache-2.0
//! What most values of rows are, read at once: a number of the very type that was asked for, or near it, and
//! a date of the usual length. `None` says nothing but that `checked` is to be asked, with which these agree.

use super::checked;
use crate::wire::bin_row::Field;
use crate::wire::natural::Natural;
use crate::wire::temporal::DateTime;

/// An integer of a column whose integers have a sign.
#[inline(always)]
pub fn integer<T: TryFrom<i64>>(field: &Field) -> Option<T> {
    if field.is_null() || field.natural() != Natural::Integer {
        return None;
    }
    T::try_from(field.whole()?).ok()
}

/// A value of a DOUBLE column.
#[inline(always)]
pub fn double(field: &Field) -> Option<f64> {
    if field.is_null() { None } else { field.double() }
}

/// A date with a time of day and without a fraction.
#[inline(always)]
pub fn date_time(field: &Field) -> Option<DateTime> {
    if field.is_null() {
        return None;
    }
    Some(DateTime::read_usual(field.date_time()?)).filter(checked::is_sound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::convert::checked::Checked::{self, Value};
    use crate::wire::bin_row;
    use crate::wire::kind;

    fn agree<T: PartialEq + std::fmt::Debug>(quick: Option<T>, checked: Checked<T>) -> usize {
        match quick {
            Some(value) => assert_eq!(Value(value), checked),
            None => return 0,
        }
        1
    }

    #[test]
    fn what_is_found_at_once_is_what_is_found() {
        let values: [&[u8]; 12] = [
            b"\x7f",
            b"\x80",
            b"\xff\x7f",
            b"\xff\xff\xff\xff",
            b"\0\0\0\x80",
            b"\x07\0\0\0\0\0\0\x80",
            b"\x07\0\0\0\0\0\xf0\x3f",
            b"\x07\xe8\x07\x02\x1d\x17\x3b\x3b",
            b"\x07\xe8\x07\x0d\x1d\x17\x3b\x3b",
            b"\x07\xff\xff\x02\x1d\x17\x3b\x3b",
            b"\x04\xe8\x07\x02\x1d",
            b"\x00",
        ];
        let mut found = [0; 3];
        for kind in 0..=255 {
            for flags in [0, kind::UNSIGNED_FLAG] {
                // One column, NULL once; then a value.
                let mut fields = [Field::new(kind, flags, 0)];
                for (nulls, value) in
                    [(4, &b""[..])].into_iter().chain(values.map(|value| (0, value)))
                {
                    let mut body = [&[0, nulls], value].concat();
                    if bin_row::parse(&mut body, &mut fields).is_err() {
                        continue;
                    }
                    let [field] = &fields;
                    let number = field.bits().to_le_bytes();
                    let behind = value.get(1..).unwrap_or_default();
                    let raw = if field.cell().is_some() { behind } else { &number };
                    let raw = (!field.is_null()).then_some(raw);
                    let unsigned = field.is_unsigned();
                    found[0] += agree::<i32>(integer(field), checked::integer(kind, unsigned, raw));
                    found[0] += agree::<u32>(integer(field), checked::integer(kind, unsigned, raw));
                    found[0] += agree::<i64>(integer(field), checked::integer(kind, unsigned, raw));
                    found[0] += agree::<u64>(integer(field), checked::integer(kind, unsigned, raw));
                    found[1] += agree(double(field), checked::double(kind, unsigned, raw));
                    found[2] += agree(date_time(field), checked::date_time(kind, unsigned, raw));
                }
            }
        }
        // DOUBLE is one type with two flags; DATETIME and TIMESTAMP have one sound value each.
        assert!(found[0] > 20 && found[1] > 2, "{found:?}");
        assert_eq!(found[2], 4);
    }
}
