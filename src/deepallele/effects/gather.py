"""Join the tables of chunks."""

import gzip
from collections.abc import Sequence
from pathlib import Path

from deepallele.errors import InputError
from deepallele.files import write_text


def join_tables(paths: Sequence[Path], out: Path) -> int:
    """Join tables with the same header, rows in the order of the files, values as they are written.

    Parameters
    ----------
    paths
        Tables with a header line; gzip-compressed where the name ends in .gz.
    out
        The joined table, compressed likewise.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    InputError
        If a table is empty or has another header.
    """
    header, rows = "", []
    for path in paths:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
        if not text.endswith("\n"):
            raise InputError(f"{path}: empty or cut off; make it again")
        first, _, rest = text.partition("\n")
        if header and first != header:
            raise InputError(
                f"{path}: header differs from that of {paths[0]}; make both with the same version"
            )
        header = first
        rows.append(rest)
    body = "".join(rows)
    write_text(f"{header}\n{body}", out)
    return body.count("\n")
