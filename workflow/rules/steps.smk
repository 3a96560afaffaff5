# How rules find the steps and the library, and what they ask for.
import re
import sys
from pathlib import Path

WORKFLOW = (
    Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve().parent
)
SRC = WORKFLOW.parent / "src"
sys.path.insert(0, str(SRC))


def script(name):
    """Path of a step of src/; an input, so that an edit of the step reruns it."""
    return SRC / name


def library(*packages):
    """Library files a step depends on; inputs, so that an edit reruns what it should."""
    package = SRC / "deepallele"
    shared = [package / name for name in ("compressed.py", "errors.py", "files.py")]
    return shared + [
        path
        for name in packages
        for path in sorted((package / name).rglob("*"))
        if path.suffix in (".py", ".toml", ".j2")
    ]


def any_of(names):
    """Pattern that matches just these names; nothing at all where there are none."""
    return "|".join(map(re.escape, sorted(names))) or "(?!)"


def memory(base_mb, per_input=0.0):
    """Memory (MB) that grows with the size of the inputs and with each attempt."""

    def mem_mb(wildcards, input, attempt):
        return int((base_mb + per_input * input.size_mb) * attempt)

    return mem_mb


def runtime(minutes):
    """Run time (minutes) that grows with each attempt."""

    def minutes_of(wildcards, attempt):
        return minutes * attempt

    return minutes_of
