# `make` lists the targets. Every target that needs tools sets them up first, once.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

CORES ?= 2
ASSAY ?= atac
ONLY ?=
ENVIRONMENT := $(shell envs/setup.sh where)
export PATH := $(CURDIR)/$(ENVIRONMENT)/bin:$(PATH)
SDM := $(if $(filter .conda,$(ENVIRONMENT)),--conda)

.DEFAULT_GOAL := help
.PHONY: help setup develop demo test lint bench clean

help:  ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

setup:  ## set up what the workflow needs (done by the others, once)
	@envs/setup.sh run

develop:  ## set up what the tests need as well
	@envs/setup.sh develop

demo: setup  ## simulate an F1, run everything, compare with the truth (CORES=2 ASSAY=atac, chip, rna, scatac)
	@python src/demo.py --assay $(ASSAY) --cores $(CORES) $(SDM)

test: lint  ## lint, unit, oracle and integration tests
	@pytest -n 2 tests/unit tests/oracle
	@pytest -n 2 --dist loadfile tests/integration

lint: develop  ## style, types, format of the rules
	@ruff check .
	@ruff format --check --quiet .
	@mypy --no-error-summary src/deepallele
	@snakefmt --check workflow
	@python tests/lint_workflow.py

bench: develop  ## speed and memory against peers: results/bench.json (ONLY=name)
	@python tests/benchmark/run.py $(ONLY)

clean:  ## remove the demos' results and the caches
	@rm -rf results/demo results/demo_chip results/demo_rna results/demo_scatac results/bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis
