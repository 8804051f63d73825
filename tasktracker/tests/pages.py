"""For page tests: a page as a parser sees it, its forms as a browser without JavaScript would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

VOID = {"input", "meta", "link", "br", "hr", "img", "use", "rect", "line", "circle", "polyline", "polygon", "path"}


TOKEN = "t" * 32


@dataclass
class Tag:
    """An element: its name, attributes and the text inside it."""

    name: str
    attrs: dict[str, str]
    text: str = ""
    inside: list["Tag"] = field(default_factory=list)


class Page(HTMLParser):
    """The page's elements, in order. `page.all("form", action="…")` finds by attributes, `page.text` is all words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self.text = ""
        self.feed(html)

    @classmethod
    def of(cls, response: Any) -> "Page":
        return cls(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Tag(tag, {name: value or "" for name, value in attrs})
        self.tags.append(found)
        for parent in self._open:
            parent.inside.append(found)
        if tag not in VOID:
            self._open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._open and self._open[-1].name == tag:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at].name == tag:
                del self._open[at:]
                return

    def handle_data(self, data: str) -> None:
        self.text += data
        for parent in self._open:
            parent.text += data

    def all(self, name: str, /, **attrs: str) -> list[Tag]:
        """Elements of this name whose attributes contain these (`class_`, `hx_post` for class, hx-post)."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attrs.items()}
        return [
            tag
            for tag in self.tags
            if tag.name == name and all(key in tag.attrs and value in tag.attrs[key] for key, value in wanted.items())
        ]

    def one(self, name: str, /, **attrs: str) -> Tag:
        """The first such element; AssertionError when there is none."""
        found = self.all(name, **attrs)
        assert found, f"no <{name}> with {attrs}"
        return found[0]


def token_for(client: Client) -> str:
    """What the browser's forms send as `csrfmiddlewaretoken`, without a page of which it would be read."""
    client.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    return TOKEN


def submit(client: Client, page: Page, form: Tag, base: str, **values: Any) -> HttpResponse:
    """Send a form as a browser without JavaScript does: its fields as they stand, `values` over them."""
    data: dict[str, Any] = {}
    for tag in form.inside:
        name = tag.attrs.get("name")
        if not name or tag.name not in {"input", "textarea", "select"}:
            continue
        if tag.attrs.get("type") in {"checkbox", "radio"} and "checked" not in tag.attrs:
            continue
        if tag.name == "select":
            options = [one for one in tag.inside if one.name == "option"]
            chosen = next((one for one in options if "selected" in one.attrs), options[0] if options else None)
            data[name] = chosen.attrs.get("value", chosen.text) if chosen else ""
        else:
            plain = "on" if tag.attrs.get("type") in {"checkbox", "radio"} else ""
            data[name] = tag.text if tag.name == "textarea" else tag.attrs.get("value", plain)
    data.update(values)
    return client.post(urljoin(base, form.attrs["action"]), data)  # type: ignore[return-value]
