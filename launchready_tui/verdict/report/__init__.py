"""A run in the formats that people and programs read."""

from __future__ import annotations

from typing import Literal, get_args

from .ink import Ink
from .model import Report, counts, of

Format = Literal["text", "json", "junit", "sarif", "markdown"]
FORMATS: tuple[str, ...] = get_args(Format)


def render(report: Report, kind: str, ink: Ink | None = None) -> str:
    """The report in one of FORMATS; `ink` is how the terminal is written to, for text only."""
    if kind == "text":
        from . import as_text

        return as_text.render(report, ink or Ink())
    if kind == "json":
        from . import as_json

        return as_json.render(report)
    if kind == "junit":
        from . import as_junit

        return as_junit.render(report)
    if kind == "sarif":
        from . import as_sarif

        return as_sarif.render(report)
    if kind == "markdown":
        from . import as_markdown

        return as_markdown.render(report)
    raise ValueError(f"{kind!r} is not a format: use one of {', '.join(FORMATS)}")


def schema() -> str:
    """The JSON Schema of the JSON report, from the package."""
    from importlib import resources

    return (resources.files(__package__) / "check.schema.json").read_text("utf-8")


__all__ = ["FORMATS", "Format", "Ink", "Report", "counts", "of", "render", "schema"]
