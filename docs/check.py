#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the written pages that Sphinx does not make. scripts/docs.sh runs it; no argument.

* README.md holds docs/examples/readme.c, word for word but for the licence line.
* Links to files in README.md, CONTRIBUTING.md, CHANGELOG.md and the other Markdown pages lead somewhere.
* Paths that the pages name in code exist, and so do functions of Rust that they name (``Type::function``).
* docs/errors.rst has an entry for each error that docs/contract.md lists, and options.rst for each option.
"""

import os
import re
import sys

DOCS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(DOCS)
problems = []


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def pages(*endings):
    """The pages of the manual and those at the top, as paths from the root."""
    found = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
    for folder, _, names in os.walk(DOCS):
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(page for page in found if page.endswith(endings))


def readme_program():
    program = read("docs", "examples", "readme.c").split("\n", 1)[1]  # without the line of the licence
    blocks = re.findall(r"^```c\n(.*?)^```$", read("README.md"), re.DOTALL | re.MULTILINE)
    if blocks != [program]:
        problems.append("README.md: its C program is not docs/examples/readme.c, word for word")


def links():
    for page in pages(".md"):
        text = re.sub(r"^```.*?^```$", "", read(page), flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path = target.split("#")[0]
            if path and not re.match(r"[a-z]+:", path):
                if not os.path.exists(os.path.join(ROOT, os.path.dirname(page), path)):
                    problems.append(f"{page}: the link to {target} leads nowhere")


def paths():
    folders = "src|scripts|docs|tests|examples|capi-tests|packaging|bench|include"
    for page in pages(".md", ".rst"):
        for path in re.findall(rf"`((?:{folders})/[\w./-]*\w/?)`", read(page)):
            if not os.path.exists(os.path.join(ROOT, path)):
                problems.append(f"{page}: there is no {path}")


def rust_functions():
    source = ""
    for folder, _, names in os.walk(os.path.join(ROOT, "src")):
        source += "".join(read(os.path.relpath(os.path.join(folder, name), ROOT)) for name in names)
    for page in pages(".md", ".rst"):
        for name in re.findall(r"`(?:\w+::)+(\w+)`", read(page)):
            if not re.search(rf"\b(?:fn|struct|enum|mod) {name}\b", source):
                problems.append(f"{page}: the library has no {name}")


def catalogues():
    errors = read("docs", "errors.rst")
    for pair in re.findall(r"^\| (\d{4}/\w{5}) \|", read("docs", "contract.md"), re.MULTILINE):
        if f".. _error-{pair.replace('/', '-')}:" not in errors:
            problems.append(f"docs/errors.rst: no entry for {pair}, which docs/contract.md lists")
    options = read("docs", "options.rst")
    for name in sorted(set(re.findall(r"\bATTACHSQL_OPTION_\w+(?= = )", read("include", "libattachsql2", "attachsql.h")))):
        if f":`{name}`" not in options:
            problems.append(f"docs/options.rst: nothing about {name}")


readme_program()
links()
paths()
rust_functions()
catalogues()
for problem in problems:
    print(f"error: {problem}", file=sys.stderr)
sys.exit(1 if problems else 0)
