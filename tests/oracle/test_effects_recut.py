"""Windows with exchanged alleles against edits of whole chromosomes that are cut again."""

import numpy as np
import pandas as pd
import pyfaidx
import pytest

from deepallele.dataset.store import REGION_COLUMNS, VARIANT_COLUMNS, Dataset
from deepallele.effects.flank import Genomes
from deepallele.effects.variants import exchange_alleles
from deepallele.errors import InputError
from deepallele.genome.fasta import encode

LENGTH = 20
CENTRE = LENGTH // 2


class World:
    """A chromosome with variants of both haplotypes, every base of each haplotype known by its origin.

    A haplotype is a list of (base, reference position); inserted bases have None.
    """

    def __init__(self, generator, size, variants):
        self.reference = "".join(generator.choice(list("ACGT"), size))
        self.variants = variants(self.reference)
        self.bases = [self._haplotype(side) for side in (0, 1)]
        self.texts = ["".join(base for base, _ in bases) for bases in self.bases]
        self.partners = [
            np.array([(i, origin) for i, (_, origin) in enumerate(bases) if origin is not None])
            for bases in self.bases
        ]

    def _haplotype(self, side):
        tokens, here = [], 0
        for pos, ref, alleles in self.variants:
            tokens += [(self.reference[i], i) for i in range(here, pos)]
            if alleles[side] == ref:
                tokens += [(base, pos + i) for i, base in enumerate(ref)]
            else:
                # Only the shared first base, or the bases of an exchange of equal length, have a partner.
                same = len(alleles[side]) == len(ref)
                tokens += [
                    (base, pos + i if same or i == 0 else None) for i, base in enumerate(alleles[side])
                ]
            here = pos + len(ref)
        return tokens + [(self.reference[i], i) for i in range(here, len(self.reference))]

    def text(self, side):
        return self.texts[side]

    def lift(self, side, position):
        """Index of the base, or of the next one to the right that is there."""
        index, origin = self.partners[side].T
        return int(index[np.searchsorted(origin, position)])

    def cut(self, side, first):
        text = self.text(side)
        return "".join(text[i] if 0 <= i < len(text) else "N" for i in range(first, first + LENGTH))

    def dataset(self, centres):
        start = np.array([[self.lift(side, c) - CENTRE for side in (0, 1)] for c in centres])
        sequence = np.array(
            [[encode(self.cut(h, s)) for h, s in enumerate(pair)] for pair in start], dtype=np.uint8
        )
        region = pd.DataFrame(
            {
                "name": [f"r{c}" for c in centres],
                "chrom": "c 1",
                "start": centres,
                "end": centres,
                "summit": centres,
            }
        )
        rows = []
        for i, pair in enumerate(start):
            for pos, ref, alleles in self.variants:
                offset = [self.lift(h, pos) - pair[h] for h in (0, 1)]
                ends = [offset[h] + len(alleles[h]) for h in (0, 1)]
                if any(o < LENGTH and e > 0 for o, e in zip(offset, ends, strict=True)):
                    clipped = min(offset) < 0 or max(ends) > LENGTH
                    alt = next(allele for allele in alleles if allele != ref)
                    rows.append((i, "c 1", pos, ref, alt, *alleles, *offset, clipped))
        variant = pd.DataFrame(rows, columns=list(VARIANT_COLUMNS))
        n = len(centres)
        return Dataset(
            sequence, region[list(REGION_COLUMNS)], start, variant, np.ones((n, 1, 3), np.int32), ["s"],
            np.full((1, n), 2, np.int8), {},
        )  # fmt: skip

    def write(self, folder):
        paths = []
        for side in (0, 1):
            paths.append(folder / f"h{side}.fa")
            paths[-1].write_text(f">c 1\n{self.text(side)}\n".replace("c 1", "c_1"))
            pyfaidx.Faidx(str(paths[-1]))
        return paths


def random_variants(generator, gap):
    """SNVs, exchanges of several bases, insertions and deletions, at least `gap` bases apart."""

    def draw(reference):
        found, pos = [], int(generator.integers(2, 2 + gap))
        while pos < len(reference) - 12:
            kind = generator.choice(["snv", "exchange", "insertion", "deletion"])
            size = int(generator.integers(2, 9))
            ref = reference[pos : pos + (size if kind in ("exchange", "deletion") else 1)]
            bases = "".join(generator.choice(list("ACGT"), size))
            other = {
                "snv": "ACGT"[("ACGT".index(ref[0]) + 1) % 4],
                "exchange": "".join("CGTA"["ACGT".index(base)] for base in ref),
                "insertion": ref + bases,
                "deletion": ref[0],
            }[kind]
            found.append((pos, ref, (ref, other) if generator.random() < 0.5 else (other, ref)))
            pos += len(ref) + int(generator.integers(gap, 2 * gap))
        return found

    return draw


def exchanged(world, centres, folder):
    dataset = world.dataset(centres)
    dataset = Dataset(
        **{
            **dataset.__dict__,
            "region": dataset.region.assign(chrom="c_1"),
            "variant": dataset.variant.assign(chrom="c_1"),
        }
    )
    genomes = Genomes(world.write(folder))
    rows = np.arange(len(centres))
    return dataset, exchange_alleles(dataset, rows, dataset.variant, genomes)


@pytest.mark.parametrize("seed", range(4))
def test_edit_of_the_chromosome_cut_again_gives_the_same_window(seed, tmp_path):
    generator = np.random.default_rng(seed)
    world = World(generator, 600, random_variants(generator, 3))
    # Every centre: also windows over both ends of the contig, and variants over the windows' borders.
    centres = np.arange(1, 598)
    dataset, edits = exchanged(world, centres, tmp_path)
    assert edits.placed.all()
    lengths = dataset.variant[["allele_a", "allele_b"]].map(len).to_numpy()
    checked = np.zeros(3, dtype=int)
    for i, variant in enumerate(dataset.variant.itertuples()):
        for side in (0, 1):
            own, other = [(variant.allele_a, variant.allele_b), (variant.allele_b, variant.allele_a)][side]
            first = dataset.start[variant.region, side]
            place = first + (variant.offset_a, variant.offset_b)[side]
            middle = first + CENTRE
            text = world.text(side)
            assert text[place : place + len(own)] == own
            edited = text[:place] + other + text[place + len(own) :]
            if len(own) == len(other) or middle <= place:
                checked[0] += 1
            elif middle >= place + len(own):
                partner = dataset.start[variant.region, 1 - side] + CENTRE
                there = dataset.start[variant.region, 1 - side] + (variant.offset_b, variant.offset_a)[side]
                if there < partner < there + len(other):
                    continue  # the centre is a base of the other allele: next test
                middle += len(other) - len(own)
                checked[1] += 1
            else:
                continue  # the centre base itself is exchanged: next test
            begin = middle - CENTRE
            window = "".join(edited[j] if 0 <= j < len(edited) else "N" for j in range(begin, begin + LENGTH))
            np.testing.assert_array_equal(edits.window[i, side], encode(window))
            checked[2] += lengths[i, 0] != lengths[i, 1]
    assert checked.min() > 300


@pytest.mark.parametrize("seed", range(3))
def test_exchange_of_the_only_variant_gives_the_other_haplotypes_window(seed, tmp_path):
    generator = np.random.default_rng(100 + seed)
    world = World(generator, 1200, random_variants(generator, 40))
    dataset, edits = exchanged(world, np.arange(60, 1140), tmp_path)
    counts = dataset.variant["region"].value_counts()
    alone = dataset.variant["region"].isin(counts.index[counts == 1]).to_numpy()
    # Within reach of the bases that come in at the borders there must be no other variant either: gap 40.
    expected = dataset.sequence[dataset.variant["region"].to_numpy()][:, ::-1]
    np.testing.assert_array_equal(edits.window[alone], expected[alone])
    offset = dataset.variant[["offset_a", "offset_b"]].to_numpy()
    size = dataset.variant[["allele_a", "allele_b"]].map(len).to_numpy()
    spans = ((offset < CENTRE) & (offset + size > CENTRE) & (size[:, :1] != size[:, 1:])).any(axis=1)
    assert (alone & spans).sum() > 5


def test_allele_put_where_it_already_is_changes_nothing(tmp_path):
    generator = np.random.default_rng(7)
    world = World(generator, 400, random_variants(generator, 10))
    dataset, _ = exchanged(world, np.arange(30, 370), tmp_path)
    for side in "ab":
        same = dataset.variant.copy()
        same["clipped"] = True  # takes the way through the genome
        same[["allele_a", "allele_b"]] = same[[f"allele_{side}"] * 2].to_numpy()
        same[["offset_a", "offset_b"]] = same[[f"offset_{side}"] * 2].to_numpy()
        haplotype = "ab".index(side)
        paths = [tmp_path / f"h{haplotype}.fa"] * 2
        pair = dataset.sequence[:, [haplotype, haplotype]]
        start = dataset.start[:, [haplotype, haplotype]]
        one = Dataset(**{**dataset.__dict__, "sequence": pair, "start": start, "variant": same})
        edits = exchange_alleles(one, np.arange(len(pair)), same, Genomes(paths))
        assert edits.placed.all()
        np.testing.assert_array_equal(edits.window, pair[same["region"].to_numpy()])


def test_each_region_by_itself_gives_the_same_as_all_at_once(tmp_path):
    generator = np.random.default_rng(9)
    world = World(generator, 300, random_variants(generator, 3))
    dataset, whole = exchanged(world, np.arange(30, 270), tmp_path)
    genomes = Genomes([tmp_path / "h0.fa", tmp_path / "h1.fa"])
    region = dataset.variant["region"].to_numpy()
    for row in np.unique(region):
        one = exchange_alleles(dataset, np.array([row]), dataset.variant[region == row], genomes)
        np.testing.assert_array_equal(one.window, whole.window[region == row])
        assert one.placed.all()


def test_genome_of_another_build_is_refused(tmp_path):
    generator = np.random.default_rng(8)
    world = World(generator, 400, random_variants(generator, 10))
    dataset, _ = exchanged(world, np.arange(30, 370), tmp_path)
    with pytest.raises(InputError, match="differs from the dataset"):
        exchange_alleles(
            dataset, np.arange(340), dataset.variant, Genomes([tmp_path / "h1.fa", tmp_path / "h0.fa"])
        )


def test_genome_without_index_is_refused(tmp_path):
    (tmp_path / "a.fa").write_text(">1\nACGT\n")
    with pytest.raises(InputError, match="samtools faidx"):
        Genomes([tmp_path / "a.fa"] * 2)
    with pytest.raises(InputError, match="1 files"):
        Genomes([tmp_path / "a.fa"])
