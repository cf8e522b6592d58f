# SPDX-License-Identifier: Apache-2.0
"""Sphinx extension: the reference pages, made from the header's comments at build time.

    .. capi:: attachsql_connect attachsql_connect_poll    each symbol with its comment, in this order
    .. capi-symbols::                                     tables of every public symbol
    :value:`ATTACHSQL_OPTION_CHARSET`                     the number of an enumerator or macro

In comments, names in backticks and names that begin with ATTACHSQL_ become references if the header
declares them, and pairs such as 2002/08000 become references to the entry in the errors page. So a
name or an error that the manual does not have is a warning. So is a public symbol that no page shows, and a
function whose "Since" is not the version node that packaging/libattachsql.map gives it.
"""

import os
import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import nested_parse_with_titles

import header

LABELS = (*header.LABELS, "Since")
ROLES = {"function": "func", "macro": "macro", "enum": "enum", "struct": "struct", "union": "union", "type": "type"}
log = logging.getLogger(__name__)


class Symbols:
    """What the header declares, and how to refer to each name."""

    def __init__(self, root):
        self.path = os.path.join(root, "include", "libattachsql2", "attachsql.h")
        self.map = os.path.join(root, "packaging", "libattachsql.map")
        self.all = header.read(self.path)
        self.nodes = header.nodes(self.map)
        self.roles = {name: ROLES[symbol.kind] for name, symbol in self.all.items()}
        self.values = {}
        for symbol in self.all.values():
            for member in symbol.members:
                if symbol.kind == "enum":
                    self.roles[member.name] = "enumerator"
                if member.value:
                    self.values[member.name] = member.value

    def reference(self, name):
        return f":c:{self.roles[name]}:`{name}`" if name in self.roles else f"``{name}``"

    def text(self, text):
        """A comment's text as reStructuredText."""
        pieces = " ".join(text.split()).split("`")
        return "".join(self.reference(piece) if i % 2 else self._plain(piece) for i, piece in enumerate(pieces))

    def _plain(self, text):
        text = re.sub(r"[\\*|<>]", r"\\\g<0>", text)
        text = re.sub(r"_(?!\w)", r"\\_", text)
        text = re.sub(r"\b(\d{4})/([0-9A-Z]{5})\b", r":ref:`\g<0> <error-\1-\2>`", text)
        return re.sub(r"\bATTACHSQL_\w+", lambda m: self.reference(m[0]) if m[0] in self.roles else m[0], text)

    def comment(self, comment, since=True):
        """A comment as lines of reStructuredText."""
        lines = []
        for paragraph in comment.paragraphs:
            inner = paragraph.split("\n")
            if all(line.startswith("    ") for line in inner):
                lines += ["::", "", *inner, ""]
            elif paragraph.startswith("- "):
                lines += [f"- {self.text(item)}" for item in re.split(r"(?:^|\n)- ", paragraph)[1:]] + [""]
            else:
                lines += [self.text(paragraph), ""]
        labels = dict(comment.labels)
        if since and comment.since:
            labels["Since"] = comment.since
        lines += [f":{label}: {self.text(labels[label])}" for label in LABELS if label in labels]
        return [*lines, ""]

    def entry(self, symbol):
        """A symbol as lines of reStructuredText."""
        lines = [f".. c:{symbol.kind}:: {symbol.code}", ""]
        body = self.comment(symbol.comment)
        if symbol.kind == "macro":
            body = [f"Value: ``{symbol.members[0].value}``", "", *body]
        else:
            role = "enumerator" if symbol.kind == "enum" else "member"
            for member in symbol.members:
                body += [f".. c:{role}:: {member.code}", ""]
                body += indented(self.comment(member.comment))
        return lines + indented(body)


def indented(lines):
    return [f"   {line}" if line else line for line in lines]


class Capi(SphinxDirective):
    """.. capi:: NAME..."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        symbols, shown = self.env.capi, self.env.capi_shown.setdefault(self.env.docname, set())
        self.env.note_dependency(symbols.path)
        lines = StringList()
        for name in self.arguments[0].split():
            if name not in symbols.all:
                raise self.error(f"{symbols.path} declares no {name}")
            shown.add(name)
            symbol = symbols.all[name]
            for line in symbols.entry(symbol):
                lines.append(line, symbols.path, symbol.line - 1)
        return parse(self, lines)


class CapiSymbols(SphinxDirective):
    """.. capi-symbols::"""

    def run(self):
        symbols = self.env.capi
        self.env.note_dependency(symbols.path)
        self.env.note_dependency(symbols.map)
        functions, others, members = [], [], []
        for name, symbol in symbols.all.items():
            since = symbol.comment.since
            if symbol.kind == "function":
                if symbols.nodes.get(name) != since:
                    raise self.error(f"{name}: since {since}, but in version node {symbols.nodes.get(name)}")
                functions.append((symbols.reference(name), since, f"``LIBATTACHSQL_{since}``"))
            else:
                others.append((symbols.reference(name), since or "2.0", symbol.kind))
            if symbol.kind == "enum":
                members += [
                    (symbols.reference(member.name), member.comment.since or since, f"``{member.value}``")
                    for member in symbol.members
                ]
        for name in symbols.nodes.keys() - symbols.all.keys():
            raise self.error(f"{name} is in {symbols.map}, but not in the header")
        lines = StringList()
        for title, last, rows in (
            ("Functions", "Version node", functions),
            ("Types and macros", "Kind", others),
            ("Enumerators", "Value", members),
        ):
            text = [title, "-" * len(title), "", ".. list-table::", "   :header-rows: 1", "   :widths: 60 15 25", ""]
            for row in (("Name", "Since", last), *rows):
                text += [f"   * - {row[0]}", f"     - {row[1]}", f"     - {row[2]}"]
            for line in [*text, ""]:
                lines.append(line, symbols.path, 0)
        return parse(self, lines)


class Value(SphinxRole):
    """:value:`NAME`"""

    def run(self):
        value = self.env.capi.values.get(self.text)
        if value is None:
            message = self.inliner.reporter.error(f"the header gives {self.text} no value", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        self.env.note_dependency(self.env.capi.path)
        return [nodes.literal(value, value)], []


def parse(directive, lines):
    node = nodes.section()
    node.document = directive.state.document
    nested_parse_with_titles(directive.state, lines, node)
    return node.children


def start(app):
    app.env.capi = Symbols(os.path.dirname(app.srcdir))
    if not hasattr(app.env, "capi_shown"):
        app.env.capi_shown = {}


def purge(app, env, docname):
    if hasattr(env, "capi_shown"):
        env.capi_shown.pop(docname, None)


def complete(app, env):
    for name in sorted(env.capi.all.keys() - set().union(*env.capi_shown.values())):
        log.warning("no page of the manual shows %s; name it in a 'capi' directive of docs/reference", name)


def setup(app):
    app.add_directive("capi", Capi)
    app.add_directive("capi-symbols", CapiSymbols)
    app.add_role("value", Value())
    app.connect("builder-inited", start)
    app.connect("env-purge-doc", purge)
    app.connect("env-check-consistency", complete)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
