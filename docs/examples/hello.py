#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks a server for its version, through ctypes. Usage: hello.py LIBRARY [HOST [PORT [USER [PASSWORD]]]]"""

import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint, c_uint16, c_void_p

CONNECTING, PROCESSING, ROW_READY, ERROR, EOF = 2, 3, 4, 5, 6  # attachsql_return_t


class Cell(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("length", c_size_t)]  # not c_char_p: a value is no C string


def load(path):
    """The library. Pointers need their types, or ctypes cuts them to 32 bits."""
    lib = ctypes.CDLL(path)
    error = POINTER(c_void_p)
    for name, result, *arguments in (
        ("connect_create", c_void_p, c_char_p, c_uint16, c_char_p, c_char_p, c_char_p, error),
        ("connect_destroy", None, c_void_p),
        ("connect_wait", ctypes.c_bool, c_void_p, c_int, error),
        ("connect_poll", c_uint, c_void_p, error),
        ("query", ctypes.c_bool, c_void_p, c_size_t, c_char_p, c_uint16, c_void_p, error),
        ("query_close", None, c_void_p),
        ("query_column_count", c_uint16, c_void_p),
        ("query_row_get", POINTER(Cell), c_void_p, error),
        ("query_row_next", None, c_void_p),
        ("query_cell_is_null", ctypes.c_bool, POINTER(Cell)),
        ("error_message", c_char_p, c_void_p),
        ("error_free", None, c_void_p),
    ):
        function = getattr(lib, "attachsql_" + name)
        function.restype, function.argtypes = result, arguments
    return lib


def rows(lib, con, sql):
    """The rows of a query, each a list of bytes or None. The bytes are copies."""
    error = c_void_p()
    state = None
    if lib.attachsql_query(con, len(sql), sql, 0, None, byref(error)):
        while state not in (EOF, ERROR) and lib.attachsql_connect_wait(con, -1, byref(error)):
            state = lib.attachsql_connect_poll(con, byref(error))
            if state == ROW_READY:
                cells = lib.attachsql_query_row_get(con, None)
                yield [
                    None if lib.attachsql_query_cell_is_null(byref(cells[i]))
                    else ctypes.string_at(cells[i].data, cells[i].length)
                    for i in range(lib.attachsql_query_column_count(con))
                ]
                lib.attachsql_query_row_next(con)
    lib.attachsql_query_close(con)
    if error:
        text = lib.attachsql_error_message(error).decode(errors="replace")
        lib.attachsql_error_free(error)
        raise RuntimeError(text)


def main(library, host="127.0.0.1", port="3306", user="test", password="test"):
    lib = load(library)
    con = lib.attachsql_connect_create(host.encode(), int(port), user.encode(), password.encode(), b"", None)
    try:
        for row in rows(lib, con, b"SELECT VERSION(), NULL, ''"):
            print(row)
    finally:
        lib.attachsql_connect_destroy(con)


if __name__ == "__main__":
    main(*sys.argv[1:])
