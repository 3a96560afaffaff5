"""IGV sessions: every path leads to a file, haplotypes look as they should, the first view is a good one."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from deepallele.errors import InputError
from deepallele.tracks.igv import Sample, best_place, samples_of, session

SRC = Path(__file__).parents[3] / "src"
HAPLOTYPES = ("first<&>", "second")


def made(samples):
    text = session("genomes/a b.fa", "c1:1-100", samples, HAPLOTYPES, [("Regions", "peaks/r.bed")])
    return ET.fromstring(text.encode())


def sample(name):
    return Sample(name, f"allele/{name}.bam", tuple(f"tracks/{name}{end}.bw" for end in ("", ".1", ".2")))


def test_tracks_of_a_haplotype_have_one_colour_and_all_haplotypes_one_scale():
    root = made([sample("s1"), sample("s2")])
    tracks = {track.get("name"): track.attrib for track in root.iter("Track")}
    pairs = [tracks[f"{name} {haplotype}"] for name in ("s1", "s2") for haplotype in HAPLOTYPES]
    assert [track["color"] for track in pairs] == ["0,114,178", "213,94,0"] * 2
    assert len({track["autoscaleGroup"] for track in pairs}) == 1
    assert tracks["s1 all pairs"]["autoscaleGroup"] != pairs[0]["autoscaleGroup"]


def test_every_track_of_a_file_has_its_resource():
    root = made([sample("s1")])
    resources = {resource.get("path") for resource in root.iter("Resource")}
    tracks = {
        track.get("id").removesuffix("_coverage").removesuffix("_junctions") for track in root.iter("Track")
    }
    assert tracks - {"Reference sequence"} == resources
    assert "allele/s1.bam" in resources


def test_reads_are_grouped_by_haplotype_without_colours_that_contradict_the_tracks():
    options = [element.attrib for element in made([sample("s1")]).iter("RenderOptions")]
    assert options == [{"colorOption": "NONE", "groupByOption": "TAG", "groupByTag": "HP"}]


def test_without_bigwigs_there_are_reads_only():
    names = [track.get("name") for track in made([Sample("s1", "s1.bam", ())]).iter("Track")]
    assert "s1 reads" in names
    assert not any("all pairs" in name for name in names)


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("c2\t5000\t5200\ta\t7\t.\t5100\nc1\t9000\t9100\tb\t30.5\t.\t9050\n", "c1:7001-10000"),
        ("c2\t100\t300\ta\t7\nc2\t5000\t5100\tb\t7\n", "c2:1-2300"),
        ("", "c1:1-4000"),
    ],
)
def test_the_first_view_is_the_best_region(tmp_path, lines, place):
    (tmp_path / "r.bed").write_text(lines)
    assert best_place(tmp_path / "r.bed", {"c1": 10000, "c2": 8000}) == place


def test_without_regions_the_first_view_is_the_first_contig():
    assert best_place(None, {"c1": 100}) == "c1:1-100"


def test_a_missing_file_is_told():
    with pytest.raises(InputError, match="2 samples"):
        samples_of(["a", "b"], [Path("a.bw")] * 5, [], Path())


def test_the_step_writes_paths_from_the_folder_of_the_session(tmp_path):
    for name in ("allele/s.bam", "tracks/s.bw", "tracks/s.A.bw", "tracks/s.B.bw", "tracks/v.vcf.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "genome.fa").write_text(">c1\nACGT\n")
    (tmp_path / "genome.fa.fai").write_text("c1\t4\t4\t4\t5\n")
    (tmp_path / "genes.bed").write_text("c1\t1\t3\tg\t0\n")
    command = [sys.executable, SRC / "make_igv_session.py", "--samples", "s", "--haplotypes", "A", "B"]
    command += ["--bams", tmp_path / "allele/s.bam", "--genome", tmp_path / "genome.fa"]
    command += ["--coverage", *(tmp_path / f"tracks/s{end}.bw" for end in ("", ".A", ".B"))]
    command += ["--genes", tmp_path / "genes.bed", "--variants", tmp_path / "tracks/v.vcf.gz"]
    done = subprocess.run([*command, "--out", tmp_path / "igv.xml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    root = ET.parse(tmp_path / "igv.xml").getroot()
    assert root.get("locus") == "c1:1-4"
    paths = [root.get("genome"), *(resource.get("path") for resource in root.iter("Resource"))]
    assert len(paths) == 7
    for path in paths:
        assert not Path(path).is_absolute()
        assert (tmp_path / path).is_file(), path
