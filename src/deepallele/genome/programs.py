"""The programs that the genome steps call."""

import shutil

from deepallele.errors import InputError


def bcftools(*arguments: str) -> list[str]:
    """Give the command line of bcftools.

    Raises
    ------
    InputError
        If there is no such program.
    """
    if shutil.which("bcftools") is None:
        raise InputError(
            "the program 'bcftools' is not on the PATH; run snakemake with --sdm conda, or install bcftools"
        )
    return ["bcftools", *arguments]
