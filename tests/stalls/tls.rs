// SPDX-License-Identifier: Apache-2.0
//! A server that stalls at each record of TLS: of the handshake, and of what follows it.

use std::sync::OnceLock;
use std::time::Duration;

use attachsql::capi::types::attachsql_options_t as Options;

use crate::rows;
use crate::sending::{long_query, long_steps};
use crate::sessions::{Call, Plan, Server, Session, query_plan, side_by_side};
use crate::statements::{binary_rows, prepared};
use crate::support::certificates::{Identity, TempFile, Wanted};
use crate::support::listener::{Address, Listener};
use crate::support::packets::ok;
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, Want, query, send};
use crate::support::subject::Subject;
use crate::support::tls_server::{Delivery, RunningTls, TlsServer};

/// How long these stall.
pub(crate) const LONG: Duration = Duration::from_secs(2);

/// An authority, and what it has signed.
fn identities() -> &'static (Identity, Identity) {
    static BOTH: OnceLock<(Identity, Identity)> = OnceLock::new();
    BOTH.get_or_init(|| {
        let authority = Identity::authority("stalls");
        let good = authority.issue(&Wanted::default());
        (authority, good)
    })
}

/// A file with the authority.
pub(crate) fn trusted() -> TempFile {
    TempFile::certificates(&[&identities().0])
}

/// A server of this version that takes a login.
pub(crate) fn serve(
    version: u32,
    steps: impl IntoIterator<Item = Step>,
    delivery: Delivery,
) -> (Address, RunningTls) {
    let login = [Step::Expect(Want::Login), send(ok())];
    let script = Script::new(login.into_iter().chain(steps)).in_pieces(Pieces::Every(50));
    let mut server = TlsServer::new(identities().1.context(&[], (version, version)), script);
    server.delivery = delivery;
    server.serve(Listener::tcp())
}

/// A query and a statement.
fn plan(ca: &TempFile) -> Plan {
    let path = ca.path().to_owned();
    let statement: [Call; 2] = [|c| c.con.prepare(b"s"), |c| c.con.execute()];
    Plan {
        prepare: Box::new(move |c| assert!(c.con.text_option(Options::TLS_CA, &path))),
        calls: [query_plan().calls, statement.to_vec()].concat(),
        row: vec![|c| {
            if c.con.param_count() == 0 {
                c.con.next_row();
                return Ok(());
            }
            c.con.statement_row()?;
            c.con.text(0)?;
            c.con.statement_next();
            Ok(())
        }],
        rows: 4,
        errors: Vec::new(),
    }
}

fn steps() -> Vec<Step> {
    [vec![query("q"), Step::Send(rows())], prepared(7, 1), binary_rows(2)].concat()
}

/// How many records a server sends in the handshake, and how many in all.
fn records(version: u32, ca: &TempFile) -> (usize, usize) {
    let (address, server) = serve(version, steps(), Delivery::Whole);
    let mut con = CApi::new(&address, "secret");
    assert!(con.text_option(Options::TLS_CA, ca.path()));
    con.login().unwrap();
    con.ask(b"q", false);
    con.prepared("s").unwrap();
    assert_eq!(con.run_statement(&[]).unwrap().len(), 2);
    drop(con);
    let outcome = server.finish();
    (outcome.handshake_records, outcome.records.len())
}

fn at_each_record(version: u32) {
    let ca = trusted();
    let plan = plan(&ca);
    let (handshake, all) = records(version, &ca);
    assert!(handshake >= 4 && all >= handshake + 10, "{handshake} of {all}");
    let mut sessions = Vec::new();
    for (record, midst) in (0..all).flat_map(|record| [(record, false), (record, true)]) {
        let (address, server) = serve(version, steps(), Delivery::StallAt(record, midst, LONG));
        let row = usize::from(record >= handshake);
        let session = Session::new(&plan, &address, Server::Thread(server), row);
        sessions.push(session.stalling(LONG));
    }
    let label = |count, of| {
        let version = version - 10;
        format!("TLS 1.{version}, {LONG:?} before or in one of {count} records of {of}")
    };
    let rest = all - handshake;
    let labels = [label(handshake, "the handshake"), label(rest, "a query and a statement")];
    side_by_side(sessions, &labels);
}

#[test]
fn at_each_record_of_tls_1_2() {
    at_each_record(12);
}

#[test]
fn at_each_record_of_tls_1_3() {
    at_each_record(13);
}

#[test]
fn while_a_query_is_sent() {
    let ca = trusted();
    let (address, server) = serve(13, long_steps(), Delivery::Whole);
    let con = CApi::new(&address, "secret");
    assert!(con.text_option(Options::TLS_CA, ca.path()));
    long_query(con, "while a query is sent, over TLS 1.3");
    assert!(server.finish().script.is_over());
}
