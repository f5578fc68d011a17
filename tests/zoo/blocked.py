"""Boots, and then one of its tasks calls something that takes for ever and is not asynchronous."""

import asyncio
import time

from speech import voice


def write_end_of_day(seconds):
    time.sleep(seconds)


async def make_snapshot():
    write_end_of_day(3600)


async def wait_for_orders(queue):
    await queue.get()


async def main():
    me = voice()
    me.boot()
    queue = asyncio.Queue(10)
    async with asyncio.TaskGroup() as group:
        group.create_task(wait_for_orders(queue), name="order-updater")
        await asyncio.sleep(0)
        group.create_task(make_snapshot(), name="eod-snapshot")


asyncio.run(main())
