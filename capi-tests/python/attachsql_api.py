# SPDX-License-Identifier: Apache-2.0
"""The C API declared for ctypes: structs, enums and functions, and nothing that runs.

Written by hand on purpose: check_ctypes.py compares it with the header as the C compiler sees it,
so that a mistake on either side shows. A new function, field or enumerator is added here too.
"""

import ctypes
from ctypes import (
    CFUNCTYPE, POINTER, c_bool, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t,
    c_ssize_t, c_uint, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p,
)

c_enum = c_uint  # every enum of the API


class Parameter(ctypes.Structure):
    _c_name_ = "attachsql_query_parameter_st"
    _fields_ = [
        ("type", c_enum),
        ("data", c_void_p),
        ("length", c_size_t),
        ("is_unsigned", c_bool),
    ]


class Column(ctypes.Structure):
    _c_name_ = "attachsql_query_column_st"
    _fields_ = [
        ("schema", c_char_p),
        ("table", c_char_p),
        ("origin_table", c_char_p),
        ("column", c_char_p),
        ("origin_column", c_char_p),
        ("charset", c_uint16),
        ("length", c_uint32),
        ("type", c_enum),
        ("flags", c_enum),
        ("decimals", c_uint8),
        ("default_value", c_char_p),
        ("default_size", c_size_t),
    ]


class Cell(ctypes.Structure):
    _c_name_ = "attachsql_query_row_st"
    # c_void_p, not c_char_p: ctypes would look for a NUL at its end.
    _fields_ = [("data", c_void_p), ("length", c_size_t)]


class Watch(ctypes.Structure):
    _c_name_ = "attachsql_watch_st"
    _fields_ = [("fd", c_ssize_t), ("flags", c_enum)]


class Trace(ctypes.Structure):
    _c_name_ = "attachsql_trace_st"
    _fields_ = [
        ("size", c_size_t),
        ("event", c_enum),
        ("connection_id", c_uint32),
        ("state", c_char_p),
        ("command", c_uint32),
        ("error_code", c_int32),
        ("sqlstate", ctypes.c_char * 6),
        *((name, c_uint64) for name in (
            "number", "bytes_out", "bytes_in", "rows", "lookup_us", "connect_us", "greeting_us",
            "tls_us", "login_us", "first_us", "total_us")),
    ]


class PoolStats(ctypes.Structure):
    _c_name_ = "attachsql_pool_stats_st"
    _fields_ = [
        ("size", c_size_t),
        ("connections", c_uint32),
        ("unused", c_uint32),
        ("connecting", c_uint32),
        ("idle", c_uint32),
        ("busy", c_uint32),
        ("held", c_uint32),
        ("failed", c_uint32),
        ("runs", c_uint64),
        ("looks", c_uint64),
        ("events", c_uint64),
        ("errors", c_uint64),
        ("made", c_uint32),
        ("queued", c_uint32),
        ("queries", c_uint64),
        ("retries", c_uint64),
    ]


class StatementCacheStats(ctypes.Structure):
    _c_name_ = "attachsql_stmt_cache_stats_st"
    _fields_ = [
        ("size", c_size_t),
        ("limit", c_uint32),
        ("kept", c_uint32),
        ("hits", c_uint64),
        ("misses", c_uint64),
        ("evicted", c_uint64),
    ]


class Memory(ctypes.Structure):
    _c_name_ = "attachsql_memory_st"
    _fields_ = [
        ("size", c_size_t),
        ("current", c_size_t),
        ("peak", c_size_t),
        ("receive", c_size_t),
        ("send", c_size_t),
        ("rows", c_size_t),
        ("columns", c_size_t),
        ("statements", c_size_t),
        ("layers", c_size_t),
    ]


class Time(ctypes.Structure):
    _c_name_ = "attachsql_time_st"
    _fields_ = [
        ("year", c_uint16),
        ("month", c_uint8),
        ("day", c_uint8),
        ("hour", c_uint32),
        ("minute", c_uint8),
        ("second", c_uint8),
        ("is_negative", c_bool),
        ("microsecond", c_uint32),
    ]


class TypedValue(ctypes.Union):
    _fields_ = [
        ("integer", c_int64),
        ("unsigned_integer", c_uint64),
        ("real", c_double),
        ("time", Time),
    ]


class TypedCell(ctypes.Structure):
    _c_name_ = "attachsql_cell_st"
    _fields_ = [
        ("type", c_enum),
        ("value", TypedValue),
        ("data", c_void_p),
        ("length", c_size_t),
    ]


class Bind(ctypes.Structure):
    _c_name_ = "attachsql_stmt_bind_st"
    _fields_ = [
        ("type", c_enum),
        ("data", c_void_p),
        ("length", POINTER(c_size_t)),
        ("is_null", POINTER(c_bool)),
    ]


STRUCTS = [Parameter, Column, Cell, Watch, PoolStats, Trace, Time, TypedCell, Bind]


def numbered(prefix, names, first=0):
    return {prefix + name: first + at for at, name in enumerate(names.split())}


ENUMS = {
    "attachsql_return_t": numbered(
        "ATTACHSQL_RETURN_", "NONE NOT_CONNECTED CONNECTING PROCESSING ROW_READY ERROR EOF"),
    "attachsql_events_t": numbered("ATTACHSQL_EVENT_", "NONE CONNECTED ERROR EOF ROW_READY"),
    "attachsql_options_t": {
        **numbered(
            "ATTACHSQL_OPTION_",
            "NONE COMPRESS FOUND_ROWS IGNORE_SIGPIPE INTERACTIVE LOCAL_FILES MULTI_STATEMENTS"
            " NO_SCHEMA SSL_NO_VERIFY SEMI_BLOCKING"),
        **numbered(
            "ATTACHSQL_OPTION_",
            "CONNECT_TIMEOUT READ_TIMEOUT WRITE_TIMEOUT CHARSET CONNECT_ATTRIBUTE KEEP_ALIVE"
            " MAX_PACKET GET_SERVER_PUBLIC_KEY TLS TLS_CA TLS_CA_PATH TLS_CERT TLS_KEY"
            " TLS_KEY_PASSPHRASE TLS_CIPHERS TLS_SUITES TLS_MIN_VERSION TLS_MAX_VERSION TLS_VERIFY"
            " TLS_SERVER_NAME TLS_CRL TLS_FINGERPRINT SERVER_PUBLIC_KEY AUTH_METHODS PASSWORD2"
            " PASSWORD3 TLS_RESUME TLS_CRL_PATH", first=100),
        **numbered(
            "ATTACHSQL_OPTION_", "COMPRESSION COMPRESSION_REQUIRED ZLIB_LEVEL ZSTD_LEVEL",
            first=130),
        **numbered("ATTACHSQL_OPTION_", "HOSTS HOSTS_RANDOM", first=140),
        "ATTACHSQL_OPTION_SESSION_TRACK": 150,
        "ATTACHSQL_OPTION_STMT_CACHE": 152,
        "ATTACHSQL_OPTION_PIPELINE_MAX_BYTES": 170,
        "ATTACHSQL_OPTION_MAX_ROW": 160,
        "ATTACHSQL_OPTION_MAX_RESULT": 161,
        "ATTACHSQL_OPTION_MAX_MEMORY": 162,
        **numbered(
            "ATTACHSQL_OPTION_POOL_",
            "MIN MAX IDLE_TIMEOUT LIFETIME PING_INTERVAL RESET CONNECTS QUEUE QUEUE_TIMEOUT",
            first=180),
        "ATTACHSQL_OPTION_QUERY_ATTRIBUTES": 153,
        "ATTACHSQL_OPTION_COMMAND_TIMEOUT": 151,
        **numbered("ATTACHSQL_OPTION_", "CANCEL_TIMEOUT CANCEL", first=154),
    },
    "attachsql_tls_verified_t": {
        "ATTACHSQL_TLS_VERIFIED_" + name: value for name, value in [
            ("NONE", 0), ("CHAIN", 1), ("HOST", 2), ("FINGERPRINT", 4), ("PASSWORD", 8)]},
    "attachsql_watch_flags_t": numbered("ATTACHSQL_WATCH_", "NONE READ WRITE"),
    "attachsql_cancel_t": numbered(
        "ATTACHSQL_CANCEL_", "NONE RUNNING FINISHED CANCELLED UNKNOWN"),
    "attachsql_track_t": numbered(
        "ATTACHSQL_TRACK_",
        "VARIABLE SCHEMA STATE GTIDS TRANSACTION_CHARACTERISTICS TRANSACTION_STATE"),
    "attachsql_value_t": numbered(
        "ATTACHSQL_VALUE_", "OK NULL OUT_OF_RANGE WRONG_TYPE NONE"),
    "attachsql_cell_type_t": numbered(
        "ATTACHSQL_CELL_TYPE_",
        "NULL INTEGER UNSIGNED_INTEGER FLOAT DOUBLE DATE DATETIME TIME TEXT BINARY"),
    "attachsql_bind_type_t": numbered(
        "ATTACHSQL_BIND_TYPE_",
        "NULL BOOL INT UNSIGNED_INT BIGINT UNSIGNED_BIGINT FLOAT DOUBLE DECIMAL STRING BINARY JSON"
        " DATE DATETIME TIME"),
    "attachsql_indicator_t": numbered("ATTACHSQL_INDICATOR_", "VALUE NULL DEFAULT IGNORE"),
    "attachsql_dialog_t": numbered("ATTACHSQL_DIALOG_", "REFUSE ANSWER LATER"),
    "attachsql_trace_event_t": numbered("ATTACHSQL_TRACE_", "NONE CONNECTED COMMAND DONE FAILED"),
    "attachsql_local_file_t": {
        "ATTACHSQL_LOCAL_FILE_" + name: value for name, value in [
            ("ERROR", -1), ("LATER", -2), ("SUSPEND", -3)]},
    "attachsql_column_type_t": {
        **numbered(
            "ATTACHSQL_COLUMN_TYPE_",
            "DECIMAL TINY SHORT LONG FLOAT DOUBLE NULL TIMESTAMP LONGLONG INT24 DATE TIME"
            " DATETIME YEAR"),
        **numbered("ATTACHSQL_COLUMN_TYPE_", "VARCHAR BIT", first=0x0F),
        **numbered(
            "ATTACHSQL_COLUMN_TYPE_",
            "NEWDECIMAL ENUM SET TINY_BLOB MEDIUM_BLOB LONG_BLOB BLOB VARSTRING STRING GEOMETRY",
            first=0xF6),
        "ATTACHSQL_COLUMN_TYPE_ERROR": 0xFFFF,
    },
    "attachsql_error_level_t": numbered("ATTACHSQL_ERROR_LEVEL_", "NOTICE WARNING ERROR"),
    "attachsql_query_parameter_type_t": numbered(
        "ATTACHSQL_ESCAPE_TYPE_", "NONE CHAR CHAR_LIKE INT BIGINT FLOAT DOUBLE"),
    "attachsql_error_codes_t": {
        **{"ATTACHSQL_ERROR_CODE_" + name: code for name, code in [
            ("UNKNOWN", 2000), ("CONNECT", 2002), ("HOST_UNKNOWN", 2005),
            ("WRONG_HOST_INFO", 2009), ("HANDSHAKE", 2012), ("SERVER_LOST", 2013),
            ("OUT_OF_SYNC", 2014), ("OVERSIZED_PACKET", 2020), ("MALFORMED_PACKET", 2027),
            ("UNKNOWN_PROTOCOL", 2047), ("INVALID_CON_HANDLE", 2048),
            ("NEW_STMT_METADATA", 2057), ("ALREADY_CONNECTED", 2058),
            ("LOAD_DATA_LOCAL_REJECTED", 2068), ("SKIPPED", 3010), ("LOAD_DATA_LOCAL_FAILED", 2069),
            ("COMMAND_TIMEOUT", 3004), ("CANCELLED", 3005),
        ]},
        **numbered(
            "ATTACHSQL_ERROR_CODE_POOL_", "QUEUE_FULL QUEUE_TIMEOUT DESTROYED", first=2910),
        **numbered("ATTACHSQL_ERROR_CODE_", "SERVER_GONE VERSION_MISMATCH ALLOC", first=2006),
        **numbered(
            "ATTACHSQL_ERROR_CODE_",
            "SLAVE_STATUS SLAVE_HOSTS SLAVE_CONNECT MASTER_CONNECT SSL_CONNECT", first=2022),
        **numbered(
            "ATTACHSQL_ERROR_CODE_",
            "NULL_POINTER STATEMENT_NOT_PREPARED PARAMS_NOT_BOUND DATA_TRUNCATED"
            " NO_PARAMETERS_EXIST INVALID_PARAMETER_NUMBER INVALID_BUFFER_USE"
            " INVALID_PARAMETER_TYPE", first=2029),
        **numbered(
            "ATTACHSQL_ERROR_CODE_",
            "NO_DATA NO_METADATA NO_RESULT_SET NOT_IMPLEMENTED SERVER_LOST_EXTENDED", first=2051),
        **numbered(
            "ATTACHSQL_ERROR_CODE_", "AUTH_PLUGIN_LOAD CONNECTION_ATTR AUTH_PLUGIN", first=2059),
        **numbered("ATTACHSQL_ERROR_CODE_", "PARAMETER BUFFERED_MODE NO_SSL SSL", first=3000),
    },
    "attachsql_column_flags_t": {
        "ATTACHSQL_COLUMN_FLAGS_NONE": 0,
        "ATTACHSQL_COLUMN_FLAGS_GROUP": 1 << 15,
        **{"ATTACHSQL_COLUMN_FLAGS_" + name: 1 << bit for bit, name in enumerate(
            "NOT_NULL PRIMARY_KEY UNIQUE_KEY MULTIPLE_KEY BLOB UNSIGNED ZEROFILL BINARY ENUM"
            " AUTO_INCREMENT TIMESTAMP SET NO_DEFAULT_VALUE ON_UPDATE_NOW PART_KEY NUM UNIQUE"
            " BINCMP GET_FIELD_COLUMNS IN_PART_FUNC IN_ADD_INDEX RENAMED".split())},
    },
}

NOT_CONNECTED, CONNECTING, PROCESSING, ROW_READY, ERROR, EOF = range(1, 7)
ESCAPE = ENUMS["attachsql_query_parameter_type_t"]
OPTION = ENUMS["attachsql_options_t"]

Connection = c_void_p  # attachsql_connect_t *
Error = c_void_p  # attachsql_error_t *
Pool = c_void_p  # attachsql_pool_t *
Statement = c_void_p  # attachsql_stmt_t *
Callback = CFUNCTYPE(None, Connection, c_uint32, c_enum, c_void_p, Error)
WATCH = [POINTER(Watch), c_size_t, POINTER(c_size_t), POINTER(c_uint64)]
Row = POINTER(Cell)
KeyLog = CFUNCTYPE(None, c_void_p, c_char_p)
Dialog = CFUNCTYPE(c_enum, c_void_p, c_bool, c_char_p, POINTER(c_char_p))
TraceFunction = CFUNCTYPE(None, c_void_p, POINTER(Trace))
LocalFile = CFUNCTYPE(
    c_ssize_t, c_void_p, c_char_p, c_uint64, c_void_p, c_size_t, POINTER(c_char_p))

# name: (result, arguments)
FUNCTIONS = {
    "attachsql_connect_create":
        (Connection, [c_char_p, c_uint16, c_char_p, c_char_p, c_char_p, POINTER(Error)]),
    "attachsql_connect_destroy": (None, [Connection]),
    "attachsql_connect_poll": (c_enum, [Connection, POINTER(Error)]),
    "attachsql_connect_wait": (c_bool, [Connection, c_int, POINTER(Error)]),
    "attachsql_connect": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_connect_change_schema": (c_bool, [Connection, c_char_p, POINTER(Error)]),
    "attachsql_connect_change_user":
        (c_bool, [Connection, c_char_p, c_char_p, c_char_p, POINTER(Error)]),
    "attachsql_connect_kill": (c_bool, [Connection, c_uint64, c_bool, POINTER(Error)]),
    "attachsql_connect_ping": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_query_cancel": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_query_cancel_outcome": (c_enum, [Connection]),
    "attachsql_connect_reset": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_connect_set_multi_statements": (c_bool, [Connection, c_bool, POINTER(Error)]),
    "attachsql_connect_statistics": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_connect_get_fd": (c_ssize_t, [Connection, POINTER(Error)]),
    "attachsql_connect_get_timeout_ms": (c_int, [Connection]),
    "attachsql_connect_get_user_data": (c_void_p, [Connection]),
    "attachsql_connect_get_watches": (c_bool, [Connection, *WATCH]),
    "attachsql_connect_has_more": (c_bool, [Connection]),
    "attachsql_connect_set_user_data": (None, [Connection, c_void_p]),
    "attachsql_pool_add_connection": (None, [Pool, Connection, POINTER(Error)]),
    "attachsql_pool_create": (Pool, [Callback, c_void_p, POINTER(Error)]),
    "attachsql_pool_destroy": (None, [Pool]),
    "attachsql_pool_get_fd": (c_ssize_t, [Pool]),
    "attachsql_pool_get_stats": (c_bool, [Pool, POINTER(PoolStats)]),
    "attachsql_pool_get_timeout_ms": (c_int, [Pool]),
    "attachsql_pool_get_watches": (c_bool, [Pool, *WATCH]),
    "attachsql_pool_has_more": (c_bool, [Pool]),
    "attachsql_pool_query":
        (c_bool,
         [Pool, c_size_t, c_char_p, c_uint16, POINTER(Parameter), Callback, c_void_p,
          POINTER(Error)]),
    "attachsql_pool_set_option": (c_bool, [Pool, c_enum, c_void_p]),
    "attachsql_pool_set_template": (c_bool, [Pool, Connection, POINTER(Error)]),
    "attachsql_pool_remove_connection": (c_bool, [Pool, Connection, POINTER(Error)]),
    "attachsql_pool_run": (None, [Pool]),
    "attachsql_pool_wait": (c_bool, [Pool, c_int, POINTER(Error)]),
    "attachsql_connect_get_compression": (c_char_p, [Connection]),
    "attachsql_connect_get_connection_id": (c_uint32, [Connection]),
    "attachsql_connect_get_server_version": (c_char_p, [Connection]),
    "attachsql_connect_get_track":
        (c_char_p, [Connection, c_enum, c_uint32, POINTER(c_char_p), POINTER(c_size_t)]),
    "attachsql_connect_get_tls_cipher": (c_char_p, [Connection]),
    "attachsql_connect_get_tls_verified": (c_enum, [Connection]),
    "attachsql_connect_get_tls_version": (c_char_p, [Connection]),
    "attachsql_connect_tls_is_resumed": (c_bool, [Connection]),
    "attachsql_connect_set_dialog": (c_bool, [Connection, Dialog, c_void_p, POINTER(Error)]),
    "attachsql_connect_set_keylog": (c_bool, [Connection, KeyLog, c_void_p, POINTER(Error)]),
    "attachsql_connect_set_local_file":
        (c_bool, [Connection, LocalFile, c_void_p, POINTER(Error)]),
    "attachsql_connect_local_file_ready": (c_bool, [Connection]),
    "attachsql_connect_set_option": (c_bool, [Connection, c_enum, c_void_p]),
    "attachsql_connect_set_ssl":
        (c_bool, [Connection] + [c_char_p] * 5 + [c_bool, POINTER(Error)]),
    "attachsql_connect_set_trace": (c_bool, [Connection, TraceFunction, c_void_p, POINTER(Error)]),
    "attachsql_connect_state_name": (c_char_p, [Connection]),
    "attachsql_connect_forget": (None, [Connection]),
    "attachsql_connect_set_fd": (c_bool, [Connection, c_ssize_t, POINTER(Error)]),
    "attachsql_error_free": (None, [Error]),
    "attachsql_error_code": (c_int, [Error]),
    "attachsql_error_message": (c_char_p, [Error]),
    "attachsql_error_sqlstate": (c_char_p, [Error]),
    "attachsql_query":
        (c_bool,
         [Connection, c_size_t, c_char_p, c_uint16, POINTER(Parameter), POINTER(Error)]),
    "attachsql_query_close": (None, [Connection]),
    "attachsql_connection_last_insert_id": (c_uint64, [Connection]),
    "attachsql_query_affected_rows": (c_uint64, [Connection]),
    "attachsql_query_warning_count": (c_uint32, [Connection]),
    "attachsql_query_info": (c_char_p, [Connection]),
    "attachsql_query_next_result": (c_enum, [Connection]),
    "attachsql_query_row_get": (Row, [Connection, POINTER(Error)]),
    "attachsql_query_row_next": (None, [Connection]),
    "attachsql_query_column_count": (c_uint16, [Connection]),
    "attachsql_query_column_get": (POINTER(Column), [Connection, c_uint16]),
    "attachsql_query_cell_is_null": (c_bool, [Row]),
    "attachsql_query_buffer_rows": (c_bool, [Connection, c_bool]),
    "attachsql_query_row_count": (c_uint64, [Connection]),
    "attachsql_query_buffer_row_get": (Row, [Connection]),
    "attachsql_query_row_get_offset": (Row, [Connection, c_uint64]),
    "attachsql_statement_prepare":
        (c_bool, [Connection, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_statement_execute": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_statement_reset": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_statement_send_long_data":
        (c_bool, [Connection, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_statement_close": (None, [Connection]),
    "attachsql_statement_get_param_count": (c_uint16, [Connection]),
    "attachsql_statement_set_int": (c_bool, [Connection, c_uint16, c_int32, POINTER(Error)]),
    "attachsql_statement_set_unsigned_int":
        (c_bool, [Connection, c_uint16, c_uint32, POINTER(Error)]),
    "attachsql_statement_set_bigint": (c_bool, [Connection, c_uint16, c_int64, POINTER(Error)]),
    "attachsql_statement_set_unsigned_bigint":
        (c_bool, [Connection, c_uint16, c_uint64, POINTER(Error)]),
    "attachsql_statement_set_double": (c_bool, [Connection, c_uint16, c_double, POINTER(Error)]),
    "attachsql_statement_set_string":
        (c_bool, [Connection, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_statement_set_binary":
        (c_bool, [Connection, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_statement_set_null": (c_bool, [Connection, c_uint16, POINTER(Error)]),
    "attachsql_statement_set_datetime":
        (c_bool,
         [Connection, c_uint16, c_uint16] + [c_uint8] * 5 + [c_uint32, POINTER(Error)]),
    "attachsql_statement_set_time":
        (c_bool,
         [Connection, c_uint16] + [c_uint8] * 3 + [c_uint32, c_bool, POINTER(Error)]),
    "attachsql_stmt_create": (Statement, [Connection, POINTER(Error)]),
    "attachsql_stmt_destroy": (None, [Statement]),
    "attachsql_stmt_get_connection": (Connection, [Statement]),
    "attachsql_stmt_prepare": (c_bool, [Statement, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_pipeline_add":
        (c_bool,
         [Connection, c_size_t, c_char_p, c_uint16, POINTER(Parameter), c_void_p,
          POINTER(Error)]),
    "attachsql_pipeline_add_execute": (c_bool, [Statement, c_void_p, POINTER(Error)]),
    "attachsql_pipeline_send": (c_bool, [Connection, c_bool, POINTER(Error)]),
    "attachsql_pipeline_next": (c_enum, [Connection]),
    "attachsql_pipeline_index": (c_uint64, [Connection]),
    "attachsql_pipeline_context": (c_void_p, [Connection]),
    "attachsql_pipeline_close": (None, [Connection]),
    "attachsql_stmt_bulk_add": (c_bool, [Statement, POINTER(c_uint8), POINTER(Error)]),
    "attachsql_stmt_bulk_execute": (c_bool, [Statement, POINTER(Error)]),
    "attachsql_stmt_bulk_clear": (None, [Statement]),
    "attachsql_stmt_bulk_get_count": (c_uint64, [Statement]),
    "attachsql_stmt_bulk_get_failed":
        (c_bool, [Statement, POINTER(c_uint64), POINTER(c_uint64)]),
    "attachsql_stmt_execute": (c_bool, [Statement, POINTER(Error)]),
    "attachsql_stmt_reset": (c_bool, [Statement, POINTER(Error)]),
    "attachsql_stmt_send_long_data": (
        c_bool, [Statement, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_stmt_close": (None, [Statement]),
    "attachsql_stmt_get_param_count": (c_uint16, [Statement]),
    "attachsql_stmt_get_column_count": (c_uint16, [Statement]),
    "attachsql_stmt_get_column": (POINTER(Column), [Statement, c_uint16]),
    "attachsql_stmt_set_null": (c_bool, [Statement, c_uint16, POINTER(Error)]),
    "attachsql_stmt_set_bool": (c_bool, [Statement, c_uint16, c_bool, POINTER(Error)]),
    "attachsql_stmt_set_int": (c_bool, [Statement, c_uint16, c_int32, POINTER(Error)]),
    "attachsql_stmt_set_unsigned_int": (c_bool, [Statement, c_uint16, c_uint32, POINTER(Error)]),
    "attachsql_stmt_set_bigint": (c_bool, [Statement, c_uint16, c_int64, POINTER(Error)]),
    "attachsql_stmt_set_unsigned_bigint": (
        c_bool, [Statement, c_uint16, c_uint64, POINTER(Error)]),
    "attachsql_stmt_set_float": (c_bool, [Statement, c_uint16, c_float, POINTER(Error)]),
    "attachsql_stmt_set_double": (c_bool, [Statement, c_uint16, c_double, POINTER(Error)]),
    "attachsql_stmt_set_decimal": (
        c_bool, [Statement, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_stmt_set_string": (
        c_bool, [Statement, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_stmt_set_binary": (
        c_bool, [Statement, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_stmt_set_json": (
        c_bool, [Statement, c_uint16, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_stmt_set_date": (
        c_bool, [Statement, c_uint16, c_uint16, c_uint8, c_uint8, POINTER(Error)]),
    "attachsql_stmt_set_datetime": (
        c_bool,
        [Statement, c_uint16, c_uint16, c_uint8, c_uint8, c_uint8, c_uint8, c_uint8, c_uint32,
         POINTER(Error)]),
    "attachsql_stmt_set_time": (
        c_bool,
        [Statement, c_uint16, c_bool, c_uint32, c_uint8, c_uint8, c_uint32, POINTER(Error)]),
    "attachsql_stmt_bind": (c_bool, [Statement, c_uint16, POINTER(Bind), POINTER(Error)]),
    "attachsql_stmt_row_get": (c_bool, [Statement, POINTER(Error)]),
    "attachsql_stmt_row_next": (None, [Statement]),
    "attachsql_stmt_row_cells": (
        c_uint16, [Statement, c_uint16, POINTER(TypedCell), POINTER(Error)]),
    "attachsql_stmt_rows_cells": (
        c_size_t, [Statement, c_size_t, c_uint16, POINTER(TypedCell), POINTER(Error)]),
    "attachsql_stmt_is_null": (c_bool, [Statement, c_uint16]),
    "attachsql_stmt_get_bool": (c_enum, [Statement, c_uint16, POINTER(c_bool)]),
    "attachsql_stmt_get_int": (c_enum, [Statement, c_uint16, POINTER(c_int32)]),
    "attachsql_stmt_get_unsigned_int": (c_enum, [Statement, c_uint16, POINTER(c_uint32)]),
    "attachsql_stmt_get_bigint": (c_enum, [Statement, c_uint16, POINTER(c_int64)]),
    "attachsql_stmt_get_unsigned_bigint": (c_enum, [Statement, c_uint16, POINTER(c_uint64)]),
    "attachsql_stmt_get_float": (c_enum, [Statement, c_uint16, POINTER(c_float)]),
    "attachsql_stmt_get_double": (c_enum, [Statement, c_uint16, POINTER(c_double)]),
    "attachsql_stmt_get_date": (c_enum, [Statement, c_uint16, POINTER(Time)]),
    "attachsql_stmt_get_time": (c_enum, [Statement, c_uint16, POINTER(Time)]),
    "attachsql_stmt_get_string": (
        c_enum, [Statement, c_uint16, POINTER(c_void_p), POINTER(c_size_t)]),
    "attachsql_query_set_attribute": (
        c_bool, [Connection, c_char_p, c_size_t, c_char_p, POINTER(Error)]),
    "attachsql_connect_get_memory": (c_bool, [Connection, POINTER(Memory)]),
    "attachsql_stmt_cache_get_stats": (c_bool, [Connection, POINTER(StatementCacheStats)]),
    "attachsql_stmt_set_fetch_size": (c_bool, [Statement, c_uint32, POINTER(Error)]),
    "attachsql_stmt_fetch": (c_bool, [Statement, POINTER(Error)]),
    "attachsql_stmt_has_more": (c_bool, [Statement]),
    "attachsql_stmt_is_out_params": (c_bool, [Statement]),
    "attachsql_statement_row_get": (c_bool, [Connection, POINTER(Error)]),
    "attachsql_statement_row_next": (None, [Connection]),
    "attachsql_statement_get_column_count": (c_uint16, [Connection]),
    "attachsql_statement_get_column_type": (c_enum, [Connection, c_uint16]),
    "attachsql_statement_get_int": (c_int32, [Connection, c_uint16, POINTER(Error)]),
    "attachsql_statement_get_int_unsigned": (c_uint32, [Connection, c_uint16, POINTER(Error)]),
    "attachsql_statement_get_bigint": (c_int64, [Connection, c_uint16, POINTER(Error)]),
    "attachsql_statement_get_bigint_unsigned": (c_uint64, [Connection, c_uint16, POINTER(Error)]),
    "attachsql_statement_get_double": (c_double, [Connection, c_uint16, POINTER(Error)]),
    "attachsql_statement_get_char":
        (c_void_p, [Connection, c_uint16, POINTER(c_size_t), POINTER(Error)]),
    "attachsql_get_library_version": (c_char_p, []),
    "attachsql_get_library_version_major": (c_uint8, []),
    "attachsql_get_library_version_minor": (c_uint8, []),
    "attachsql_get_library_version_patch": (c_uint8, []),
    "attachsql_library_init": (None, []),
}


def declare(library):
    """Gives the functions that the library has their types."""
    for name, (result, arguments) in FUNCTIONS.items():
        if hasattr(library, name):
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
