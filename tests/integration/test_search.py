"""What `snakemake search` would run, and what stops it; `test_imported` runs one."""

from pathlib import Path

import pytest

CONFIG = Path(__file__).parent / "imported" / "config.yaml"
SEARCH = {"model": "recommended", "trials": 3, "space": {"training.lr": [0.01, 0.02]}}


@pytest.fixture
def run(new_run):
    made = new_run("search", CONFIG)
    (made.directory / "input").mkdir()
    (made.directory / "input" / "pairs.tsv").write_text("oligo\tref\talt\tgene\tact_ref\tact_alt\n")
    return made


def test_a_search_has_a_job_per_trial_and_trains_nothing_else(run):
    said = run.with_config("searched", search=SEARCH).snakemake("--dry-run", "--", "search").stdout
    jobs = dict(line.split() for line in said.splitlines() if len(line.split()) == 2)
    wanted = {"import_dataset": "1", "search_trial": "3", "collect_search": "1", "search": "1", "total": "6"}
    assert {name: jobs.get(name) for name in wanted} == wanted, said


def test_what_is_not_asked_for_is_not_searched(run):
    whole = run.with_config("whole", search=SEARCH).snakemake("--dry-run", "--quiet", "reason").stdout
    assert "train_model" in whole and "search_trial" not in whole
    done = run.snakemake("--dry-run", "--", "search")
    assert done.returncode != 0
    assert "key 'search.model' is null: there is nothing to search; set it to the name" in done.stdout


def test_a_bad_space_stops_before_any_job(run):
    space = {"training.lr": {"low": 1, "high": 0}}
    said = run.with_config("bad", search={**SEARCH, "space": space}).snakemake("--", "search").stdout
    assert "'search.space.training.lr': low 1 is not below high 0" in said and "Job stats" not in said
