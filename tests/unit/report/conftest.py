"""Shared fixtures of the report tests."""

import pytest
from report_world import make_results

from deepallele.report.inputs import Results


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return make_results(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Results in which nothing is trusted and no motif was found."""
    return make_results(tmp_path_factory.mktemp("empty"), n=60, signal=False)
