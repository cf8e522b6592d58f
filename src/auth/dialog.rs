// SPDX-License-Identifier: Apache-2.0
//! `dialog` of MariaDB's PAM: the server asks, as often as it likes, and each answer goes back as it is.
//! Only over a private channel, and only if asked for. Who answers is the program; the password of the
//! connection answers by itself when the server begins by asking for one.
//! <https://mariadb.com/kb/en/authentication-plugin-pam/>
//!
//! ```text
//! server: 2 or 3, prompt (to be shown)   4 or 5, prompt (a password)   3 and 5: it asks no more
//! client: the answer, NUL
//! ```

use std::sync::{Arc, Mutex, TryLockError};

use zeroize::Zeroizing;

use super::{Answer, Context, with_nul};
use crate::error::AuthError;

const ORDINARY: u8 = 2;
const LAST_ORDINARY: u8 = 3;
const PASSWORD: u8 = 4;
const LAST_PASSWORD: u8 = 5;

/// What the server wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Whether the answer may be shown while it is typed.
    pub echo: bool,
    /// The server's words, without any NUL.
    pub prompt: Vec<u8>,
}

/// What the program says to a question.
#[derive(Debug)]
pub enum Reply {
    /// This.
    Text(Zeroizing<Vec<u8>>),
    /// Nothing yet: ask again.
    Later,
    /// Nothing: the login shall fail.
    Refuse,
}

/// Who answers questions, for one connection or for several.
#[derive(Clone)]
pub struct Dialog(Arc<Mutex<Answerer>>);

type Answerer = dyn FnMut(&Question) -> Reply + Send;

impl Dialog {
    /// `answer` does.
    pub fn new(answer: impl FnMut(&Question) -> Reply + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(answer)))
    }

    /// Asks. `None` if there is no answer yet.
    pub fn ask(&mut self, question: &Question) -> Result<Option<Zeroizing<Vec<u8>>>, AuthError> {
        // One question at a time: another connection's, asked from inside of this one, has to wait.
        let mut answer = match self.0.try_lock() {
            Ok(answer) => answer,
            Err(TryLockError::Poisoned(broken)) => broken.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        match answer(question) {
            Reply::Text(text) => Ok(Some(with_nul(&text))),
            Reply::Later => Ok(None),
            Reply::Refuse => Err(AuthError::NoAnswer(shown(question))),
        }
    }
}

impl std::fmt::Debug for Dialog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dialog(..)")
    }
}

/// The question for a message.
pub fn shown(question: &Question) -> String {
    String::from_utf8_lossy(&question.prompt).chars().take(64).collect()
}

/// The exchange.
#[derive(Debug, Default)]
pub struct Questions {
    asked: bool,
    over: bool,
}

impl Questions {
    /// The server's first question comes with its request for the method.
    pub(super) fn start(bytes: &[u8], context: &Context<'_>) -> Result<(Self, Answer), AuthError> {
        if !context.channel.is_private() {
            return Err(AuthError::NotPrivate("dialog"));
        }
        let mut exchange = Self::default();
        if bytes.is_empty() {
            // A server that says nothing wants the password, as after a change of the user.
            exchange.asked = true;
            return Ok((exchange, Answer::Send(with_nul(context.password))));
        }
        let answer = exchange.on_data(bytes, context)?;
        let answer = answer.ok_or(AuthError::BadQuestion(*bytes.first().unwrap_or(&0)))?;
        Ok((exchange, answer))
    }

    pub(super) fn on_data(
        &mut self,
        data: &[u8],
        context: &Context<'_>,
    ) -> Result<Option<Answer>, AuthError> {
        let Some((&kind @ ORDINARY..=LAST_PASSWORD, prompt)) = data.split_first() else {
            return Ok(None);
        };
        if !context.channel.is_private() {
            return Err(AuthError::NotPrivate("dialog"));
        }
        let echo = !matches!(kind, PASSWORD | LAST_PASSWORD);
        let first = !std::mem::replace(&mut self.asked, true);
        if std::mem::replace(&mut self.over, matches!(kind, LAST_ORDINARY | LAST_PASSWORD)) {
            return Ok(None);
        }
        if first && !echo && !context.password.is_empty() {
            return Ok(Some(Answer::Send(with_nul(context.password))));
        }
        let prompt = prompt.iter().copied().filter(|&byte| byte != 0).collect();
        Ok(Some(Answer::Ask(Question { echo, prompt })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{Channel, Methods};

    fn context<'a>(password: &'a [u8], methods: &'a Methods, channel: Channel) -> Context<'a> {
        Context { password, channel, key: None, methods }
    }

    #[test]
    fn the_password_answers_a_first_question_for_one() {
        let methods = Methods::default();
        let context = context(b"secret", &methods, Channel::Socket);
        let (mut exchange, answer) = Questions::start(b"\x04Password: ", &context).unwrap();
        assert!(matches!(answer, Answer::Send(text) if *text == b"secret\0"));
        // Not a second time.
        let next = exchange.on_data(b"\x05One-time code: \0", &context).unwrap();
        let Some(Answer::Ask(question)) = next else { panic!("{next:?}") };
        assert_eq!(question, Question { echo: false, prompt: b"One-time code: ".to_vec() });
        // That was the last.
        assert!(exchange.on_data(b"\x04Password: ", &context).unwrap().is_none());
    }

    #[test]
    fn other_questions_are_for_the_program() {
        let methods = Methods::default();
        let some = context(b"secret", &methods, Channel::Tls);
        let (_, answer) = Questions::start(b"\x02Your name? ", &some).unwrap();
        assert!(matches!(answer, Answer::Ask(question) if question.echo));
        let none = context(b"", &methods, Channel::Tls);
        let (_, answer) = Questions::start(b"\x04Password: ", &none).unwrap();
        assert!(matches!(answer, Answer::Ask(question) if !question.echo));
        let error = Questions::start(b"\x07What?", &some).unwrap_err();
        assert_eq!(error, AuthError::BadQuestion(7));
    }

    #[test]
    fn never_where_others_listen() {
        let methods = Methods::default();
        for channel in [Channel::Open, Channel::KeyTrusted] {
            let context = context(b"secret", &methods, channel);
            for challenge in [&b"\x04Password: "[..], b""] {
                let error = Questions::start(challenge, &context).unwrap_err();
                assert_eq!(error, AuthError::NotPrivate("dialog"));
            }
            let answer = Questions::default().on_data(b"\x04Password: ", &context);
            assert_eq!(answer.unwrap_err(), AuthError::NotPrivate("dialog"));
        }
    }
}
