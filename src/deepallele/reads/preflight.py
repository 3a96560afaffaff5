"""Look at the first reads before any job starts: are barcodes and tags where the configuration says?

Only the standard library is used, because this module runs inside Snakemake's own environment.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from deepallele.allele.barcode_regex import compile_barcode
from deepallele.compressed import open_binary
from deepallele.errors import InputError
from deepallele.single_cell.groups import read_whitelist

# Enough that a sample whose barcodes are in the whitelist shows one.
_READS = 20_000
_TAG = re.compile(rb"[A-Za-z][A-Za-z0-9]:[AifZHB]:[ -~]*")
_TAG_WITHIN = re.compile(rb" [A-Za-z][A-Za-z0-9]:[AifZHB]:")


def comment_tags(config: Mapping[str, Any]) -> list[str]:
    """Name the tags that the comments of the FASTQ files must hold, in the order UMI, barcode."""
    tags = []
    if config["allele"]["umi"] == "tag":
        tags.append("RX")
    if config["assay"] == "scatac" and config["single_cell"]["barcode"] == "tag":
        tags.append(config["single_cell"]["barcode_tag"])
    return tags


def check_reads(config: Mapping[str, Any], units: Sequence[Mapping[str, str]]) -> list[str]:
    """Look for tags and barcodes in the first reads of each FASTQ file, and for these in the whitelist.

    Parameters
    ----------
    config
        A configuration that passed `deepallele.config.check_config`.
    units
        Rows of the sample sheet.

    Returns
    -------
    list of str
        What is allowed but worth knowing, one line each.

    Raises
    ------
    InputError
        If a comment is no list of tags, no read has a tag or a barcode that is asked for, the whitelist is
        none, or no barcode is in it.
    """
    tags, cells = comment_tags(config), config["single_cell"]
    single_cell = config["assay"] == "scatac"
    if not tags and not single_cell:
        return []
    barcodes: set[bytes] = set()
    for unit in units:
        for path in (unit["fastq_1"], unit["fastq_2"]):
            lines = list(_headers(path))
            found = {tag: _values(lines, tag, path) for tag in tags}
            if single_cell and cells["barcode"] == "tag":
                barcodes |= found[cells["barcode_tag"]]
            elif single_cell:
                barcodes |= _starts(lines, cells, path)
    if not single_cell or cells["whitelist"] is None:
        return []
    return _check_whitelist(cells["whitelist"], barcodes)


def _headers(path: str) -> Iterator[bytes]:
    """Give the first lines of the first reads, without their '@'."""
    if not path:
        return
    with open_binary(path) as file:
        for line in islice(file, 0, 4 * _READS, 4):
            yield line[1:].rstrip(b"\r\n")


def _values(lines: Sequence[bytes], tag: str, path: str) -> set[bytes]:
    """Give the values of a tag in the comments."""
    start, values = f"{tag}:Z:".encode(), set()
    for line in lines:
        fields = re.split(rb"[ \t]", line, maxsplit=1)
        for field in fields[1].split(b"\t") if len(fields) > 1 and fields[1] else []:
            _check_tag(field, line, path)
            if field.startswith(start) and len(field) > len(start):
                values.add(field[len(start) :])
    if lines and not values:
        raise InputError(
            f"{path}: none of the first {len(lines)} reads has {start.decode()}... in its comment (the first "
            f"is {_shown(lines[0])}); set allele.umi or single_cell.barcode to where it stands, or add it"
        )
    return values


def _check_tag(field: bytes, line: bytes, path: str) -> None:
    if not _TAG.fullmatch(field) or _TAG_WITHIN.search(field):
        raise InputError(
            f"{path}: the comment of read {_shown(line)} goes into the BAM and must be SAM tags "
            f"(as CB:Z:ACGT) with tabs in between; {_shown(field)} is none"
        )


def _shown(text: bytes) -> str:
    return repr(text.decode(errors="replace")[:80])


def _starts(lines: Sequence[bytes], cells: Mapping[str, Any], path: str) -> set[bytes]:
    """Give the barcodes at the start of the read names."""
    pattern = compile_barcode(cells["barcode_regex"])
    names = [re.split(rb"[ \t]", line, maxsplit=1)[0] for line in lines]
    found = {match.group() for match in map(pattern.match, names) if match and match.group()}
    if names and not found:
        raise InputError(
            f"{path}: single_cell.barcode_regex {cells['barcode_regex']!r} matches nothing at the start of "
            f"any of the first {len(names)} read names (the first is {_shown(names[0])}); mend it, or set "
            "single_cell.barcode: tag"
        )
    return found


def _check_whitelist(path: str, barcodes: set[bytes]) -> list[str]:
    found, last = set(), ""
    for last in read_whitelist(path):
        if last.encode() in barcodes:
            found.add(last)
    if not barcodes:
        return []
    if not found:
        raise InputError(
            f"{path}: none of the {len(barcodes)} barcodes of the first reads is in this whitelist (reads "
            f"have {_shown(min(barcodes))}, the list {last!r}); is it the list of this kit, not "
            "reverse-complemented, and written as in the reads?"
        )
    share = len(found) / len(barcodes)
    return [f"{path}: {share:.0%} of the barcodes of the first reads are in it"] if share < 0.5 else []
