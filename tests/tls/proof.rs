// SPDX-License-Identifier: Apache-2.0
//! Certificates that nobody trusts, and that a MariaDB server proves to be its own with the password: the
//! proof, every wrong one, and what leaves the client without it.

use attachsql::session::{Choice, Connection, TlsChoice};
use ed25519_dalek::hazmat::ExpandedSecretKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::sha::{sha1, sha256, sha512};

use super::setting::{PASSWORD, REFUSED, holds, kept_to_itself};
use crate::support::certificates::{Identity, TempFile, Wanted};
use crate::support::listener::Listener;
use crate::support::packets::{CHALLENGE, Greeting, OkPacket, auth_switch, err, framed, ok};
use crate::support::script::{Script, Step, Want, send};
use crate::support::subject::{self, Failure, Subject};
use crate::support::tls_server::{Outcome, TlsServer};

const BOTH: [(u32, u32); 2] = [(12, 12), (13, 13)];
const NONCE: &[u8; 32] = b"a challenge of thirty-two bytes.";
const SALT: &[u8; 18] = b"eighteen bytes...!";

/// What a server has stored of `password`.
fn native(password: &str) -> Vec<u8> {
    sha1(&sha1(password.as_bytes())).to_vec()
}

fn ed25519(password: &str) -> Vec<u8> {
    let key = ExpandedSecretKey::from_bytes(&sha512(password.as_bytes()));
    VerifyingKey::from(&key).to_bytes().to_vec()
}

fn parsec(password: &str) -> Vec<u8> {
    let mut seed = [0; 32];
    let hash = MessageDigest::sha512();
    pbkdf2_hmac(password.as_bytes(), SALT, 1024, hash, &mut seed).unwrap();
    let key = SigningKey::from_bytes(&seed).verifying_key();
    [b"P\0", &SALT[..], key.as_bytes()].concat()
}

/// The OK packet of a server that proves itself.
fn proving(identity: &Identity, stored: &[u8], challenge: &[u8]) -> Vec<u8> {
    let print = identity.cert.digest(MessageDigest::sha256()).unwrap();
    let digest = sha256(&[stored, challenge, &print].concat());
    let hex: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    let info = [b"\x01", hex.as_bytes()].concat();
    OkPacket { info: &info, ..OkPacket::default() }.payload()
}

fn own() -> Identity {
    // As MariaDB makes it: for no host at all.
    Identity::self_signed(&Wanted { hosts: &[], addresses: &[], ..Wanted::default() })
}

/// A login at a server with a certificate of its own, which greets with `greeting` and goes on with `steps`.
struct Case {
    identity: Identity,
    greeting: Greeting,
    password: &'static str,
    methods: Option<&'static str>,
    choices: Vec<TlsChoice<'static>>,
    steps: Vec<Step>,
}

impl Case {
    fn new(identity: &Identity, steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            identity: identity.clone(),
            greeting: Greeting::default(),
            password: PASSWORD,
            methods: None,
            choices: vec![TlsChoice::Require(1)],
            steps: steps.into_iter().collect(),
        }
    }

    fn run(&self, versions: (u32, u32)) -> (Result<(), Failure>, Outcome) {
        let script = Script::new(self.steps.clone());
        let mut server = TlsServer::new(self.identity.context(&[], versions), script);
        server.opening = framed(0, &[self.greeting.payload()]);
        let (address, running) = server.serve(Listener::tcp());
        let mut client = Connection::new(subject::config(&address, self.password));
        for choice in &self.choices {
            assert!(client.choose(Choice::Tls(*choice)));
        }
        if let Some(methods) = self.methods {
            assert!(client.choose(Choice::Methods(methods.as_bytes())));
        }
        let result = client.login();
        assert_eq!(client.is_proved(), result.is_ok());
        drop(client);
        (result, running.finish())
    }

    /// The login works, in both versions.
    #[track_caller]
    fn works(&self) {
        for versions in BOTH {
            let (result, _) = self.run(versions);
            result.unwrap_or_else(|failure| panic!("{versions:?}: {failure:?}"));
        }
    }

    /// It does not, and the error has the certificate's and these words; `packets` have left.
    #[track_caller]
    fn fails(&self, words: &str, packets: usize) -> Vec<Outcome> {
        let each = BOTH.map(|versions| {
            let (result, outcome) = self.run(versions);
            let failure = result.unwrap_err();
            assert_eq!(failure.numbers(), REFUSED, "{versions:?}: {failure:?}");
            for words in ["is refused: self", words] {
                assert!(failure.text.contains(words), "{words:?} is missing: {failure:?}");
            }
            assert_eq!(outcome.script.payloads.len(), packets, "{failure:?}");
            assert!(!holds(&outcome.script.received, PASSWORD.as_bytes()), "the password has left");
            if packets == 0 {
                kept_to_itself(&outcome);
            }
            outcome
        });
        each.into()
    }
}

fn login() -> Step {
    Step::Expect(Want::Login)
}

fn any() -> Step {
    Step::Expect(Want::Any)
}

#[test]
fn native_proves() {
    let own = own();
    Case::new(&own, [login(), send(proving(&own, &native(PASSWORD), &CHALLENGE))]).works();
    // With another challenge, asked for again.
    let other = b"ABCDEFGHIJKLMNOPQRST";
    let switch = send(auth_switch("mysql_native_password", other));
    let proof = send(proving(&own, &native(PASSWORD), other));
    Case::new(&own, [login(), switch.clone(), any(), proof]).works();
    let proof = send(proving(&own, &native(PASSWORD), &CHALLENGE));
    Case::new(&own, [login(), switch, any(), proof]).fails("did not prove", 2);
}

#[test]
fn ed25519_proves() {
    let own = own();
    let switch = send(auth_switch("client_ed25519", NONCE));
    let proof = |stored: &[u8], challenge: &[u8]| send(proving(&own, stored, challenge));
    // The greeting's challenge, not the method's.
    let good = proof(&ed25519(PASSWORD), &CHALLENGE);
    Case::new(&own, [login(), switch.clone(), any(), good]).works();
    for bad in [
        proof(&ed25519(PASSWORD), NONCE),
        proof(&ed25519("another"), &CHALLENGE),
        proof(&native(PASSWORD), &CHALLENGE),
    ] {
        Case::new(&own, [login(), switch.clone(), any(), bad]).fails("did not prove", 2);
    }
}

#[test]
fn parsec_proves() {
    let own = own();
    let switch = send(auth_switch("parsec", NONCE));
    let salt = send([b"P\0", &SALT[..]].concat());
    let proof = |stored: &[u8]| send(proving(&own, stored, &CHALLENGE));
    let steps = |last: Step| [login(), switch.clone(), any(), salt.clone(), any(), last];
    Case::new(&own, steps(proof(&parsec(PASSWORD)))).works();
    for bad in [&parsec("another")[..], &parsec(PASSWORD)[20..], b""] {
        Case::new(&own, steps(proof(bad))).fails("did not prove", 3);
    }
    // An account whose key was never used proves nothing.
    let early = [login(), switch, any(), proof(&parsec(PASSWORD))];
    Case::new(&own, early).fails("did not prove", 2);
}

#[test]
fn other_proofs() {
    let (own, other) = (own(), Identity::self_signed(&Wanted::default()));
    let good = proving(&own, &native(PASSWORD), &CHALLENGE);
    let info = |info: &[u8]| OkPacket { info, ..OkPacket::default() }.payload();
    for bad in [
        ok(),
        info(b"welcome"),
        info(&[b"\x01", &[b'0'; 64][..]].concat()),
        info(b"\x01"),
        good[..good.len() - 2].to_vec(),
        proving(&own, &native("another"), &CHALLENGE),
        proving(&own, &native(""), &CHALLENGE),
        proving(&own, b"", &CHALLENGE),
        proving(&other, &native(PASSWORD), &CHALLENGE),
        proving(&own, &native(PASSWORD), b"ABCDEFGHIJKLMNOPQRST"),
    ] {
        Case::new(&own, [login(), send(bad)]).fails("did not prove", 1);
    }
}

/// Until the proof nothing goes out that anybody could use again, asked for or not.
#[test]
fn methods_that_prove_nothing() {
    let own = own();
    let all = "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec,\
               mysql_clear_password,mysql_old_password,dialog";
    for method in [
        "caching_sha2_password",
        "sha256_password",
        "mysql_clear_password",
        "mysql_old_password",
        "dialog",
    ] {
        let mut case = Case::new(&own, [login(), send(auth_switch(method, &CHALLENGE))]);
        case.methods = Some(all);
        for outcome in case.fails(method, 1) {
            assert!(outcome.script.left().is_empty(), "nothing follows the login packet");
        }
        // A greeting that names it gets an empty answer, under the name of another.
        case.greeting.plugin = method.as_bytes().to_vec();
        for outcome in case.fails(method, 1) {
            assert!(holds(&outcome.script.payloads[0], b"mysql_native_password"));
            let answer = [b"tester\0\0".as_slice(), b"testdb\0"].concat();
            assert!(holds(&outcome.script.payloads[0], &answer), "the answer is not empty");
        }
        // Without another one there is nothing to begin with.
        case.methods = Some(method);
        case.fails("no accepted login method", 0);
    }
}

#[test]
fn servers_and_accounts_that_cannot_prove() {
    let own = own();
    let mut case = Case::new(&own, [login(), send(ok())]);
    case.password = "";
    case.fails("without a password", 0);
    let mut case = Case::new(&own, [login(), send(ok())]);
    case.greeting = Greeting::mysql();
    case.fails("only MariaDB", 0);
}

/// What the program says of trust is what counts then.
#[test]
fn only_if_nothing_was_said_of_trust() {
    let (own, other) = (own(), Identity::authority("another authority"));
    let file = TempFile::certificates(&[&other]);
    let ca = TlsChoice::Ca(file.path().to_owned().leak().as_bytes());
    let proof = send(proving(&own, &native(PASSWORD), &CHALLENGE));
    for choices in [
        vec![TlsChoice::Verify(1)],
        vec![TlsChoice::Verify(2)],
        vec![ca],
        vec![ca, TlsChoice::Verify(2)],
        vec![TlsChoice::CaPath(b"/etc/ssl/certs")],
        vec![TlsChoice::Require(1), TlsChoice::ServerName(b"db.example.com")],
    ] {
        let mut case = Case::new(&own, [login(), proof.clone()]);
        case.choices = choices;
        case.fails("", 0);
    }
}

/// A proof makes good that nobody trusts the certificate, not that it is out of its time.
#[test]
fn not_out_of_its_time() {
    let wanted = |begins, ends| Wanted { begins, ends, ..Wanted::default() };
    for (times, words) in [((-30, -1), "expired"), ((1, 30), "not yet valid")] {
        for hosts in [&["localhost"][..], &[]] {
            let own = Identity::self_signed(&Wanted { hosts, ..wanted(times.0, times.1) });
            let proof = proving(&own, &native(PASSWORD), &CHALLENGE);
            for versions in BOTH {
                let (result, outcome) =
                    Case::new(&own, [login(), send(proof.clone())]).run(versions);
                let failure = result.unwrap_err();
                assert_eq!(failure.numbers(), REFUSED);
                assert!(failure.text.contains(words), "{failure:?}");
                kept_to_itself(&outcome);
            }
        }
    }
}

/// A certificate from an authority nobody knows, and for another host.
#[test]
fn from_an_unknown_authority() {
    let authority = Identity::authority("an authority nobody knows");
    let leaf =
        authority.issue(&Wanted { hosts: &["else.example"], addresses: &[], ..Wanted::default() });
    let proof = proving(&leaf, &native(PASSWORD), &CHALLENGE);
    Case::new(&leaf, [login(), send(proof)]).works();
    for versions in BOTH {
        let (result, _) = Case::new(&leaf, [login(), send(ok())]).run(versions);
        let failure = result.unwrap_err();
        assert_eq!(failure.numbers(), REFUSED);
        assert!(failure.text.contains("issuer certificate"), "{failure:?}");
    }
}

/// A refusal of the login is told as the server says it.
#[test]
fn a_wrong_password() {
    let own = own();
    let case = Case::new(&own, [login(), send(err(1045, Some("28000"), b"Access denied"))]);
    for versions in BOTH {
        let (result, _) = case.run(versions);
        assert_eq!(result.unwrap_err().numbers(), (1045, "28000"));
    }
}

/// A query that waits for the login is not sent to a server that proved nothing.
#[test]
fn a_waiting_query() {
    let own = own();
    for versions in BOTH {
        let script = Script::new([login(), send(ok())]);
        let (address, running) =
            TlsServer::new(own.context(&[], versions), script).serve(Listener::tcp());
        let mut client = Connection::new(subject::config(&address, PASSWORD));
        assert!(client.choose(Choice::Tls(TlsChoice::Require(1))));
        Subject::query(&mut client, b"a query").unwrap();
        assert_eq!(client.settle().unwrap_err().numbers(), REFUSED);
        assert!(Subject::query(&mut client, b"another").is_err());
        drop(client);
        let outcome = running.finish();
        assert!(!holds(&outcome.script.received, b"query"));
        assert!(outcome.script.left().is_empty(), "not even a goodbye");
    }
}

/// Each connection asks for its own proof: sessions of such a server are not gone on with.
#[test]
fn no_session_stands_for_a_proof() {
    let own = own();
    let proof = proving(&own, &native(PASSWORD), &CHALLENGE);
    for versions in BOTH {
        let context = own.context(&[], versions);
        let servers = [send(proof.clone()), send(proof.clone()), send(ok())]
            .map(|last| TlsServer::new(context.clone(), Script::new([login(), last])));
        let (address, running) = TlsServer::serve_each(servers.into(), Listener::tcp());
        let log_in = || {
            let mut client = Connection::new(subject::config(&address, PASSWORD));
            assert!(client.choose(Choice::Tls(TlsChoice::Require(1))));
            client.login()
        };
        let results = [log_in(), log_in(), log_in()];
        assert!(results[0].is_ok() && results[1].is_ok() && results[2].is_err(), "{results:?}");
        assert!(running.finish().iter().all(|outcome| !outcome.resumed));
    }
}
