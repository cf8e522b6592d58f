// SPDX-License-Identifier: Apache-2.0
//! Every answer is that of its command.

use attachsql::session::Polled;

use crate::support::crowd::Crowd;
use crate::support::listener::Listener;
use crate::support::packets::{self, AUTOCOMMIT, Greeting, MORE, Value, err, ok, result};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, query, send};
use crate::support::subject::Subject;

/// What the crowd answers, in short.
pub(crate) fn expected(text: &str) -> String {
    let (word, number) = text.split_once(' ').unwrap_or((text, "0"));
    let count = number.parse().unwrap();
    let mut rows: Vec<String> = (0..count).map(|n: usize| n.to_string()).collect();
    match word {
        "ok" | "later" | "leave" => "E".to_owned(),
        "rows" => {
            rows.push("E".to_owned());
            rows.join(" ")
        }
        "long" => format!("<{count}> E"),
        "two" => "0 E 0 E".to_owned(),
        "error" => "!1064".to_owned(),
        "break" => {
            rows.push("!1317".to_owned());
            rows.join(" ")
        }
        other => panic!("what is {other:?}?"),
    }
}

/// A number that looks random and is the same in every run.
pub(crate) fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

pub(crate) fn commands(count: usize, seed: u64) -> Vec<String> {
    let mut seed = seed;
    let mut one = || match next(&mut seed) % 10 {
        0 | 1 => "error".to_owned(),
        2 => format!("break {}", next(&mut seed) % 4),
        3 => "two".to_owned(),
        4 => format!("rows {}", next(&mut seed) % 50),
        5 => format!("long {}", 21 + next(&mut seed) % 20_000),
        _ => "ok".to_owned(),
    };
    (0..count).map(|_| one()).collect()
}

#[test]
fn a_thousand_commands_with_errors_at_random_places() {
    for (seed, crowd) in [(1, Crowd::unix()), (2, Crowd::tcp()), (3, Crowd::unix())] {
        let texts = commands(1000, seed);
        let want: Vec<String> = texts.iter().map(|text| expected(text)).collect();
        let mut client = CApi::new(crowd.address(), "secret");
        for begun in [false, true] {
            client.pipeline(&texts, false);
            assert_eq!(client.pipeline_answers(), want, "after another: {begun}");
        }
        assert_eq!(client.ask(b"rows 1", false).len(), 3, "the connection goes on");
    }
}

#[test]
fn in_buffered_mode() {
    let crowd = Crowd::unix();
    let texts = commands(300, 4);
    // Of a result that breaks off nothing is left.
    let want = texts
        .iter()
        .map(|text| expected(text))
        .map(|want| if want.ends_with("!1317") { "!1317".to_owned() } else { want });
    let mut client = CApi::new(crowd.address(), "secret");
    client.buffer(true);
    client.pipeline(&texts, false);
    assert_eq!(client.pipeline_answers(), want.collect::<Vec<_>>());
}

/// The first error ends it: nothing is sent behind it, and the rest is told to be skipped.
#[test]
fn stopped_by_the_first_error() {
    let crowd = Crowd::unix();
    for texts in [
        &["ok", "rows 2", "error", "ok", "rows 1"][..],
        &["error", "ok"],
        &["ok", "two", "break 3", "ok", "ok", "ok"],
        &["ok", "rows 1", "two"],
        &["ok", "error"],
    ] {
        let before = crowd.counts().queries.load(std::sync::atomic::Ordering::SeqCst);
        let mut client = CApi::new(crowd.address(), "secret");
        client.pipeline(texts, true);
        let got = client.pipeline_answers();
        let bad = texts.iter().position(|text| expected(text).contains('!'));
        let run = bad.map_or(texts.len(), |bad| bad + 1);
        for (at, text) in texts.iter().enumerate() {
            let want = if at < run { expected(text) } else { "!3010".to_owned() };
            assert_eq!(got[at], want, "{texts:?}");
        }
        assert_eq!(client.ask(b"ok", false).len(), 1);
        let sent = crowd.counts().queries.load(std::sync::atomic::Ordering::SeqCst) - before;
        assert_eq!(sent, run + 1, "{texts:?}");
    }
}

/// Also if the program has not read the answer to its end, or has closed it.
#[test]
fn an_error_that_was_dropped_stops_it_too() {
    let crowd = Crowd::unix();
    for closed in [false, true] {
        let mut client = CApi::new(crowd.address(), "secret");
        client.pipeline(&["break 2", "ok", "ok"], true);
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        if closed {
            client.close_query();
        }
        assert!(client.pipeline_next());
        assert_eq!(client.pipeline_answer(), "!3010");
        assert!(client.pipeline_next());
        let failure = client.poll().unwrap_err();
        assert_eq!(failure.numbers(), (3010, "HY008"));
        assert!(failure.text.contains("command 0 of the pipeline"), "{}", failure.text);
        assert!(!client.pipeline_next());
    }
}

/// The rest of a command is dropped if the program goes on at once.
#[test]
fn going_on_in_the_middle() {
    let crowd = Crowd::tcp();
    for texts in [["rows 1000", "two", "long 5000000", "error", "rows 1"]] {
        let mut client = CApi::new(crowd.address(), "secret");
        client.pipeline(&texts, false);
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert!(client.pipeline_next(), "within rows");
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert_eq!(client.pipeline_at(), (1, 1));
        client.next_row();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(client.pipeline_next(), "before a further result");
        assert!(client.pipeline_next(), "before the first packet");
        assert!(client.pipeline_next(), "of a command that has not begun: it is still the one");
        while client.pipeline_at().0 < 4 {
            // The command before is being dropped, or the error is told.
            let _ = client.settle();
            assert!(client.pipeline_next());
        }
        assert_eq!(client.pipeline_answer(), "0 E");
        assert!(!client.pipeline_next());
        assert_eq!(client.ask(b"ok", false).len(), 1);
    }
}

/// More is sent while the first is still under way.
#[test]
fn a_pipeline_that_gets_longer() {
    let crowd = Crowd::unix();
    let mut client = CApi::new(crowd.address(), "secret");
    let texts = commands(500, 7);
    let mut left = texts.iter().enumerate();
    let mut more = |client: &mut CApi, count: usize| {
        for (at, text) in left.by_ref().take(count) {
            client.pipeline_add(text.as_bytes(), at).unwrap();
        }
    };
    more(&mut client, 16);
    client.pipeline_send(false).unwrap();
    for (at, text) in texts.iter().enumerate() {
        assert_eq!(client.pipeline_at(), (at as u64, at));
        if at + 16 < texts.len() {
            more(&mut client, 1);
            client.pipeline_send(false).unwrap();
        }
        assert_eq!(client.pipeline_answer(), expected(text), "{at}");
        assert_eq!(client.pipeline_next(), at + 1 < texts.len());
    }
}

fn everything(caps: u32) -> (Vec<&'static str>, Vec<Step>, Vec<&'static str>) {
    let rows = |values: &[&str], status| {
        let rows: Vec<Vec<Value>> =
            values.iter().map(|value| vec![Some(value.as_bytes().to_vec())]).collect();
        Step::Send(result(caps, &["a"], &rows, status))
    };
    let refused = || send(err(1146, Some("42S02"), b"no table"));
    let texts = vec!["one", "two", "three", "four", "five", "six", "seven"];
    let mut steps: Vec<Step> = texts.iter().map(|text| query(text)).collect();
    // The number of each answer's first packet.
    let anew = |step: Step| match step {
        Step::Send(payloads) => Step::Raw(packets::framed(1, &payloads)),
        other => other,
    };
    steps.extend(
        [
            vec![rows(&["a", "b"], AUTOCOMMIT)],
            vec![refused()],
            vec![send(ok())],
            vec![rows(&[], AUTOCOMMIT)],
            vec![Step::Raw({
                let two = [
                    result(caps, &["a"], &[vec![Some(b"x".to_vec())]], AUTOCOMMIT | MORE),
                    vec![ok()],
                ];
                packets::framed(1, &two.concat())
            })],
            vec![refused()],
            vec![rows(&["last"], AUTOCOMMIT)],
        ]
        .concat()
        .into_iter()
        .map(anew),
    );
    (texts, steps, vec!["a b E", "!1146", "E", "E", "x E E", "!1146", "last E"])
}

/// Torn at every byte.
#[test]
fn at_every_split_point() {
    for greeting in [Greeting::default(), Greeting::mysql(), Greeting::default().with_eof()] {
        let run = |pieces| {
            let (texts, steps, want) = everything(greeting.caps);
            let listener = Listener::unix();
            let mut client = CApi::new(&listener.address(), "secret");
            let server = listener.serve(Script::logged_in(&greeting, steps).in_pieces(pieces));
            client.pipeline(&texts, false);
            assert_eq!(client.pipeline_answers(), want, "{pieces:?}");
            drop(client);
            server.finish().sent()
        };
        let all = run(Pieces::Whole);
        run(Pieces::Every(1));
        for at in 1..all {
            run(Pieces::SplitAt(at));
        }
    }
}
