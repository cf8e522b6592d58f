// SPDX-License-Identifier: Apache-2.0
//! Connections that break during a pipeline: what is told of each command.

use std::time::Duration;

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::answers::expected;
use crate::support::crowd::Crowd;
use crate::support::listener::Listener;
use crate::support::packets::{Greeting, framed, ok, pattern};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, expect, query, send};
use crate::support::subject::Subject;

#[test]
fn each_command_gets_an_error() {
    for crowd in [Crowd::unix(), Crowd::tcp()] {
        for (end, code) in [("close", 2013), ("reset", 2013), ("words", 1053)] {
            let mut client = CApi::new(crowd.address(), "secret");
            client.pipeline(&["ok", "rows 2", end, "ok", "rows 1"], false);
            assert_eq!(client.pipeline_answer(), "E");
            assert!(client.pipeline_next());
            assert_eq!(client.pipeline_answer(), "0 1 E");
            for at in 2..5 {
                assert!(client.pipeline_next(), "{end}");
                assert_eq!(client.pipeline_at().0, at);
                let failure = client.settle().unwrap_err();
                let sent = "whether the server ran this command of the pipeline is not known";
                // What the server said is the answer to the command before it closed the connection.
                if !(end == "words" && at == 2) {
                    assert!(failure.text.contains(sent), "{end} {at}: {}", failure.text);
                    assert_eq!(failure.numbers(), (2013, "08006"), "{end}");
                } else {
                    assert_eq!(failure.code, code);
                }
            }
            assert!(!client.pipeline_next());
            assert_eq!(client.query(b"ok").unwrap_err().code, 2006);
            assert_eq!(client.poll().unwrap_err().code, 2013, "the connection's own error");
        }
    }
}

/// What cannot have been run is told apart: here most of the pipeline is in no socket yet.
#[test]
fn what_was_not_sent() {
    for listener in [Listener::unix(), Listener::tcp()] {
        let address = listener.address();
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let server = std::thread::spawn(move || {
            let mut peer = listener.accept();
            peer.set_timeouts();
            peer.send(&framed(0, &[Greeting::default().payload()]));
            peer.receive().unwrap();
            peer.send(&framed(2, &[ok()]));
            // The first command, and its answer; nothing more is read.
            peer.receive().unwrap();
            peer.send(&framed(1, &[ok()]));
            gone.recv().unwrap();
            peer.reset();
        });
        let mut client = CApi::new(&address, "secret");
        client.login().unwrap();
        let mut texts = vec![b"first".to_vec()];
        texts.extend((0..14).map(|n| pattern(1 << 20, n)));
        client.pipeline(&texts, false);
        assert_eq!(client.pipeline_answer(), "E");
        go.send(()).unwrap();
        server.join().unwrap();
        let mut codes = Vec::new();
        while client.pipeline_next() {
            codes.push(client.settle().unwrap_err().code);
        }
        assert_eq!(codes.len(), 14);
        let sent = codes.iter().take_while(|&&code| code == 2013).count();
        assert!(sent < 14, "the sockets hold no 14 MiB");
        assert!(codes[sent..].iter().all(|&code| code == 2006), "{codes:?}");
    }
}

/// With each cut of the answers: what was answered as a whole is over, and nothing else.
#[test]
fn a_cut_at_every_byte() {
    let texts = ["ok", "rows", "error"];
    let caps = Greeting::default().caps;
    let rows = crate::support::packets::result(caps, &["a"], &[vec![Some(b"x".to_vec())]], 2);
    let refused = crate::support::packets::err(1064, Some("42000"), b"no");
    let answers = [framed(1, &[ok()]), framed(1, &rows), framed(1, &[refused])];
    let wants = ["E", "x E", "!1064"];
    let login = framed(0, &[Greeting::default().payload()]).len() + framed(2, &[ok()]).len();
    let whole: usize = answers.iter().map(Vec::len).sum();
    for cut in 0..=whole {
        let steps = texts.iter().map(|text| query(text)).chain(answers.clone().map(Step::Raw));
        let script = Script::logged_in(&Greeting::default(), steps.collect::<Vec<_>>())
            .cut_after(login + cut, Step::Close);
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        let server = listener.serve(script);
        client.login().unwrap();
        client.pipeline(&texts, false);
        let mut left = cut;
        for (at, answer) in answers.iter().enumerate() {
            let got = client.pipeline_answer();
            if left >= answer.len() {
                assert_eq!(got, wants[at], "cut at {cut}");
            } else {
                // Cut before anything came, perhaps before anything was sent.
                let unsent = cut == 0 && got == "!2006";
                assert!(unsent || got.ends_with("!2013"), "cut at {cut}: {got}");
            }
            left = left.saturating_sub(answer.len());
            assert_eq!(client.pipeline_next(), at < 2);
        }
        drop(client);
        server.finish();
    }
}

/// A connect that fails is the error of the first command; the others were not sent.
#[test]
fn a_connection_that_is_never_made() {
    let listener = Listener::unix();
    let address = listener.address();
    drop(listener);
    let mut client = CApi::new(&address, "secret");
    client.pipeline(&["ok", "ok"], false);
    assert_eq!(client.settle().unwrap_err().code, 2002);
    assert!(client.pipeline_next());
    let failure = client.poll().unwrap_err();
    assert_eq!(failure.numbers(), (2006, "08006"));
    assert!(failure.text.starts_with("not sent"), "{}", failure.text);
    assert!(!client.pipeline_next());
    assert_eq!(client.pipeline_add(b"ok", 0).unwrap_err().code, 2006);
}

/// A server that asks for a file, while other commands are on their way to it, cannot be answered.
#[test]
fn a_request_for_a_file_ends_it() {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let steps = [query("a"), query("b"), send(b"\xfb/etc/passwd".to_vec())];
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    client.pipeline(&["a", "b"], false);
    let failure = client.settle().unwrap_err();
    assert_eq!(failure.code, 2068);
    assert!(failure.text.contains("not known"), "{}", failure.text);
    assert!(client.pipeline_next());
    assert_eq!(client.settle().unwrap_err().code, 2068);
    assert!(!client.pipeline_next());
    drop(client);
    let script = server.finish();
    assert!(script.left().is_empty(), "nothing was sent");
}

/// The limit on silence counts for each command, and not while the program is at work.
#[test]
fn a_server_that_falls_silent() {
    let crowd = Crowd::unix();
    let mut client = CApi::new(crowd.address(), "secret");
    assert!(client.option(Options::READ_TIMEOUT, 50));
    client.login().unwrap();
    client.pipeline(&["ok", "later 10", "never", "ok"], false);
    assert_eq!(client.pipeline_answer(), expected("ok"));
    std::thread::sleep(Duration::from_millis(70));
    assert!(client.pipeline_next());
    assert_eq!(client.pipeline_answer(), "E");
    assert!(client.pipeline_next());
    let failure = client.settle().unwrap_err();
    assert!(failure.code == 2013 && failure.text.contains("read timeout"), "{}", failure.text);
    assert!(client.pipeline_next());
    assert_eq!(client.poll().unwrap_err().code, 2013);
    assert!(!client.pipeline_next());
}

/// Closed with answers to come: they are read and dropped, and the next query gets its own.
#[test]
fn closed_in_the_middle() {
    let steps = || {
        let mut steps: Vec<Step> = ["a", "b", "c"].iter().map(|text| query(text)).collect();
        let answers = [framed(1, &[ok()]), framed(1, &[ok()]), framed(1, &[ok()])];
        steps.extend(answers.map(Step::Raw));
        steps.extend([query("d"), send(ok()), expect(b"\x01")]);
        steps
    };
    for answered in 0..=3 {
        for asked_before in [false, true] {
            let listener = Listener::unix();
            let mut client = CApi::new(&listener.address(), "secret");
            let server = listener.serve(Script::logged_in(&Greeting::default(), steps()));
            client.login().unwrap();
            client.pipeline(&["a", "b", "c"], false);
            for at in 0..answered {
                assert_eq!(client.pipeline_answer(), "E");
                assert_eq!(client.pipeline_next(), at < 2);
            }
            if !asked_before {
                client.pipeline_add(b"never sent", 9).unwrap();
            }
            client.pipeline_close();
            assert_eq!(client.pipeline_at(), (0, 0));
            if !asked_before {
                assert_eq!(client.settle(), Ok(Polled::End));
            }
            assert_eq!(client.ask(b"d", false).len(), 1);
            drop(client);
            assert!(server.finish().is_over(), "after {answered}");
        }
    }
}
