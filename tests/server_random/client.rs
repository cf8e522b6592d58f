// SPDX-License-Identifier: Apache-2.0
//! A connection with all that was drawn for it: the way to the server, how it is woken up, its options. It polls
//! and sleeps as programs do; a sleep that nobody ends is what this test looks for.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use super::support::dice::Dice;
use super::uploads::{self, Upload};
use crate::late::Held;
use crate::support::embed::{Loop, Style};
use crate::support::files::{self, Files};
use crate::support::listener::PATIENCE;
use crate::support::pools::CPool;
use crate::support::raw::CApi;
use crate::support::servers::{Kind, Server};
use crate::support::subject::{Failure, NAP, Subject};

/// What was drawn for a connection.
#[derive(Debug, Clone)]
pub(crate) struct Traits {
    unix: bool,
    tls: bool,
    compression: &'static str,
    /// An event loop, or the library's own wait.
    style: Option<Style>,
    pooled: bool,
    /// Other connections of the pool.
    others: usize,
    pub(crate) held: (bool, bool),
    pub(crate) files: bool,
    pub(crate) cancel: bool,
    pub(crate) multi: bool,
    pub(crate) attributes: bool,
    cache: u32,
    track: bool,
    caps: bool,
}

impl Traits {
    pub(crate) fn draw(dice: &mut Dice, server: &Server) -> Self {
        let old = server.kind == Kind::MySql56;
        let tls = !old && dice.chance(35);
        let mut compressions = vec!["", "", "zlib"];
        if server.has_zstd() {
            compressions.push("zstd");
        }
        Self {
            unix: dice.chance(40),
            tls,
            compression: dice.pick(&compressions),
            style: dice.pick(&[None, Some(Style::Watches), Some(Style::Descriptor)]),
            pooled: dice.chance(35),
            others: dice.below(3),
            held: dice.pick(&[(false, false), (true, false), (true, true), (true, true)]),
            files: dice.chance(80),
            cancel: dice.chance(40),
            multi: dice.chance(50),
            attributes: dice.chance(30),
            cache: dice.pick(&[0, 0, 1, 5]),
            track: dice.chance(25),
            caps: dice.chance(25),
        }
    }

    pub(crate) fn held(&self) -> Held {
        Held { send: self.held.0, receive: self.held.1 }
    }

    fn set(&self, con: &CApi) {
        if self.tls {
            assert!(con.option(Options::TLS, 1) && con.option(Options::TLS_VERIFY, 0));
        }
        if !self.compression.is_empty() {
            assert!(con.text_option(Options::COMPRESSION, self.compression));
            assert!(con.option(Options::COMPRESSION_REQUIRED, 1));
        }
        if self.multi {
            assert!(con.option(Options::MULTI_STATEMENTS, 1));
        }
        let flags = [
            (Options::CANCEL, self.cancel),
            (Options::QUERY_ATTRIBUTES, self.attributes),
            (Options::SESSION_TRACK, self.track),
        ];
        for (option, on) in flags {
            assert!(con.option(option, on.into()));
        }
        assert!(con.option(Options::STMT_CACHE, self.cache));
        if self.caps {
            for option in [Options::MAX_ROW, Options::MAX_RESULT, Options::MAX_MEMORY] {
                assert!(con.option(option, 512 << 20));
            }
            assert!(con.option(Options::READ_TIMEOUT, 60_000));
            assert!(con.option(Options::WRITE_TIMEOUT, 60_000));
        }
    }
}

/// What wakes it up.
enum Way {
    Wait,
    Loop(Loop, Style),
    Pool(CPool, Option<(Loop, Style)>),
}

pub(crate) struct Client {
    pub(crate) api: CApi,
    way: Way,
    pub(crate) upload: Rc<RefCell<Upload>>,
    _files: Option<Files>,
    pub(crate) dice: Dice,
    /// A cancel that comes after so many polls.
    pub(crate) cancel_in: Option<usize>,
    /// What the cancel that came said.
    pub(crate) cancelled: Option<Result<(), Failure>>,
    /// Whether anything was heard of the last command.
    pub(crate) heard: bool,
    /// The last poll found an end or an error.
    pub(crate) ended: bool,
}

impl Client {
    pub(crate) fn new(server: &Server, traits: &Traits, mut dice: Dice) -> Self {
        let address = if traits.unix { server.unix() } else { server.tcp() };
        let api = CApi::to(&address);
        traits.set(&api);
        let upload = Rc::new(RefCell::new(Upload::new(Dice::new(dice.number()))));
        let files =
            traits.files.then(|| files::set(&api, uploads::function(upload.clone())).unwrap());
        let around = traits.style.map(|style| (Loop::default(), style));
        let way = if traits.pooled {
            let pool = CPool::without_callback();
            pool.raw.try_add(&api).unwrap();
            for _ in 0..traits.others {
                let mut other = pool.raw.add(CApi::to(&address));
                other.connect().unwrap();
            }
            Way::Pool(pool, around)
        } else {
            around.map_or(Way::Wait, |(known, style)| Way::Loop(known, style))
        };
        Self {
            api,
            way,
            upload,
            _files: files,
            dice,
            cancel_in: None,
            cancelled: None,
            heard: false,
            ended: false,
        }
    }

    /// A poll, which may be the moment for a cancel.
    pub(crate) fn poll(&mut self) -> Result<Polled, Failure> {
        if let Some(left) = self.cancel_in {
            self.cancel_in = left.checked_sub(1);
            if left == 0 {
                if self.dice.chance(50) {
                    std::thread::sleep(Duration::from_micros(self.dice.below(4000) as u64));
                }
                self.cancelled = Some(self.api.cancel());
            }
        }
        let polled = self.api.poll();
        self.ended = matches!(polled, Ok(Polled::End) | Err(_));
        self.heard |= !matches!(polled, Ok(Polled::Processing | Polled::Connecting));
        if let Way::Loop(known, _) = &mut self.way {
            known.look(&self.api);
        }
        polled
    }

    /// Polls until something has come of it.
    pub(crate) fn settle(&mut self) -> Result<Polled, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.poll()? {
                Polled::Connecting | Polled::Processing => {
                    assert!(Instant::now() < end, "nothing comes of it");
                    self.sleep();
                }
                polled => return Ok(polled),
            }
        }
    }

    /// Sleeps until there is something to do, now and then too short.
    pub(crate) fn sleep(&mut self) {
        if self.upload.borrow().is_suspended && self.dice.chance(60) {
            files::ready(&self.api);
        }
        match self.dice.below(20) {
            0 => return,
            1 => std::thread::sleep(Duration::from_micros(300)),
            _ => {}
        }
        // A file that is suspended wakes nobody up, unless the server does.
        let nap = if self.upload.borrow().is_suspended { Duration::from_millis(1) } else { NAP };
        let limit = nap.as_millis().try_into().unwrap();
        let woken = match &mut self.way {
            Way::Wait => self.api.wait(limit).unwrap(),
            Way::Loop(known, style) => known.sleep(&self.api, *style, nap),
            Way::Pool(pool, around) => {
                let woken = match around {
                    Some((known, style)) => known.sleep(&pool.raw, *style, nap),
                    None => pool.raw.wait(limit).unwrap(),
                };
                pool.raw.run();
                if let Some((known, _)) = around {
                    known.look(&pool.raw);
                }
                woken
            }
        };
        assert!(woken || nap < NAP, "nothing wakes it up");
    }

    /// A turn without need.
    pub(crate) fn turn(&mut self) -> Result<Polled, Failure> {
        if let Way::Pool(pool, around) = &mut self.way {
            pool.raw.run();
            if let Some((known, _)) = around {
                known.look(&pool.raw);
            }
        }
        self.poll()
    }
}
