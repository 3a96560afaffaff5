"""The records of the applied variants, as bcftools reads them, and what they make of each haplotype."""

import io
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from deepallele.errors import InputError
from deepallele.genome.programs import bcftools

# Bases read beyond what is asked for: few variants reach further out, for which all is read again.
_MARGIN = 200
PLACED = ["pos", "ref", "alt", "allele_a", "allele_b"]
_QUERY = "%POS\t%REF\t%ALT[\t%GT]\n"
_CARRIED = {"0|0": (0, 0), "0|1": (0, 1), "1|0": (1, 0), "1|1": (1, 1), "0/0": (0, 0), "1/1": (1, 1)}
MEND = "two alleles and a called A|B genotype are needed: build the genomes again"

Spans = list[tuple[int, int]]


def variants_in(path: str | Path, contig: str, spans: Spans) -> pd.DataFrame:
    """Read the variants between the haplotypes that overlap some stretches of a contig.

    Records that overlap each other, which only different haplotypes can carry (or an indel anchored on a
    changed base), become one variant with what each haplotype really has there.

    Parameters
    ----------
    path
        Indexed BCF of what was applied: biallelic, one sample, phased A|B.
    contig
        Name of the contig.
    spans
        Stretches, 0-based half-open, sorted and disjoint.

    Returns
    -------
    DataFrame
        Sorted by pos, which no two rows share: pos (0-based), ref, alt, allele_a, allele_b. More than asked
        for may be in it.

    Raises
    ------
    InputError
        If the file cannot be read, a record is not biallelic or its genotype not called.
    """
    needed = spans
    while True:
        wide = [(max(begin - _MARGIN, 0), end + _MARGIN) for begin, end in needed]
        joined = _joined(_read(path, contig, wide))
        needed = _widened(spans, joined)
        # A variant may reach out and overlap others there, which overlap others: all of them are needed.
        if all(read[0] <= span[0] and span[1] <= read[1] for read, span in zip(wide, needed, strict=True)):
            return joined[PLACED]


def _widened(spans: Spans, variants: pd.DataFrame) -> Spans:
    """Widen each stretch to hold the variants that overlap it as a whole."""
    begin, end = variants["pos"].to_numpy(), variants["end"].to_numpy()
    span = np.array(spans, dtype=np.int64).reshape(-1, 2)
    if not len(variants):
        return spans
    first = np.minimum(np.searchsorted(end, span[:, 0], side="right"), len(end) - 1)
    last = np.maximum(np.searchsorted(begin, span[:, 1]) - 1, 0)
    wider = np.minimum(span[:, 0], begin[first]), np.maximum(span[:, 1], end[last])
    return list(zip(*(side.tolist() for side in wider), strict=True))


def _read(path: str | Path, contig: str, spans: Spans) -> pd.DataFrame:
    """Read the records that overlap the stretches: pos, ref, alt, and whether A and B carry it."""
    with tempfile.NamedTemporaryFile("w", suffix=".bed") as bed:
        bed.writelines(f"{contig}\t{begin}\t{end}\n" for begin, end in spans)
        bed.flush()
        command = bcftools("query", "--regions-file", bed.name, "--format", _QUERY, str(path))
        done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(f"{path}: bcftools cannot read the variants: {' '.join(message[-1:])}")
    columns = ["pos", "ref", "alt", "genotype"]
    dtype = {"pos": np.int64, "ref": str, "alt": str, "genotype": str}
    table = pd.read_csv(
        io.BytesIO(done.stdout), sep="\t", header=None, names=columns, dtype=dtype, na_filter=False
    )
    # Records of two stretches are listed twice. The order of those at one position is kept.
    table = table.drop_duplicates().sort_values("pos", kind="stable", ignore_index=True)
    carried = table["genotype"].map(_CARRIED)
    wrong = np.flatnonzero(carried.isna() | table["alt"].str.contains(",|^[.]$", regex=True))
    if len(wrong):
        row = table.iloc[wrong[0]]
        raise InputError(
            f"{path}: {contig}:{row['pos']}: alleles {row['ref']},{row['alt']}, "
            f"genotype {row['genotype']}; {MEND}"
        )
    both = np.array(carried.tolist(), dtype=np.int64).reshape(-1, 2)
    upper = {name: table[name].str.upper() for name in ("ref", "alt")}
    return table.assign(pos=table["pos"] - 1, **upper, a=both[:, 0] == 1, b=both[:, 1] == 1)


def _joined(records: pd.DataFrame) -> pd.DataFrame:
    """Join records that overlap; leave out what both haplotypes have alike."""
    end = records["pos"].to_numpy() + records["ref"].str.len().to_numpy(dtype=np.int64)
    begins = np.ones(len(records), dtype=bool)
    begins[1:] = records["pos"].to_numpy()[1:] >= np.maximum.accumulate(end)[:-1]
    number = np.cumsum(begins) - 1
    several = np.bincount(number, minlength=1)[number] > 1 if len(records) else begins
    alone = records[~several]
    table = alone[["pos", "ref", "alt"]].assign(
        allele_a=np.where(alone["a"], alone["alt"], alone["ref"]),
        allele_b=np.where(alone["b"], alone["alt"], alone["ref"]),
        end=end[~several],
    )
    clusters = [_one(rows) for _, rows in records[several].groupby(number[several])]
    if clusters:
        joined = pd.DataFrame(clusters, columns=list(table.columns))
        table = pd.concat([table, joined]).sort_values("pos", kind="stable")
    return table[table["allele_a"] != table["allele_b"]].reset_index(drop=True)


def _one(records: pd.DataFrame) -> tuple[int, str, str, str, str, int]:
    """Make one variant of records that overlap, sorted by position."""
    columns = [records[name].tolist() for name in ("pos", "ref", "alt", "a", "b")]
    rows: list[tuple[int, str, str, bool, bool]] = list(zip(*columns, strict=True))
    begin, ref = rows[0][0], ""
    for pos, piece, *_ in rows:
        ref += piece[max(begin + len(ref) - pos, 0) :]
    alleles = []
    for side in (0, 1):
        bases = ref
        # From the right, so that places further left stay; a change of an indel's anchor comes after it.
        for pos, piece, alt, *carried in reversed(rows):
            if carried[side]:
                bases = bases[: pos - begin] + alt + bases[pos - begin + len(piece) :]
        alleles.append(bases)
    joined = ",".join(dict.fromkeys(allele for allele in alleles if allele != ref))
    return begin, ref, joined, alleles[0], alleles[1], begin + len(ref)
