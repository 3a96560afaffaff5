#!/usr/bin/env bash
# Set up everything the workflow and its tests need, once. A second call finds the stamp and ends.
#
#   envs/setup.sh run       what `make demo` needs
#   envs/setup.sh develop   also what `make test`, `make lint` and `make bench` need
#   envs/setup.sh where     print the folder of the environment, do nothing
#
# Where conda is on PATH: one environment in .conda that drives Snakemake; the rules' own environments are
# made by `snakemake --sdm conda`. Otherwise, on Debian and Ubuntu: tools by apt, Python parts by pip into
# .venv with the exact versions of envs/requirements.lock. DEEPALLELE_SETUP=pip or =conda forces one.
set -euo pipefail
cd "$(dirname "$0")/.."

LOCK=envs/requirements.lock
# Installed without its requirements, see requirements.in.
ALONE=sinto==0.10.1
OS_RELEASE=${OS_RELEASE:-/etc/os-release}
# command:package of Debian and Ubuntu
TOOLS="bowtie2:bowtie2 samtools:samtools bcftools:bcftools tabix:tabix bgzip:tabix fastp:fastp
       bedtools:bedtools featureCounts:subread dot:graphviz STAR:rna-star"
# The tests' own; the workflow has Picard with quality.picard only, curl to fetch inputs only.
DEVELOP_TOOLS="PicardCommandLine:picard-tools curl:curl"
# MACS3 has no binary package on PyPI and is compiled on the spot.
COMPILER="gcc:build-essential"

say() { echo "set-up: $*"; }
fail() {
    echo "error: set-up: $*" >&2
    exit 1
}
have() { command -v "$1" > /dev/null 2>&1; }

manager() {
    case "${DEEPALLELE_SETUP:-auto}" in
        conda | pip) echo "$DEEPALLELE_SETUP" ;;
        auto) if have conda || have mamba; then echo conda; else echo pip; fi ;;
        *) fail "DEEPALLELE_SETUP is '$DEEPALLELE_SETUP'; use conda, pip or leave it unset" ;;
    esac
}

environment() { if [ "$1" = conda ]; then echo .conda; else echo .venv; fi; }

# The stamp is the checksum of what the environment is made from.
checksum() {
    if [ "$MANAGER" = conda ]; then cat envs/setup.sh envs/*.yaml "$LOCK"; else cat envs/setup.sh "$LOCK"; fi | cksum
}

stamped() { # folder, level
    [ -x "$1/bin/python" ] && [ -f "$1/.setup-$2" ] && [ "$(cat "$1/.setup-$2")" = "$(checksum)" ]
}

finish() { # folder, levels
    local folder=$1 level
    shift
    for level in "$@"; do checksum > "$folder/.setup-$level"; done
    say "done: $folder"
}

missing_tools() { # list of command:package; prints the missing packages
    local entry
    for entry in $1; do
        have "${entry%%:*}" || echo "${entry##*:}"
    done | sort -u | tr '\n' ' '
}

apt_install() {
    local packages="$*" sudo="" system="this system"
    if [ -r "$OS_RELEASE" ]; then system=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$OS_RELEASE"); fi
    if ! grep -qsE '^ID(_LIKE)?=.*(debian|ubuntu)' "$OS_RELEASE" || ! have apt-get; then
        fail "$system is not Debian or Ubuntu; install conda, or by hand what these packages hold: $packages"
    fi
    if [ "$(id -u)" != 0 ]; then
        if ! have sudo || ! sudo -n true 2> /dev/null; then
            fail "no root; ask for 'apt-get install $packages', or install conda"
        fi
        sudo="sudo -n"
    fi
    say "apt-get install $packages"
    $sudo apt-get update -qq > /dev/null || say "apt-get update failed; trying with the lists at hand"
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages > /dev/null ||
        fail "apt-get could not install: $packages"
}

find_python() {
    local name
    # The lowest first: binary packages of every part exist for it.
    for name in python3.11 python3.12 python3.13 python3.14 python3; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            echo "$name"
            return
        fi
    done
}

require_python() { # sets PYTHON
    PYTHON=$(find_python)
    if [ -z "$PYTHON" ] && ! have python3; then
        apt_install python3 python3-venv python3-dev
        PYTHON=$(find_python)
    fi
    [ -n "$PYTHON" ] || fail "Python 3.11 or newer not found ($(python3 --version 2>&1 | tail -n 1 || true));" \
        "install python3.11 with its venv and dev packages, or conda"
}

system_packages() { # list of command:package; prints the Debian packages that are missing
    local version
    missing_tools "$1 $COMPILER"
    if have gcc && ! gcc -E -include zlib.h -x c /dev/null > /dev/null 2>&1; then echo -n "zlib1g-dev "; fi
    version=$("$PYTHON" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    "$PYTHON" -c 'import ensurepip, venv' 2> /dev/null || echo -n "$version-venv "
    "$PYTHON" -c 'import sys, sysconfig; from pathlib import Path
sys.exit(not Path(sysconfig.get_path("include"), "Python.h").exists())' || echo -n "$version-dev "
}

install_alone() { # folder
    "$1/bin/python" -m pip install -qq --disable-pip-version-check --no-deps "$ALONE" ||
        fail "pip could not install $ALONE; is the package index reachable?"
}

setup_pip() { # level
    local folder=.venv packages tools=$TOOLS
    if [ "$1" = develop ]; then tools="$TOOLS $DEVELOP_TOOLS"; fi
    if stamped "$folder" develop && [ -z "$(missing_tools "$tools")" ]; then return; fi
    require_python
    packages=$(system_packages "$tools")
    if [ -n "${packages// /}" ]; then
        # shellcheck disable=SC2086
        apt_install $packages
        packages=$(missing_tools "$tools $COMPILER")
        [ -z "$packages" ] || fail "after installation still missing: $packages"
    fi
    if stamped "$folder" develop; then return; fi
    # The marker outlives an interrupted installation, whose half-copied packages pip takes for installed ones.
    if [ -e "$folder/.setup-unfinished" ]; then
        say "$folder was left unfinished by an earlier run; making it again"
        rm -rf "$folder"
    fi
    if [ -e "$folder" ] && ! "$folder/bin/python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
        say "$folder has no working Python 3.11 or newer with pip; making it again"
        rm -rf "$folder"
    fi
    if [ ! -e "$folder" ]; then
        mkdir "$folder"
        touch "$folder/.setup-unfinished"
        "$PYTHON" -m venv "$folder" || fail "'$PYTHON -m venv $folder' failed; is its venv package installed?"
    fi
    touch "$folder/.setup-unfinished"
    say "Python parts into $folder (several minutes the first time)"
    # torch by its exact version and alone: where a build of that version lies on disk, pip takes it.
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check "$(grep '^torch==' "$LOCK")" ||
        fail "pip could not install $(grep '^torch==' "$LOCK"); is the package index reachable?"
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check -r "$LOCK" ||
        fail "pip could not install $LOCK; the lines above name the part"
    # One of an earlier set-up would fail the check, as its requirements are not there.
    "$folder/bin/python" -m pip uninstall -qq --disable-pip-version-check --yes "${ALONE%%==*}" 2> /dev/null
    "$folder/bin/python" -m pip check > /dev/null ||
        fail "the Python parts in $folder do not fit together; remove $folder and run again"
    install_alone "$folder"
    rm "$folder/.setup-unfinished"
    finish "$folder" run develop
}

setup_conda() { # level
    local folder=.conda solver=conda name
    if stamped "$folder" "$1"; then return; fi
    have conda || fail "mamba is on PATH but conda is not, and Snakemake calls conda; install conda," \
        "or set DEEPALLELE_SETUP=pip"
    if have mamba; then solver=mamba; fi
    # Made anew when anything changed or was interrupted: an update in place keeps what is no longer listed.
    rm -rf "$folder"
    say "$solver makes $folder (several minutes the first time)"
    "$solver" env create -y -q -p "$PWD/$folder" -f envs/snakemake.yaml > /dev/null ||
        fail "$solver could not make envs/snakemake.yaml; the lines above say why"
    local updates="simulate"
    if [ "$1" = develop ]; then updates="simulate genome align rna peaks picard"; fi
    for name in $updates; do
        "$solver" env update -q -p "$PWD/$folder" -f "envs/$name.yaml" > /dev/null ||
            fail "$solver could not add envs/$name.yaml; the lines above say why"
    done
    if [ "$1" = develop ]; then
        "$folder/bin/python" -m pip install -qq --disable-pip-version-check -r "$LOCK" ||
            fail "pip could not install $LOCK; the lines above name the part"
        install_alone "$folder"
        finish "$folder" run develop
    else
        finish "$folder" run
    fi
}

MANAGER=$(manager)
case "${1:-}" in
    where) environment "$MANAGER" ;;
    run | develop)
        # One set-up at a time in a folder: `make demo` and `make test` may be started together.
        if have flock; then exec 9< envs/setup.sh && flock 9; fi
        if [ "$MANAGER" = conda ]; then setup_conda "$1"; else setup_pip "$1"; fi
        ;;
    *) fail "say run, develop or where" ;;
esac
