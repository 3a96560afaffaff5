"""Networks from their settings."""

from deepallele.model.presets import ModelConfig, PublishedArchitecture, RecommendedArchitecture
from deepallele.model.published import PublishedNetwork
from deepallele.model.recommended import RecommendedNetwork


def build_network(config: ModelConfig, length: int, tasks: int = 1) -> PublishedNetwork | RecommendedNetwork:
    """Build a model's network with fresh weights from torch's global random state.

    Parameters
    ----------
    config
        The model's settings.
    length
        L, bases per haplotype.
    tasks
        T, number of tasks.
    """
    sizes = config.architecture
    if isinstance(sizes, PublishedArchitecture):
        return PublishedNetwork(sizes, length, config.type == "multi_head", tasks)
    assert isinstance(sizes, RecommendedArchitecture)
    return RecommendedNetwork(sizes, length, tasks)
