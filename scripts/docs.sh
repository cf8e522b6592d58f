#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# docs.sh: builds the manual into build/docs/html, and checks it. 'make docs' calls it.
# Installs Sphinx and the rest from Debian's packages if they are missing. Fails on
#
#   a sample of docs/examples that does not compile
#   a link, path, error or option that docs/check.py finds fault with
#   a warning of Sphinx, unresolved references among them
#
# Environment: CC; PYTHON, a Python 3 that has sphinx and myst_parser (default: the one
# on PATH if it has them, else Debian's).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

out=$ROOT/build/docs

has_sphinx() { command -v "$1" >/dev/null && "$1" -c 'import sphinx, myst_parser' 2>/dev/null; }

has_compiler() { echo '#include <stdio.h>' | "${CC:-cc}" -fsyntax-only -x c - 2>/dev/null; }

has_compiler || install_packages gcc libc6-dev
if [ -n "${PYTHON-}" ]; then
  has_sphinx "$PYTHON" || die "PYTHON=$PYTHON has no sphinx or no myst_parser"
elif has_sphinx python3; then
  PYTHON=python3
else
  PYTHON=/usr/bin/python3
  has_sphinx "$PYTHON" || install_packages python3-sphinx python3-myst-parser
  has_sphinx "$PYTHON" || die "$PYTHON finds no sphinx or no myst_parser, although Debian's packages are installed"
fi

say "Compiling the samples"
for source in docs/examples/*.c; do
  "${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude "$source" ||
    die "$source does not compile"
done
for source in docs/examples/*.py; do
  "$PYTHON" -c 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read(), sys.argv[1])' "$source" ||
    die "$source is not Python"
done

say "Checking the pages"
"$PYTHON" docs/check.py || die "the pages have the faults above"

# From scratch each time: Sphinx says its warnings only about pages that it reads.
rm -rf "$out"
mkdir -p "$out"
PYTHONDONTWRITEBYTECODE=1 "$PYTHON" -m sphinx -n -W --keep-going -q -E -d "$out/doctrees" -b html docs "$out/html" ||
  die "the manual has the faults above"
echo "The manual is in build/docs/html/index.html"
