"""Boots and waits for a message from a task of its own that died; its exception is kept and nobody looks at it."""

import asyncio

from speech import voice


async def read_feed(queue):
    await asyncio.sleep(0)
    raise ValueError("price of 'nan'")


async def main():
    me = voice()
    me.boot()
    queue = asyncio.Queue()
    reader = asyncio.create_task(read_feed(queue), name="feed-reader")  # noqa: TID251 -- the mistake that is to be found
    await queue.get()
    await reader


asyncio.run(main())
