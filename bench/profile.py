#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What one row, or one query, costs line by line: the difference of two callgrind runs.

Usage: profile.py UNITS SMALLER-RUN LARGER-RUN

UNITS is how many rows more the larger run had, so start-up cancels. Both files come from
'valgrind --tool=callgrind --compress-strings=no --compress-pos=no'. Prints user instructions
per unit by exported or outlined function, with their source files and lines, and the calls
per unit of each function that is called in proportion.
"""

import collections
import os
import sys

LEAST = 0.05


def read(path):
    """Instructions by (function, file, line), and calls by (caller, callee)."""
    cost, calls = collections.Counter(), collections.Counter()
    function = file = callee = ""
    skip = False
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            key, equals, value = line.partition("=")
            if equals and not line[0].isdigit():
                if key == "fn":
                    function = value
                elif key in ("fl", "fi", "fe"):
                    file = value
                elif key == "cfn":
                    callee = value
                elif key == "calls":
                    calls[function, callee] += int(value.split()[0])
                    skip = True  # the next line is what the call cost in all
                continue
            if line and line[0].isdigit():
                if not skip:
                    number, instructions = line.split()[:2]
                    cost[function, file, int(number)] += int(instructions)
                skip = False
    if not cost:
        sys.exit(f"{path}: no cost lines in it; is it a callgrind file?")
    return cost, calls


def short(path):
    """The end of a source path that tells files apart."""
    return path if path == "???" else "/".join(path.split(os.sep)[-2:])


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    units = float(sys.argv[1])
    (small, small_calls), (large, large_calls) = read(sys.argv[2]), read(sys.argv[3])
    each = {key: (large[key] - small[key]) / units for key in large | small}

    functions, files = collections.Counter(), collections.Counter()
    for (function, file, _), n in each.items():
        functions[function] += n
        files[function, file] += n
    print(f"{sum(functions.values()):9.1f}  in all")
    for function, total in functions.most_common():
        if total < LEAST:
            continue
        print(f"\n{total:9.1f}  {function}")
        for (owner, file), n in files.most_common():
            if owner != function or n < LEAST:
                continue
            lines = [(line, c) for (f, p, line), c in each.items() if (f, p) == (function, file) and c >= LEAST]
            text = " ".join(f"{line}:{c:.4g}" for line, c in sorted(lines))
            print(f"{n:9.1f}    {short(file)}  {text}")
    print("\ncalls")
    for pair in sorted(large_calls, key=lambda pair: -large_calls[pair]):
        n = (large_calls[pair] - small_calls[pair]) / units
        if n >= LEAST:
            print(f"{n:9.2f}  {pair[0]} -> {pair[1]}")


main()
