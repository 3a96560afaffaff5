"""The options of a simulation on the command line."""

import argparse
from dataclasses import Field, fields
from typing import Any

from deepallele.simulate.settings import Settings


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add one command line option per field of `Settings`."""
    for option in fields(Settings):
        _add(parser, option)


def _add(parser: argparse.ArgumentParser, option: Field[Any]) -> None:
    shown = f"{option.default:.4g}" if isinstance(option.default, float) else str(option.default)
    only = f"{option.metadata['assay']}: " if option.metadata["assay"] else ""
    parser.add_argument(
        "--" + option.name.replace("_", "-"),
        type=type(option.default),
        default=option.default,
        help=f"{only}{option.metadata['help']} (default: {shown})",
    )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Settings from parsed command line arguments.

    Raises
    ------
    InputError
        If a value is out of its range.
    """
    return Settings(**{option.name: getattr(arguments, option.name) for option in fields(Settings)})
