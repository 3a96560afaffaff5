"""What a training that was stopped leaves behind, and whether another may go on from it."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.errors import InputError
from deepallele.files import write_text
from deepallele.model.checkpoint import read_checkpoint

LAST = "last"  # name of the checkpoint of the last whole epoch, without its ending
_MARK = "training.json"
_CODE = Path(__file__).resolve().parents[1]


class Unfinished:
    """Folder of a training until it is done, beside the checkpoint that it will write.

    It holds the checkpoints of the last and of the best epoch and the log. Training goes on from there if it
    is the same: settings, data, code and torch's version; otherwise it starts anew.

    Parameters
    ----------
    checkpoint
        The checkpoint that will be written.
    training
        All that the result depends on, plain values; see `fingerprint`.
    """

    def __init__(self, checkpoint: Path, training: dict[str, Any]) -> None:
        self.folder = checkpoint.resolve().with_name(f"{checkpoint.name}.unfinished")
        # The paths of checkpoints are inside them.
        self._mark = json.dumps({**training, "folder": str(self.folder)}, indent=2, sort_keys=True) + "\n"

    @property
    def logs(self) -> Path:
        """Folder of the log."""
        return self.folder / "logs"

    def prepare(self, first: bool = True) -> Path | None:
        """Give the checkpoint to go on from, or None and an empty folder.

        Of several processes only the `first` makes the folder; the others start later.
        """
        last, mark = self.folder / f"{LAST}.ckpt", self.folder / _MARK
        if not first:
            return last if last.exists() else None
        if last.exists() and mark.exists() and mark.read_text() == self._mark and _readable(last):
            return last
        if self.folder.exists():
            print("an unfinished training lies here, but of other settings, data or code: from the start")
            self.remove()
        self.logs.mkdir(parents=True)
        write_text(self._mark, mark)
        return None

    def keep_logs(self, logs: Path) -> None:
        """Put the log into the folder `logs`, in place of what is there."""
        if logs.exists():
            shutil.rmtree(logs)
        logs.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.logs, logs)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder)


def fingerprint(dataset: Dataset, **settings: Any) -> dict[str, Any]:
    """All that a training's result depends on, short: settings as they are, data and code as checksums."""
    targets = dataset.task_targets()
    arrays: list[NDArray[Any]] = [
        dataset.sequence,
        dataset.count,
        dataset.split,
        targets.activity,
        targets.log_ratio,
    ]
    if dataset.activity is not None:
        arrays.append(dataset.activity)
    data = hashlib.sha256()
    for array in arrays:
        data.update(str(array.shape).encode())
        data.update(array.tobytes())
    code = hashlib.sha256()
    for path in sorted(path for part in ("model", "dataset") for path in (_CODE / part).glob("*.py")):
        code.update(path.read_bytes())
    settings |= {"samples": dataset.sample, "conditions": dataset.condition}
    return {**settings, "data": data.hexdigest(), "code": code.hexdigest(), "torch": torch.__version__}


def _readable(path: Path) -> bool:
    try:
        read_checkpoint(path)
    except InputError:
        return False
    return True
