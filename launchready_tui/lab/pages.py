"""HTML of the marketplace: one frame, and the pieces that pages are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from html import escape

from . import files
from . import places as at
from .market import CITIES, Listing


def page(
    title: str,
    body: str,
    *,
    canonical: str = "",
    script: str = files.SITE_JS,
    index: bool = True,
    extra: str = "",
    without: Collection[str] = (),
) -> str:
    """A whole page. `canonical` is the path it is known by; without one it names none. `without` are paths left out of
    the footer."""
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        '<meta name="description" content="Rent what you need from people nearby.">',
        f'<link rel="stylesheet" href="{files.CSS}">',
        f'<link rel="icon" href="{files.LOGO}" type="image/svg+xml">',
    ]
    if canonical:
        head.append(f'<link rel="canonical" href="{at.SITE}{escape(canonical)}">')
    if not index:
        head.append('<meta name="robots" content="noindex">')
    if script:
        head.append(f'<script src="{script}" defer></script>')
    if extra:
        head.append(extra)
    links = (
        (f"{at.SITE}/listings", "Browse"),
        (f"{at.SITE}/help", "Help"),
        (f"{at.APP_SITE}/login", "Log in"),
        (f"{at.APP_SITE}/signup", "Sign up"),
    )
    nav = "".join(f'<a href="{href}">{words}</a>' for href, words in links)
    foot = (
        (f"{at.SITE}/about", "About"),
        (f"{at.SITE}/imprint", "Imprint"),
        (f"{at.SITE}/rules", "Rules"),
        (f"{at.SITE}/terms", "Terms"),
        (f"{at.SITE}/privacy", "Privacy"),
        (f"{at.SITE}/account-deletion", "Delete an account"),
        (f"{at.SITE}/support", "Support"),
        (f"https://{at.STATUS}/", "Status"),
    )
    footer = " · ".join(
        f'<a href="{href}">{words}</a>' for href, words in foot if href.removeprefix(at.SITE) not in without
    )
    return (
        '<!doctype html>\n<html lang="en"><head>' + "".join(head) + "</head><body>"
        f'<header><a href="{at.SITE}/"><img src="{files.LOGO}" alt="Demo Market"></a><nav>{nav}</nav></header>'
        f"<main>{body}</main><footer>{footer}</footer></body></html>\n"
    )


def text_page(title: str, paragraphs: Iterable[str]) -> str:
    """The inside of a page of plain text; paragraphs may hold markup of our own."""
    return f"<h1>{escape(title)}</h1>" + "".join(f'<p class="lead">{words}</p>' for words in paragraphs)


def cards(listings: Iterable[Listing]) -> str:
    """Listings as a grid of cards."""
    return '<ul class="grid">' + "".join(_card(listing) for listing in listings) + "</ul>"


def _card(listing: Listing) -> str:
    rating = f" · {listing.rating} stars" if listing.rating is not None else ""
    return (
        f'<li><a href="/listings/{listing.id}">{escape(listing.title)}</a>'
        f'<span class="price">{escape(listing.city)} · {listing.price} EUR a day{rating}</span></li>'
    )


def search_form(words: str = "", city: str = CITIES[0]) -> str:
    """Filled with what was searched for last."""
    options = "".join(f"<option{' selected' if name == city else ''}>{escape(name)}</option>" for name in CITIES)
    return (
        '<form action="/search" method="get" data-search>'
        f'<label>What do you need?<input name="q" value="{escape(words)}" autocomplete="off"></label>'
        f'<label>Where?<select name="city">{options}</select></label><button>Search</button></form>'
    )


def account_form(action: str, button: str, autocomplete: str) -> str:
    """Mail address and password."""
    return (
        f'<form action="{action}" method="post">'
        '<label>E-mail<input name="email" type="email" autocomplete="email" required></label>'
        f'<label>Password<input name="password" type="password" autocomplete="{autocomplete}" minlength="10" '
        "required></label>"
        f"<button>{button}</button></form>"
    )
