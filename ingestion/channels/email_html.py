"""HTML of a mail as plain text. Pure.

lxml's parser does the reading and hands over one element at a time: no tree is built, so that neither depth nor size
costs more than the input itself. A layout engine (inscriptis) was tried and left: a page of 140 kB became 300 MB of
padding. Nothing is fetched and nothing is rendered; what a reader would not see (`display: none`) stays out.
"""

import re

from lxml import etree

HTML_LIMIT = 2_000_000  # characters; the text of a message is cut far below
LINK_LIMIT = 200

_UNSEEN = frozenset(("head", "title", "style", "script", "template", "noscript", "object", "svg", "math", "select"))
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure")
) | frozenset(
    (
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "section",
        "table",
        "tbody",
        "thead",
        "tr",
        "ul",
    )
)
_APART = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"))  # with an empty line around
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|\Z)"
)
_SIGNATURES = frozenset(("gmail_signature", "gmail_signature_prefix", "moz-signature"))
_SPACES = re.compile(r"\s+")
_LINK = re.compile(r"https?://\S+", re.I)


def html_text(html: str) -> str:
    """The text that a reader sees, line by line; what is quoted (`blockquote`) gets "> " in front, as in plain mail."""
    if not html.strip():
        return ""
    target = _Text()
    # Given as UTF-8, whatever the page says of itself: the mail's own headers have named its charset already.
    parser = etree.HTMLParser(target=target, encoding="utf-8", remove_comments=True, no_network=True)
    try:
        parser.feed(html[:HTML_LIMIT].encode("utf-8", "replace"))
        parser.close()
    except etree.LxmlError:
        target.close()  # a document without a single element: what was read so far is all there is
    return target.text()


class _Text:
    """Receives the parser's events."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._open: list[tuple[str, bool]] = []  # the elements around, and whether each is out of sight
        self._unseen = self._quoted = self._kept = 0
        self._link: tuple[str, int] | None = None  # address, and where in the line its words begin

    def start(self, tag: str, attrib: dict[str, str]) -> None:
        hidden = tag in _UNSEEN or _is_hidden(attrib)
        self._open.append((tag, hidden))
        self._unseen += hidden
        if self._unseen:
            return
        if tag == "br":
            self._end_line()
        elif tag in _BLOCKS or tag in _APART:
            self._begin_block(tag)
        elif tag in ("td", "th") and self._line:
            self._line.append("  ")
        elif tag == "a":
            self._link = attrib.get("href", ""), len(self._line)

    def end(self, tag: str) -> None:
        if not self._open:
            return
        _, hidden = self._open.pop()
        if self._unseen:
            self._unseen -= hidden
            return
        if tag == "a" and self._link is not None:
            self._add_link(*self._link)
            self._link = None
        elif tag in _BLOCKS or tag in _APART:
            self._end_line(only_full=True)
            self._quoted -= tag == "blockquote"
            self._kept -= tag == "pre"
            if tag in _APART:
                self._empty_line()

    def data(self, data: str) -> None:
        if self._unseen:
            return
        if self._kept:
            first, *others = data.split("\n")
            self._line.append(first)
            for line in others:
                self._end_line()
                self._line.append(line)
            return
        words = _SPACES.sub(" ", data)
        if not self._line or self._line[-1].endswith(" "):
            words = words.removeprefix(" ")
        if words:
            self._line.append(words)

    def close(self) -> None:
        self._end_line(only_full=True)

    def text(self) -> str:
        return "\n".join(self._lines).strip("\n")

    def _begin_block(self, tag: str) -> None:
        self._end_line(only_full=True)
        if tag in _APART:
            self._empty_line()
        self._quoted += tag == "blockquote"
        self._kept += tag == "pre"
        if tag == "li":
            self._line.append("- ")

    def _end_line(self, *, only_full: bool = False) -> None:
        line = "".join(self._line).rstrip()
        self._line.clear()
        if self._link is not None:
            self._link = self._link[0], 0
        if line or not only_full:
            self._lines.append(f"> {line}".rstrip() if self._quoted else line)

    def _empty_line(self) -> None:
        if self._lines and self._lines[-1] not in ("", ">"):
            self._lines.append(">" if self._quoted else "")

    def _add_link(self, address: str, since: int) -> None:
        """The address behind words, where it says something that they do not."""
        address = address.strip()
        words = "".join(self._line[since:]).strip()
        if not words or len(address) > LINK_LIMIT or not _LINK.fullmatch(address):
            return
        if address.rstrip("/").partition("://")[2].casefold() not in words.casefold():
            self._line.append(f" <{address}>")


def _is_hidden(attrib: dict[str, str]) -> bool:
    if "hidden" in attrib or not _SIGNATURES.isdisjoint(attrib.get("class", "")[:200].split()):
        return True
    style = attrib.get("style", "")
    return bool(style) and _HIDDEN.search(style[:1_000].lower()) is not None
