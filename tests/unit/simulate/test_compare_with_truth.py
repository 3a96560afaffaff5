"""compare_with_truth.py on a small made-up results folder whose every number is known."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.simulate.found_regions import match_regions, pearson, trim_alleles, variant_key

SCRIPT = Path(__file__).resolve().parents[3] / "src" / "compare_with_truth.py"
KEYS = {
    "assignment_precision", "assignment_recall", "reference_bias", "peak_recall", "peak_precision",
    "measured_ratio_r", "ratio_r_single_head", "ratio_r_computed_ratio", "ratio_r_multi_head",
    "ratio_r_recommended",
    "ratio_r_ceiling", "causal_main_variant_share", "trusted_regions", "motifs_planted", "motifs_found",
    "seconds_total", "peak_mem_mb",
}  # fmt: skip
# true log2 ratios, measured ones, and predictions of four models for five true regions
TRUE = [2.0, 1.0, 0.0, -1.0, -2.0]
MEASURED = [1.8, 1.2, 0.1, -0.9, -2.2]
MODELS = {
    "single_head": [0.1, 0.3, 0.2, 0.0, -0.1],
    "computed_ratio": [1.0, 0.2, 0.5, -0.4, -1.0],
    "multi_head": [1.5, 1.1, 0.2, -0.6, -1.5],
    "best": [1.8, 1.1, 0.0, -0.9, -2.0],
}
# read, haplotype, start, n_variants, duplicate, tag (None: lost; 0: no tag)
PAIRS = [
    ("r1", "REF", 1000, 1, False, 1),
    ("r2", "REF", 1010, 2, False, 1),
    ("r3", "REF", 1020, 1, False, 2),
    ("r4", "ALT", 1030, 1, False, 2),
    ("r5", "ALT", 1040, 1, False, None),
    ("r6", "ALT", 1050, 1, False, None),
    ("r7", "ALT", 1050, 1, True, 2),
    ("r8", "REF", 1060, 0, False, 0),
    ("r9", "ALT", 9000, 1, False, None),
    ("r10", "ALT", 1070, 1, False, 0),
]
HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 20_000}, {"SN": "chrM", "LN": 5_000}]}


def write(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, sep="\t", index=False, na_rep="NA")


def bam(path, pairs):
    path.parent.mkdir(parents=True, exist_ok=True)
    with pysam.AlignmentFile(str(path), "wb", header=HEADER) as out:
        for name, _, start, _, _, tag in pairs:
            for flag in (99, 147):
                read = pysam.AlignedSegment(out.header)
                read.query_name, read.flag, read.reference_id, read.reference_start = name, flag, 0, start
                read.query_sequence, read.cigarstring = "A" * 50, "50M"
                if tag:
                    read.set_tag("HP", tag)
                if tag is not None:
                    out.write(read)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    top = tmp_path_factory.mktemp("compare")
    truth, results = top / "sim" / "truth", top / "results"
    truth.mkdir(parents=True)
    (truth / "settings.json").write_text(json.dumps({"reference_name": "REF", "strain": "ALT"}))
    (top / "sim" / "blacklist.bed").write_text("chr1\t8900\t9500\thigh\n")
    rows = [(n, "s1", h, "chr1", s, s + 90, v, d, "region") for n, h, s, v, d, _ in PAIRS]
    rows.append(("r11", "s1", "REF", "chrM", 100, 190, 1, False, "background"))
    columns = ["read", "sample", "haplotype", "chrom", "start", "end", "n_variants", "duplicate", "source"]
    write(truth / "reads.tsv.gz", pd.DataFrame(rows, columns=columns))
    bam(results / "allele" / "s1.bam", PAIRS)

    summit = 1000 * np.arange(1, 7)
    causal = ["chr1:1005:A>G", "chr1:2003:CTT>C", "chr1:3001:A>T", "chr1:4001:A>T", "chr1:5001:C>T", None]
    regions = pd.DataFrame(
        {
            "region": [f"t{i}" for i in range(6)], "chrom": "chr1", "start": summit - 125,
            "end": summit + 126, "summit": summit, "log_ratio": [*TRUE, 0.0], "causal_variant": causal,
        }
    )  # fmt: skip
    write(truth / "regions.tsv", regions)
    # Five are found (one off by 60 bases); a sixth region lies nowhere near a true one.
    start = np.append(summit[:5] - 125 + np.array([0, 60, 0, 0, 0]), 15_000)
    names = [f"chr1:{s}-{s + 251}" for s in start]
    found = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 251, "name": names, "score": 1})
    found["strand"], found["summit"] = ".", found["start"] + 125
    (results / "peaks").mkdir()
    found.to_csv(results / "peaks" / "regions.bed", sep="\t", header=False, index=False)
    place = found[["name", "chrom", "start", "end"]].rename(columns={"name": "region"})
    counts = place.assign(count_a=[40, 40, 40, 20, 40, 40], count_b=[20, 20, 20, 20, 20, 20])
    write(results / "counts" / "imbalance.tsv", counts.assign(count_ambiguous=0, log_ratio=[*MEASURED, 3.0]))
    for model, values in MODELS.items():
        table = place.assign(
            log_ratio=[*values, 9.0], measured_log_ratio=[*MEASURED, -3.0],
            informative=[60, 60, 60, 40, 60, 9], trusted=[True, True, False, False, True, True],
        )  # fmt: skip
        write(results / "predictions" / f"{model}.tsv.gz", table)
    # The second main variant is the causal one written with more bases; the last trusted one is another.
    said = [
        "chr1:1005:A>G",
        "chr1:2002:GCTTA>GCA",
        "chr1:3001:A>T",
        "chr1:4001:A>T",
        "chr1:5050:C>T",
        "chr1:15005:C>T",
    ]
    variants = pd.DataFrame({"region": [*names, names[0]], "variant": [*said, "chr1:1007:A>C"]})
    write(results / "variants" / "best.tsv.gz", variants.assign(main=[True] * 6 + [False]))
    summary = [
        ("M1", "CTCF", 1.0, 300),
        ("M2", "SPI1", 1.0, 250),
        ("M3", "Nfya", 1.0, 200),
        ("M4", "YY1", 1.0, 10),
    ]
    write(
        truth / "motif_summary.tsv",
        pd.DataFrame(summary, columns=["motif_id", "tf", "strength", "n_instances"]),
    )
    named = [
        ("c1", "CTCF", 0.001, 1),
        ("c2", "SPI1", 0.2, 1),
        ("c2", "NFYA", 0.01, 4),
        ("c3", "SPI1", 0.01, 5),
    ]
    write(
        results / "motifs" / "best" / "tomtom.tsv",
        pd.DataFrame(named, columns=["motif", "tf", "q_value", "rank"]),
    )
    return top


def run(folder, *options, haplotypes=("REF", "ALT")):
    out = folder / "found_vs_truth.json"
    command = [
        sys.executable,
        str(SCRIPT),
        "--simulation",
        str(folder / "sim"),
        "--results",
        str(folder / "results"),
    ]
    command += [
        "--cross",
        "x",
        "--haplotypes",
        *haplotypes,
        "--recommended",
        "best",
        "--out",
        str(out),
        *options,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    return done, json.loads(out.read_text()) if done.returncode == 0 else {}


def r(first, second):
    return float(np.corrcoef(first, second)[0, 1])


def test_every_number_is_the_known_one(folder):
    done, found = run(folder, "--seconds", "12.5", "--peak-mb", "800")
    assert done.returncode == 0, done.stderr
    assert set(found) == KEYS
    # Tagged: r1 r2 r4 r7 right, r3 wrong. Distinct and informative outside blacklist and chrM: r1 r2 r3 r4 r5
    # (r6 = r7) r10.
    expected = {
        "assignment_precision": 4 / 5,
        "assignment_recall": 4 / 7,
        "reference_bias": abs(2 / 5 - 3 / 7),
        "peak_recall": 5 / 6,
        "peak_precision": 5 / 6,
        "measured_ratio_r": r(np.delete(TRUE, 3), np.delete(MEASURED, 3)),
        "ratio_r_ceiling": r(TRUE, MEASURED),
        "causal_main_variant_share": 2 / 3,
        "trusted_regions": 4,
        "motifs_planted": 3,
        "motifs_found": 2,
        "seconds_total": 12.5,
        "peak_mem_mb": 800,
    }
    for role in ("single_head", "computed_ratio", "multi_head"):
        expected[f"ratio_r_{role}"] = r(MODELS[role], MEASURED)
    expected["ratio_r_recommended"] = r(MODELS["best"], MEASURED)
    assert found == pytest.approx(expected, abs=1e-6)


def test_printed_table_shows_found_best_and_target(folder):
    done, _ = run(folder, "--target", "peak_recall=0.9")
    lines = {line.split()[0]: line.split() for line in done.stdout.splitlines()[1:]}
    assert lines["number"][:4] == ["number", "found", "best", "target"]
    assert lines["peak_recall"][1:4] == ["0.8333", "1", "0.9"]
    assert lines["motifs_found"][1:4] == ["2", "3", "-"]
    assert lines["seconds_total"][1:4] == ["-", "-", "-"]


def test_swapped_haplotypes_mirror_the_truth(folder):
    done, found = run(folder, haplotypes=("ALT", "REF"))
    assert done.returncode == 0, done.stderr
    assert found["ratio_r_ceiling"] == pytest.approx(-r(TRUE, MEASURED), abs=1e-6)
    assert found["assignment_precision"] == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    ("options", "haplotypes", "said"),
    [
        ([], ("REF", "OTHER"), "no haplotype 'OTHER'"),
        (["--target", "speed=1"], ("REF", "ALT"), "no number 'speed'"),
        (["--target", "peak_recall=high"], ("REF", "ALT"), "'high' is not a number"),
        (["--single-head", "absent"], ("REF", "ALT"), "no such file"),
    ],
)
def test_bad_input_is_one_clear_line(folder, options, haplotypes, said):
    done, _ = run(folder, *options, haplotypes=haplotypes)
    assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1


def test_a_read_the_truth_does_not_know_is_refused(folder):
    path = folder / "results" / "allele" / "s1.bam"
    before = path.read_bytes()
    bam(path, [*PAIRS, ("stranger", "REF", 2000, 1, False, 1)])
    done, _ = run(folder)
    path.write_bytes(before)
    assert done.returncode == 1 and "'stranger' is not in" in done.stderr


def test_no_trusted_region_and_no_named_motif_give_null_and_zero(folder):
    predictions = folder / "results" / "predictions" / "best.tsv.gz"
    tomtom = folder / "results" / "motifs" / "best" / "tomtom.tsv"
    kept = predictions.read_bytes(), tomtom.read_bytes()
    table = pd.read_csv(predictions, sep="\t")
    write(predictions, table.assign(trusted=False))
    tomtom.write_text("motif\tmotif_id\ttf\tp_value\tq_value\trank\n")
    done, found = run(folder)
    predictions.write_bytes(kept[0])
    tomtom.write_bytes(kept[1])
    assert done.returncode == 0, done.stderr
    assert found["causal_main_variant_share"] is None
    assert (found["trusted_regions"], found["motifs_found"]) == (0, 0)


def test_half_overlap_or_the_summit_finds_a_region():
    truth = pd.DataFrame({"chrom": "chr1", "start": [100, 1000], "end": [200, 1100], "summit": [190, 1050]})
    found = pd.DataFrame(
        {"chrom": ["chr1", "chr1", "chr2"], "start": [180, 1000, 100], "end": [260, 1050, 200]}
    )
    matches = match_regions(truth, found)
    assert matches.true_row.tolist() == [0, 1, -1]
    assert matches.recall == 1 and matches.precision == pytest.approx(2 / 3)
    less = match_regions(truth, found.assign(start=[191, 1000, 100], end=[260, 1049, 200]))
    assert less.true_row.tolist() == [-1, -1, -1]
    assert less.recall == 0 and less.precision == pytest.approx(2 / 3)


def test_trimming_brings_equal_variants_together():
    assert trim_alleles(10, "GCTTA", "GCA") == (11, "CTT", "C")
    assert trim_alleles(5, "ACG", "ATG") == (6, "C", "T")
    assert variant_key("HLA:01:7:AA>AT") == ("HLA:01", 8, "A", "T")


def test_pearson_of_too_little_is_missing():
    assert np.isnan(pearson(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0])))
    assert np.isnan(pearson(pd.Series([1.0, 1.0, 1.0]), pd.Series([1.0, 2.0, 3.0])))
    assert pearson(pd.Series([1, 2, 3, np.nan]), pd.Series([2.0, 4.0, 6.0, 0.0])) == pytest.approx(1)
