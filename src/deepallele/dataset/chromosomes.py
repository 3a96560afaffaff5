"""Can the folds be made of the chromosomes that there are?

Only the standard library is used, because the checks before the first job use this module too.
"""

from collections.abc import Collection, Mapping
from typing import Any

from deepallele.errors import InputError
from deepallele.preflight import bed_contigs, reference_contigs


def check_folds(config: Mapping[str, Any]) -> None:
    """Check the folds with the contigs on which regions may be: those of the reference, or of own regions.

    Raises
    ------
    InputError
        As `check_chromosomes`.
    """
    fasta = config["reference"]["fasta"]
    own = config["peaks"]["regions"] if config["assay"] != "rna" else None
    contigs = set(reference_contigs(fasta))
    if own is None:
        check_chromosomes(config, contigs, fasta)
    else:
        check_chromosomes(config, contigs & set(bed_contigs(own)), own)


def check_chromosomes(config: Mapping[str, Any], contigs: Collection[str], source: str) -> None:
    """Refuse folds of more chromosomes than there are, and named ones that are not there.

    Parameters
    ----------
    config
        A configuration that passed `deepallele.config.check_config`.
    contigs
        Names of the contigs on which regions may be.
    source
        File that names them, for messages.

    Raises
    ------
    InputError
        Naming the key and the mend.
    """
    dataset = config["dataset"]
    known = sorted(set(contigs) - set(config["reference"]["exclude_contigs"]))
    shown = ", ".join(known[:3]) + ", ..." * (len(known) > 3)
    for part in ("test", "validation"):
        absent = [name for name in dataset[f"{part}_chromosomes"] if name not in known]
        if absent:
            raise InputError(
                f"config key 'dataset.{part}_chromosomes': no '{absent[0]}' in {source} ({shown}); "
                "correct the name"
            )
    if dataset["test_chromosomes"]:
        key, mend = "test_chromosomes", "name fewer"
        needed = len(dataset["test_chromosomes"]) + max(1, len(dataset["validation_chromosomes"])) + 1
    elif dataset["split"] == "chromosome":
        # Of two folds, training and validation share the set of chromosomes that is not test.
        key, mend = "folds", "use fewer folds or dataset.split: blocks"
        needed = max(3, dataset["folds"])
    else:
        return
    if len(known) < needed:
        raise InputError(
            f"config key 'dataset.{key}': training, validation and test need {needed} chromosomes, but "
            f"{source} has {len(known)} for regions ({shown}); {mend}"
        )
