"""Look into the input files' headers before any job starts: do genome and variants fit?

Only the standard library is used, because this module runs inside Snakemake's own environment.
"""

import gzip
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from deepallele.errors import InputError

_CHUNK = 1 << 24


def check_inputs(config: Mapping[str, Any]) -> None:
    """Check that the reference, the variants and the blacklist exist and name the same contigs.

    Parameters
    ----------
    config
        A configuration that passed `deepallele.config.check_config`.

    Raises
    ------
    InputError
        If a file is absent, the VCF lacks a haplotype's sample, or two files share no contig.
    """
    reference = config["reference"]
    optional = {"reference.blacklist": reference["blacklist"], "peaks.regions": config["peaks"]["regions"]}
    files = {"reference.fasta": reference["fasta"], "reference.vcf": reference["vcf"], **optional}
    for key, path in files.items():
        if path is not None and not Path(path).is_file():
            raise InputError(f"config key '{key}': no such file '{path}'")
    contigs = fasta_contigs(reference["fasta"])
    vcf_names, samples = vcf_contigs_and_samples(reference["vcf"])
    for haplotype in config["cross"]["haplotypes"]:
        if haplotype["source"] == "vcf" and haplotype["vcf_sample"] not in samples:
            raise InputError(
                f"{reference['vcf']}: no sample '{haplotype['vcf_sample']}' (config key 'cross.haplotypes', "
                f"haplotype '{haplotype['name']}'); its samples are {_some(samples)}"
            )
    _check_shared(contigs, vcf_names, reference["fasta"], reference["vcf"])
    for path in optional.values():
        if path is not None:
            _check_shared(contigs, _bed_contigs(path), reference["fasta"], path, prefix_ok=False)


def fasta_contigs(path: str | Path) -> list[str]:
    """List a FASTA's contigs, from its .fai where there is an up-to-date one, else by reading it.

    Raises
    ------
    InputError
        If the file holds no FASTA header, is cut short, or names a contig twice.
    """
    index = Path(f"{path}.fai")
    if index.is_file() and index.stat().st_mtime >= Path(path).stat().st_mtime:
        names = [line.split("\t")[0] for line in index.read_text().splitlines() if line]
    else:
        with _open(path) as file:
            names = list(_headers(file, path))
    if not names:
        raise InputError(f"{path}: no FASTA record; the first line must start with '>'")
    repeated = (
        sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    )
    if repeated:
        raise InputError(f"{path}: contig '{repeated[0]}' appears twice; names must be unique")
    return names


def _open(path: str | Path) -> BinaryIO:
    with Path(path).open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else Path(path).open("rb")  # type: ignore[return-value]


def _headers(file: BinaryIO, path: str | Path) -> Iterable[str]:
    """Yield the first word of each header, reading in large pieces."""
    tail = b"\n"
    try:
        while chunk := file.read(_CHUNK):
            chunk = tail + chunk
            start = chunk.find(b"\n>")
            while start >= 0:
                end = chunk.find(b"\n", start + 1)
                if end < 0:
                    break
                words = chunk[start + 2 : end].split()
                if not words:
                    raise InputError(f"{path}: a FASTA header without a name ('>' alone); name the record")
                yield words[0].decode()
                start = chunk.find(b"\n>", end)
            # An unfinished header, or the last byte, which may be the line feed before a header.
            tail = chunk[start:] if start >= 0 else chunk[-1:]
    except (EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the compressed file is cut short or damaged; copy it again") from error


def vcf_contigs_and_samples(path: str | Path) -> tuple[set[str], list[str]]:
    """Read a VCF's or BCF's contig names and sample columns.

    Contigs are those declared in the header; where the header declares none, those of the records.

    Raises
    ------
    InputError
        If the header has no `#CHROM` line or the file is cut short.
    """
    contigs: set[str] = set()
    samples: list[str] | None = None
    try:
        with _open(path) as file:
            for line in _vcf_lines(file, path):
                if line.startswith("##contig=<"):
                    fields = line[len("##contig=<") :].rstrip(">\n").split(",")
                    contigs.update(field[3:] for field in fields if field.startswith("ID="))
                elif line.startswith("#CHROM"):
                    samples = line.rstrip("\n").split("\t")[9:]
                    if contigs:
                        break
                elif not line.startswith("#"):
                    if samples is None:
                        break
                    contigs.add(line.split("\t", 1)[0])
    except (EOFError, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the compressed file is cut short or damaged; copy it again") from error
    if samples is None:
        raise InputError(f"{path}: no '#CHROM' header line; is this a VCF file?")
    return contigs, samples


def _vcf_lines(file: BinaryIO, path: str | Path) -> Iterable[str]:
    start = file.read(9)
    if start[:3] == b"BCF":
        length = int.from_bytes(start[5:9], "little")
        header = file.read(length).rstrip(b"\0")
        yield from header.decode(errors="replace").splitlines(keepends=True)
        return
    first = True
    for line in file:
        line = start + line if first else line
        first = False
        yield line.decode(errors="replace")


def _bed_contigs(path: str | Path) -> set[str]:
    names = set()
    with _open(path) as file:
        for number, raw in enumerate(file, start=1):
            line = raw.decode(errors="replace")
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) < 3 or not fields[1].isdigit() or not fields[2].isdigit():
                raise InputError(
                    f"{path}, line {number}: not a BED line (tab-separated chrom, start, end): {line[:60]!r}"
                )
            if int(fields[1]) >= int(fields[2]):
                raise InputError(
                    f"{path}, line {number}: end {fields[2]} is not greater than start {fields[1]}"
                )
            names.add(fields[0])
    return names


def _check_shared(
    contigs: Iterable[str], others: set[str], fasta: str, path: str, prefix_ok: bool = True
) -> None:
    known = set(contigs)
    if not others or known & others:
        return
    stripped = {name.removeprefix("chr") for name in known} & {name.removeprefix("chr") for name in others}
    if stripped and prefix_ok:
        return
    hint = (
        "they differ by the prefix 'chr': rename the contigs of one of them"
        if stripped
        else "are they of the same assembly?"
    )
    raise InputError(
        f"{path}: no contig in common with {fasta} ({_some(others)} against {_some(known)}); {hint}"
    )


def _some(names: Iterable[str], most: int = 3) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:most]) + (", ..." if len(ordered) > most else "") if ordered else "none"
