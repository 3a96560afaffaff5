"""Windows and variants of the dataset against bcftools consensus and a brute-force coordinate map."""

import gzip
import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.counts.tables import counts_table
from deepallele.dataset.build import build_dataset
from deepallele.dataset.settings import Inputs, Settings
from deepallele.dataset.store import Dataset, read_dataset, write_dataset
from deepallele.errors import InputError
from deepallele.files import write_table
from deepallele.genome.fasta import decode
from deepallele.peaks.regions import write_regions

STEP = Path(__file__).parents[2] / "src" / "build_dataset.py"
LENGTH, WIDTH = 150, 41
CONTIGS = {"chr1": 9_000, "2": 7_000, "HLA-A*01": 5_000}
Variant = tuple[int, str, str, int, int]


def random_bases(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(list("ACGT"), length))


def random_variants(rng: np.random.Generator, sequence: str) -> list[Variant]:
    """Disjoint records, some of them adjacent: SNPs, insertions, deletions, complex; phased."""
    records, position = [], 5
    while position < len(sequence) - 60:
        ref = sequence[position : position + rng.choice([1, 1, 1, 2, 12, 40])]
        if len(ref) == 1 and rng.random() < 0.6:
            alt = rng.choice([base for base in "ACGT" if base != ref])
        elif len(ref) == 1:
            alt = ref + random_bases(rng, int(rng.choice([1, 9, 45])))
        elif rng.random() < 0.8:
            alt = ref[0]
        else:
            alt = ref[0] + random_bases(rng, int(rng.integers(1, 7)))
        if alt != ref:
            a, b = [(0, 1), (1, 0), (1, 1)][rng.integers(3)]
            records.append((position, ref, alt, a, b))
        position += len(ref) + int(rng.choice([0, 1, 15, 70]))
    return records


def write_genomes(folder: Path, sequences: dict[str, str], variants: dict[str, list[Variant]]) -> None:
    text = "".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items())
    (folder / "ref.fa").write_text(text)
    header = "##fileformat=VCFv4.2\n" + "".join(
        f"##contig=<ID={c},length={len(s)}>\n" for c, s in sequences.items()
    )
    header += '##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'
    header += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tX\n"
    lines = [
        f"{contig}\t{pos + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{a}|{b}\n"
        for contig in sequences
        for pos, ref, alt, a, b in variants[contig]
    ]
    (folder / "v.vcf").write_text(header + "".join(lines))
    run(
        "bcftools view -Ob -o variants.bcf v.vcf && bcftools index variants.bcf && samtools faidx ref.fa",
        folder,
    )
    for side, name in ((1, "A"), (2, "B")):
        run(f"bcftools consensus -f ref.fa -s X -H {side} -c {name}.chain variants.bcf > {name}.fa", folder)
        run(f"samtools faidx {name}.fa", folder)


def run(command: str, folder: Path) -> None:
    subprocess.run(command, shell=True, check=True, cwd=folder, capture_output=True)


def lifted(sequence: str, variants: list[Variant], side: int) -> tuple[str, np.ndarray]:
    """Apply the variants one by one; give the haplotype and the place of every reference base in it."""
    haplotype, place, done = [], np.full(len(sequence) + 1, -1), 0
    for pos, ref, alt, *genotype in [*variants, (len(sequence), "", "", 0, 0)]:
        place[done:pos] = np.arange(pos - done) + sum(map(len, haplotype))
        haplotype.append(sequence[done:pos])
        allele = (ref, alt)[genotype[side]]
        shared = len(allele) if len(allele) == len(ref) else 1
        place[pos : pos + shared] = np.arange(shared) + sum(map(len, haplotype))
        haplotype.append(allele)
        done = pos + len(ref)
    joined = "".join(haplotype)
    place[-1] = len(joined)
    for index in range(len(place) - 2, -1, -1):
        if place[index] < 0:
            place[index] = place[index + 1]
    return joined, place


class Case:
    """A random diploid genome with regions and its dataset."""

    def __init__(self, folder: Path, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.sequences = {name: random_bases(rng, length) for name, length in CONTIGS.items()}
        self.sequences["2"] = self.sequences["2"][:3000] + "N" * 400 + self.sequences["2"][3400:]
        self.variants = {
            name: [v for v in random_variants(rng, sequence) if "N" not in v[1]]
            for name, sequence in self.sequences.items()
        }
        write_genomes(folder, self.sequences, self.variants)
        self.folder = folder
        self.regions = self.make_regions()
        write_regions(self.regions, folder / "regions.bed")
        self.counts = rng.integers(0, 40, (len(self.regions), 2, 3))
        tables = [counts_table(self.regions, name, self.counts[:, i]) for i, name in enumerate(["007", "s2"])]
        write_table(pd.concat(tables[::-1]), folder / "counts.tsv.gz")
        self.dataset, self.dropped = self.build()

    def make_regions(self) -> pd.DataFrame:
        parts = []
        for name, sequence in self.sequences.items():
            start = np.arange(0, len(sequence) - WIDTH, 97)
            parts.append(pd.DataFrame({"chrom": name, "start": start, "end": start + WIDTH}))
        table = pd.concat(parts, ignore_index=True)
        names = [f"{c}:{s}-{e}" for c, s, e in zip(table["chrom"], table["start"], table["end"], strict=True)]
        return table.assign(name=names, score=1.0, summit=table["start"] + WIDTH // 2)

    def build(
        self, name: str = "dataset.h5", inputs: dict[str, Any] | None = None, **settings: Any
    ) -> tuple[Dataset, pd.DataFrame]:
        folder = self.folder
        files = Inputs(
            folder / "regions.bed",
            folder / "counts.tsv.gz",
            folder / "variants.bcf",
            folder / "ref.fa",
            [folder / "A.fa", folder / "B.fa"],
            [folder / "A.chain", folder / "B.chain"],
        )
        chosen = Settings("X", ["P", "Q"], ["007", "s2"], LENGTH, 4, "blocks", 0.1, 0.5)
        out = folder / "out" / name
        built = build_dataset(replace(files, **inputs or {}), replace(chosen, **settings), out)
        return read_dataset(out), built.dropped


@pytest.fixture(scope="module", params=[1, 2])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("case"), request.param)


def test_windows_equal_consensus_around_the_lifted_centre(case: Case) -> None:
    expected, reasons = {}, {}
    for name, sequence in case.sequences.items():
        haplotypes = [lifted(sequence, case.variants[name], side) for side in (0, 1)]
        for _, row in case.regions[case.regions["chrom"] == name].iterrows():
            starts = [place[row["summit"]] - LENGTH // 2 for _, place in haplotypes]
            windows = [h[max(s, 0) : s + LENGTH] for s, (h, _) in zip(starts, haplotypes, strict=True)]
            if any(s < 0 or len(w) < LENGTH for s, w in zip(starts, windows, strict=True)):
                reasons[row["name"]] = "contig_edge"
            elif max(w.count("N") for w in windows) > LENGTH / 2:
                reasons[row["name"]] = "mostly_unknown"
            else:
                expected[row["name"]] = (starts, windows)
    assert set(reasons.values()) == {"contig_edge", "mostly_unknown"}
    assert dict(zip(case.dropped["region"], case.dropped["reason"], strict=True)) == reasons
    assert case.dataset.region["name"].tolist() == list(expected)
    for index, (starts, windows) in enumerate(expected.values()):
        assert case.dataset.start[index].tolist() == starts
        assert [decode(codes) for codes in case.dataset.sequence[index]] == windows


def test_windows_are_slices_of_the_files(case: Case) -> None:
    for side, name in enumerate("AB"):
        with pysam.FastaFile(str(case.folder / f"{name}.fa")) as fasta:
            for row in range(0, len(case.dataset.region), 5):
                start = int(case.dataset.start[row, side])
                contig = case.dataset.region["chrom"][row]
                assert decode(case.dataset.sequence[row, side]) == fasta.fetch(contig, start, start + LENGTH)


def test_variants_equal_brute_force(case: Case) -> None:
    expected = []
    places = {c: [lifted(s, case.variants[c], h)[1] for h in (0, 1)] for c, s in case.sequences.items()}
    for row, (contig, starts) in enumerate(
        zip(case.dataset.region["chrom"], case.dataset.start, strict=True)
    ):
        for pos, ref, alt, a, b in case.variants[contig]:
            if a == b:
                continue
            alleles = [(ref, alt)[a], (ref, alt)[b]]
            offsets = [int(places[contig][h][pos] - starts[h]) for h in (0, 1)]
            spans = [set(range(o, o + len(x))) for o, x in zip(offsets, alleles, strict=True)]
            window = set(range(LENGTH))
            if spans[0] & window or spans[1] & window:
                clipped = not (spans[0] <= window and spans[1] <= window)
                expected.append((row, contig, pos, ref, alt, *alleles, *offsets, clipped))
    assert list(case.dataset.variant.itertuples(index=False, name=None)) == expected
    assert {True, False} == set(case.dataset.variant["clipped"])


def test_stretches_of_any_size_give_the_same(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepallele.dataset.variants.MERGE", -LENGTH)
    monkeypatch.setattr("deepallele.dataset.build._CHUNK_BYTES", 2 * LENGTH * 5)
    monkeypatch.setattr("deepallele.dataset.build._SPAN", 300)
    dataset, dropped = case.build("again.h5")
    pd.testing.assert_frame_equal(dataset.variant, case.dataset.variant)
    pd.testing.assert_frame_equal(dropped, case.dropped)
    for name in ("sequence", "start", "count", "split"):
        np.testing.assert_array_equal(getattr(dataset, name), getattr(case.dataset, name))


def test_alleles_stand_in_the_windows(case: Case) -> None:
    for variant in case.dataset.variant[~case.dataset.variant["clipped"]].itertuples():
        for side, name in enumerate("ab"):
            offset, allele = getattr(variant, f"offset_{name}"), getattr(variant, f"allele_{name}")
            window = case.dataset.sequence[variant.region, side]
            assert decode(window[offset : offset + len(allele)]) == allele


def test_variants_turn_window_a_into_window_b(case: Case) -> None:
    """On the span between the clipped variants, which holds all that both windows share."""
    compared = 0
    for row, codes in enumerate(case.dataset.sequence):
        window_a, window_b = decode(codes[0]), decode(codes[1])
        table = case.dataset.variant[case.dataset.variant["region"] == row]
        left = table[table["clipped"] & (table["offset_a"] < LENGTH // 2)]
        right = table[table["clipped"] & (table["offset_a"] >= LENGTH // 2)]
        whole = table[~table["clipped"]]
        end_a = min([LENGTH, *right["offset_a"]])
        begin_a = max([0, *(left["offset_a"] + left["allele_a"].str.len())])
        edited = window_a[:end_a]
        for variant in whole[::-1].itertuples():
            stop = variant.offset_a + len(variant.allele_a)
            assert edited[variant.offset_a : stop] == variant.allele_a
            edited = edited[: variant.offset_a] + variant.allele_b + edited[stop:]
        if len(whole):
            shift = whole["offset_b"].iloc[0] - whole["offset_a"].iloc[0]
        elif len(left):
            last = left.iloc[-1]
            shift = last["offset_b"] + len(last["allele_b"]) - last["offset_a"] - len(last["allele_a"])
        else:
            shift = 0
        begin = max(begin_a, -shift)
        part = edited[begin : LENGTH - shift]
        assert part == window_b[begin + shift : begin + shift + len(part)]
        compared += len(part)
    assert compared > 0.7 * LENGTH * len(case.dataset.region)


def test_counts_split_and_attributes(case: Case, tmp_path: Path) -> None:
    kept = case.regions["name"].isin(case.dataset.region["name"]).to_numpy()
    np.testing.assert_array_equal(case.dataset.count, case.counts[kept])
    assert case.dataset.sample == ["007", "s2"]
    assert ((case.dataset.split == 2).sum(axis=0) == 1).all()
    assert (
        case.dataset.attributes["reference_md5"]
        == hashlib.md5((case.folder / "ref.fa").read_bytes()).hexdigest()
    )
    assert (case.dataset.haplotypes, case.dataset.pseudocount) == (["P", "Q"], 0.5)
    write_dataset(case.dataset, tmp_path / "one.h5")
    write_dataset(case.build("again.h5")[0], tmp_path / "two.h5")
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    np.testing.assert_array_equal(read_dataset(tmp_path / "one.h5").sequence, case.dataset.sequence)


def test_no_base_is_shared_between_train_and_test_blocks(case: Case) -> None:
    region, start, split = case.dataset.region, case.dataset.start, case.dataset.split
    for contig in CONTIGS:
        rows = np.flatnonzero(region["chrom"] == contig)
        for side in (0, 1):
            gap = np.abs(start[rows, side][:, None] - start[rows, side][None, :])
            for fold in split[:, rows]:
                apart = (fold[:, None] == 2) != (fold[None, :] == 2)
                assert not (apart & (gap < LENGTH)).any()


def step(case: Case, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the step in the case's folder; all that it writes goes to `folder`."""
    command = [sys.executable, str(STEP), "--regions", "regions.bed", "--counts", "counts.tsv.gz"]
    command += ["--variants", "variants.bcf", "--reference", "ref.fa", "--genomes", "A.fa", "B.fa"]
    command += ["--chains", "A.chain", "B.chain", "--cross", "X", "--haplotypes", "P", "Q"]
    command += ["--samples", "007", "s2", "--length", str(LENGTH), "--validation-fraction", "0.1"]
    command += ["--pseudocount", "0.5", "--out", str(folder / "d.h5")]
    command += ["--dropped", str(folder / "dropped.tsv"), "--shared", str(folder / "shared.tsv")]
    command += ["--summary", str(folder / "summary.json"), *options]
    return subprocess.run(command, cwd=case.folder, capture_output=True, text=True)


def test_the_step_writes_dataset_tables_and_numbers(case: Case, tmp_path: Path) -> None:
    options = ["--folds", "4", "--split", "blocks", "--conditions", "s2=day 1", "--min-informative", "5"]
    done = step(case, tmp_path, *options)
    assert done.returncode == 0, done.stderr
    dataset = read_dataset(tmp_path / "d.h5")
    np.testing.assert_array_equal(dataset.sequence, case.dataset.sequence)
    assert dataset.condition == ["", "day 1"]
    assert dataset.ceiling["task"].tolist() == ["all", "day 1", "007", "s2"]
    summary = json.loads((tmp_path / "summary.json").read_text())
    kept = len(dataset.region)
    assert summary["regions"]["given"] == len(case.regions) and summary["regions"]["kept"] == kept
    assert sum(summary["regions"]["dropped"].values()) == len(case.regions) - kept
    assert summary["variants"]["in_windows"] == len(dataset.variant)
    assert [sum(fold.values()) for fold in summary["folds"]] == [kept] * 4
    assert summary["warnings"] == dataset.warnings
    assert all(f"warning: {warning}" in done.stdout for warning in dataset.warnings)
    assert (tmp_path / "shared.tsv").read_text().startswith("region\tpartner\tshare\tfolds\tleaks_into\n")


def test_named_chromosomes_and_published_settings(case: Case) -> None:
    settings = {"test_chromosomes": ["2"], "targets": "published", "pad": "zeros", "shared_sequence": "drop"}
    dataset, _ = case.build("published.h5", **settings)
    assert dataset.split.shape[0] == 1 and dataset.padded and dataset.target_kind == "published"
    assert set(dataset.region["chrom"][dataset.split[0] == 2]) == {"2"}
    a, b, both = dataset.count.sum(axis=1).T
    expected = np.log2(1 + a + both / 2) - np.log2(1 + b + both / 2)
    np.testing.assert_allclose(dataset.log_ratio(), expected, atol=1e-5)


def test_a_genome_of_another_run_is_noticed(case: Case, tmp_path: Path) -> None:
    """The variants say something else about its windows: they are dropped, and the user is told."""
    text = (case.folder / "B.fa").read_text().splitlines()
    place = text.index(">2")
    second = "".join(text[place + 1 :]).split(">")[0]
    other = second[:2000] + "ACGT" * 50 + second[2200:]
    whole = "\n".join(text[: place + 1]) + f"\n{other}\n"
    rest = "\n".join(text).split(">HLA")[1]
    (tmp_path / "B.fa").write_text(f"{whole}>HLA{rest}\n")
    dataset, dropped = case.build("other.h5", {"genomes": [case.folder / "A.fa", tmp_path / "B.fa"]})
    dropped = dropped[dropped["reason"] == "not_explained"]
    assert set(dropped["chrom"]) == {"2"} and 2 <= len(dropped) <= 6
    assert any("do not turn one haplotype's window into the other's" in text for text in dataset.warnings)


def test_bad_input_leaves_nothing_half_written(case: Case, tmp_path: Path) -> None:
    lines = gzip.decompress((case.folder / "counts.tsv.gz").read_bytes()).decode().splitlines(keepends=True)
    (tmp_path / "counts.tsv").write_text("".join(lines[:-1]))
    before = sorted((case.folder / "out").iterdir())
    for inputs, settings, words in (
        ({"counts": tmp_path / "counts.tsv"}, {}, "has 0 rows for sample"),
        ({}, {"length": 90_000}, r"no region has a usable window \(contig_edge\); lower dataset.length"),
        ({"variants": case.folder / "ref.fa"}, {}, "bcftools cannot read the variants"),
        ({}, {"folds": 90}, "90 folds cannot be made"),
        ({}, {"test_chromosomes": ["2", "HLA-A*01"], "validation_chromosomes": ["chr1"]}, "left to train on"),
    ):
        with pytest.raises(InputError, match=words):
            case.build("bad.h5", inputs, **settings)
    assert sorted((case.folder / "out").iterdir()) == before


def test_the_step_tells_an_error_in_one_line(case: Case, tmp_path: Path) -> None:
    done = step(case, tmp_path, "--folds", "4", "--split", "blocks", "--conditions", "one")
    told = "error: --conditions: no sample 'one' among --samples; write sample=condition\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert list(tmp_path.iterdir()) == []
