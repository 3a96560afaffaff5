"""Fetching inputs as a user does, from a server on this machine with stand-ins of the same layout."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "fetch"))
from web import serve

REPOSITORY = Path(__file__).parents[2]
FILES = {
    "resources/mm10/mm10.fa.gz": ("/bigZips/mm10.fa.gz", b"genome" * 5000),
    "resources/mgp/CAST_EiJ.vcf.gz": ("/mgp/CAST_EiJ.vcf.gz", b"variants" * 4000),
    "resources/published/ATAC.hdf5": ("/files/53316875", b"dataset" * 3000),
}


@pytest.fixture
def site():
    with serve() as one:
        for place, data in FILES.values():
            one.files[place] = data
        md5 = [hashlib.md5(data).hexdigest() for _, data in FILES.values()]
        one.files["/mgp/CAST_EiJ.vcf.gz.md5"] = f"{md5[1]}  CAST_EiJ.vcf.gz\n".encode()
        one.files["/article"] = json.dumps([{"id": 53316875, "computed_md5": md5[2]}]).encode()
        one.sums = [f"md5:{md5[0]}", f"{one.url}/mgp/CAST_EiJ.vcf.gz.md5", f"{one.url}/article"]
        yield one


def configured(new_run, site, name, sums):
    """A shipped configuration with the addresses of the local server, and its still empty sheet."""
    run = new_run(name, REPOSITORY / "config" / "datasets" / "bulk_atac.yaml")
    sheet = run.directory / "config" / "datasets" / "bulk_atac.samples.tsv"
    sheet.parent.mkdir(parents=True)
    reads = run.directory / "resources" / "own"
    reads.mkdir(parents=True)
    sheet.write_text("sample\tunit\tfastq_1\tfastq_2\none\tl1\tresources/own/R1.fq.gz\t\n")
    config = yaml.safe_load(run.config.read_text())
    entries = [
        {"path": path, "url": site.url + place, "checksum": checksum}
        for (path, (place, _)), checksum in zip(FILES.items(), sums, strict=True)
    ]
    config["fetch"]["files"] = entries
    run.config.write_text(yaml.safe_dump(config))
    return run


def fetch(run):
    rules = REPOSITORY / "workflow" / "rules" / "fetch.smk"
    return run.snakemake("--snakefile", str(rules), "--show-failed-logs", "--retries", "0", "fetch_inputs")


def test_files_are_fetched_checked_and_not_fetched_twice(new_run, site):
    site.breaks["/bigZips/mm10.fa.gz"] = [10_000]
    run = configured(new_run, site, "fetch", site.sums)
    done = fetch(run)
    assert done.returncode == 0, done.stdout
    assert all((run.directory / path).read_bytes() == data for path, (_, data) in FILES.items())
    assert ("/bigZips/mm10.fa.gz", "bytes=10000-") in site.asked
    asked = len(site.asked)
    assert "Nothing to be done" in fetch(run).stdout
    assert len(site.asked) == asked
    assert list(run.directory.glob("resources/**/*.part")) == []


def test_a_wrong_sum_fails_the_job_and_leaves_nothing(new_run, site):
    wrong = "md5:" + "0" * 32
    run = configured(new_run, site, "wrong", [wrong, *site.sums[1:]])
    done = fetch(run)
    assert done.returncode != 0
    assert f"the checksum is {site.sums[0]}, expected {wrong}" in done.stdout
    assert not list((run.directory / "resources").glob("mm10/*"))


def test_nothing_is_fetched_by_default(new_run, site):
    run = configured(new_run, site, "default", site.sums)
    done = run.snakemake("--dry-run")
    assert "no such file 'resources/own/R1.fq.gz'" in done.stdout
    assert site.asked == []
