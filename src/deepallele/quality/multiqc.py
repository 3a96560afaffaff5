"""The allele assignment and its quality control as custom content of MultiQC."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepallele.files import write_text

PARENT = {
    "parent_id": "allele_assignment",
    "parent_name": "Allele assignment",
    "parent_description": "Which haplotype each read pair comes from, and whether the VCF fits the reads.",
}
# Classes of allele_stats.json that add up to pairs_in, in the order of the bars.
KEPT = {"informative_A": "#0072B2", "informative_B": "#D55E00", "ambiguous": "#BBBBBB"}
REMOVED = (
    *("hemizygous", "duplicates", "blacklisted", "excluded_contig", "low_mapq", "unlifted"),
    *("different_place", "discordant", "one_mate", "unaligned"),
)
BIAS_CLASSES = {
    "snp": "SNPs only",
    "insertion": "insertions only",
    "deletion": "deletions only",
    "snp_and_indel": "SNPs and indels",
}

Stats = Mapping[str, Mapping[str, Any]]


def write_content(stats: Stats, haplotypes: tuple[str, str], folder: Path) -> list[Path]:
    """Write the files that MultiQC shows.

    Parameters
    ----------
    stats
        allele_stats.json of each sample.
    haplotypes
        Names of A and B.
    folder
        Where to write `*_mqc.json`.

    Returns
    -------
    list of Path
        The files.
    """
    contents = {
        "general": _general(stats, haplotypes),
        "classes": _classes(stats, haplotypes),
        "bias": _bias(stats, haplotypes),
        "vcf": _vcf(stats),
    }
    if any(sample["qc"]["insert_size"] for sample in stats.values()):
        contents["insert_size"] = _insert_size(stats, haplotypes)
    paths = []
    for name, content in contents.items():
        paths.append(folder / f"allele_{name}_mqc.json")
        # Not with sorted keys: the order of columns and bars is that of the keys.
        text = json.dumps({"id": f"allele_{name}", **content}, indent=2, allow_nan=False)
        write_text(text + "\n", paths[-1])
    return paths


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def _without_none(row: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not known: MultiQC shows an empty cell for it."""
    return {name: value for name, value in row.items() if value is not None}


def _general(stats: Stats, haplotypes: tuple[str, str]) -> dict[str, Any]:
    first = haplotypes[0]
    percent = {"suffix": "%", "min": 0, "max": 100, "format": "{:,.1f}"}
    headers = {
        "informative": {
            "title": "Informative",
            "description": "Pairs written that are told apart",
            "scale": "Blues",
            **percent,
        },
        "share_a": {
            "title": f"{first} share",
            "description": f"Informative pairs that come from {first}",
            "scale": "PuOr",
            **percent,
            "format": "{:,.2f}",
        },
        "fit": {
            "title": "VCF fit",
            "description": "Do the reads have the alleles that the VCF says?",
            "cond_formatting_rules": {
                "pass": [{"s_eq": "fits"}],
                "warn": [{"s_eq": "doubtful"}, {"s_eq": "not tested"}],
                "fail": [{"s_eq": "does not fit"}],
            },
        },
        "third_base": {
            "title": "Foreign bases",
            "description": "Bases at SNPs that neither haplotype has, above what errors explain",
            "scale": "Reds",
            **percent,
            "max": 5,
            "format": "{:,.2f}",
        },
    }
    data = {}
    for name, sample in stats.items():
        quality = sample["qc"]
        row = {
            "informative": _percent(sample["informative_share"]),
            "share_a": _percent(quality["bias"]["overall"]["share"]),
            "fit": quality["fit"]["verdict"] or "not tested",
            "third_base": _percent(quality["contamination"]["third_base"]["excess"]),
        }
        data[name] = _without_none(row)
    return {"plot_type": "generalstats", "headers": headers, "data": data}


def _classes(stats: Stats, haplotypes: tuple[str, str]) -> dict[str, Any]:
    names = {"informative_A": haplotypes[0], "informative_B": haplotypes[1]}
    removed = [key for key in REMOVED if any(sample.get(key) for sample in stats.values())]
    shades = [f"#{shade:02x}{shade:02x}{shade:02x}" for shade in range(60, 60 + 15 * len(removed), 15)]
    colours = KEPT | dict(zip(removed, shades, strict=True))
    categories = {
        key: {"name": names.get(key, key.replace("_", " ")), "color": colour}
        for key, colour in colours.items()
    }
    return {
        **PARENT,
        "section_name": "Classes of read pairs",
        "description": "Each pair (single-end: read) is in exactly one class. Dark greys: pairs that are not"
        " written.",
        "plot_type": "bargraph",
        "pconfig": {
            "id": "allele_classes_plot",
            "title": "Allele assignment: classes of read pairs",
            "ylab": "Read pairs",
            "cpswitch_counts_label": "Number of pairs",
        },
        "categories": categories,
        "data": {name: {key: sample.get(key, 0) for key in colours} for name, sample in stats.items()},
    }


def _bias(stats: Stats, haplotypes: tuple[str, str]) -> dict[str, Any]:
    first, second = haplotypes
    percent = {"suffix": "%", "format": "{:,.2f}", "min": 0, "max": 100, "scale": "PuOr"}
    headers = {"overall": {"title": "All pairs", **percent}}
    headers["interval"] = {"title": "95 % interval", "scale": False}
    for key, title in BIAS_CLASSES.items():
        headers[key] = {"title": title.capitalize().replace("Snp", "SNP"), **percent}
        headers[f"{key}_interval"] = {"title": "95 % interval", "scale": False}
    data = {}
    for name, sample in stats.items():
        bias = sample["qc"]["bias"]
        row = {"overall": _percent(bias["overall"]["share"]), "interval": _interval(bias["overall"])}
        for key in BIAS_CLASSES:
            row[key] = _percent(bias["classes"][key]["share"])
            row[f"{key}_interval"] = _interval(bias["classes"][key])
        data[name] = _without_none(row)
    return {
        **PARENT,
        "section_name": f"Balance {first} / ({first} + {second})",
        "description": f"Share of {first} among informative pairs, all and by what the pairs cover. Without"
        " imbalance and bias it is 50 %. The intervals (Wilson) take pairs as independent: real imbalance"
        " of single loci makes it vary more.",
        "plot_type": "table",
        "pconfig": {
            "id": "allele_bias_table",
            "title": "Allele assignment: balance",
            "no_violin": True,
            "col1_header": "Sample",
        },
        "headers": headers,
        "data": data,
    }


def _interval(counts: Mapping[str, Any]) -> str | None:
    if counts["share"] is None:
        return None
    return f"{100 * counts['low']:.2f} to {100 * counts['high']:.2f}"


def _vcf(stats: Stats) -> dict[str, Any]:
    percent = {"suffix": "%", "format": "{:,.2f}", "min": 0}
    headers = {
        "verdict": {"title": "Verdict"},
        "both": {
            "title": "Both alleles",
            "description": "SNPs with at least 8 bases at which both alleles are seen",
            "scale": "Greens",
            **percent,
        },
        "alleles": {
            "title": "Known bases",
            "description": "Bases at SNPs that are one of the two alleles",
            "scale": "Greens",
            **percent,
        },
        "false": {
            "title": "False SNPs",
            "description": "SNPs of which one allele is never seen, of those tested",
            "scale": "Reds",
            **percent,
        },
        "missing": {
            "title": "Missing SNPs",
            "description": "SNPs that the reads show and the VCF lacks",
            "scale": "Reds",
            **percent,
        },
        "warnings": {"title": "Warnings", "scale": False},
    }
    data = {}
    for name, sample in stats.items():
        quality = sample["qc"]
        row = {
            "verdict": quality["fit"]["verdict"] or "not tested",
            "both": _percent(quality["fit"]["both_alleles"]["share"]),
            "alleles": _percent(quality["fit"]["allele_share"]["share"]),
            "false": _percent(quality["vcf"]["false"]["share"]),
            "missing": _percent(quality["vcf"]["missing"]["share"]),
            "warnings": "; ".join(quality["warnings"]) or "none",
        }
        data[name] = _without_none(row)
    return {
        **PARENT,
        "section_name": "Fit of the VCF",
        "description": "Whether the sample of the VCF fits the reads, judged from their bases.",
        "plot_type": "table",
        "pconfig": {
            "id": "allele_vcf_table",
            "title": "Allele assignment: fit of the VCF",
            "no_violin": True,
            "col1_header": "Sample",
        },
        "headers": headers,
        "data": data,
    }


def _insert_size(stats: Stats, haplotypes: tuple[str, str]) -> dict[str, Any]:
    names = {"informative_A": haplotypes[0], "informative_B": haplotypes[1], "ambiguous": "ambiguous"}
    data: dict[str, list[list[float]]] = {}
    colours = {}
    for sample, content in stats.items():
        sizes = content["qc"]["insert_size"]
        for key, haplotype in names.items():
            if sizes and sizes[key]["pairs"]:
                line = f"{sample} {haplotype}"
                colours[line] = KEPT[key]
                data[line] = [
                    [sizes["bin"] * place, round(100 * count / sizes[key]["pairs"], 4)]
                    for place, count in enumerate(sizes[key]["histogram"])
                ]
    return {
        **PARENT,
        "section_name": "Fragment length by haplotype",
        "description": "Fragment lengths on the reference. Haplotypes that differ here were not mapped"
        " alike.",
        "plot_type": "linegraph",
        "pconfig": {
            "id": "allele_insert_size_plot",
            "title": "Allele assignment: fragment length",
            "xlab": "Fragment length (bp)",
            "ylab": "Pairs of the class (%)",
            "x_decimals": False,
            "colors": colours,
        },
        "data": data,
    }
