// SPDX-License-Identifier: Apache-2.0
//! Numbers, dates and times as text, byte for byte as C's printf writes them. Values of the usual size
//! are put together in a block of fixed size, which is copied whole: a copy whose length the compiler
//! knows is two instructions. Whatever else a server may send takes the standard library's way.

use std::cell::Cell;
use std::io::Write;

use crate::wire::temporal::{DateTime, Time};

/// Bytes of a block: any 64-bit integer, any date, any time below 100 hours fits.
pub(super) const BLOCK: usize = 32;

/// Room for a text of the usual length and zeros behind it, at least one. Functions that fill one give the
/// length of the text, or `None` if it does not fit; there may be anything in it then.
type Block = [u8; BLOCK];
/// Parts of a whole that six decimals can tell apart.
const MILLION: u64 = 1_000_000;
/// Bits of a double's fraction.
const FRACTION: u32 = 52;

/// Numbers that have two digits are below this.
const HUNDRED: usize = 100;

/// The two digits of each number below 100. What follows is never used: with it, any byte is an index.
static PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[b'0'; 2]; 256];
    let mut number = 0;
    while number < HUNDRED {
        #[expect(clippy::cast_possible_truncation, reason = "the compiler runs it")]
        {
            pairs[number] = [b'0' + number as u8 / 10, b'0' + number as u8 % 10];
        }
        number += 1;
    }
    pairs
};

/// As `%llu`.
pub(super) fn unsigned(out: &mut Vec<u8>, value: u64) {
    put(out, |block| unsigned_block(value, block));
}

/// As `%lld`.
pub(super) fn signed(out: &mut Vec<u8>, value: i64) {
    put(out, |block| signed_block(value, block));
}

/// As `%f`.
pub(super) fn double(out: &mut Vec<u8>, value: f64) {
    if put(out, |block| double_block(value, block)) {
        return;
    }
    if value.is_nan() {
        out.extend_from_slice(if value.is_sign_negative() { b"-nan" } else { b"nan" });
    } else {
        // Both round to the nearest, and of two that are equally near to the even one. Writing to a
        // vector cannot fail, here and below.
        let _ = write!(out, "{value:.6}");
    }
}

/// As `unsigned`.
pub(super) fn unsigned_block(value: u64, block: &mut Block) -> Option<usize> {
    number(false, value, None, block)
}

/// As `signed`.
pub(super) fn signed_block(value: i64, block: &mut Block) -> Option<usize> {
    number(value < 0, value.unsigned_abs(), None, block)
}

/// As `double`, below 2^53.
pub(super) fn double_block(value: f64, block: &mut Block) -> Option<usize> {
    let (whole, millionths) = fixed(value)?;
    number(value.is_sign_negative(), whole, six(millionths), block)
}

/// Sign, digits, and a fraction if there is one.
#[inline(always)]
fn number(
    negative: bool,
    whole: u64,
    fraction: Option<[u8; 7]>,
    block: &mut Block,
) -> Option<usize> {
    // The digits end in the middle, where the fraction begins.
    let mut text = [0; 2 * BLOCK];
    let (digits, behind) = text.split_at_mut(BLOCK);
    let (mut left, mut start) = (whole, BLOCK);
    for place in digits.rchunks_exact_mut(2) {
        place.copy_from_slice(pair(left % 100).unwrap_or(&[0; 2]));
        left /= 100;
        start -= 2;
        if left == 0 {
            break;
        }
    }
    // The first pair may have a zero in front.
    if digits.get(start) == Some(&b'0') && start < BLOCK - 1 {
        start += 1;
    }
    if negative && let Some(place) = digits.get_mut(start.wrapping_sub(1)) {
        *place = b'-';
        start -= 1;
    }
    let mut length = BLOCK - start;
    if let (Some(fraction), Some(place)) = (fraction, behind.first_chunk_mut()) {
        *place = fraction;
        length += fraction.len();
    }
    *block = *text.get(start..)?.first_chunk()?;
    Some(length)
}

/// Adds the text of a block. Whether there is one.
fn put(out: &mut Vec<u8>, fill: impl FnOnce(&mut Block) -> Option<usize>) -> bool {
    let mut block = [0; BLOCK];
    let text = fill(&mut block).and_then(|length| block.get(..length));
    out.extend_from_slice(text.unwrap_or_default());
    text.is_some()
}

/// The absolute value in millionths, rounded: the whole, and the rest of it. `None` where there are no
/// bits for the whole.
fn fixed(value: f64) -> Option<(u64, u64)> {
    let bits = value.abs().to_bits();
    let hidden = 1 << FRACTION;
    // The value is `mantissa` shifted right by `shift`; a value with exponent 0 is no number of
    // millionths anyway.
    let mantissa = bits & (hidden - 1) | hidden;
    let exponent = u32::try_from(bits >> FRACTION).ok()?;
    let shift = 1075_u32.checked_sub(exponent)?;
    let (whole, rest) = match shift {
        0..=FRACTION => (mantissa >> shift, mantissa & ((1 << shift) - 1)),
        // Below half a millionth.
        75.. => return Some((0, 0)),
        _ => (0, mantissa),
    };
    let product = u128::from(rest) * u128::from(MILLION);
    let lost = product & ((1 << shift) - 1);
    let mut millionths = u64::try_from(product >> shift).ok()?;
    // The half of the last place; of a whole number nothing is lost.
    let half = (1_u128 << shift) >> 1;
    if lost > half || (lost == half && lost != 0 && millionths % 2 == 1) {
        millionths += 1;
    }
    if millionths == MILLION { Some((whole + 1, 0)) } else { Some((whole, millionths)) }
}

/// As `%04u-%02u-%02u`.
pub(super) fn date(out: &mut Vec<u8>, value: &DateTime) {
    if !put(out, |block| date_block(value, block)) {
        let DateTime { year, month, day, .. } = value;
        let _ = write!(out, "{year:04}-{month:02}-{day:02}");
    }
}

/// As `date`, then ` %02u:%02u:%02u`, then `.%06u` unless the fraction is zero.
pub(super) fn date_time(out: &mut Vec<u8>, value: &DateTime) {
    if put(out, |block| date_time_block(value, block)) {
        return;
    }
    let DateTime { year, month, day, hour, minute, second, microsecond } = value;
    let _ = write!(out, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    if *microsecond != 0 {
        let _ = write!(out, ".{microsecond:06}");
    }
}

/// As `%02u:%02u:%02u` with a minus where it is negative, then `.%06u` unless the fraction is zero. Days
/// count as 24 hours.
pub(super) fn time(out: &mut Vec<u8>, value: &Time) {
    if value.negative {
        out.push(b'-');
    }
    let value = Time { negative: false, ..*value };
    if put(out, |block| time_block(&value, block)) {
        return;
    }
    let (hours, Time { minutes, seconds, microseconds, .. }) = (hours(&value), value);
    let _ = write!(out, "{hours:02}:{minutes:02}:{seconds:02}");
    if microseconds != 0 {
        let _ = write!(out, ".{microseconds:06}");
    }
}

/// As `date`, if no part has more digits than usual.
pub(super) fn date_block(value: &DateTime, block: &mut Block) -> Option<usize> {
    *block = *b"0000-00-00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    set_date(value, block)?;
    Some(10)
}

/// As `date_time`, if no part has more digits than usual.
#[inline(always)]
pub(super) fn date_time_block(value: &DateTime, block: &mut Block) -> Option<usize> {
    *block = *b"0000-00-00 00:00:00\0\0\0\0\0\0\0\0\0\0\0\0\0";
    set_date(value, block)?;
    set::<11>(block, value.hour.into())?;
    set::<14>(block, value.minute.into())?;
    set::<17>(block, value.second.into())?;
    if value.microsecond == 0 {
        return Some(19);
    }
    *block.get_mut(19..)?.first_chunk_mut()? = six(value.microsecond.into())?;
    Some(26)
}

/// As `date_time` without a fraction, of the seven bytes of a value behind their number.
#[inline(always)]
pub(super) fn seven_bytes(value: &[u8; 8], place: &Cell<[u8; BLOCK]>) -> Option<usize> {
    let [_, low, high, month, day, hour, minute, second] = value;
    let year = u32::from(u16::from_le_bytes([*low, *high]));
    if year > 9999 {
        return None;
    }
    let place: &Cell<[u8]> = place;
    let [a, b, c, d, dash, e, f, dash_2, g, h, space, i, j, colon, k, l, colon_2, m, n, end, ..] =
        place.as_slice_of_cells()
    else {
        return None;
    };
    // Each part is read when its turn comes, and the years first, for the sake of the registers.
    set_cells((year % 100).into(), c, d)?;
    set_cells((year / 100).into(), a, b)?;
    for (part, tens, ones) in
        [(month, e, f), (day, g, h), (hour, i, j), (minute, k, l), (second, m, n)]
    {
        set_cells((*part).into(), tens, ones)?;
    }
    for (mark, byte) in
        [(dash, b'-'), (dash_2, b'-'), (space, b' '), (colon, b':'), (colon_2, b':')]
    {
        mark.set(byte);
    }
    end.set(0);
    Some(19)
}

/// As `time`, if no part has more digits than usual, and it is not negative.
pub(super) fn time_block(value: &Time, block: &mut Block) -> Option<usize> {
    if value.negative {
        return None;
    }
    *block = *b"00:00:00\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    set::<0>(block, hours(value))?;
    set::<3>(block, value.minutes.into())?;
    set::<6>(block, value.seconds.into())?;
    if value.microseconds == 0 {
        return Some(8);
    }
    *block.get_mut(8..)?.first_chunk_mut()? = six(value.microseconds.into())?;
    Some(15)
}

#[inline(always)]
fn set_date(value: &DateTime, block: &mut Block) -> Option<()> {
    set::<0>(block, (value.year / 100).into())?;
    set::<2>(block, (value.year % 100).into())?;
    set::<5>(block, value.month.into())?;
    set::<8>(block, value.day.into())
}

/// Writes two digits; `None` if two are not enough.
#[inline(always)]
fn set_cells(value: u64, tens: &Cell<u8>, ones: &Cell<u8>) -> Option<()> {
    let &[ten, one] = pair(value)?;
    tens.set(ten);
    ones.set(one);
    Some(())
}

/// Writes two digits at a place; `None` if two are not enough.
#[inline(always)]
fn set<const AT: usize>(block: &mut Block, value: u64) -> Option<()> {
    *block.get_mut(AT..)?.first_chunk_mut()? = *pair(value)?;
    Some(())
}

fn hours(value: &Time) -> u64 {
    u64::from(value.days) * 24 + u64::from(value.hours)
}

/// A point and six digits; `None` if six are not enough.
#[inline]
fn six(millionths: u64) -> Option<[u8; 7]> {
    let (&[a, b], &[c, d]) = (pair(millionths / 10_000)?, pair(millionths / 100 % 100)?);
    let &[e, f] = pair(millionths % 100)?;
    Some([b'.', a, b, c, d, e, f])
}

/// Two digits; `None` if two are not enough.
#[inline(always)]
fn pair(value: u64) -> Option<&'static [u8; 2]> {
    PAIRS.get(usize::try_from(value).ok()?).filter(|_| value < HUNDRED as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers_of_every_length() {
        let mut value = 1_u64;
        for _ in 0..20 {
            for value in [value - 1, value, value + 1, value * 9, u64::MAX - value] {
                assert_eq!(written(|out| unsigned(out, value)), value.to_string());
                let value = value.cast_signed();
                assert_eq!(written(|out| signed(out, value)), value.to_string());
                let value = value.wrapping_neg();
                assert_eq!(written(|out| signed(out, value)), value.to_string());
            }
            value = value.saturating_mul(10).min(1 << 60);
        }
        assert_eq!(written(|out| signed(out, i64::MIN)), "-9223372036854775808");
        assert_eq!(written(|out| unsigned(out, u64::MAX)), "18446744073709551615");
    }

    /// The texts are those that C's printf gives.
    #[test]
    fn doubles_as_c_writes_them() {
        let cases = [
            (0.0, "0.000000"),
            (-0.0, "-0.000000"),
            (1.0, "1.000000"),
            (-1.5, "-1.500000"),
            (10.2, "10.200000"),
            (1e-7, "0.000000"),
            (5e-7, "0.000000"),
            (1.5e-6, "0.000002"),
            (2.5e-6, "0.000003"),
            (0.9999995, "1.000000"),
            (0.99999949999, "0.999999"),
            (-0.9999996, "-1.000000"),
            (999999.9999995, "999999.999999"),
            (0.0078125, "0.007812"),
            (0.0234375, "0.023438"),
            (-0.0390625, "-0.039062"),
            (123456789.125, "123456789.125000"),
            (4503599627370495.5, "4503599627370495.500000"),
            (9007199254740991.0, "9007199254740991.000000"),
            (9007199254740993.0, "9007199254740992.000000"),
            (18446744073709551616.0, "18446744073709551616.000000"),
            (1e22, "10000000000000000000000.000000"),
            (1e-300, "0.000000"),
            (5e-324, "0.000000"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (-f64::NAN, "-nan"),
        ];
        for (value, text) in cases {
            assert_eq!(written(|out| double(out, value)), text, "{value:e}");
        }
        let text = written(|out| double(out, f64::MAX));
        assert!(
            text.starts_with("179769313486231570814527423731704356798070567525844996598917476")
        );
        assert_eq!(text.len(), 309 + 7);
    }

    /// Against the standard library, which gave the same as C's printf for thirty million numbers.
    #[test]
    fn the_short_way_and_the_long_way_agree() {
        let check = |value: f64| {
            assert_eq!(written(|out| double(out, value)), format!("{value:.6}"), "{value:e}");
        };
        // 128ths have seven decimals, the last of them a 5: half of what can be told apart.
        for parts in 0..2000 {
            check(f64::from(parts) / 128.0);
            check(f64::from(parts) / -1e6);
            check((f64::from(parts) + 0.5) / 1e6);
        }
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for exponent in 0..2047_u64 {
            for _ in 0..4 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                check(f64::from_bits(random >> 12 | exponent << 52));
            }
            check(f64::from_bits(exponent << 52));
            check(-f64::from_bits(exponent << 52 | ((1 << 52) - 1)));
        }
    }

    #[test]
    fn dates_and_times() {
        let value = DateTime { year: 2010, month: 10, day: 7, hour: 9, ..DateTime::default() };
        let fraction = DateTime { second: 59, microsecond: 30, ..value };
        let huge = DateTime { year: 10_000, month: 255, minute: 100, ..value };
        assert_eq!(written(|out| date(out, &DateTime::default())), "0000-00-00");
        assert_eq!(written(|out| date(out, &value)), "2010-10-07");
        assert_eq!(written(|out| date_time(out, &value)), "2010-10-07 09:00:00");
        assert_eq!(written(|out| date_time(out, &fraction)), "2010-10-07 09:00:59.000030");
        assert_eq!(written(|out| date_time(out, &huge)), "10000-255-07 09:100:00");
        let span = Time { negative: true, days: 34, hours: 22, ..Time::default() };
        let short = Time { minutes: 5, seconds: 6, microseconds: 999_999, ..Time::default() };
        let days = u32::MAX;
        let huge = Time { days, hours: 255, minutes: 255, microseconds: u32::MAX, ..span };
        assert_eq!(written(|out| time(out, &Time::default())), "00:00:00");
        assert_eq!(written(|out| time(out, &span)), "-838:00:00");
        assert_eq!(written(|out| time(out, &short)), "00:05:06.999999");
        assert_eq!(written(|out| time(out, &huge)), "-103079215335:255:00.4294967295");
    }
}
