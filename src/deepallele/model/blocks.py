"""Blocks of the published network whose gradients take less time and memory than torch's own.

A block is convolution, ReLU and batch normalisation of images of height 1, (N, C, 1, L), channels last in
memory. For training on a CPU; the gradients cannot be differentiated again.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch.nn import functional

from deepallele.model.gradients import (
    NormGradient,
    add_gradient_of_weight,
    as_image,
    as_weight,
    chunks,
    convolve,
    gradient_of_values,
    no_gradient,
    norm_gradient,
    normalise,
    total,
)
from deepallele.model.windows import scan, windows


class Block(Function):
    """A block, added to its input if wanted; of its own values only those behind the ReLU are kept.

    Inputs of `forward`: values (N, C, 1, L); weight (D, C, 1, width) and bias (D,) of the convolution, which
    keeps the length, and its dilation; the layer of batch normalisation, its weight and its bias; whether
    the values are added.
    """

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, weight: Tensor, bias: Tensor, dilation: int,
        norm: nn.BatchNorm2d, scale: Tensor, shift: Tensor, residual: bool,
    ) -> Tensor:  # fmt: skip
        """Output, (N, D, 1, L)."""
        rectified = convolve(values, weight, bias, dilation).relu_()
        result, mean, inverse = normalise(rectified, norm, scale, shift)
        ctx.save_for_backward(values, weight, rectified, scale, mean, inverse)
        ctx.dilation, ctx.residual = dilation, residual
        return result.add_(values) if residual else result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Gradients of values and weights."""
        values, weight, rectified, scale, mean, inverse = ctx.saved_tensors
        norm = norm_gradient(gradient, rectified, scale, mean, inverse)
        of_values = torch.empty_like(values)
        of_weight, of_bias = no_gradient(weight), torch.zeros_like(scale)
        for slope, part, source, target in chunks(gradient, rectified, values, of_values):
            inner = norm.before(slope, part)
            of_bias += total(inner)
            add_gradient_of_weight(of_weight, source, inner, ctx.dilation)
            of_source = gradient_of_values(inner, source, weight, ctx.dilation)
            if ctx.residual:
                torch.add(of_source, slope, out=target)
            else:
                target.copy_(of_source)
        return of_values, as_weight(of_weight), of_bias, None, None, norm.of_scale, norm.of_shift, None


class FirstBlocks(Function):
    """The block that scans the bases, and the one behind it; nothing of the former's values is kept.

    They are half of all values of the network, and cheap to compute again: the backward pass does so, chunk
    by chunk.

    Inputs of `forward`: one-hot sequences (N, 4, L); weight (C, 4, width) and bias of the first convolution;
    layer, weight and bias of the first batch normalisation; then as for `Block`, for the second block.
    """

    @staticmethod
    def forward(
        ctx: Any, sequence: Tensor, filters: Tensor, offset: Tensor,
        first_norm: nn.BatchNorm2d, first_scale: Tensor, first_shift: Tensor,
        weight: Tensor, bias: Tensor, dilation: int, norm: nn.BatchNorm2d, scale: Tensor, shift: Tensor,
    ) -> Tensor:  # fmt: skip
        """Output of the second block, (N, D, 1, L)."""
        values, *first = normalise(
            scan(sequence, filters, offset).relu_(), first_norm, first_scale, first_shift
        )
        rectified = convolve(values, weight, bias, dilation).relu_()
        del values
        result, *second = normalise(rectified, norm, scale, shift)
        ctx.save_for_backward(
            sequence, filters, offset, first_scale, first_shift, *first, weight, rectified, scale, *second
        )
        ctx.dilation = dilation
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """Gradients of all weights; the sequence has none."""
        sequence, filters, offset, scale, shift, mean, inverse, weight, *second = ctx.saved_tensors
        rectified, second_scale = second[:2]
        first_norm = NormGradient(scale, mean, inverse)
        norm = norm_gradient(gradient, *second)
        of_weight, of_bias = no_gradient(weight), torch.zeros_like(second_scale)
        factor = scale * inverse
        shape = len(sequence), len(filters), 1, sequence.shape[2]
        slopes = torch.empty(shape, dtype=gradient.dtype, memory_format=torch.channels_last)
        for slope, part, bases, target in chunks(gradient, rectified, sequence, slopes):
            inner = norm.before(slope, part)
            of_bias += total(inner)
            scanned = scan(bases, filters, offset).relu_()
            values = torch.addcmul(as_image(shift - mean * factor), scanned, as_image(factor))
            add_gradient_of_weight(of_weight, values, inner, ctx.dilation)
            target.copy_(gradient_of_values(inner, values, weight, ctx.dilation))
            first_norm.add(target, scanned)
        of_filters, of_offset = torch.zeros_like(filters), torch.zeros_like(offset)
        for slope, bases in chunks(slopes, sequence):
            inner = first_norm.before(slope, scan(bases, filters, offset).relu_())
            of_offset += total(inner)
            seen = windows(bases, filters.shape[-1]).flatten(0, 1)
            of_filters += (inner.movedim(1, -1).flatten(0, 2).T @ seen).view_as(filters)
        return (
            None, of_filters, of_offset, None, first_norm.of_scale, first_norm.of_shift, as_weight(of_weight),
            of_bias, None, None, norm.of_scale, norm.of_shift,
        )  # fmt: skip


class Average(Function):
    """Mean over `size` positions, of a shorter last window too, that does not keep what it averages."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, size: int) -> Tensor:
        """(N, C, 1, L) to (N, C, 1, ceil(L / size))."""
        ctx.size, ctx.length = size, values.shape[-1]
        return functional.avg_pool2d(values, (1, size), ceil_mode=True)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        """Gradient of the values: each its share of its window's."""
        share = gradient / ctx.size
        if rest := ctx.length % ctx.size:
            share[..., -1] *= ctx.size / rest
        spread = share.movedim(1, -1).repeat_interleave(ctx.size, dim=2)[:, :, : ctx.length]
        return spread.movedim(-1, 1), None
