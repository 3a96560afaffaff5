"""The screen says what the dataset holds, and fits on it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from deepallele.dataset.ceiling import ceiling_table
from deepallele.dataset.inspect import describe
from deepallele.dataset.store import REGION_COLUMNS, VARIANT_COLUMNS, Dataset, write_dataset

STEP = Path(__file__).parents[3] / "src" / "inspect_dataset.py"
N, LENGTH = 120, 40


def make_dataset(variants=True, **attributes):
    rng = np.random.default_rng(0)
    start = 500 * np.arange(N)
    chrom = np.array([f"chr{i // 30 + 1}" for i in range(N)])
    names = [f"g{i}" for i in range(N)]
    values = {"name": names, "chrom": chrom, "start": start, "end": start + 40, "summit": start + 20}
    rows = []
    alleles = [("A", "G", "A", "G"), ("AC", "GT", "AC", "GT"), ("A", "ACCC", "A", "ACCC")]
    alleles += [("ATG", "A", "CAT", "T"), ("A", "C,G", "C", "G")]
    for i in range(N - 20):
        ref, alt, a, b = alleles[i % 5]
        rows.append((i, chrom[i], start[i] + 9, ref, alt, a, b, 9, 9, i == 7))
    table = pd.DataFrame(rows if variants else [], columns=list(VARIANT_COLUMNS))
    count = rng.poisson([8, 12, 30], (N, 2, 3)).astype(np.int32)
    split = np.tile(np.repeat([2, 1, 0, 3], 30), (2, 1)).astype(np.int8)
    split[1] = split[1][::-1]
    base = {"cross": "AxB", "haplotype_a": "mum", "haplotype_b": "dad", "pseudocount": "1.0"}
    return Dataset(
        sequence=rng.integers(0, 4, (N, 2, LENGTH), dtype=np.uint8),
        region=pd.DataFrame(values)[list(REGION_COLUMNS)],
        start=np.stack([start, start], axis=1),
        variant=table,
        count=count,
        sample=["s1", "s2"],
        split=split,
        attributes={**base, "schema_version": "1", **attributes},
        reverse=np.arange(N) % 3 == 0,
        condition=["day", ""],
        ceiling=ceiling_table(count, ["s1", "s2"], ["day", ""], 15, 1.0),
    )


def test_everything_is_told_on_one_screen():
    text = describe(make_dataset(warnings="beware\nof this"))
    lines = text.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 120
    for words in (
        "Cross AxB: mum (A) and dad (B)",
        "120 regions on 4 contigs; windows of 40 bp, real bases",
        "40 windows are read on the minus strand",
        "samples: s1 (day), s2",
        "100 in windows; per window median 1 (5 % to 95 %: 0 to 1), most 1; none in 20 windows (16.7%)",
        "snp 40 (40%), mnv 20 (20%), insertion 20 (20%), deletion 20 (20%)",
        "bases inserted or deleted: 2 bp 20, 3-5 bp 20",
        "1 cut by a border, 20 with two alternatives",
        "have at least 15",
        "  ! beware",
        "  ! of this",
    ):
        assert words in text, words
    folds = lines[lines.index("Folds") + 1 :][:3]
    assert folds[0].endswith("left out  test regions are on")
    assert folds[1].split() == ["0", "30", "30", "30", "30", "chr1"]
    ceiling = lines[lines.index("Ceiling of R of log2(A/B)") + 1 :][:5]
    assert [line.split()[0] for line in ceiling] == ["task", "all", "day", "s1", "s2"]
    assert "-" in ceiling[3].split()


def test_a_dataset_without_variants_or_ceilings_is_described():
    dataset = make_dataset(variants=False, pad="zeros")
    bare = Dataset(**{**dataset.__dict__, "ceiling": dataset.ceiling.iloc[:0]})
    text = describe(bare)
    assert "none in any window" in text and "not stored" in text and "region's own bases" in text
    assert "have at least 10" in text and "Warnings" not in text


def test_the_step(tmp_path):
    write_dataset(make_dataset(), tmp_path / "d.h5")
    command = [sys.executable, str(STEP), "--dataset", str(tmp_path / "d.h5"), "--min-informative", "30"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path}/d.h5\nCross AxB") and "have at least 30" in done.stdout
