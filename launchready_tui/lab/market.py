"""The marketplace's database: SQLite in memory, questions asked in threads so that a slow one holds up nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

LISTINGS = 24_000
REVIEWS = 200_000

CITIES = (
    "Lisbon", "Porto", "Ghent", "Utrecht", "Graz", "Turin", "Lyon", "Malmö", "Aarhus", "Brno",
    "Gdańsk", "Cork", "Leeds", "Bilbao", "Valencia", "Leipzig", "Basel", "Tartu", "Kaunas", "Split",
    "Nantes", "Uppsala", "Trento", "Bern",
)  # fmt: skip
THINGS = (
    "City bike", "Cargo bike", "Film camera", "Tent for four", "Pressure washer", "Concrete drill", "Party tent",
    "Kayak",
    "Projector", "Sewing machine", "Roof box", "Ice skates", "Snow shoes", "Stage lights", "Espresso cart",
    "Long ladder",
    "Telescope", "Paddle board", "Chair set", "Sound system",
)  # fmt: skip
TRAITS = (
    "almost new",
    "well kept",
    "with case",
    "for a weekend",
    "by the day",
    "delivered",
    "two of them",
    "for beginners",
)

_SCHEMA = """
pragma journal_mode = off;
pragma synchronous = off;
create table listing(
    id integer primary key, title text not null, city text not null, price_cents integer not null,
    seller integer not null
);
create table review(id integer primary key, listing integer not null, stars integer not null);
"""

# Numbers below are primes, so that cities, things and stars are spread evenly and every start fills the same rows.
_LISTINGS = """
with recursive n(i) as (select 1 union all select i + 1 from n where i < :rows)
insert into listing
select i, (select value from json_each(:things) where key = i * 7 % :n_things) || ', '
       || (select value from json_each(:traits) where key = i * 13 % :n_traits),
       (select value from json_each(:cities) where key = i / 20 % :n_cities), 900 + i * 7919 % 24000, 1 + i * 31 % 900
from n
"""
_REVIEWS = """
with recursive n(i) as (select 1 union all select i + 1 from n where i < :rows)
insert into review select i, 1 + i * 7919 % :listings, 3 + (i * 37 + i / 7) % 3 from n
"""

# Best rated first: SQLite has to know the rating of every match before it can sort, one look into `review` for each.
SEARCH = """
select l.id, l.title, l.city, l.price_cents,
       (select round(avg(r.stars), 2) from review r where r.listing = l.id) as rating
from listing l
where l.city = ? and l.title like ?
order by rating desc, l.price_cents
limit 20
"""
INDEX = "review_by_listing"


class Listing(NamedTuple):
    """A thing for rent. `rating` is None where nobody has rated it, or where the question did not ask."""

    id: int
    title: str
    city: str
    price_cents: int
    rating: float | None = None

    @property
    def price(self) -> str:
        """What a day costs, in euro."""
        return f"{self.price_cents // 100}.{self.price_cents % 100:02d}"


class Market:
    """The open database. Searches run one after another in a thread of their own, all else in a second one."""

    _numbers = itertools.count()

    def __init__(self, *, listings: int = LISTINGS, reviews: int = REVIEWS) -> None:
        if sqlite3.sqlite_version_info < (3, 36):
            raise RuntimeError(f"the demo needs SQLite 3.36 or newer, this Python has {sqlite3.sqlite_version}")
        self.rows = listings
        # Shared by the connections of this process only, and gone with it.
        self._uri = f"file:/demo-market-{os.getpid()}-{next(self._numbers)}?vfs=memdb"
        self._writer = self._connect()
        self._writer.executescript(_SCHEMA)
        self._fill(listings, reviews)
        self._pages = self._connect()
        self._searches = self._connect()
        self._page_thread = ThreadPoolExecutor(1, "pages")
        self._search_thread = ThreadPoolExecutor(1, "search")
        self._turn: asyncio.Lock | None = None

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, check_same_thread=False, timeout=10)

    def _fill(self, listings: int, reviews: int) -> None:
        import json

        cities, things, traits = (json.dumps(words) for words in (CITIES, THINGS, TRAITS))
        sizes = {"n_cities": len(CITIES), "n_things": len(THINGS), "n_traits": len(TRAITS)}
        self._writer.execute(
            _LISTINGS, {"rows": listings, "cities": cities, "things": things, "traits": traits, **sizes}
        )
        self._writer.execute(_REVIEWS, {"rows": reviews, "listings": listings})
        self._writer.execute("create index listing_by_city on listing(city)")
        self._writer.execute(f"create index {INDEX} on review(listing)")
        self._writer.commit()

    # -- what pages ask ------------------------------------------------------------------------------------------

    async def listing(self, number: int) -> Listing | None:
        """One listing, or None if there is none of that number."""
        found = await self._ask("select id, title, city, price_cents from listing where id = ?", (number,))
        return found[0] if found else None

    async def page(self, number: int, size: int = 12) -> list[Listing]:
        """One page of the feed, newest first; pages count from 1."""
        last = self.rows - (number - 1) * size
        return await self._ask(
            "select id, title, city, price_cents from listing where id <= ? order by id desc limit ?", (last, size)
        )

    async def _ask(self, question: str, values: Sequence[int]) -> list[Listing]:
        def work() -> list[Listing]:
            return [Listing(*row) for row in self._pages.execute(question, values)]

        return await asyncio.get_running_loop().run_in_executor(self._page_thread, work)

    async def search(self, words: str, city: str) -> list[Listing]:
        """The twenty best rated listings of a city with these words in their title.

        A search whose visitor has left is taken out of the queue, or stopped if it is already running.
        """
        pattern = "%" + words.replace("%", "").replace("_", "")[:60] + "%"
        loop = asyncio.get_running_loop()

        def work() -> list[Listing]:
            return [Listing(*row) for row in self._searches.execute(SEARCH, (city, pattern))]

        async with self._search_turn():
            running = loop.run_in_executor(self._search_thread, work)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                self._searches.interrupt()
                await asyncio.wait([running])
                running.exception()  # the interruption was ours: nobody else needs to hear of it
                raise

    def _search_turn(self) -> asyncio.Lock:
        if self._turn is None:
            self._turn = asyncio.Lock()
        return self._turn

    # -- what flaws change ---------------------------------------------------------------------------------------

    async def index(self, wanted: bool) -> None:
        """Creates or drops the index that the search needs."""
        statement = (
            f"create index if not exists {INDEX} on review(listing)" if wanted else f"drop index if exists {INDEX}"
        )

        def work() -> None:
            self._writer.execute(statement)
            self._writer.commit()

        if wanted == self._indexed:
            return
        # In the searches' own thread, so no search is half way; those that wait for their turn go on after it.
        await asyncio.get_running_loop().run_in_executor(self._search_thread, work)

    @property
    def _indexed(self) -> bool:
        """Whether the index is there."""
        return bool(
            self._writer.execute("select 1 from sqlite_schema where type = 'index' and name = ?", (INDEX,)).fetchone()
        )

    def plan(self) -> tuple[str, ...]:
        """How SQLite would run the search now (EXPLAIN QUERY PLAN)."""
        # A connection of its own: an EXPLAIN that was prepared before an index came or went is answered as it was.
        with contextlib.closing(self._connect()) as connection:
            rows = connection.execute("explain query plan " + SEARCH, (CITIES[0], "%bike%")).fetchall()
        return tuple(str(row[3]) for row in rows)

    def close(self) -> None:
        """Ends the threads and frees the memory."""
        self._searches.interrupt()
        for thread in (self._search_thread, self._page_thread):
            thread.shutdown(wait=True, cancel_futures=True)
        for connection in (self._searches, self._pages, self._writer):
            connection.close()
