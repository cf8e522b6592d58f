// SPDX-License-Identifier: Apache-2.0
//! Many rows of a handle in one call, against a scripted server: every way in which they may arrive, and what is
//! behind them.

use attachsql::session::Polled;

use crate::answers::styles;
use crate::statements::{execute, goes_on, next, prepare, two_columns};
use crate::support::listener::Listener;
use crate::support::packets::{self, AUTOCOMMIT, Greeting, Value, binary_result, binary_row, err};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step};
use crate::support::subject::{Failure, Subject};

const COUNT: i64 = 9;

/// The text of row `n`: NULL, short, or with a length of three bytes.
fn text(n: i64) -> Value {
    match n % 4 {
        1 => None,
        3 => Some(vec![b'x'; 260 + usize::try_from(n).unwrap()]),
        _ => Some(format!("row {n}").into_bytes()),
    }
}

/// Rows with these texts and numbers, and the end.
fn result(greeting: &Greeting) -> Vec<Vec<u8>> {
    let row = |n: i64| {
        let number = i32::try_from(n).unwrap().to_le_bytes().to_vec();
        vec![Some(number), text(n).map(|text| packets::text(&text))]
    };
    let rows: Vec<_> = (0..COUNT).map(row).collect();
    binary_result(greeting.caps, &two_columns(), &rows, AUTOCOMMIT)
}

/// Runs the statement and takes its rows, `most` at a time; how it ends.
fn read(client: &mut CApi, most: usize, what: &str) -> Result<Polled, Failure> {
    let handle = client.handle_of("s");
    handle.execute().unwrap();
    let mut rows = Vec::new();
    let end = loop {
        match client.settle() {
            Ok(Polled::RowReady) => {}
            end => break end,
        }
        let batch = handle.batch(most).unwrap();
        assert!((1..=most).contains(&batch.len()), "{what}");
        assert_eq!(handle.batch(most).unwrap_err().code, 2051, "{what}");
        rows.extend(batch);
        handle.row_next();
    };
    let want: Vec<_> = (0..COUNT).map(|n| (n, text(n))).collect();
    assert_eq!(rows, want, "{what}");
    end
}

/// A client of a server that sends `payloads` for the statement, and then goes on, or not.
fn serve(
    greeting: &Greeting,
    pieces: Pieces,
    payloads: Vec<Vec<u8>>,
    goes_on: bool,
) -> (CApi, crate::support::listener::Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let mut steps = prepare(greeting, "s", 1, 0, &[]).to_vec();
    steps.extend([execute(1, b""), Step::Send(payloads)]);
    if goes_on {
        steps.push(crate::statements::close(1));
        steps.extend(next());
    }
    let server = listener.serve(Script::logged_in(greeting, steps).in_pieces(pieces));
    client.login().unwrap();
    (client, server)
}

#[test]
fn however_they_arrive() {
    let pieces = [Pieces::Whole, Pieces::Every(1), Pieces::Every(50)];
    let splits = (100..700).step_by(11).map(Pieces::SplitAt);
    for pieces in pieces.into_iter().chain(splits) {
        for greeting in styles() {
            for most in [1, 4, 100] {
                let what = format!("{pieces:?}, {most} rows");
                let (mut client, server) = serve(&greeting, pieces, result(&greeting), true);
                assert_eq!(read(&mut client, most, &what), Ok(Polled::End), "{what}");
                goes_on(client, server);
            }
        }
    }
}

#[test]
fn an_error_behind_them() {
    for greeting in styles() {
        let mut payloads = result(&greeting);
        payloads.pop();
        payloads.push(err(1317, Some("70100"), b"interrupted"));
        let (mut client, server) = serve(&greeting, Pieces::Whole, payloads, true);
        assert_eq!(read(&mut client, 100, "").unwrap_err().numbers(), (1317, "70100"));
        goes_on(client, server);
    }
}

/// A row that cannot be is for the next poll, as if the rows had come one by one.
#[test]
fn a_malformed_row_behind_them() {
    let row = binary_row(&[Some(b"\x01\0\0\0".to_vec()), Some(packets::text(b"abc"))]);
    for greeting in styles() {
        let cut = row[..row.len() - 1].to_vec();
        for bad in [cut, [&row[..], b"x"].concat(), Vec::new(), vec![0], b"\x07\0".to_vec()] {
            for most in [1, 100] {
                let what = format!("{bad:x?}, {most} rows");
                let mut payloads = result(&greeting);
                payloads.pop();
                payloads.push(bad.clone());
                let (mut client, server) = serve(&greeting, Pieces::Whole, payloads, false);
                let failure = read(&mut client, most, &what).unwrap_err();
                assert_eq!(failure.numbers(), (2027, "08S01"), "{what}");
                drop(client);
                server.finish();
            }
        }
    }
}
