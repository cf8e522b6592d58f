// SPDX-License-Identifier: Apache-2.0
//! How a MariaDB server (11.4 and later) shows that a certificate nobody trusts is its own: the text of the
//! OK packet that ends the login is a hash of what the server has stored of the password, the challenge and
//! the certificate. Whoever sits in between has another certificate, and knows no password.
//! <https://mariadb.org/mission-impossible-zero-configuration-ssl/>
//!
//! ```text
//! 1, hexadecimal SHA256(stored password + challenge 20 + SHA256(certificate))
//! ```

use openssl::memcmp;
use openssl::sha::{Sha256, sha1};
use zeroize::Zeroizing;

use super::{Exchange, Method, ed25519};

/// First byte of the text: the only kind of hash there is.
const SHA256: u8 = 1;

/// What the server proves with.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// SHA-256 of its certificate.
    pub fingerprint: &'a [u8; 32],
    /// The challenge of the server's greeting, or that of `mysql_native_password` where it asked for that.
    pub challenge: &'a [u8],
    /// The text of the OK packet.
    pub text: &'a [u8],
}

/// Whether a server that knows the password can prove so after a login with `method`. Nothing that these
/// methods send can be sent again.
pub fn is_possible(method: Method) -> bool {
    matches!(method, Method::Native | Method::Ed25519 | Method::Parsec)
}

/// Whether the claim is true of the login that `exchange` was.
pub fn holds(method: Method, exchange: &Exchange, password: &[u8], claim: &Claim<'_>) -> bool {
    let Some(stored) = stored(method, exchange, password) else {
        return false;
    };
    let (Some((&SHA256, digits)), Some(challenge)) =
        (claim.text.split_first(), claim.challenge.get(..super::CHALLENGE))
    else {
        return false;
    };
    let mut hash = Sha256::new();
    hash.update(&stored);
    hash.update(challenge);
    hash.update(claim.fingerprint);
    unhex(digits).is_some_and(|claimed| memcmp::eq(&claimed, &hash.finish()))
}

/// What the server has of the password.
fn stored(method: Method, exchange: &Exchange, password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if password.is_empty() {
        // Everybody knows it.
        return None;
    }
    match (method, exchange) {
        (Method::Native, _) => {
            let once = Zeroizing::new(sha1(password));
            Some(Zeroizing::new(sha1(&*once).to_vec()))
        }
        (Method::Ed25519, _) => Some(Zeroizing::new(ed25519::public_key(password).to_vec())),
        (Method::Parsec, Exchange::Parsec(exchange)) => exchange.stored().map(Zeroizing::new),
        _ => None,
    }
}

fn unhex(digits: &[u8]) -> Option<[u8; 32]> {
    let digit = |&byte: &u8| char::from(byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let digits: Vec<u8> = digits.iter().map(digit).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &[u8] = b"abcdefghijklmnopqrst";

    fn text(stored: &[u8], challenge: &[u8], fingerprint: &[u8; 32]) -> Vec<u8> {
        let all = [stored, challenge, fingerprint].concat();
        let hex: String =
            openssl::sha::sha256(&all).iter().map(|byte| format!("{byte:02X}")).collect();
        [b"\x01", hex.as_bytes()].concat()
    }

    fn claim(text: &[u8]) -> bool {
        let claim = Claim { fingerprint: &[7; 32], challenge: CHALLENGE, text };
        holds(Method::Native, &Exchange::Done, b"secret", &claim)
    }

    #[test]
    fn true_and_false_claims() {
        let stored = sha1(&sha1(b"secret"));
        let good = text(&stored, CHALLENGE, &[7; 32]);
        assert!(claim(&good));
        assert!(claim(&good.to_ascii_lowercase()));
        assert!(!claim(&text(&stored, CHALLENGE, &[8; 32])), "another certificate");
        assert!(!claim(&text(&stored, b"ABCDEFGHIJKLMNOPQRST", &[7; 32])), "another challenge");
        assert!(!claim(&text(&sha1(b"secret"), CHALLENGE, &[7; 32])), "another password");
        for bad in [&b""[..], b"\x01", &good[1..], &good[..64], b"Rows matched: 1"] {
            assert!(!claim(bad), "{bad:?}");
        }
        let two = [&b"\x02"[..], &good[1..]].concat();
        assert!(!claim(&two), "another kind");
        assert!(!claim(&[&good[..], b"0"].concat()) && !claim(&[&good[..], b"00"].concat()));
    }

    #[test]
    fn what_cannot_prove() {
        let claim = Claim { fingerprint: &[7; 32], challenge: CHALLENGE, text: b"" };
        let empty = text(&sha1(&sha1(b"")), CHALLENGE, &[7; 32]);
        let of_empty = Claim { text: &empty, ..claim };
        assert!(!holds(Method::Native, &Exchange::Done, b"", &of_empty), "no password");
        for method in
            [Method::CachingSha2, Method::Sha256, Method::Clear, Method::Old, Method::Dialog]
        {
            assert!(!is_possible(method));
            assert!(stored(method, &Exchange::Done, b"secret").is_none());
        }
        let good = text(&sha1(&sha1(b"secret")), b"short", &[7; 32]);
        let short = Claim { challenge: b"short", text: &good, ..claim };
        assert!(!holds(Method::Native, &Exchange::Done, b"secret", &short));
    }

    /// The public key of an account of a real server: `SELECT ed25519_password('secret')`.
    #[test]
    fn the_key_that_a_server_stores() {
        let stored = stored(Method::Ed25519, &Exchange::Done, b"secret").unwrap();
        let text = openssl::base64::encode_block(&stored);
        assert_eq!(text.trim_end_matches('='), "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY");
    }
}
