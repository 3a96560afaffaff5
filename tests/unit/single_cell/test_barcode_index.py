"""Numbers of barcodes, whatever the chunk, and however many there are."""

import numpy as np
import pytest
from cell_records import Pair, write_bam

from deepallele.allele.bam import open_bam
from deepallele.single_cell.barcodes import NO_BARCODE, UNKNOWN, BarcodeIndex


def numbers(index, path, chunk):
    stream, result = open_bam(path), []
    while len(records := stream.take(chunk)):
        result += index.numbers(records, np.arange(len(records))).tolist()
    return result


@pytest.mark.parametrize("chunk", [1, 3, 1000])
def test_barcodes_are_numbered_as_they_come(tmp_path, chunk):
    texts = ["TT", "TT-1", None, "AC", "TT", "a-very-long-barcode-of-more-than-two-words", "AC"]
    pairs = [Pair(100 * place + 100, 40, text) for place, text in enumerate(texts)]
    index = BarcodeIndex()
    found = numbers(index, write_bam(tmp_path / "x.bam", pairs), chunk)
    assert found == [number for n in (0, 1, NO_BARCODE, 2, 0, 3, 2) for number in (n, n)]
    assert index.names() == ["TT", "TT-1", "AC", texts[5]]
    text, begin, end = index.places(np.array([3, 0]))
    assert [text[a:b].tobytes().decode() for a, b in zip(begin, end, strict=True)] == [texts[5], "TT"]


def test_a_closed_index_knows_only_its_own(tmp_path):
    bam = write_bam(tmp_path / "x.bam", [Pair(100, barcode=text) for text in ("AC", "GG", None)])
    index = BarcodeIndex(["GG", "TT", "GG"], grows=False)
    assert sorted(set(numbers(index, bam, 10))) == [UNKNOWN, NO_BARCODE, 0]
    assert index.names() == ["GG", "TT"]
    assert index.find(["TT", "AC", "GG", "TT"]).tolist() == [0, 1]


def test_many_barcodes_keep_their_numbers():
    texts = [f"{number:x}" for number in range(200_000)]
    index = BarcodeIndex(texts)
    assert len(index) == 200_000 and index.names() == texts
    assert index.find(texts[::-7]).tolist() == list(range(0, 200_000))[::-7][::-1]
