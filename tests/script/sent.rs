// SPDX-License-Identifier: Apache-2.0
//! What the client sends, byte for byte.

use attachsql::auth::{Channel, Methods, Password};
use attachsql::proto::login::{LoginConfig, Offer};
use attachsql::session::{Choice, Config, Connection};
use attachsql::wire::caps::Caps;

use crate::support::in_memory::InMemory;
use crate::support::listener::{Inline, Listener};
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{self, Greeting, MAX_FRAME, ok};
use crate::support::script::{Script, Step, Want, query, send};
use crate::support::subject::{Subject, WithServer, login_config};

/// Capabilities of every login: LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, PROTOCOL_41, TRANSACTIONS,
/// SECURE_CONNECTION, MULTI_RESULTS, PS_MULTI_RESULTS, PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC,
/// DEPRECATE_EOF.
const ALWAYS: u32 = 0x013e_a207;
const CONNECT_WITH_DB: u32 = 1 << 3;

fn login_bytes(config: LoginConfig, greeting: &Greeting) -> Vec<u8> {
    let mut client = InMemory::new(config, Script::logged_in(greeting, []));
    client.login().unwrap();
    client.script.received.clone()
}

#[test]
fn a_login_with_a_native_password() {
    let got = login_bytes(login_config("secret", Channel::Open), &Greeting::mysql());
    let greeting = Greeting { plugin: b"mysql_native_password".to_vec(), ..Greeting::mysql() };
    let native = login_bytes(login_config("secret", Channel::Open), &greeting);
    let mut want = b"\x74\0\0\x01".to_vec();
    want.extend_from_slice(&(ALWAYS | CONNECT_WITH_DB).to_le_bytes());
    want.extend_from_slice(&[0, 0, 0x10, 0, 0]);
    want.extend_from_slice(&[0; 23]);
    want.extend_from_slice(b"tester\0\x14");
    // SHA1("secret") XOR SHA1(challenge, SHA1(SHA1("secret"))), computed apart from this program.
    want.extend_from_slice(&NATIVE_ANSWER);
    want.extend_from_slice(b"testdb\0mysql_native_password\0");
    want.extend_from_slice(b"\x1a\x0c_client_name\x0clibattachsql");
    assert!(native == want, "\n{native:02x?}\n{want:02x?}");
    // The other method differs in its answer and name only.
    assert_eq!(got[4..43], want[4..43]);
    assert_eq!(got[43], 32);
    assert_eq!(got[44..76], SHA2_ANSWER);
    assert!(got[76..].starts_with(b"testdb\0caching_sha2_password\0\x1a\x0c_client_name"));
}

/// Computed with Python's hashlib for the challenge of scripted greetings.
const NATIVE_ANSWER: [u8; 20] = [
    0xf5, 0xca, 0xc3, 0xf3, 0xb3, 0xdf, 0x21, 0x33, 0xfe, 0xb5, 0x7d, 0xb6, 0x82, 0xc7, 0x1e, 0x6e,
    0xd4, 0x33, 0xa9, 0x88,
];
const SHA2_ANSWER: [u8; 32] = [
    0x7e, 0x4a, 0xdd, 0xa2, 0xf2, 0xd5, 0xef, 0x09, 0xb4, 0x14, 0x75, 0x18, 0xbe, 0xcb, 0x0c, 0xee,
    0x29, 0x39, 0x37, 0x62, 0x03, 0x65, 0x0a, 0x8c, 0x2b, 0xb2, 0x81, 0x59, 0x59, 0x36, 0x4b, 0xd0,
];

#[test]
fn a_login_that_names_nothing() {
    let config = LoginConfig {
        user: Vec::new(),
        passwords: vec![Password::default()],
        server_key: None,
        methods: Methods::default(),
        schema: Vec::new(),
        wanted: Caps::default(),
        charset: 0,
        attributes: Vec::new(),
        channel: Channel::Open,
        tls: false,
        compression: Offer::default(),
        dialog: None,
    };
    let mut want = b"\x39\0\0\x01".to_vec();
    // MariaDB leaves LONG_PASSWORD out, and so do we.
    want.extend_from_slice(&(ALWAYS & !1).to_le_bytes());
    want.extend_from_slice(&[0, 0, 0x10, 0, 0]);
    want.extend_from_slice(&[0; 23]);
    want.extend_from_slice(b"\0\0mysql_native_password\0\0");
    assert_eq!(login_bytes(config, &Greeting::default()), want);
}

#[test]
fn every_field_at_its_longest() {
    let attributes: Vec<_> =
        (0..100).map(|n| (format!("name{n}").into_bytes(), vec![b'v'; 600])).collect();
    let config = LoginConfig {
        user: vec![b'u'; 255],
        schema: vec![b's'; 64],
        charset: 255,
        wanted: Caps::MULTI_STATEMENTS.with(Caps::INTERACTIVE),
        attributes: attributes.clone(),
        ..login_config(&"p".repeat(1000), Channel::Open)
    };
    let bytes = login_bytes(config, &Greeting::mysql());
    let login = LoginPacket::parse(&bytes[4..]);
    assert_eq!(login.caps, ALWAYS | CONNECT_WITH_DB | 1 << 16 | 1 << 10);
    assert_eq!((login.charset, login.max_packet), (255, 1 << 20));
    assert_eq!(login.user, [b'u'; 255]);
    assert_eq!(login.schema.as_deref(), Some(&[b's'; 64][..]));
    assert_eq!(login.answer.len(), 32);
    assert_eq!(login.attributes.len(), attributes.len());
    for (got, want) in login.attributes.iter().zip(&attributes) {
        assert_eq!((got.0.as_bytes(), got.1.as_bytes()), (&want.0[..], &want.1[..]));
    }
}

/// What a session adds of itself, and what its options change.
#[test]
fn options_of_a_session() {
    let script = Script::logged_in(&Greeting::mysql(), []);
    let server = Inline::new(Listener::tcp(), script);
    let address = server.address();
    let config = Config::new(Some(address.host.as_bytes()), address.port, b"me", b"", b"").unwrap();
    let mut client = Connection::new(config);
    for choice in [
        Choice::MULTI_STATEMENTS,
        Choice::INTERACTIVE,
        Choice::NO_SCHEMA,
        Choice::FOUND_ROWS,
        Choice::LocalFiles,
        Choice::Charset(b"latin1_swedish_ci"),
        Choice::Attribute(b"program_name=tests"),
        Choice::Attribute(b"empty="),
        Choice::Attribute(b"program_name=again=and again"),
    ] {
        assert!(client.choose(choice), "{choice:?}");
    }
    let mut both = WithServer { client, server };
    both.login().unwrap();
    let login = LoginPacket::parse(&both.server.script.payloads[0]);
    // MULTI_STATEMENTS, INTERACTIVE, NO_SCHEMA; never LOCAL_FILES (1 << 7).
    assert_eq!(login.caps, ALWAYS | 1 << 16 | 1 << 10 | 1 << 4);
    assert_eq!(login.charset, 8);
    assert_eq!(login.schema, None);
    let get = |name| login.attribute(name);
    assert_eq!(get("_client_name"), Some("libattachsql"));
    assert_eq!(get("_client_version"), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(get("_os"), Some("linux"));
    assert_eq!(get("_platform"), Some(std::env::consts::ARCH));
    assert_eq!(get("_pid"), Some(std::process::id().to_string().as_str()));
    assert_eq!(get("program_name"), Some("again=and again"));
    assert_eq!(get("empty"), Some(""));
    assert_eq!(login.attributes.len(), 7);
    for late in [Choice::Charset(b"utf8mb4"), Choice::Attribute(b"a=b"), Choice::ServerKey(1)] {
        assert!(!both.client.choose(late), "{late:?} after the login");
    }
    drop(both.client);
    let script = both.server.finish();
    assert_eq!(script.left(), b"\x01\0\0\0\x01", "COM_QUIT, numbered 0");
}

#[test]
fn queries() {
    let texts: [&[u8]; 5] = [b"SELECT 1", b"", b"\0\xff\n", b"SELECT '?'", "SELECT 'ä'".as_bytes()];
    for text in texts {
        let want = packets::framed(0, &[[b"\x03", text].concat()]);
        let steps = [Step::Expect(Want::Bytes(want)), send(ok())];
        let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
        client.login().unwrap();
        client.ask(text, false);
        assert!(client.script.is_over());
    }
}

/// Texts around the longest payload of one packet, and answers numbered on from the last piece.
#[test]
fn long_queries_are_split() {
    for size in [MAX_FRAME - 2, MAX_FRAME - 1, MAX_FRAME, 2 * MAX_FRAME - 1, 2 * MAX_FRAME + 9] {
        let text = packets::pattern(size, 5);
        let pieces = (size + 1) / MAX_FRAME + 1;
        let steps = [
            Step::Expect(Want::Query(text.clone())),
            Step::Raw(packets::framed(packets::number(pieces), &[ok()])),
            query("next"),
            send(ok()),
        ];
        let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
        client.login().unwrap();
        client.ask(&text, false);
        client.ask(b"next", false);
        assert!(client.script.is_over(), "{size}");
    }
}

/// A query over the limit leaves nothing behind, neither in the stream nor in the numbers.
#[test]
fn a_query_over_the_limit_is_not_sent() {
    let steps = [query(&"x".repeat(1023)), send(ok()), query("next"), send(ok())];
    let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
    client.machine.set_max_packet(1024);
    client.login().unwrap();
    let failure = client.query(&[b'x'; 1024]).unwrap_err();
    assert_eq!(failure.numbers(), (2020, "08S01"));
    assert!(failure.text.contains("a query of 1025 bytes"), "{failure:?}");
    assert!(failure.text.contains("the limit of 1024 bytes"), "{failure:?}");
    assert!(failure.text.contains("raise ATTACHSQL_OPTION_MAX_PACKET"), "{failure:?}");
    client.ask(&[b'x'; 1023], false);
    client.ask(b"next", false);
    assert!(client.script.is_over());
}
