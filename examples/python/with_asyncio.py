#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Five slow queries at once under asyncio, while another task goes on."""

import asyncio
import time

import attachsql


async def drive(con, steps):
    """Runs one of a connection's generators to its end."""
    while True:
        try:
            limit = next(steps)
        except StopIteration as end:
            return end.value
        await (readable(con.fd, limit) if limit else asyncio.sleep(0))


async def readable(fd, limit):
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(fd, ready.set)
    try:
        await asyncio.wait_for(ready.wait(), None if limit < 0 else limit / 1000)
    except asyncio.TimeoutError:
        pass
    finally:
        loop.remove_reader(fd)


async def query(number):
    con = attachsql.from_environment()
    try:
        await drive(con, con.connect())
        return await drive(con, con.execute("SELECT ?, SLEEP(0.5), NOW()", number))
    finally:
        con.close()


async def ticker(ticks):
    while True:
        await asyncio.sleep(0.01)
        ticks.append(time.monotonic())


async def main():
    start, ticks = time.monotonic(), []
    ticking = asyncio.create_task(ticker(ticks))
    for rows in await asyncio.gather(*(query(number) for number in range(5))):
        print(rows)
    ticking.cancel()
    print(f"{time.monotonic() - start:.1f} seconds, and {len(ticks)} ticks meanwhile")


if __name__ == "__main__":
    asyncio.run(main())
