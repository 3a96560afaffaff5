"""Look into the input files' headers before any job starts: do genome and variants fit?

Only the standard library is used, because this module runs inside Snakemake's own environment.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from deepallele.compressed import check_bgzip, check_end, open_binary
from deepallele.errors import InputError
from deepallele.genome.alleles import check_samples, read_haplotypes
from deepallele.genome.mask import read_bed
from deepallele.peaks.names import check_region_names
from deepallele.peaks.saf import is_saf, read_saf

_CHUNK = 1 << 24
# Names of sequences beside the chromosomes: unplaced and alternative ones, decoys. Reads there are few.
_MINOR = re.compile(r"^(?!NC_).*[_.]|^HLA-|^(chr)?Un|^[A-Z]{2}\d{5}|^hs37d5$|^(chr)?EBV$")


def check_inputs(config: Mapping[str, Any]) -> list[str]:
    """Check that the reference and the files in its coordinates exist and name the same contigs.

    Parameters
    ----------
    config
        A configuration that passed `deepallele.config.check_config`.

    Returns
    -------
    list of str
        What is allowed but worth knowing, one line each.

    Raises
    ------
    InputError
        If a file is absent or damaged, the VCFs lack a haplotype's sample, a file shares no contig with
        the FASTA, two of the user's own regions have one name, or the mask is the one that the run writes.
    """
    reference = config["reference"]
    beds = {f"reference.{key}": reference[key] for key in ("blacklist", "mask")}
    beds["peaks.regions"] = config["peaks"]["regions"]
    _check_mask(reference["mask"], config["results"])
    gtf = reference["gtf"] if config["assay"] == "rna" else None
    single = {"reference.fasta": reference["fasta"], "reference.gtf": gtf, **beds}
    files = [(key, path) for key, path in single.items() if path is not None]
    for key, path in files + [("reference.vcf", path) for path in reference["vcf"]]:
        if not Path(path).is_file():
            raise InputError(f"config key '{key}': no such file '{path}'")
    contigs = reference_contigs(reference["fasta"])
    notes = _check_vcfs(config, contigs)
    for path in beds.values():
        if path is not None:
            notes += _check_bed(path, contigs, reference["fasta"])
    if beds["peaks.regions"] is not None:
        check_region_names(beds["peaks.regions"])
    if gtf is not None:
        _check_shared(contigs, _gtf_contigs(gtf, set(contigs)), reference["fasta"], gtf, prefix_ok=False)
    return notes


def reference_contigs(fasta: str) -> list[str]:
    """List a FASTA's contigs, which takes long, once for every state of the file."""
    return _contigs(fasta, Path(fasta).stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _contigs(fasta: str, _changed: int) -> list[str]:
    return fasta_contigs(fasta)


def bed_contigs(path: str) -> list[str]:
    """Contig of each interval."""
    if is_saf(path):
        return [row.chrom for row in read_saf(path)]
    return [contig for contig, _, _ in read_bed(path)]


def _check_mask(mask: str | None, results: str) -> None:
    """Refuse the run's own list of doubtful variants, which is made from the variants that it would mask."""
    written = Path(results) / "allele" / "mask.bed"
    if mask is not None and Path(mask).resolve() == written.resolve():
        raise InputError(
            f"config key 'reference.mask': this run writes '{mask}' itself; copy it, give the copy"
        )


def _check_vcfs(config: Mapping[str, Any], contigs: list[str]) -> list[str]:
    fasta, ignored = config["reference"]["fasta"], set(config["reference"]["exclude_contigs"])
    haplotypes = read_haplotypes(config["cross"]["haplotypes"])
    samples: dict[str, list[str]] = {}
    named: set[str] = set()
    notes = []
    for path in config["reference"]["vcf"]:
        check_bgzip(path)
        names, samples[path] = vcf_contigs_and_samples(path)
        _check_shared(contigs, names, fasta, path)
        bare = {_bare(name) for name in contigs}
        notes += _tell_absent(
            [name for name in names if _bare(name) not in bare], names, path, fasta, ignored
        )
        named |= {_bare(name) for name in names}
    check_samples(samples, haplotypes)
    for path, columns in samples.items():
        notes += [
            f"{path}: no sample '{haplotype.vcf_sample}': haplotype '{haplotype.name}' has the other files' "
            "variants only"
            for haplotype in haplotypes
            if haplotype.vcf_sample is not None and haplotype.vcf_sample not in columns
        ]
    if named:
        without = [name for name in contigs if _bare(name) not in named]
        notes += _tell_absent(without, contigs, fasta, ", ".join(samples), ignored)
    return notes


def _bare(name: str) -> str:
    return name.removeprefix("chr")


def _tell_absent(
    absent: Collection[str], names: Collection[str], path: str, other: str, ignored: set[str]
) -> list[str]:
    """Say how many chromosomes of one file another one lacks; unplaced sequences are not worth a word."""
    main = [name for name in absent if name not in ignored and not _MINOR.search(name)]
    if not main:
        return []
    return [f"{path}: {len(absent)} of its {len(names)} contigs are not in {other} ({_some(main)})"]


def _check_bed(path: str, contigs: list[str], fasta: str) -> list[str]:
    lines = Counter(bed_contigs(path))
    _check_shared(contigs, set(lines), fasta, path, prefix_ok=False)
    absent = {name: count for name, count in lines.items() if name not in set(contigs)}
    if not any(not _MINOR.search(name) for name in absent):
        return []
    return [
        f"{path}: {sum(absent.values())} of its {lines.total()} intervals are on contigs that {fasta} lacks "
        f"({_some(absent)}); they are left out"
    ]


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
        check_end(path)
        with open_binary(path) as file:
            names = list(_headers(file, path))
    if not names:
        raise InputError(f"{path}: no FASTA record; the first line must start with '>'")
    repeated = (
        sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    )
    if repeated:
        raise InputError(f"{path}: contig '{repeated[0]}' appears twice; names must be unique")
    return names


def _headers(file: BinaryIO, path: str | Path) -> Iterator[str]:
    """Yield the first word of each header, reading in large pieces."""
    tail = b"\n"
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
            yield words[0].decode(errors="replace")
            start = chunk.find(b"\n>", end)
        # An unfinished header, or the last byte, which may be the line feed before a header.
        tail = chunk[start:] if start >= 0 else chunk[-1:]


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
    with open_binary(path) as file:
        for line in _vcf_lines(file):
            if line.startswith("##contig=<"):
                fields = line[len("##contig=<") :].rstrip(">\r\n").split(",")
                contigs.update(field[3:] for field in fields if field.startswith("ID="))
            elif line.startswith("#CHROM"):
                samples = line.rstrip("\r\n").split("\t")[9:]
                if contigs:
                    break
            elif not line.startswith("#"):
                if samples is None:
                    break
                contigs.add(line.split("\t", 1)[0])
    if samples is None:
        raise InputError(f"{path}: no '#CHROM' header line; is this a VCF file?")
    return contigs, samples


def _vcf_lines(file: BinaryIO) -> Iterator[str]:
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


def _gtf_contigs(path: str | Path, wanted: set[str]) -> set[str]:
    """List the first column's names up to the first wanted one: a whole annotation takes long to read."""
    names: set[str] = set()
    with open_binary(path) as file:
        for number, raw in enumerate(file, start=1):
            if raw.startswith(b"#") or not raw.strip():
                continue
            if raw.count(b"\t") != 8:
                raise InputError(
                    f"{path}, line {number}: not a GTF line (nine tab-separated fields): {raw[:60]!r}"
                )
            names.add(raw.split(b"\t", 1)[0].decode(errors="replace"))
            if names & wanted:
                return names
    if not names:
        raise InputError(f"{path}: no features in the file; give the annotation of the reference (GTF)")
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
