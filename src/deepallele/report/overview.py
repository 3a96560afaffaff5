"""First section: what was run and the numbers that matter."""

import pandas as pd
import yaml

from deepallele.report.blocks import NOT_AVAILABLE, Block, Details, Section, Table, Text, number, percent
from deepallele.report.inputs import Results
from deepallele.report.style import ratio_label


def overview(results: Results) -> Section:
    """Sum up the run in one table, and show the configuration."""
    first, second = results.haplotypes
    intro = (
        f"Cross {results.cross}, {_kind(results)}, haplotypes {first} (A) and {second} (B). "
        f"Every log ratio on this page is {ratio_label(results.haplotypes)}: positive where {first} is "
        "stronger. Coordinates are those of the reference, 0-based and half-open; variant names are 1-based "
        "as in VCF."
    )
    blocks: list[Block] = [
        Text(intro),
        Table("The run in numbers", ["what", "value"], _numbers(results)),
        *([] if results.imported else [Text(_beside(results))]),
        Details("Configuration, with defaults", yaml.safe_dump(results.config, sort_keys=True)),
    ]
    return Section("overview", "Overview", blocks)


def _beside(results: Results) -> str:
    """Say what else of the results is for looking at."""
    text = (
        "Quality control of reads, mapping and libraries: multiqc/multiqc_report.html, in the folder above."
    )
    if results.config["tracks"]["igv"]:
        text += " Reads and coverage by haplotype: open ../igv_session.xml with IGV."
    return text


def _kind(results: Results) -> str:
    return "imported dataset" if results.imported else f"{results.config['assay']} reads"


def _numbers(results: Results) -> list[list[str]]:
    rows = [["samples", number(len(results.samples))]]
    rows += _imported(results) if results.imported else _reads(results)
    rows.append(["regions in the dataset", number(len(results.dataset.region))])
    label = ratio_label(results.haplotypes)
    for model in results.models:
        rows.append([f"R of {label} on test regions, {model}", number(_test(results, model, "ratio_r"))])
    rows.append([f"ceiling of R of {label}", number(_test(results, results.model, "ceiling"))])
    trusted = results.predictions[results.model]["trusted"]
    rows.append([f"trusted regions, {results.model}", number(int(trusted.sum()))])
    rows.append(["motifs found, named", f"{len(results.cwms)}, {_named(results.tomtom)}"])
    return rows


def _imported(results: Results) -> list[list[str]]:
    measured = "counts of fragments" if results.dataset.activity is None else "activities, no fragments"
    return [
        ["dataset", f"imported ({results.config['dataset']['import']['format']})"],
        ["measured", measured],
        ["variants between the haplotypes, in all windows", number(len(results.dataset.variant))],
    ]


def _reads(results: Results) -> list[list[str]]:
    stats = results.allele_stats.values()
    pairs = sum(sample["pairs_in"] for sample in stats)
    a = sum(sample["informative_A"] for sample in stats)
    b = sum(sample["informative_B"] for sample in stats)
    share = percent(a / (a + b)) if a + b else NOT_AVAILABLE
    tested = results.imbalance["fdr"].notna()
    variants = results.json(f"genomes/{results.cross}/variants.summary.json")
    return [
        ["variants between the haplotypes", number(variants["between_haplotypes"]["total"])],
        ["read pairs (single-end: reads)", number(pairs)],
        ["informative pairs kept", number(a + b)],
        [f"share of {results.haplotypes[0]} among them", share],
        ["regions counted", number(len(results.imbalance))],
        ["regions tested for imbalance", number(int(tested.sum()))],
        ["imbalanced regions (FDR below 0.05)", number(int((results.imbalance["fdr"] < 0.05).sum()))],
    ]


def _test(results: Results, model: str, key: str) -> object:
    return results.metrics[model]["test"].get(key)


def _named(tomtom: pd.DataFrame) -> int:
    return int(tomtom["motif"].nunique())
