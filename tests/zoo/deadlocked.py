"""Boots, and then two of its tasks each take one lock and wait for the other's; a third one waits behind them."""

import asyncio

from speech import voice


class Book:
    def __init__(self):
        self.positions_lock = asyncio.Lock()
        self.orders_lock = asyncio.Lock()
        self.both_hold = asyncio.Barrier(2)


async def update_positions(book):
    async with book.positions_lock:
        await book.both_hold.wait()
        async with book.orders_lock:
            pass


async def update_orders(book):
    async with book.orders_lock:
        await book.both_hold.wait()
        async with book.positions_lock:
            pass


async def check_risk(book):
    await asyncio.sleep(0.01)
    async with book.positions_lock:
        pass


async def beat():
    while True:  # noqa: ASYNC110 -- it has nothing to wait for but time
        await asyncio.sleep(0.05)


async def main():
    book = Book()
    me = voice()
    me.boot()
    async with asyncio.TaskGroup() as group:
        group.create_task(update_positions(book), name="position-updater")
        group.create_task(update_orders(book), name="order-updater")
        group.create_task(check_risk(book), name="risk-gate")
        group.create_task(beat(), name="heartbeat")


asyncio.run(main())
