"""The configurations of the paper's data sets: valid, complete, and true to what was published."""

from pathlib import Path

import pytest
import yaml

from deepallele.config import check_config, load_schema
from deepallele.errors import InputError
from deepallele.fetch.checksum import parse_checksum
from deepallele.fetch.runs import runs_of
from deepallele.sample_sheet import check_assay_samples, read_samples

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "config" / "datasets"
SCHEMA = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
NAMES = ("bulk_atac", "sc_atac", "chip_pwk", "chip_spret", "rna_bcell", "rna_macrophage")
CONFIGS = sorted(FOLDER.glob("*.yaml"))
# kernel_number, kernel_length, filter_number, kernel_size, pooling_size, conv_layers, h_layers, hidden
LAYERS = {
    "atac": (256, 15, 256, 5, 4, 4, 2, 256),
    "chip": (256, 15, 256, 5, 2, 6, 2, 256),
    "rna": (512, 10, 256, 3, 5, 4, 2, 512),
}
DEFAULTS = {"kernel_number": 512, "kernel_length": 15, "filter_number": 256, "kernel_size": 5}
DEFAULTS |= {"pooling_size": 4, "conv_layers": 4, "h_layers": 2, "hidden": 512}


def checked(path: Path) -> dict:
    return check_config(yaml.safe_load(path.read_text()), SCHEMA, path.name)


def test_each_data_set_has_its_two_configurations_and_a_sheet():
    found = {path.name for path in FOLDER.iterdir()}
    assert found == {
        f"{name}{ending}" for name in NAMES for ending in (".yaml", ".imported.yaml", ".samples.tsv")
    }


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_configuration_is_valid_and_of_the_published_sizes(path):
    config = checked(path)
    kind = "rna" if "rna" in path.stem else "chip" if "chip" in path.stem else "atac"
    for name in ("single_head", "computed_ratio", "multi_head"):
        sizes = DEFAULTS | config["models"][name]["architecture"]
        assert tuple(sizes.values()) == LAYERS[kind]
    assert config["dataset"]["test_chromosomes"] == ["chr16", "chr17", "chr18"]
    if config["dataset"]["import"] is None:
        assert config["dataset"]["length"] == {"rna": 5000, "chip": 551, "atac": 330}[kind]
        assert config["dataset"]["targets"] == "published"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_input_is_fetched_and_has_a_checksum(path):
    config = checked(path)
    fetched = {entry["path"]: entry for entry in config["fetch"]["files"]}
    if config["dataset"]["import"] is not None:
        wanted = set(config["dataset"]["import"]["files"])
    else:
        reference = config["reference"]
        wanted = {reference["fasta"], reference["blacklist"], *reference["vcf"]}
        wanted |= {reference["gtf"]} if config["assay"] == "rna" else set()
    assert set(fetched) == wanted
    for entry in fetched.values():
        assert entry["url"].startswith("https://")
        if not entry["checksum"].startswith("https://"):
            parse_checksum(entry["checksum"])


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_is_valid_once_it_is_filled_in(name, tmp_path):
    lines = (FOLDER / f"{name}.samples.tsv").read_text().splitlines(keepends=True)
    examples = [line.removeprefix("# ") for line in lines[2:]]
    text = lines[0] + "".join(examples).replace("nnnnnnn", "1234567").replace("mmmmmmm", "7654321")
    (tmp_path / "sheet.tsv").write_text(text)
    units = read_samples(tmp_path / "sheet.tsv", fetched=False)
    assert len(units) == len(runs_of(units)) == len(examples) >= 1
    config = checked(FOLDER / f"{name}.yaml")
    check_assay_samples({**config, "samples": "sheet.tsv"}, units)
    assert all(Path(unit["fastq_1"]).parent.name == name for unit in units)


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_that_is_not_filled_in_has_nothing_to_map(name):
    assert read_samples(FOLDER / f"{name}.samples.tsv", fetched=False) == []
    with pytest.raises(InputError, match="no samples under the header"):
        read_samples(FOLDER / f"{name}.samples.tsv")
