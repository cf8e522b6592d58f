// SPDX-License-Identifier: Apache-2.0
//! Every layer over a network that hands over the server's bytes in pieces, and over one that is cut.

use attachsql::session::{Choice, Connection};

use super::settings::{Tls, ca, secure};
use crate::support::listener::Address;
use crate::support::servers;
use crate::support::subject::{Ask, Seen, Subject};
use crate::support::tear::Line;

fn client(address: &Address, tls: &[Tls], method: &str) -> Connection {
    let mut connection = secure(address, "test", "test", tls);
    assert!(connection.choose(Choice::MULTI_STATEMENTS));
    assert!(connection.choose(Choice::Compression(method.as_bytes())));
    connection
}

fn asks() -> Vec<Ask> {
    let many = b"SELECT a.n, REPEAT('xyz', a.n), NULL FROM (SELECT 1 n UNION SELECT 20 UNION \
                 SELECT 900) a ORDER BY a.n";
    vec![
        Ask::Login,
        Ask::Query(many.to_vec()),
        Ask::Buffered(many.to_vec()),
        Ask::Query(b"SELECT 1; SELECT nothing".to_vec()),
        Ask::Abandon(many.to_vec(), 1),
        Ask::Query(b"SELECT 'the end'".to_vec()),
    ]
}

fn without_id(seen: Vec<Seen>) -> Vec<Seen> {
    seen.into_iter().filter(|seen| !matches!(seen, Seen::LoggedIn { .. })).collect()
}

#[test]
fn pieces() {
    for server in [servers::mariadb(), servers::mysql()] {
        let want = without_id(client(&server.tcp(), &[], "uncompressed").run(&asks()));
        for tls in [vec![], vec![ca()], vec![ca(), Tls::Max(12)]] {
            for method in ["uncompressed", "zlib", "zstd"] {
                for piece in [1, 5, 1000] {
                    let line = Line::new(&server.tcp(), piece, None);
                    let seen = without_id(client(line.address(), &tls, method).run(&asks()));
                    assert_eq!(seen, want, "{} {tls:?} {method} {piece}", server.name);
                    line.finish();
                }
            }
        }
    }
}

/// What was seen before the cut is true, and then comes one error.
#[test]
fn cuts() {
    for server in [servers::mariadb(), servers::mysql()] {
        for method in ["zlib", "zstd"] {
            let line = Line::new(&server.tcp(), 100, None);
            let want = without_id(client(line.address(), &[], method).run(&asks()));
            let whole = line.finish();
            for cut in (0..whole).step_by(7) {
                let line = Line::new(&server.tcp(), 100, Some(cut));
                let seen = without_id(client(line.address(), &[], method).run(&asks()));
                line.finish();
                let same = seen.iter().zip(&want).take_while(|(seen, want)| seen == want).count();
                let case = format!("{} {method} cut after {cut} of {whole}", server.name);
                let lost = seen[same..].iter().all(|seen| {
                    matches!(seen, Seen::Failed(failure) if [2006, 2013].contains(&failure.code))
                });
                assert!(lost && (same < want.len() || seen == want), "{case}: {seen:?}");
            }
        }
    }
}
