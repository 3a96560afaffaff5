"""Make one haplotype's genome, and check that every variant went into it."""

import json
import re
import subprocess
from pathlib import Path

import pysam

from deepallele.errors import InputError
from deepallele.files import atomic_path, write_text
from deepallele.genome.programs import bcftools
from deepallele.genome.reference import index_fasta

_APPLIED = re.compile(r"^Applied (\d+) variants$", re.MULTILINE)


def make_haplotype(
    reference: str | Path,
    variants: str | Path,
    summary: str | Path,
    haplotype: str,
    fasta: str | Path,
    chain: str | Path,
) -> int:
    """Apply the chosen variants of one haplotype to the reference with `bcftools consensus`.

    Parameters
    ----------
    reference
        Indexed FASTA written by `prepare_reference`.
    variants, summary
        BCF and JSON written by `select_variants`.
    haplotype
        Name of the haplotype.
    fasta
        FASTA to write; its index is written to `{fasta}.fai`.
    chain
        UCSC chain from the reference (first) to the haplotype (second) to write.

    Returns
    -------
    int
        Number of variants applied.

    Raises
    ------
    InputError
        If the summary knows no such haplotype, or bcftools is not there.
    RuntimeError
        If bcftools fails or does not apply every variant.
    """
    selection = json.loads(Path(summary).read_text())
    if haplotype not in selection["haplotypes"]:
        raise InputError(
            f"{summary}: no haplotype '{haplotype}'; it knows {', '.join(selection['haplotypes'])}"
        )
    side = selection["haplotypes"].index(haplotype)
    expected = selection["applied"][haplotype]["total"]
    with pysam.VariantFile(str(variants)) as file:
        sample = file.header.samples[0]
    with atomic_path(fasta) as new_fasta, atomic_path(chain) as new_chain:
        command = bcftools("consensus", "--haplotype", str(side + 1), "--sample", sample)
        command += ["--fasta-ref", str(reference), "--chain", str(new_chain), "--output", str(new_fasta)]
        run = subprocess.run([*command, str(variants)], stderr=subprocess.PIPE, text=True)
        applied = _APPLIED.search(run.stderr)
        if run.returncode or applied is None or int(applied[1]) != expected:
            raise RuntimeError(
                f"bcftools consensus was to apply {expected} variants to {haplotype}: {run.stderr}"
            )
        _name_chains(new_chain, reference)
    index_fasta(fasta)
    return expected


def _name_chains(chain: Path, reference: str | Path) -> None:
    """Give each chain its contig's whole name: bcftools cuts names at a colon."""
    with pysam.FastaFile(str(reference)) as fasta:
        names, lengths = fasta.references, fasta.lengths
    chains = chain.read_text().split("\n\n")[:-1]
    named = []
    for name, length, text in zip(names, lengths, chains, strict=True):
        header, _, body = text.strip().partition("\n")
        fields = header.split()
        if int(fields[3]) != length or fields[2] != name.split(":")[0]:
            raise RuntimeError(
                f"bcftools consensus wrote the chain {header!r} for contig {name} of length {length}"
            )
        fields[2] = fields[7] = name
        named.append(" ".join(fields) + f"\n{body}\n\n")
    write_text("".join(named), chain)
