// SPDX-License-Identifier: Apache-2.0
//! The machine's login: greeting, login packet, whatever the method goes on to say, OK. Forgets the
//! password when it is over.

use crate::auth::{Answer, Channel, Exchange, Password};
use crate::buf::SendBuf;
use crate::error::{Error, ProtocolError, Result};
use crate::limits::MAX_LOGIN_ROUNDS;
use crate::proto::machine::{Event, Machine, Phase};
use crate::wire::auth_switch::AuthSwitch;
use crate::wire::caps::Caps;
use crate::wire::greeting::Greeting;
use crate::wire::login::Login as LoginPacket;
use crate::wire::reply::{self, OkPacket};

/// First byte of a packet with more data for the login method.
const MORE_DATA: u8 = 0x01;

/// Largest packet the login packet says the client takes. Servers ignore it; libAttachSQL sent this.
const STATED_MAX_PACKET: u32 = 1024 * 1024;

/// Who logs in, and how.
#[derive(Debug)]
pub struct LoginConfig {
    /// User name.
    pub user: Vec<u8>,
    /// Password; empty for none.
    pub password: Password,
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
}

/// A login under way.
#[derive(Debug)]
pub(super) struct Login {
    /// `None` before the greeting.
    exchange: Option<Exchange>,
    config: LoginConfig,
    rounds: u32,
}

impl Login {
    pub(super) fn new(config: LoginConfig) -> Self {
        Self { exchange: None, config, rounds: 0 }
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
        match self.login.take() {
            Some(login) if matches!(self.phase, Phase::Greeting) => {
                self.on_greeting(body, login, out).map(|()| None)
            }
            Some(login) => self.on_login_answer(body, login, out),
            None => Ok(None),
        }
    }

    fn on_greeting(&mut self, body: &[u8], mut login: Box<Login>, out: &mut SendBuf) -> Result<()> {
        let greeting = Greeting::parse(body)?;
        let config = &login.config;
        self.version.clear();
        self.version.extend_from_slice(greeting.version);
        self.version.push(0);
        self.thread_id = greeting.thread_id;
        self.status = greeting.status;
        self.caps = negotiate(config, greeting.caps);
        let method =
            if Exchange::knows(greeting.method) { greeting.method } else { Exchange::DEFAULT };
        let (exchange, answer) =
            Exchange::start(method, &greeting.challenge, config.password.bytes())?;
        let packet = LoginPacket {
            caps: self.caps,
            max_packet: STATED_MAX_PACKET,
            charset: config.charset,
            user: &config.user,
            answer: &answer,
            schema: &config.schema,
            method,
            attributes: &config.attributes,
        };
        let next = out.packet(self.framer.reply_seq(), |payload| packet.put(payload));
        self.framer.expect(next);
        login.exchange = Some(exchange);
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
        let password = login.config.password.bytes();
        let answer = match body.first() {
            Some(&reply::OK) => {
                let ok = OkPacket::parse(body)?;
                self.status = ok.status;
                self.end_login();
                return Ok(Some(Event::LoggedIn));
            }
            Some(&reply::EOF) => {
                let switch = AuthSwitch::parse(body)?;
                let (exchange, answer) =
                    Exchange::start(switch.method, switch.challenge, password)?;
                login.exchange = Some(exchange);
                Answer::Send(answer)
            }
            Some(&MORE_DATA) => {
                let data = body.get(1..).unwrap_or_default();
                let Some(exchange) = &mut login.exchange else {
                    return Err(unexpected(body).into());
                };
                match exchange.on_data(data, password, login.config.channel)? {
                    Some(answer) => answer,
                    None => return Err(unexpected(body).into()),
                }
            }
            _ => return Err(unexpected(body).into()),
        };
        if let Answer::Send(bytes) = answer {
            let put = |payload: &mut Vec<u8>| payload.extend_from_slice(&bytes);
            let next = out.secret_packet(self.framer.reply_seq(), bytes.len(), put);
            self.framer.expect(next);
        }
        self.login = Some(login);
        self.set_phase(Phase::Login);
        Ok(None)
    }
}

/// What both sides can do. Affected rows always count matched rows, whatever the options say, and
/// several results may always come (docs/contract.md, CONN).
fn negotiate(config: &LoginConfig, server: Caps) -> Caps {
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
        .with(config.wanted);
    if !config.schema.is_empty() {
        caps = caps.with(Caps::CONNECT_WITH_DB);
    }
    caps.both(server).with(Caps::MULTI_RESULTS)
}

fn unexpected(body: &[u8]) -> ProtocolError {
    let got = body.first().copied().unwrap_or_default();
    ProtocolError::Unexpected { expected: "an answer to the login", got }
}
