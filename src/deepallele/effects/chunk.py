"""Shares of the regions that are worked on as separate jobs."""

import re

from deepallele.errors import InputError


def chunk_rows(text: str, n: int) -> range:
    """Rows of one chunk; the chunks 1 to k follow each other and cover all rows once.

    Parameters
    ----------
    text
        Snakemake's scatter item `i-of-k`, i from 1.
    n
        Number of rows.

    Returns
    -------
    range
        Row indices; empty where there are more chunks than rows.

    Raises
    ------
    InputError
        If `text` has another form or i is not in 1 to k.
    """
    match = re.fullmatch(r"(\d+)-of-(\d+)", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise InputError(f"--chunk {text!r}: use i-of-k with i from 1 to k, such as 1-of-4")
    item, chunks = int(match[1]), int(match[2])
    return range(n * (item - 1) // chunks, n * item // chunks)
