// SPDX-License-Identifier: Apache-2.0
//! Renders the C header from the Rust source: cbindgen first, then some tidying that it cannot do.
//!
//! The tidying drops the `# Safety` sections, which speak to Rust callers, lays out comments and
//! prototypes evenly, and gives what was added in 2.1 a place of its own in each enum and after the
//! functions.

#![allow(dead_code)] // tests/symbols.rs needs only the half that reads headers

use std::fs;
use std::path::PathBuf;

/// The files with exported items, in the header's order.
const SOURCES: [&str; 32] = [
    "types.rs",
    "types/statements.rs",
    "types/mirror.rs",
    "handle.rs",
    "error.rs",
    "connect.rs",
    "query.rs",
    "statement.rs",
    "parameters.rs",
    "statement_row.rs",
    "stmt.rs",
    "stmt_set.rs",
    "stmt_bind.rs",
    "stmt_bulk.rs",
    "stmt_row.rs",
    "stmt_cells.rs",
    "stmt_cursor.rs",
    "stmt_cache.rs",
    "attribute.rs",
    "secure.rs",
    "local_file.rs",
    "command.rs",
    "pipeline.rs",
    "cancel.rs",
    "pool.rs",
    "pool_more.rs",
    "pool_query.rs",
    "embed.rs",
    "track.rs",
    "trace.rs",
    "memory.rs",
    "utility.rs",
];

const FUNCTIONS_BEGIN: &str = "#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus\n\n";
const FUNCTIONS_END: &str = "\n#ifdef __cplusplus\n}  // extern \"C\"\n#endif  // __cplusplus\n";
pub(crate) const ADDITIONS: &str =
    "/* ---- Additions since 2.1 ---------------------------------------------- */";
const HISTORICAL: &str =
    "/* ---- The interface of libAttachSQL 2.0 -------------------------------- */";
const WIDTH: usize = 100;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// One function of the header: its comment and its prototype.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) comment: String,
    pub(crate) prototype: String,
}

impl Function {
    fn new(block: &str) -> Self {
        let (comment, prototype) = match block.split_once("*/\n") {
            Some((comment, prototype)) => (format!("{comment}*/"), prototype.to_owned()),
            None => (String::new(), block.to_owned()),
        };
        let before = prototype.split('(').next().unwrap_or_default();
        let name = before.rsplit([' ', '*', '\n']).next().unwrap_or_default().to_owned();
        Self { name, comment, prototype }
    }

    /// The version the comment gives in its last line: "2.0" or "2.1"; empty if there is none.
    pub(crate) fn since(&self) -> &str {
        let last = self.comment.trim_end_matches(['*', '/', ' ', '\n']).lines().last();
        let text = last.unwrap_or_default().trim_start_matches(['/', '*', ' ']);
        text.strip_prefix("Since ").map_or("", |version| version.trim_end_matches('.'))
    }
}

/// The whole header as it ought to be.
pub(crate) fn header() -> String {
    no_functions_elsewhere();
    let mut config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    config.after_includes = config.after_includes.map(fill_in_version);
    let builder = SOURCES.iter().fold(cbindgen::Builder::new().with_config(config), |b, file| {
        b.with_src(root().join("src/capi").join(file))
    });
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    tidy(&String::from_utf8(text).unwrap())
}

/// The functions of a header, in its order.
pub(crate) fn functions(header: &str) -> Vec<Function> {
    function_part(header)
        .split("\n\n")
        .map(str::trim)
        .filter(|block| block.contains("ASQL_API"))
        .map(Function::new)
        .collect()
}

/// The prototypes of a header and nothing else.
pub(crate) fn prototypes(header: &str) -> String {
    functions(header).into_iter().map(|function| function.prototype + "\n").collect()
}

fn function_part(header: &str) -> &str {
    header.split_once(HISTORICAL).map_or("", |(_, rest)| rest)
}

/// A function outside the listed files would be exported but missing from the header.
fn no_functions_elsewhere() {
    let listed: Vec<_> = SOURCES.iter().map(|file| root().join("src/capi").join(file)).collect();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !listed.contains(&path) {
                let text = fs::read_to_string(&path).unwrap();
                assert!(
                    !text.contains("no_mangle") && !text.contains("export_name"),
                    "{} exports a function, but is not among the files that tests/header/render.rs \
                     lists",
                    path.display()
                );
            }
        }
    }
}

fn fill_in_version(text: String) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let number = version.split('.').fold(0u32, |sum, part| {
        let part: u32 = part.parse().unwrap();
        assert!(part < 10, "version {version}: programs rely on one digit for each number");
        sum << 8 | part
    });
    text.replace("@VERSION_STRING@", version)
        .replace("@VERSION_NUMBER@", &format!("0x{number:06x}"))
}

fn tidy(raw: &str) -> String {
    let (types, rest) = raw.split_once(FUNCTIONS_BEGIN).expect("no functions in the header");
    let (functions, trailer) = rest.split_once(FUNCTIONS_END).expect("the functions do not end");

    let blocks: Vec<_> = functions.split("\n\n").map(Function::new).collect();
    let (added, historical): (Vec<_>, Vec<_>) =
        blocks.into_iter().partition(|function| without_safety(&function.comment).1 == "2.1");
    let print = |list: &[Function]| -> String {
        list.iter()
            .map(|f| format!("\n{}\n{}\n", without_safety(&f.comment).0, laid_out(&f.prototype)))
            .collect()
    };

    let (callbacks, trailer) = trailer.split_once("@FUNCTIONS@\n").expect("no place for functions");
    let mut text = mark_added_enumerators(types);
    text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
    text += callbacks;
    text += &format!("{HISTORICAL}\n{}\n{ADDITIONS}\n{}", print(&historical), print(&added));
    text += "\n#ifdef __cplusplus\n}\n#endif\n";
    text += trailer;
    let text = short_comments_on_one_line(&text);
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    lines.join("\n") + "\n"
}

/// The comment up to its `# Safety` section, and the version it gives.
fn without_safety(comment: &str) -> (String, String) {
    let kept = match comment.split_once("\n * # Safety") {
        Some((before, _)) => format!("{}\n */", before.trim_end_matches(['*', ' ', '\n'])),
        None => comment.to_owned(),
    };
    let function = Function { name: String::new(), comment: kept, prototype: String::new() };
    let since = function.since().to_owned();
    (function.comment, since)
}

/// The prototype with typedefs in place of struct tags, on one line if it fits.
fn laid_out(prototype: &str) -> String {
    let words: Vec<&str> = prototype.split_whitespace().collect();
    let line =
        words.join(" ").replace("struct attachsql_", "attachsql_").replace("_fn * ", "_fn *");
    if line.len() <= WIDTH {
        return line;
    }
    let line = line.strip_prefix("ASQL_API ").expect("a prototype without ASQL_API");
    let (head, arguments) = line.split_once('(').expect("a prototype without arguments");
    let indent = " ".repeat(head.len() + 1);
    format!("ASQL_API\n{head}({}", arguments.replace(", ", &format!(",\n{indent}")))
}

/// Puts a line before the first enumerator of each enum that is newer than 2.0.
fn mark_added_enumerators(types: &str) -> String {
    let mut out = String::new();
    let mut marked = false;
    let mut lines = types.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('}') {
            marked = false;
        }
        let starts = line == "  /**";
        if starts && !marked && lines.peek().is_some_and(|next| next.starts_with("   * Since 2.1"))
        {
            out += &format!("\n  {ADDITIONS}\n\n");
            marked = true;
        }
        out += line;
        out.push('\n');
    }
    out
}

fn short_comments_on_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        if let [open, middle, close, ..] = lines[at..]
            && open.trim() == "/**"
            && close.trim() == "*/"
        {
            let indent = &open[..open.len() - 3];
            let short = format!("{indent}/** {} */", middle.trim().trim_start_matches("* "));
            if short.len() <= WIDTH {
                out += &short;
                out.push('\n');
                at += 3;
                continue;
            }
        }
        out += lines[at];
        out.push('\n');
        at += 1;
    }
    out
}
