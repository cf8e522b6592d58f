# SPDX-License-Identifier: Apache-2.0
"""A small binding of libattachsql for ctypes that belongs to no event loop.

What takes time is a generator. It yields whenever it has to wait, and what it yields is a time limit: wait until
`fd` is readable, but no longer than so many milliseconds (0: only let others have their turn, -1: no limit), and
resume it. with_asyncio.py, with_eventlet.py and with_gevent.py do that, each in a few lines.
"""

import ctypes
import datetime
import os
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint, c_uint8, c_uint16
from ctypes import c_uint32, c_uint64, c_void_p

ROW_READY, ERROR, EOF = 4, 5, 6  # attachsql_return_t
NULL, INTEGER, UNSIGNED_INTEGER, FLOAT, DOUBLE, DATE, DATETIME, TIME, TEXT, BINARY = range(10)  # attachsql_cell_type_t
BATCH = 100  # rows that one call takes at most


class Time(ctypes.Structure):
    _fields_ = [
        ("year", c_uint16), ("month", c_uint8), ("day", c_uint8), ("hour", c_uint32), ("minute", c_uint8),
        ("second", c_uint8), ("is_negative", c_bool), ("microsecond", c_uint32),
    ]


class Number(ctypes.Union):
    _fields_ = [("integer", c_int64), ("unsigned", c_uint64), ("real", c_double), ("time", Time)]


class Cell(ctypes.Structure):
    _fields_ = [("type", c_uint), ("value", Number), ("data", c_void_p), ("length", c_size_t)]


class Error(Exception):
    """What the library or the server has to say. `args`: the code, the SQLSTATE, the message."""


def load(path):
    """The library. Every function needs its types, or ctypes cuts pointers to 32 bits."""
    lib = ctypes.CDLL(path)
    error = POINTER(c_void_p)
    for name, result, *arguments in (
        ("connect_create", c_void_p, c_char_p, c_uint16, c_char_p, c_char_p, c_char_p, error),
        ("connect_destroy", None, c_void_p),
        ("connect", c_bool, c_void_p, error),
        ("connect_poll", c_uint, c_void_p, error),
        ("connect_get_fd", c_int, c_void_p, error),
        ("connect_get_timeout_ms", c_int, c_void_p),
        ("stmt_create", c_void_p, c_void_p, error),
        ("stmt_destroy", None, c_void_p),
        ("stmt_prepare", c_bool, c_void_p, c_size_t, c_char_p, error),
        ("stmt_execute", c_bool, c_void_p, error),
        ("stmt_set_null", c_bool, c_void_p, c_uint16, error),
        ("stmt_set_bigint", c_bool, c_void_p, c_uint16, c_int64, error),
        ("stmt_set_double", c_bool, c_void_p, c_uint16, c_double, error),
        ("stmt_set_string", c_bool, c_void_p, c_uint16, c_size_t, c_char_p, error),
        ("stmt_set_binary", c_bool, c_void_p, c_uint16, c_size_t, c_char_p, error),
        ("stmt_get_column_count", c_uint16, c_void_p),
        ("stmt_rows_cells", c_size_t, c_void_p, c_size_t, c_uint16, POINTER(Cell), error),
        ("stmt_row_next", None, c_void_p),
        ("error_code", c_int, c_void_p),
        ("error_sqlstate", c_char_p, c_void_p),
        ("error_message", c_char_p, c_void_p),
        ("error_free", None, c_void_p),
    ):
        function = getattr(lib, "attachsql_" + name)
        function.restype, function.argtypes = result, arguments
    return lib


class Connection:
    """A connection, which one task uses at a time."""

    lib = load(os.environ.get("ATTACHSQL_LIBRARY", "libattachsql.so.2"))

    def __init__(self, host, port, user, password, schema):
        names = (name.encode() for name in (user, password, schema))
        self._con = self._call("connect_create", host.encode(), port, *names)
        self.fd = self._call("connect_get_fd", self._con)

    def close(self):
        """Closes it, whatever is under way. May be called twice."""
        con, self._con = self._con, None
        self.lib.attachsql_connect_destroy(con)

    def connect(self):
        """A generator that logs in."""
        self._call("connect", self._con)
        yield from self._news()

    def execute(self, sql, *params):
        """A generator that runs a statement with values for its question marks, and returns its rows as tuples."""
        stmt = self._call("stmt_create", self._con)
        try:
            text = sql.encode()
            self._call("stmt_prepare", stmt, len(text), text)
            for number, value in enumerate(params):
                self._set(stmt, number, value)
            self._call("stmt_execute", stmt)  # in one trip with the prepare, where the server can do that
            rows = []
            while (yield from self._news()) == ROW_READY:
                rows.extend(self._batch(stmt))
                self.lib.attachsql_stmt_row_next(stmt)
            return rows
        finally:
            self.lib.attachsql_stmt_destroy(stmt)  # with what is left of its answer, if the task was cancelled

    def _news(self):
        """Polls until there is something to report, and yields when it has to wait."""
        while True:
            news = self._call("connect_poll", self._con)
            if news in (ROW_READY, EOF):
                return news
            yield self.lib.attachsql_connect_get_timeout_ms(self._con)

    def _batch(self, stmt):
        """All rows that are here already, with one foreign call."""
        width = self.lib.attachsql_stmt_get_column_count(stmt)
        cells = (Cell * (BATCH * width))()
        count = self._call("stmt_rows_cells", stmt, BATCH, width, cells)
        for start in range(0, count * width, width):
            yield tuple(value_of(cell) for cell in cells[start:start + width])

    def _set(self, stmt, number, value):
        if value is None:
            self._call("stmt_set_null", stmt, number)
        elif isinstance(value, int):
            self._call("stmt_set_bigint", stmt, number, value)
        elif isinstance(value, float):
            self._call("stmt_set_double", stmt, number, value)
        elif isinstance(value, (bytes, bytearray)):
            self._call("stmt_set_binary", stmt, number, len(value), bytes(value))
        else:  # dates, decimals and so on: the server reads them
            text = str(value).encode()
            self._call("stmt_set_string", stmt, number, len(text), text)

    def _call(self, name, *arguments):
        """Calls a function whose last parameter is for an error, and raises that."""
        error = c_void_p()
        result = getattr(self.lib, "attachsql_" + name)(*arguments, byref(error))
        if error:
            state, message = self.lib.attachsql_error_sqlstate(error), self.lib.attachsql_error_message(error)
            cause = Error(self.lib.attachsql_error_code(error), state.decode(), message.decode(errors="replace"))
            self.lib.attachsql_error_free(error)
            raise cause
        return result


def value_of(cell):
    """A cell as Python has it. Copies the bytes, which the library has only lent."""
    kind, value = cell.type, cell.value
    if kind == NULL:
        return None
    if kind == INTEGER:
        return value.integer
    if kind == UNSIGNED_INTEGER:
        return value.unsigned
    if kind in (FLOAT, DOUBLE):
        return value.real
    if kind in (TEXT, BINARY):
        data = ctypes.string_at(cell.data, cell.length)
        return data.decode(errors="surrogateescape") if kind == TEXT else data
    time = value.time
    if kind == TIME:
        span = datetime.timedelta(
            hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond)
        return -span if time.is_negative else span
    try:
        if kind == DATE:
            return datetime.date(time.year, time.month, time.day)
        return datetime.datetime(
            time.year, time.month, time.day, time.hour, time.minute, time.second, time.microsecond)
    except ValueError:  # zeros in a date
        return None


def from_environment():
    """A connection to the server that the environment names, as the examples in C use it."""
    get = os.environ.get
    return Connection(
        get("ATTACHSQL_HOST", "127.0.0.1"), int(get("ATTACHSQL_PORT", "3306")), get("ATTACHSQL_USER", "test"),
        get("ATTACHSQL_PASSWORD", "test"), get("ATTACHSQL_SCHEMA", ""))
