"""The set-up script on machines that are made of stand-ins for the system's commands."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CORE = (
    *("bash", "cat", "cksum", "cp", "dirname", "env", "grep", "ls"),
    *("mkdir", "rm", "sed", "sort", "tail", "touch", "tr"),
)
TOOLS = (
    *("bowtie2", "samtools", "bcftools", "tabix", "bgzip", "fastp", "bedtools", "featureCounts", "dot"),
    *("STAR", "PicardCommandLine", "curl"),
)
LOCK = (ROOT / "envs" / "requirements.lock").read_text().split()

# A Python whose venvs hold the same stand-in and whose pip writes down what it was told.
PYTHON = """#!/bin/bash
case "$*" in
    *"-m venv"*) mkdir -p "${@: -1}/bin"; cp "$0" "${@: -1}/bin/python" ;;
    *"-m pip install"*"--no-deps"*) touch "$0.alone"; echo "pip ${@: -1}" >> "$CALLS" ;;
    *"-m pip install"*) echo "pip ${@: -1}" >> "$CALLS"; exit "${PIP_EXIT:-0}" ;;
    *"-m pip uninstall"*) rm -f "$0.alone" ;;
    *"-m pip check"*) [ ! -e "$0.alone" ]; exit ;;
    *print*) echo python3.11 ;;
esac
exit 0
"""


class Machine:
    """A folder with a copy of the script and a PATH of stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "a tree"
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.os_release = folder / "os-release"
        self.bin.mkdir()
        (self.tree / "envs").mkdir(parents=True)
        for name in ("setup.sh", "requirements.lock"):
            shutil.copy(ROOT / "envs" / name, self.tree / "envs" / name)
        for path in (ROOT / "envs").glob("*.yaml"):
            shutil.copy(path, self.tree / "envs")
        for name in CORE:
            (self.bin / name).symlink_to(shutil.which(name))
        self.os_release.write_text('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"\n')
        for name in (*TOOLS, "gcc"):
            self.command(name)
        self.command("python3.11", PYTHON)
        self.command("id", "#!/bin/bash\necho 0\n")
        self.command("apt-get", '#!/bin/bash\necho "apt-get $*" >> "$CALLS"\n')

    def command(self, name: str, text: str = "#!/bin/bash\nexit 0\n") -> None:
        path = self.bin / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, level: str = "run", **environment: str) -> subprocess.CompletedProcess:
        variables = {"PATH": str(self.bin), "CALLS": str(self.calls), "OS_RELEASE": str(self.os_release)}
        return subprocess.run(
            [str(self.bin / "bash"), str(self.tree / "envs" / "setup.sh"), level],
            env={**variables, **environment},
            capture_output=True,
            text=True,
        )

    def log(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def failure(run: subprocess.CompletedProcess) -> str:
    """Give the one line on standard error of a run that failed."""
    assert run.returncode == 1
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("error: set-up: ")
    return lines[0]


def test_torch_comes_first_by_its_exact_version_then_the_lock(machine):
    run = machine.run()
    assert run.returncode == 0, run.stderr
    torch = next(line for line in LOCK if line.startswith("torch=="))
    assert machine.log() == [f"pip {torch}", "pip envs/requirements.lock", "pip sinto==0.10.1"]


def test_a_second_call_does_nothing(machine):
    machine.run()
    before = machine.log()
    again = machine.run("develop")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.log() == before


def test_a_changed_lock_is_installed(machine):
    machine.run()
    with (machine.tree / "envs" / "requirements.lock").open("a") as file:
        file.write("zzz==1.0\n")
    again = machine.run()
    assert again.returncode == 0, again.stderr
    assert machine.log().count("pip envs/requirements.lock") == 2


def test_an_unfinished_environment_is_made_again(machine):
    failed = machine.run(PIP_EXIT="1")
    assert "pip could not install torch==" in failure(failed)
    leftover = machine.tree / ".venv" / "half-copied"
    leftover.touch()
    again = machine.run()
    assert again.returncode == 0
    assert "unfinished" in again.stdout
    assert not leftover.exists()


def test_an_environment_without_a_working_python_is_made_again(machine):
    (machine.tree / ".venv" / "bin").mkdir(parents=True)
    assert machine.run().returncode == 0
    assert (machine.tree / ".venv" / "bin" / "python").exists()


def test_missing_tools_come_from_apt(machine):
    (machine.bin / "bowtie2").unlink()
    (machine.bin / "bgzip").unlink()
    (machine.bin / "tabix").unlink()
    apt = '#!/bin/bash\necho "apt-get $*" >> "$CALLS"\ncase $1 in install)\n'
    apt += f"for name in bowtie2 bgzip tabix; do cp {machine.bin}/samtools {machine.bin}/$name; done;; esac\n"
    machine.command("apt-get", apt)
    assert machine.run().returncode == 0
    assert machine.log()[1].startswith("apt-get install -y")
    assert machine.log()[1].split()[-2:] == ["bowtie2", "tabix"]


def test_the_tests_own_tools_come_with_the_tests(machine):
    (machine.bin / "PicardCommandLine").unlink()
    assert machine.run().returncode == 0
    assert not any("picard" in line for line in machine.log())
    assert "picard-tools" in failure(machine.run("develop"))


def test_a_tool_that_is_still_missing_is_named(machine):
    (machine.bin / "fastp").unlink()
    assert "after installation still missing: fastp" in failure(machine.run())


def test_without_root_the_line_says_what_to_install(machine):
    (machine.bin / "samtools").unlink()
    machine.command("id", "#!/bin/bash\necho 1000\n")
    machine.command("sudo", "#!/bin/bash\nexit 1\n")
    line = failure(machine.run())
    assert "no root" in line
    assert "apt-get install samtools" in line


def test_sudo_without_a_password_is_used(machine):
    (machine.bin / "samtools").unlink()
    machine.command("id", "#!/bin/bash\necho 1000\n")
    machine.command("sudo", '#!/bin/bash\necho "sudo $*" >> "$CALLS"\n')
    assert "still missing: samtools" in failure(machine.run())
    wanted = "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install"
    assert any(call.startswith(wanted) for call in machine.log())


def test_an_unsupported_system_is_told_what_is_missing(machine):
    (machine.bin / "samtools").unlink()
    machine.os_release.write_text('ID=fedora\nPRETTY_NAME="Fedora Linux 43"\n')
    line = failure(machine.run())
    assert "Fedora Linux 43 is not Debian or Ubuntu" in line
    assert line.endswith("samtools ") or line.endswith("samtools")


def test_an_unsupported_system_with_all_tools_works(machine):
    machine.os_release.write_text("ID=fedora\n")
    assert machine.run().returncode == 0


def test_an_old_python_is_refused(machine):
    (machine.bin / "python3.11").unlink()
    machine.command("python3", '#!/bin/bash\n[ "$1" = --version ] && echo "Python 3.10.12"\nexit 1\n')
    line = failure(machine.run())
    assert "Python 3.11 or newer not found (Python 3.10.12)" in line


def conda(machine: Machine, exit_code: int = 0) -> None:
    text = '#!/bin/bash\necho "conda $*" >> "$CALLS"\n'
    text += 'while [ "$1" != -p ]; do shift; done; mkdir -p "$2/bin"\n'
    text += f'cp {machine.bin}/python3.11 "$2/bin/python"\n'
    machine.command("conda", text + f"exit {exit_code}\n")


def test_conda_makes_the_drivers_environment(machine):
    conda(machine)
    assert machine.run("where").stdout == ".conda\n"
    assert machine.run().returncode == 0
    files = [call.split()[-1] for call in machine.log()]
    assert files == ["envs/snakemake.yaml", "envs/simulate.yaml"]
    assert machine.run().stdout == ""
    assert len(machine.log()) == 2


def test_conda_for_tests_adds_the_tools_and_the_lock(machine):
    conda(machine)
    machine.run()
    assert machine.run("develop").returncode == 0
    assert machine.log()[2:] == [
        *(call for call in machine.log()[2:] if call.startswith("conda")),
        "pip envs/requirements.lock",
        "pip sinto==0.10.1",
    ]
    assert {call.split()[-1] for call in machine.log()[2:-1]} >= {"envs/peaks.yaml", "envs/picard.yaml"}
    assert machine.run().stdout == ""


def test_a_failed_conda_leaves_no_stamp(machine):
    conda(machine, exit_code=1)
    assert "could not make envs/snakemake.yaml" in failure(machine.run())
    conda(machine)
    assert machine.run().returncode == 0
    assert len(machine.log()) == 3


def test_mamba_alone_is_told_of(machine):
    machine.command("mamba")
    assert "conda is not" in failure(machine.run())


def test_pip_can_be_forced_where_conda_is(machine):
    conda(machine)
    assert machine.run(DEEPALLELE_SETUP="pip").returncode == 0
    assert machine.log()[-2] == "pip envs/requirements.lock"
    assert "use conda, pip" in failure(machine.run(DEEPALLELE_SETUP="nix"))


def test_the_script_names_no_host():
    text = (ROOT / "envs" / "setup.sh").read_text() + (ROOT / "envs" / "requirements.lock").read_text()
    assert "://" not in text
    assert "index-url" not in text


def test_the_script_is_executable():
    assert os.access(ROOT / "envs" / "setup.sh", os.X_OK)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
