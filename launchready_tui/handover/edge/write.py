"""The files of each platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from ... import text
from . import cloudflare, nginx, platforms
from .plan import Plan

Kind = Literal["nginx", "cloudflare", "vercel", "netlify"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def files_of(plan: Plan, kind: Kind, banners: Sequence[str] = (), *, old: bool = True) -> dict[str, str]:
    """File name to its text. Banners and what could not be written stand as comments, where the form has any."""
    head = "".join(f"# {text.for_terminal(line)}\n" for line in banners)
    foot = "".join(f"# left out, too unusual for a rule: {text.for_terminal(line)}\n" for line in plan.left)
    match kind:
        case "nginx":
            return {"nginx.conf": head + nginx.write(plan, old=old) + foot}
        case "cloudflare":
            return {
                "cloudflare.txt": head + cloudflare.write(plan, old=old) + foot,
                "cloudflare.rulesets.json": cloudflare.api(plan),
            }
        case "vercel":
            return {"vercel.json": platforms.vercel(plan)}
        case "netlify":
            made = {"_redirects": platforms.netlify_redirects(plan), "_headers": platforms.netlify_headers(plan)}
            return {name: head + body + (foot if name == "_redirects" else "") for name, body in made.items()}
