"""Indices that are absent, stale, damaged or those of other files."""

import os
import struct
from pathlib import Path

import pytest
from isal import igzip

from deepallele.allele.bam_index import Stretch, find_index, read_index
from deepallele.errors import InputError

PSEUDO_BIN = 37450


def bai(contigs: list[list[tuple[int, list[int]]]], windows: int = 3, unplaced: bool = True) -> bytes:
    """Bytes of a BAI from bins: number and the offsets of its chunks."""
    parts = [b"BAI\1", struct.pack("<I", len(contigs))]
    for bins in contigs:
        parts.append(struct.pack("<I", len(bins)))
        parts += [struct.pack(f"<II{len(o)}Q", number, len(o) // 2, *o) for number, o in bins]
        parts.append(struct.pack(f"<I{windows}Q", windows, *[9] * windows))
    return b"".join(parts) + (struct.pack("<Q", 4) if unplaced else b"")


BINS = [(4681, [100, 200]), (PSEUDO_BIN, [100, 300, 7, 2]), (4682, [200, 250, 260, 300])]


@pytest.mark.parametrize("unplaced", [True, False])
def test_stretches_of_bai(tmp_path: Path, unplaced: bool) -> None:
    path = tmp_path / "x.bam.bai"
    path.write_bytes(bai([[], BINS, [], [(PSEUDO_BIN, [5, 6, 1, 0])]], unplaced=unplaced))
    assert read_index(path, 4) == [None, Stretch(100, 300, 9), None, Stretch(5, 6, 1)]


@pytest.mark.parametrize("end", ["bai", "csi"])
def test_an_index_as_old_as_the_bam_or_newer_is_used_an_older_one_is_not(tmp_path: Path, end: str) -> None:
    bam, index = tmp_path / "x.bam", tmp_path / f"x.bam.{end}"
    bam.touch()
    assert find_index(bam) == (None, f"{bam} has no index; make one: samtools index {bam}")
    index.touch()
    for age, found in ((0, index), (1, index), (-1, None)):
        os.utime(bam, ns=(10**18, 10**18))
        os.utime(index, ns=(10**18 + age, 10**18 + age))
        path, note = find_index(bam)
        assert path == found
        assert (note == "") == (found is not None)
    assert note == f"{index} is older than the BAM and not used; make one: samtools index {bam}"


def test_a_fresh_csi_stands_in_for_a_stale_bai(tmp_path: Path) -> None:
    bam, stale, fresh = (tmp_path / name for name in ("x.bam", "x.bam.bai", "x.bam.csi"))
    for second, path in enumerate((stale, bam, fresh), start=1):
        path.touch()
        os.utime(path, (second, second))
    assert find_index(bam) == (fresh, "")


WHOLE = bai([BINS, []])
DAMAGED = {
    "empty": b"",
    "another file": b"hello, this is no index",
    "another version": b"BAI\2" + WHOLE[4:],
    "within the bins": WHOLE[:30],
    "within the windows": bai([BINS])[:-20],
    "two bytes too many": WHOLE + b"xx",
    "no numbers of records": bai([[BINS[0]], []]),
    "compressed and cut": igzip.compress(b"CSI\1" + WHOLE)[:-10],
    "compressed, another file": igzip.compress(b"hello"),
    "of other contigs": bai([BINS, [], []]),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_indices_are_refused_with_the_mend(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.bam.bai"
    path.write_bytes(DAMAGED[kind])
    with pytest.raises(InputError) as caught:
        read_index(path, 2)
    message = str(caught.value)
    assert message.startswith(f"{path}: no sound index of {tmp_path / 'x.bam'} (")
    assert message.endswith(f"; run: samtools index {tmp_path / 'x.bam'}") and "\n" not in message
