"""The configuration and the sample sheet: defaults, and one clear line for every fault."""

import copy
from pathlib import Path

import pytest

from deepallele.config import check_config, load_schema
from deepallele.errors import InputError
from deepallele.sample_sheet import check_assay_samples, check_file_names, controls_of, read_samples

SCHEMA = load_schema(Path(__file__).parents[3] / "workflow" / "schemas" / "config.schema.yaml")
GOOD = {
    "samples": "samples.tsv",
    "reference": {"fasta": "a.fa", "vcf": "a.vcf.gz"},
    "cross": {
        "name": "AxB",
        "haplotypes": [
            {"name": "A", "source": "reference"},
            {"name": "B", "source": "vcf", "vcf_sample": "S"},
        ],
    },
    "models": {"recommended": {"type": "recommended"}},
}


def changed(**changes):
    config = copy.deepcopy(GOOD)
    for path, value in changes.items():
        *parents, key = path.split("__")
        section = config
        for parent in parents:
            section = section.setdefault(parent, {})
        section[key] = value
    return config


def test_defaults_are_filled_at_every_depth_and_the_input_is_left_alone():
    config = copy.deepcopy(GOOD)
    filled = check_config(config, SCHEMA, "c.yaml")
    assert config == GOOD
    assert filled["allele"].items() >= {"min_posterior": 0.95, "min_mapq": 2}.items()
    assert filled["reference"]["blacklist"] is None
    assert filled["reference"]["gtf"] is None
    assert filled["reference"]["vcf"] == ["a.vcf.gz"]
    assert filled["reference"]["hemizygous_contigs"] == ["chrX", "X", "chrY", "Y"]
    assert filled["cross"]["haplotypes"][0]["phase"] is None
    assert filled["models"]["recommended"]["seeds"] == [1]


def test_defaults_are_not_shared_between_runs():
    check_config(GOOD, SCHEMA, "c.yaml")["reference"]["exclude_contigs"].append("chrX")
    assert "chrX" not in check_config(GOOD, SCHEMA, "c.yaml")["reference"]["exclude_contigs"]


def test_several_vcfs_are_kept_in_their_order_and_rna_needs_a_gtf():
    config = changed(reference__vcf=["b.vcf", "a.vcf"], reference__gtf="g.gtf", assay="rna")
    assert check_config(config, SCHEMA, "c")["reference"]["vcf"] == ["b.vcf", "a.vcf"]


def test_the_window_is_as_long_as_the_assay_asks_for():
    rna = {"reference__gtf": "g.gtf", "assay": "rna", "rna__tss_flank": 1000}
    for changes, length in (({}, 330), (rna, 2000), ({**rna, "dataset__length": 500}, 500)):
        assert check_config(changed(**changes), SCHEMA, "c")["dataset"]["length"] == length


def test_every_default_of_the_schema_is_valid():
    def walk(schema):
        for subschema in schema.get("properties", {}).values():
            if "properties" not in subschema:
                assert "default" not in subschema or "description" in subschema
            walk(subschema)

    walk(SCHEMA)
    assert check_config(check_config(GOOD, SCHEMA, "c"), SCHEMA, "c") == check_config(GOOD, SCHEMA, "c")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (changed(alelle={}), ["c.yaml", "unknown key 'alelle'", "did you mean 'allele'?"]),
        (changed(peaks__qval=0.1), ["unknown key 'qval' in 'peaks'", "qvalue"]),
        (changed(seed="one"), ["'seed'", "'one'", "0 to 2147483647"]),
        (changed(allele__min_posterior=1.5), ["allele.min_posterior", "1.5", "above 0.5, below 1"]),
        (changed(dataset__length=3.5), ["dataset.length", "3.5", "bp"]),
        (
            changed(dataset__validation_chromosomes=["chr1"]),
            ["dataset.validation_chromosomes", "given without dataset.test_chromosomes"],
        ),
        (
            changed(dataset__validation_chromosomes=["1", "2"], dataset__test_chromosomes=["2"]),
            ["dataset.validation_chromosomes", "'2'", "remove it from one of them"],
        ),
        (changed(dataset__test_chromosomes=["chrM"]), ["'chrM'", "reference.exclude_contigs"]),
        (changed(dataset__shared_sequence="no"), ["dataset.shared_sequence", "'no'", "'move'"]),
        (changed(peaks="all"), ["peaks", "'all'"]),
        (changed(models__recommended__type="best"), ["models.recommended.type", "'best'", "multi_head"]),
        (changed(models__recommended__seeds=[1, 1]), ["models.recommended.seeds", "[1, 1]"]),
        (changed(allele__min_posterior=0.5), ["allele.min_posterior", "0.5"]),
        (changed(align__min_insert=500, align__max_insert=100), ["align.min_insert", "500", "100"]),
        (
            changed(
                cross__haplotypes=[
                    {"name": "A", "source": "reference", "phase": 0},
                    {"name": "B", "source": "vcf", "vcf_sample": "S"},
                ]
            ),
            ["haplotype 'A'", "source: vcf"],
        ),
        (changed(assay="rna"), ["missing key 'gtf' in 'reference'", "assay: rna"]),
        (changed(tracks__assembly="mm 10"), ["tracks.assembly", "'mm 10'", "UCSC"]),
        (changed(tracks__email="nobody"), ["tracks.email", "'nobody'", "e-mail"]),
        (
            changed(tracks__assembly="mm10", tracks__bigwig=False),
            ["'tracks.assembly': 'mm10'", "tracks.bigwig is false"],
        ),
        (
            changed(assay="rna", reference__gtf="g.gtf", allele__umi="tag"),
            ["'allele.umi': tag", "STAR drops"],
        ),
        (
            changed(assay="scatac", single_cell__barcode_regex="[ACGT"),
            ["'single_cell.barcode_regex'", "'[ACGT' is no regular expression"],
        ),
        (changed(single_cell__barcode_tag="CELL"), ["'single_cell.barcode_tag'", "'CELL'"]),
        (
            changed(assay="scatac", single_cell__barcode="tag", single_cell__barcode_tag="RX"),
            ["'single_cell.barcode_tag': RX is the tag of UMIs"],
        ),
        (changed(assay="scatac", single_cell__min_fragments=0), ["single_cell.min_fragments", "0 is less"]),
        (
            changed(
                assay="scatac",
                cross__haplotypes=[
                    {"name": "A", "source": "reference"},
                    {"name": "ambiguous", "source": "vcf", "vcf_sample": "S"},
                ],
            ),
            ["'ambiguous' is the name of the ambiguous fragments' files"],
        ),
        (changed(peaks__broad=True), ["'peaks.broad'", "assay: atac", "only ChIP-seq"]),
        (changed(counts__compare="all"), ["counts.compare", "'all'", "list of pairs"]),
        (changed(counts__compare=[["a", "b", "c"]]), ["counts.compare.0", "too long", "[treated, control]"]),
        (changed(counts__compare=[[8, 24]]), ["counts.compare.0.0", "8", "in quotes"]),
        (changed(peaks__reproducible_within="sample"), ["peaks.reproducible_within", "'condition'"]),
        (changed(peaks__min_known=1.1), ["peaks.min_known", "1.1", "0 to 1"]),
        (changed(peaks__fragment_length=0), ["peaks.fragment_length", "0", "bp"]),
        (
            changed(assay="chip", peaks__broad=True, peaks__broad_cutoff=0.01),
            ["'peaks.broad_cutoff': 0.01 is not above peaks.qvalue, 0.01"],
        ),
        (changed(reference__vcf=[]), ["reference.vcf", "list of paths"]),
        (changed(reference__vcf=["a.vcf", "a.vcf"]), ["reference.vcf", "non-unique"]),
        (
            changed(
                models={"m": {"type": "multi_head", "architecture": {"pooling": "softmax"}}},
                interpret__model="m",
            ),
            ["'attribute.method': deeplift", "'m' has pooling softmax", "gradient or ism"],
        ),
        (
            changed(
                models={"m": {"type": "recommended", "architecture": {"interaction": 4}}},
                interpret__model="m",
            ),
            ["'attribute.method': deeplift", "'m' has an interaction", "gradient or ism"],
        ),
        (changed(interpret__model="other"), ["interpret.model", "'other'", "recommended"]),
        ({k: v for k, v in GOOD.items() if k != "reference"}, ["missing key 'reference'"]),
        (changed(cross__name="a b"), ["cross.name", "'a b'", "file name"]),
        (changed(cross__haplotypes=GOOD["cross"]["haplotypes"][:1]), ["cross.haplotypes", "exactly two"]),
        (
            changed(cross__haplotypes=[{"name": "A", "source": "reference"}] * 2),
            ["cross.haplotypes", "both haplotypes are named 'A'"],
        ),
        (
            changed(cross__haplotypes=[{"name": "A", "source": "reference"}, {"name": "B", "source": "vcf"}]),
            ["haplotype 'B'", "vcf_sample"],
        ),
        (
            changed(
                cross__haplotypes=[{"name": "A", "source": "reference"}, {"name": "B", "source": "reference"}]
            ),
            ["same source"],
        ),
    ],
)
def test_a_bad_config_is_told_with_key_value_and_mend(config, words):
    with pytest.raises(InputError) as error:
        check_config(config, SCHEMA, "c.yaml")
    assert "\n" not in str(error.value)
    for word in words:
        assert word in str(error.value)


HEADER = "sample\tunit\tfastq_1\tfastq_2"


@pytest.fixture
def sheet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a_1.fq", "a_2.fq", "b_1.fq", "b_2.fq"):
        (tmp_path / name).touch()

    def write(*rows, header=HEADER):
        (tmp_path / "samples.tsv").write_text("\n".join([header, *rows]) + "\n")
        return "samples.tsv"

    return write


def test_samples_are_sorted_and_comments_and_blank_lines_skipped(sheet):
    units = read_samples(sheet("s2\t1\tb_1.fq\t", "", "#s9\t1\tnone\t", "s1\t1\ta_1.fq\ta_2.fq"))
    assert [(unit["sample"], unit["fastq_2"]) for unit in units] == [("s1", "a_2.fq"), ("s2", "")]


def test_the_sex_of_a_sample_is_read_where_it_is_given(sheet):
    rows = ["a\tmale\t1\ta_1.fq\ta_2.fq", "b\t\t1\tb_1.fq\tb_2.fq"]
    units = read_samples(sheet(*rows, header="sample\tsex\tunit\tfastq_1\tfastq_2"))
    assert [(unit["sample"], unit["sex"]) for unit in units] == [("a", "male"), ("b", "")]
    assert [unit["sex"] for unit in read_samples(sheet("b\t1\tb_1.fq\t"))] == [""]


@pytest.mark.parametrize(
    ("rows", "header", "words"),
    [
        (["s\t1\tmissing.fq\t"], None, ["line 2", "missing.fq"]),
        (["s\t1\ta_1.fq\ta_2.fq", "s\t1\tb_1.fq\tb_2.fq"], None, ["line 3", "'s'", "twice"]),
        (["s\t1\ta_1.fq\ta_2.fq", "s\t2\tb_1.fq\t"], None, ["line 3", "mixes single-end and paired-end"]),
        (["s\t1\ta_1.fq\ta_1.fq"], None, ["line 2", "'a_1.fq' is listed twice"]),
        (["s\t1\ta_1.fq\t", "t\t1\ta_1.fq\t"], None, ["line 3", "'a_1.fq' is listed twice"]),
        (["s s\t1\ta_1.fq\t"], None, ["line 2", "'s s'", "cannot be a file name"]),
        (["../s\t1\ta_1.fq\t"], None, ["'../s'"]),
        (["\t1\ta_1.fq\t"], None, ["line 2", "''"]),
        (["s\t1\t\t"], None, ["line 2", "fastq_1"]),
        (["s\t1\ta_1.fq\ta_2.fq\tx"], None, ["line 2", "5 fields"]),
        ([], None, ["no samples"]),
        (["s\t1\ta_1.fq"], "sample\tunit\tfastq_1", ["line 1", "no column 'fastq_2'"]),
        (["s\t1\ta_1.fq\t\tx"], "sample\tunit\tfastq_1\tfastq_2\tage", ["line 1", "unknown column 'age'"]),
        (["s\t1\ta_1.fq\t\tmale"], HEADER + "\tsex\tsex", ["line 1", "'sex' appears twice"]),
        (["s\t1\ta_1.fq\t\tM"], HEADER + "\tsex", ["line 2", "sex 'M'", "male or female"]),
        (
            ["s\t1\ta_1.fq\t\tmale", "s\t2\tb_1.fq\t\t"],
            HEADER + "\tsex",
            ["line 3", "sample 's' has sex ''", "'male' in a row above"],
        ),
        (
            ["s\t1\ta_1.fq\t\t8 h", "s\t2\tb_1.fq\t\t9 h"],
            HEADER + "\tcondition",
            ["line 3", "condition '9 h' here and '8 h' in a row above"],
        ),
        (["s\t1\ta_1.fq\t\t" + 61 * "x"], HEADER + "\tcondition", ["line 2", "at most 60 characters"]),
        (["s\t1\ta_1.fq\t\t8\u200b h"], HEADER + "\tcondition", ["line 2", "\\u200b", "one line"]),
        (
            ["s\t1\ta_1.fq\t\tt", "s\t2\tb_1.fq\t\t", "t\t1\tb_2.fq\t\t"],
            HEADER + "\tcontrol",
            ["line 3", "has control '' here and 't' in a row above"],
        ),
        (
            ["s\t1\ta_1.fq\t\tt"],
            HEADER + "\tcontrol",
            ["sample 's': control 't' is no sample", "(samples: s)"],
        ),
        (["s\t1\ta_1.fq\t\ts"], HEADER + "\tcontrol", ["control 's' is the sample itself"]),
        (
            ["s\t1\ta_1.fq\t\tt", "t\t1\tb_1.fq\t\tu", "u\t1\tb_2.fq\t\t"],
            HEADER + "\tcontrol",
            ["sample 's': control 't' has a control itself, 'u'"],
        ),
        (
            ["s\t1\ta_1.fq\ta_2.fq\tt", "t\t1\tb_1.fq\t\t"],
            HEADER + "\tcontrol",
            ["sample 's': control 't' is single-end, but the sample is paired-end"],
        ),
    ],
)
def test_a_bad_sample_sheet_is_told_with_its_line(sheet, rows, header, words):
    path = sheet(*rows, **({} if header is None else {"header": header}))
    with pytest.raises(InputError) as error:
        read_samples(path)
    for word in ["samples.tsv", *words]:
        assert word in str(error.value)


def test_an_absent_or_empty_sample_sheet(tmp_path):
    with pytest.raises(InputError, match="no such sample sheet"):
        read_samples(tmp_path / "none.tsv")
    (tmp_path / "empty.tsv").touch()
    with pytest.raises(InputError, match="is empty"):
        read_samples(tmp_path / "empty.tsv")


def test_names_that_would_share_a_file_are_refused():
    def units(*names):
        return [{"sample": sample, "unit": unit} for sample, unit in names]

    check_file_names(units(("a", "1"), ("a", "2"), ("b", "1")), ["X", "Y"], "s.tsv")
    with pytest.raises(InputError, match=r"s.tsv: samples 'a' and 'a.1' both have files named 'a.1.2'"):
        check_file_names(units(("a", "1.2"), ("a.1", "2")), ["X", "Y"], "s.tsv")
    with pytest.raises(InputError, match=r"sample 'a.Y' has the name of the reads of sample 'a'"):
        check_file_names(units(("a", "1"), ("a.Y", "1")), ["X", "Y"], "s.tsv")


def unit(sample, control="", paired=True):
    return {"sample": sample, "unit": "1", "fastq_2": "x" if paired else "", "control": control}


def test_controls_are_listed_by_sample():
    units = [unit("a", "c"), unit("b", "c"), unit("c"), unit("d")]
    assert controls_of(units) == {"a": "c", "b": "c"}


def test_chip_samples_have_controls_unless_that_is_switched_off():
    config = check_config(changed(assay="chip"), SCHEMA, "c")
    good = [unit("a", "c"), unit("b", "c"), unit("c")]
    check_assay_samples(config, good)
    with pytest.raises(InputError) as error:
        check_assay_samples(config, [*good, unit("d")])
    assert "samples.tsv: ChIP sample 'd' has no control" in str(error.value)
    assert "peaks.require_control: false" in str(error.value)
    for change in ({"peaks__require_control": False}, {"peaks__regions": "own.bed"}):
        check_assay_samples(check_config(changed(assay="chip", **change), SCHEMA, "c"), [*good, unit("d")])


def test_controls_are_for_chip_only():
    with pytest.raises(InputError, match=r"sample 'a' has control 'c', but assay: atac has no controls"):
        check_assay_samples(check_config(GOOD, SCHEMA, "c"), [unit("a", "c"), unit("c")])
    check_assay_samples(check_config(GOOD, SCHEMA, "c"), [unit("a"), unit("c", paired=False)])


def test_single_cells_have_paired_ends():
    config = check_config(changed(assay="scatac"), SCHEMA, "c")
    check_assay_samples(config, [unit("a"), unit("b")])
    with pytest.raises(InputError, match=r"sample 'b' is single-end, but assay: scatac needs both ends"):
        check_assay_samples(config, [unit("a"), unit("b", paired=False)])


def test_peaks_of_single_and_paired_ends_are_not_called_together():
    units = [unit("a", "c"), unit("c"), unit("b", "d", paired=False), unit("d", paired=False)]
    config = check_config(changed(assay="chip"), SCHEMA, "c")
    with pytest.raises(InputError, match=r"sample 'a' is paired-end, sample 'b' single-end"):
        check_assay_samples(config, units)
    check_assay_samples(check_config(changed(assay="chip", peaks__regions="own.bed"), SCHEMA, "c"), units)
