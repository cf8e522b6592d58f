// SPDX-License-Identifier: Apache-2.0
//! Sessions recorded from the real servers as they are today, and played again: the bytes in
//! `support/golden` stay true. `ATTACHSQL_BLESS=1` rewrites those files.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use support::golden;
use support::in_memory::InMemory;
use support::script::Pieces;
use support::servers::{self, Kind, Server};
use support::subject::{Numbers, Seen, Subject};

mod support;

/// The sessions that are recorded of a server: what they are called, and whether it is made to end rows
/// in the older way, which is the only one that MySQL 5.6 knows.
fn sessions(server: &Server) -> Vec<(String, bool)> {
    let mut sessions = vec![(server.name.to_owned(), false)];
    if server.kind != Kind::MySql56 {
        sessions.push((format!("{}-eof", server.name), true));
    }
    sessions
}

#[test]
fn sessions_play_again_as_they_were() {
    for server in servers::all() {
        // Fills MySQL's cache of passwords: the login under an RSA key differs every time.
        servers::admin(&server.tcp());
        for (name, eof) in sessions(&server) {
            let (recording, seen) = golden::record(&server, eof);
            check(&name, &seen);
            for pieces in [Pieces::Whole, Pieces::Every(1), Pieces::Every(7), Pieces::SplitAt(500)]
            {
                let script = recording.script().in_pieces(pieces);
                let again = InMemory::new(golden::login_config(), script).run(&golden::asks());
                assert_eq!(again, seen, "{name}, {pieces:?}");
            }
            if std::env::var_os("ATTACHSQL_BLESS").is_some() && golden::NAMES.contains(&&*name) {
                golden::bless(&name, &recording, &server.version);
            }
        }
    }
}

/// The committed sessions tell the same story as today's servers, apart from what each server puts
/// into words.
#[test]
fn the_committed_sessions_are_still_what_servers_say() {
    for server in servers::all() {
        servers::admin(&server.tcp());
        for (name, eof) in sessions(&server) {
            let committed = golden::committed();
            // MariaDB 11.8 has no recording of its own.
            let kept = name.replace("mariadb118", "mariadb");
            let (_, recording) = committed.iter().find(|(other, _)| *other == kept).unwrap();
            let script = recording.script();
            let then = InMemory::new(golden::login_config(), script).run(&golden::asks());
            let (_, now) = golden::record(&server, eof);
            assert_eq!(rows(&then), rows(&now), "{name}: bless the recordings if this is right");
        }
    }
}

fn rows(seen: &[Seen]) -> Vec<&Seen> {
    seen.iter().filter(|seen| matches!(seen, Seen::Row(_) | Seen::Done(_))).collect()
}

/// The recording shows what it is for.
fn check(name: &str, seen: &[Seen]) {
    assert!(matches!(seen[0], Seen::LoggedIn { .. }), "{name}: {:?}", seen[0]);
    let failed = |seen: &Seen| match seen {
        Seen::Failed(failure) => Some(failure.clone()),
        _ => None,
    };
    let failures: Vec<_> = seen.iter().filter_map(failed).collect();
    assert!(matches!(&failures[..], [a, b] if a.code == 1054 && b.code == 1054), "{failures:?}");
    let done = |what: fn(&Numbers) -> bool| {
        assert!(seen.iter().any(|seen| matches!(seen, Seen::Done(n) if what(n))), "{name}");
    };
    done(|numbers| numbers.affected == 3 && numbers.insert_id == 1);
    done(|numbers| numbers.info.starts_with("Rows matched: 2"));
    assert_eq!(rows(seen).len(), 36, "{name}");
}
