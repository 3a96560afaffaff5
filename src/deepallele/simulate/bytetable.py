"""Lines of text for many records at once: columns of bytes in which byte 0 means "nothing here"."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from deepallele.files import atomic_path

Column = NDArray[np.uint8]


class Sink(Protocol):
    """Something that takes bytes."""

    def write(self, data: bytes) -> None:
        """Take more bytes."""


def constant(text: str, count: int) -> Column:
    """The same text in every row."""
    return np.broadcast_to(np.frombuffer(text.encode(), dtype=np.uint8), (count, len(text.encode())))


def choice(words: Sequence[str], index: NDArray[np.int64] | NDArray[np.int8] | NDArray[np.bool_]) -> Column:
    """The word of each row's index."""
    width = max(len(word.encode()) for word in words)
    table = np.frombuffer(b"".join(word.encode().ljust(width, b"\0") for word in words), dtype=np.uint8)
    return table.reshape(len(words), width)[index.astype(np.int64)]


def digits(values: NDArray[np.int64], least: int = 1) -> Column:
    """Decimal digits of values >= 0, at least `least` of them (padded with 0 digits)."""
    width = max(least, len(str(int(values.max(initial=0)))))
    table = np.empty((len(values), width), dtype=np.uint8)
    rest = values.astype(np.int64)
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        table[:, place] = digit + ord("0")
    size = np.maximum(np.searchsorted(10 ** np.arange(1, width + 1), values, side="right") + 1, least)
    table[np.arange(width) < (width - size)[:, None]] = 0
    return table


def lines(columns: list[Column]) -> bytes:
    """Rows of all columns side by side, bytes 0 left out (line feeds must be among the columns)."""
    table = np.concatenate(columns, axis=1)
    return bytes(table[table != 0].tobytes())


@contextmanager
def gzip_sink(path: Path, level: int = 1) -> Iterator[Sink]:
    """A gzip file without name or time stamp, written whole or not at all."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:

        class _Sink:
            def __init__(self) -> None:
                self.packer = zlib.compressobj(level, zlib.DEFLATED, 31)

            def write(self, data: bytes) -> None:
                file.write(self.packer.compress(data))

        sink = _Sink()
        yield sink
        file.write(sink.packer.flush())
