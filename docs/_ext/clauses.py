# SPDX-License-Identifier: Apache-2.0
"""Sphinx extension: the clauses of contract.md can be referred to.

    :clause:`ROW-3`        a reference to the clause; a clause that does not exist is a warning

A clause is a paragraph that begins with its number in bold. Mentions of other clauses inside the contract
become references by themselves.
"""

import re

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxRole

DOCUMENT = "contract"
NUMBER = r"[A-Z]{2,5}-\d+"


class Clause(SphinxRole):
    """:clause:`NUMBER`"""

    def run(self):
        return [reference(self.env.docname, self.text, self.get_source_info())], []


def label(number):
    return f"clause-{number.lower()}"


def reference(docname, number, source):
    node = pending_xref(
        "", nodes.inline(number, number, classes=["std", "std-ref"]), refdoc=docname, refdomain="std",
        reftype="ref", reftarget=label(number), refexplicit=False, refwarn=True,
    )
    node.source, node.line = source
    return node


def number_clauses(app, doctree):
    env = app.env
    if env.docname != DOCUMENT:
        return
    domain = env.get_domain("std")
    for paragraph in list(doctree.findall(nodes.paragraph)):
        first = next((child for child in paragraph.children if child.astext()), None)
        if isinstance(first, nodes.strong) and re.fullmatch(NUMBER, first.astext()):
            number = first.astext()
            if label(number) in domain.labels:
                raise ValueError(f"contract.md has two clauses {number}")
            paragraph["ids"].append(label(number))
            domain.labels[label(number)] = env.docname, label(number), number
            domain.anonlabels[label(number)] = env.docname, label(number)
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, (nodes.strong, nodes.literal, nodes.title, nodes.inline)):
            link(env, text)


def link(env, text):
    pieces = re.split(rf"\b({NUMBER})\b", text.astext())
    if len(pieces) == 1:
        return
    source = text.parent.source, text.parent.line
    new = [
        reference(env.docname, piece, source) if i % 2 else nodes.Text(piece)
        for i, piece in enumerate(pieces) if piece
    ]
    text.parent.replace(text, new)


def setup(app):
    app.add_role("clause", Clause())
    app.connect("doctree-read", number_clauses)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
