"""Run `snakemake --lint` on every shipped configuration, with empty files in place of the inputs."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
RUNS = (
    ("workflow/Snakefile", "config/config.yaml"),
    ("workflow/Snakefile", "config/demo.yaml"),
    ("workflow/Snakefile", "config/demo_chip.yaml"),
    ("workflow/Snakefile", "config/demo_rna.yaml"),
    ("workflow/Snakefile", "config/datasets/bulk_atac.imported.yaml"),
    ("workflow/rules/fetch.smk", "config/datasets/bulk_atac.imported.yaml"),
)


def stand_in_inputs(config: dict, folder: Path) -> None:
    """Make the smallest files that pass the checks which run before any job."""
    imported = config.get("dataset", {}).get("import")
    texts = dict.fromkeys(imported["files"], "") if imported else texts_of_reads(config)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def texts_of_reads(config: dict) -> dict[str, str]:
    """Contents of the files that a run from reads names."""
    samples = [
        haplotype["vcf_sample"] for haplotype in config["cross"]["haplotypes"] if haplotype["source"] == "vcf"
    ]
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *sorted(set(samples))]
    texts = {
        config["reference"]["fasta"]: "".join(f">chr{number}\nACGT\n" for number in range(1, 6)),
        config["reference"]["vcf"]: "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n" + "\t".join(columns) + "\n",
        config["samples"]: "sample\tunit\tfastq_1\tfastq_2\none\tlane1\tone_R1.fq\tone_R2.fq\n",
        "one_R1.fq": "",
        "one_R2.fq": "",
    }
    if config["reference"].get("blacklist"):
        texts[config["reference"]["blacklist"]] = "chr1\t0\t1\n"
    if config["reference"].get("gtf"):
        texts[config["reference"]["gtf"]] = 'chr1\tx\texon\t1\t4\t.\t+\t.\tgene_id "g"; transcript_id "t";\n'
    if config.get("assay") == "chip":
        texts["input_R1.fq"] = texts["input_R2.fq"] = ""
        texts[config["samples"]] = (
            "sample\tunit\tfastq_1\tfastq_2\tcontrol\none\tlane1\tone_R1.fq\tone_R2.fq\tinput\n"
            "input\tlane1\tinput_R1.fq\tinput_R2.fq\t\n"
        )
    return texts


def lint(snakefile: Path, config_file: Path) -> int:
    """Lint a workflow as it is with one configuration; give the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stand_in_inputs(yaml.safe_load(config_file.read_text()), folder)
        shutil.copy(config_file, folder / "run.yaml")
        command = ["snakemake", "--lint", "--snakefile", str(snakefile)]
        run = subprocess.run(
            [*command, "--directory", name, "--configfile", "run.yaml"],
            cwd=name,
            capture_output=True,
            text=True,
        )
    if run.returncode:
        print(
            f"snakemake --lint of {snakefile.name} with {config_file.name}:\n{run.stdout}{run.stderr}",
            file=sys.stderr,
        )
    return run.returncode


if __name__ == "__main__":
    sys.exit(max(lint(ROOT / snakefile, ROOT / config) for snakefile, config in RUNS))
