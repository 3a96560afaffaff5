"""Download one file with curl: resumed after a break, checked, and in place only when it is whole."""

import re
import subprocess
import time
from pathlib import Path

from deepallele.errors import InputError
from deepallele.fetch.checksum import Checksum, file_checksum, find_checksum, parse_checksum

# Below so many bytes per second over so many seconds a transfer counts as broken.
_STALLED = ("--speed-limit", "100", "--speed-time", "60")
_CURL = ("curl", "--fail", "--location", "--silent", "--show-error", "--connect-timeout", "30", *_STALLED)
# Another try cannot help: unknown protocol, malformed address, refused by the server (but not: too slow,
# range beyond the end, too many requests).
_FINAL = (1, 3)
_REFUSED = re.compile(r"error: 4(?!08|16|29)\d\d")
# The server cannot go on in the middle (curl's own codes), or there is nothing left to go on with (HTTP 416).
_NO_RESUME = (33, 36)
_BEYOND_END = "error: 416"


def download(url: str, path: str | Path, checksum: str | None, tries: int = 5, pause: float = 5.0) -> str:
    """Fetch a file unless it is there already with the right sum.

    What has arrived stays in `{path}.part` when a transfer breaks and is gone on from, in the next try and in
    the next run. With a wrong sum it is removed.

    Parameters
    ----------
    url
        Address: http, https or ftp.
    path
        Where the file goes.
    checksum
        `md5:...`, `sha256:...`, the address of a list of sums (see `find_checksum`), or None: not checked.
    tries
        Transfers to begin at most.
    pause
        Seconds before the second try, doubled before each further one.

    Returns
    -------
    str
        What was done, one line.

    Raises
    ------
    InputError
        If the file cannot be had, or its sum is another one; both sums are named.
    """
    path = Path(path)
    wanted = None if checksum is None else _wanted(checksum, url, tries, pause)
    if path.exists() and wanted is not None and file_checksum(path, wanted.kind) == wanted:
        return f"{path}: there already, {wanted}"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    kind = wanted.kind if wanted else "sha256"
    begun = part.exists()
    _transfer(url, part, wanted, tries, pause)
    found = file_checksum(part, kind)
    if begun and wanted is not None and found != wanted:
        # What an earlier run left may be of another version of the file.
        part.unlink()
        _transfer(url, part, wanted, tries, pause)
        found = file_checksum(part, kind)
    if wanted is not None and found != wanted:
        part.unlink()
        raise InputError(
            f"{url}: the checksum is {found}, expected {wanted}; the file was removed: try again, or mend "
            "the checksum in the configuration if the file was changed at its source"
        )
    part.replace(path)
    return f"{path}: {found}" + ("" if wanted else " (not checked: none is given)")


def _wanted(checksum: str, url: str, tries: int, pause: float) -> Checksum:
    if "://" not in checksum:
        return parse_checksum(checksum)
    for attempt in range(tries):
        run = _curl([checksum])
        if run.returncode == 0:
            return find_checksum(run.stdout, url, checksum)
        _wait_or_give_up(run, checksum, attempt, tries, pause)
    raise AssertionError("the last try returns or raises")


def _transfer(url: str, part: Path, wanted: Checksum | None, tries: int, pause: float) -> None:
    """Fill `part`; a whole one left by an interrupted run is taken as it is."""
    if part.exists() and wanted is not None and file_checksum(part, wanted.kind) == wanted:
        return
    for attempt in range(tries):
        begun = part.exists() and part.stat().st_size > 0
        run = _curl(["--continue-at", "-", "--output", str(part), url])
        if run.returncode == 0:
            return
        if begun and (run.returncode in _NO_RESUME or _BEYOND_END in run.stderr):
            part.unlink(missing_ok=True)
        _wait_or_give_up(run, url, attempt, tries, pause)


def _curl(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*_CURL, *arguments], capture_output=True, text=True, check=False)


def _wait_or_give_up(
    run: "subprocess.CompletedProcess[str]", url: str, attempt: int, tries: int, pause: float
) -> None:
    said = run.stderr.strip().replace("\n", "; ")
    if run.returncode in _FINAL or _REFUSED.search(said) or attempt + 1 == tries:
        raise InputError(f"{url}: cannot be fetched, {attempt + 1} of {tries} tries: {said}")
    print(f"{url}: {said}; trying again", flush=True)
    time.sleep(pause * 2**attempt)
