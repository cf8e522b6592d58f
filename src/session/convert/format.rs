// SPDX-License-Identifier: Apache-2.0
//! Numbers, dates and times as text, byte for byte as C's printf would write them; without its cost.

use std::io::Write;

use crate::wire::temporal::{DateTime, Time};

/// Longest text of a 64-bit integer.
const DIGITS: usize = 20;

/// As `%llu`.
pub(super) fn unsigned(out: &mut Vec<u8>, value: u64) {
    let mut text = [0; DIGITS];
    let (mut left, mut length) = (value, 0);
    for digit in text.iter_mut().rev() {
        *digit = ascii(left % 10);
        length += 1;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(text.get(DIGITS - length..).unwrap_or_default());
}

/// As `%lld`.
pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(out, value.unsigned_abs());
}

/// As `%f`.
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    // Writing to a vector cannot fail.
    let _ = if value.is_nan() {
        out.write_all(if value.is_sign_negative() { b"-nan" } else { b"nan" })
    } else {
        write!(out, "{value:.6}")
    };
}

/// As `%04u-%02u-%02u`.
pub(super) fn date(out: &mut Vec<u8>, value: &DateTime) {
    if value.year < 100 {
        out.extend_from_slice(b"00");
        two(out, value.year.into());
    } else if value.year < 1000 {
        out.push(b'0');
        unsigned(out, value.year.into());
    } else {
        unsigned(out, value.year.into());
    }
    out.push(b'-');
    two(out, value.month.into());
    out.push(b'-');
    two(out, value.day.into());
}

/// As `date`, then ` %02u:%02u:%02u`, then `.%06u` unless the fraction is zero.
pub(super) fn date_time(out: &mut Vec<u8>, value: &DateTime) {
    date(out, value);
    out.push(b' ');
    clock(out, value.hour.into(), value.minute, value.second, value.microsecond);
}

/// As `%02u:%02u:%02u` with a minus where it is negative, then `.%06u` unless the fraction is zero. Days
/// count as 24 hours.
pub(super) fn time(out: &mut Vec<u8>, value: &Time) {
    if value.negative {
        out.push(b'-');
    }
    let hours = u64::from(value.days) * 24 + u64::from(value.hours);
    clock(out, hours, value.minutes, value.seconds, value.microseconds);
}

fn clock(out: &mut Vec<u8>, hours: u64, minutes: u8, seconds: u8, microseconds: u32) {
    two(out, hours);
    out.push(b':');
    two(out, minutes.into());
    out.push(b':');
    two(out, seconds.into());
    if microseconds != 0 {
        let _ = write!(out, ".{microseconds:06}");
    }
}

/// As `%02u`.
fn two(out: &mut Vec<u8>, value: u64) {
    if value < 100 {
        out.extend_from_slice(&[ascii(value / 10), ascii(value % 10)]);
    } else {
        unsigned(out, value);
    }
}

/// One digit.
fn ascii(digit: u64) -> u8 {
    b'0' + digit.to_le_bytes()[0]
}
