"""The frame of a report: head, style and body, under a content security policy that allows this style and nothing else.

The policy is in the page itself, so it holds wherever the file is opened: no script, no picture, no font, no request.
The style is allowed by its hash, therefore no element may carry a `style` attribute.
"""

import base64
import hashlib
from collections.abc import Sequence

from runtime.html.markup import Child, Html, tag
from runtime.html.style import STYLE


def document(title: str, *body: Child) -> str:
    """A whole page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', tag('main', *body)), lang='en')}\n"


def banner(word: str, mood: str, headline: str, *lines: Child) -> Html:
    """What the report says in one glance. mood: good, doubt or bad."""
    text = tag("div", tag("h1", headline), [tag("p", line) for line in lines])
    return tag("header", tag("strong", word, class_="verdict"), text, class_=f"banner {mood}")


def tiles(items: Sequence[tuple[str, str]]) -> Html:
    """Numbers with their names."""
    return tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in items], class_="tiles")


def section(title: str, *children: Child) -> Html:
    """A part of the page."""
    return tag("section", tag("h2", title), *children)


def badge(word: str, mood: str) -> Html:
    """A verdict inside a table. The word says it; the colour only helps."""
    return tag("span", word, class_=f"badge {mood}")


def table(heads: Sequence[str], rows: Sequence[Sequence[Child]], numeric: frozenset[int] = frozenset()) -> Html:
    """A table; the columns in `numeric` stand right. On a narrow screen a row is a card, each cell after its head."""

    def cell(kind: str, column: int, child: Child, head: str | None = None) -> Html:
        return tag(kind, child, class_="number" if column in numeric else None, data_head=head)

    head = tag("tr", [cell("th", column, text) for column, text in enumerate(heads)])
    body = [tag("tr", [cell("td", column, child, heads[column]) for column, child in enumerate(row)]) for row in rows]
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_="scroll")


def note(word: str, mood: str, title: str, facts: Sequence[tuple[str, str]], commands: Sequence[str]) -> Html:
    """A finding: what, evidence, and what to type next."""
    listed = tag("dl", [[tag("dt", name), tag("dd", text)] for name, text in facts], class_="facts") if facts else None
    typed = [tag("pre", line) for line in commands]
    return tag("article", tag("h3", badge(word, mood), " ", title), listed, typed, class_=f"note {mood}")
