// SPDX-License-Identifier: Apache-2.0
//! Sessions with real servers, byte for byte, and the proxy that records them.
//!
//! The files in `golden/` hold what each side sent in turn, as hexadecimal digits. The client's login
//! packet is kept without its attributes, which name the process. `ATTACHSQL_BLESS=1 cargo test --test
//! server_golden` records them anew.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use attachsql::auth::{Channel, Methods, Password};
use attachsql::proto::login::{LoginConfig, Offer};
use attachsql::session::{Choice, Connection};
use attachsql::wire::caps::Caps;

use super::listener::{Address, Listener, Peer};
use super::login_packet::LoginPacket;
use super::packets::{DEPRECATE_EOF, framed};
use super::script::{Script, Step, Want};
use super::servers::{self, Server};
use super::subject::{Ask, Seen, Subject};

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Server,
    Client,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    pub turns: Vec<(Side, Vec<u8>)>,
}

/// The recorded sessions: the servers, each with both ways to end rows; MySQL 5.6 has only the older.
/// MariaDB 11.8 says what 10.11 says.
pub const NAMES: [&str; 5] = ["mariadb", "mariadb-eof", "mysql", "mysql-eof", "mysql56"];

/// The recorded sessions by name.
pub fn committed() -> Vec<(&'static str, Recording)> {
    let texts = [
        include_str!("golden/mariadb.txt"),
        include_str!("golden/mariadb-eof.txt"),
        include_str!("golden/mysql.txt"),
        include_str!("golden/mysql-eof.txt"),
        include_str!("golden/mysql56.txt"),
    ];
    NAMES.into_iter().zip(texts.map(Recording::parse)).collect()
}

/// What was asked in each of them.
pub fn asks() -> Vec<Ask> {
    vec![
        Ask::Login,
        Ask::query("SELECT 1"),
        Ask::query("SELECT NULL, '', 'x', REPEAT('long', 75) AS far"),
        Ask::query(
            "CREATE TEMPORARY TABLE golden (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(9))",
        ),
        Ask::query("INSERT INTO golden (v) VALUES ('one'), ('two'), (NULL)"),
        Ask::query("UPDATE golden SET v = 'one' WHERE id < 3"),
        Ask::query("SELECT id, v FROM golden ORDER BY id"),
        Ask::query("SELECT id FROM golden WHERE id > 100"),
        Ask::query("SELECT nonsense FROM golden"),
        Ask::Abandon(b"SELECT v, id FROM golden ORDER BY id".to_vec(), 1),
        Ask::buffered(
            "SELECT v, n FROM golden JOIN (SELECT 1 AS n UNION SELECT 2) b ORDER BY id, n",
        ),
        Ask::buffered("SELECT id FROM golden; SELECT v FROM golden; SELECT nonsense"),
        Ask::query("SELECT 'first'; DO 0; SELECT 2 AS b, 3 AS c"),
        Ask::query("SET sql_mode = 'NO_BACKSLASH_ESCAPES'"),
        Ask::query("SELECT CAST('1.5' AS SIGNED)"),
    ]
}

/// Who logs in there.
pub fn login_config() -> LoginConfig {
    LoginConfig {
        user: b"test".to_vec(),
        passwords: vec![Password::new(b"test")],
        server_key: None,
        methods: Methods::default(),
        schema: b"testdb".to_vec(),
        wanted: Caps::MULTI_STATEMENTS,
        charset: 0,
        attributes: Vec::new(),
        channel: Channel::KeyTrusted,
        tls: false,
        compression: Offer::default(),
        dialog: None,
    }
}

/// The same over a socket.
pub fn connection(address: &Address) -> Connection {
    let mut connection = servers::connection(address, "test", "test");
    assert!(connection.choose(Choice::MULTI_STATEMENTS));
    connection
}

impl Recording {
    pub fn parse(text: &str) -> Self {
        let mut turns: Vec<(Side, Vec<u8>)> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (head, digits) = line.split_at(2);
            match head {
                "S " => turns.push((Side::Server, Vec::new())),
                "C " => turns.push((Side::Client, Vec::new())),
                "  " => {}
                other => panic!("what is a line that begins with {other:?}?"),
            }
            let bytes = digits.as_bytes().chunks(2).map(|pair| {
                let pair = std::str::from_utf8(pair).unwrap();
                u8::from_str_radix(pair, 16).unwrap()
            });
            turns.last_mut().unwrap().1.extend(bytes);
        }
        Self { turns }
    }

    fn text(&self, from: &str) -> String {
        let mut out = format!("# Recorded from {from}. See golden.rs.\n");
        for (side, bytes) in &self.turns {
            let mut head = if *side == Side::Server { "S " } else { "C " };
            for line in bytes.chunks(48) {
                out.push_str(head);
                line.iter().for_each(|byte| write!(out, "{byte:02x}").unwrap());
                out.push('\n');
                head = "  ";
            }
        }
        out
    }

    /// A server that plays its part again, and checks the client's to the byte.
    pub fn script(&self) -> Script {
        let steps = self.turns.iter().map(|(side, bytes)| match side {
            Side::Server => Step::Raw(bytes.clone()),
            Side::Client => Step::Expect(Want::Bytes(bytes.clone())),
        });
        Script::new(steps)
    }

    /// Bytes that the server sent.
    pub fn server_bytes(&self) -> usize {
        self.turns.iter().filter(|turn| turn.0 == Side::Server).map(|turn| turn.1.len()).sum()
    }

    fn add(&mut self, side: Side, bytes: &[u8]) {
        match self.turns.last_mut() {
            Some((last, all)) if *last == side => all.extend_from_slice(bytes),
            _ => self.turns.push((side, bytes.to_vec())),
        }
    }
}

/// Records `asks` with a real server: what was sent, and what the client saw. With `eof`, the client is
/// made to believe that the server only knows EOF packets.
pub fn record(server: &Server, eof: bool) -> (Recording, Vec<Seen>) {
    let mut seen = Vec::new();
    let mut recording = watch(server, eof, |address| seen = connection(address).run(&asks()));
    // The goodbye is not part of it.
    assert_eq!(recording.turns.pop(), Some((Side::Client, b"\x01\0\0\0\x01".to_vec())));
    strip_attributes(&mut recording.turns[1].1);
    (recording, seen)
}

/// What goes to and fro while `client` uses the address it is given once, and lets go of it.
pub fn watch(server: &Server, eof: bool, client: impl FnOnce(&Address)) -> Recording {
    let listener = Listener::tcp();
    let address = listener.address();
    let upstream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let proxy = std::thread::spawn(move || relay(listener.accept(), upstream, eof));
    client(&address);
    proxy.join().unwrap()
}

/// Writes a recording to its file.
pub fn bless(name: &str, recording: &Recording, from: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/support/golden");
    std::fs::write(folder.join(format!("{name}.txt")), recording.text(from)).unwrap();
}

fn relay(mut client: Peer, mut server: TcpStream, eof: bool) -> Recording {
    let (mut recording, mut space) = (Recording { turns: Vec::new() }, vec![0; 1 << 16]);
    client.set_nonblocking();
    server.set_nonblocking(true).unwrap();
    loop {
        let mut idle = true;
        match client.read(&mut space) {
            Ok(0) => return recording,
            Ok(n) => {
                recording.add(Side::Client, &space[..n]);
                let _ = server.write_all(&space[..n]);
                idle = false;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        match server.read(&mut space) {
            Ok(n) if n > 0 => {
                if eof && recording.turns.is_empty() {
                    forget_deprecate_eof(&mut space[..n]);
                }
                recording.add(Side::Server, &space[..n]);
                assert!(client.send(&space[..n]));
                idle = false;
            }
            Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
            _ => {}
        }
        if idle {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Changes a greeting, the first bytes of a session.
fn forget_deprecate_eof(bytes: &mut [u8]) {
    let version = bytes[5..].iter().position(|&byte| byte == 0).expect("a version text");
    // NUL, id, 8 bytes of challenge, filler, low capabilities, charset, status.
    let high = 5 + version + 1 + 4 + 8 + 1 + 2 + 1 + 2;
    bytes[high + 1] &= !((DEPRECATE_EOF >> 24) as u8);
}

fn strip_attributes(login: &mut Vec<u8>) {
    let head = LoginPacket::parse(&login[4..]).head;
    *login = framed(login[3], &[login[4..4 + head].to_vec()]);
}
