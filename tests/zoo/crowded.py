"""Boots, and then waits for an event with five hundred tasks that all stand in the same place."""

import asyncio

from speech import voice


async def wait(opened):
    await opened.wait()


async def main():
    me = voice()
    me.boot()
    market_open = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(500):
            group.create_task(wait(market_open), name=f"strategy-{number}")


asyncio.run(main())
