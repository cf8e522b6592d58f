// SPDX-License-Identifier: Apache-2.0
//! The C header: that it is current, complete and documented, that compilers accept it, and that
//! programs written for libAttachSQL 2.0 cannot tell it from the historical one.
//!
//! The oracle is `capi-tests/abi/frozen`. `ATTACHSQL_BLESS=1 cargo test --test header` rewrites
//! `include/libattachsql2/attachsql.h` from the source.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::mem::{offset_of, size_of};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use attachsql::capi::types::*;

#[path = "header/compiler.rs"]
mod compiler;
#[path = "header/old_programs.rs"]
mod old_programs;
#[path = "header/render.rs"]
mod render;

use compiler::Language::{C, Cxx};

const SIBLINGS: [&str; 8] =
    ["connect", "constants", "error", "pool", "query", "statement", "structs", "utility"];

/// Enumerators that the frozen header does not have.
const ADDED: &[&str] = &[
    "ATTACHSQL_OPTION_HOSTS",
    "ATTACHSQL_OPTION_HOSTS_RANDOM",
    "ATTACHSQL_OPTION_COMPRESSION",
    "ATTACHSQL_OPTION_COMPRESSION_REQUIRED",
    "ATTACHSQL_OPTION_ZLIB_LEVEL",
    "ATTACHSQL_OPTION_ZSTD_LEVEL",
    "ATTACHSQL_OPTION_CONNECT_TIMEOUT",
    "ATTACHSQL_OPTION_READ_TIMEOUT",
    "ATTACHSQL_OPTION_WRITE_TIMEOUT",
    "ATTACHSQL_OPTION_CHARSET",
    "ATTACHSQL_OPTION_CONNECT_ATTRIBUTE",
    "ATTACHSQL_OPTION_KEEP_ALIVE",
    "ATTACHSQL_OPTION_MAX_PACKET",
    "ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY",
    "ATTACHSQL_OPTION_TLS",
    "ATTACHSQL_OPTION_TLS_CA",
    "ATTACHSQL_OPTION_TLS_CA_PATH",
    "ATTACHSQL_OPTION_TLS_CERT",
    "ATTACHSQL_OPTION_TLS_KEY",
    "ATTACHSQL_OPTION_TLS_KEY_PASSPHRASE",
    "ATTACHSQL_OPTION_TLS_CIPHERS",
    "ATTACHSQL_OPTION_TLS_SUITES",
    "ATTACHSQL_OPTION_TLS_MIN_VERSION",
    "ATTACHSQL_OPTION_TLS_MAX_VERSION",
    "ATTACHSQL_OPTION_TLS_VERIFY",
    "ATTACHSQL_OPTION_TLS_SERVER_NAME",
    "ATTACHSQL_OPTION_TLS_CRL",
    "ATTACHSQL_OPTION_TLS_FINGERPRINT",
    "ATTACHSQL_OPTION_SERVER_PUBLIC_KEY",
    "ATTACHSQL_OPTION_AUTH_METHODS",
    "ATTACHSQL_OPTION_PASSWORD2",
    "ATTACHSQL_OPTION_PASSWORD3",
    "ATTACHSQL_OPTION_TLS_RESUME",
    "ATTACHSQL_OPTION_TLS_CRL_PATH",
    "ATTACHSQL_OPTION_SESSION_TRACK",
    "ATTACHSQL_OPTION_STMT_CACHE",
    "ATTACHSQL_OPTION_QUERY_ATTRIBUTES",
    "ATTACHSQL_OPTION_PIPELINE_MAX_BYTES",
    "ATTACHSQL_ERROR_CODE_SKIPPED",
    "ATTACHSQL_OPTION_MAX_ROW",
    "ATTACHSQL_OPTION_MAX_RESULT",
    "ATTACHSQL_OPTION_MAX_MEMORY",
    "ATTACHSQL_INDICATOR_VALUE",
    "ATTACHSQL_INDICATOR_NULL",
    "ATTACHSQL_INDICATOR_DEFAULT",
    "ATTACHSQL_INDICATOR_IGNORE",
    "ATTACHSQL_OPTION_COMMAND_TIMEOUT",
    "ATTACHSQL_OPTION_CANCEL_TIMEOUT",
    "ATTACHSQL_OPTION_CANCEL",
    "ATTACHSQL_CANCEL_NONE",
    "ATTACHSQL_CANCEL_RUNNING",
    "ATTACHSQL_CANCEL_FINISHED",
    "ATTACHSQL_CANCEL_CANCELLED",
    "ATTACHSQL_CANCEL_UNKNOWN",
    "ATTACHSQL_ERROR_CODE_COMMAND_TIMEOUT",
    "ATTACHSQL_ERROR_CODE_CANCELLED",
    "ATTACHSQL_TRACK_VARIABLE",
    "ATTACHSQL_TRACK_SCHEMA",
    "ATTACHSQL_TRACK_STATE",
    "ATTACHSQL_TRACK_GTIDS",
    "ATTACHSQL_TRACK_TRANSACTION_CHARACTERISTICS",
    "ATTACHSQL_TRACK_TRANSACTION_STATE",
    "ATTACHSQL_TLS_VERIFIED_NONE",
    "ATTACHSQL_TLS_VERIFIED_CHAIN",
    "ATTACHSQL_TLS_VERIFIED_HOST",
    "ATTACHSQL_TLS_VERIFIED_FINGERPRINT",
    "ATTACHSQL_TLS_VERIFIED_PASSWORD",
    "ATTACHSQL_DIALOG_REFUSE",
    "ATTACHSQL_DIALOG_ANSWER",
    "ATTACHSQL_DIALOG_LATER",
    "ATTACHSQL_WATCH_NONE",
    "ATTACHSQL_WATCH_READ",
    "ATTACHSQL_WATCH_WRITE",
    "ATTACHSQL_ERROR_CODE_LOAD_DATA_LOCAL_REJECTED",
    "ATTACHSQL_VALUE_OK",
    "ATTACHSQL_VALUE_NULL",
    "ATTACHSQL_VALUE_OUT_OF_RANGE",
    "ATTACHSQL_VALUE_WRONG_TYPE",
    "ATTACHSQL_VALUE_NONE",
    "ATTACHSQL_CELL_TYPE_NULL",
    "ATTACHSQL_CELL_TYPE_INTEGER",
    "ATTACHSQL_CELL_TYPE_UNSIGNED_INTEGER",
    "ATTACHSQL_CELL_TYPE_FLOAT",
    "ATTACHSQL_CELL_TYPE_DOUBLE",
    "ATTACHSQL_CELL_TYPE_DATE",
    "ATTACHSQL_CELL_TYPE_DATETIME",
    "ATTACHSQL_CELL_TYPE_TIME",
    "ATTACHSQL_CELL_TYPE_TEXT",
    "ATTACHSQL_CELL_TYPE_BINARY",
    "ATTACHSQL_BIND_TYPE_NULL",
    "ATTACHSQL_BIND_TYPE_BOOL",
    "ATTACHSQL_BIND_TYPE_INT",
    "ATTACHSQL_BIND_TYPE_UNSIGNED_INT",
    "ATTACHSQL_BIND_TYPE_BIGINT",
    "ATTACHSQL_BIND_TYPE_UNSIGNED_BIGINT",
    "ATTACHSQL_BIND_TYPE_FLOAT",
    "ATTACHSQL_BIND_TYPE_DOUBLE",
    "ATTACHSQL_BIND_TYPE_DECIMAL",
    "ATTACHSQL_BIND_TYPE_STRING",
    "ATTACHSQL_BIND_TYPE_BINARY",
    "ATTACHSQL_BIND_TYPE_JSON",
    "ATTACHSQL_BIND_TYPE_DATE",
    "ATTACHSQL_BIND_TYPE_DATETIME",
    "ATTACHSQL_BIND_TYPE_TIME",
    "ATTACHSQL_ERROR_CODE_LOAD_DATA_LOCAL_FAILED",
    "ATTACHSQL_LOCAL_FILE_ERROR",
    "ATTACHSQL_TRACE_NONE",
    "ATTACHSQL_TRACE_CONNECTED",
    "ATTACHSQL_TRACE_COMMAND",
    "ATTACHSQL_TRACE_DONE",
    "ATTACHSQL_TRACE_FAILED",
    "ATTACHSQL_LOCAL_FILE_LATER",
    "ATTACHSQL_LOCAL_FILE_SUSPEND",
    "ATTACHSQL_ERROR_CODE_POOL_QUEUE_FULL",
    "ATTACHSQL_ERROR_CODE_POOL_QUEUE_TIMEOUT",
    "ATTACHSQL_ERROR_CODE_POOL_DESTROYED",
    "ATTACHSQL_OPTION_POOL_MIN",
    "ATTACHSQL_OPTION_POOL_MAX",
    "ATTACHSQL_OPTION_POOL_IDLE_TIMEOUT",
    "ATTACHSQL_OPTION_POOL_LIFETIME",
    "ATTACHSQL_OPTION_POOL_PING_INTERVAL",
    "ATTACHSQL_OPTION_POOL_RESET",
    "ATTACHSQL_OPTION_POOL_CONNECTS",
    "ATTACHSQL_OPTION_POOL_QUEUE",
    "ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT",
];

/// Enums that the frozen header does not have.
const ADDED_ENUMS: [&str; 11] = [
    "attachsql_bind_type_t",
    "attachsql_cancel_t",
    "attachsql_cell_type_t",
    "attachsql_dialog_t",
    "attachsql_indicator_t",
    "attachsql_local_file_t",
    "attachsql_tls_verified_t",
    "attachsql_trace_event_t",
    "attachsql_track_t",
    "attachsql_value_t",
    "attachsql_watch_flags_t",
];

/// What else prototypes name that it does not have.
const ADDED_TYPES: &str = "\
    typedef intptr_t attachsql_socket_t;\n\
    typedef struct attachsql_watch_st attachsql_watch_st;\n\
    typedef struct attachsql_stmt_t attachsql_stmt_t;\n\
    typedef struct attachsql_time_st attachsql_time_st;\n\
    typedef struct attachsql_cell_st attachsql_cell_st;\n\
    typedef struct attachsql_stmt_bind_st attachsql_stmt_bind_st;\n\
    typedef struct attachsql_stmt_cache_stats_st attachsql_stmt_cache_stats_st;\n\
    typedef enum { ATTACHSQL_VALUE } attachsql_value_t;\n\
    typedef struct attachsql_memory_st attachsql_memory_st;\n\
    typedef struct attachsql_pool_stats_st attachsql_pool_stats_st;\n\
    typedef struct attachsql_trace_st attachsql_trace_st;\n\
    typedef void (attachsql_trace_fn)(void *, const attachsql_trace_st *);\n\
    typedef enum { ATTACHSQL_DIALOG } attachsql_dialog_t;\n\
    typedef enum { ATTACHSQL_TLS_VERIFIED } attachsql_tls_verified_t;\n\
    typedef enum { ATTACHSQL_TRACK } attachsql_track_t;\n\
    typedef enum { ATTACHSQL_CANCEL } attachsql_cancel_t;\n\
    typedef void (attachsql_keylog_fn)(void *, const char *);\n\
    typedef attachsql_dialog_t (attachsql_dialog_fn)(void *, bool, const char *, const char **);\n\
    typedef ptrdiff_t (attachsql_local_file_fn)(void *, const char *, uint64_t, char *, size_t, const char **);\n";

fn every_compiler() -> impl Iterator<Item = &'static compiler::Compiler> {
    compiler::all(C).iter().chain(compiler::all(Cxx))
}

fn generated() -> PathBuf {
    render::root().join("include")
}

fn frozen() -> PathBuf {
    render::root().join("capi-tests/abi/frozen")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn committed_header() -> String {
    read(&generated().join("libattachsql2/attachsql.h"))
}

fn frozen_text() -> String {
    let all = SIBLINGS.map(|name| read(&frozen().join(format!("libattachsql2/{name}.h"))));
    all.concat()
}

fn abi_file(name: &str) -> String {
    read(&render::root().join("capi-tests/abi").join(name))
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn header_is_current() {
    let path = generated().join("libattachsql2/attachsql.h");
    let wanted = render::header();
    if env::var_os("ATTACHSQL_BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
        return;
    }
    let found = committed_header();
    if let Some((number, (have, want))) =
        found.lines().zip(wanted.lines()).enumerate().find(|(_, (have, want))| have != want)
    {
        panic!(
            "{}, line {}:\n  has    {have}\n  needs  {want}\n\
             ATTACHSQL_BLESS=1 cargo test --test header rewrites it",
            path.display(),
            number + 1
        );
    }
    assert_eq!(found.len(), wanted.len(), "{} is cut short or too long", path.display());
}

#[test]
fn every_function_is_documented() {
    let functions = render::functions(&committed_header());
    assert!(functions.len() >= 34, "only {} functions in the header", functions.len());
    for function in functions {
        let (name, comment) = (&function.name, &function.comment);
        assert!(name.starts_with("attachsql_"), "what is {name:?}?");
        assert!(comment.starts_with("/**"), "{name} has no comment");
        assert!(
            ["2.0", "2.1"].contains(&function.since()),
            "the comment of {name} does not end with \"Since 2.0.\" or \"Since 2.1.\""
        );
        assert!(!comment.contains("[`"), "the comment of {name} has a Rust link");
        assert!(!comment.contains(" * # "), "the comment of {name} has a Markdown heading");
        let summary = comment.trim_start_matches(['/', '*', ' ', '\n']).split("\n *\n").next();
        let summary = summary.unwrap_or_default();
        assert!(summary.ends_with('.'), "the comment of {name} starts with no sentence: {summary}");
    }
}

/// Each function stands in the section of the version that its comment gives.
#[test]
fn additions_have_their_own_section() {
    let header = committed_header();
    let (_, additions) = header.rsplit_once(render::ADDITIONS).expect("no section for additions");
    for function in render::functions(&header) {
        let added = additions.contains(&format!("{}(", function.name));
        assert_eq!(added, function.since() == "2.1", "{} is in the wrong section", function.name);
    }
}

#[test]
fn siblings_only_forward() {
    let others = ["adapters", "attachsql.h", "visibility.h"];
    let mut expected = BTreeSet::from(others.map(str::to_owned));
    for name in SIBLINGS {
        let text = read(&generated().join(format!("libattachsql2/{name}.h")));
        let code: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(code, ["#include <libattachsql2/attachsql.h>"], "{name}.h");
        expected.insert(format!("{name}.h"));
    }
    let folder = fs::read_dir(generated().join("libattachsql2")).unwrap();
    let names: BTreeSet<_> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, expected);
}

/// Each header alone, and a second time, in every standard, without a warning.
#[test]
fn compilers_accept_each_header() {
    for compiler in every_compiler() {
        for name in SIBLINGS.iter().chain(&["attachsql", "visibility"]) {
            let include = format!("#include <libattachsql2/{name}.h>\n");
            let source = format!("{include}{include}int nothing_else;\n");
            compiler.check(&generated(), &source).unwrap();
        }
    }
}

/// The adapters that need no other library; the stage "adapters" of scripts/check.sh has them all.
#[test]
fn compilers_accept_the_adapter_for_poll() {
    for compiler in every_compiler() {
        let include = "#include <libattachsql2/adapters/poll.h>\n";
        compiler.check(&generated(), &format!("{include}{include}int nothing_else;\n")).unwrap();
    }
}

/// What programs call of the adapters: those functions whose comment is for them.
#[test]
fn adapters_are_documented() {
    let folder = generated().join("libattachsql2/adapters");
    for (header, name) in [
        ("poll.h", "poll"),
        ("libuv.h", "uv"),
        ("libev.h", "ev"),
        ("libevent.h", "event"),
        ("glib.h", "glib"),
    ] {
        let text = read(&folder.join(header));
        for function in ["attach", "attach_pool", "detach"] {
            let call = format!("attachsql_{name}_{function}(");
            let (before, _) = text
                .split_once(&format!(" *{call}"))
                .or(text.split_once(&format!(" {call}")))
                .unwrap();
            let comment = before.rsplit_once("/**").unwrap_or_else(|| panic!("{header}: {call}")).1;
            assert!(
                comment.contains("Since 2.1.\n */\nstatic inline "),
                "{header}: the comment of {call}) is not just before it, or does not end with its version"
            );
            assert!(comment.contains("\n * NULL: "), "{header}: {call}) does not tell of NULL");
        }
    }
}

/// A compiler that has seen the frozen header takes our prototypes: they are redeclarations.
#[test]
fn prototypes_agree_with_the_frozen_header() {
    let ours = format!("{ADDED_TYPES}{}", render::prototypes(&committed_header()));
    for compiler in every_compiler() {
        compiler.check(&frozen(), &one_unit(&ours)).unwrap();
    }
}

fn one_unit(prototypes: &str) -> String {
    format!(
        "#include <libattachsql2/attachsql.h>\n\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n{prototypes}\n\
         #ifdef __cplusplus\n}}\n#endif\n"
    )
}

/// The check above would notice a change: it does, for each of these.
#[test]
fn a_changed_prototype_is_noticed() {
    let ours = render::prototypes(&committed_header());
    let changes = [
        ("uint16_t parameter_count", "uint32_t parameter_count", "a wider argument"),
        ("uint64_t row_number", "int64_t row_number", "a signed argument"),
        ("uint64_t attachsql_query_row_count(", "uint32_t attachsql_query_row_count(", "a result"),
        (
            "attachsql_query_buffer_rows(attachsql_connect_t *con, bool enable)",
            "attachsql_query_buffer_rows(attachsql_connect_t *con)",
            "a missing argument",
        ),
        (
            "char *attachsql_error_message(",
            "const char *attachsql_error_message(",
            "a const result",
        ),
        ("const void *arg", "void *arg", "a lost const"),
    ];
    for (from, to, what) in changes {
        let changed = ours.replacen(from, to, 1);
        assert!(changed != ours, "{from:?} is not in the header: update this test");
        for compiler in every_compiler().filter(|c| c.standard.ends_with("11")) {
            let said = compiler.check(&frozen(), &one_unit(&changed)).expect_err(what);
            let why = ["conflicting", "cannot be overloaded"];
            assert!(why.iter().any(|w| said.contains(w)), "{what}: rejected, but why?\n{said}");
        }
    }
}

/// Every function is either historical or marked as an addition.
#[test]
fn functions_are_historical_or_added() {
    let old = frozen_text();
    for function in render::functions(&committed_header()) {
        let historical = old.contains(&format!("{}(", function.name));
        let since = if historical { "2.0" } else { "2.1" };
        assert_eq!(function.since(), since, "{}", function.name);
    }
}

/// What Rust takes for size and offsets is what C compilers take, by either header.
#[test]
fn layout_is_the_same_in_rust_and_c() {
    let mut source = String::from("#include <libattachsql2/attachsql.h>\n#include <assert.h>\n");
    let mut same = |what: String, value: usize| {
        source += &format!("static_assert({what} == {value}, \"{what} is not {value}\");\n");
    };
    macro_rules! layout {
        ($name:ident: $($field:ident),+) => {
            same(format!("sizeof({})", stringify!($name)), size_of::<$name>());
            $(
                let (name, field) = (stringify!($name), stringify!($field));
                let place = format!("offsetof({name}, {})", field.trim_start_matches("r#"));
                same(place, offset_of!($name, $field));
            )+
        };
        ($name:ident) => {
            same(format!("sizeof({})", stringify!($name)), size_of::<$name>());
        };
    }
    layout!(attachsql_query_parameter_st: r#type, data, length, is_unsigned);
    layout!(attachsql_query_column_st: schema, table, origin_table, column, origin_column, charset,
        length, r#type, flags, decimals, default_value, default_size);
    layout!(attachsql_query_row_st: data, length);
    layout!(attachsql_return_t);
    layout!(attachsql_events_t);
    layout!(attachsql_options_t);
    layout!(attachsql_column_type_t);
    layout!(attachsql_column_flags_t);
    layout!(attachsql_query_parameter_type_t);
    layout!(in_port_t);
    same("sizeof(bool)".to_owned(), size_of::<c_bool>());

    // static_assert is a macro of <assert.h> since C11.
    for compiler in every_compiler() {
        if compiler.standard != "c99" {
            compiler.check(&generated(), &source).unwrap();
            compiler.check(&frozen(), &source).unwrap();
        }
    }
    let wrong = source.replacen(" == 32,", " == 40,", 1);
    assert_ne!(wrong, source);
    assert!(compiler::all(C)[1].check(&frozen(), &wrong).is_err(), "a wrong size is not noticed");
}

/// As above, for what the frozen header does not have.
#[test]
fn new_types_are_the_same_in_rust_and_c() {
    let (size, stats) = (size_of::<attachsql_watch_st>(), size_of::<attachsql_pool_stats_st>());
    let (fd, flags) = (size_of::<attachsql_socket_t>(), offset_of!(attachsql_watch_st, flags));
    let source = format!(
        "#include <libattachsql2/attachsql.h>\n\
         int size[sizeof(attachsql_watch_st) == {size} ? 1 : -1];\n\
         int stats[sizeof(attachsql_pool_stats_st) == {stats} ? 1 : -1];\n\
         int fd[sizeof(attachsql_socket_t) == {fd} ? 1 : -1];\n\
         int flags[offsetof(attachsql_watch_st, flags) == {flags} ? 1 : -1];\n\
         int time_size[sizeof(attachsql_time_st) == {} ? 1 : -1];\n\
         int us[offsetof(attachsql_time_st, microsecond) == {} ? 1 : -1];\n\
         int cell[sizeof(attachsql_cell_st) == {} ? 1 : -1];\n\
         int value[offsetof(attachsql_cell_st, value) == {} ? 1 : -1];\n\
         int length[offsetof(attachsql_cell_st, length) == {} ? 1 : -1];\n\
         int bind_size[sizeof(attachsql_stmt_bind_st) == {} ? 1 : -1];\n\
         int is_null[offsetof(attachsql_stmt_bind_st, is_null) == {} ? 1 : -1];\n",
        size_of::<attachsql_time_st>(),
        offset_of!(attachsql_time_st, microsecond),
        size_of::<attachsql_cell_st>(),
        offset_of!(attachsql_cell_st, value),
        offset_of!(attachsql_cell_st, length),
        size_of::<attachsql_stmt_bind_st>(),
        offset_of!(attachsql_stmt_bind_st, is_null),
    );
    for compiler in every_compiler() {
        compiler.check(&generated(), &source).unwrap();
        assert!(compiler.check(&generated(), &source.replace(" == ", " != ")).is_err());
    }
}

#[test]
fn fields_and_tags_have_their_types() {
    for include in [generated(), frozen()] {
        for compiler in every_compiler() {
            compiler.check(&include, &abi_file("tags.c")).unwrap();
        }
        for compiler in compiler::all(Cxx) {
            compiler.check(&include, &abi_file("fields.cpp")).unwrap();
        }
    }
}

/// The enumerators of each enum, by name, as a header's text has them.
fn enumerators(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some(at) = rest.find("enum attachsql_") {
        let (name, after) = rest[at + 5..].split_once(['\n', ' ', ';', ')', '*']).unwrap();
        rest = after;
        if let Some(body) = after.trim_start().strip_prefix('{') {
            let body = body.split_once('}').unwrap().0;
            let names = body
                .lines()
                .filter(|line| line.trim_start().starts_with("ATTACHSQL_"))
                .map(|line| line.split_whitespace().next().unwrap().to_owned());
            found.insert(name.to_owned(), names.collect());
        }
    }
    found
}

/// The value of each name, as a program compiled with this header sees it.
fn values(include: &Path, enums: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, u64> {
    let mut source = String::from(
        "#include <libattachsql2/attachsql.h>\n#include <stdio.h>\nint main(void)\n{\n",
    );
    for (kind, names) in enums {
        for name in names {
            // In C++ the assignment fails if the name belongs to another enum.
            source += &format!("  {{ {kind} value = {name}; (void)value; }}\n");
            source += &format!("  printf(\"{name} %llu\\n\", (unsigned long long){name});\n");
        }
    }
    source += "  return 0;\n}\n";
    let program = scratch("values").join("values");
    let cxx = compiler::all(Cxx);
    cxx[0].build(include, &source, &program, &[]);
    let output = Command::new(&program).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().map(|line| line.split_once(' ').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

#[test]
fn enumerators_keep_their_values() {
    let old = enumerators(&frozen_text());
    let new = enumerators(&committed_header());
    assert_eq!(old.len(), 8, "enums in the frozen header");
    let mut kinds: Vec<_> = old.keys().map(String::as_str).chain(ADDED_ENUMS).collect();
    kinds.sort_unstable();
    assert_eq!(new.keys().collect::<Vec<_>>(), kinds);

    // Compiled with our header, the old names in their old enums have the old values.
    let wanted = values(&frozen(), &old);
    assert_eq!(values(&generated(), &old), wanted);

    let names = |enums: &BTreeMap<String, Vec<String>>| -> BTreeSet<String> {
        enums.values().flatten().cloned().collect()
    };
    let added: BTreeSet<_> = names(&new).difference(&names(&old)).cloned().collect();
    assert_eq!(added, ADDED.iter().map(|name| (*name).to_owned()).collect());

    // And what Rust calls them agrees with what C sees.
    let seen = values(&generated(), &new);
    for (name, value) in mirrored() {
        assert_eq!(seen.get(&name), Some(&value), "{name} in src/capi/types/mirror.rs");
    }
}

#[test]
fn version_macros_tell_the_version() {
    let version = env!("CARGO_PKG_VERSION");
    let digits: Vec<_> = version.split('.').map(|part| format!("0{part}")).collect();
    let source = format!(
        "#include <libattachsql2/attachsql.h>\n\
         static_assert(ATTACHSQL_VERSION == 0x{}, \"number\");\n\
         static_assert(sizeof(ATTACHSQL_VERSION_STRING) == sizeof(\"{version}\"), \"text\");\n",
        digits.concat()
    );
    compiler::all(Cxx)[0].check(&generated(), &source).unwrap();
    assert!(committed_header().contains(&format!("ATTACHSQL_VERSION_STRING \"{version}\"\n")));
}

/// Old programs compile, link and run unchanged. Nobody answers here: they must get that far.
#[test]
fn old_programs_report_a_refused_connect() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port();
    drop(unused);
    for program in old_programs::build(&scratch("refused"), compiler::all(C)) {
        let (status, printed) = program.run(port);
        assert!(printed.starts_with("error 2002 08000: "), "{}: {printed}", program.name);
        assert_eq!(status, Some(1), "{}: {printed}", program.name);
    }
}

/// Names and values as the Rust source of the enums has them.
fn mirrored() -> Vec<(String, u64)> {
    let source = read(&render::root().join("src/capi/types/mirror.rs"));
    let lines = source.lines().map(str::trim).filter(|line| line.starts_with("ATTACHSQL_"));
    let pairs: Vec<_> = lines
        .map(|line| {
            let (name, value) = line.trim_end_matches(',').split_once(" = ").unwrap();
            let hexadecimal =
                value.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16));
            (name.to_owned(), hexadecimal.unwrap_or_else(|| value.parse()).unwrap())
        })
        .collect();
    assert!(pairs.len() > 90, "only {} enumerators in mirror.rs", pairs.len());
    pairs
}
