// SPDX-License-Identifier: Apache-2.0
//! Dates and times of binary rows and parameters. Parts at the end that are zero are left out of the
//! value, so its length says which parts there are. Values are not checked: servers send 0000-00-00, and
//! February 31 where their SQL mode lets it in.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html#sect_protocol_binary_resultset_row_value_date>

/// A date, or a date with a time of day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateTime {
    /// Year.
    pub year: u16,
    /// Month, from 1; 0 in dates that are incomplete.
    pub month: u8,
    /// Day of the month, from 1; 0 in dates that are incomplete.
    pub day: u8,
    /// Hour.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
    /// Millionths of a second.
    pub microsecond: u32,
}

/// A time span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Time {
    /// Whether it is below zero.
    pub negative: bool,
    /// Days of 24 hours.
    pub days: u32,
    /// Hours beyond the days; a parameter may have more than 23.
    pub hours: u8,
    /// Minutes.
    pub minutes: u8,
    /// Seconds.
    pub seconds: u8,
    /// Millionths of a second.
    pub microseconds: u32,
}

impl DateTime {
    /// Reads a value of any length that a row may have (0, 4, 7, 11). Of another length, what is there
    /// counts, and the rest is zero.
    #[inline]
    pub fn read(raw: &[u8]) -> Self {
        // By the usual lengths, because it costs a fifth of what copying byte by byte does.
        let parts = match *raw {
            [a, b, month, day, hour, minute, second] => {
                [a, b, month, day, hour, minute, second, 0, 0, 0, 0]
            }
            [a, b, month, day] => [a, b, month, day, 0, 0, 0, 0, 0, 0, 0],
            _ => padded(raw),
        };
        let [a, b, month, day, hour, minute, second, c, d, e, f] = parts;
        let microsecond = u32::from_le_bytes([c, d, e, f]);
        let year = u16::from_le_bytes([a, b]);
        Self { year, month, day, hour, minute, second, microsecond }
    }

    /// Reads a value of seven bytes, behind its length.
    #[inline(always)]
    pub fn read_usual(raw: &[u8; 8]) -> Self {
        let &[_, a, b, month, day, hour, minute, second] = raw;
        let year = u16::from_le_bytes([a, b]);
        Self { year, month, day, hour, minute, second, microsecond: 0 }
    }

    /// Writes length and value.
    pub fn put(&self, out: &mut Vec<u8>) {
        let [a, b] = self.year.to_le_bytes();
        let [c, d, e, f] = self.microsecond.to_le_bytes();
        let time = [self.hour, self.minute, self.second];
        let length = if self.microsecond != 0 {
            11
        } else if time != [0; 3] {
            7
        } else {
            self.date_length()
        };
        let [hour, minute, second] = time;
        let whole = [length, a, b, self.month, self.day, hour, minute, second, c, d, e, f];
        out.extend(whole.iter().take(1 + usize::from(length)));
    }

    /// Writes length and value of the date alone.
    pub fn put_date(&self, out: &mut Vec<u8>) {
        let [a, b] = self.year.to_le_bytes();
        let length = self.date_length();
        out.extend([length, a, b, self.month, self.day].iter().take(1 + usize::from(length)));
    }

    fn date_length(&self) -> u8 {
        if (self.year, self.month, self.day) == (0, 0, 0) { 0 } else { 4 }
    }
}

impl Time {
    /// Reads a value of any length that a row may have (0, 8, 12). Of another length, what is there
    /// counts, and the rest is zero.
    #[inline]
    pub fn read(raw: &[u8]) -> Self {
        let parts = match *raw {
            [negative, a, b, c, d, hours, minutes, seconds] => {
                [negative, a, b, c, d, hours, minutes, seconds, 0, 0, 0, 0]
            }
            _ => padded(raw),
        };
        let [negative, a, b, c, d, hours, minutes, seconds, e, f, g, h] = parts;
        Self {
            negative: negative != 0,
            days: u32::from_le_bytes([a, b, c, d]),
            hours,
            minutes,
            seconds,
            microseconds: u32::from_le_bytes([e, f, g, h]),
        }
    }

    /// Writes length and value.
    pub fn put(&self, out: &mut Vec<u8>) {
        let [a, b, c, d] = self.days.to_le_bytes();
        let [e, f, g, h] = self.microseconds.to_le_bytes();
        let (hours, minutes, seconds) = (self.hours, self.minutes, self.seconds);
        let length = if self.microseconds != 0 {
            12
        } else if self.days != 0 || [hours, minutes, seconds] != [0; 3] {
            8
        } else {
            0
        };
        let sign = u8::from(self.negative);
        let whole = [length, sign, a, b, c, d, hours, minutes, seconds, e, f, g, h];
        out.extend(whole.iter().take(1 + usize::from(length)));
    }
}

/// The first bytes of `raw`, zeros where it has fewer.
#[inline]
pub fn padded<const N: usize>(raw: &[u8]) -> [u8; N] {
    match raw.first_chunk() {
        Some(chunk) => *chunk,
        None => padded_slowly(raw),
    }
}

#[cold]
#[inline(never)]
fn padded_slowly<const N: usize>(raw: &[u8]) -> [u8; N] {
    let mut whole = [0; N];
    for (to, from) in whole.iter_mut().zip(raw) {
        *to = *from;
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_parts_they_need() {
        let date = DateTime { year: 2010, month: 10, day: 17, ..DateTime::default() };
        let time = DateTime { hour: 19, minute: 27, second: 30, ..date };
        let cases: [(DateTime, &[u8]); 5] = [
            (DateTime::default(), b"\x00"),
            (date, b"\x04\xda\x07\x0a\x11"),
            (time, b"\x07\xda\x07\x0a\x11\x13\x1b\x1e"),
            (DateTime { microsecond: 1, ..time }, b"\x0b\xda\x07\x0a\x11\x13\x1b\x1e\x01\0\0\0"),
            (DateTime { second: 1, ..DateTime::default() }, b"\x07\0\0\0\0\0\0\x01"),
        ];
        for (value, bytes) in cases {
            let mut out = Vec::new();
            value.put(&mut out);
            assert_eq!(out, bytes);
            assert_eq!(DateTime::read(&bytes[1..]), value);
        }
        let mut out = Vec::new();
        DateTime { microsecond: 5, ..time }.put_date(&mut out);
        DateTime::default().put_date(&mut out);
        assert_eq!(out, b"\x04\xda\x07\x0a\x11\x00");
    }

    #[test]
    fn times_have_the_parts_they_need() {
        let hours = Time { hours: 5, ..Time::default() };
        let days = Time { negative: true, days: 120, hours: 19, minutes: 27, seconds: 30, ..hours };
        let cases: [(Time, &[u8]); 5] = [
            (Time::default(), b"\x00"),
            (hours, b"\x08\x00\0\0\0\0\x05\0\0"),
            (days, b"\x08\x01\x78\0\0\0\x13\x1b\x1e"),
            (Time { microseconds: 1, ..days }, b"\x0c\x01\x78\0\0\0\x13\x1b\x1e\x01\0\0\0"),
            (Time { days: 1, ..Time::default() }, b"\x08\x00\x01\0\0\0\0\0\0"),
        ];
        for (value, bytes) in cases {
            let mut out = Vec::new();
            value.put(&mut out);
            assert_eq!(out, bytes);
            assert_eq!(Time::read(&bytes[1..]), value);
        }
    }

    #[test]
    fn lengths_that_no_server_sends() {
        let date = DateTime { year: 0x0201, month: 3, ..DateTime::default() };
        assert_eq!(DateTime::read(b"\x01\x02\x03"), date);
        assert_eq!(DateTime::read(&[1; 200]), DateTime::read(&[1; 11]));
        assert_eq!(Time::read(b"\x00\x01\0\0\0").days, 1);
        assert_eq!(Time::read(&[1; 255]), Time::read(&[1; 12]));
    }
}
