// SPDX-License-Identifier: Apache-2.0
//! The beginning of a statement's text, word by word, as the servers' lexers read it. Gives up where they could
//! see something else than this does. Knows no statement; who asks for which words decides what they mean.

/// What is left of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words<'a>(pub(super) &'a [u8]);

impl<'a> Words<'a> {
    /// Takes `word`, whatever its case, and the blanks before it. Takes nothing if something else is there.
    pub(super) fn word(&mut self, word: &[u8]) -> Option<()> {
        let mut rest = *self;
        rest.blanks()?;
        let (head, tail) = rest.0.split_at_checked(word.len())?;
        // It must not go on: LOADING is no LOAD.
        let ends = !tail.first().is_some_and(|&byte| in_word(byte));
        if !ends || !head.eq_ignore_ascii_case(word) {
            return None;
        }
        self.0 = tail;
        Some(())
    }

    /// Takes the first of `words` that is there.
    pub(super) fn any(&mut self, words: &[&[u8]]) -> Option<()> {
        words.iter().find_map(|word| self.word(word))
    }

    /// Takes `byte`, and the blanks before it. Takes nothing if something else is there.
    pub(super) fn byte(&mut self, byte: u8) -> Option<()> {
        let mut rest = *self;
        rest.blanks()?;
        self.0 = rest.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Takes the name of a table or a column, quoted or not, and the blanks before it.
    pub(super) fn name(&mut self) -> Option<()> {
        self.blanks()?;
        let (&quote, mut rest) = self.0.split_first()?;
        if quote != b'`' && quote != b'"' {
            let end = self.0.iter().position(|&byte| !in_word(byte)).unwrap_or(self.0.len());
            self.0 = self.0.get(end..).filter(|_| end > 0)?;
            return Some(());
        }
        loop {
            rest = match rest {
                [one, two, tail @ ..] if *one == quote && *two == quote => tail,
                [one, tail @ ..] if *one == quote => {
                    self.0 = tail;
                    return Some(());
                }
                [_, tail @ ..] => tail,
                // It has no end.
                [] => return None,
            }
        }
    }

    /// Takes white space and comments. `None` for what some servers execute and others do not
    /// (`/*! */`, `/*M! */`), and for a comment without an end.
    pub(super) fn blanks(&mut self) -> Option<()> {
        loop {
            self.0 = match self.0 {
                [b' ' | b'\t'..=b'\r', rest @ ..] => rest,
                [b'/', b'*', b'!', ..] | [b'/', b'*', b'M', b'!', ..] => return None,
                [b'/', b'*', rest @ ..] => {
                    let end = rest.windows(2).position(|two| two == b"*/")?;
                    rest.get(end + 2..)?
                }
                [b'#', rest @ ..] => after_line(rest),
                // Two dashes begin a comment only before a blank or a control character.
                [b'-', b'-', next, rest @ ..] if *next <= b' ' || *next == 0x7f => match next {
                    b'\n' => rest,
                    _ => after_line(rest),
                },
                _ => return Some(()),
            }
        }
    }
}

/// What follows the line's end.
fn after_line(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| end + 1);
    bytes.get(end..).unwrap_or_default()
}

/// Whether an unquoted name may go on with `byte`.
fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
