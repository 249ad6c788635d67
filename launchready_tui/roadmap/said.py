"""A finding's sentences in another language: its message and fix, filled again from the values that it carries."""

from __future__ import annotations

import msgspec

from ..findings import Finding
from ..text import clean, clean_block
from ..wording import Value, fill, first_clause
from .sheet import sheet_of


def in_language(finding: Finding, language: str) -> Finding:
    """The same finding with summary and fix in a language that its check has a file for, `check.de.toml`.

    What that file lacks, and what code has worked out for itself, stays as it is. Raises SheetError, WordingError.
    """
    sheet = sheet_of(finding.check, language)
    values: dict[str, Value] = {"subject": finding.subject, **finding.values}
    message = sheet.message(finding.rule.removeprefix(f"{finding.check}."), finding.message)
    summary, brief = finding.summary, finding.brief
    if message is not None:
        summary, brief = clean(fill(message.text, values)), clean(fill(first_clause(message.text), values))
    remedy, fix = finding.remedy, sheet.fixes.get(finding.remedy.fix) if finding.remedy else None
    if remedy is not None and fix is not None:
        remedy = msgspec.structs.replace(remedy, text=clean_block(fill(fix.text, {**values, **remedy.values})))
    return msgspec.structs.replace(finding, summary=summary, brief=brief, remedy=remedy)
