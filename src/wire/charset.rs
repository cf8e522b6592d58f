// SPDX-License-Identifier: Apache-2.0
//! Character sets and collations by name, as the one-byte id of the login packet.
//!
//! The ids are those of `information_schema.collations` in MariaDB 10.11 and MySQL 9.7, which agree in
//! all of them. Left out are ids above 255, which the login packet cannot say, and UCS-2, UTF-16 and
//! UTF-32, which servers refuse as a client's character set.

/// The id of the character set (its default collation) or collation `name`; ASCII case is ignored, and
/// `utf8` means `utf8mb3`, as it does to the servers.
pub fn id(name: &[u8]) -> Option<u8> {
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    let name = match name.strip_prefix("utf8") {
        Some(rest) if rest.is_empty() || rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => name,
    };
    let find = |table: &[(&str, u8)]| {
        table
            .binary_search_by(|(known, _)| (*known).cmp(&name))
            .ok()
            .and_then(|at| table.get(at).map(|found| found.1))
    };
    find(SETS).or_else(|| find(COLLATIONS))
}

/// Character sets, with their default collations. The default of `utf8mb4` differs between the vendors;
/// 45 (`utf8mb4_general_ci`) is the one both have.
#[rustfmt::skip]
const SETS: &[(&str, u8)] = &[
    ("armscii8", 32), ("ascii", 11), ("big5", 1), ("binary", 63), ("cp1250", 26), ("cp1251", 51),
    ("cp1256", 57), ("cp1257", 59), ("cp850", 4), ("cp852", 40), ("cp866", 36), ("cp932", 95),
    ("dec8", 3), ("eucjpms", 97), ("euckr", 19), ("gb18030", 248), ("gb2312", 24), ("gbk", 28),
    ("geostd8", 92), ("greek", 25), ("hebrew", 16), ("hp8", 6), ("keybcs2", 37), ("koi8r", 7),
    ("koi8u", 22), ("latin1", 8), ("latin2", 9), ("latin5", 30), ("latin7", 41), ("macce", 38),
    ("macroman", 39), ("sjis", 13), ("swe7", 10), ("tis620", 18), ("ujis", 12), ("utf8mb3", 33),
    ("utf8mb4", 45),
];

/// Collations.
#[rustfmt::skip]
const COLLATIONS: &[(&str, u8)] = &[
    ("armscii8_bin", 64), ("armscii8_general_ci", 32), ("ascii_bin", 65), ("ascii_general_ci", 11),
    ("big5_bin", 84), ("big5_chinese_ci", 1), ("binary", 63), ("cp1250_bin", 66),
    ("cp1250_croatian_ci", 44), ("cp1250_czech_cs", 34), ("cp1250_general_ci", 26),
    ("cp1250_polish_ci", 99), ("cp1251_bin", 50), ("cp1251_bulgarian_ci", 14),
    ("cp1251_general_ci", 51), ("cp1251_general_cs", 52), ("cp1251_ukrainian_ci", 23),
    ("cp1256_bin", 67), ("cp1256_general_ci", 57), ("cp1257_bin", 58), ("cp1257_general_ci", 59),
    ("cp1257_lithuanian_ci", 29), ("cp850_bin", 80), ("cp850_general_ci", 4), ("cp852_bin", 81),
    ("cp852_general_ci", 40), ("cp866_bin", 68), ("cp866_general_ci", 36), ("cp932_bin", 96),
    ("cp932_japanese_ci", 95), ("dec8_bin", 69), ("dec8_swedish_ci", 3), ("eucjpms_bin", 98),
    ("eucjpms_japanese_ci", 97), ("euckr_bin", 85), ("euckr_korean_ci", 19), ("gb18030_bin", 249),
    ("gb18030_chinese_ci", 248), ("gb18030_unicode_520_ci", 250), ("gb2312_bin", 86),
    ("gb2312_chinese_ci", 24), ("gbk_bin", 87), ("gbk_chinese_ci", 28), ("geostd8_bin", 93),
    ("geostd8_general_ci", 92), ("greek_bin", 70), ("greek_general_ci", 25), ("hebrew_bin", 71),
    ("hebrew_general_ci", 16), ("hp8_bin", 72), ("hp8_english_ci", 6), ("keybcs2_bin", 73),
    ("keybcs2_general_ci", 37), ("koi8r_bin", 74), ("koi8r_general_ci", 7), ("koi8u_bin", 75),
    ("koi8u_general_ci", 22), ("latin1_bin", 47), ("latin1_danish_ci", 15),
    ("latin1_general_ci", 48), ("latin1_general_cs", 49), ("latin1_german1_ci", 5),
    ("latin1_german2_ci", 31), ("latin1_spanish_ci", 94), ("latin1_swedish_ci", 8),
    ("latin2_bin", 77), ("latin2_croatian_ci", 27), ("latin2_czech_cs", 2),
    ("latin2_general_ci", 9), ("latin2_hungarian_ci", 21), ("latin5_bin", 78),
    ("latin5_turkish_ci", 30), ("latin7_bin", 79), ("latin7_estonian_cs", 20),
    ("latin7_general_ci", 41), ("latin7_general_cs", 42), ("macce_bin", 43),
    ("macce_general_ci", 38), ("macroman_bin", 53), ("macroman_general_ci", 39), ("sjis_bin", 88),
    ("sjis_japanese_ci", 13), ("swe7_bin", 82), ("swe7_swedish_ci", 10), ("tis620_bin", 89),
    ("tis620_thai_ci", 18), ("ujis_bin", 91), ("ujis_japanese_ci", 12), ("utf8mb3_bin", 83),
    ("utf8mb3_croatian_ci", 213), ("utf8mb3_czech_ci", 202), ("utf8mb3_danish_ci", 203),
    ("utf8mb3_esperanto_ci", 209), ("utf8mb3_estonian_ci", 198), ("utf8mb3_general_ci", 33),
    ("utf8mb3_general_mysql500_ci", 223), ("utf8mb3_german2_ci", 212),
    ("utf8mb3_hungarian_ci", 210), ("utf8mb3_icelandic_ci", 193), ("utf8mb3_latvian_ci", 194),
    ("utf8mb3_lithuanian_ci", 204), ("utf8mb3_persian_ci", 208), ("utf8mb3_polish_ci", 197),
    ("utf8mb3_roman_ci", 207), ("utf8mb3_romanian_ci", 195), ("utf8mb3_sinhala_ci", 211),
    ("utf8mb3_slovak_ci", 205), ("utf8mb3_slovenian_ci", 196), ("utf8mb3_spanish2_ci", 206),
    ("utf8mb3_spanish_ci", 199), ("utf8mb3_swedish_ci", 200), ("utf8mb3_tolower_ci", 76),
    ("utf8mb3_turkish_ci", 201), ("utf8mb3_unicode_520_ci", 214), ("utf8mb3_unicode_ci", 192),
    ("utf8mb3_vietnamese_ci", 215), ("utf8mb4_0900_ai_ci", 255), ("utf8mb4_bin", 46),
    ("utf8mb4_croatian_ci", 245), ("utf8mb4_czech_ci", 234), ("utf8mb4_danish_ci", 235),
    ("utf8mb4_esperanto_ci", 241), ("utf8mb4_estonian_ci", 230), ("utf8mb4_general_ci", 45),
    ("utf8mb4_german2_ci", 244), ("utf8mb4_hungarian_ci", 242), ("utf8mb4_icelandic_ci", 225),
    ("utf8mb4_latvian_ci", 226), ("utf8mb4_lithuanian_ci", 236), ("utf8mb4_persian_ci", 240),
    ("utf8mb4_polish_ci", 229), ("utf8mb4_roman_ci", 239), ("utf8mb4_romanian_ci", 227),
    ("utf8mb4_sinhala_ci", 243), ("utf8mb4_slovak_ci", 237), ("utf8mb4_slovenian_ci", 228),
    ("utf8mb4_spanish2_ci", 238), ("utf8mb4_spanish_ci", 231), ("utf8mb4_swedish_ci", 232),
    ("utf8mb4_turkish_ci", 233), ("utf8mb4_unicode_520_ci", 246), ("utf8mb4_unicode_ci", 224),
    ("utf8mb4_vietnamese_ci", 247),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(SETS.is_sorted() && COLLATIONS.is_sorted());
    }

    #[test]
    fn names_in_use() {
        assert_eq!(id(b"utf8mb4"), Some(45));
        assert_eq!(id(b"UTF8MB4_0900_AI_CI"), Some(255));
        assert_eq!(id(b"latin1"), Some(8));
        assert_eq!(id(b"utf8"), Some(33));
        assert_eq!(id(b"utf8_bin"), Some(83));
        assert_eq!(id(b"binary"), Some(63));
        for unknown in [&b""[..], b"utf16", b"utf9", b"utf8mb4 ", b"\xff"] {
            assert_eq!(id(unknown), None);
        }
    }
}
