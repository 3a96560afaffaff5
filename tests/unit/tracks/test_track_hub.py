"""Track hubs: what UCSC's documents ask for, and a bigBed that another library reads."""

import re
import subprocess
import sys
from pathlib import Path

import pyBigWig

from deepallele.tracks.bigbed import write_bigbed
from deepallele.tracks.hub import genomes_text, hub_text, track_db
from deepallele.tracks.igv import Sample

SRC = Path(__file__).parents[3] / "src"
LONG = "a-very.long+name_of_a_sample_indeed"


def stanzas(text):
    """Read the ra format: blocks of `setting value` lines, apart by blank lines."""
    return [
        dict(line.strip().split(" ", 1) for line in block.splitlines())
        for block in text.strip().split("\n\n")
    ]


def made():
    samples = [
        Sample(name, "", tuple(f"{name}{end}.bw" for end in ("", ".A", ".B"))) for name in ("rep1", LONG)
    ]
    return stanzas(track_db(samples, ("A", "B"), "regions.bb", "variants.vcf.gz"))


def test_hub_and_genomes_have_what_ucsc_requires():
    hub = stanzas(hub_text("B6 x CAST", "a@b.org"))[0]
    assert list(hub) == ["hub", "shortLabel", "longLabel", "genomesFile", "email"]
    assert re.fullmatch(r"\w+", hub["hub"])
    assert stanzas(genomes_text("mm10")) == [{"genome": "mm10", "trackDb": "trackDb.txt"}]


def test_every_track_has_a_key_of_its_own_a_type_and_labels_that_fit():
    tracks = made()
    keys = [track["track"] for track in tracks]
    assert len(set(keys)) == len(keys) == 10
    for track in tracks:
        assert re.fullmatch(r"[A-Za-z]\w*", track["track"])
        assert track["type"].split()[0] in ("bigWig", "bigBed", "vcfTabix")
        assert 0 < len(track["shortLabel"]) <= 17
        assert 0 < len(track["longLabel"]) <= 80
        assert ("bigDataUrl" in track) != ("container" in track)


def test_a_and_b_of_each_sample_are_laid_over_each_other_in_fixed_colours():
    tracks = made()
    containers = [track for track in tracks if "container" in track]
    assert [track["container"] for track in containers] == ["multiWig"] * 2
    for container in containers:
        assert container["aggregate"] == "transparentOverlay"
        assert container["autoScale"] == container["alwaysZero"] == "on"
        parts = [track for track in tracks if track.get("parent") == container["track"]]
        assert [part["color"] for part in parts] == ["0,114,178", "213,94,0"]
        assert [part["bigDataUrl"].split(".")[-2] for part in parts] == ["A", "B"]
        assert [part["shortLabel"][:2] for part in parts] == ["A ", "B "], (
            "cut at the end, not at the haplotype"
        )


def test_the_bigbed_holds_the_regions(tmp_path):
    bed = tmp_path / "r.bed"
    rows = [("chr2", 50, 300, "chr2:50-300", 1234.5), ("chr10", 5, 9, "x", 3), ("chr2", 10, 40, "y", 0)]
    bed.write_text("".join(f"{c}\t{s}\t{e}\t{n}\t{v}\t.\t{s + 1}\n" for c, s, e, n, v in rows))
    lengths = {"chr1": 50, "chr2": 1000, "chr10": 20}
    for name in ("r.bb", "again.bb"):
        assert write_bigbed(bed, lengths, tmp_path / name) == 3
    assert (tmp_path / "r.bb").read_bytes() == (tmp_path / "again.bb").read_bytes()
    with pyBigWig.open(str(tmp_path / "r.bb")) as file:
        assert file.isBigBed()
        assert file.chroms() == {"chr10": 20, "chr2": 1000}
        assert file.entries("chr2", 0, 1000) == [(10, 40, "y\t0"), (50, 300, "chr2:50-300\t1000")]
        assert file.entries("chr10", 0, 20) == [(5, 9, "x\t3")]


def test_many_regions_are_all_found(tmp_path):
    bed = tmp_path / "r.bed"
    bed.write_text("".join(f"c{n % 3}\t{50 * n}\t{50 * n + 30}\tr{n}\t{n}\n" for n in range(3000)))
    write_bigbed(bed, dict.fromkeys(("c0", "c1", "c2"), 200_000), tmp_path / "r.bb")
    with pyBigWig.open(str(tmp_path / "r.bb")) as file:
        found = [entry for contig in ("c0", "c1", "c2") for entry in file.entries(contig, 0, 200_000)]
    assert sorted(start for start, _, _ in found) == [50 * n for n in range(3000)]


def step(folder, *more):
    (folder / "g.fa").write_text(">c1\nACGTACGT\n")
    (folder / "g.fa.fai").write_text("c1\t8\t4\t8\t9\n")
    (folder / "regions.bed").write_text("c1\t1\t3\tr\t5\t.\t2\n")
    command = [
        sys.executable,
        SRC / "make_track_hub.py",
        "--cross",
        "x",
        "--assembly",
        "mm10",
        "--email",
        "a@b.c",
    ]
    command += ["--samples", "s", "--haplotypes", "A", "B", "--genome", folder / "g.fa"]
    command += ["--coverage", *(folder / f"hub/s{end}.bw" for end in ("", ".A", ".B"))]
    command += ["--regions", folder / "regions.bed", "--out-regions", folder / "hub/regions.bb"]
    command += ["--out-hub", folder / "hub/hub.txt", "--out-genomes", folder / "hub/genomes.txt"]
    command += ["--out-tracks", folder / "hub/trackDb.txt", *more]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_step_refuses_files_of_another_folder(tmp_path):
    done = step(tmp_path, "--variants", tmp_path / "elsewhere" / "v.vcf.gz")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "one folder" in done.stderr


def test_the_step_writes_a_whole_hub(tmp_path):
    done = step(tmp_path, "--variants", tmp_path / "hub" / "v.vcf.gz")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "hub").iterdir()} == {
        *("hub.txt", "genomes.txt", "trackDb.txt", "regions.bb")
    }
