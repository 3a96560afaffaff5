"""The lift of alignments against a base-by-base one."""

import numpy as np
import pytest

from deepallele.allele.bam import Header
from deepallele.allele.cigar import Cigars
from deepallele.allele.lift import Lift
from deepallele.errors import InputError

OPERATIONS = "MIDNSHP=X"


class Map:
    def __init__(self, blocks, reference, haplotype):
        self._blocks, self._reference, self._haplotype = blocks, reference, haplotype
        self.contigs = list(blocks)

    def reference_length(self, contig):
        return self._reference[contig]

    def haplotype_length(self, contig):
        return self._haplotype[contig]

    def blocks(self, contig):
        return np.array(self._blocks[contig], dtype=np.int64).reshape(-1, 3)


def random_contig(rng):
    """Blocks with gaps on either side or on both, also at the very start and end; and both lengths."""
    blocks, reference, haplotype = [], int(rng.integers(0, 3)), int(rng.integers(0, 3))
    for _ in range(int(rng.integers(3, 12))):
        length = int(rng.integers(1, 15))
        blocks.append((reference, haplotype, length))
        gap = rng.integers(1, 8, 2) * [(1, 0), (0, 1), (1, 1)][rng.integers(0, 3)]
        reference, haplotype = reference + length + int(gap[0]), haplotype + length + int(gap[1])
    return blocks, reference, haplotype


def random_cigar(rng, room):
    """A valid alignment that spans at most `room` bases: its operations, span, bases of the read."""
    middle = [("M", int(rng.integers(1, 8)))]
    for _ in range(int(rng.integers(0, 4))):
        middle += [(str(rng.choice(list("IDN"))), int(rng.integers(1, 5))), (str(rng.choice(list("M=X"))), 3)]
    while sum(n for op, n in middle if op in "MDN=X") > room:
        middle = middle[:-2] if len(middle) > 1 else [("M", min(middle[0][1], room))]
    ends = [[("S", int(n))] if n else [] for n in rng.integers(0, 3, 2)]
    cigar = ends[0] + middle + ends[1]
    return cigar, sum(n for op, n in middle if op in "MDN=X"), sum(n for op, n in cigar if op in "MIS=X")


def partners(cigar, pos):
    """Base pairs (read, genome) of an alignment."""
    query, target, pairs = 0, pos, []
    for operation, length in cigar:
        if operation in "M=X":
            pairs += [(query + k, target + k) for k in range(length)]
        query += length * (operation in "MIS=X")
        target += length * (operation in "MDN=X")
    return pairs


def words_of(cigars):
    flat = [length << 4 | OPERATIONS.index(operation) for cigar in cigars for operation, length in cigar]
    return Cigars(np.array(flat, dtype=np.uint32), np.array([len(cigar) for cigar in cigars], dtype=np.int64))


def unpack(cigars, index):
    words = cigars.word[cigars.first[index] : cigars.first[index] + cigars.count[index]].tolist()
    return [(OPERATIONS[word & 15], word >> 4) for word in words]


@pytest.mark.parametrize("seed", range(25))
def test_lift_keeps_exactly_the_base_pairs_that_have_a_partner(seed):
    rng = np.random.default_rng(seed)
    contigs = {name: random_contig(rng) for name in ("x", "y", "z")}
    reference = {name: lengths[1] for name, lengths in contigs.items()}
    haplotype = {name: lengths[2] for name, lengths in contigs.items()}
    blocks = {name: lengths[0] for name, lengths in contigs.items()}
    to_reference = {
        name: {h + k: r + k for r, h, length in blocks[name] for k in range(length)} for name in blocks
    }
    header = Header("", ["z", "x", "y"], np.array([haplotype[name] for name in "zxy"]))
    lift = Lift(Map(blocks, reference, haplotype), header, reference, "x.bam")
    tid, pos, cigars, length = [], [], [], []
    for _ in range(120):
        tid.append(int(rng.integers(0, 3)))
        size = haplotype[header.contigs[tid[-1]]]
        pos.append(int(rng.integers(0, size)))
        cigar, _, bases = random_cigar(rng, size - pos[-1])
        cigars.append(cigar)
        length.append(bases)
    tid.append(-1)
    pos.append(-1)
    cigars.append([])
    length.append(20)
    lifted = lift(np.array(tid), np.array(pos), words_of(cigars), np.array(length))
    assert lifted.tid[-1] == -1
    for index in range(120):
        name = header.contigs[tid[index]]
        table = to_reference[name]
        expected = [(q, table[t]) for q, t in partners(cigars[index], pos[index]) if t in table]
        if not expected:
            assert lifted.tid[index] == -1
            continue
        assert list(reference)[lifted.tid[index]] == name
        new = unpack(lifted.cigars, index)
        assert partners(new, lifted.start[index]) == expected
        assert lifted.start[index] == expected[0][1] and lifted.end[index] == expected[-1][1] + 1
        assert sum(n for op, n in new if op in "MIS=X") == length[index]
        assert all(n > 0 for _, n in new)
        assert new[0][0] in "MS=X" and new[-1][0] in "MS=X"
        assert (lifted.clip_left[index], lifted.clip_right[index]) == (
            new[0][1] if new[0][0] == "S" else 0,
            new[-1][1] if new[-1][0] == "S" else 0,
        )


BLOCKS = {"x": [(0, 0, 100), (110, 100, 50), (160, 155, 50)]}  # 10 bases lost at 100, 5 gained before 160
LENGTHS = {"x": 210}, {"x": 205}


@pytest.mark.parametrize(
    ("pos", "cigar", "start", "expected"),
    [
        (10, [("M", 20)], 10, [("M", 20)]),
        (90, [("M", 20)], 90, [("M", 10), ("D", 10), ("M", 10)]),
        (140, [("M", 30)], 150, [("M", 10), ("I", 5), ("M", 15)]),
        (152, [("M", 20)], 160, [("S", 3), ("M", 17)]),
        (135, [("M", 17)], 145, [("M", 15), ("S", 2)]),
        (100, [("M", 20)], 110, [("M", 20)]),
        (140, [("M", 10), ("D", 5), ("M", 10)], 150, [("M", 20)]),
        (95, [("M", 5), ("I", 10), ("M", 5)], 95, [("M", 5), ("I", 10), ("D", 10), ("M", 5)]),
        (80, [("M", 10), ("N", 20), ("M", 5)], 80, [("M", 10), ("N", 30), ("M", 5)]),
        (151, [("S", 2), ("M", 4)], None, []),
    ],
)
def test_gaps_of_the_haplotype_become_operations(pos, cigar, start, expected):
    header = Header("", ["x"], np.array([205]))
    lift = Lift(Map(BLOCKS, *LENGTHS), header, LENGTHS[0], "x.bam")
    length = sum(n for op, n in cigar if op in "MIS")
    lifted = lift(np.array([0]), np.array([pos]), words_of([cigar]), np.array([length]))
    if start is None:
        assert lifted.tid[0] == -1
    else:
        assert lifted.start[0] == start
    assert unpack(lifted.cigars, 0) == expected


@pytest.mark.parametrize(
    ("contig", "bam", "fai", "message"),
    [
        ("x", 204, 210, "'x' has 205 bases in the haplotype's chain, but 204 in the BAM"),
        ("x", 205, 211, "'x' has 210 bases in the haplotype's chain, but 211 in the .fai"),
        ("y", 205, 210, "'y' is not in the haplotype's chain"),
        ("w", 205, 210, "'w' is not in the reference's .fai"),
    ],
)
def test_contigs_that_do_not_fit_are_told(contig, bam, fai, message):
    with pytest.raises(InputError, match=message):
        Lift(Map(BLOCKS, *LENGTHS), Header("", [contig], np.array([bam])), {"x": fai, "y": 210}, "b.bam")
