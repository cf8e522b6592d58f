// SPDX-License-Identifier: Apache-2.0
//! Sessions that a later connection goes on with, at real servers.

use super::settings::{Tls, ca, identity, status, try_login};
use crate::support::servers;

/// The second connection resumes, and works like the first; also where the client shows a certificate.
#[test]
fn with_every_server() {
    for server in servers::with_tls() {
        for version in [12, 13] {
            let limits = [ca(), Tls::Min(version), Tls::Max(version)];
            for extra in [vec![], identity().to_vec()] {
                let tls = [&limits[..], &extra].concat();
                // A context with a key lives as long as somebody uses it.
                let mut first = try_login(&server.tcp(), &tls).unwrap();
                let resumed: Vec<bool> = (0..5)
                    .map(|_| {
                        let mut client = try_login(&server.tcp(), &tls).unwrap();
                        assert_ne!(status(&mut client, "Ssl_cipher"), "");
                        client.tls_info().unwrap().resumed
                    })
                    .collect();
                assert_ne!(status(&mut first, "Ssl_cipher"), "");
                assert_eq!(resumed, [true; 5], "{}, TLS 1.{}", server.name, version - 10);
            }
        }
    }
}
