// SPDX-License-Identifier: Apache-2.0
//! TLS is asked for, nothing is said of trust, and nobody trusts the authority of the servers' certificate:
//! MariaDB 11.8 proves with the password that it is its own, for every method that can; the others do not.

use attachsql::session::Connection;

use super::settings::{Tls, secure};
use crate::support::servers::{self, Server, value};
use crate::support::subject::{Failure, Subject};

/// Refused because of what the server showed.
const REFUSED: (i32, &str) = (3003, "08000");

fn log_in(server: &Server, account: &str, password: &str) -> Result<Connection, Failure> {
    let mut client = secure(&server.tcp(), account, password, &[Tls::Require]);
    client.login()?;
    Ok(client)
}

#[test]
fn by_every_method_that_can() {
    let [without, with] = servers::mariadbs();
    for account in ["native", "ed", "parsec"] {
        // Each connection anew: no session stands for a proof.
        for _ in 0..3 {
            let mut client = log_in(&with, account, account).unwrap();
            assert!(client.is_proved() && !client.tls_info().unwrap().resumed);
            assert_eq!(value(&mut client, "SELECT CURRENT_USER()"), format!("{account}@%"));
        }
        let failure = log_in(&with, account, "wrong").unwrap_err();
        assert_eq!(failure.numbers(), (1045, "28000"), "{failure:?}");
        if account != "parsec" {
            let failure = log_in(&without, account, account).unwrap_err();
            assert_eq!(failure.numbers(), REFUSED);
            assert!(failure.text.contains("did not prove"), "{failure:?}");
        }
    }
}

#[test]
fn not_without_a_password_and_not_by_mysql() {
    for (server, account, words) in [
        (&servers::mariadbs()[1], "nopass", "without a password"),
        (&servers::mysql(), "sha2", "only MariaDB"),
    ] {
        let password = if account == "nopass" { "" } else { account };
        let failure = log_in(server, account, password).unwrap_err();
        assert_eq!(failure.numbers(), REFUSED);
        assert!(failure.text.contains(words), "{failure:?}");
    }
}
