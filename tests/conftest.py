"""Fixtures shared by all tests."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data sets: `$DEEPALLELE_TEST_DATA`, or `shared/data` beside the repository."""
    named = os.environ.get("DEEPALLELE_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set DEEPALLELE_TEST_DATA to their folder")
    return folder


@pytest.fixture
def write_fasta(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes {name: sequence} as FASTA in lines of 50 and returns its path."""

    def write(contigs: dict[str, str], name: str = "genome.fa") -> Path:
        path = tmp_path / name
        with path.open("w") as file:
            for contig, sequence in contigs.items():
                lines = [sequence[i : i + 50] for i in range(0, len(sequence), 50)]
                file.write(f">{contig}\n" + "".join(f"{line}\n" for line in lines))
        return path

    return write


@pytest.fixture
def write_vcf(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes records as plain VCF and returns its path.

    A record is (contig, 1-based position, ref, alt, genotypes...) or has a FILTER value in a dict at
    its end: (..., {"filter": "LowQual"}).
    """

    def write(
        records: list[tuple],
        contigs: list[str],
        samples: tuple[str, ...] = ("S",),
        name: str = "variants.vcf",
    ) -> Path:
        lines = ["##fileformat=VCFv4.2"]
        lines += [f"##contig=<ID={contig}>" for contig in contigs]
        lines += ['##FILTER=<ID=LowQual,Description="low">', '##ALT=<ID=DEL,Description="deletion">']
        lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
        lines += [
            "\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples])
        ]
        for record in records:
            extra = record[-1] if isinstance(record[-1], dict) else {}
            contig, position, ref, alt, *genotypes = [item for item in record if not isinstance(item, dict)]
            fields = [contig, position, ".", ref, alt, ".", extra.get("filter", "."), ".", "GT", *genotypes]
            lines.append("\t".join(map(str, fields)))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture
def random_sequence() -> Callable[..., str]:
    """Give a function (length, generator, letters) that draws a DNA sequence."""

    def draw(length: int, generator: np.random.Generator, letters: str = "ACGT") -> str:
        return "".join(generator.choice(list(letters), length))

    return draw
