#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Five slow queries at once under eventlet, while another green thread goes on."""

import time

import attachsql
import eventlet
from eventlet import hubs


def drive(con, steps):
    """Runs one of a connection's generators to its end."""
    while True:
        try:
            limit = next(steps)
        except StopIteration as end:
            return end.value
        try:
            if limit:
                hubs.trampoline(con.fd, read=True, timeout=None if limit < 0 else limit / 1000)
            else:
                eventlet.sleep(0)
        except eventlet.Timeout:
            pass


def query(number):
    con = attachsql.from_environment()
    try:
        drive(con, con.connect())
        return drive(con, con.execute("SELECT ?, SLEEP(0.5), NOW()", number))
    finally:
        con.close()


def ticker(ticks):
    while True:
        eventlet.sleep(0.01)
        ticks.append(time.monotonic())


def main():
    start, ticks = time.monotonic(), []
    ticking = eventlet.spawn(ticker, ticks)
    for green in [eventlet.spawn(query, number) for number in range(5)]:
        print(green.wait())
    ticking.kill()
    print(f"{time.monotonic() - start:.1f} seconds, and {len(ticks)} ticks meanwhile")


if __name__ == "__main__":
    main()
