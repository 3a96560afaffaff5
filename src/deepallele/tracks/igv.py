"""A session of IGV: reads by haplotype, coverage, regions and variants of one run.

Elements and attributes are those that IGV's IGVSessionReader and the `unmarshalXML` of its tracks read. A
track is matched to its file by `id`, the path as in `Resource`; paths start from the session's folder.
"""

import os
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pysam

from deepallele.errors import InputError

# Okabe and Ito's blue and vermilion, as in the report.
A_COLOUR, B_COLOUR, ALL_COLOUR = "0,114,178", "213,94,0", "120,120,120"
_VERSION = "8"
_MARGIN = 2000


@dataclass(frozen=True)
class Sample:
    """Files of one sample, as paths from the folder of the session.

    Attributes
    ----------
    name
        Its name.
    bam
        Reads of all pairs, tagged HP.
    coverage
        bigWigs: of all pairs, of A, of B; or none.
    """

    name: str
    bam: str
    coverage: tuple[str, ...]


def samples_of(
    names: Sequence[str], coverage: Sequence[Path], bams: Sequence[Path], folder: Path
) -> list[Sample]:
    """Arrange files by sample.

    Parameters
    ----------
    names
        Names of the samples.
    coverage
        Three bigWigs of each, in their order: of all pairs, of A, of B; or none at all.
    bams
        BAM of each, or none at all.
    folder
        Where the paths are to start.

    Raises
    ------
    InputError
        If there are more or fewer files.
    """
    if len(coverage) not in (0, 3 * len(names)) or len(bams) not in (0, len(names)):
        raise InputError(f"{len(names)} samples: three bigWigs and one BAM of each are needed")
    paths = [os.path.relpath(path, folder) for path in coverage]
    reads = [os.path.relpath(path, folder) for path in bams] or [""] * len(names)
    return [
        Sample(name, bam, tuple(paths[3 * place : 3 * place + 3]))
        for place, (name, bam) in enumerate(zip(names, reads, strict=True))
    ]


def session(
    genome: str,
    locus: str,
    samples: Sequence[Sample],
    haplotypes: tuple[str, str],
    features: Sequence[tuple[str, str]],
) -> str:
    """Write a session as XML.

    The coverage of A and of B, in fixed colours, has one scale in all samples, which follows the view; that
    of all pairs has one of its own. Reads are grouped by the tag HP.

    Parameters
    ----------
    genome
        Path of the reference FASTA, with .fai.
    locus
        First view: `chrom:start-end`, 1-based.
    samples
        The samples, in order.
    haplotypes
        Names of A and B.
    features
        (name, path) of each file of regions, genes or variants.
    """
    root = ET.Element("Session", genome=genome, locus=locus, version=_VERSION, nextAutoscaleGroup="3")
    root.attrib |= {"hasGeneTrack": "false", "hasSequenceTrack": "true"}
    resources = ET.SubElement(root, "Resources")
    for sample in samples:
        for path in (*sample.coverage, sample.bam):
            ET.SubElement(resources, "Resource", path=path)
    for name, path in features:
        ET.SubElement(resources, "Resource", path=path, name=name)
    panel = ET.SubElement(root, "Panel", name="DataPanel")
    for sample in samples:
        _coverage(panel, sample, haplotypes)
    for number, sample in enumerate(samples, start=1):
        _reads(ET.SubElement(root, "Panel", name=f"Reads{number}"), sample)
    panel = ET.SubElement(root, "Panel", name="FeaturePanel")
    ET.SubElement(panel, "Track", id="Reference sequence", name="Reference sequence", visible="true")
    for name, path in features:
        ET.SubElement(panel, "Track", id=path, name=name, displayMode="COLLAPSED", visible="true")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n' + ET.tostring(root, "unicode") + "\n"


def _coverage(panel: ET.Element, sample: Sample, haplotypes: tuple[str, str]) -> None:
    labels = (f"{sample.name} all pairs", *(f"{sample.name} {name}" for name in haplotypes))
    groups, colours = ("2", "1", "1"), (ALL_COLOUR, A_COLOUR, B_COLOUR)
    looks = zip(sample.coverage, labels, groups, colours, strict=bool(sample.coverage))
    for path, label, group, colour in looks:
        track = ET.SubElement(panel, "Track", id=path, name=label, color=colour, altColor=colour)
        track.attrib |= {"autoScale": "false", "autoscaleGroup": group, "height": "40", "visible": "true"}
        track.attrib |= {"renderer": "BAR_CHART", "windowFunction": "mean"}


def _reads(panel: ET.Element, sample: Sample) -> None:
    label = f"{sample.name} reads"
    ET.SubElement(panel, "Track", id=f"{sample.bam}_coverage", name=f"{label}: coverage", visible="false")
    ET.SubElement(panel, "Track", id=f"{sample.bam}_junctions", name=f"{label}: junctions", visible="false")
    track = ET.SubElement(panel, "Track", id=sample.bam, name=label, displayMode="SQUISHED", visible="true")
    # IGV has its own colours for the values of a tag: B's reads would get the blue of A's coverage.
    options = {"colorOption": "NONE", "groupByOption": "TAG", "groupByTag": "HP"}
    ET.SubElement(track, "RenderOptions", options)


def contig_lengths(fasta: Path) -> dict[str, int]:
    """Length of each contig (bp) of an indexed FASTA, in its order."""
    with pysam.FastaFile(str(fasta)) as file:
        return dict(zip(file.references, file.lengths, strict=True))


def best_place(bed: Path | None, lengths: dict[str, int]) -> str:
    """Find a first view: the feature of the best score in a BED, the first of equals, with 2 kb around it.

    Parameters
    ----------
    bed
        BED with a score in its fifth column, or None.
    lengths
        Length of each contig (bp); the start of the first one is the view where there is no feature.

    Returns
    -------
    str
        `chrom:start-end`, 1-based.
    """
    lines = [] if bed is None else bed.read_text().splitlines()
    if not lines:
        chrom, length = next(iter(lengths.items()))
        return f"{chrom}:1-{min(length, 2 * _MARGIN)}"
    chrom, start, end = max((line.split("\t") for line in lines), key=lambda row: float(row[4]))[:3]
    return f"{chrom}:{max(1, int(start) + 1 - _MARGIN)}-{min(lengths[chrom], int(end) + _MARGIN)}"
