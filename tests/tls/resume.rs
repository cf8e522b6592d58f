// SPDX-License-Identifier: Apache-2.0
//! Connections that go on with the session of an earlier one, those that must not, and what a program can
//! know of its TLS connection.

use std::time::Duration;

use attachsql::session::{Choice, Connection, TlsChoice};
use attachsql::transport::{KeyLog, Verify};
use openssl::ssl::{SslContext, SslMethod, SslVersion};

use super::setting::{
    REFUSED, authority, client, good, holds, kept_to_itself, log_in, login_then, server, trusted,
};
use crate::support::certificates::{Identity, TempFile, Wanted};
use crate::support::listener::{Address, Listener};
use crate::support::subject::{Failure, Subject};
use crate::support::tls_server::{Delivery, Outcome, TlsServer, extensions};

const BOTH: [(u32, u32); 2] = [(12, 12), (13, 13)];
const PRE_SHARED_KEY: u16 = 41;
const SESSION_TICKET: u16 = 35;
const ALPN: u16 = 16;

/// Servers with one context, and so with one key for their tickets.
fn servers(identity: &Identity, versions: (u32, u32), count: usize) -> Vec<TlsServer> {
    let context = identity.context(&[], versions);
    (0..count).map(|_| TlsServer::new(context.clone(), login_then([]))).collect()
}

/// Logs in once with each list of choices, one after the other, at one address.
fn one_after_the_other(
    servers: Vec<TlsServer>,
    clients: &[&[TlsChoice<'_>]],
) -> Vec<(Result<bool, Failure>, Outcome)> {
    let (address, running) = TlsServer::serve_each(servers, Listener::tcp());
    let log_in = |choices: &&[TlsChoice<'_>]| {
        let mut client = client(&address, choices);
        client.login().map(|()| client.tls_info().unwrap().resumed)
    };
    let results: Vec<_> = clients.iter().map(log_in).collect();
    results.into_iter().zip(running.finish()).collect()
}

#[track_caller]
fn resumed(seen: &[(Result<bool, Failure>, Outcome)], expected: &[bool]) {
    let seen: Vec<_> = seen
        .iter()
        .map(|(result, outcome)| {
            let resumed = *result.as_ref().unwrap();
            assert_eq!(resumed, outcome.resumed, "client and server do not agree");
            resumed
        })
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn the_second_connection_resumes() {
    let ca = trusted();
    let choices: &[_] = &[TlsChoice::Ca(ca.path().as_bytes())];
    for versions in BOTH {
        let seen = one_after_the_other(servers(good(), versions, 4), &[choices; 4]);
        resumed(&seen, &[false, true, true, true]);
        for (_, outcome) in &seen {
            assert_eq!(outcome.script.payloads.len(), 1, "each logs in as usual");
        }
    }
}

#[test]
fn not_if_the_program_says_so() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let (on, off): (&[_], &[_]) = (&[ca], &[ca, TlsChoice::Resume(0)]);
    for versions in BOTH {
        let seen = one_after_the_other(servers(good(), versions, 4), &[off, on, off, on]);
        resumed(&seen, &[false, false, false, true]);
        let first = extensions(&seen[2].1.raw);
        assert!(first.iter().all(|(kind, _)| *kind != PRE_SHARED_KEY), "a session is offered");
        let ticket = first.iter().find(|(kind, _)| *kind == SESSION_TICKET);
        assert!(ticket.is_none_or(|(_, content)| content.is_empty()), "a ticket is offered");
    }
    assert!(!client(&Address { host: "x".to_owned(), port: 1 }, off).choose(resume(2)));
}

fn resume(value: u32) -> Choice<'static> {
    Choice::Tls(TlsChoice::Resume(value))
}

/// What was not checked, or was checked for something else, is not gone on with.
#[test]
fn not_with_other_checks() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let print = good().fingerprint();
    let print = TlsChoice::Fingerprint(print.as_bytes());
    let each: [&[TlsChoice<'_>]; 6] = [
        &[ca, TlsChoice::Verify(0)],
        &[ca, TlsChoice::Verify(1)],
        &[ca, TlsChoice::Verify(2)],
        &[ca, print],
        &[ca, TlsChoice::Verify(2), print],
        &[ca, TlsChoice::ServerName(b"db.example.com")],
    ];
    for versions in BOTH {
        let twice = [&each[..], &each[..]].concat();
        let seen = one_after_the_other(servers(good(), versions, twice.len()), &twice);
        let expected = [[false; 6], [true; 6]].concat();
        resumed(&seen, &expected);
    }
}

/// A session of a connection that checked nothing does not get another one past the check.
#[test]
fn a_bad_certificate_is_not_hidden_by_a_session() {
    let (ca, own) = (trusted(), Identity::self_signed(&Wanted::default()));
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let (blind, seeing): (&[_], &[_]) = (&[ca, TlsChoice::Verify(0)], &[ca]);
    for versions in BOTH {
        let seen = one_after_the_other(servers(&own, versions, 3), &[blind, seeing, blind]);
        assert_eq!(seen[1].0.as_ref().unwrap_err().numbers(), REFUSED);
        kept_to_itself(&seen[1].1);
        assert!(seen[2].0.as_ref().unwrap());
    }
    // Nor does one that had a wrong fingerprint leave any.
    let print = own.fingerprint();
    let wrong: &[_] = &[ca, TlsChoice::Verify(1), TlsChoice::Fingerprint(print.as_bytes())];
    for versions in BOTH {
        let seen = one_after_the_other(servers(good(), versions, 2), &[wrong, wrong]);
        for (result, outcome) in &seen {
            assert_eq!(result.as_ref().unwrap_err().numbers(), REFUSED);
            assert!(!outcome.resumed);
        }
    }
}

/// The authorities are read again when their file has changed, and nothing of the old ones remains.
#[test]
fn not_after_the_authorities_have_changed() {
    let other = Identity::authority("another authority");
    for versions in BOTH {
        let ca = TempFile::certificates(&[authority()]);
        let (address, running) =
            TlsServer::serve_each(servers(good(), versions, 4), Listener::tcp());
        let choices = [TlsChoice::Ca(ca.path().as_bytes())];
        let log_in = || {
            let mut client = client(&address, &choices);
            client.login().map(|()| client.tls_info().unwrap().resumed)
        };
        assert_eq!((log_in(), log_in()), (Ok(false), Ok(true)));
        std::fs::write(ca.path(), other.cert.to_pem().unwrap()).unwrap();
        assert_eq!(log_in().unwrap_err().numbers(), REFUSED);
        let both = [other.cert.to_pem().unwrap(), authority().cert.to_pem().unwrap()].concat();
        std::fs::write(ca.path(), both).unwrap();
        assert_eq!(log_in(), Ok(false));
        running.finish();
    }
}

/// Another port is another server, whatever its certificate says.
#[test]
fn not_at_another_address() {
    let ca = trusted();
    let choices = [TlsChoice::Ca(ca.path().as_bytes())];
    let context = good().context(&[], (12, 13));
    for _ in 0..3 {
        let (result, outcome) = log_in(TlsServer::new(context.clone(), login_then([])), &choices);
        result.unwrap();
        assert!(!outcome.resumed);
    }
}

/// A ticket of TLS 1.3 is shown once: who sees it twice knows that both connections are of one client.
#[test]
fn a_ticket_is_used_once() {
    let ca = trusted();
    let choices = [TlsChoice::Ca(ca.path().as_bytes())];
    let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
    builder.set_min_proto_version(Some(SslVersion::TLS1_3)).unwrap();
    builder.set_certificate(&good().cert).unwrap();
    builder.set_private_key(&good().key).unwrap();
    builder.set_num_tickets(1).unwrap();
    let context = builder.build();
    let mut servers: Vec<_> =
        (0..3).map(|_| TlsServer::new(context.clone(), login_then([]))).collect();
    servers.iter_mut().skip(1).for_each(|server| server.plain = Some(Vec::new()));
    let (address, running) = TlsServer::serve_each(servers, Listener::tcp());
    client(&address, &choices).login().unwrap();
    let mut hanging = [client(&address, &choices), client(&address, &choices)];
    for client in &mut hanging {
        client.connect().unwrap();
        // The first message has left when there is nothing to do but wait.
        while client.tls_info().is_some() || client.wait(Some(Duration::from_millis(300))).unwrap()
        {
            Subject::poll(client).unwrap();
        }
    }
    drop(hanging);
    let offers: Vec<bool> = running.finish()[1..]
        .iter()
        .map(|outcome| extensions(&outcome.raw).iter().any(|(kind, _)| *kind == PRE_SHARED_KEY))
        .collect();
    assert_eq!(offers, [true, false]);
}

/// A server that breaks off when it is offered a session is offered none again.
#[test]
fn a_server_that_cannot_resume() {
    let ca = trusted();
    let choices: &[_] = &[TlsChoice::Ca(ca.path().as_bytes())];
    for versions in BOTH {
        let mut servers = servers(good(), versions, 5);
        // A fatal alert: internal error.
        servers[1].plain = Some(vec![21, 3, 3, 0, 2, 2, 80]);
        let seen = one_after_the_other(servers, &[choices; 5]);
        assert_eq!(seen[1].0.as_ref().unwrap_err().numbers(), REFUSED);
        for (at, (result, outcome)) in seen.iter().enumerate().filter(|(at, _)| *at != 1) {
            assert!(!result.as_ref().unwrap() && !outcome.resumed, "{at}");
        }
    }
}

/// A handshake that is cut leaves nothing to trip over either.
#[test]
fn after_a_cut() {
    let ca = trusted();
    let choices: &[_] = &[TlsChoice::Ca(ca.path().as_bytes())];
    for versions in BOTH {
        let mut servers = servers(good(), versions, 5);
        servers[1].delivery = Delivery::Cut(30);
        let seen = one_after_the_other(servers, &[choices; 5]);
        assert_eq!(seen[1].0.as_ref().unwrap_err().numbers(), (2013, "08006"));
        let rest: Vec<bool> =
            seen[2..].iter().map(|(result, _)| *result.as_ref().unwrap()).collect();
        assert_eq!(rest, [false, true, true]);
    }
}

#[test]
fn what_a_program_can_know() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let print = good().fingerprint();
    let print = TlsChoice::Fingerprint(print.as_bytes());
    let cases: [(&[TlsChoice<'_>], Option<Verify>, bool); 5] = [
        (&[ca], Some(Verify::Host), false),
        (&[ca, TlsChoice::Verify(1)], Some(Verify::Chain), false),
        (&[ca, TlsChoice::NoVerify], None, false),
        (&[print], None, true),
        (&[ca, TlsChoice::Verify(2), print], Some(Verify::Host), true),
    ];
    for versions in BOTH {
        for (choices, checked, fingerprint) in cases {
            let (address, running) = server(versions, login_then([])).serve(Listener::tcp());
            let mut client = client(&address, choices);
            assert!(client.tls_info().is_none());
            client.login().unwrap();
            let info = client.tls_info().unwrap();
            let (version, cipher): (&[u8], &[u8]) = if versions.0 == 12 {
                (b"TLSv1.2\0", b"ECDHE-RSA-")
            } else {
                (b"TLSv1.3\0", b"TLS_AES_256_GCM_SHA384\0")
            };
            assert_eq!(info.version, version);
            assert!(info.cipher.starts_with(cipher) && info.cipher.ends_with(b"\0"), "{info:?}");
            assert_eq!((info.checked, info.fingerprint), (checked, fingerprint));
            assert!(info.untrusted.is_none() && !client.is_proved());
            drop(client);
            running.finish();
        }
    }
}

/// No protocol is asked for by name.
#[test]
fn no_alpn() {
    let ca = trusted();
    for versions in BOTH {
        let choices =
            [TlsChoice::Ca(ca.path().as_bytes()), TlsChoice::ServerName(b"db.example.com")];
        let (result, outcome) = log_in(server(versions, login_then([])), &choices);
        result.unwrap();
        let kinds: Vec<u16> = extensions(&outcome.raw).into_iter().map(|(kind, _)| kind).collect();
        assert!(kinds.contains(&0), "the name is not found where it must be: {kinds:?}");
        assert!(!kinds.contains(&ALPN), "{kinds:?}");
    }
}

/// The keys are told in the format of SSLKEYLOGFILE, to who asked for them alone.
#[test]
fn the_key_log() {
    let ca = trusted();
    let choices = [TlsChoice::Ca(ca.path().as_bytes())];
    let expected: [&[&str]; 2] = [
        &["CLIENT_RANDOM"],
        &[
            "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
            "EXPORTER_SECRET",
            "SERVER_TRAFFIC_SECRET_0",
            "CLIENT_TRAFFIC_SECRET_0",
        ],
    ];
    for (versions, expected) in BOTH.into_iter().zip(expected) {
        let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
        let log_in = |logged: bool| -> Outcome {
            let (address, running) = server(versions, login_then([])).serve(Listener::tcp());
            let mut client: Connection = client(&address, &choices);
            if logged {
                let lines = lines.clone();
                let log = KeyLog::new(move |line| lines.lock().unwrap().push(line.to_owned()));
                client.set_keylog(Some(log)).unwrap();
            }
            client.login().unwrap();
            drop(client);
            running.finish()
        };
        let outcome = log_in(true);
        let told = lines.lock().unwrap().clone();
        // Random of the client's first message, after the record's header and 6 bytes more.
        let random: String = outcome.raw[11..43].iter().map(|byte| format!("{byte:02x}")).collect();
        for name in expected {
            let line = told.iter().find(|line| line.starts_with(name)).expect(name);
            assert_eq!(line.split(' ').nth(1), Some(&*random), "{line}");
            let secret = line.split(' ').nth(2).unwrap();
            assert!(secret.len() >= 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "{line}");
        }
        assert_eq!(told.len(), expected.len(), "{told:?}");
        // A connection with the same settings, and with nobody who asked.
        log_in(false);
        assert_eq!(lines.lock().unwrap().len(), told.len());
        assert!(!holds(&outcome.raw, random.as_bytes()));
    }
}
