"""Coordinates between the reference and a haplotype, on chains small enough to check by eye."""

import gzip

import numpy as np
import pytest

from deepallele.errors import InputError
from deepallele.genome.haplotype_map import HaplotypeMap

# Reference 0-3 kept, 4-5 deleted, 6-8 kept, three bases inserted, 9-11 kept.
CHAIN = """chain 10 c1 12 + 0 12 c1 13 + 0 13 1
4 2 0
3 0 3
3

chain 5 c2 5 + 0 5 c2 5 + 0 5 2
5

"""


@pytest.fixture
def haplotype_map(tmp_path):
    path = tmp_path / "a.chain"
    path.write_text(CHAIN)
    return HaplotypeMap.from_chain(path)


def test_contigs_lengths_and_blocks(haplotype_map):
    assert haplotype_map.contigs == ["c1", "c2"]
    assert (haplotype_map.reference_length("c1"), haplotype_map.haplotype_length("c1")) == (12, 13)
    assert haplotype_map.blocks("c1").tolist() == [[0, 0, 4], [6, 4, 3], [9, 10, 3]]
    assert haplotype_map.blocks("c1").dtype == np.int64


def test_deleted_bases_map_to_the_next_kept_one(haplotype_map):
    position, exact = haplotype_map.to_haplotype("c1", np.arange(13))
    assert position.tolist() == [0, 1, 2, 3, 4, 4, 4, 5, 6, 10, 11, 12, 13]
    assert exact.tolist() == [True] * 4 + [False] * 2 + [True] * 6 + [False]


def test_inserted_bases_map_to_the_next_reference_base(haplotype_map):
    position, exact = haplotype_map.to_reference("c1", np.arange(14))
    assert position.tolist() == [0, 1, 2, 3, 6, 7, 8, 9, 9, 9, 9, 10, 11, 12]
    assert exact.tolist() == [True] * 7 + [False] * 3 + [True] * 3 + [False]


def test_a_contig_without_variants_maps_to_itself(haplotype_map):
    position, exact = haplotype_map.to_haplotype("c2", np.array([4, 0, 5]))
    assert position.tolist() == [4, 0, 5]
    assert exact.tolist() == [True, True, False]


def test_gaps_at_both_ends_of_a_contig(tmp_path):
    path = tmp_path / "ends.chain"
    path.write_text("chain 3 c 8 + 0 8 c 6 + 0 6 1\n0 2 1\n3 3 2\n0\n")
    lifted = HaplotypeMap.from_chain(path)
    assert lifted.blocks("c").tolist() == [[2, 1, 3]]
    position, exact = lifted.to_haplotype("c", np.arange(9))
    assert position.tolist() == [1, 1, 1, 2, 3, 6, 6, 6, 6]
    assert exact.tolist() == [False] * 2 + [True] * 3 + [False] * 4
    assert lifted.to_reference("c", np.arange(7))[0].tolist() == [2, 2, 3, 4, 8, 8, 8]


def test_shapes_are_kept_and_empty_input_is_fine(haplotype_map):
    position, exact = haplotype_map.to_haplotype("c1", np.array([[0, 6], [9, 12]]))
    assert position.tolist() == [[0, 4], [10, 13]] and exact.shape == (2, 2)
    assert haplotype_map.to_haplotype("c1", np.array([], dtype=np.int64))[0].shape == (0,)


@pytest.mark.parametrize("position", [-1, 13])
def test_positions_outside_the_contig_are_refused(haplotype_map, position):
    with pytest.raises(ValueError, match=f"position {position} is outside"):
        haplotype_map.to_haplotype("c1", np.array([3, position]))


def test_unknown_contig_is_an_input_error(haplotype_map):
    with pytest.raises(InputError, match="no contig 'c3'"):
        haplotype_map.to_reference("c3", np.array([0]))


def test_gzip_is_read(tmp_path):
    path = tmp_path / "a.chain.gz"
    path.write_bytes(gzip.compress(CHAIN.encode()))
    assert HaplotypeMap.from_chain(path).contigs == ["c1", "c2"]
    path.write_bytes(gzip.compress(CHAIN.encode())[:-12])
    with pytest.raises(InputError, match="cut short"):
        HaplotypeMap.from_chain(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no chain in the file"),
        ("chr1\t0\t10\n", "not a chain"),
        ("chain 3 c 4 + 0 4 c 4 + 0 4 1\n3\n", "does not span"),
        ("chain 3 c 4 + 0 4 c 3 + 0 3 1\n2 1\n", "not a chain"),
        ("chain 4 c 4 + 0 4 c 4 - 0 4 1\n4\n", "does not span"),
        ("chain 3 c 4 + 1 4 c 4 + 1 4 1\n3\n", "does not span"),
        ("chain 4 c 4 + 0 4 c 4 + 0 4 1\n4\n\nchain 4 c 4 + 0 4 c 4 + 0 4 2\n4\n", "two chains"),
    ],
)
def test_what_is_no_whole_chain_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.chain"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        HaplotypeMap.from_chain(path)
