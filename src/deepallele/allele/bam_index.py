"""Indices of coordinate-sorted BAM files: where the records of each contig begin, and how many there are.

The formats are BAI and CSI (section 5 of SAMv1, and CSIv1). Of both, only the pseudo-bin of each contig is
needed, which pysam reads but does not give.
"""

import struct
from pathlib import Path
from typing import NamedTuple

from isal import igzip

from deepallele.allele.bgzf import DAMAGED
from deepallele.errors import InputError

_GZIP = b"\x1f\x8b"
_COUNT = struct.Struct("<I")
_BAI_BIN, _CSI_BIN, _CHUNK = struct.Struct("<II"), struct.Struct("<I8xI"), struct.Struct("<QQ")
_BAI_PSEUDO_BIN = 37450
_UNPLACED = 8
_UNREADABLE: tuple[type[Exception], ...] = (*DAMAGED, struct.error, ValueError)


class Stretch(NamedTuple):
    """Where the records of one contig lie, those of unmapped reads that are placed on it among them.

    Attributes
    ----------
    begin, end
        Virtual offsets of the first record and behind the last one: where a block of BGZF starts in the file,
        times 65536, plus the place in its uncompressed bytes.
    records
        Number of records.
    """

    begin: int
    end: int
    records: int


def find_index(bam: str | Path) -> tuple[Path | None, str]:
    """Find the index beside a BAM, `.bam.bai` or `.bam.csi`; one older than the BAM may be that of another.

    Returns
    -------
    index
        None where there is none to be trusted.
    note
        Why there is none and how to make one; empty where there is one.
    """
    found = [path for path in (Path(f"{bam}.bai"), Path(f"{bam}.csi")) if path.exists()]
    written = Path(bam).stat().st_mtime_ns
    for path in found:
        if path.stat().st_mtime_ns >= written:
            return path, ""
    why = f"{found[0]} is older than the BAM and not used" if found else f"{bam} has no index"
    return None, f"{why}; make one: samtools index {bam}"


def read_index(path: str | Path, contigs: int) -> list[Stretch | None]:
    """Read where the records of each contig lie.

    Parameters
    ----------
    path
        Index of a BAM.
    contigs
        Number of the BAM's contigs.

    Returns
    -------
    list of Stretch or None
        One for each contig in the order of the BAM's header; None for those without records.

    Raises
    ------
    InputError
        If the file is no index, is cut short, is that of other contigs, or lacks the numbers of records.
    """
    data = Path(path).read_bytes()
    try:
        stretches = _stretches(igzip.decompress(data) if data.startswith(_GZIP) else data)
        if len(stretches) != contigs:
            raise ValueError(f"{len(stretches)} contigs, but {contigs} in the BAM")
    except _UNREADABLE as error:
        bam = Path(path).with_suffix("")
        raise InputError(f"{path}: no sound index of {bam} ({error}); run: samtools index {bam}") from error
    return stretches


def _stretches(data: bytes) -> list[Stretch | None]:
    is_csi = data[:4] == b"CSI\1"
    if is_csi:
        depth, extra = struct.unpack_from("<2i", data, 8)
        head, pseudo_bin, at = _CSI_BIN, ((1 << 3 * (depth + 1)) - 1) // 7 + 1, 16 + extra
    elif data[:4] == b"BAI\1":
        head, pseudo_bin, at = _BAI_BIN, _BAI_PSEUDO_BIN, 4
    else:
        raise ValueError("neither BAI nor CSI")
    (contigs,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    result = []
    for _ in range(contigs):
        stretch, at = _stretch(data, at, head, pseudo_bin)
        if not is_csi:
            # The linear index of BAI: 8 bytes for each 16 kb.
            at += _COUNT.size + 8 * _COUNT.unpack_from(data, at)[0]
        result.append(stretch)
    if len(data) - at not in (0, _UNPLACED):
        raise ValueError("its length is wrong")
    return result


def _stretch(data: bytes, at: int, head: struct.Struct, pseudo_bin: int) -> tuple[Stretch | None, int]:
    """Read the bins of one contig, which begin at `at`; its stretch, and the offset behind the bins."""
    (bins,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    stretch = None
    for _ in range(bins):
        number, chunks = head.unpack_from(data, at)
        at += head.size
        if number == pseudo_bin:
            begin, end = _CHUNK.unpack_from(data, at)
            stretch = Stretch(begin, end, sum(_CHUNK.unpack_from(data, at + _CHUNK.size)))
        at += _CHUNK.size * chunks
    if bins and stretch is None:
        raise ValueError("no number of records")
    return stretch, at
