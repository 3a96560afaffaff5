"""Windows around transcription start sites."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deepallele.annotation.genes import read_annotation
from deepallele.annotation.tss import tss_windows
from deepallele.errors import InputError

SRC = Path(__file__).parents[3] / "src"
LENGTHS = {"c2": 1000, "c1": 2000}
CODING = 'gene_biotype "protein_coding";'


def row(gene, transcript, start, end, strand="+", more=CODING, contig="c1"):
    told = f'gene_id "{gene}"; transcript_id "{transcript}"; {more}'
    return f"{contig}\tm\texon\t{start}\t{end}\t.\t{strand}\t.\t{told}\n"


def windows_of(tmp_path, *rows, flank=100, biotypes=("protein_coding",)):
    path = tmp_path / "a.gtf"
    path.write_text("".join(rows))
    return tss_windows(read_annotation(path, list(LENGTHS)), LENGTHS, flank, biotypes)


def test_both_strands_give_windows_of_one_length_with_the_tss_at_the_flank(tmp_path):
    windows, dropped, summary = windows_of(
        tmp_path,
        row("plus", "t", 501, 600),
        row("plus", "t", 701, 800),
        row("minus", "u", 501, 600, "-"),
        row("minus", "u", 701, 800, "-"),
        row("other", "v", 501, 600, contig="c2"),
    )
    assert windows.to_numpy().tolist() == [
        ["c2", 400, 600, "other", 0, "+", 500],
        ["c1", 400, 600, "plus", 0, "+", 500],
        ["c1", 700, 900, "minus", 0, "-", 799],
    ]
    for window in windows.itertuples():
        minus = window.strand == "-"
        assert (window.end - 1 - window.summit if minus else window.summit - window.start) == 100
    assert dropped.empty and summary["windows"] == 3 and summary["chosen_by"] == {"longest": 3}


@pytest.mark.parametrize(
    ("tags", "start", "chosen_by"),
    [
        (("", "", ""), 300, "longest"),
        (("", "basic", ""), 400, "basic"),
        (("basic", "basic", "Ensembl_canonical"), 500, "Ensembl_canonical"),
        (("Ensembl_canonical", "MANE Select", "basic"), 400, "MANE_Select"),
        (("basic", "basic", ""), 300, "basic"),
        (("basics", "my_basic", "basic_"), 300, "longest"),
    ],
)
def test_one_transcript_is_chosen_by_tag_then_by_length(tmp_path, tags, start, chosen_by):
    """Exonic length counts, not the span: the first has the most bases, the third the widest span."""
    rows = [
        row("g", "a", 301, 500, more=f'{CODING} tag "{tags[0]}";'),
        row("g", "b", 401, 420, more=f'{CODING} tag "{tags[1]}";'),
        row("g", "c", 501, 502, more=f'{CODING} tag "{tags[2]}";'),
        row("g", "c", 1801, 1802),
    ]
    windows, _, summary = windows_of(tmp_path, *rows)
    assert windows["summit"].tolist() == [start]
    assert summary["chosen_by"] == {chosen_by: 1}


def test_transcripts_of_equal_rank_are_taken_by_name(tmp_path):
    rows = [row("g", "b", 301, 310), row("g", "a", 401, 410)]
    for order in (rows, rows[::-1]):
        assert windows_of(tmp_path, *order)[0]["summit"].tolist() == [400]


def test_windows_beyond_a_contig_are_dropped_and_counted(tmp_path):
    """A window that just fits on either side stays."""
    windows, dropped, summary = windows_of(
        tmp_path,
        row("first", "a", 101, 110),
        row("early", "b", 100, 110),
        row("last", "c", 1801, 1900, "-"),
        row("late", "d", 1902, 1950),
        row("late minus", "e", 1801, 1901, "-"),
        row("last plus", "f", 1901, 1950),
        row("loose", "g", 501, 600, "."),
        row("silent", "h", 501, 600, more='gene_biotype "lncRNA";'),
    )
    assert windows["name"].tolist() == ["first", "last", "last plus"]
    assert windows["start"].tolist() == [0, 1800, 1800] and windows["end"].tolist() == [200, 2000, 2000]
    assert summary["dropped"] == {
        "no transcript with one strand": 1,
        "window beyond the end of its contig": 3,
    }
    assert dropped["gene_id"].tolist() == ["early", "late", "late minus", "loose"]
    assert summary["genes_of_other_biotypes"] == 1


def test_biotypes_choose_genes_unless_the_annotation_names_none(tmp_path):
    coding, other = row("a", "t", 501, 600), row("b", "u", 701, 800, more='gene_type "lncRNA";')
    assert windows_of(tmp_path, coding, other)[0]["name"].tolist() == ["a"]
    assert windows_of(tmp_path, coding, other, biotypes=["lncRNA"])[0]["name"].tolist() == ["b"]
    assert windows_of(tmp_path, coding, other, biotypes=[])[0]["name"].tolist() == ["a", "b"]
    windows, _, summary = windows_of(tmp_path, row("a", "t", 501, 600, more=""))
    assert windows["name"].tolist() == ["a"] and not summary["biotypes_named"]
    with pytest.raises(InputError, match=r"no window around a TSS: 0 genes of biotype tRNA \(the GTF has"):
        windows_of(tmp_path, coding, other, biotypes=["tRNA"])


def test_the_step_writes_a_bed_that_is_the_same_each_time(tmp_path):
    (tmp_path / "a.gtf").write_text(row("g", "t", 501, 600) + row("h", "u", 3, 60))
    (tmp_path / "r.fai").write_text("c1\t2000\t0\t60\t61\n")
    outputs = []
    for name in ("1", "2"):
        command = [sys.executable, SRC / "tss_windows.py", "--gtf", tmp_path / "a.gtf", "--flank", "50"]
        command += ["--fai", tmp_path / "r.fai", "--exclude", "M", "--biotypes", "protein_coding"]
        command += ["--out", tmp_path / f"{name}.bed", "--dropped", tmp_path / "d.tsv"]
        subprocess.run([*command, "--summary", tmp_path / "s.json"], check=True, capture_output=True)
        outputs.append((tmp_path / f"{name}.bed").read_text())
    assert outputs == ["c1\t450\t550\tg\t0\t+\t500\n"] * 2
    assert (tmp_path / "d.tsv").read_text().startswith("gene_id\treason\nh\twindow beyond")
    assert json.loads((tmp_path / "s.json").read_text())["windows"] == 1
