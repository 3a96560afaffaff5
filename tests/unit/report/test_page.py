"""The whole page: complete, self-contained, escaped, and the same on every run."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from deepallele.report.page import PARTS, write_report

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
VOID = {"meta", "link", "img", "br"}


class Outline(HTMLParser):
    """Collects links, sources and ids, and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.references += [values[key] for key in ("src", "href") if key in values]
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "img":
            assert values["alt"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def written(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    names = write_report(results, ENVIRONMENTS, folder / "index.html", folder / "figures")
    return folder, names


def outline(text: str) -> Outline:
    parser = Outline()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_the_page_needs_nothing_else(written):
    text = (written[0] / "index.html").read_text()
    found = outline(text)
    assert {reference.split(":")[0][:1] for reference in found.references} == {"#", "d"}
    assert all(reference.startswith(("#", "data:")) for reference in found.references)
    assert "<script" not in text
    assert "@import" not in text


def test_every_section_is_linked(written):
    found = outline((written[0] / "index.html").read_text())
    links = [reference[1:] for reference in found.references if reference.startswith("#")]
    assert links == found.ids
    assert len(links) == len(PARTS) + 1


def test_names_of_users_are_escaped(written):
    text = (written[0] / "index.html").read_text()
    assert "rep<2>" not in text
    assert "rep&lt;2&gt;" in text


def test_log_ratios_carry_the_haplotypes_names(written):
    text = (written[0] / "index.html").read_text()
    assert "log2(alpha/beta)" in text
    assert "log2(A/B)" not in text


def test_the_numbers_of_the_run_are_on_the_page(written, results):
    text = (written[0] / "index.html").read_text()
    trusted = int(results.predictions["recommended"]["trusted"].sum())
    assert trusted > 5
    for what, value in (
        ("variants between the haplotypes", "12,345"),
        ("R of log2(alpha/beta) on test regions, multi_head", "0.500"),
        ("ceiling of R of log2(alpha/beta)", "0.800"),
        ("trusted regions, recommended", str(trusted)),
        ("informative pairs kept", "2,001"),
        ("motifs found, named", "4, 1"),
    ):
        assert f"<td>{what}</td><td>{value}</td>" in text


def test_figures_are_the_ones_the_rule_declares(written):
    folder, names = written
    assert sorted(f"{name}.svg" for name in names) == sorted(
        path.name for path in (folder / "figures").iterdir()
    )
    rule = (ROOT / "workflow" / "rules" / "report.smk").read_text()
    assert sorted(re.findall(r"figures/(\w+)\.svg", rule)) == sorted(names)
    captions = re.findall(r"report/(\w+)\.rst", rule)
    assert captions == re.findall(r"figures/(\w+)\.svg", rule)
    assert all((ROOT / "workflow" / "report" / f"{name}.rst").read_text().strip() for name in captions)


def test_the_same_results_give_the_same_bytes(written, results, tmp_path):
    folder, names = written
    write_report(results, ENVIRONMENTS, tmp_path / "index.html", tmp_path / "figures")
    assert (tmp_path / "index.html").read_bytes() == (folder / "index.html").read_bytes()
    for name in names:
        again = (tmp_path / "figures" / f"{name}.svg").read_bytes()
        assert again == (folder / "figures" / f"{name}.svg").read_bytes()
        assert b"<dc:date>" not in again


def test_empty_results_are_said_to_be_empty(empty, tmp_path):
    write_report(empty, [], tmp_path / "index.html", tmp_path / "figures")
    text = (tmp_path / "index.html").read_text()
    outline(text)
    for line in (
        "No trusted region has a scored variant.",
        "No cluster has enough seqlets",
        "TF-MoDISco found no pattern.",
        "No main variant changes a motif with a name.",
        "No trusted region has its main variant in a motif.",
        "<td>trusted regions, recommended</td><td>0</td>",
    ):
        assert line in text
