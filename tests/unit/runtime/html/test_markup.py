"""Nothing that comes from outside can become markup, and a page allows nothing but its own style."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from runtime.html.markup import Html, tag
from runtime.html.page import banner, document, note, section, table, tiles

EVIL = "</title></style></code>\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"


class Seen(HTMLParser):
    """Elements, their attributes and all text, as a browser would take them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)


@given(st.text())
def test_text_comes_out_as_the_text_that_went_in(text):
    seen = Seen(tag("p", text))
    assert seen.tags == ["p"]
    assert "".join(seen.texts) == text


@given(st.text(alphabet=st.characters(exclude_characters="\r\n\0")))
def test_an_attribute_cannot_be_left(text):
    seen = Seen(tag("p", "x", title=text))
    assert seen.tags == ["p"]
    assert seen.attributes == [("title", text)]


def test_markup_is_put_in_as_it_is_and_nothing_is_left_out():
    assert tag("p", tag("b", "a<b"), None, ["c", tag("i", "d")]) == "<p><b>a&lt;b</b>c<i>d</i></p>"
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert (
        tag("line", x1=1.0, y1=2.345, stroke_width=3, class_=None) == '<line x1="1" y1="2.35" stroke-width="3"></line>'
    )
    assert isinstance(tag("p"), Html)


def test_a_page_made_of_hostile_texts_holds_no_element_of_theirs():
    page = document(
        EVIL,
        banner(EVIL, "bad", EVIL, EVIL),
        tiles([(EVIL, EVIL)]),
        section(EVIL, table((EVIL,), [(EVIL,)]), note(EVIL, "bad", EVIL, [(EVIL, EVIL)], [EVIL])),
    )
    seen = Seen(page)
    assert not {"script", "img", "link", "iframe"} & set(seen.tags)
    assert "".join(seen.texts).count("alert(1)") > 10


def test_the_policy_allows_exactly_the_style_of_the_page_and_no_element_has_one_of_its_own():
    page = document("t", section("s", tag("p", "x")))
    seen = Seen(page)
    policy = next(value for name, value in seen.attributes if name == "content" and "default-src" in value)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy
    assert "style" not in [name for name, _ in seen.attributes]


def test_a_page_loads_nothing_from_anywhere():
    page = document("t", section("s"))
    assert not re.search(r"https?://|url\(|@import|src=|href=", page)
