// SPDX-License-Identifier: Apache-2.0
//! An authority, a server with a certificate of its, a client that trusts it, and one session between
//! them.

use std::sync::OnceLock;

use attachsql::session::{Choice, Connection, TlsChoice};

use crate::support::certificates::{Identity, TempFile, Wanted};
use crate::support::listener::{Address, Listener};
use crate::support::packets::ok;
use crate::support::script::{Script, Step, Want, send};
use crate::support::subject::{self, Failure, Subject};
use crate::support::tls_server::{Outcome, REQUEST, TlsServer};

pub(crate) const PASSWORD: &str = "the password of this test";

/// Refused because of what the server showed or did.
pub(crate) const REFUSED: (i32, &str) = (3003, "08000");

/// The authority that clients trust.
pub(crate) fn authority() -> &'static Identity {
    static AUTHORITY: OnceLock<Identity> = OnceLock::new();
    AUTHORITY.get_or_init(|| Identity::authority("scripted authority"))
}

/// Its certificate in a file.
pub(crate) fn trusted() -> TempFile {
    TempFile::certificates(&[authority()])
}

/// A good server's certificate.
pub(crate) fn good() -> &'static Identity {
    static GOOD: OnceLock<Identity> = OnceLock::new();
    GOOD.get_or_init(|| authority().issue(&Wanted::default()))
}

/// Takes a login, says OK; `steps` follow.
pub(crate) fn login_then(steps: impl IntoIterator<Item = Step>) -> Script {
    Script::new([Step::Expect(Want::Login), send(ok())].into_iter().chain(steps))
}

/// A good server of one or both versions of TLS.
pub(crate) fn server(versions: (u32, u32), script: Script) -> TlsServer {
    TlsServer::new(good().context(&[], versions), script)
}

/// A client that has not begun to connect.
pub(crate) fn client(address: &Address, choices: &[TlsChoice<'_>]) -> Connection {
    let mut client = Connection::new(subject::config(address, PASSWORD));
    for choice in choices {
        assert!(client.choose(Choice::Tls(*choice)), "{choice:?}");
    }
    client
}

/// A login at `server` by TCP with these choices.
pub(crate) fn log_in(
    server: TlsServer,
    choices: &[TlsChoice<'_>],
) -> (Result<(), Failure>, Outcome) {
    let (address, running) = server.serve(Listener::tcp());
    let mut client = client(&address, choices);
    let result = client.login();
    drop(client);
    (result, running.finish())
}

/// Whether `bytes` are somewhere in `all`.
pub(crate) fn holds(all: &[u8], bytes: &[u8]) -> bool {
    all.windows(bytes.len()).any(|window| window == bytes)
}

/// Nothing of the login has left the client: at most the request for TLS, and a handshake.
#[track_caller]
pub(crate) fn kept_to_itself(outcome: &Outcome) {
    assert!(outcome.clear.len() <= REQUEST, "{:x?}", outcome.clear);
    assert!(outcome.script.received.is_empty(), "{:x?}", outcome.script.received);
    for bytes in [&outcome.clear, &outcome.raw] {
        for secret in ["tester", "testdb", PASSWORD, "_client_name"] {
            assert!(!holds(bytes, secret.as_bytes()), "{secret} has left");
        }
    }
}
