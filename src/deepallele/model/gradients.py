"""Gradients of convolution, ReLU and batch normalisation of images of height 1, (N, C, 1, L).

Where the channels are last in memory they take less time than torch's, and they go by chunks of sequences,
which takes less memory.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

CHUNK = 1 << 18
"""Values of a gradient that are at work at a time."""

aten = torch.ops.aten


def chunks(*images: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Give parts of tensors along their first dimension together, in order; the first one sets their size."""
    size = max(1, CHUNK * len(images[0]) // max(1, images[0].numel()))
    return zip(*(image.split(size) for image in images), strict=True)


class NormGradient:
    """Gradient of what goes into a ReLU with batch normalisation behind it, in two passes over chunks.

    First all chunks are added, then `before` gives the gradient of each.

    Parameters
    ----------
    scale, mean, inverse
        (C,): weight of the batch normalisation, and mean and inverse standard deviation of each channel.
    """

    def __init__(self, scale: Tensor, mean: Tensor, inverse: Tensor) -> None:
        self._factor, self._mean, self._inverse = scale * inverse, mean, inverse
        self._product, self._number = torch.zeros_like(scale), 0
        self.of_shift = torch.zeros_like(scale)
        """Gradient of the batch normalisation's bias, (C,)."""

    def add(self, gradient: Tensor, rectified: Tensor) -> None:
        """Add a chunk: gradient of the output, and output of the ReLU, (n, C, 1, L)."""
        self.of_shift += total(gradient)
        self._product += total(gradient * rectified)
        self._number += gradient.numel() // gradient.shape[1]

    @property
    def of_scale(self) -> Tensor:
        """Gradient of the batch normalisation's weight, (C,)."""
        return (self._product - self._mean * self.of_shift) * self._inverse

    def before(self, gradient: Tensor, rectified: Tensor) -> Tensor:
        """Gradient of the ReLU's input for a chunk, (n, C, 1, L)."""
        # Each value moves the mean and the variance of its channel too.
        by_value = -self._factor * self._inverse * self.of_scale / self._number
        constant = -self._factor * self.of_shift / self._number - self._mean * by_value
        inner = torch.addcmul(as_image(constant), rectified, as_image(by_value))
        inner.addcmul_(gradient, as_image(self._factor))
        return aten.threshold_backward.grad_input(inner, rectified, 0, grad_input=inner)


def norm_gradient(
    gradient: Tensor, rectified: Tensor, scale: Tensor, mean: Tensor, inverse: Tensor
) -> NormGradient:
    """`NormGradient` to which all chunks were added."""
    result = NormGradient(scale, mean, inverse)
    for slope, part in chunks(gradient, rectified):
        result.add(slope, part)
    return result


def total(image: Tensor) -> Tensor:
    """Sum of each channel, (N, C, 1, L) to (C,)."""
    return image.sum(dim=(0, 2, 3))


def convolve(values: Tensor, weight: Tensor, bias: Tensor, dilation: int) -> Tensor:
    """Convolution that keeps the length: (N, C, 1, L) with weight (D, C, 1, width) to (N, D, 1, L)."""
    return functional.conv2d(values, weight, bias, padding="same", dilation=(1, dilation))


def normalise(
    values: Tensor, norm: nn.BatchNorm2d, scale: Tensor, shift: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Batch normalisation in training: the result, and each channel's mean and inverse standard deviation."""
    assert norm.num_batches_tracked is not None and norm.momentum is not None
    norm.num_batches_tracked.add_(1)
    return torch.native_batch_norm(
        values, scale, shift, norm.running_mean, norm.running_var, True, norm.momentum, norm.eps
    )


def gradient_of_values(gradient: Tensor, values: Tensor, weight: Tensor, dilation: int) -> Tensor:
    """Gradient of a convolution's input, from that of its output; of `values` only the shape counts."""
    reach = dilation * (weight.shape[-1] - 1) // 2
    result: Tensor = aten.convolution_backward(
        gradient, values, weight, None, [1, 1], [0, reach], [1, dilation], False, [0, 0], 1,
        [True, False, False],
    )[0]  # fmt: skip
    return result


def no_gradient(weight: Tensor) -> Tensor:
    """Zeros (width, C, D) for the gradient of a weight (D, C, 1, width)."""
    return weight.new_zeros(weight.shape[3], weight.shape[1], weight.shape[0])


def as_weight(gradient: Tensor) -> Tensor:
    """Turn (width, C, D) into the shape of the weight, (D, C, 1, width)."""
    return gradient.permute(2, 1, 0).unsqueeze(2)


def add_gradient_of_weight(result: Tensor, values: Tensor, gradient: Tensor, dilation: int) -> None:
    """Add the gradient of a convolution's weight to `result`, (width, C, D).

    For each position of the filter it is one product of matrices. torch's kernel falls to a quarter of that
    speed on long images with channels last.
    """
    images, slopes = (tensor.squeeze(2).transpose(1, 2) for tensor in (values, gradient))
    width, length = len(result), images.shape[1]
    reach = dilation * (width - 1) // 2
    for place in range(width):
        shift = place * dilation - reach
        if abs(shift) < length:
            image = images[:, max(shift, 0) : length + min(shift, 0)]
            slope = slopes[:, max(-shift, 0) : length - max(shift, 0)]
            torch.addbmm(result[place], image.transpose(1, 2), slope, out=result[place])


def as_image(values: Tensor) -> Tensor:
    """Values of channels, (C,), as an image (C, 1, 1)."""
    return values[:, None, None]
