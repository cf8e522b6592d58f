# SPDX-License-Identifier: Apache-2.0
"""Reads include/libattachsql2/attachsql.h: every public symbol with its declaration and its comment.

Knows the shapes that cbindgen prints and nothing more of C. What it cannot read is an error, so that no
function stays out of the manual unnoticed. Knows nothing of Sphinx.
"""

import re
from dataclasses import dataclass, field

# The labels of a function's comment, in their order; each begins a paragraph.
LABELS = ("Returns", "NULL", "Lifetime", "Callback", "Errors")

# A comment and the declaration behind it. Enums, structs and unions end at their first closing brace.
_ITEM = re.compile(
    r"/\*\*(?P<comment>.*?)\*/\s*"
    r"(?P<code>\#define[^\n]*|(?:typedef\s+)?(?:enum|struct|union)\s+\w+\s*\{.*?\}[^;]*;|[^;{]*;)",
    re.DOTALL,
)
_MEMBER = re.compile(r"/\*\*(?P<comment>.*?)\*/\s*(?P<code>[^,;{}]*[,;]|[^,;{}]*$)", re.DOTALL)
_SINCE = re.compile(r"\s*\bSince (\d+\.\d+)\.(?=\s|$)")
_VERSION = re.compile(r"\bSince (\d+\.\d+)\b")


@dataclass
class Comment:
    """A comment without its stars: paragraphs, then labelled ones, then the version."""

    paragraphs: list = field(default_factory=list)
    labels: dict = field(default_factory=dict)
    since: str = ""


@dataclass
class Member:
    """A field of a struct or union, or an enumerator."""

    name: str
    code: str
    comment: Comment
    value: str = ""


@dataclass
class Symbol:
    """A function, struct, enum, type or macro. `code` is what Sphinx's C domain is given."""

    kind: str
    name: str
    code: str
    comment: Comment
    line: int
    members: list = field(default_factory=list)


def read(path):
    """The symbols of the header, by name, in its order."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    symbols = {}
    for item in _ITEM.finditer(text):
        line = text.count("\n", 0, item.start()) + 1
        symbol = _symbol(item["code"].strip(), _comment(item["comment"]), line)
        if symbol is None:
            raise ValueError(f"{path}:{line}: what is this? {item['code']!r}")
        if symbol.name in symbols:
            raise ValueError(f"{path}:{line}: {symbol.name} is declared twice")
        if not symbol.comment.since and symbol.name != "in_port_t":
            raise ValueError(f"{path}:{line}: the comment of {symbol.name} has no 'Since'")
        symbols[symbol.name] = symbol
    declared = set(re.findall(r"\b(attachsql_\w+)\s*\(", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))
    functions = {name for name, symbol in symbols.items() if symbol.kind == "function"}
    # A function type's result stands before its name, which is between parentheses.
    declared -= symbols.keys() - functions
    if declared != functions:
        odd = ", ".join(sorted(declared ^ functions))
        raise ValueError(f"{path}: functions without a comment, or not understood: {odd}")
    return symbols


def nodes(path):
    """The version node of each exported name, from the linker's version script."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"#[^\n]*", "", file.read())
    found = {}
    for block in re.finditer(r"LIBATTACHSQL_(\d+\.\d+)\s*\{(.*?)\}", text, re.DOTALL):
        for name in re.findall(r"\b(attachsql_\w+);", block[2]):
            found[name] = block[1]
    return found


def _symbol(code, comment, line):
    flat = " ".join(code.split())
    if match := re.fullmatch(r"#define (\w+) (.*)", flat):
        return Symbol("macro", match[1], match[1], comment, line, [Member(match[1], "", comment, match[2])])
    if match := re.fullmatch(r"(?:typedef )?(enum|struct|union) (\w+) \{(.*)\}[^;]*;", flat):
        body = code[code.index("{") + 1 : code.rindex("}")]
        members = [_member(match[1], item) for item in _MEMBER.finditer(body)]
        return Symbol(match[1], match[2], match[2], comment, line, members)
    if match := re.fullmatch(r"ASQL_API (.*\b(attachsql_\w+)\(.*\));", flat):
        return Symbol("function", match[2], match[1], comment, line)
    if match := re.fullmatch(r"typedef (.*\((attachsql_\w+)\)\s*\(.*\));", flat):
        return Symbol("type", match[2], match[1], comment, line)
    if match := re.fullmatch(r"(?:typedef )?struct (\w+)(?: \1)?;", flat):
        return Symbol("type", match[1], match[1], comment, line)
    if match := re.fullmatch(r"typedef (\w+ (\w+));", flat):
        return Symbol("type", match[2], match[1], comment, line)
    return None


def _member(kind, item):
    code = " ".join(item["code"].split()).rstrip(",;")
    comment = _comment(item["comment"])
    if kind == "enum":
        name, value = (part.strip() for part in code.split("=", 1))
        return Member(name, code, comment, value)
    # An array has its size behind its name.
    return Member(re.search(r"(\w+)(?:\[\w+\])?$", code)[1], code, comment)


def _comment(text):
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in text.strip("\n").split("\n")]
    comment = Comment()
    for paragraph in re.split(r"\n\s*\n", "\n".join(lines).strip()):
        if version := _VERSION.search(paragraph):
            comment.since = comment.since or version[1]
            paragraph = _SINCE.sub("", paragraph).strip()
        label, _, rest = paragraph.partition(":")
        if label in LABELS:
            comment.labels[label] = rest.strip()
        elif paragraph:
            comment.paragraphs.append(paragraph)
    return comment
