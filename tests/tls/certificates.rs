// SPDX-License-Identifier: Apache-2.0
//! Certificates of every kind, good and bad, and what the client makes of them.

use attachsql::session::TlsChoice;

use super::setting::{REFUSED, authority, good, kept_to_itself, log_in, login_then, trusted};
use crate::support::certificates::{Identity, TempFile, Wanted};
use crate::support::tls_server::TlsServer;

const BOTH: [(u32, u32); 2] = [(12, 12), (13, 13)];

/// A server that shows `shown` and `between`, for a client that says `choices`: the words of the refusal,
/// or none if it is let in.
#[track_caller]
fn shown(
    shown: &Identity,
    between: &[&Identity],
    choices: &[TlsChoice<'_>],
    refusal: Option<&[&str]>,
) {
    for versions in BOTH {
        let server = TlsServer::new(shown.context(between, versions), login_then([]));
        let (result, outcome) = log_in(server, choices);
        match refusal {
            None => {
                result.unwrap_or_else(|failure| panic!("{versions:?}, {choices:?}: {failure:?}"));
                assert_eq!(outcome.script.payloads.len(), 1);
            }
            Some(words) => {
                let failure = result.unwrap_err();
                assert_eq!(failure.numbers(), REFUSED, "{failure:?}");
                for word in words {
                    assert!(failure.text.contains(word), "{word:?} is missing: {failure:?}");
                }
                kept_to_itself(&outcome);
            }
        }
    }
}

fn issue(change: impl FnOnce(&mut Wanted<'_>)) -> Identity {
    let mut wanted = Wanted::default();
    change(&mut wanted);
    authority().issue(&wanted)
}

#[test]
fn good_ones() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    shown(good(), &[], &[ca], None);
    shown(good(), &[], &[ca, TlsChoice::Verify(2)], None);
    shown(good(), &[], &[ca, TlsChoice::ServerName(b"db.example.com")], None);
    let wild = issue(|wanted| wanted.hosts = &["*.example.com"]);
    shown(&wild, &[], &[ca, TlsChoice::ServerName(b"db.example.com")], None);
    let words: &[&str] = &["deep.db.example.com", "mismatch"];
    shown(&wild, &[], &[ca, TlsChoice::ServerName(b"deep.db.example.com")], Some(words));
}

#[test]
fn out_of_their_time() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let expired = issue(|wanted| (wanted.begins, wanted.ends) = (-30, -1));
    let early = issue(|wanted| (wanted.begins, wanted.ends) = (1, 30));
    for choices in [vec![ca], vec![ca, TlsChoice::Verify(1)]] {
        let words: &[&str] = &["expired", "CN=scripted server"];
        shown(&expired, &[], &choices, Some(words));
        shown(&early, &[], &choices, Some(&["not yet valid", "CN=scripted server"]));
    }
    shown(&expired, &[], &[ca, TlsChoice::Verify(0)], None);
    shown(&expired, &[], &[ca, TlsChoice::NoVerify], None);
}

#[test]
fn for_other_hosts() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let other = issue(|wanted| (wanted.hosts, wanted.addresses) = (&["else.example"], &[]));
    let words: &[&str] = &["127.0.0.1", "mismatch", "CN=scripted server"];
    shown(&other, &[], &[ca], Some(words));
    shown(&other, &[], &[ca, TlsChoice::Verify(1)], None);
    shown(&other, &[], &[ca, TlsChoice::ServerName(b"else.example")], None);
    // A name is no address, though it looks like one.
    let posing = issue(|wanted| (wanted.hosts, wanted.addresses) = (&["127.0.0.1"], &[]));
    shown(&posing, &[], &[ca], Some(words));
    // A name that only begins or ends like another.
    let near =
        issue(|wanted| wanted.hosts = &["db.example.com.evil.example", "evildb.example.com"]);
    let words: &[&str] = &["db.example.com", "mismatch"];
    shown(&near, &[], &[ca, TlsChoice::ServerName(b"db.example.com")], Some(words));
}

#[test]
fn that_signed_themselves() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let own = Identity::self_signed(&Wanted::default());
    let file = TempFile::certificates(&[&own]);
    shown(&own, &[], &[ca], Some(&["self", "CN=scripted server"]));
    shown(&own, &[], &[ca, TlsChoice::Verify(1)], Some(&["self"]));
    shown(&own, &[], &[TlsChoice::Verify(2)], Some(&["self"]));
    shown(&own, &[], &[ca, TlsChoice::Verify(0)], None);
    shown(&own, &[], &[TlsChoice::Require(1), TlsChoice::NoVerify], None);
    shown(&own, &[], &[ca, TlsChoice::NoVerify], None);
    // Who knows it can trust it.
    shown(&own, &[], &[TlsChoice::Ca(file.path().as_bytes())], None);
    let print = own.fingerprint();
    shown(&own, &[], &[TlsChoice::Fingerprint(print.as_bytes())], None);
    let print = good().fingerprint();
    shown(&own, &[], &[TlsChoice::Fingerprint(print.as_bytes())], Some(&["fingerprint"]));
}

#[test]
fn of_other_authorities() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    // The same name, and another key than the trusted one's would have signed with: none.
    let other = Identity::authority("another authority");
    let foreign = other.issue(&Wanted::default());
    shown(&foreign, &[], &[ca], Some(&["certificate"]));
    shown(&foreign, &[&other], &[ca], Some(&["certificate"]));
    shown(&foreign, &[&other], &[ca, TlsChoice::Verify(1)], Some(&["certificate"]));
}

#[test]
fn in_a_chain() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let between = issue(|wanted| {
        (wanted.name, wanted.authority) = ("an authority between", true);
    });
    let leaf = between.issue(&Wanted::default());
    shown(&leaf, &[&between], &[ca], None);
    shown(&leaf, &[], &[ca], Some(&["issuer certificate", "CN=scripted server"]));
    // A certificate that may not sign has signed.
    let no_authority = issue(|wanted| wanted.name = "no authority");
    let forged = no_authority.issue(&Wanted::default());
    shown(&forged, &[&no_authority], &[ca], Some(&["certificate"]));
}

#[test]
fn that_may_not_be_used_so() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let clients = issue(|wanted| wanted.for_servers = false);
    shown(&clients, &[], &[ca], Some(&["purpose", "CN=scripted server"]));
    let bound = issue(|wanted| {
        (wanted.name, wanted.authority) = ("a bound authority", true);
        wanted.permitted = Some("example.org");
    });
    let inside = Wanted { hosts: &["db.example.org"], addresses: &[], ..Wanted::default() };
    let leaf = bound.issue(&inside);
    shown(&leaf, &[&bound], &[ca, TlsChoice::ServerName(b"db.example.org")], None);
    let outside = Wanted { hosts: &["db.example.com"], addresses: &[], ..Wanted::default() };
    let leaf = bound.issue(&outside);
    let name = TlsChoice::ServerName(b"db.example.com");
    shown(&leaf, &[&bound], &[ca, name], Some(&["permitted subtree"]));
}
