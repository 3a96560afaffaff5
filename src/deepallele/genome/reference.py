"""The reference genome in the one form that every later step reads."""

import re
from collections.abc import Iterator
from pathlib import Path

import pysam

from deepallele.compressed import check_end, open_binary
from deepallele.errors import InputError
from deepallele.files import atomic_path

LINE_WIDTH = 60
# IUPAC nucleotide codes: https://www.bioinformatics.org/sms/iupac.html
_NUCLEOTIDES = b"ACGTRYSWKMBDHVN"
# bcftools consensus takes what follows a colon for a range and would cut the contig.
_LOOKS_LIKE_RANGE = re.compile(r":\d+-\d+$")


def prepare_reference(source: str | Path, destination: str | Path) -> dict[str, int]:
    """Copy a FASTA decompressed, upper-case, in lines of 60 bases, with bare names, and index it.

    Case is dropped because `bcftools consensus` (at least 1.16) undoes a SNP under an insertion at the
    same position where the reference is lower-case. Lines are wrapped because it holds the lines
    around a variant in memory and shifts them at every indel; blank lines end its reading.

    Parameters
    ----------
    source
        FASTA, plain, gzip or bgzip.
    destination
        FASTA to write; its index is written to `{destination}.fai`.

    Returns
    -------
    dict
        Length (bp) of each contig.

    Raises
    ------
    InputError
        If the file is damaged or not a FASTA of DNA, or if a contig is empty, is named twice, or has a
        name that reads as a range of another contig.
    """
    lengths: dict[str, int] = {}
    with atomic_path(destination) as temporary, temporary.open("wb") as output:
        for name, sequence in _read_contigs(source):
            _check_contig(name, sequence, lengths, source)
            lengths[name] = len(sequence)
            output.write(f">{name}\n".encode())
            for start in range(0, len(sequence), LINE_WIDTH):
                output.write(sequence[start : start + LINE_WIDTH])
                output.write(b"\n")
        if not lengths:
            raise InputError(f"{source}: no FASTA record; the first line must start with '>'")
    index_fasta(destination)
    return lengths


def index_fasta(path: str | Path) -> None:
    """Write the samtools index `{path}.fai`."""
    with atomic_path(f"{path}.fai") as temporary:
        pysam.faidx(str(path), "--fai-idx", str(temporary))


def _read_contigs(path: str | Path) -> Iterator[tuple[str, bytes]]:
    name: str | None = None
    lines: list[bytes] = []
    check_end(path)
    with open_binary(path) as file:
        for number, line in enumerate(file, start=1):
            if line.startswith(b">"):
                if name is not None:
                    yield name, b"".join(lines).upper()
                name, lines = _parse_name(line, f"{path}, line {number}"), []
            elif line.strip():
                if name is None:
                    raise InputError(f"{path}, line {number}: sequence before the first '>'; is it a FASTA?")
                lines.append(line.strip())
    if name is not None:
        yield name, b"".join(lines).upper()


def _parse_name(header: bytes, where: str) -> str:
    words = header[1:].split()
    if not words:
        raise InputError(f"{where}: a FASTA header without a name; name the record")
    if not words[0].isascii():
        raise InputError(f"{where}: name {words[0].decode(errors='replace')!r}: use letters of ASCII only")
    return words[0].decode()


def _check_contig(name: str, sequence: bytes, earlier: dict[str, int], path: str | Path) -> None:
    if name in earlier:
        raise InputError(f"{path}: contig '{name}' appears twice; names must be unique")
    if not sequence:
        raise InputError(f"{path}: contig '{name}' has no sequence; remove it")
    if _LOOKS_LIKE_RANGE.search(name):
        raise InputError(f"{path}: contig name '{name}' reads as a range of another contig; rename it")
    foreign = sequence.translate(None, delete=_NUCLEOTIDES)
    if foreign:
        raise InputError(
            f"{path}: contig '{name}' holds {chr(foreign[0])!r}, which is no DNA letter; mend the file"
        )
