"""Enrichment and complexity of the libraries as custom content of MultiQC."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepallele.files import write_text

# As in the classes of read pairs and in the report.
A_COLOUR, B_COLOUR = "#0072B2", "#D55E00"
_PARENT = {
    "parent_id": "libraries",
    "parent_name": "Libraries",
    "parent_description": "Where the fragments of each library lie, and how alike the libraries are.",
}
_PERCENT = {"suffix": "%", "min": 0, "max": 100, "format": "{:,.1f}"}

# One per sample; of more samples than these, some share one.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down", "pentagon")

Rows = Sequence[Mapping[str, Any]]
Side = tuple[str, int]


def write_libraries(
    rows: Rows,
    haplotypes: tuple[str, str],
    places: str,
    profiles: Mapping[Side, list[list[float]]],
    components: tuple[Mapping[Side, tuple[float, float]], tuple[float, float]] | None,
    folder: Path,
) -> None:
    """Write the files that MultiQC shows.

    Parameters
    ----------
    rows
        One row per library (`deepallele.quality.enrichment.library`).
    haplotypes
        Names of A and B.
    places
        What fragments are counted in: `regions` or `genes`.
    profiles
        For each haplotype of each sample, `(sample, 0 or 1)`: coverage around start sites, [distance, mean].
    components
        For each haplotype of each sample its first two principal components; and the shares of the variance
        that both explain. None if there are none.
    folder
        Where to write `*_mqc.json`.
    """
    contents = {"general": _general(rows, haplotypes, places)}
    if profiles:
        contents["tss"] = _tss(profiles, haplotypes)
    if components is not None:
        contents["pca"] = _pca(*components, haplotypes)
    for name, content in contents.items():
        # Not with sorted keys: the order of columns is that of the keys.
        text = json.dumps({"id": f"libraries_{name}", **content}, indent=2, allow_nan=False)
        write_text(text + "\n", folder / f"libraries_{name}_mqc.json")


def _general(rows: Rows, haplotypes: tuple[str, str], places: str) -> dict[str, Any]:
    owners = {"all": "", "a": f"{haplotypes[0]} ", "b": f"{haplotypes[1]} "}
    headers: dict[str, Any] = {
        "library_size": {
            "title": "Library size",
            "description": "Estimated number of different fragments (Lander-Waterman), in millions",
            "suffix": " M",
            "min": 0,
            "scale": "Greens",
            "format": "{:,.2f}",
        },
        "duplicate_share": {
            "title": "Duplicates",
            "description": "Duplicates among the fragments that are assigned or ambiguous",
            "scale": "Reds",
            **_PERCENT,
        },
    }
    for name, owner in owners.items():
        headers[f"in_regions_{name}"] = {
            "title": f"{owner}in {places}".capitalize() if not owner else f"{owner}in {places}",
            "description": f"Fragments {f'of {owner}' if owner else ''}that are counted in {places} (FRiP)",
            "scale": "Blues",
            **_PERCENT,
        }
    for name, owner in owners.items():
        headers[f"tss_enrichment_{name}"] = {
            "title": f"{owner}TSS enrichment",
            "description": "Coverage at transcription start sites over that of the ends of the windows",
            "min": 0,
            "scale": "Purples",
            "format": "{:,.1f}",
        }
    used = [key for key in headers if any(row[key] is not None for row in rows)]
    data = {
        row["sample"]: {key: _shown(key, row[key]) for key in used if row[key] is not None} for row in rows
    }
    return {"plot_type": "generalstats", "headers": {key: headers[key] for key in used}, "data": data}


def _shown(key: str, value: float) -> float:
    if key == "library_size":
        return value / 1e6
    return value if key.startswith("tss") else 100 * value


def _tss(profiles: Mapping[Side, list[list[float]]], haplotypes: tuple[str, str]) -> dict[str, Any]:
    colours = (A_COLOUR, B_COLOUR)
    lines = {(sample, side): f"{sample} {haplotypes[side]}" for sample, side in profiles}
    return {
        **_PARENT,
        "section_name": "Coverage around transcription start sites",
        "description": "Mean coverage of both haplotypes around the start sites of genes, in fragments per"
        " million fragments of the sample (CPM); genes of the minus strand are turned around.",
        "plot_type": "linegraph",
        "pconfig": {
            "id": "libraries_tss_plot",
            "title": "Libraries: coverage around transcription start sites",
            "xlab": "Distance from the start site (bp)",
            "ylab": "Coverage (CPM)",
            "ymin": 0,
            "x_decimals": False,
            "colors": {lines[key]: colours[key[1]] for key in profiles},
        },
        "data": {lines[key]: points for key, points in profiles.items()},
    }


def _pca(
    points: Mapping[Side, tuple[float, float]],
    explained: tuple[float, float],
    haplotypes: tuple[str, str],
) -> dict[str, Any]:
    colours = (A_COLOUR, B_COLOUR)
    number = {sample: place for place, sample in enumerate(dict.fromkeys(sample for sample, _ in points))}
    return {
        **_PARENT,
        "section_name": "Principal components of the haplotypes' coverage",
        "description": "One point per sample and haplotype, from their coverage in bins of 10 kb. Replicates"
        " should lie near each other; a sample whose haplotypes are on the wrong sides may be mixed up.",
        "plot_type": "scatter",
        "pconfig": {
            "id": "libraries_pca_plot",
            "title": "Libraries: principal components",
            # A percent sign would be taken for the unit of the axis.
            "xlab": f"PC1 (share of the variance: {explained[0]:.2f})",
            "ylab": f"PC2 (share of the variance: {explained[1]:.2f})",
            "marker_size": 12,
            "showlegend": True,
        },
        "data": {
            f"{sample} {haplotypes[side]}": {
                "x": round(x, 4),
                "y": round(y, 4),
                "color": colours[side],
                "marker_symbol": SYMBOLS[number[sample] % len(SYMBOLS)],
            }
            for (sample, side), (x, y) in points.items()
        },
    }
