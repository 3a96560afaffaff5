"""Networks from their settings."""

from deepallele.model.presets import ModelConfig, PublishedArchitecture, RecommendedArchitecture
from deepallele.model.published import PublishedNetwork
from deepallele.model.recommended import RecommendedNetwork


def build_network(config: ModelConfig, length: int) -> PublishedNetwork | RecommendedNetwork:
    """Build a model's network with fresh weights from torch's global random state.

    Parameters
    ----------
    config
        The model's settings.
    length
        L, bases per haplotype.
    """
    sizes = config.architecture
    if isinstance(sizes, PublishedArchitecture):
        return PublishedNetwork(sizes, length, ratio_head=config.type == "multi_head")
    assert isinstance(sizes, RecommendedArchitecture)
    return RecommendedNetwork(sizes, length)
