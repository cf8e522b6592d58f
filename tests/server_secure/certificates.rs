// SPDX-License-Identifier: Apache-2.0
//! What is checked of a server's certificate, and with which settings it is not.

use std::path::{Path, PathBuf};
use std::process::Command;

use attachsql::session::{Choice, Connection, SslFiles, TlsChoice};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::symm::Cipher;
use openssl::x509::X509;

use super::settings::{Tls, ca, file, identity, refused, secure, status, try_login};
use crate::support::listener::Address;
use crate::support::servers::{self, Kind, Server, connection, value};
use crate::support::subject::{Failure, Subject};

/// Refused because of what the server showed.
const REFUSED: (i32, &str) = (3003, "08000");
/// Refused because of what the program said.
const UNUSABLE: (i32, &str) = (3003, "22023");

/// A folder that is gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("attachsql-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).into_os_string().into_string().unwrap()
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// A revocation list of the authority in `ca`, with the certificate in `revoked` if there is one.
fn revocations(folder: &Folder, name: &str, ca: &str, revoked: Option<&str>) -> Tls {
    let config = format!(
        "[ca]\ndefault_ca=list\n[list]\ndatabase={0}/{name}.txt\ncrlnumber={0}/{name}.number\n\
         default_md=sha256\ndefault_crl_days=30\n",
        folder.0.display()
    );
    let config = folder.write(&format!("{name}.cnf"), config.as_bytes());
    folder.write(&format!("{name}.txt"), b"");
    folder.write(&format!("{name}.number"), b"01\n");
    let (cert, key) = (file(&format!("{ca}.pem")), file(&format!("{ca}-key.pem")));
    let common = ["ca", "-config", &config, "-cert", &cert, "-keyfile", &key];
    if let Some(revoked) = revoked {
        openssl(&folder.0, &[&common[..], &["-revoke", revoked]].concat());
    }
    let list = folder.path(&format!("{name}.pem"));
    openssl(&folder.0, &[&common[..], &["-gencrl", "-out", &list]].concat());
    Tls::Crl(list)
}

fn fingerprint() -> String {
    let cert = X509::from_pem(&std::fs::read(file("server-cert.pem")).unwrap()).unwrap();
    let digest = cert.digest(MessageDigest::sha256()).unwrap();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn told(failure: &Failure, numbers: (i32, &str), words: &[&str]) {
    assert_eq!(failure.numbers(), numbers, "{failure:?}");
    for word in words {
        assert!(failure.text.contains(word), "{word:?} is missing: {failure:?}");
    }
}

fn works(server: &Server, tls: &[Tls]) -> Connection {
    try_login(&server.tcp(), tls).unwrap_or_else(|f| panic!("{}: {tls:?}: {f:?}", server.name))
}

#[test]
fn an_authority_that_did_not_sign() {
    let other = || Tls::Ca(file("other-ca.pem"));
    for server in servers::with_tls() {
        for version in [12, 13] {
            for level in [1, 2] {
                let tls = [other(), Tls::Verify(level), Tls::Min(version), Tls::Max(version)];
                told(&refused(&server, &tls), REFUSED, &["CN=", "attachsql tests", "127.0.0.1"]);
            }
        }
        told(&refused(&server, &[other()]), REFUSED, &["certificate"]);
        let mut client = works(&server, &[other(), Tls::Verify(0)]);
        assert!(status(&mut client, "Ssl_version").starts_with("TLSv1."));
    }
}

/// Nothing is said about authorities: those of the system are asked, which do not know ours.
#[test]
fn the_systems_authorities_do_not_know_it() {
    for server in servers::with_tls() {
        // MariaDB proves by the password that its certificate is its own, from 11.4 on.
        if server.kind == Kind::MariaDb118 {
            works(&server, &[Tls::Require]);
        } else {
            told(&refused(&server, &[Tls::Require]), REFUSED, &["certificate", "CN="]);
        }
        told(&refused(&server, &[Tls::Require, Tls::Verify(1)]), REFUSED, &["certificate"]);
        works(&server, &[Tls::Require, Tls::Verify(0)]);
        let mut client = connection(&server.tcp(), "test", "test");
        assert!(client.choose(Choice::Tls(TlsChoice::Require(1))));
        assert!(client.choose(Choice::Tls(TlsChoice::NoVerify)));
        client.login().unwrap();
        assert_ne!(status(&mut client, "Ssl_version"), "");
    }
}

#[test]
fn the_host_name_counts() {
    for server in servers::with_tls() {
        let hosts: &[&str] = if server.has_ipv6() {
            &["127.0.0.1", "localhost", "::1"]
        } else {
            &["127.0.0.1", "localhost"]
        };
        for host in hosts {
            let address = Address { host: (*host).to_owned(), port: server.port };
            try_login(&address, &[ca()]).unwrap_or_else(|f| panic!("{host}: {f:?}"));
        }
        // 127.0.0.2 reaches no server that is bound to 127.0.0.1, so the name is said.
        for name in ["db.example.com", "127.0.0.2", "::2", "localhost.example", "local"] {
            let failure = refused(&server, &[ca(), Tls::Name(name)]);
            told(&failure, REFUSED, &[name, "mismatch", "CN=server"]);
            works(&server, &[ca(), Tls::Name(name), Tls::Verify(1)]);
        }
        works(&server, &[ca(), Tls::Name("localhost")]);
        // Over a unix socket the server is this machine's.
        try_login(&server.unix(), &[ca()]).unwrap();
        let failure = try_login(&server.unix(), &[ca(), Tls::Name("db.example.com")]).unwrap_err();
        told(&failure, REFUSED, &["db.example.com"]);
    }
}

#[test]
fn fingerprints() {
    let (right, wrong) = (fingerprint(), "0".repeat(64));
    let pairs: Vec<String> =
        right.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).into_owned()).collect();
    let colons = pairs.join(":").to_uppercase();
    let print = |text: &str| Tls::Fingerprint(text.to_owned());
    for server in servers::with_tls() {
        for tls in [
            vec![print(&right)],
            vec![print(&colons)],
            vec![print(&wrong), print(&right)],
            vec![print(&right), ca(), Tls::Verify(2)],
        ] {
            works(&server, &tls);
        }
        let failure = refused(&server, &[print(&wrong)]);
        told(&failure, REFUSED, &["fingerprint", "CN=server", "127.0.0.1"]);
        // One check does not stand in for the other.
        refused(&server, &[print(&wrong), ca(), Tls::Verify(2)]);
        refused(&server, &[print(&wrong), Tls::Verify(0)]);
        refused(&server, &[print(&right), Tls::Ca(file("other-ca.pem")), Tls::Verify(1)]);
    }
}

#[test]
fn revocation_lists() {
    let folder = Folder::new("crl");
    let server_cert = file("server-cert.pem");
    let none = revocations(&folder, "none", "ca", None);
    let revoked = revocations(&folder, "revoked", "ca", Some(&server_cert));
    let foreign = revocations(&folder, "foreign", "other-ca", None);
    for server in servers::with_tls() {
        works(&server, &[ca(), none.clone()]);
        told(&refused(&server, &[ca(), revoked.clone()]), REFUSED, &["revoked", "CN=server"]);
        let tls = [ca(), revoked.clone(), Tls::Verify(1)];
        told(&refused(&server, &tls), REFUSED, &["revoked"]);
        told(&refused(&server, &[ca(), foreign.clone()]), REFUSED, &["CRL"]);
        for bad in [folder.path("missing"), folder.write("empty", b""), file("ca.pem")] {
            told(&refused(&server, &[ca(), Tls::Crl(bad)]), UNUSABLE, &["crl"]);
        }
    }
}

#[test]
fn a_folder_of_authorities() {
    let folder = Folder::new("capath");
    let pem = std::fs::read(file("ca.pem")).unwrap();
    folder.write("ours.pem", &pem);
    for server in servers::with_tls() {
        // Not named by hash yet: nothing is found in it.
        let unhashed = Folder::new("unhashed");
        unhashed.write("ours.pem", &pem);
        told(&refused(&server, &[Tls::CaPath(unhashed.path(""))]), REFUSED, &["certificate"]);
        openssl(&folder.0, &["rehash", "."]);
        works(&server, &[Tls::CaPath(folder.path(""))]);
        works(&server, &[Tls::CaPath(folder.path("")), Tls::Ca(file("other-ca.pem"))]);
        let failure = refused(&server, &[Tls::CaPath(folder.path("missing"))]);
        told(&failure, UNUSABLE, &["capath", "missing"]);
    }
}

#[test]
fn files_that_cannot_be_used() {
    let folder = Folder::new("files");
    let server = servers::mariadb();
    let garbage = folder.write("garbage", b"this is no certificate\n");
    let [cert, key] = identity();
    for (tls, words) in [
        (vec![Tls::Ca(folder.path("missing"))], ["ca:", "missing"]),
        (vec![Tls::Ca(garbage.clone())], ["ca:", "garbage"]),
        (vec![Tls::Ca(folder.path(""))], ["ca:", "files"]),
        (vec![ca(), Tls::Cert(folder.path("missing")), key.clone()], ["cert:", "missing"]),
        (vec![ca(), Tls::Cert(garbage.clone()), key.clone()], ["cert:", "garbage"]),
        (vec![ca(), cert.clone(), Tls::Key(folder.path("missing"))], ["key:", "missing"]),
        (vec![ca(), cert.clone(), Tls::Key(garbage.clone())], ["key:", "garbage"]),
        // Neither is the certificate's file one with a key, nor is the server's key the client's.
        (vec![ca(), cert.clone()], ["key:", "client-cert.pem"]),
        (vec![ca(), cert.clone(), Tls::Key(file("server-key.pem"))], ["key:", "server-key.pem"]),
        (vec![ca(), Tls::Crl(folder.path("missing"))], ["crl:", "missing"]),
        (vec![ca(), Tls::Crl(garbage.clone())], ["crl:", "garbage"]),
        (vec![ca(), Tls::CrlPath(folder.path("missing"))], ["crlpath:", "missing"]),
        (vec![ca(), Tls::CrlPath(garbage.clone())], ["crlpath:", "garbage"]),
        // There are files in it, but none with the name of a revocation list.
        (vec![ca(), Tls::CrlPath(folder.path(""))], ["crlpath:", "no revocation lists"]),
    ] {
        told(&refused(&server, &tls), UNUSABLE, &words);
    }
}

/// Revocation lists in a folder, by hash; and nothing else in it counts.
#[test]
fn a_folder_of_revocation_lists() {
    let lists = Folder::new("lists");
    let source = Folder::new("lists-source");
    let Tls::Crl(none) = revocations(&source, "none", "ca", None) else { panic!() };
    let server_cert = file("server-cert.pem");
    let Tls::Crl(all) = revocations(&source, "all", "ca", Some(&server_cert)) else { panic!() };
    let put = |list: &str| {
        std::fs::copy(list, lists.path("list.pem")).unwrap();
        openssl(&lists.0, &["rehash", "."]);
    };
    let folder = || Tls::CrlPath(lists.path(""));
    for server in servers::with_tls() {
        put(&none);
        works(&server, &[ca(), folder()]);
        // The list behind the same name has changed: it is read again.
        put(&all);
        told(&refused(&server, &[ca(), folder()]), REFUSED, &["revoked"]);
        // A certificate in the folder is not trusted for that.
        put(&none);
        std::fs::copy(file("ca.pem"), lists.path("ca.pem")).unwrap();
        openssl(&lists.0, &["rehash", "."]);
        let other = Tls::Ca(file("other-ca.pem"));
        told(&refused(&server, &[other, folder()]), REFUSED, &["certificate"]);
        std::fs::remove_file(lists.path("ca.pem")).unwrap();
    }
}

#[test]
fn a_key_under_a_passphrase() {
    let folder = Folder::new("passphrase");
    let pem = std::fs::read(file("client-key.pem")).unwrap();
    let key = PKey::private_key_from_pem(&pem).unwrap();
    let pem = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"open it").unwrap();
    let key = folder.write("key.pem", &pem);
    let [cert, _] = identity();
    // Key and certificate in one file, too.
    let both = [std::fs::read(file("client-cert.pem")).unwrap(), pem].concat();
    let both = folder.write("both.pem", &both);
    let log_in = |server: &Server, passphrase: Option<&'static str>, files: &[Tls]| {
        let mut tls = [&[ca()], files].concat();
        tls.extend(passphrase.map(Tls::Passphrase));
        let mut client = secure(&server.tcp(), "x509", "x509", &tls);
        client.login().map(|()| client)
    };
    for server in servers::with_tls() {
        for files in [vec![cert.clone(), Tls::Key(key.clone())], vec![Tls::Cert(both.clone())]] {
            let mut client = log_in(&server, Some("open it"), &files).unwrap();
            assert_eq!(value(&mut client, "SELECT CURRENT_USER()"), "x509@%");
            for wrong in [Some("shut it"), None] {
                // Nobody is asked at the terminal.
                let failure = log_in(&server, wrong, &files).unwrap_err();
                told(&failure, UNUSABLE, &["key"]);
            }
        }
    }
}

/// The historical call: the chain is checked, the host name is not.
#[test]
fn the_call_that_says_it_all() {
    let (right, other) = (file("ca.pem"), file("other-ca.pem"));
    let (cert, key) = (file("client-cert.pem"), file("client-key.pem"));
    for server in servers::with_tls() {
        let set = |files: &SslFiles<'_>, verify, name: Option<&str>, user: &str| {
            let mut client = connection(&server.tcp(), user, user);
            if let Some(name) = name {
                assert!(client.choose(Choice::Tls(TlsChoice::ServerName(name.as_bytes()))));
            }
            client.set_ssl(files, verify).map_err(Failure::from)?;
            client.login().map(|()| client)
        };
        let trusting = |ca: &'_ str| SslFiles {
            ca: Some(ca.to_owned().leak().as_bytes()),
            ..SslFiles::default()
        };
        let mut client = set(&trusting(&right), true, None, "tls").unwrap();
        assert_ne!(status(&mut client, "Ssl_cipher"), "");
        set(&trusting(&right), true, Some("db.example.com"), "tls").unwrap();
        set(&trusting(&other), false, None, "tls").unwrap();
        told(&set(&trusting(&other), true, None, "tls").unwrap_err(), REFUSED, &["certificate"]);
        let full = SslFiles {
            cert: Some(cert.as_bytes()),
            key: Some(key.as_bytes()),
            ca: Some(right.as_bytes()),
            ciphers: Some(b"ECDHE-RSA-AES128-GCM-SHA256"),
            ..SslFiles::default()
        };
        set(&full, true, None, "x509").unwrap();
        let bad = SslFiles { ciphers: Some(b"no such cipher"), ..full };
        told(&set(&bad, true, None, "x509").unwrap_err(), UNUSABLE, &["cipher"]);
    }
}
