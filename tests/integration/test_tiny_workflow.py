"""The whole workflow on a tiny simulated F1: every output, reruns, single rules, bad inputs."""

import gzip
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "tiny" / "config.yaml"
OUTPUTS = [
    "genomes/tiny/REF.fa",
    "genomes/tiny/ALT.chain",
    "genomes/tiny/variants.bcf",
    "genomes/tiny/variants.skipped.tsv",
    "allele/rep1.bam",
    "allele/rep1.ALT.bam",
    "allele/rep1.allele_stats.json",
    "allele/rep1.ALT.split.bam",
    "allele/rep1.set_aside.tsv",
    "allele/rep1.variant_counts.tsv.gz",
    "allele/rep1.ase.tsv",
    "allele/rep1.suspect_variants.tsv.gz",
    "allele/extreme_variants.tsv",
    "multiqc/multiqc_report.html",
    "multiqc/libraries.tsv",
    "igv_session.xml",
    "tracks/rep1.bw",
    "tracks/rep1.ALT.bw",
    "tracks/regions.bb",
    "deeptools/fingerprint.png",
    "deeptools/correlation.png",
    "deeptools/pca.png",
    "peaks/rep1_peaks.narrowPeak.xls",
    "peaks/regions.bed",
    "counts/counts.tsv.gz",
    "counts/imbalance.tsv",
    "dataset/dataset.h5",
    "models/recommended/fold1/seed2/model.ckpt",
    "models/single_head/fold0/seed1/metrics.json",
    "predictions/multi_head.tsv.gz",
    "metrics/computed_ratio.json",
    "variants/recommended.tsv.gz",
    "attributions/recommended.h5",
    "motifs/recommended/seqlets.tsv.gz",
    "motifs/recommended/clusters.tsv",
    "motifs/recommended/modisco.h5",
    "motifs/recommended/tomtom.tsv",
    "mechanism/recommended/mechanisms.tsv",
    "report/index.html",
]


@pytest.fixture(scope="session")
def tiny(new_run):
    run = new_run("tiny", CONFIG)
    simulate = [sys.executable, str(REPOSITORY / "src" / "simulate_f1.py"), "--out", "input", "--seed", "1"]
    size = ["--chromosomes", "4", "--regions-per-chromosome", "30", "--pairs", "24000"]
    subprocess.run([*simulate, *size], cwd=run.directory, check=True, capture_output=True)
    run.whole()
    return run


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_contract_output_is_there(tiny, output):
    assert (tiny.directory / "results" / output).stat().st_size > 0


def test_after_a_finished_run_nothing_is_to_be_done(tiny):
    assert tiny.planned() == {}


def test_a_changed_value_reruns_only_what_depends_on_it(tiny):
    motif = tiny.with_config("motif", motifs__tomtom_q=0.01).planned()
    assert "name_motifs" in motif
    assert not {"train_model", "attribute", "bowtie2_map", "build_dataset"} & set(motif)
    settings = tiny.settings()["models"]["recommended"]
    trained = tiny.with_config("train", models__recommended={**settings, "training": {"epochs": 3}}).planned()
    assert trained["train_model"] == 4, "two folds, two seeds of the one changed model"
    assert not {"build_dataset", "count_alleles", "assign_alleles"} & set(trained)


def test_an_edited_library_file_reruns_its_stage_but_not_those_before(tiny, tmp_path):
    copy = tmp_path / "copy"
    for folder in ("workflow", "src"):
        shutil.copytree(REPOSITORY / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(copy / "workflow" / "Snakefile")]
    command += [
        "--directory",
        str(tiny.directory),
        "--configfile",
        str(tiny.config),
        "--set-scatter",
        "chunk=2",
    ]
    command += ["--dry-run", "--rerun-triggers", "mtime"]
    (copy / "src" / "deepallele" / "mechanism" / "__init__.py").touch()
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "explain_mechanism" in listing
    assert "train_model" not in listing


def test_a_single_rule_is_rerun_by_name(tiny):
    planned = tiny.planned("--forcerun", "name_motifs")
    assert "name_motifs" in planned
    assert "train_model" not in planned


def test_the_same_seed_gives_the_same_bytes(tiny):
    names = ["predictions/recommended.tsv.gz", "dataset/dataset.h5", "report/index.html"]
    names += ["tracks/rep1.ALT.bw", "tracks/regions.bb", "deeptools/pca.png", "multiqc/libraries.tsv"]
    first = {name: (tiny.directory / "results" / name).read_bytes() for name in names}
    tiny.whole("--forcerun", "build_dataset", "make_tracks", "track_hub", "summarise_libraries")
    for name in names:
        assert (tiny.directory / "results" / name).read_bytes() == first[name], name
    assert tiny.planned() == {}


def test_reads_of_the_simulation_are_assigned_to_their_haplotype(tiny):
    import pysam

    right = wrong = 0
    with pysam.AlignmentFile(tiny.directory / "results/allele/rep1.bam") as bam:
        for read in bam:
            if read.is_read1 and read.has_tag("HP"):
                said = ["REF", "ALT"][read.get_tag("HP") - 1]
                right += said in read.query_name.split(":")
                wrong += said not in read.query_name.split(":")
    assert right > 1000
    assert wrong / (right + wrong) < 0.005


def test_the_share_in_regions_is_that_of_bedtools(tiny):
    results = tiny.directory / "results"
    table = pd.read_csv(results / "multiqc" / "libraries.tsv", sep="\t", index_col="sample")
    for column, name in {"all": "rep1", "a": "rep1.REF", "b": "rep1.ALT"}.items():
        bam = results / "allele" / f"{name}.bam"
        command = [
            "bedtools",
            "intersect",
            "-u",
            "-split",
            "-a",
            bam,
            "-b",
            results / "peaks" / "regions.bed",
        ]
        inside = subprocess.run(command, check=True, capture_output=True).stdout
        names = [
            subprocess.run(["samtools", "view", "-"], input=data, check=True, capture_output=True).stdout
            for data in (inside, bam.read_bytes())
        ]
        found, all_ = (len({line.split(b"\t")[0] for line in text.splitlines()}) for text in names)
        assert all_ > 1000
        # Regions of the simulation lie too far apart for a fragment over two of them.
        assert table.loc["rep1", f"in_regions_{column}"] == pytest.approx(found / all_, rel=1e-5)


def test_tracks_of_the_haplotypes_have_the_scale_of_all_pairs(tiny):
    import pyBigWig

    results = tiny.directory / "results"
    kept = pd.read_csv(results / "multiqc" / "libraries.tsv", sep="\t", index_col="sample")["fragments"]
    heights = {}
    for name in ("rep1", "rep1.REF", "rep1.ALT"):
        with pyBigWig.open(str(results / "tracks" / f"{name}.bw")) as file:
            values = {entry[2] for contig in file.chroms() for entry in file.intervals(contig) if entry[2]}
        heights[name] = min(values)
    assert set(heights) == {"rep1", "rep1.REF", "rep1.ALT"}
    for value in heights.values():
        assert value == pytest.approx(1e6 / kept["rep1"], rel=1e-5), "one fragment"


def test_session_and_hub_name_files_that_exist(tiny):
    results = tiny.directory / "results"
    root = ElementTree.parse(results / "igv_session.xml").getroot()
    paths = [root.get("genome"), *(resource.get("path") for resource in root.iter("Resource"))]
    text = (results / "tracks" / "trackDb.txt").read_text()
    urls = [line.split()[1] for line in text.splitlines() if line.split()[:1] == ["bigDataUrl"]]
    assert len(paths) == 1 + 4 * 2 + 2 and len(urls) == 3 * 2 + 2
    for path in (*paths, *(f"tracks/{url}" for url in urls)):
        assert (results / path).stat().st_size > 0, path
    assert (results / "tracks" / "variants.vcf.gz.tbi").exists()


def bad(run, name, **changes):
    done = run.with_config(name, **changes).snakemake("all")
    assert done.returncode != 0
    assert "Job stats" not in done.stdout, "it must stop before any job"
    return done.stdout


def test_a_bad_config_stops_before_any_job(tiny):
    assert "unknown key 'alelle'; did you mean 'allele'?" in bad(tiny, "bad1", alelle={})
    assert "'allele.min_posterior'" in bad(tiny, "bad2", allele__min_posterior="high")
    assert "no such file 'none.fa'" in bad(tiny, "bad3", reference__fasta="none.fa")
    haplotypes = tiny.settings()["cross"]["haplotypes"]
    haplotypes[1]["vcf_sample"] = "NOBODY"
    assert "no sample 'NOBODY'" in bad(tiny, "bad4", cross__haplotypes=haplotypes)
    assert "models.recommended.training.epoch: unknown key" in bad(
        tiny, "bad5", models={"recommended": {"type": "recommended", "training": {"epoch": 3}}}
    )


def test_an_unknown_sample_or_missing_reads_stop_before_any_job(tiny):
    sheet = (tiny.directory / "input" / "samples.tsv").read_text()
    (tiny.directory / "sheet.tsv").write_text(sheet.replace("_R1", "_R9"))
    assert "sheet.tsv, line 2" in bad(tiny, "bad6", samples="sheet.tsv")


def test_contigs_of_genome_and_variants_must_meet(tiny):
    with gzip.open(tiny.directory / "input" / "variants.vcf.gz", "rt") as file:
        text = file.read()
    (tiny.directory / "other.vcf").write_text(text.replace("chr", "scaffold_"))
    assert "no contig in common" in bad(tiny, "bad7", reference__vcf="other.vcf")


def test_the_sample_sheet_of_the_simulator_is_the_one_the_workflow_reads(tiny):
    table = pd.read_csv(tiny.directory / "input" / "samples.tsv", sep="\t")
    assert list(table.columns) == ["sample", "unit", "fastq_1", "fastq_2"]
    assert yaml.safe_load(tiny.config.read_text())["samples"] == "input/samples.tsv"
