"""The variants between the haplotypes of a cross, read in parts."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.genome.programs import bcftools

_READ_SIZE = 1 << 24
MEND = "build the genomes again"


class Variants(NamedTuple):
    """Some variants; all int64 (k,).

    Attributes
    ----------
    tid, start
        Contig index, and 0-based position of the first base of REF.
    ref, alt
        Lengths of REF and of ALT, in bases.
    """

    tid: NDArray[np.int64]
    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    alt: NDArray[np.int64]


def scan_variants(path: str | Path, contigs: dict[str, int]) -> Iterator[Variants]:
    """Read the variants between the haplotypes in the order of the file.

    Parameters
    ----------
    path
        BCF or VCF of what was applied: biallelic, one sample, genotype A|B. Records with the same allele in
        both haplotypes are left out.
    contigs
        Contigs of the reference and their lengths (bases).

    Yields
    ------
    Variants
        Some of them.

    Raises
    ------
    InputError
        If the file cannot be read, a contig is not on the reference, or a record is not biallelic.
    """
    with Path(path).open("rb"):
        pass
    command = bcftools("query", "--include", 'GT="het"', "--format", "%CHROM\t%POS\t%REF\t%ALT\n", str(path))
    tids = {contig.encode(): index for index, contig in enumerate(contigs)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        for text in _whole_lines(process.stdout):
            yield _columns(text, tids, path)
        message = process.stderr.read().decode(errors="replace").strip().splitlines()
        if process.wait():
            raise InputError(f"{path}: bcftools cannot read the variants: {' '.join(message[-1:])}; {MEND}")


def _whole_lines(file: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while more := file.read(_READ_SIZE):
        end = more.rfind(b"\n") + 1
        if end:
            yield rest + more[:end]
            rest = b""
        rest += more[end:]


def _columns(text: bytes, tids: dict[bytes, int], path: str | Path) -> Variants:
    """Parse some lines of contig, position, REF, ALT."""
    run, position, ref, alt, names, multiple = _parse(np.frombuffer(text, dtype=np.uint8))
    if multiple >= 0:
        raise InputError(f"{path}: {_line_at(text, multiple)}: one ALT allele is expected; {MEND}")
    tid = np.zeros(len(names), dtype=np.int64)
    for index, (begin, end) in enumerate(names.tolist()):
        if text[begin:end] not in tids:
            raise InputError(
                f"{path}: contig {text[begin:end].decode()!r} is not in the reference's .fai; {MEND}"
            )
        tid[index] = tids[text[begin:end]]
    return Variants(tid[run], position - 1, ref, alt)


def _line_at(text: bytes, place: int) -> str:
    begin = text.rfind(b"\n", 0, place) + 1
    return " ".join(text[begin : text.index(b"\n", begin)].decode().split("\t"))


@njit(cache=True)
def _parse(text):  # type: ignore[no-untyped-def]
    """Parse lines of contig, position, REF, ALT.

    Gives per line the number of its run of lines on one contig, position, length of REF and of ALT; per run
    the place of the contig's name; and the place of the first ALT with more than one allele, or -1.
    """
    lines = 0
    for byte in text:
        lines += byte == 10
    run, position = np.empty(lines, dtype=np.int64), np.zeros(lines, dtype=np.int64)
    ref, alt = np.empty(lines, dtype=np.int64), np.empty(lines, dtype=np.int64)
    names = np.empty((lines, 2), dtype=np.int64)
    runs, at = 0, 0
    for line in range(lines):
        begin = at
        while text[at] != 9:
            at += 1
        same = runs > 0 and names[runs - 1, 1] - names[runs - 1, 0] == at - begin
        if same:
            for place in range(at - begin):
                if text[names[runs - 1, 0] + place] != text[begin + place]:
                    same = False
                    break
        if not same:
            names[runs, 0], names[runs, 1] = begin, at
            runs += 1
        run[line] = runs - 1
        at += 1
        while text[at] != 9:
            position[line] = 10 * position[line] + text[at] - 48
            at += 1
        at += 1
        begin = at
        while text[at] != 9:
            at += 1
        ref[line] = at - begin
        at += 1
        begin = at
        while text[at] != 10:
            if text[at] == 44:
                return run, position, ref, alt, names[:runs], at
            at += 1
        alt[line] = at - begin
        at += 1
    return run, position, ref, alt, names[:runs], -1
