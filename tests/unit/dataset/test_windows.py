"""Windows and their variants: edges, refusals, no variants at all."""

from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.dataset.store import VARIANT_COLUMNS
from deepallele.dataset.variants import window_variants
from deepallele.dataset.windows import cut_windows
from deepallele.errors import InputError
from deepallele.genome.fasta import decode
from deepallele.genome.haplotype_map import HaplotypeMap

BASES = "ACGTTGCAAC" * 3


def make_genome(folder: Path, name: str, sequence: str) -> tuple[Path, HaplotypeMap]:
    (folder / f"{name}.fa").write_text(f">c\n{sequence}\n>d\nACGT\n")
    chain = f"chain 1 c 30 + 0 30 c {len(sequence)} + 0 {len(sequence)} 1\n"
    chain += "30\n\n" if len(sequence) == 30 else f"11 {30 - len(sequence)} 0\n{len(sequence) - 11}\n\n"
    (folder / f"{name}.chain").write_text(chain)
    return folder / f"{name}.fa", HaplotypeMap.from_chain(folder / f"{name}.chain")


def regions(*spans: tuple[int, int], chrom: str = "c") -> pd.DataFrame:
    return pd.DataFrame(spans, columns=["start", "end"]).assign(chrom=chrom)


def write_bcf(path: Path, genotype: str | None) -> None:
    vcf = path.with_suffix(".vcf")
    record = f"c\t11\t.\tA\tG\t.\t.\t.\tGT\t{genotype}\n" if genotype else ""
    vcf.write_text(
        '##fileformat=VCFv4.2\n##contig=<ID=c>\n##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
        f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX\n{record}"
    )
    with (
        pysam.VariantFile(str(vcf)) as source,
        pysam.VariantFile(str(path), "wb", header=source.header) as out,
    ):
        for line in source:
            out.write(line)
    pysam.tabix_index(str(path), preset="bcf", force=True)


def test_windows_touch_but_do_not_cross_the_ends(tmp_path: Path) -> None:
    genome, coordinates = make_genome(tmp_path, "g", BASES)
    windows = cut_windows(regions((4, 6), (3, 5), (24, 26), (25, 27)), [genome] * 2, [coordinates] * 2, 10)
    assert windows.reason.tolist() == ["", "contig_edge", "", "contig_edge"]
    assert windows.start[:, 0].tolist() == [0, -1, 20, 21]
    assert decode(windows.sequence[0, 0]) == BASES[:10]
    assert decode(windows.sequence[2, 1]) == BASES[-10:]


def test_centre_in_a_deletion_moves_to_the_next_base(tmp_path: Path) -> None:
    whole, deleted = make_genome(tmp_path, "a", BASES), make_genome(tmp_path, "b", BASES[:11] + BASES[15:])
    windows = cut_windows(regions((10, 16)), [whole[0], deleted[0]], [whole[1], deleted[1]], 10)
    assert windows.start.tolist() == [[8, 6]]
    assert decode(windows.sequence[0, 1]) == BASES[6:11] + BASES[15:20]


def test_a_region_that_one_haplotype_lacks_is_refused(tmp_path: Path) -> None:
    whole, deleted = make_genome(tmp_path, "a", BASES), make_genome(tmp_path, "b", BASES[:11] + BASES[15:])
    spans = regions((12, 14), (11, 15), (10, 15), (12, 16))
    for pad in ("real", "zeros"):
        windows = cut_windows(spans, [whole[0], deleted[0]], [whole[1], deleted[1]], 10, pad)
        assert windows.reason.tolist() == ["deleted", "deleted", "", ""]


def test_windows_on_the_minus_strand_are_mirror_images(tmp_path: Path) -> None:
    genome, coordinates = make_genome(tmp_path, "g", BASES)
    mirror = BASES.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    other, _ = make_genome(tmp_path, "m", mirror)
    for length in (9, 10):
        spans = [(12, 16), (11, 16), (15, 20)]
        minus = cut_windows(regions(*spans).assign(strand="-"), [genome] * 2, [coordinates] * 2, length)
        turned = [(30 - end, 30 - start) for start, end in spans]
        plus = cut_windows(regions(*turned), [other] * 2, [coordinates] * 2, length)
        np.testing.assert_array_equal(minus.sequence, plus.sequence)
        np.testing.assert_array_equal(minus.start, 30 - length - plus.start)


def test_padded_windows_hold_the_regions_own_bases(tmp_path: Path) -> None:
    genome, coordinates = make_genome(tmp_path, "g", BASES)
    spans = regions((0, 4), (26, 30), (3, 20)).assign(strand=["+", "-", "-"])
    windows = cut_windows(spans, [genome] * 2, [coordinates] * 2, 10, "zeros")
    assert [decode(codes) for codes in windows.sequence[:, 0]] == [
        "ACGTNNNNNN",
        "GTTGNNNNNN",
        "GTTGCAACGT",
    ]
    assert windows.start[:, 0].tolist() == [0, 20, 10]
    assert windows.own[:, 0].tolist() == [[0, 4], [6, 10], [0, 10]]
    assert windows.cut_short.tolist() == [False, False, True]


@pytest.mark.parametrize(("unknown", "reason"), [(5, ""), (6, "mostly_unknown")])
def test_window_of_unknown_bases_is_refused_above_half(tmp_path: Path, unknown: int, reason: str) -> None:
    whole = make_genome(tmp_path, "a", BASES)
    masked = make_genome(tmp_path, "b", BASES[:10] + "N" * unknown + BASES[10 + unknown :])
    windows = cut_windows(regions((14, 16)), [whole[0], masked[0]], [whole[1], masked[1]], 10)
    assert windows.reason.tolist() == [reason]


def test_files_that_do_not_fit_are_told(tmp_path: Path) -> None:
    genome, coordinates = make_genome(tmp_path, "g", BASES)
    shorter, _ = make_genome(tmp_path, "h", BASES[:25])
    with pytest.raises(InputError, match=r"no contig 'd'"):
        cut_windows(regions((1, 3), chrom="d"), [genome] * 2, [coordinates] * 2, 4)
    with pytest.raises(InputError, match=r"c has 25 bases, its chain says 30"):
        cut_windows(regions((14, 16)), [shorter] * 2, [coordinates] * 2, 4)
    with pytest.raises(InputError, match="beyond the end of the contig"):
        cut_windows(regions((40, 50)), [genome] * 2, [coordinates] * 2, 4)


@pytest.mark.parametrize("genotype", ["0/.", "."])
def test_uncalled_genotype_is_told(tmp_path: Path, genotype: str) -> None:
    _, coordinates = make_genome(tmp_path, "g", BASES)
    write_bcf(tmp_path / "v.bcf", genotype)
    with pytest.raises(InputError, match=r"c:11: alleles A,G"):
        window_variants(regions((8, 12)), np.array([[5, 5]]), 10, tmp_path / "v.bcf", [coordinates] * 2)


@pytest.mark.parametrize("genotype", [None, "1|1"])
def test_no_variants_give_an_empty_table_of_the_right_types(tmp_path: Path, genotype: str | None) -> None:
    _, coordinates = make_genome(tmp_path, "g", BASES)
    write_bcf(tmp_path / "v.bcf", genotype)
    table = window_variants(regions((8, 12)), np.array([[5, 5]]), 10, tmp_path / "v.bcf", [coordinates] * 2)
    assert table.empty
    assert list(table.columns) == list(VARIANT_COLUMNS)
    assert table["offset_a"].dtype == np.int64
    assert table["clipped"].dtype == bool
