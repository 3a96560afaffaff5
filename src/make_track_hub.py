"""A track hub of the UCSC Genome Browser from the tracks of a run, all in one folder."""

import argparse
from pathlib import Path

from deepallele.errors import InputError, run_step
from deepallele.files import write_text
from deepallele.tracks.bigbed import write_bigbed
from deepallele.tracks.hub import genomes_text, hub_text, track_db
from deepallele.tracks.igv import contig_lengths, samples_of


def main(arguments: argparse.Namespace) -> None:
    """Write the texts of the hub, and the regions as bigBed."""
    folder = arguments.out_hub.parent
    others = [*arguments.coverage, arguments.variants, arguments.out_genomes, arguments.out_tracks]
    others += [arguments.out_regions] if arguments.out_regions else []
    for path in others:
        if path.parent != folder:
            raise InputError(f"{path}: not beside {arguments.out_hub}; a hub's files lie in one folder")
    samples = samples_of(arguments.samples, arguments.coverage, [], folder)
    regions = None
    if arguments.regions and arguments.regions.stat().st_size:
        lengths = contig_lengths(arguments.genome)
        print(f"regions: {write_bigbed(arguments.regions, lengths, arguments.out_regions)}")
        regions = arguments.out_regions.name
    tracks = track_db(samples, tuple(arguments.haplotypes), regions, arguments.variants.name)
    write_text(tracks, arguments.out_tracks)
    write_text(genomes_text(arguments.assembly), arguments.out_genomes)
    write_text(hub_text(arguments.cross, arguments.email), arguments.out_hub)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--cross", required=True, help="name of the cross")
    add("--assembly", required=True, help="UCSC's name of the reference (tracks.assembly)")
    add("--email", required=True, help="whom to ask about the hub")
    add("--samples", nargs="+", required=True, help="names of the samples")
    add("--haplotypes", nargs=2, required=True, metavar=("A", "B"), help="names of the two haplotypes")
    add("--coverage", type=Path, nargs="+", required=True, help="bigWigs of each sample: all pairs, A, B")
    add("--regions", type=Path, help="regions BED")
    add("--variants", type=Path, required=True, help="VCF with tabix index")
    add("--genome", type=Path, required=True, help="FASTA of the reference, with .fai")
    add("--out-hub", type=Path, required=True, help="hub.txt to write")
    add("--out-genomes", type=Path, required=True, help="genomes.txt to write")
    add("--out-tracks", type=Path, required=True, help="trackDb.txt to write")
    add("--out-regions", type=Path, help="bigBed to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
