"""Files that are written whole or not at all, and are the same bytes for the same content."""

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepallele.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`; rename it to `path` when the block succeeds.

    When the block raises, the temporary file is removed and `path` is left as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix is kept: several tools choose the format from it.
    handle, name = tempfile.mkstemp(prefix=".", suffix=path.name, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(text: str, path: str | Path) -> None:
    """Write `text` as UTF-8; gzip-compressed (no time stamp inside) where `path` ends in .gz."""
    data = text.encode()
    if str(path).endswith(".gz"):
        buffer = io.BytesIO()
        with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=6, mtime=0) as file:
            file.write(data)
        data = buffer.getvalue()
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_table(table: "pd.DataFrame", path: str | Path, float_format: str = "%.6g") -> None:
    """Write a TSV with a header and without row names; missing values are written `NA`."""
    text = table.to_csv(sep="\t", index=False, float_format=float_format, na_rep="NA", lineterminator="\n")
    write_text(text, path)


def read_table(path: str | Path, columns: list[str] | None = None) -> "pd.DataFrame":
    """Read a TSV with a header (plain or .gz); only `NA` and empty are missing values.

    Parameters
    ----------
    path
        The file.
    columns
        Columns that must be there.

    Raises
    ------
    InputError
        If the file is empty or a column of `columns` is absent.
    """
    # Steps that only write bytes need not wait for its import.
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=["NA", ""])
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: the file is empty; a header line is expected") from error
    for column in columns or []:
        if column not in table.columns:
            raise InputError(f"{path}: no column {column!r}; found {', '.join(map(str, table.columns))}")
    return table


def write_json(value: Any, path: str | Path) -> None:
    """Write JSON with sorted keys, two spaces of indentation and a closing line feed.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, which JSON cannot hold: use None.
    """
    write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n", path)
