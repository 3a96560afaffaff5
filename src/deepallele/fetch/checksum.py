"""Checksums of fetched files: given, or looked up in what the provider publishes beside them.

Only the standard library is used, as by all of this package: it runs where nothing else is installed yet.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from deepallele.errors import InputError

# Length of a sum in hexadecimal digits -> its kind.
KINDS = {32: "md5", 64: "sha256"}
_SUM = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}")


class Checksum(NamedTuple):
    """Kind ("md5" or "sha256") and value, in lower case."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def parse_checksum(text: str) -> Checksum:
    """Read `md5:...` or `sha256:...`.

    Raises
    ------
    InputError
        If it is neither, or of another length.
    """
    kind, _, value = text.partition(":")
    if kind not in KINDS.values() or not _SUM.fullmatch(value) or KINDS[len(value)] != kind:
        raise InputError(f"checksum {text!r}: expected md5: with 32 or sha256: with 64 hexadecimal digits")
    return Checksum(kind, value.lower())


def find_checksum(listing: str, url: str, source: str) -> Checksum:
    """Look a file up in a list of sums.

    Parameters
    ----------
    listing
        What md5sum or sha256sum write (`sum  name`, or one sum alone), or figshare's list of files (JSON).
    url
        Address of the file; its last part is the name, at figshare the number, of the file.
    source
        Address of the list, for messages.

    Returns
    -------
    Checksum

    Raises
    ------
    InputError
        If the file is not in the list.
    """
    name = url.rstrip("/").rpartition("/")[2].partition("?")[0]
    if listing.lstrip().startswith("["):
        return _from_figshare(listing, name, source)
    lines = [line.split() for line in listing.splitlines() if line.strip()]
    sums = [fields for fields in lines if _SUM.fullmatch(fields[0])]
    matching = [fields[0] for fields in sums if len(fields) > 1 and Path(fields[-1].lstrip("*")).name == name]
    if len(sums) == 1 and not matching:
        matching = [sums[0][0]]
    if not matching:
        raise InputError(
            f"{source}: no checksum of {name!r} among {len(sums)}; give it as md5:... or sha256:..."
        )
    return Checksum(KINDS[len(matching[0])], matching[0].lower())


def _from_figshare(listing: str, name: str, source: str) -> Checksum:
    try:
        entries = json.loads(listing)
        sums = {str(entry["id"]): entry.get("computed_md5") or entry.get("supplied_md5") for entry in entries}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{source}: not a list of files of figshare ({error})") from error
    if not sums.get(name):
        raise InputError(
            f"{source}: no checksum of file {name}; it lists {', '.join(sorted(sums)) or 'none'}"
        )
    return parse_checksum(f"md5:{sums[name]}")


def file_checksum(path: str | Path, kind: str) -> Checksum:
    """Compute the sum of a file."""
    with Path(path).open("rb") as file:
        return Checksum(kind, hashlib.file_digest(file, kind).hexdigest())
