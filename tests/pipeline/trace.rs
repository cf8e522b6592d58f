// SPDX-License-Identifier: Apache-2.0
//! What is told of the commands of a pipeline: each once, when its turn comes, with its own numbers and error, also of
//! those whose answers nobody wants to hear; nothing of those that are never sent.

use std::sync::{Arc, Mutex};

use attachsql::session::{Connection, Polled, TraceEvent, Traced, Tracer};

use super::answers::{commands, expected};
use crate::support::crowd::Crowd;
use crate::support::subject::{self, Subject};

type Record = Arc<Mutex<Vec<Traced>>>;

fn traced(crowd: &Crowd) -> (Connection, Record) {
    let mut client = Connection::new(subject::config(crowd.address(), "secret"));
    let record = Record::default();
    let told = record.clone();
    client
        .set_tracer(Some(Tracer::new(move |_, event| told.lock().unwrap().push(*event))))
        .unwrap();
    client.login().unwrap();
    record.lock().unwrap().clear();
    (client, record)
}

/// The events so far are a COMMAND and a DONE for each of `texts`: what it says of them in short.
fn each(record: &Record, texts: &[impl AsRef<str>]) {
    let events = std::mem::take(&mut *record.lock().unwrap());
    let kinds: Vec<TraceEvent> = events.iter().map(|event| event.event).collect();
    assert_eq!(kinds, [TraceEvent::Command, TraceEvent::Done].repeat(texts.len()));
    for (pair, text) in events.chunks(2).zip(texts) {
        let (text, command, done) = (text.as_ref(), &pair[0], &pair[1]);
        let want = expected(text);
        let rows = want.split(' ').filter(|word| !word.starts_with(['E', '!'])).count();
        let error = want.rsplit_once('!').map(|(_, code)| code.parse().unwrap());
        assert_eq!((command.command, done.command), (3, 3));
        assert_eq!(command.bytes, (text.len() as u64 + 5, 0), "{text}");
        assert_eq!((command.rows, command.error), (0, None));
        assert_eq!((done.bytes.0, done.number), (command.bytes.0, command.number), "{text}");
        assert!(done.bytes.1 > 0);
        assert_eq!(done.rows, rows as u64, "{text}");
        assert_eq!(done.error.map(|(code, _)| code), error, "{text}");
        assert!(done.took.0 <= done.took.1);
    }
    let numbers: Vec<u64> = events.iter().step_by(2).map(|event| event.number).collect();
    assert!(numbers.is_sorted_by(|a, b| a + 1 == *b), "{numbers:?}");
}

fn send(client: &mut Connection, texts: &[impl AsRef<str>], stops: bool) {
    for text in texts {
        client.pipeline_add(text.as_ref().as_bytes(), Vec::new(), 0).unwrap();
    }
    client.pipeline_send(stops).unwrap();
}

/// Reads all of a pipeline, of each command up to `rows` rows.
fn read(client: &mut Connection, rows: usize) {
    loop {
        for _ in 0..rows {
            match client.settle() {
                Ok(Polled::RowReady) => client.next_row(),
                Ok(Polled::End) if Subject::next_result(client) => {}
                Ok(_) | Err(_) => break,
            }
        }
        if client.pipeline_next() == Polled::End {
            break;
        }
    }
    client.query(b"ok", Vec::new()).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    Connection::close_query(client);
}

/// Read to the end, or left in the midst.
#[test]
fn each_command_with_its_own_numbers() {
    let crowd = Crowd::unix();
    for seed in 1..4 {
        let mut texts = commands(200, seed);
        for rows in [usize::MAX, 2, 1] {
            let (mut client, record) = traced(&crowd);
            send(&mut client, &texts, false);
            read(&mut client, rows);
            texts.push("ok".to_owned());
            each(&record, &texts);
            texts.pop();
        }
    }
}

/// Behind the first error nothing is sent, and nothing told, whether the program has seen the error or not.
#[test]
fn commands_that_are_not_sent() {
    let crowd = Crowd::unix();
    for rows in [usize::MAX, 4, 1] {
        let (mut client, record) = traced(&crowd);
        send(&mut client, &["ok", "rows 5", "break 3", "ok", "rows 3"], true);
        read(&mut client, rows);
        each(&record, &["ok", "rows 5", "break 3", "ok"]);
    }
}

/// The answers to commands of a pipeline that was closed are dropped, and told all the same.
#[test]
fn commands_of_a_closed_pipeline() {
    let crowd = Crowd::unix();
    for read in 0..4 {
        let texts = ["rows 30", "error", "break 2", "two", "long 100000", "ok"];
        let (mut client, record) = traced(&crowd);
        send(&mut client, &texts, false);
        for _ in 0..read {
            drop(client.settle());
            client.pipeline_next();
        }
        client.pipeline_close();
        client.query(b"rows 4", Vec::new()).unwrap();
        while client.settle() == Ok(Polled::RowReady) {
            client.next_row();
        }
        each(&record, &[&texts[..], &["rows 4"]].concat());
    }
}

/// A connection that is lost is told once, with the command whose turn it was.
#[test]
fn a_connection_that_is_lost() {
    let crowd = Crowd::unix();
    let (mut client, record) = traced(&crowd);
    send(&mut client, &["ok", "leave", "ok", "ok"], false);
    while client.settle().is_ok() {
        client.pipeline_next();
    }
    while client.pipeline_next() != Polled::End {
        client.settle().unwrap_err();
    }
    let events = record.lock().unwrap();
    let kinds: Vec<_> = events.iter().map(|event| (event.event, event.number)).collect();
    assert_eq!(
        kinds,
        [
            (TraceEvent::Command, 1),
            (TraceEvent::Done, 1),
            (TraceEvent::Command, 2),
            (TraceEvent::Done, 2),
            (TraceEvent::Command, 3),
            (TraceEvent::Failed, 3),
        ]
    );
    assert_eq!(events[5].error.map(|(code, _)| code), Some(2013));
}
