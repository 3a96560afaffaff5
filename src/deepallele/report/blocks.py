"""What a page is made of: texts, pictures, tables, sections."""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real

NOT_AVAILABLE = "NA"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Image:
    """A picture in a table's cell."""

    svg: bytes
    alt: str

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        return data_uri(self.svg)


@dataclass(frozen=True)
class Picture:
    """A figure with its title and caption; `name` is its file name without ending."""

    name: str
    title: str
    svg: bytes
    caption: str
    kind: str = "picture"

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        return data_uri(self.svg)


@dataclass(frozen=True)
class Table:
    """A table; the first column and those named in `words` are set left, others right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence["str | Image"]]
    caption: str = ""
    words: Sequence[str] = ()
    kind: str = "table"


@dataclass(frozen=True)
class Details:
    """Preformatted text that is folded away."""

    title: str
    text: str
    kind: str = "details"


Block = Text | Picture | Table | Details


@dataclass(frozen=True)
class Section:
    """One part of the page; `key` is its anchor."""

    key: str
    title: str
    blocks: Sequence[Block]


def data_uri(svg: bytes) -> str:
    """Give an SVG picture as a data URI; each keeps its own ids that way."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def number(value: object, digits: int = 3) -> str:
    """Write a number for people: thousands separated, `digits` after the point; NA where there is none."""
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if not isinstance(value, Real) or not math.isfinite(value):
        return NOT_AVAILABLE
    return f"{float(value):z,.{digits}f}"


def probability(value: object) -> str:
    """Write a p- or q-value, small ones with an exponent; NA where there is none."""
    if isinstance(value, float) and 0 < value < 0.001:
        return f"{value:.1e}"
    return number(value)


def percent(value: object) -> str:
    """Write a share as per cent; NA where there is none."""
    if not isinstance(value, Real) or not math.isfinite(value):
        return NOT_AVAILABLE
    return f"{100 * float(value):.1f} %"


def word(value: object) -> str:
    """Write a name; NA where it is missing."""
    missing = value is None or (isinstance(value, float) and math.isnan(value)) or str(value) == "<NA>"
    return NOT_AVAILABLE if missing else str(value)
