"""A small folder of results, as the stages write them, with effects that are known."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from deepallele.dataset.store import Dataset, write_dataset
from deepallele.evaluation.sign import sign_accuracy
from deepallele.evaluation.strata import ratio_strata
from deepallele.evaluation.uncertainty import NOMINAL, coverage, measured_log_ratio
from deepallele.files import write_json, write_table
from deepallele.report.inputs import Results

HAPLOTYPES = ("alpha", "beta")
MODELS = {"single": "single_head", "multi_head": "multi_head", "recommended": "recommended"}
SAMPLES = ["rep1", "rep<2>"]
LENGTH = 120

CONFIG = {
    "results": "results",
    "assay": "atac",
    "seed": 1,
    "cross": {"name": "cross", "haplotypes": [{"name": name} for name in HAPLOTYPES]},
    "tracks": {"igv": True},
    "counts": {"min_informative": 10},
    "models": {name: {"type": kind, "seeds": [1, 2]} for name, kind in MODELS.items()},
    "interpret": {"model": "recommended", "min_abs_log_ratio": 1.0, "min_abs_z": 1.65},
    "attribute": {"method": "deeplift"},
    "motifs": {
        "database_release": "JASPAR2020",
        "tax_group": "vertebrates",
        "database_file": None,
        "tomtom_q": 0.05,
    },
}


def make_results(folder: Path, n: int = 300, signal: bool = True, seed: int = 0) -> Results:
    """Write all files the report reads. Without signal nothing is trusted and no motif is found."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.2 if signal else 0.01, n)
    depth = rng.poisson(rng.gamma(2, 60, n))
    a = rng.binomial(depth, 1 / (1 + 2.0**-truth))
    region = _regions(n)
    variant = _variants(n)
    dataset = _dataset(rng, region, variant, np.stack([a, depth - a, depth], axis=1))
    write_dataset(dataset, folder / "dataset" / "dataset.h5")
    _alleles(folder)
    _imbalance(folder, region, dataset)
    measured, informative = dataset.log_ratio(), dataset.informative()
    for place, model in enumerate(MODELS):
        predicted = 0.7 * truth + rng.normal(0, 0.9 - 0.25 * place, n)
        z = predicted / np.sqrt(np.mean(predicted**2))
        trusted = (np.abs(measured) > 1) & (np.abs(z) > 1.65) & (measured * z > 0) & signal
        table = region[["name", "chrom", "start", "end"]].rename(columns={"name": "region"})
        count = dataset.log_counts() + rng.normal(0, 0.6, (n, 2))
        table = table.assign(fold=np.arange(n) % 2, count_a=count[:, 0], count_b=count[:, 1])
        table = table.assign(log_ratio=predicted, log_ratio_sd=0.1, measured_log_ratio=measured)
        table = table.assign(informative=informative, z=z, trusted=trusted)
        write_table(table, folder / "predictions" / f"{model}.tsv.gz")
        _metrics(folder, model, 0.4 + 0.1 * place, _found(dataset, predicted))
    _interpretation(folder, rng, table, variant, signal)
    return Results(folder, CONFIG, SAMPLES)


def _regions(n: int) -> pd.DataFrame:
    start = 1000 + 500 * np.arange(n)
    chrom = np.where(np.arange(n) % 2, "chr1", "chr2")
    names = [f"{c}:{s}-{s + LENGTH}" for c, s in zip(chrom, start, strict=True)]
    columns = {"name": names, "chrom": chrom, "start": start, "end": start + LENGTH}
    return pd.DataFrame({**columns, "summit": start + LENGTH // 2})


def _variants(n: int) -> pd.DataFrame:
    """One single-base variant in the middle of every region."""
    columns = {
        "region": np.arange(n),
        "chrom": np.where(np.arange(n) % 2, "chr1", "chr2"),
        "pos": 1060 + 500 * np.arange(n),
        "ref": "A",
        "alt": "G",
    }
    columns |= {"allele_a": "A", "allele_b": "G", "offset_a": LENGTH // 2, "offset_b": LENGTH // 2}
    return pd.DataFrame({**columns, "clipped": False})


def _dataset(rng: np.random.Generator, region: pd.DataFrame, variant: pd.DataFrame, counts) -> Dataset:
    n = len(region)
    sequence = np.repeat(rng.integers(0, 4, (n, 1, LENGTH), dtype=np.uint8), 2, axis=1)
    sequence[:, 0, LENGTH // 2], sequence[:, 1, LENGTH // 2] = 0, 2
    half = counts // 2
    names = ("schema_version", "cross", "haplotype_a", "haplotype_b", "reference_md5", "code_version")
    values = ("1", "cross", *HAPLOTYPES, "0", "0")
    return Dataset(
        sequence=sequence,
        region=region,
        start=np.repeat(region["start"].to_numpy()[:, None], 2, axis=1),
        variant=variant,
        count=np.stack([half, counts - half], axis=1).astype(np.int32),
        sample=SAMPLES,
        split=np.stack([2 * (np.arange(n) % 2 == fold) for fold in range(2)]).astype(np.int8),
        attributes={**dict(zip(names, values, strict=True)), "pseudocount": "1.0"},
    )


def _alleles(folder: Path) -> None:
    removed = dict.fromkeys(
        ("unaligned", "one_mate", "discordant", "different_place", "unlifted", "low_mapq"), 10
    ) | {"excluded_contig": 0, "blacklisted": 30, "duplicates": 100, "hemizygous": 5}
    for place, sample in enumerate(SAMPLES):
        kept = {"informative_A": 510 + place, "informative_B": 490, "ambiguous": 800}
        stats = {**kept, **removed, "pairs_in": sum(kept.values()) + sum(removed.values())}
        stats |= {"informative_share": 0.5556, "bias": 0.51, "contigs": {"chr1": kept, "chr2": kept}}
        stats["qc"] = _quality(place)
        write_json(stats, folder / "allele" / f"{sample}.allele_stats.json")
    write_json(
        {"between_haplotypes": {"total": 12345}}, folder / "genomes" / "cross" / "variants.summary.json"
    )


def _quality(place: int) -> dict:
    """The part of the quality control that the report shows; the second sample is a bad one."""
    return {
        "coverage": {"expected_informative": {"share": 0.56}, "informative": {"share": 0.55}},
        "fit": {
            "verdict": ("fits", None)[place],
            "both_alleles": {"share": (0.987, None)[place]},
            "allele_share": {"share": 0.999},
        },
        "vcf": {"false": {"share": 0.001}, "missing": {"share": (0.002, 0.051)[place]}},
        "contamination": {"third_base": {"excess": 0.0}},
        "warnings": [[], ["5.1 % of the SNPs are missing"]][place],
    }


def _imbalance(folder: Path, region: pd.DataFrame, dataset: Dataset) -> None:
    a, b, both = dataset.count.sum(axis=1).T
    columns = {"count_a": a, "count_b": b, "count_ambiguous": both, "log_ratio": dataset.log_ratio()}
    table = region[["name", "chrom", "start", "end"]].rename(columns={"name": "region"}).assign(**columns)
    p = np.where(a + b >= 10, 2.0 ** -np.abs(a - b).astype(float), np.nan)
    write_table(table.assign(p_value=p, fdr=np.minimum(2 * p, 1)), folder / "counts" / "imbalance.tsv")
    tested = int(np.isfinite(p).sum())
    summary = {"regions": len(a), "tested": tested, "significant": 7, "overdispersion": 0.012, "share_a": 0.5}
    write_json(summary, folder / "counts" / "imbalance.json")


def _found(dataset: Dataset, predicted) -> dict:
    """What is found in the predictions themselves, as `collect_metrics` finds it."""
    measured, used = dataset.log_ratio(), dataset.kept(10)
    noise = measured_log_ratio(dataset)
    imbalanced = sign_accuracy(predicted, measured, used & (np.abs(measured) > 1))
    covered = coverage((noise.log_ratio - predicted)[used], np.full(used.sum(), 0.7), noise.variance[used])
    return {
        "sign": {"min_abs_log_ratio": 1.0, "imbalanced": imbalanced},
        "strata": ratio_strata(dataset, predicted, used, 10),
        "coverage": {"nominal": list(NOMINAL), "all": covered},
    }


def _metrics(folder: Path, model: str, r: float, found: dict) -> None:
    def scores(value: float) -> dict[str, float]:
        return {"ratio_pearson": value, "count_a_pearson": value + 0.1, "count_b_pearson": value + 0.12}

    runs = [
        {"fold": fold, "seed": seed, "test": scores(r - 0.05 + 0.03 * fold + 0.02 * seed)}
        for fold in (0, 1)
        for seed in (1, 2)
    ]
    test = {"ratio_r": r, "ratio_r_sd": 0.02, "ratio_spearman": r, "ceiling": 0.8}
    test |= {"count_a_r": r + 0.1, "count_b_r": r + 0.12}
    metrics = {"model": model, "type": MODELS[model], "folds": runs, "test": test, **found}
    metrics["seeds"] = {
        f"{name}{end}": r for name in ("ratio_r", "count_a_r", "count_b_r") for end in ("", "_sd")
    }
    wrong = 0.75 if model == "multi_head" else 0.0
    metrics["identical"] = {"n": 0, "max_abs": None, "n_made": 9, "max_abs_made": wrong}
    metrics["antisymmetry"] = {"n": 9, "max_abs": 2 * wrong, "rms": 0.9}
    write_json(metrics, folder / "metrics" / f"{model}.json")


def _interpretation(folder: Path, rng, predicted: pd.DataFrame, variant, signal: bool) -> None:
    n = len(predicted)
    effect = 0.8 * predicted["log_ratio"].to_numpy() + rng.normal(0, 0.2, n)
    ids = [f"chr1:{pos + 1}:A>G" for pos in variant["pos"]]
    names = predicted["region"].to_numpy()
    table = variant.drop(columns=["region", "clipped"]).assign(region=names, variant=ids, effect=effect)
    write_table(table.assign(main=True, scored=True), folder / "variants" / "recommended.tsv.gz")
    (folder / "attributions").mkdir()
    with h5py.File(folder / "attributions" / "recommended.h5", "w") as file:
        values = rng.normal(0, 0.02, (n, 2, 4, LENGTH)).astype(np.float32)
        values[:, :, :, 55:65] *= 8
        file["hypothetical"] = values
    _motifs(folder / "motifs" / "recommended", rng, signal)
    _mechanism(folder / "mechanism" / "recommended", predicted, ids, effect, signal)


def _motifs(folder: Path, rng: np.random.Generator, signal: bool) -> None:
    folder.mkdir(parents=True)
    names = ["cluster_0", "cluster_1", "modisco_pos_0", "modisco_neg_0"] if signal else []
    with h5py.File(folder / "cwms.h5", "w") as file:
        for name in names:
            file[name] = rng.normal(0, 0.1, (12, 4)).astype(np.float32)
    columns = {"n_seqlets": [120, 40], "n_regions": [100, 35], "share_regions": [0.33, 0.11]}
    columns |= {"share_positive": [0.3, 0.0], "share_negative": [0.03, 0.11], "consensus": ["ACGT", "TTTT"]}
    clusters = pd.DataFrame({"cluster": [0, 1], **columns})
    write_table(clusters if signal else clusters.iloc[:0], folder / "clusters.tsv")
    tomtom = pd.DataFrame(
        [("cluster_0", "MA1", "CTCF", 1e-9, 1e-7, 1), ("cluster_0", "MA2", "CTCFL", 1e-5, 1e-3, 2)],
        columns=["motif", "motif_id", "tf", "p_value", "q_value", "rank"],
    )
    write_table(tomtom if signal else tomtom.iloc[:0], folder / "tomtom.tsv")


def _mechanism(folder: Path, predicted: pd.DataFrame, ids: list[str], effect, signal: bool) -> None:
    n = len(predicted)
    inside = (np.arange(n) % 3 > 0) & signal
    table = predicted[["region", "chrom", "start", "end", "measured_log_ratio", "z", "trusted"]].assign(
        predicted_log_ratio=predicted["log_ratio"],
        variant=ids,
        effect=effect,
        in_motif=inside,
        motif=np.where(inside, "cluster_0", "NA"),
        tf=np.where(inside, "CTCF", "NA"),
    )
    write_table(table, folder / "mechanisms.tsv")
    share = float(inside.mean())
    rows = [(0, "cluster_0", "CTCF", int(inside.sum()), share), (1, "cluster_1", None, 0, 0.0)]
    rows = [*(rows if signal else []), (-1, None, None, int((~inside).sum()), 1 - share)]
    columns = ["cluster", "motif", "tf", "n_main", "share_main"]
    write_table(pd.DataFrame(rows, columns=columns), folder / "clusters.tsv")
    factors = pd.DataFrame({"name": ["CTCF-like"], "score": [812.5], "n_regions": [200], "share": [share]})
    write_table(factors if signal else factors.iloc[:0], folder / "tfs.tsv")


def config_json() -> str:
    """The configuration as the rule passes it."""
    return json.dumps(CONFIG)
