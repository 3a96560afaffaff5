import subprocess
import sys
from pathlib import Path

SRC = Path(__file__).resolve().parents[3] / "src"
# In a process of its own: the tests' one gives back memory of earlier tests in between.
SCRIPT = """
import subprocess, sys, time
from deepallele.measure import PeakMemory

with PeakMemory() as idle:
    time.sleep(0.1)
child = "import time; block = bytearray(b'x') * 150_000_000; time.sleep(1.6)"
with PeakMemory() as loaded:
    subprocess.run([sys.executable, "-c", child], check=True)
print(idle.megabytes, loaded.megabytes)
"""


def test_the_peak_includes_a_child_process():
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"PYTHONPATH": str(SRC)},
        check=True,
        capture_output=True,
        text=True,
    )
    idle, loaded = map(float, run.stdout.split())
    assert idle > 5
    assert 145 <= loaded - idle <= 250
