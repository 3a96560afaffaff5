"""Hand-made BAMs of read pairs with barcodes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pysam

from deepallele.counts.regions import Regions

CONTIGS = {"chr1": 20_000, "2": 5_000, "empty": 100}


@dataclass
class Pair:
    """A fragment: `length` bases from the start of the forward mate to the end of the reverse one."""

    start: int
    length: int = 150
    barcode: str | None = "AAAC"
    haplotype: int | None = None
    copies: int | None = None
    contig: str = "chr1"
    name: str = ""
    cigars: tuple[str, str] = ("30M", "30M")
    flag: int = 0


def span(cigar: str) -> int:
    read = pysam.AlignedSegment()
    read.cigarstring = cigar
    return int(read.reference_length)


def write_bam(path: Path, pairs: list[Pair]) -> Path:
    """Write pairs as the assignment does, sorted and indexed."""
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6"}, "SQ": [{"SN": name, "LN": length} for name, length in CONTIGS.items()]}
    )
    reads = []
    for number, pair in enumerate(pairs):
        places = (pair.start, pair.start + pair.length - span(pair.cigars[1]))
        ends = [place + span(cigar) for place, cigar in zip(places, pair.cigars, strict=True)]
        total = max(ends) - min(places)
        for mate, (place, cigar) in enumerate(zip(places, pair.cigars, strict=True)):
            read = pysam.AlignedSegment(header)
            read.query_name = pair.name or f"r{number}"
            # Every third pair has its first mate on the reverse strand.
            which = (0x40, 0x80)[mate if number % 3 else 1 - mate]
            read.flag = 0x1 | 0x2 | which | (0x20, 0x10)[mate] | pair.flag
            read.reference_id = read.next_reference_id = header.get_tid(pair.contig)
            read.reference_start, read.next_reference_start = place, places[1 - mate]
            read.template_length = total if place == min(places) and mate == 0 else -total
            read.cigarstring, read.mapping_quality = cigar, 40
            read.query_sequence = "A" * read.infer_query_length()
            read.query_qualities = pysam.qualitystring_to_array("F" * read.infer_query_length())
            tags = {"CB": pair.barcode, "HP": pair.haplotype, "dc": pair.copies}
            read.set_tags([(tag, value) for tag, value in tags.items() if value is not None])
            reads.append(read)
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in sorted(reads, key=lambda read: (read.reference_id, read.reference_start)):
            file.write(read)
    pysam.index(str(path))
    return path


def regions(*places: tuple[str, int, int]) -> Regions:
    chrom, start, end = zip(*places, strict=True)
    names = [f"{name}:{first}-{last}" for name, first, last in places]
    return Regions(names, list(chrom), np.array(start), np.array(end))


def random_pairs(seed: int, number: int, barcodes: int = 12) -> list[Pair]:
    """Pairs of random place, length, class and barcode, with gaps, clips, and mates past each other."""
    rng = np.random.default_rng(seed)
    cigars = ["30M", "30M", "12M3D18M", "15M2I13M", "10M40D20M", "4S26M", "27M3S"]
    names = ["".join(rng.choice(list("ACGT"), 16)) for _ in range(barcodes)]
    pairs = []
    for _ in range(number):
        contig = "chr1" if rng.random() < 0.8 else "2"
        pairs.append(
            Pair(
                int(rng.integers(60, CONTIGS[contig] - 900)),
                int(rng.integers(20, 500)),
                str(rng.choice(names)) if rng.random() < 0.95 else None,
                (1, 2, None)[rng.integers(3)],
                int(rng.integers(1, 4)),
                contig,
                cigars=(str(rng.choice(cigars)), str(rng.choice(cigars))),
            )
        )
    return pairs
