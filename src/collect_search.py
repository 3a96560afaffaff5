"""Results of a search: all trial.json files -> a table, the best trial's settings and a figure."""

import argparse
import json
from pathlib import Path
from typing import Any

from deepallele.errors import InputError, run_step
from deepallele.files import atomic_path, write_table, write_text
from deepallele.report.search import draw_search
from deepallele.search.results import best_settings, collect_trials


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="trial.json of every trial")
    parser.add_argument("--config", required=True, help="JSON: the model's own type, architecture, training")
    parser.add_argument("--out-table", type=Path, required=True, help="TSV of all trials, the best first")
    parser.add_argument("--out-best", type=Path, required=True, help="YAML of the best trial's settings")
    parser.add_argument("--out-figure", type=Path, required=True, help="SVG: score against each setting")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Collect, and show the best trial beside the model's own settings."""
    records = [_parse(path.read_text(), path) for path in arguments.trials]
    table = collect_trials(records)
    best = best_settings(_parse(arguments.config, "--config"), records)
    write_table(table, arguments.out_table)
    write_text(best, arguments.out_best)
    with atomic_path(arguments.out_figure) as temporary:
        temporary.write_bytes(draw_search(table))
    print(best.splitlines()[0].removeprefix("# "))


def _parse(text: str, source: Path | str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{source}: not JSON ({error})") from error


if __name__ == "__main__":
    run_step(main, build_parser())
