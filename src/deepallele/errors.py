"""Errors a user can mend, and how every step shows them."""

import argparse
import sys
from collections.abc import Callable


class InputError(Exception):
    """Bad input, told in one line: file, line or key, the value seen, and the mend."""


def run_step(step: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the command line, run one step, and turn an `InputError` into one clear line.

    Parameters
    ----------
    step
        Function of the parsed arguments that does the work.
    parser
        The step's argument parser.

    Raises
    ------
    SystemExit
        With code 1 and the error's line on standard error when the step raised `InputError`
        or could not find a file or a program.
    """
    arguments = parser.parse_args()
    try:
        step(arguments)
    except InputError as error:
        sys.exit(f"error: {error}")
    except FileNotFoundError as error:
        if error.filename is None:
            raise
        sys.exit(f"error: no such file or program: {error.filename}")
