"""What layers do to shapes. Each formula takes the input's shape, None when nothing is known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from losslint.shapes import Dim, Shape
from losslint.static.modules.arguments import Arguments, integer, is_none, number

Formula = Callable[[Shape | None, Arguments, Arguments, int], Shape | None]
"""(input, constructor's arguments, call's arguments, number of spatial dims) -> output."""


def same(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    return shape


def unknown(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    return None


def with_last(shape: Shape | None, size: Dim) -> Shape:
    """The last dim replaced. A shape without dims is open: layers that do this refuse a scalar."""
    if shape is None or not shape.dims:
        return Shape((size,), open=True)
    return Shape((*shape.dims[:-1], size), shape.open)


def with_appended(shape: Shape | None, size: Dim) -> Shape:
    return Shape((size,), open=True) if shape is None else Shape((*shape.dims, size), shape.open)


def over_spatial(shape: Shape | None, spatial: int, channels: Callable[[Dim], Dim], change: Callable[[Dim, int], Dim]) -> Shape:
    """[N C *spatial] or [C *spatial], with the channels and each spatial dim changed."""
    if shape is None or len(shape.dims) < spatial:
        known: Sequence[Dim] = () if shape is None else shape.dims
        sizes = (*(None,) * (spatial - len(known)), *known)
        leading: tuple[Dim, ...] = (None,)
        is_open = True
    else:
        split = len(shape.dims) - spatial
        leading, sizes = shape.dims[:split] or (None,), shape.dims[split:]
        is_open = shape.open and split < 2
    new = tuple(change(size, place) for place, size in enumerate(sizes))
    return Shape((*leading[:-1], channels(leading[-1]), *new), is_open)


def keep(dim: Dim) -> Dim:
    return dim


def window(
    size: Dim, kernel: int | None, stride: int | None, padding: int | None, dilation: int | None, ceil: bool | None = False
) -> Dim:
    """The size after a sliding window, as torch's convolutions and pools count it."""
    if kernel is None or stride is None or padding is None or dilation is None or ceil is None or stride < 1:
        return None
    reach = 2 * padding - dilation * (kernel - 1) - 1
    if stride == 1 and reach == -1:
        return size
    if not isinstance(size, int):
        return None
    if not ceil:
        return max((size + reach) // stride + 1, 0) or None  # torch refuses what is smaller than the window
    steps = -(-(size + reach) // stride) + 1
    # A window that would start in the right padding is dropped.
    return steps - 1 if (steps - 1) * stride >= size + padding else steps


def conv(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    kernel = init.integers("kernel_size", spatial)
    stride = init.integers("stride", spatial, 1)
    dilation = init.integers("dilation", spatial, 1)
    mode = init.text("padding")
    padding = (0,) * spatial if mode == "valid" else init.integers("padding", spatial, 0)

    def change(size: Dim, i: int) -> Dim:
        return size if mode == "same" else window(size, kernel[i], stride[i], padding[i], dilation[i])

    return over_spatial(shape, spatial, lambda _: init.dim("out_channels"), change)


def conv_transpose(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    kernel = init.integers("kernel_size", spatial)
    stride = init.integers("stride", spatial, 1)
    padding = init.integers("padding", spatial, 0)
    extra = init.integers("output_padding", spatial, 0)
    dilation = init.integers("dilation", spatial, 1)

    def change(size: Dim, i: int) -> Dim:
        known = (kernel[i], stride[i], padding[i], extra[i], dilation[i])
        if "output_size" in call or any(value is None for value in known):
            return None
        k, s, p, e, d = (value for value in known if value is not None)
        growth = d * (k - 1) + e + 1 - 2 * p
        if s == 1 and growth == 1:
            return size
        return max((size - 1) * s + growth, 0) or None if isinstance(size, int) else None

    return over_spatial(shape, spatial, lambda _: init.dim("out_channels"), change)


def pool(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    kernel = init.integers("kernel_size", spatial)
    stride = init.integers("stride", spatial) if "stride" in init else kernel
    padding = init.integers("padding", spatial, 0)
    dilation = init.integers("dilation", spatial, 1)
    ceil = init.flag("ceil_mode", False)
    return over_spatial(shape, spatial, keep, lambda size, i: window(size, kernel[i], stride[i], padding[i], dilation[i], ceil))


def adaptive(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """A None in `output_size` keeps the size."""
    wanted = init.operand("output_size")
    members = wanted.items if wanted.items is not None and len(wanted.items) == spatial else (wanted,) * spatial
    return over_spatial(shape, spatial, keep, lambda size, i: size if is_none(members[i]) else integer(members[i]))


def fractional(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    wanted = init.integers("output_size", spatial)
    return over_spatial(shape, spatial, keep, lambda size, i: wanted[i])


def unpool(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    kernel = init.integers("kernel_size", spatial)
    stride = init.integers("stride", spatial) if "stride" in init else kernel
    padding = init.integers("padding", spatial, 0)

    def change(size: Dim, i: int) -> Dim:
        k, s, p = kernel[i], stride[i], padding[i]
        if "output_size" in call or k is None or s is None or p is None or not isinstance(size, int):
            return None
        return (size - 1) * s - 2 * p + k

    return over_spatial(shape, spatial, keep, change)


def pad(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """`padding` counts from the last dim: (left, right, top, bottom, ...)."""
    sides = init.integers("padding", 2 * spatial)
    if shape is None or len(shape.dims) < spatial:
        return Shape((None,) * spatial, open=True)
    split = len(shape.dims) - spatial

    def change(size: Dim, i: int) -> Dim:
        before, after = sides[2 * (spatial - 1 - i)], sides[2 * (spatial - 1 - i) + 1]
        if before is None or after is None:
            return None
        if before == after == 0:
            return size
        return size + before + after if isinstance(size, int) else None

    changed = (change(size, i) for i, size in enumerate(shape.dims[split:]))
    return Shape((*shape.dims[:split], *changed), shape.open)


def upsample(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """[N C *spatial], of a rank that `nn.Upsample` reads from the input."""
    if shape is None or shape.open or len(shape.dims) < 3:
        return Shape((None,) * (spatial + 2)) if spatial else None
    count = len(shape.dims) - 2
    sizes = init.integers("size", count)
    scale = init.operand("scale_factor")
    members = scale.items if scale.items is not None and len(scale.items) == count else (scale,) * count

    def change(size: Dim, i: int) -> Dim:
        if "size" in init:
            return sizes[i]
        factor = number(members[i])
        return math.floor(size * factor) if factor is not None and isinstance(size, int) else None

    return over_spatial(shape, count, keep, change)


def product(dims: Sequence[Dim]) -> Dim:
    """The size of several dims laid into one."""
    if len(dims) == 1:
        return dims[0]
    if any(dim == 0 for dim in dims):
        return 0
    total = 1
    for dim in dims:
        if not isinstance(dim, int):
            return None
        total *= dim
    return total


def flatten(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    start, end = init.integer("start_dim", 1), init.integer("end_dim", -1)
    if start is None or end is None:
        return None
    if shape is None or shape.open:
        return Shape((None,) * (start + 1)) if start >= 0 and end == -1 else None
    rank = len(shape.dims)
    if rank == 0:
        return Shape((1,))
    first, last = start % rank, end % rank
    if not (-rank <= start < rank and -rank <= end < rank and first <= last):
        return None
    return Shape((*shape.dims[:first], product(shape.dims[first : last + 1]), *shape.dims[last + 1 :]))


def unflatten(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    axis, wanted = init.integer("dim"), init.operand("unflattened_size").items
    if shape is None or axis is None or wanted is None or shape.open:
        return None
    rank = len(shape.dims)
    if not -rank <= axis < rank:
        return None
    axis %= rank
    sizes: list[Dim] = [integer(item) for item in wanted]
    if -1 in sizes:
        place = sizes.index(-1)
        rest, whole = product([*sizes[:place], *sizes[place + 1 :], 1]), shape.dims[axis]
        sizes[place] = whole // rest if isinstance(whole, int) and isinstance(rest, int) and rest else None
    return Shape((*shape.dims[:axis], *sizes, *shape.dims[axis + 1 :]))


def pixel_shuffle(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """[* C H W] to [* C/r^2 H*r W*r]."""
    r = init.integer("upscale_factor")
    if shape is None or len(shape.dims) < 3 or not r:
        return shape if r == 1 else Shape((None, None, None), open=True)
    *leading, c, h, w = shape.dims
    dims = (_scaled(c, 1, r * r), _scaled(h, r, 1), _scaled(w, r, 1))
    return Shape((*leading, *dims), shape.open)


def pixel_unshuffle(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """[* C H W] to [* C*r^2 H/r W/r]."""
    r = init.integer("downscale_factor")
    if shape is None or len(shape.dims) < 3 or not r:
        return shape if r == 1 else Shape((None, None, None), open=True)
    *leading, c, h, w = shape.dims
    dims = (_scaled(c, r * r, 1), _scaled(h, 1, r), _scaled(w, 1, r))
    return Shape((*leading, *dims), shape.open)


def _scaled(size: Dim, up: int, down: int) -> Dim:
    return size * up // down if isinstance(size, int) else size if up == down else None


def fold(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """[N C*k L] to [N C *output_size], or both without N."""
    output, kernel = init.integers("output_size", spatial), init.integers("kernel_size", spatial)
    area = product(kernel)
    if shape is None or shape.open or len(shape.dims) < 2:
        return Shape((None, *output), open=True)
    *leading, columns, _ = shape.dims
    channels = columns // area if isinstance(columns, int) and isinstance(area, int) and area else None
    return Shape((*leading, channels, *output))


def unfold(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """[N C H W] to [N C*k L], or both without N."""
    kernel = init.integers("kernel_size", spatial)
    dilation = init.integers("dilation", spatial, 1)
    padding = init.integers("padding", spatial, 0)
    stride = init.integers("stride", spatial, 1)
    blocks = over_spatial(shape, spatial, keep, lambda size, i: window(size, kernel[i], stride[i], padding[i], dilation[i]))
    split = len(blocks.dims) - spatial
    leading, places = blocks.dims[:split], blocks.dims[split:]
    return Shape((*leading[:-1], product([leading[-1], *kernel]), product(places)), blocks.open)


def bag(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """[N L] to [N D]; bags of a flat input are counted by `offsets`."""
    bags = shape.dims[0] if shape is not None and shape.rank == 2 else None
    return Shape((bags, init.dim("embedding_dim")))


def heads(shape: Shape | None, init: Arguments, call: Arguments, spatial: int) -> Shape | None:
    """Graph attention: the heads side by side in the last dim, or averaged."""
    size, count, side_by_side = init.dim("out_channels"), init.integer("heads", 1), init.flag("concat", True)
    if side_by_side is None or count is None:
        return with_last(shape, None)
    return with_last(shape, product([size, count]) if side_by_side and count != 1 else size)


FORMULAS: Final[Mapping[str, Formula]] = {
    "same": same,
    "unknown": unknown,
    "conv": conv,
    "conv_transpose": conv_transpose,
    "pool": pool,
    "adaptive": adaptive,
    "fractional": fractional,
    "unpool": unpool,
    "pad": pad,
    "upsample": upsample,
    "flatten": flatten,
    "unflatten": unflatten,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "fold": fold,
    "unfold": unfold,
    "bag": bag,
    "heads": heads,
}
