// SPDX-License-Identifier: Apache-2.0
//! What is drawn for a connection: server, channel, options, and what may befall it.

use attachsql::capi::types::attachsql_options_t as Options;

use super::job::{Excuse, Job, Tables};
use super::support::dice::Dice;
use super::support::listener::Address;
use super::support::raw::CApi;
use super::support::rough::Rough;
use super::support::servers::{Kind, Server};

/// A server with its tables, and a rough network before it.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) tables: Tables,
    pub(crate) rough: Rough,
}

/// What happens to connections in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fair,
    /// Connections are killed by the server.
    Kill,
    /// Lines are cut, or go silent.
    Rough,
}

/// See the head of this file.
#[derive(Debug, Clone)]
pub(crate) struct Traits {
    pub(crate) place: usize,
    unix: bool,
    rough: bool,
    tls: bool,
    zlib: bool,
    pub(crate) multi: bool,
    pub(crate) cancel: bool,
    timeout: u32,
    pub(crate) refused: Option<Refused>,
    pub(crate) buffered: bool,
}

/// How a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Password,
    Port,
    Path,
}

impl Traits {
    pub(crate) fn draw(dice: &mut Dice, places: &[Place], weather: Weather) -> Self {
        let place = dice.below(places.len());
        let old = places[place].server.kind == Kind::MySql56;
        let refused = dice.chance(6);
        Self {
            place,
            unix: dice.chance(40),
            rough: weather == Weather::Rough,
            tls: !old && dice.chance(35),
            zlib: dice.chance(35),
            multi: dice.chance(50),
            cancel: dice.chance(40),
            timeout: if dice.chance(10) { 20 + dice.below(200) as u32 } else { 0 },
            refused: refused.then(|| dice.pick(&[Refused::Password, Refused::Port, Refused::Path])),
            buffered: dice.chance(30),
        }
    }

    /// A connection like this, not yet used.
    pub(crate) fn connection(&self, places: &[Place]) -> CApi {
        let place = &places[self.place];
        let address = match self.refused {
            Some(Refused::Port) => Address { host: "127.0.0.1".to_owned(), port: 1 },
            Some(Refused::Path) => Address { host: "/nowhere/at.all".to_owned(), port: 0 },
            _ if self.rough => place.rough.address().clone(),
            _ if self.unix => place.server.unix(),
            _ => place.server.tcp(),
        };
        let con = match self.refused {
            Some(Refused::Password) => CApi::new(&address, "wrong"),
            _ => CApi::to(&address),
        };
        if self.tls {
            assert!(con.option(Options::TLS, 1) && con.option(Options::TLS_VERIFY, 0));
        }
        if self.zlib {
            assert!(con.text_option(Options::COMPRESSION, "zlib"));
        }
        assert!(con.option(Options::MULTI_STATEMENTS, self.multi.into()));
        assert!(con.option(Options::CANCEL, self.cancel.into()));
        assert!(con.option(Options::COMMAND_TIMEOUT, self.timeout));
        if self.rough {
            assert!(con.option(Options::READ_TIMEOUT, 700));
            assert!(con.option(Options::CONNECT_TIMEOUT, 700));
        }
        con
    }

    /// A command for it.
    pub(crate) fn job(&self, dice: &mut Dice, tag: u64, places: &[Place], weather: Weather) -> Job {
        let mut job = Job::draw(dice, tag, &places[self.place].tables, self.multi);
        job.excuse = self.excuse(weather);
        job
    }

    /// One with one result.
    pub(crate) fn single(
        &self,
        dice: &mut Dice,
        tag: u64,
        places: &[Place],
        weather: Weather,
    ) -> Job {
        Self { multi: false, ..self.clone() }.job(dice, tag, places, weather)
    }

    /// What may happen to it at any time.
    pub(crate) fn excuse(&self, weather: Weather) -> Excuse {
        let lost = weather != Weather::Fair;
        Excuse { lost, cancelled: false, late: self.timeout > 0 }
    }

    /// Whether this may be the end of a connect.
    pub(crate) fn refuses(&self, code: i32) -> bool {
        match self.refused {
            // A call that comes after it.
            Some(_) if code == 2006 => true,
            Some(Refused::Password) => code == 1045 || code == 1698 || code == 3118,
            Some(Refused::Port | Refused::Path) => (2001..=2005).contains(&code),
            None => false,
        }
    }
}
