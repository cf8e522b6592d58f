// SPDX-License-Identifier: Apache-2.0
//! Numbers and texts of errors.

use super::*;
use std::io;

#[test]
fn numbers_are_those_of_the_contract() {
    let io = || IoCause::from(io::Error::from(io::ErrorKind::ConnectionRefused));
    let text = String::new;
    let cases: &[(Error, i32, &[u8; 5])] = &[
        (Error::Connect { target: text(), cause: text() }, 2002, b"08000"),
        (Error::Resolve { host: text(), cause: text() }, 2005, b"08000"),
        (Error::Gone(text()), 2006, b"08006"),
        (Error::NoMemory(text()), 2008, b"82100"),
        (Error::Lost { during: "x", cause: io() }, 2013, b"08006"),
        (Misuse::QueryOpen.into(), 2014, b"08002"),
        (Misuse::NoRow.into(), 2051, b"02000"),
        (Misuse::NoCursor.into(), 2051, b"02000"),
        (Misuse::Null("con").into(), 3000, b"22023"),
        (Misuse::Buffered.into(), 3001, b"42000"),
        (*Error::tls_setup("ca", "x"), 3003, b"22023"),
        (*Error::tls("x"), 3003, b"08000"),
        (Error::OtherFile { asked: text(), named: None }, 2068, b"HY000"),
        (Error::Upload { name: text(), cause: text() }, 2069, b"HY000"),
        (Error::OverBound { over: Bound::Row(1), size: 2 }, 2020, b"08S01"),
        (Error::NoServerTls, 2002, b"08000"),
        (Error::NoServerCompression, 2066, b"08004"),
        (Unserved::Full(1).into(), 2910, b"HY014"),
        (Unserved::Late { waited: 1, limit: 1, last: text() }.into(), 2911, b"HYT00"),
        (Unserved::Destroyed.into(), 2912, b"HY008"),
        (Error::NoServerAttributes, 2054, b"0A000"),
    ];
    for (error, code, state) in cases {
        assert_eq!((error.code(), &error.sqlstate()), (*code, *state), "{error:?}");
    }
}

#[test]
fn a_server_error_keeps_its_bytes() {
    let error = ServerError { code: 1045, state: *b"28000", message: b"caf\xe9".to_vec() };
    let error = Error::Server(Box::new(error));
    assert_eq!((error.code(), error.message()), (1045, b"caf\xe9".to_vec()));
    assert_eq!(&error.sqlstate(), b"28000");
}
