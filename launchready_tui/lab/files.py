"""The marketplace's static files: style, two scripts, drawings. Fingerprinted by release, so caches may keep them for
a year."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

from . import places as at
from .web import Response, content

CSS = f"/assets/site.{at.RELEASE}.css"
SITE_JS = f"/assets/site.{at.RELEASE}.js"
APP_JS = f"/assets/app.{at.RELEASE}.js"
LOGO = f"/assets/logo.{at.RELEASE}.svg"
HERO = f"/assets/hero.{at.RELEASE}.svg"

FOR_A_YEAR = "public, max-age=31536000, immutable"
FOR_A_MINUTE = "public, max-age=60"

_STYLE = """
:root { --ink: #1d2433; --paper: #fbfaf7; --line: #d9d5cb; --accent: #0b6e5f; --quiet: #5b6270; }
* { box-sizing: border-box; }
body { margin: 0; font: 17px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header, main, footer { max-width: 66rem; margin: 0 auto; padding: 1rem 1.25rem; }
header { display: flex; gap: 1.25rem; align-items: center; border-bottom: 1px solid var(--line); }
header img { height: 2rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; margin-left: auto; }
a { color: var(--accent); }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1.5rem 0 .5rem; }
.lead { color: var(--quiet); max-width: 44rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem,
1fr)); gap: 1rem; padding: 0; list-style: none; }
.grid li { border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; background: #fff; }
.price { color: var(--quiet); display: block; font-size: .9rem; }
form { display: grid; gap: .75rem; max-width: 26rem; margin: 1rem 0; }
label { display: grid; gap: .25rem; font-size: .95rem; }
input, select, button { font: inherit; padding: .5rem .6rem; border: 1px solid var(--line); border-radius: .4rem; }
button { background: var(--accent); color: #fff; border: 0; cursor: pointer; }
button[aria-pressed="true"] { background: var(--ink); }
footer { border-top: 1px solid var(--line); margin-top: 3rem; color: var(--quiet); font-size: .9rem; }
@media (max-width: 40rem) { header { flex-wrap: wrap; } nav { margin-left: 0; } }
"""

_SITE_SCRIPT = """
const shelf = "demo-market-favourites";
const read = () => { try { return new Set(JSON.parse(localStorage.getItem(shelf) || "[]"));
} catch { return new Set(); } };
const write = (ids) => localStorage.setItem(shelf, JSON.stringify([...ids]));
for (const button of document.querySelectorAll("button[data-listing]")) {
  const show = () => button.setAttribute("aria-pressed", String(read().has(button.dataset.listing)));
  button.addEventListener("click", () => {
    const ids = read();
    if (!ids.delete(button.dataset.listing)) ids.add(button.dataset.listing);
    write(ids);
    show();
  });
  show();
}
const box = document.querySelector("form[data-search]");
if (box) {
  box.addEventListener("submit", (event) => {
    const words = new FormData(box).get("q").trim();
    if (words.length < 2) { event.preventDefault(); box.querySelector("input").focus(); }
  });
}
"""

_APP_SCRIPT = """
const settings = SETTINGS;
async function quote(listing, days) {
  const answer = await fetch(`${settings.api}/v1/listings/${listing}`, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(`the price could not be read: ${answer.status}`);
  const { price_cents } = await answer.json();
  return (price_cents * days) / 100;
}
const booking = document.querySelector("form[data-booking]");
if (booking) {
  const total = booking.querySelector("output");
  booking.addEventListener("change", async () => {
    const days = Math.max(1, Number(new FormData(booking).get("days")) || 1);
    try { total.value = `${(await quote(booking.dataset.booking,
    days)).toFixed(2)} EUR`; } catch (error) { total.value = error.message; }
  });
}
const payments = { key: settings.paymentsKey, mount(element) { element.dataset.payments = this.key.slice(0, 7); } };
for (const element of document.querySelectorAll("[data-pay]")) payments.mount(element);
"""

_SOURCE = """// checkout.ts: totals are computed by the API as well, these are for show
export async function quote(listing: number, days: number): Promise<number> {
  const answer = await fetch(`${settings.api}/v1/listings/${listing}`);
  return ((await answer.json()).price_cents * days) / 100;
}
"""

_DRAWINGS = {
    LOGO: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 32" role="img" aria-label="Demo Market">'
    '<path d="M4 26V12l10-7 10 7v14z" fill="#0b6e5f"/><path d="M11 26v-8h6v8z" fill="#fbfaf7"/>'
    '<text x="32" y="22" font-family="system-ui,sans-serif" font-size="15" fill="#1d2433">Demo Market</text></svg>',
    HERO: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 220" role="img" aria-label="A street of '
    'small shops">'
    '<rect width="640" height="220" fill="#e9f2ee"/>'
    + "".join(
        f'<path d="M{x} 200V110l45-40 45 40v90z" fill="#0b6e5f" opacity=".{4 + x // 100}"/>'
        for x in range(30, 600, 100)
    )
    + '<path d="M0 200h640" stroke="#1d2433" stroke-width="3"/></svg>',
}


def _key(kind: str, mode: str) -> str:
    """A value shaped like a payment provider's key, of digits that belong to nobody."""
    return "_".join(
        (kind, mode, "51Demo" + hashlib.sha256(f"{kind} of the demo marketplace".encode()).hexdigest()[:42])
    )


def publishable_key(mode: str = "live") -> str:
    """The key that browsers are meant to have."""
    return _key("pk", mode)


def secret_key() -> str:
    """The key that must stay on the server."""
    return _key("sk", "live")


def _app_script(flaws: Collection[str]) -> str:
    settings = {
        "api": at.API_SITE,
        "release": at.RELEASE,
        "paymentsKey": publishable_key("test" if "payment-test-key" in flaws else "live"),
    }
    if "stripe-key-in-bundle" in flaws:
        settings["paymentsSecret"] = secret_key()
    text = _APP_SCRIPT.replace("SETTINGS", json.dumps(settings))
    return f"{text}//# sourceMappingURL={APP_JS.rpartition('/')[2]}.map\n" if "source-map" in flaws else text


def _source_map() -> str:
    lines = {"sources": ["checkout.ts"], "sourcesContent": [_SOURCE], "names": [], "mappings": "AAAA"}
    return json.dumps({"version": 3, "file": "app.js", **lines})


def static(path: str, flaws: Collection[str]) -> Response | None:
    """The static file at this path, or None."""
    if path == CSS:
        return content(_STYLE, "text/css; charset=utf-8", cache=FOR_A_YEAR)
    if path == SITE_JS:
        varies = [("Vary", "Cookie")] if "asset-varies" in flaws else []
        kept = FOR_A_MINUTE if "asset-not-cached" in flaws else FOR_A_YEAR
        return content(_SITE_SCRIPT, "text/javascript; charset=utf-8", cache=kept, headers=varies)
    if path == APP_JS:
        return content(_app_script(flaws), "text/javascript; charset=utf-8", cache=FOR_A_YEAR)
    if path == f"{APP_JS}.map" and "source-map" in flaws:
        return content(_source_map(), "application/json", cache=FOR_A_YEAR)
    if path in _DRAWINGS:
        return content(_DRAWINGS[path], "image/svg+xml", cache=FOR_A_YEAR)
    if path == "/favicon.ico":
        return content(_DRAWINGS[LOGO], "image/svg+xml", cache="public, max-age=86400")
    return None
