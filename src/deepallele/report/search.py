"""Figure of a search: the score of every trial against each setting."""

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from deepallele.report.style import BLUE, VERMILION, figure, grid, svg
from deepallele.search.score import RESULTS

COLUMNS = 3  # panels in a row
PANEL = 3.2, 2.8  # inches
WIDE = 10  # largest over smallest value from which an axis is logarithmic


def draw_search(table: pd.DataFrame) -> bytes:
    """Draw the trials of a search as SVG.

    Parameters
    ----------
    table
        Table of `deepallele.search.results.collect_trials`.
    """
    scored = table[table["score"].notna()].sort_values("trial")
    settings = [name for name in table.columns if name not in ("trial", *RESULTS)]
    columns = min(COLUMNS, len(settings))
    rows = math.ceil(len(settings) / columns)
    with figure(PANEL[0] * columns, PANEL[1] * rows, columns, rows, sharey=True) as (made, axes):
        for number, panel in enumerate(axes.flat):
            if number < len(settings):
                _draw_setting(panel, scored, settings[number])
            else:
                panel.set_axis_off()
        for row in axes:
            row[0].set_ylabel("validation score (R)")
        axes[0, 0].legend(loc="best")
        return svg(made)


def _draw_setting(axes: Axes, scored: pd.DataFrame, setting: str) -> None:
    values = scored[setting].tolist()
    places = _places(axes, values)
    own = (scored["trial"] == 0).tolist()
    for chosen, colour, label in ((False, BLUE, "trial"), (True, VERMILION, "own settings")):
        kept = [row for row, flag in enumerate(own) if flag == chosen]
        axes.scatter(
            [places[row] for row in kept],
            scored["score"].iloc[kept],
            s=30,
            color=colour,
            linewidths=0,
            label=label,
        )
    axes.set_xlabel(setting)
    grid(axes)


def _places(axes: Axes, values: list[Any]) -> list[float]:
    """Give where the values lie on the x-axis: numbers at their value, names and flags side by side."""
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        if min(values) > 0 and max(values) >= WIDE * min(values):
            axes.set_xscale("log")
        return values
    names = sorted(set(map(str, values)))
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    return [names.index(str(value)) for value in values]
