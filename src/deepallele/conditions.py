"""What the column `condition` of the sample sheet is for: comparisons, and peaks reproducible in a condition.

Only the standard library is used here, because this module runs inside Snakemake's own environment.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from deepallele.errors import InputError
from deepallele.sample_sheet import Unit, controls_of

REPLICATES = 2
# All that cannot be in every file name, and a dot in front, which would hide the file.
_UNSAFE = re.compile(r"^\.|[^A-Za-z0-9_.+-]")

Groups = dict[str, list[str]]


def samples_of_conditions(units: Sequence[Unit]) -> Groups:
    """List the samples of each condition, both sorted; controls and samples without one are left out."""
    controls = set(controls_of(units).values())
    groups: Groups = {}
    for condition, sample in sorted({(unit["condition"], unit["sample"]) for unit in units}):
        if condition and sample not in controls:
            groups.setdefault(condition, []).append(sample)
    return groups


def counted_units(units: Sequence[Unit], cell_groups: Mapping[str, Sequence[str]]) -> list[Unit]:
    """Give the rows of the sample sheet as they are counted: controls left out, groups of cells for samples.

    A group of cells is called `sample.group`; its condition is the group, behind that of the sample where
    it has one: `condition.group`. The same group of several samples is replicated, then.

    Parameters
    ----------
    units
        The sample sheet.
    cell_groups
        Groups of each sample that is counted; empty where the sample is counted as a whole.
    """
    counted: list[Unit] = []
    for unit in units:
        if unit["sample"] not in cell_groups:
            continue
        groups = cell_groups[unit["sample"]]
        counted += [unit] if not groups else [_of_group(unit, group) for group in groups]
    return counted


def _of_group(unit: Unit, group: str) -> Unit:
    condition = f"{unit['condition']}.{group}" if unit["condition"] else group
    return {**unit, "sample": f"{unit['sample']}.{group}", "condition": condition}


def comparisons(config: Mapping[str, Any], units: Sequence[Unit], source: str) -> dict[str, Groups]:
    """Choose the pairs of conditions that are compared.

    Parameters
    ----------
    config, units
        A configuration and a sample sheet that passed their checks. `counts.compare` lists the pairs;
        None stands for all pairs of conditions that have replicates, in alphabetical order.
    source
        Name of the configuration, for error messages.

    Returns
    -------
    dict
        By name, which is part of file names: the two conditions, the first one first, with their samples.

    Raises
    ------
    InputError
        If a pair names a condition that no counted sample has, the same one twice, or is given twice, or
        two comparisons would have one file name.
    """
    groups = samples_of_conditions(units)
    wanted = config["counts"]["compare"]
    if wanted is None:
        wanted = combinations([name for name, samples in groups.items() if len(samples) >= REPLICATES], 2)
    chosen: dict[str, Groups] = {}
    for first, second in wanted:
        where = f"{source}: key 'counts.compare': [{first}, {second}]"
        for name in (first, second):
            if name not in groups:
                raise InputError(f"{where}: {_unknown(name, groups, units, config['samples'])}")
        if first == second:
            raise InputError(f"{where}: a condition cannot be compared with itself; name two")
        pair = {first: groups[first], second: groups[second]}
        file_name = f"{_safe(first)}_vs_{_safe(second)}"
        if file_name in chosen:
            raise InputError(
                f"{where}: its files would be named '{file_name}' like those of "
                f"[{', '.join(chosen[file_name])}]; rename a condition in {config['samples']}"
            )
        if any(set(pair) == set(other) for other in chosen.values()):
            raise InputError(f"{where}: the pair is given before in the other order; keep one")
        chosen[file_name] = pair
    return chosen


def _unknown(name: str, groups: Groups, units: Sequence[Unit], sheet: str) -> str:
    if not groups:
        return f"{sheet} gives no sample a condition; fill its column 'condition'"
    if any(unit["condition"] == name for unit in units):
        return f"all samples of condition '{name}' are input controls, which are not counted; name another"
    return f"no sample of {sheet} has condition '{name}'; conditions: {', '.join(groups)}"


def _safe(condition: str) -> str:
    return _UNSAFE.sub("-", condition)


def replicate_groups(units: Sequence[Unit]) -> dict[str, str]:
    """Give each sample the number of its condition, "0" where it has none; input controls are left out."""
    groups = samples_of_conditions(units)
    numbers = {sample: str(number) for number, name in enumerate(groups, start=1) for sample in groups[name]}
    controls = set(controls_of(units).values())
    names = sorted({unit["sample"] for unit in units} - controls)
    return {name: numbers.get(name, "0") for name in names}


def check_min_samples(config: Mapping[str, Any], units: Sequence[Unit], source: str) -> list[str]:
    """Refuse to ask for peaks in more samples than there are.

    Returns
    -------
    list of str
        What is allowed but worth knowing, one line each.

    Raises
    ------
    InputError
        If peaks are called and `peaks.min_samples` is above the number of samples, controls left out; or,
        where it is counted within conditions, a sample has none or each has fewer samples.
    """
    peaks, sheet = config["peaks"], config["samples"]
    if peaks["regions"] is not None:
        return []
    least = peaks["min_samples"]
    samples = {unit["sample"]: unit for unit in units if unit["sample"] not in controls_of(units).values()}
    where = f"{source}: key 'peaks.min_samples': {least}, but {sheet}"
    if peaks["reproducible_within"] == "run":
        if least > len(samples):
            raise InputError(f"{where} lists {len(samples)} samples; lower it")
        return []
    without = sorted(name for name, unit in samples.items() if not unit["condition"])
    if without:
        raise InputError(
            f"{source}: key 'peaks.reproducible_within': condition, but {sheet} gives sample '{without[0]}' "
            "none; fill its column 'condition'"
        )
    groups = samples_of_conditions(units)
    most = max(map(len, groups.values()))
    if least > most:
        raise InputError(f"{where} lists at most {most} samples of a condition; lower it")
    return [
        f"{sheet}: condition '{name}' has fewer samples ({len(members)}) than peaks.min_samples, {least}: "
        "peaks that only it has make no region"
        for name, members in groups.items()
        if len(members) < least
    ]


def check_tasks(config: Mapping[str, Any], units: Sequence[Unit], source: str) -> None:
    """See that there are conditions where a model's tasks are the conditions.

    Raises
    ------
    InputError
        If no counted sample has one.
    """
    for name, model in config["models"].items():
        if model["training"].get("tasks") == "condition" and not samples_of_conditions(units):
            raise InputError(
                f"{source}: key 'models.{name}.training.tasks': condition, but no sample has one; "
                "fill the column 'condition' of the sample sheet in, or set it to all or sample"
            )
