"""One set of hostile texts for every screen and every output: what the world may put into a name, a header, a record
or a page."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "markup": "[bold red]x[/] [link=https://evil.example]y[/link] [@click=app.quit]z[/]",
    "escape": "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m",
    "c1": "\x9b31m\x85next\x9d0;t\x9c",
    "bidi": "safe\u202egnp.exe\u2066hidden\u2069\u200f",
    "invisible": "zero\u200bwidth\ufeff\u00adtag\U000e0041\U000e0042",
    "formula": '=HYPERLINK("https://evil.example","pay")',
    "formula-plus": "+1+cmd|' /C calc'!A0",
    "formula-at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula-minus": "-2+3+cmd|' /C calc'!A0",
    "formula-tab": "\t=1+1",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>",
    "entity": "&lt;script&gt; &#x3C;script> &amp;",
    "style": "</style><style>@import url(https://evil.example/x.css)</style>",
    "comment": "--><!-- ]]> <![CDATA[",
    "lines": "first\r\nSet-Cookie: stolen=1\r\n\r\n<b>second\x0b\x0c\u2028third",
    "table": "a | b | c\n| --- | --- |\n``` \n# head\n- item\n1. one",
    "link": "[click](javascript:alert(1)) ![x](https://evil.example/p.png) <https://evil.example> www.evil.example",
    "fence": "```\n~~~\n````\n`",
    "long": "v=long " + "A" * 10_000,
    "surrogate": "half\ud800pair",
    "nul": "zero\x00byte",
}
ALL = "\n".join(TEXTS.values())
