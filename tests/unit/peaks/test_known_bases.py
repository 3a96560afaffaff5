"""Share of a region that either haplotype's sequence has: worked cases and brute force."""

from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.errors import InputError
from deepallele.peaks.consensus import Rules, consensus
from deepallele.peaks.known import KnownBases

REFERENCE = "ACGTACGTAC" * 20


def write(folder: Path, name: str, contigs: dict[str, str], chains: list[str]) -> tuple[Path, Path]:
    """Write a haplotype's FASTA with its index, and its chain."""
    fasta, chain = folder / f"{name}.fa", folder / f"{name}.chain"
    fasta.write_text("".join(f">{contig}\n{sequence}\n" for contig, sequence in contigs.items()))
    pysam.faidx(str(fasta))
    chain.write_text("\n\n".join(chains) + "\n\n")
    return fasta, chain


def chain_of(contig: str, reference: int, haplotype: int, body: str) -> str:
    return f"chain 1 {contig} {reference} + 0 {reference} {contig} {haplotype} + 0 {haplotype} 1\n{body}"


@pytest.fixture
def known(tmp_path: Path) -> KnownBases:
    """Haplotype A is the reference with N at 50 to 60; B lacks 100 to 130 and has 40 bases after 150."""
    first = REFERENCE[:50] + "N" * 10 + REFERENCE[60:]
    second = REFERENCE[:100] + REFERENCE[130:150] + "g" * 40 + REFERENCE[150:].lower()
    whole = write(tmp_path, "A", {"1": first}, [chain_of("1", 200, 200, "200")])
    changed = write(tmp_path, "B", {"1": second}, [chain_of("1", 200, 210, "100\t30\t0\n20\t0\t40\n50")])
    return KnownBases([whole[0], changed[0]], [whole[1], changed[1]])


def test_the_haplotype_with_less_of_a_region_counts(known: KnownBases) -> None:
    start = np.array([0, 45, 50, 95, 100, 120, 140, 180])
    least = known.least(pd.Series(["1"] * len(start)), start, 20)
    assert least.tolist() == [1.0, 0.5, 0.5, 0.25, 0.0, 0.5, 1.0, 1.0]


def test_many_regions_in_any_order_equal_brute_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deepallele.peaks.known._CHUNK", 7)
    rng = np.random.default_rng(3)
    sequence = {name: "".join(rng.choice(list("ACGTNacgt"), 300)) for name in ("x", "y:1")}
    chains = [chain_of(name, 300, 300, "300") for name in sequence]
    fasta, chain = write(tmp_path, "A", sequence, chains)
    names, start = rng.choice(["x", "y:1"], 60), rng.integers(0, 270, 60)
    least = KnownBases([fasta], [chain]).least(pd.Series(names), start, 30)
    expected = [1 - sequence[n][s : s + 30].count("N") / 30 for n, s in zip(names, start, strict=True)]
    assert least == pytest.approx(expected)


def test_regions_below_the_share_are_dropped_with_the_reason(known: KnownBases) -> None:
    summits = [10, 55, 110, 190, 199]
    table = pd.DataFrame({"chrom": "1", "summit": summits, "score": [1.0, 9.0, 9.0, 1.0, 1.0]})
    table = table.assign(start=table["summit"] - 5, end=table["summit"] + 5)
    nothing = pd.DataFrame({"chrom": [], "start": [], "end": []})
    reasons = {}
    for least in (0.0, 0.5, 0.51):
        regions, dropped = consensus({"s": table}, Rules(20, 1, {"1": 200}, [], nothing, known, least))
        assert len(regions) + len(dropped) == len(summits)
        reasons[least] = dict(zip(dropped["summit"], dropped["reason"], strict=True))
    assert reasons[0.0] == {199: "contig_edge"}
    assert reasons[0.5] == {110: "mostly_unknown", 199: "contig_edge"}
    assert reasons[0.51] == {55: "mostly_unknown", 110: "mostly_unknown", 199: "contig_edge"}


def test_a_dropped_region_does_not_displace_a_whole_one(known: KnownBases) -> None:
    table = pd.DataFrame({"chrom": "1", "summit": [105, 88], "score": [9.0, 1.0]})
    table = table.assign(start=table["summit"] - 5, end=table["summit"] + 5)
    nothing = pd.DataFrame({"chrom": [], "start": [], "end": []})
    regions, _ = consensus({"s": table}, Rules(20, 1, {"1": 200}, [], nothing, known, 0.5))
    assert regions["summit"].tolist() == [88]


def test_a_genome_without_the_contig_is_told(known: KnownBases) -> None:
    with pytest.raises(InputError, match="no contig '2', on which there are regions"):
        known.least(pd.Series(["2"]), np.array([0]), 10)
