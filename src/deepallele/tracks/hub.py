"""A track hub of the UCSC Genome Browser: coverage of the haplotypes laid over each other, regions, variants.

Settings: UCSC's trackDb document for hubs, genome.ucsc.edu/goldenPath/help/trackDb/trackDbHub.html
"""

from collections.abc import Sequence

from deepallele.tracks.bigbed import COLUMNS
from deepallele.tracks.igv import A_COLOUR, ALL_COLOUR, B_COLOUR, Sample

# UCSC cuts longer labels.
_SHORT, _LONG = 17, 76


def hub_text(cross: str, email: str) -> str:
    """Write hub.txt."""
    settings = {"hub": _key(cross), **_labels(cross, f"Alleles of {cross}"), "genomesFile": "genomes.txt"}
    return "".join(f"{name} {value}\n" for name, value in {**settings, "email": email}.items())


def genomes_text(assembly: str) -> str:
    """Write genomes.txt; `assembly` is UCSC's name of the reference."""
    return f"genome {assembly}\ntrackDb trackDb.txt\n"


def track_db(
    samples: Sequence[Sample], haplotypes: tuple[str, str], regions: str | None, variants: str | None
) -> str:
    """Write trackDb.txt.

    Parameters
    ----------
    samples
        The samples; paths are relative to the folder of trackDb.txt.
    haplotypes
        Names of A and B.
    regions
        bigBed of the regions, if there are any.
    variants
        VCF, compressed with bgzip and indexed with tabix.
    """
    stanzas = []
    for number, sample in enumerate(samples, start=1):
        stanzas += _sample(f"sample{number}", sample, haplotypes, 2 * number)
    if regions is not None:
        stanzas.append(
            _features("regions", f"bigBed {COLUMNS}", regions, "Regions", "Regions whose alleles are counted")
        )
    if variants is not None:
        label = f"Variants between {haplotypes[0]} and {haplotypes[1]}"
        stanzas.append(_features("variants", "vcfTabix", variants, "Variants", label))
    return "\n\n".join(stanzas) + "\n"


def _sample(key: str, sample: Sample, haplotypes: tuple[str, str], priority: int) -> list[str]:
    all_, *by_haplotype = sample.coverage
    names = f"{haplotypes[0]} blue, {haplotypes[1]} orange"
    container = {
        "container": "multiWig",
        "aggregate": "transparentOverlay",
        "showSubtrackColorOnUi": "on",
        "type": "bigWig",
        **_labels(sample.name, f"{sample.name} (CPM): {names}"),
        **_graph(priority),
        "visibility": "full",
    }
    stanzas = [_stanza(key, container)]
    for letter, name, path, colour in zip("AB", haplotypes, by_haplotype, (A_COLOUR, B_COLOUR), strict=True):
        track = {"parent": key, "type": "bigWig", "bigDataUrl": path}
        track |= _labels(f"{name} {sample.name}", f"{sample.name} (CPM): {name}") | {"color": colour}
        stanzas.append(_stanza(f"{key}_{letter}", track, indent="    "))
    track = {"type": "bigWig", "bigDataUrl": all_, "color": ALL_COLOUR}
    track |= _labels(f"all {sample.name}", f"{sample.name} (CPM): all pairs") | _graph(priority + 1)
    return [*stanzas, _stanza(f"{key}_all", {**track, "visibility": "hide"})]


def _graph(priority: int) -> dict[str, str]:
    settings = {"autoScale": "on", "alwaysZero": "on", "windowingFunction": "mean"}
    return {**settings, "maxHeightPixels": "100:50:11", "priority": str(priority)}


def _features(key: str, kind: str, path: str, short: str, long: str) -> str:
    return _stanza(key, {"type": kind, "bigDataUrl": path, **_labels(short, long), "visibility": "dense"})


def _labels(short: str, long: str) -> dict[str, str]:
    return {"shortLabel": short[:_SHORT], "longLabel": long[:_LONG]}


def _stanza(key: str, settings: dict[str, str], indent: str = "") -> str:
    return "\n".join(f"{indent}{name} {value}" for name, value in {"track": key, **settings}.items())


def _key(name: str) -> str:
    """Give a name of letters, digits and underscores only."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)
