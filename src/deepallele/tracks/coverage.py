"""Coverage of one sample's BAMs as bigWig, all on the sample's own scale."""

import contextlib
import importlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pysam

from deepallele.errors import InputError
from deepallele.files import atomic_path

# Of pairs whose mates reach past each other's start, deepTools draws this many bases from the 5' end.
_ODD_PAIRS = 300
# deepTools takes no longer extension, and no pair of more than four times the extension.
_LONGEST_EXTENSION = 2000


def extension(paired: bool, max_insert: int, fragment_length: int | None) -> list[str]:
    """Give the options of bamCoverage that draw whole fragments, each once.

    Parameters
    ----------
    paired
        Whether reads are mates: then the pair is drawn from end to end, for its first mate alone.
    max_insert
        Longest fragment of a pair (bp).
    fragment_length
        To which single reads are extended (bp); None: they are drawn as they are.
    """
    if paired:
        length = min(max(_ODD_PAIRS, max_insert // 4 + 1), _LONGEST_EXTENSION)
        return ["--extendReads", str(length), "--samFlagInclude", "64"]
    return ["--extendReads", str(fragment_length)] if fragment_length else []


def write_coverage(
    bam: Path, out: Path, factor: float, bin_size: int, options: list[str], threads: int
) -> None:
    """Write the coverage of a BAM as bigWig, with bamCoverage of deepTools (Ramirez et al. 2016).

    The value of a bin is the number of fragments that touch it, times `factor`. Bases that a splice skips
    are not touched, unless reads are extended.

    Parameters
    ----------
    bam
        Sorted BAM with index.
    out
        bigWig to write; a BAM without reads gives zero everywhere.
    factor
        See `deepallele.tracks.scale.scale_factor`.
    bin_size
        Width of the bins (bp).
    options
        See `extension`.
    threads
        Threads to use.

    Raises
    ------
    InputError
        If deepTools stops.
    """
    with pysam.AlignmentFile(str(bam)) as file:
        mapped, contigs = file.mapped, dict(zip(file.references, file.lengths, strict=True))
    with atomic_path(out) as temporary:
        if not mapped:
            _write_zeros(contigs, temporary)
            return
        arguments = ["--bam", str(bam), "--outFileName", str(temporary), "--outFileFormat", "bigwig"]
        arguments += ["--binSize", str(bin_size), "--scaleFactor", repr(factor), *options]
        run_deeptools("bamCoverage", [*arguments, "--numberOfProcessors", str(threads)])


def run_deeptools(tool: str, arguments: list[str]) -> None:
    """Run a tool of deepTools in this process: each start of its own would take longer than the work.

    Raises
    ------
    InputError
        If it ends by itself with an error.
    """
    module = importlib.import_module(f"deeptools.{tool}")
    try:
        with contextlib.redirect_stdout(None):
            module.main(arguments)
    except SystemExit as error:
        if error.code:
            raise InputError(f"{tool} of deepTools stopped: {error.code}; see the lines above") from error


def _write_zeros(contigs: Mapping[str, int], path: Path) -> None:
    from deeptools.writeBedGraph import bedGraphToBigWig

    lines = "".join(f"{contig}\t0\t{length}\t0\n" for contig, length in contigs.items())
    with tempfile.TemporaryDirectory() as folder:
        bedgraph = Path(folder) / "zeros.bg"
        bedgraph.write_text(lines)
        bedGraphToBigWig(list(contigs.items()), [str(bedgraph)], str(path))
