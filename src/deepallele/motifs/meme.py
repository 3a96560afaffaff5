"""MEME minimal motif format, version 4 (https://meme-suite.org/meme/doc/meme-format.html)."""

import re
from pathlib import Path

import numpy as np

from deepallele.errors import InputError
from deepallele.files import write_text
from deepallele.motifs.matrices import Motif

HEADER = """MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25
"""
SUM_TOLERANCE = 0.01


def write_meme(motifs: list[Motif], path: str | Path) -> None:
    """Write motifs in MEME format; the width of every matrix is its number of rows."""
    parts = [HEADER]
    for motif in motifs:
        label = f" {motif.label}" if motif.label else ""
        rows = "\n".join(" " + "  ".join(f"{value:.6f}" for value in row) for row in motif.pwm)
        parts.append(
            f"\nMOTIF {motif.name}{label}\n"
            f"letter-probability matrix: alength= 4 w= {len(motif.pwm)} nsites= {motif.n_sites} E= 0\n"
            f"{rows}\n"
        )
    write_text("".join(parts), path)


def read_meme(path: str | Path) -> list[Motif]:
    """Read the motifs of a MEME file; base frequencies are scaled to sum to exactly 1.

    A motif without a second name is labelled with its first.

    Raises
    ------
    InputError
        If there is no motif, a name occurs twice, a matrix has another number of rows than its
        declared width, or a row is not four frequencies that sum to 1.
    """
    lines = Path(path).read_text().splitlines()
    motifs: dict[str, Motif] = {}
    names: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith("ALPHABET") and line.split("=")[-1].split() != ["ACGT"]:
            raise InputError(
                f"{path}, line {number}: alphabet {line.split('=')[-1].strip()!r}, expected ACGT"
            )
        if line.startswith("MOTIF"):
            names = line.split()[1:]
        elif line.startswith("letter-probability matrix"):
            if not names:
                raise InputError(f"{path}, line {number}: a matrix without a MOTIF line that names it")
            if names[0] in motifs:
                raise InputError(
                    f"{path}, line {number}: motif {names[0]!r} occurs twice; give it another name"
                )
            rows, first = _rows(lines, number)
            declared = _declared(line, "w")
            if not rows or (declared is not None and declared != len(rows)):
                raise InputError(
                    f"{path}, line {number}: motif {names[0]!r} has w= {declared} "
                    f"but {len(rows)} rows; mend one"
                )
            pwm = _matrix(rows, f"{path}, line {first + 1}: motif {names[0]!r}")
            label = names[1] if len(names) > 1 else names[0]
            n_sites = _declared(line, "nsites")
            empty = np.zeros((0, 4), dtype=np.float32)
            motifs[names[0]] = Motif(names[0], pwm, empty, 20 if n_sites is None else n_sites, label)
            number, names = first + len(rows), []
    if not motifs:
        raise InputError(f"{path}: no motif found; MOTIF and letter-probability matrix lines are expected")
    return list(motifs.values())


def _declared(line: str, key: str) -> int | None:
    found = re.search(rf"\b{key}\s*=\s*(\d+)", line)
    return int(found.group(1)) if found else None


def _rows(lines: list[str], number: int) -> tuple[list[str], int]:
    """Matrix rows from line index `number`, after blank lines; and the index of the first."""
    while number < len(lines) and not lines[number].strip():
        number += 1
    stop = number
    while stop < len(lines) and re.match(r"\s*[-+.\d]", lines[stop]):
        stop += 1
    return lines[number:stop], number


def _matrix(rows: list[str], where: str) -> np.ndarray:
    try:
        values = np.array([[float(value) for value in row.split()] for row in rows])
    except ValueError as error:
        raise InputError(f"{where}: rows must be four numbers each ({error})") from error
    sums = values.sum(axis=1) if values.ndim == 2 else np.zeros(1)
    if values.shape[1:] != (4,) or (values < 0).any() or (np.abs(sums - 1) > SUM_TOLERANCE).any():
        raise InputError(f"{where}: rows must be four frequencies that sum to 1")
    return values / sums[:, None]
