import shutil

import numpy as np
import pytest

from deepallele.allele.bam import Header
from deepallele.allele.sorting import Sorter
from deepallele.allele.write import bins, output_header
from deepallele.errors import InputError


def reg2bin(start, end):
    """The smallest bin that holds a span, from the definition of the bins in the SAM specification."""
    first = 0
    best = 0
    for level in range(6):
        size = 2 ** (29 - 3 * level)
        if start // size == (end - 1) // size:
            best = first + start // size
        first += 8**level
    return best


def test_bins_follow_the_specification():
    rng = np.random.default_rng(1)
    start = rng.integers(0, 2**28, 2000)
    end = start + (2 ** rng.uniform(0, 27, 2000)).astype(np.int64)
    assert bins(start, end).tolist() == [
        reg2bin(*span) for span in zip(start.tolist(), end.tolist(), strict=True)
    ]


def test_header_has_the_read_groups_of_both_inputs_and_no_other_program():
    text = "@HD\tVN:1.0\n@SQ\tSN:x\tLN:9\n@RG\tID:{}\n@PG\tID:bowtie2\tCL:/some/path\n"
    inputs = tuple(Header(text.format(name), ["x"], np.array([9])) for name in ("l2", "l1"))
    header = output_header({"x": 10, "y": 5}, inputs)
    assert header.text == output_header({"x": 10, "y": 5}, inputs[::-1]).text
    assert header.text.splitlines() == [
        "@HD\tVN:1.6\tSO:coordinate",
        "@SQ\tSN:x\tLN:10",
        "@SQ\tSN:y\tLN:5",
        "@RG\tID:l1",
        "@RG\tID:l2",
        "@PG\tID:deepallele\tPN:assign_alleles",
    ]


def test_missing_samtools_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="samtools: not found"):
        Sorter(Header("", ["x"], np.array([9])), tmp_path, 1, 100)


def test_failing_samtools_is_an_error(tmp_path):
    header = Header("", ["x"], np.array([9]))
    with (
        pytest.raises((RuntimeError, InputError)),
        Sorter(header, tmp_path, 1, 100) as sorter,
    ):
        sorter.add(np.frombuffer(b"\x40\0\0\0 no record", dtype=np.uint8))
        with sorter.sorted() as stream:
            stream.take(10)
