// SPDX-License-Identifier: Apache-2.0
//! The machine as a subject, with its buffers and a scripted server in memory: no socket, no clock, and
//! the test decides how many bytes arrive at a time.

use attachsql::auth::Channel;
use attachsql::buf::{RecvBuf, SendBuf};
use attachsql::error::Error;
use attachsql::proto::login::LoginConfig;
use attachsql::proto::machine::{Event, Machine};
use attachsql::session::Polled;

use super::packets::Value;
use super::raw;
use super::script::{Script, Turn};
use super::subject::{
    ColumnSeen, Failure, Numbers, Subject, login_config, machine_columns, machine_numbers,
    machine_version,
};

/// The machine with its buffers, and a scripted server at the other end, in memory.
#[derive(Debug)]
pub struct InMemory {
    pub machine: Machine,
    pub recv: RecvBuf,
    pub out: SendBuf,
    pub script: Script,
    /// The end of the script is the end of the stream, not a mistake of the test.
    pub ends_with_script: bool,
    inflow: Vec<u8>,
    taken: usize,
    closed: bool,
    buffered: bool,
    pending: Option<Vec<u8>>,
    outcome: Option<Failure>,
    dead: bool,
}

impl InMemory {
    pub fn new(config: LoginConfig, script: Script) -> Self {
        let mut machine = Machine::default();
        machine.start_login(config);
        Self {
            machine,
            recv: RecvBuf::default(),
            out: SendBuf::default(),
            script,
            ends_with_script: false,
            inflow: Vec::new(),
            taken: 0,
            closed: false,
            buffered: false,
            pending: None,
            outcome: None,
            dead: false,
        }
    }

    /// With the password "secret", over a channel nobody else reads.
    pub fn private(script: Script) -> Self {
        Self::new(login_config("secret", Channel::Socket), script)
    }

    /// Takes one event or one piece of bytes, as far as the client waits for anything. Whether the current
    /// result is over.
    pub fn step(&mut self) -> bool {
        match self.machine.advance(&mut self.recv, &mut self.out) {
            Ok(Some(Event::Failed(error))) => self.outcome = Some(error.into()),
            Ok(_) => {}
            Err(error) => drop(self.die(error.into())),
        }
        if self.machine.wants_packet() {
            self.exchange();
        }
        !self.machine.wants_packet() && !self.machine.has_row()
    }

    fn die(&mut self, failure: Failure) -> Failure {
        self.dead = true;
        self.machine.stop();
        self.outcome = Some(failure.clone());
        failure
    }

    fn submit(&mut self, text: &[u8]) -> Result<(), Failure> {
        let put = |out: &mut Vec<u8>| out.extend_from_slice(text);
        Ok(self.machine.submit_query(&mut self.out, self.buffered, put)?)
    }

    /// Moves bytes both ways; `false` at the end of the stream.
    fn exchange(&mut self) -> bool {
        self.script.feed(self.out.pending());
        self.out.advance(usize::MAX);
        while self.taken == self.inflow.len() {
            match self.script.turn() {
                Turn::Send(bytes) => (self.inflow, self.taken) = (bytes, 0),
                Turn::Stall(_) => {}
                Turn::Close | Turn::Reset => self.closed = true,
                Turn::Receive | Turn::Over if self.ends_with_script => self.closed = true,
                Turn::Receive => panic!("client and server both wait; left: {:?}", self.machine),
                Turn::Over => panic!("the client waits for more than the script has"),
            }
            if self.closed {
                return false;
            }
        }
        if let Some(full) = self.recv.make_room(self.machine.need()).unwrap() {
            self.machine.store.keep(full);
        }
        let (left, space) = (&self.inflow[self.taken..], self.recv.spare());
        let n = left.len().min(space.len());
        assert!(n > 0, "no room for what has come");
        space[..n].copy_from_slice(&left[..n]);
        self.recv.commit(n);
        self.taken += n;
        true
    }
}

impl Subject for InMemory {
    fn connect(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn query(&mut self, text: &[u8]) -> Result<(), Failure> {
        if self.dead {
            return Err(Box::new(Error::Gone("it is dead".to_owned())).into());
        }
        self.outcome = None;
        if self.machine.is_ready() {
            return self.submit(text);
        }
        self.pending = Some(text.to_vec());
        Ok(())
    }

    fn poll(&mut self) -> Result<Polled, Failure> {
        loop {
            if self.dead {
                return Err(self.outcome.clone().unwrap());
            }
            if self.machine.look(&mut self.recv) {
                return Ok(Polled::RowReady);
            }
            match self.machine.advance(&mut self.recv, &mut self.out) {
                Ok(Some(Event::Failed(error))) => self.outcome = Some(error.into()),
                Ok(_) => {}
                Err(error) => return Err(self.die(error.into())),
            }
            if self.machine.wants_packet() {
                if !self.exchange() {
                    let failure =
                        Failure { code: 2013, state: "08006".to_owned(), text: String::new() };
                    return Err(self.die(failure));
                }
                continue;
            }
            if self.machine.has_row() {
                return Ok(Polled::RowReady);
            }
            match self.pending.take_if(|_| self.machine.is_ready()) {
                Some(text) => self.submit(&text)?,
                None => return self.outcome.clone().map_or(Ok(Polled::End), Err),
            }
        }
    }

    fn idle(&mut self) {}

    fn buffer(&mut self, on: bool) {
        self.buffered = on;
    }

    fn columns(&mut self) -> Vec<ColumnSeen> {
        machine_columns(&mut self.machine)
    }

    fn row(&mut self) -> Vec<Value> {
        raw::values(self.machine.row().expect("a row"))
    }

    fn next_row(&mut self) {
        self.machine.release_row(&mut self.recv);
    }

    fn buffered_rows(&mut self) -> Vec<Vec<Value>> {
        (0..self.machine.store.len())
            .map(|n| raw::values(self.machine.store.row(n).unwrap()))
            .collect()
    }

    fn next_result(&mut self) -> bool {
        self.machine.next_result(&mut self.recv)
    }

    fn close_query(&mut self) {
        self.pending = None;
        self.machine.discard(&mut self.recv);
    }

    fn numbers(&mut self) -> Numbers {
        machine_numbers(&self.machine)
    }

    fn version(&mut self) -> String {
        machine_version(&self.machine)
    }

    fn thread_id(&mut self) -> u32 {
        self.machine.thread_id()
    }
}
