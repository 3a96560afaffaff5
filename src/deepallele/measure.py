"""Measure what a run costs."""

import threading

import psutil


class PeakMemory:
    """Peak memory (MB) of this process and all its children while the block runs, polled each second.

    Shared pages are divided among their users (proportional set size) where the system tells.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _poll(self) -> None:
        me = psutil.Process()
        while True:
            total = sum(map(_memory_bytes, [me, *me.children(recursive=True)]))
            self.megabytes = max(self.megabytes, total / 1e6)
            if self._stop.wait(1.0):
                return


def _memory_bytes(process: psutil.Process) -> int:
    try:
        info = process.memory_full_info()
    except psutil.Error:  # it ended meanwhile
        return 0
    return int(getattr(info, "pss", 0) or info.rss)
