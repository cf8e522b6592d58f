// SPDX-License-Identifier: Apache-2.0
//! A network between a client and a real server that hands over the server's bytes in small pieces, and
//! may cut the line in their midst.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use super::listener::{Address, PATIENCE};

/// A line for one connection.
#[derive(Debug)]
pub struct Line {
    address: Address,
    pump: JoinHandle<usize>,
}

impl Line {
    /// To `server`, in pieces of `piece` bytes, cut after `cut` of them.
    pub fn new(server: &Address, piece: usize, cut: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = (server.host.clone(), server.port);
        let pump = thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            let server = TcpStream::connect(target).unwrap();
            for stream in [&client, &server] {
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
            }
            let back = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let upward = thread::spawn(move || copy(&back.0, &back.1, usize::MAX, None));
            let sent = copy(&server, &client, piece, cut);
            for stream in [&client, &server] {
                // Whoever has gone already makes no difference.
                drop(stream.shutdown(Shutdown::Both));
            }
            upward.join().unwrap();
            sent
        });
        Self { address: Address { host: "127.0.0.1".to_owned(), port }, pump }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Waits for the end of the line. The server's bytes that came through.
    pub fn finish(self) -> usize {
        self.pump.join().unwrap()
    }
}

/// Copies until the end of `from`, the end of `to`, or `cut` bytes. How many were copied.
fn copy(mut from: &TcpStream, mut to: &TcpStream, piece: usize, cut: Option<usize>) -> usize {
    let (mut space, mut copied) = (vec![0; 1 << 16], 0);
    while let Ok(n @ 1..) = from.read(&mut space) {
        let left = cut.map_or(n, |cut| n.min(cut - copied));
        for piece in space[..left].chunks(piece) {
            if to.write_all(piece).is_err() {
                return copied;
            }
            copied += piece.len();
            thread::yield_now();
        }
        if cut == Some(copied) {
            break;
        }
    }
    copied
}
