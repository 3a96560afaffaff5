"""Run the workflow as a user does: the command line, in a folder of its own."""

import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Run:
    """A working directory with a configuration, and what Snakemake said there."""

    directory: Path
    config: Path

    def snakemake(self, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess:
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(REPOSITORY / "workflow" / "Snakefile")),
            *("--directory", str(self.directory), "--configfile", str(self.config)),
            # --set-scatter takes all that follows, so another option must end it.
            *("--set-scatter", "chunk=2", "--cores", str(cores), *arguments),
        ]
        return subprocess.run(
            command,
            cwd=self.directory,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    def whole(self, *targets: str) -> None:
        """Run to the end or fail the test with the end of Snakemake's own words."""
        done = self.snakemake("--show-failed-logs", *targets)
        assert done.returncode == 0, done.stdout[-6000:]

    def planned(self, *arguments: str) -> dict[str, int]:
        """Rules a dry run would execute, with the number of jobs of each."""
        done = self.snakemake("--dry-run", "--quiet", "rules", *arguments)
        assert done.returncode == 0, done.stdout[-6000:]
        listing = self.snakemake("--dry-run", *arguments).stdout
        if "Nothing to be done" in listing:
            return {}
        lines = listing.split("Job stats:")[1].strip().splitlines()[2:]
        counts = {}
        for line in lines:
            fields = line.split()
            if len(fields) != 2 or fields[0] == "total":
                break
            counts[fields[0]] = int(fields[1])
        return counts

    def settings(self) -> dict:
        return yaml.safe_load(self.config.read_text())

    def with_config(self, name: str, **changes) -> "Run":
        """The same folder under a changed configuration; `a__b` is key b of section a."""
        config = self.settings()
        for path, value in changes.items():
            *parents, key = path.split("__")
            section = config
            for parent in parents:
                section = section.setdefault(parent, {})
            section[key] = value
        changed = self.directory / f"{name}.yaml"
        changed.write_text(yaml.safe_dump(config, sort_keys=False))
        return Run(self.directory, changed)


@pytest.fixture(scope="session")
def new_run(tmp_path_factory):
    """Make a working directory from a shipped configuration, with `data` linked in it."""

    def make(name: str, config: Path, data: Path | None = None) -> Run:
        # A space in the path: users have them.
        directory = tmp_path_factory.mktemp("work dir") / name
        directory.mkdir()
        if data is not None:
            (directory / "data").symlink_to(data.resolve())
        copy = directory / "config.yaml"
        copy.write_text(config.read_text())
        return Run(directory, copy)

    return make


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a folder" / "out").mkdir(parents=True)
    return tmp_path / "a folder"


@pytest.fixture
def step(monkeypatch, folder, capsys):
    """Run a step in this process; gives its exit code (of an error: its line) and what it printed."""

    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        code = 0
        try:
            runpy.run_path(str(REPOSITORY / "src" / name), run_name="__main__")
        except SystemExit as end:
            code = end.code
        return code, capsys.readouterr().out

    return run
