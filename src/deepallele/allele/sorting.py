"""Sort BAM records by coordinate through samtools, and write sorted BAM files with their index."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
from isal import igzip
from numpy.typing import NDArray

from deepallele.allele.bam import Header, RecordStream
from deepallele.allele.bgzf import BgzfWriter
from deepallele.errors import InputError


class Sorter:
    """Sort records by coordinate; memory is bounded, the rest goes to files in `folder`.

    Parameters
    ----------
    header
        Header of the records.
    folder
        Existing folder for temporary files.
    threads
        CPU threads.
    memory_mb
        Memory of all threads together, in MB.

    Raises
    ------
    InputError
        If samtools is not installed.
    RuntimeError
        If samtools fails; its own message is on standard error.
    """

    def __init__(self, header: Header, folder: Path, threads: int, memory_mb: int) -> None:
        if shutil.which("samtools") is None:
            raise InputError("samtools: not found on PATH; install it (envs/allele.yaml)")
        command = ["samtools", "sort", "-u", "--no-PG", "-@", str(threads - 1)]
        command += ["-m", f"{max(1, memory_mb // threads)}M", "-T", str(folder / "sort"), "-"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.add(np.frombuffer(header.encode(), dtype=np.uint8))

    def __enter__(self) -> "Sorter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        self._process.wait()

    def _fail(self) -> RuntimeError:
        return RuntimeError(f"samtools sort failed with exit code {self._process.wait()}")

    def add(self, records: NDArray[np.uint8]) -> None:
        """Hand over the bytes of whole records."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(records.data)
        except BrokenPipeError as error:
            raise self._fail() from error

    @contextmanager
    def sorted(self) -> Iterator[RecordStream]:
        """Give the sorted records; nothing can be added any more."""
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.close()
        except BrokenPipeError as error:
            raise self._fail() from error
        with igzip.IGzipFile(fileobj=self._process.stdout, mode="rb") as stream:
            yield RecordStream(stream.read, "samtools sort")
        if self._process.wait() != 0:
            raise self._fail()


class BamWriter:
    """Write records that come sorted, then index the file.

    Parameters
    ----------
    path
        The BAM; its index gets the same name and .bai.
    header
        Header of the records.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._file = BgzfWriter(path)
        self._file.write(header.encode())

    def add(self, records: NDArray[np.uint8]) -> None:
        """Append the bytes of whole records."""
        self._file.write(records.data)

    def close(self, index: Path) -> None:
        """Finish the file and write its index to `index`."""
        self._file.close()
        subprocess.run(["samtools", "index", "-b", "-o", str(index), str(self._path)], check=True)
