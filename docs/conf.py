# SPDX-License-Identifier: Apache-2.0
"""The manual's settings. 'make docs' builds it (scripts/docs.sh); every warning is an error there."""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "_ext"))

with open(os.path.join(HERE, "..", "Cargo.toml"), encoding="utf-8") as file:
    release = re.search(r'^version *= *"(.*)"', file.read(), re.MULTILINE)[1]

project = "attachsql"
author = "the attachsql authors"
copyright = author
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "capi", "clauses"]
exclude_patterns = ["_ext", "examples"]
primary_domain = "c"
highlight_language = "none"
myst_heading_anchors = 3
smartquotes = False  # "" means C's empty string

# Types of the C library: declared in its headers, documented elsewhere.
nitpick_ignore = [
    ("c:identifier", name) for name in (
        "size_t",
        "intptr_t",
        "ptrdiff_t",
        "uint8_t",
        "uint16_t",
        "uint32_t",
        "uint64_t",
        "int32_t",
        "int64_t",
    )
]

html_theme = "alabaster"
html_theme_options = {
    "description": "A non-blocking client library for MySQL and MariaDB",
    "fixed_sidebar": True,
    "page_width": "1280px",
    "sidebar_width": "240px",
    "body_max_width": "1000px",
    "font_size": "15px",
    "code_font_size": "13px",
    "show_powered_by": False,
}
html_static_path = ["_static"]
html_css_files = ["manual.css"]
html_copy_source = False
html_show_copyright = False
