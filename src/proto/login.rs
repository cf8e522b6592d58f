// SPDX-License-Identifier: Apache-2.0
//! The machine's login: greeting, login packet, whatever the method goes on to say, OK. Forgets the
//! password when it is over.

mod change_user;

use zeroize::Zeroizing;

use crate::auth::{
    Answer, Channel, Context, Dialog, Exchange, Method, Methods, Password, Question, shown,
};
use crate::buf::SendBuf;
use crate::error::{AuthError, Error, ProtocolError, Result};
use crate::limits::MAX_LOGIN_ROUNDS;
use crate::proto::machine::{Event, Machine, Phase};
use crate::proto::unproved::Unproved;
use crate::wire::auth_switch::AuthSwitch;
use crate::wire::caps::Caps;
use crate::wire::greeting::Greeting;
use crate::wire::login::{Login as LoginPacket, put_head};
use crate::wire::reply::{self, OkPacket};
use crate::wire::zframe::Algorithm;

pub(super) use change_user::Kept;

/// First byte of a packet with more data for the login method.
const MORE_DATA: u8 = 0x01;
/// First byte of a packet that asks for a further factor; otherwise as an auth switch.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_next_factor_request.html>
const NEXT_FACTOR: u8 = 0x02;

/// Largest packet the login packet says the client takes. Servers ignore it; libAttachSQL sent this.
const STATED_MAX_PACKET: u32 = 1024 * 1024;

/// The compression to ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offer {
    /// The methods, the best one first.
    pub methods: [Option<Algorithm>; 2],
    /// The level at which the server is asked to compress with zstd.
    pub zstd_level: u8,
    /// A server that has none of them is refused.
    pub required: bool,
}

/// Who logs in, and how.
#[derive(Debug, Clone)]
pub struct LoginConfig {
    /// User name.
    pub user: Vec<u8>,
    /// Passwords for the first and further factors; a missing one is empty.
    pub passwords: Vec<Password>,
    /// The server's RSA key, if the program has it: PEM.
    pub server_key: Option<Vec<u8>>,
    /// The login methods that may be used.
    pub methods: Methods,
    /// Default schema; empty for none.
    pub schema: Vec<u8>,
    /// Capabilities that options ask for.
    pub wanted: Caps,
    /// Collation id; 0 leaves the choice to the server.
    pub charset: u8,
    /// Connection attributes, names and values.
    pub attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// How far the channel can be trusted.
    pub channel: Channel,
    /// Whether to go over to TLS before anything of the login is sent.
    pub tls: bool,
    /// The compression to ask for.
    pub compression: Offer,
    /// Who answers the questions of `dialog`.
    pub dialog: Option<Dialog>,
}

/// A login under way.
#[derive(Debug)]
pub(super) struct Login {
    /// `None` before the greeting.
    exchange: Option<Exchange>,
    /// Method and challenge of the greeting.
    method: Vec<u8>,
    challenge: Vec<u8>,
    config: LoginConfig,
    /// Which factor is being proved, from 0.
    factor: usize,
    rounds: u32,
    /// The method that is used, once there is one.
    used: Option<Method>,
    /// What the server wants to know and the program has not answered yet.
    question: Option<Question>,
    /// The server shows no certificate that is trusted, and has to prove itself.
    unproved: Option<Unproved>,
    mariadb: bool,
    /// It is a change of user.
    changing: bool,
}

impl Login {
    /// The method to begin with, and what it says. The greeting's challenge is for the greeting's
    /// method alone; with another one the login says nothing, and the server asks for the account's. Only
    /// the password in clear needs no challenge.
    fn begin(&self) -> Result<(Method, Option<Exchange>, Zeroizing<Vec<u8>>)> {
        let methods = &self.config.methods;
        // A server that names no method has the one of MySQL 4.1.
        let named = if self.method.is_empty() {
            Some(Method::Native)
        } else {
            Method::by_name(&self.method)
        };
        let usable = |&method: &Method| methods.has(method) && self.may_use(method).is_ok();
        match named.filter(usable) {
            // The greeting's challenge is no question.
            Some(method) if method != Method::Dialog => {
                let name = method.name().as_bytes();
                let (exchange, answer) = Exchange::start(name, &self.challenge, &self.context())?;
                Ok((method, Some(exchange), bytes(answer)))
            }
            _ => self.begin_unasked(),
        }
    }

    /// The same without a challenge.
    fn begin_unasked(&self) -> Result<(Method, Option<Exchange>, Zeroizing<Vec<u8>>)> {
        let method = self.config.methods.first();
        match method {
            // A server whose method only listens takes the login's answer for the password, and asks no
            // more (MariaDB, sql_acl.cc, server_mpvio_read_packet).
            Method::Clear if self.may_use(method).is_ok() => {
                let name = method.name().as_bytes();
                let (exchange, answer) = Exchange::start(name, &[], &self.context())?;
                Ok((method, Some(exchange), bytes(answer)))
            }
            Method::Dialog => Ok((method, Some(Exchange::questions()), Zeroizing::default())),
            _ => Ok((method, None, Zeroizing::default())),
        }
    }

    /// Whether the method may be used with the certificate that the server has shown.
    fn may_use(&self, method: Method) -> Result<()> {
        match &self.unproved {
            Some(unproved) => unproved.allows(method),
            None => Ok(()),
        }
    }

    /// The server asks for another method.
    fn switch(&mut self, body: &[u8]) -> Result<Answer> {
        let mut switch = AuthSwitch::parse(body)?;
        if body.len() == 1 {
            // The short form of MySQL 4.1: the challenge is the beginning of the greeting's.
            switch.challenge = &self.challenge;
        }
        let method = Method::by_name(switch.method);
        if let Some(method) = method.filter(|&method| self.config.methods.has(method)) {
            self.may_use(method)?;
        }
        let (exchange, answer) = Exchange::start(switch.method, switch.challenge, &self.context())?;
        if method == Some(Method::Native) {
            // Later proofs are made with this one (MariaDB Connector/C, native_password_auth_client).
            self.challenge = switch.challenge.to_vec();
        }
        (self.exchange, self.used) = (Some(exchange), method);
        Ok(answer)
    }

    /// The server has more for the method, from byte `at` on.
    fn on_data(&mut self, body: &[u8], at: usize) -> Result<Answer> {
        let data = body.get(at..).unwrap_or_default();
        let answer = match self.exchange.take() {
            Some(mut exchange) => {
                let answer = exchange.on_data(data, &self.context())?;
                self.exchange = Some(exchange);
                answer
            }
            None => None,
        };
        answer.ok_or_else(|| unexpected(body).into())
    }

    /// What the current factor's method may use.
    fn context(&self) -> Context<'_> {
        let config = &self.config;
        Context {
            password: config.passwords.get(self.factor).map_or(&[], Password::bytes),
            channel: config.channel,
            key: config.server_key.as_deref(),
            methods: &config.methods,
        }
    }

    pub(super) fn into_config(self) -> LoginConfig {
        self.config
    }

    pub(super) fn new(config: LoginConfig) -> Self {
        Self {
            exchange: None,
            method: Vec::new(),
            challenge: Vec::new(),
            config,
            factor: 0,
            rounds: 0,
            used: None,
            question: None,
            unproved: None,
            mariadb: false,
            changing: false,
        }
    }

    /// Asks the program what the server wants to know.
    fn ask(&mut self, question: Question) -> Result<Answer> {
        let Some(dialog) = &mut self.config.dialog else {
            return Err(AuthError::NoDialog(shown(&question)).into());
        };
        match dialog.ask(&question)? {
            Some(text) => Ok(Answer::Send(text)),
            None => {
                self.question = Some(question);
                Ok(Answer::Wait)
            }
        }
    }

    /// The server has said OK: whether it is who it has to be.
    fn check_proof(&self, text: &[u8]) -> Result<()> {
        match (&self.unproved, self.used, &self.exchange) {
            (None, ..) => Ok(()),
            (Some(unproved), Some(method), Some(exchange)) => {
                let password = self.context().password;
                unproved.check(method, exchange, password, &self.challenge, text)
            }
            (Some(unproved), ..) => Err(unproved.refused("the server took no password")),
        }
    }
}

/// What goes into the login packet.
fn bytes(answer: Answer) -> Zeroizing<Vec<u8>> {
    match answer {
        Answer::Send(bytes) => bytes,
        Answer::Wait | Answer::Ask(_) => Zeroizing::default(),
    }
}

impl Machine {
    /// A packet before the login is done.
    #[cold]
    #[inline(never)]
    pub(super) fn on_login_packet(
        &mut self,
        body: &[u8],
        out: &mut SendBuf,
    ) -> Result<Option<Event>> {
        if body.first() == Some(&reply::ERR) {
            return Err(Error::Server(Box::new(reply::parse_err(body)?)).into());
        }
        // Each packet takes the phase out and puts the next one in; an error leaves it out, but ends
        // the connection too.
        if matches!(self.phase, Phase::Tls) {
            // Nothing comes in clear any more.
            let got = body.first().copied().unwrap_or_default();
            return Err(ProtocolError::Unexpected { expected: "a TLS handshake", got }.into());
        }
        match self.login.take() {
            Some(login) if matches!(self.phase, Phase::Greeting) => {
                self.on_greeting(body, login, out)
            }
            Some(login) => self.on_login_answer(body, login, out),
            None => Ok(None),
        }
    }

    fn on_greeting(
        &mut self,
        body: &[u8],
        mut login: Box<Login>,
        out: &mut SendBuf,
    ) -> Result<Option<Event>> {
        let greeting = Greeting::parse(body)?;
        self.version.clear();
        self.version.extend_from_slice(greeting.version);
        self.version.push(0);
        self.thread_id = greeting.thread_id;
        self.status = greeting.status;
        let config = &login.config;
        if config.tls && !greeting.caps.has(Caps::SSL) {
            return Err(Error::NoServerTls.into());
        }
        self.caps = negotiate(config, greeting.caps)?;
        login.method = greeting.method.to_vec();
        login.challenge = greeting.challenge;
        // MySQL says that it is MySQL: bit 0, once "long password".
        login.mariadb = !greeting.caps.has(Caps::LONG_PASSWORD);
        self.knows_last_prepared = login.mariadb && greeting.caps.has(Caps::STMT_BULK);
        if !login.config.tls {
            return self.send_login(login, out).map(|()| None);
        }
        let (caps, charset) = (self.caps, login.config.charset);
        let next = out.packet(self.framer.reply_seq(), |payload| {
            put_head(payload, caps, STATED_MAX_PACKET, charset);
        });
        self.framer.expect(next);
        self.login = Some(login);
        self.set_phase(Phase::Tls);
        Ok(Some(Event::StartTls))
    }

    /// The TLS handshake that `Event::StartTls` asked for is done: the login goes on, encrypted. With
    /// `unproved` the server has to prove itself at the end of it.
    pub fn on_tls(&mut self, unproved: Option<Unproved>, out: &mut SendBuf) -> Result<()> {
        match self.login.take() {
            Some(mut login) if matches!(self.phase, Phase::Tls) => {
                login.config.channel = Channel::Tls;
                if let Some(unproved) = unproved {
                    let password = login.context().password;
                    unproved.may_begin(login.mariadb, password, &login.config.methods)?;
                    login.unproved = Some(unproved);
                }
                self.send_login(login, out)
            }
            _ => Ok(()),
        }
    }

    fn send_login(&mut self, mut login: Box<Login>, out: &mut SendBuf) -> Result<()> {
        let (method, exchange, answer) = login.begin()?;
        let config = &login.config;
        let packet = LoginPacket {
            caps: self.caps,
            max_packet: STATED_MAX_PACKET,
            charset: config.charset,
            user: &config.user,
            answer: &answer,
            schema: &config.schema,
            method: method.name().as_bytes(),
            attributes: &config.attributes,
            zstd_level: config.compression.zstd_level,
        };
        let (seq, size) = (self.framer.reply_seq(), packet.size());
        let next = out.secret_packet(seq, size, |payload| packet.put(payload));
        self.framer.expect(next);
        login.used = exchange.is_some().then_some(method);
        login.exchange = exchange;
        self.login = Some(login);
        self.set_phase(Phase::Login);
        Ok(())
    }

    fn on_login_answer(
        &mut self,
        body: &[u8],
        mut login: Box<Login>,
        out: &mut SendBuf,
    ) -> Result<Option<Event>> {
        login.rounds += 1;
        if login.rounds > MAX_LOGIN_ROUNDS {
            return Err(ProtocolError::EndlessLogin(MAX_LOGIN_ROUNDS).into());
        }
        if login.question.is_some() {
            return Err(unexpected(body).into());
        }
        let answer = match body.first() {
            Some(&reply::OK) => {
                let ok = OkPacket::parse(body)?;
                login.check_proof(ok.info)?;
                self.status = ok.status;
                if login.changing {
                    self.take_ok(&ok)?;
                    self.on_user_changed();
                } else if self.tells_changes() {
                    // Its text is no business of the program.
                    self.result.on_changes(ok.rest)?;
                }
                self.kept = login.keep();
                self.end_login();
                return Ok(Some(Event::LoggedIn));
            }
            Some(&reply::EOF) => login.switch(body)?,
            Some(&NEXT_FACTOR) if self.caps.has(Caps::MULTI_FACTOR) => {
                if let Some(unproved) = &login.unproved {
                    return Err(unproved.refused("the server asks for another factor"));
                }
                login.factor += 1;
                login.switch(body)?
            }
            Some(&MORE_DATA) => login.on_data(body, 1)?,
            // MariaDB marks a method's data only where it could be taken for something else.
            _ => login.on_data(body, 0)?,
        };
        self.send_answer(login, answer, out)?;
        Ok(None)
    }

    /// Whether the program is to be asked again: for the answer to a question, or for more of a file.
    pub fn is_asking(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.question.is_some()) || self.asks_for_file()
    }

    /// Asks the program again.
    pub fn ask_again(&mut self, out: &mut SendBuf) -> Result<()> {
        let Some(mut login) = self.login.take() else {
            return Ok(());
        };
        match login.question.take() {
            Some(question) => self.send_answer(login, Answer::Ask(question), out),
            None => {
                self.login = Some(login);
                Ok(())
            }
        }
    }

    fn send_answer(
        &mut self,
        mut login: Box<Login>,
        mut answer: Answer,
        out: &mut SendBuf,
    ) -> Result<()> {
        if let Answer::Ask(question) = answer {
            answer = login.ask(question)?;
        }
        if let Answer::Send(bytes) = answer {
            let put = |payload: &mut Vec<u8>| payload.extend_from_slice(&bytes);
            let next = out.secret_packet(self.framer.reply_seq(), bytes.len(), put);
            self.framer.expect(next);
        }
        self.set_phase(login.phase());
        self.login = Some(login);
        Ok(())
    }
}

/// What both sides can do. Affected rows always count matched rows, whatever the options say, and
/// several results may always come (docs/contract.md, CONN).
fn negotiate(config: &LoginConfig, server: Caps) -> Result<Caps> {
    let mut caps = Caps::LONG_PASSWORD
        .with(Caps::FOUND_ROWS)
        .with(Caps::LONG_FLAG)
        .with(Caps::TRANSACTIONS)
        .with(Caps::PROTOCOL_41)
        .with(Caps::SECURE_CONNECTION)
        .with(Caps::PLUGIN_AUTH)
        .with(Caps::PLUGIN_AUTH_LENENC)
        .with(Caps::CONNECT_ATTRS)
        .with(Caps::DEPRECATE_EOF)
        .with(Caps::CACHE_METADATA)
        .with(Caps::STMT_BULK)
        .with(Caps::PS_MULTI_RESULTS)
        .with(config.wanted);
    if config.passwords.len() > 1 {
        caps = caps.with(Caps::MULTI_FACTOR);
    }
    if config.tls {
        caps = caps.with(Caps::SSL);
    }
    if !config.schema.is_empty() {
        caps = caps.with(Caps::CONNECT_WITH_DB);
    }
    Ok(caps.both(server).with(compression(&config.compression, server)?).with(Caps::MULTI_RESULTS))
}

/// The capability of the best method that the server has too.
fn compression(offer: &Offer, server: Caps) -> Result<Caps> {
    let flags = offer.methods.iter().flatten().map(|method| match method {
        Algorithm::Zlib => Caps::COMPRESS,
        Algorithm::Zstd => Caps::ZSTD,
    });
    match flags.clone().find(|&flag| server.has(flag)) {
        Some(flag) => Ok(flag),
        None if offer.required => Err(Error::NoServerCompression.into()),
        None => Ok(Caps::default()),
    }
}

fn unexpected(body: &[u8]) -> ProtocolError {
    let got = body.first().copied().unwrap_or_default();
    ProtocolError::Unexpected { expected: "an answer to the login", got }
}
