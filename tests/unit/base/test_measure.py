import subprocess
import sys
import time

from deepallele.measure import PeakMemory


def test_the_peak_includes_a_child_process():
    with PeakMemory() as idle:
        time.sleep(0.1)
    child = "import time; block = bytearray(b'x') * 150_000_000; time.sleep(1.6)"
    with PeakMemory() as loaded:
        subprocess.run([sys.executable, "-c", child], check=True)
    assert idle.megabytes > 5
    assert 145 <= loaded.megabytes - idle.megabytes <= 250
