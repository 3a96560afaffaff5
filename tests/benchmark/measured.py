"""Run a command without its output, and print what it cost as JSON.

This small process stands between run.py and the command because Linux counts the memory of the process that
started a command as the command's own, up to the moment at which it begins.
"""

import json
import resource
import subprocess
import sys
import time

start = time.monotonic()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False).returncode
wall_s = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
cost = {"wall_s": wall_s, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss * 1024 / 1e6}
print(json.dumps(cost))
sys.exit(min(abs(status), 255))
