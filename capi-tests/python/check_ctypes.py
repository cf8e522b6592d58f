#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Uses the library from Python through ctypes, as programs in other languages would.

    check_ctypes.py [LIBRARY]

LIBRARY is the shared library; without it, libattachsql.so.2 in $ATTACHSQL_LIB_DIR. The servers are
those of scripts/servers.sh: $ATTACHSQL_TEST_<PREFIX>_PORT on 127.0.0.1, user and password "test",
schema "testdb". The C compiler is $CC or cc; it tells what the header makes of every struct and
enum, and each must be what is declared here.

Prints a line for each check, then "N passed, N failed"; the exit status is 1 if any failed.
"""

import ctypes
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from ctypes import byref, c_double, c_float, c_int32, c_int64, c_uint32, c_uint64

from attachsql_api import (
    CONNECTING, ENUMS, EOF, ERROR, ESCAPE, FUNCTIONS, NOT_CONNECTED, OPTION, PROCESSING, ROW_READY,
    STRUCTS, Callback, Error, Parameter, PoolStats, c_enum, declare,
)

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INCLUDE = os.path.join(ROOT, "include")

# --- Counting -----------------------------------------------------------------------------------

passed = failed = 0


def check(what, got, want):
    """One line; a failure shows both values."""
    global passed, failed
    if got == want:
        passed += 1
        print(f"ok    {what}")
    else:
        failed += 1
        print(f"FAIL  {what}\n        got  {got!r}\n        want {want!r}")


class Failure(Exception):
    """An error object where none was expected."""


def take(error):
    """Code, SQLSTATE and text of an error object, which is freed."""
    if not error.value:
        return None
    told = (
        lib.attachsql_error_code(error),
        lib.attachsql_error_sqlstate(error).decode(),
        lib.attachsql_error_message(error).decode(errors="replace"),
    )
    lib.attachsql_error_free(error)
    error.value = None
    return told


# --- The header, as the C compiler sees it ------------------------------------------------------


def compile_and_run(body):
    """Runs a C program with the header and this body; it prints names and numbers."""
    source = (
        "#include <libattachsql2/attachsql.h>\n#include <stdio.h>\nint main(void)\n{\n"
        + body + "  return 0;\n}\n")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "layout")
        with open(path + ".c", "w", encoding="ascii") as file:
            file.write(source)
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run(compiler + ["-I", INCLUDE, "-o", path, path + ".c"], check=True)
        printed = subprocess.run([path], check=True, stdout=subprocess.PIPE).stdout.decode()
    return {name: int(value) for name, value in map(str.split, printed.splitlines())}


def number(name, expression):
    return f'  printf("{name} %lld\\n", (long long)({expression}));\n'


def check_layout():
    body, want = "", {}
    for struct in STRUCTS:
        name = struct._c_name_
        body += number(name, f"sizeof({name})")
        want[name] = ctypes.sizeof(struct)
        for field, kind in struct._fields_:
            body += number(f"{name}.{field}", f"offsetof({name}, {field})")
            body += number(f"{name}.{field}:size", f"sizeof((({name} *)0)->{field})")
            want[f"{name}.{field}"] = getattr(struct, field).offset
            want[f"{name}.{field}:size"] = ctypes.sizeof(kind)
    for name in ENUMS:
        body += number(name, f"sizeof(enum {name})")
        want[name] = ctypes.sizeof(c_enum)
    got = compile_and_run(body)
    for struct in STRUCTS:
        name = struct._c_name_
        mine = [key for key in want if key.split(".")[0] == name]
        check(f"{name}: size, offsets and sizes of fields",
              [(key, got[key]) for key in mine], [(key, want[key]) for key in mine])
    sizes = {name: got[name] for name in ENUMS}
    check("size of every enum", sizes, {name: want[name] for name in ENUMS})


def check_enums(header):
    for name, values in ENUMS.items():
        body = re.search(r"enum " + name + r"\s*\{(.*?)\}", header, re.DOTALL).group(1)
        names = re.findall(r"^\s*(ATTACHSQL_\w+)", body, re.MULTILINE)
        got = compile_and_run("".join(number(n, n) for n in names))
        check(f"{name}: {len(names)} names and values", got, values)


def check_functions(header):
    declared = re.findall(r"ASQL_API\s[^;]*?\b(attachsql_\w+)\(", header)
    check(f"{len(declared)} functions in the header", sorted(declared), sorted(FUNCTIONS))
    missing = [name for name in FUNCTIONS if not hasattr(lib, name)]
    check("the library has them all", missing, [])
    version = re.search(r'ATTACHSQL_VERSION_STRING "([^"]*)"', header).group(1)
    numbers = [getattr(lib, "attachsql_get_library_version_" + part)()
               for part in ("major", "minor", "patch")]
    check("version text", lib.attachsql_get_library_version().decode(), version)
    check("version numbers", ".".join(map(str, numbers)), version)


# --- Without a server ---------------------------------------------------------------------------


def check_bad_calls():
    error = Error()
    check("poll of NULL", lib.attachsql_connect_poll(None, byref(error)), ERROR)
    check("its error", (take(error) or ())[:2], (3000, "22023"))
    check("poll of NULL without an error", lib.attachsql_connect_poll(None, None), ERROR)
    check("query of NULL", lib.attachsql_query(None, 1, b"x", 0, None, byref(error)), False)
    check("its error", (take(error) or ())[:2], (3000, "22023"))
    con = lib.attachsql_connect_create(b"127.0.0.1", 1, None, b"", b"", byref(error))
    check("no connection without a user", con, None)
    check("its error", (take(error) or ())[:2], (3000, "22023"))
    con = lib.attachsql_connect_create(b"127.0.0.1", 1, b"test", b"test", b"", byref(error))
    check("unused connection", lib.attachsql_connect_poll(con, byref(error)), NOT_CONNECTED)
    check("no error from it", take(error), None)
    timeout = c_uint32(1000)
    option = OPTION["ATTACHSQL_OPTION_CONNECT_TIMEOUT"]
    check("an option with its value",
          lib.attachsql_connect_set_option(con, option, byref(timeout)), True)
    check("an option without its value",
          lib.attachsql_connect_set_option(con, option, None), False)
    lib.attachsql_connect_destroy(con)
    for destroy in (lib.attachsql_connect_destroy, lib.attachsql_error_free,
                    lib.attachsql_query_close):
        destroy(None)


# --- With a server ------------------------------------------------------------------------------


class Session:
    """One connection, used as a program would use it."""

    def __init__(self, port):
        self.error = Error()
        self.con = lib.attachsql_connect_create(
            b"127.0.0.1", port, b"test", b"test", b"testdb", byref(self.error))
        if not self.con:
            raise Failure(take(self.error))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        lib.attachsql_connect_destroy(self.con)

    def start(self, text, parameters=()):
        array = (Parameter * len(parameters))(*parameters) if parameters else None
        text = text.encode()
        if not lib.attachsql_query(
                self.con, len(text), text, len(parameters), array, byref(self.error)):
            raise Failure(take(self.error))

    def wait(self):
        """Sleeps until poll has something to do; only a broken library reaches the bound."""
        if not lib.attachsql_connect_wait(self.con, 60000, byref(self.error)):
            raise Failure(take(self.error) or "the server does not answer")

    def settle(self):
        """Polls until there is a row, the end or an error."""
        while True:
            state = lib.attachsql_connect_poll(self.con, byref(self.error))
            if state not in (CONNECTING, PROCESSING):
                return state
            self.wait()

    def values(self, row):
        cells = [row[at] for at in range(lib.attachsql_query_column_count(self.con))]
        return [None if lib.attachsql_query_cell_is_null(byref(cell))
                else ctypes.string_at(cell.data, cell.length) for cell in cells]

    def rows(self, text, parameters=()):
        """All rows of a query, streamed."""
        self.start(text, parameters)
        found = []
        while (state := self.settle()) == ROW_READY:
            row = lib.attachsql_query_row_get(self.con, byref(self.error))
            if not row:
                raise Failure(take(self.error))
            found.append(self.values(row))
            lib.attachsql_query_row_next(self.con)
        if state != EOF:
            raise Failure(take(self.error))
        lib.attachsql_query_close(self.con)
        return found


def parameter(kind, value, is_unsigned=False):
    """A Parameter; it keeps the value alive, as ctypes only holds addresses."""
    if isinstance(value, bytes):
        data = ctypes.create_string_buffer(value, len(value))
        length = len(value)
    else:
        data, length = value, 0
    result = Parameter(ESCAPE["ATTACHSQL_ESCAPE_TYPE_" + kind], ctypes.addressof(data), length,
                       is_unsigned)
    result.keep = data
    return result


def check_server(name, port):
    with Session(port) as s:
        check(f"{name}: explicit connect", lib.attachsql_connect(s.con, byref(s.error)), True)
        check(f"{name}: logged in", (s.settle(), take(s.error)), (EOF, None))
        # MariaDB may put "5.5.5-" before its version in the greeting.
        told = lib.attachsql_connect_get_server_version(s.con).decode()
        version = s.rows("SELECT VERSION()")[0][0].decode()
        check(f"{name}: server version {told}", told.removeprefix("5.5.5-"), version)
        mine = lib.attachsql_connect_get_connection_id(s.con)
        check(f"{name}: connection id", [[b"%d" % mine]], s.rows("SELECT CONNECTION_ID()"))

        digits = "(SELECT 0 AS d" + "".join(f" UNION ALL SELECT {d}" for d in range(1, 10)) + ")"
        numbers = ("SELECT i, REPEAT('x', i) FROM (SELECT 1 + a.d + 10 * b.d + 100 * c.d AS i"
                   f" FROM {digits} a, {digits} b, {digits} c) n ORDER BY i")
        want = [[b"%d" % i, b"x" * i] for i in range(1, 1001)]
        check(f"{name}: 1000 rows streamed", s.rows(numbers) == want, True)
        check(f"{name}: NULL, '' and bytes", s.rows("SELECT NULL, '', 'a\\0b', 0"),
              [[None, b"", b"a\0b", b"0"]])
        check_parameters(name, s)
        check_error(name, s)
        check_columns(name, s)
        check_buffered(name, s, numbers, want)
        check_waiting(name, s)
    with Session(port) as s:
        check(f"{name}: passive connect", s.rows("SELECT 'late'"), [[b"late"]])
    with Session(port) as s:
        s.rows("SELECT 1")
        s.start("SELECT SLEEP(20)")
        check(f"{name}: an impatient wait gives up",
              lib.attachsql_connect_wait(s.con, 0, byref(s.error)), False)
        check(f"{name}: which is no error", take(s.error), None)
        check(f"{name}: still running", lib.attachsql_connect_poll(s.con, byref(s.error)),
              PROCESSING)
    check(f"{name}: destroyed while a query runs", take(s.error), None)


def check_parameters(name, s):
    given = [
        parameter("CHAR", b"it's \\ \"\0\n\x1a\r"),
        parameter("INT", c_int32(-5)),
        parameter("INT", c_uint32(4294967295), is_unsigned=True),
        parameter("BIGINT", c_int64(-9223372036854775808)),
        parameter("BIGINT", c_uint64(18446744073709551615), is_unsigned=True),
        parameter("FLOAT", c_float(3.14159)),
        parameter("DOUBLE", c_double(3.1415926)),
        parameter("NONE", b"NULL"),
        parameter("CHAR_LIKE", b"5%"),
    ]
    check(f"{name}: parameters", s.rows("SELECT ?, ?, ?, ?, ?, ?, ?, ?, '%?%'", given),
          [[b"it's \\ \"\0\n\x1a\r", b"-5", b"4294967295", b"-9223372036854775808",
            b"18446744073709551615", b"3.1415901", b"3.141592600000000", None, b"%5%%"]])


def check_error(name, s):
    s.start("SELECT * FROM no_such_table")
    check(f"{name}: a server's error", s.settle(), ERROR)
    code, state, text = take(s.error) or (0, "", "")
    check(f"{name}: its code and SQLSTATE", (code, state), (1146, "42S02"))
    check(f"{name}: its text names the table", "no_such_table" in text, True)
    check(f"{name}: a query before query_close",
          lib.attachsql_query(s.con, 8, b"SELECT 1", 0, None, byref(s.error)), False)
    check(f"{name}: is out of sync", (take(s.error) or ())[:2], (2014, "08002"))
    lib.attachsql_query_close(s.con)
    check(f"{name}: goes on after an error", s.rows("SELECT 1"), [[b"1"]])


def check_columns(name, s):
    s.rows("CREATE TEMPORARY TABLE ctypes_check"
           " (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, price DECIMAL(10,2))")
    s.rows("INSERT INTO ctypes_check (price) VALUES (1.50), (NULL)")
    check(f"{name}: affected rows, insert id",
          (lib.attachsql_query_affected_rows(s.con),
           lib.attachsql_connection_last_insert_id(s.con)), (2, 1))
    s.start("SELECT id, price AS cost FROM ctypes_check AS c ORDER BY id")
    check(f"{name}: a row of the table", s.settle(), ROW_READY)
    check(f"{name}: there is no column 0",
          bool(lib.attachsql_query_column_get(s.con, 0)), False)
    column = lib.attachsql_query_column_get(s.con, 1).contents
    flags = ENUMS["attachsql_column_flags_t"]
    key = flags["ATTACHSQL_COLUMN_FLAGS_PRIMARY_KEY"] | flags["ATTACHSQL_COLUMN_FLAGS_UNSIGNED"]
    check(f"{name}: column 1",
          (column.column, column.table, column.type, column.flags & key, column.charset),
          (b"id", b"c", ENUMS["attachsql_column_type_t"]["ATTACHSQL_COLUMN_TYPE_LONG"], key, 63))
    column = lib.attachsql_query_column_get(s.con, 2).contents
    check(f"{name}: column 2",
          (column.column, column.origin_column, column.origin_table, column.type, column.decimals,
           column.default_value, column.default_size),
          (b"cost", b"price", b"ctypes_check",
           ENUMS["attachsql_column_type_t"]["ATTACHSQL_COLUMN_TYPE_NEWDECIMAL"], 2, b"", 0))
    # Closed with a row held and another one unread: the rest is discarded.
    lib.attachsql_query_close(s.con)
    check(f"{name}: goes on after an unread result", s.rows("SELECT 2"), [[b"2"]])


def check_buffered(name, s, query, want):
    check(f"{name}: buffering on", lib.attachsql_query_buffer_rows(s.con, True), True)
    s.start(query)
    check(f"{name}: buffered mode goes to the end", s.settle(), EOF)
    check(f"{name}: row count", lib.attachsql_query_row_count(s.con), len(want))
    got = []
    while row := lib.attachsql_query_buffer_row_get(s.con):
        got.append(s.values(row))
    check(f"{name}: 1000 rows by cursor", got == want, True)
    got = [s.values(lib.attachsql_query_row_get_offset(s.con, at)) for at in reversed(range(1000))]
    check(f"{name}: 1000 rows by number, backwards", got == want[::-1], True)
    check(f"{name}: no row after the last",
          bool(lib.attachsql_query_row_get_offset(s.con, 1000)), False)
    check(f"{name}: no streaming now", bool(lib.attachsql_query_row_get(s.con, byref(s.error))),
          False)
    check(f"{name}: says so", (take(s.error) or ())[:2], (3001, "42000"))
    lib.attachsql_query_close(s.con)
    s.start("SELECT NULL, ''")
    s.settle()
    check(f"{name}: NULL and '' buffered", s.values(lib.attachsql_query_buffer_row_get(s.con)),
          [None, b""])
    lib.attachsql_query_close(s.con)
    check(f"{name}: buffering off", lib.attachsql_query_buffer_rows(s.con, False), True)


def check_waiting(name, s):
    """While the server sleeps, poll returns again and again, and this program does other work."""
    s.start("SELECT SLEEP(1)")
    polls = work = 0
    while (state := lib.attachsql_connect_poll(s.con, byref(s.error))) == PROCESSING:
        polls += 1
        work += sum(at * at for at in range(200)) > 0
        time.sleep(0.005)
    check(f"{name}: {polls} polls and other work while the server slept",
          (state, polls >= 2, work == polls), (ROW_READY, True, True))
    lib.attachsql_query_row_next(s.con)
    check(f"{name}: its end", s.settle(), EOF)
    lib.attachsql_query_close(s.con)
    s.start("SELECT SLEEP(0.3)")
    check(f"{name}: a patient wait sees the row", s.settle(), ROW_READY)
    lib.attachsql_query_close(s.con)


# --- The program --------------------------------------------------------------------------------


def load(arguments):
    if len(arguments) > 1:
        sys.exit(__doc__)
    path = arguments[0] if arguments else None
    if path is None:
        folder = os.environ.get("ATTACHSQL_LIB_DIR")
        if folder is None:
            sys.exit("which library? Give its path, or set ATTACHSQL_LIB_DIR")
        path = os.path.join(folder, "libattachsql.so.2")
    library = ctypes.CDLL(path)
    declare(library)
    return library


def check_pool(name, port):
    """Ten connections, driven by one descriptor in Python's own poll."""
    left, told = [100], {}

    @Callback
    def on_event(con, number, event, context, error):
        told[event] = told.get(event, 0) + 1
        if event == ENUMS["attachsql_events_t"]["ATTACHSQL_EVENT_ROW_READY"]:
            lib.attachsql_query_row_next(con)
            return
        lib.attachsql_error_free(error)
        lib.attachsql_query_close(con)
        if left[0] > 0:
            left[0] -= 1
            text = b"SELECT 1" if left[0] % 10 else b"SELECT nothing"
            lib.attachsql_query(con, len(text), text, 0, None, None)

    pool = lib.attachsql_pool_create(on_event, None, None)
    for _ in range(10):
        con = lib.attachsql_connect_create(b"127.0.0.1", port, b"test", b"test", b"testdb", None)
        lib.attachsql_pool_add_connection(pool, con, None)
        lib.attachsql_connect(con, None)
    loop, sleeps = select.poll(), 0
    loop.register(lib.attachsql_pool_get_fd(pool), select.POLLIN)
    stats = PoolStats(size=ctypes.sizeof(PoolStats))
    while lib.attachsql_pool_get_stats(pool, byref(stats)) and stats.idle < 10 and sleeps < 10000:
        if not lib.attachsql_pool_has_more(pool):
            loop.poll(min(lib.attachsql_pool_get_timeout_ms(pool) % 2**32, 10000))
            sleeps += 1
        lib.attachsql_pool_run(pool)
    check(f"{name}: what the pool told: connected, errors, ends, rows",
          [told.get(event) for event in (1, 2, 3, 4)], [10, 10, 90, 90])
    check(f"{name}: what it counted", (stats.connections, stats.events, stats.errors), (10, 200, 10))
    lib.attachsql_pool_destroy(pool)


def main():
    with open(os.path.join(INCLUDE, "libattachsql2", "attachsql.h"), encoding="ascii") as file:
        header = file.read()
    check_layout()
    check_enums(header)
    check_functions(header)
    check_bad_calls()
    open_before = len(os.listdir("/proc/self/fd"))
    for name in ("MARIADB", "MARIADB118", "MYSQL", "MYSQL56"):
        variable = f"ATTACHSQL_TEST_{name}_PORT"
        port = os.environ.get(variable)
        check(f"{variable} tells where the server is", port is not None, True)
        if port is not None:
            try:
                check_server(name.lower(), int(port))
                check_pool(name.lower(), int(port))
            except Failure as failure:
                check(f"{name.lower()}: goes through", failure.args[0], None)
    check("no file descriptor is left open", len(os.listdir("/proc/self/fd")), open_before)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    lib = load(sys.argv[1:])
    sys.exit(main())
