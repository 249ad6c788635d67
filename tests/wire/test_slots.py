"""Who gets a place when there are too few: first what connections wait for, last what only adds to a list; none is
ever lost."""

from __future__ import annotations

import asyncio

import pytest

from launchready_tui.wire.slots import Slots, first, later


async def test_turns_and_the_order_of_coming() -> None:
    slots, done, gate = Slots(1), [], asyncio.Event()

    async def work(name: str) -> None:
        async with slots.hold():
            done.append(name)
            await gate.wait()

    tasks = [asyncio.create_task(work("holder"))]
    await asyncio.sleep(0)
    with later():
        tasks += [asyncio.create_task(work("guess 1")), asyncio.create_task(work("guess 2"))]
    tasks.append(asyncio.create_task(work("usual")))
    with first():
        tasks.append(asyncio.create_task(work("address")))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    assert done == ["holder", "address", "usual", "guess 1", "guess 2"]


@pytest.mark.parametrize("given_first", [True, False])
async def test_who_leaves_while_waiting_takes_no_place_along(given_first: bool) -> None:
    slots, open_gate = Slots(1), asyncio.Event()

    async def work() -> None:
        async with slots.hold():
            await open_gate.wait()

    holder, leaver = asyncio.create_task(work()), asyncio.create_task(work())
    await asyncio.sleep(0)
    if given_first:  # the place is handed over, and before it is taken up its owner leaves
        holder.cancel()
        await asyncio.sleep(0)
    leaver.cancel()
    open_gate.set()
    await asyncio.gather(holder, leaver, return_exceptions=True)
    async with asyncio.timeout(5), slots.hold():
        pass


async def test_never_more_than_the_places() -> None:
    slots, held, most = Slots(3), 0, 0

    async def work() -> None:
        nonlocal held, most
        async with slots.hold():
            held += 1
            most = max(most, held)
            await asyncio.sleep(0)
            held -= 1

    await asyncio.gather(*(work() for _ in range(50)))
    assert (held, most) == (0, 3)
