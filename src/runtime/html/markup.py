"""HTML elements as values: what is text is escaped, what is markup was made here. There is no other way in."""

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "hr", "meta"})


class Html(str):
    """Finished markup. Anything else that is put into an element is text and gets escaped."""

    __slots__ = ()


Child = str | None | Iterable["Child"]
"""Text, markup, nothing, or several of these."""


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Html:
    """An element. `class_` becomes class, `stroke_width` stroke-width; an attribute that is None is left out."""
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            text = escape(_plain(value), quote=True)
            parts.append(f'{key.rstrip("_").replace("_", "-")}="{text}"')
    opened = f"<{' '.join(parts)}>"
    if name in _VOID:
        return Html(opened)
    return Html(f"{opened}{join(children)}</{name}>")


def join(children: Iterable[Child]) -> Html:
    """Children as markup, one after the other."""
    return Html("".join(_markup(child) for child in children))


def _markup(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    return escape(child, quote=False) if isinstance(child, str) else join(child)


def _plain(value: str | float) -> str:
    """Numbers of a drawing need two decimals at most, and the same number always looks the same."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
