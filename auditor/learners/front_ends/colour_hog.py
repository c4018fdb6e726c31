"""Gradients at two scales, and colours, of a colour image whose hidden pixels are filled in first.

One ONNX graph of standard operators, for rows whose hidden pixels hide all their channels:

1. p in [0, 1], where hidden filled in by normalised convolution: a Gaussian of ``fillSigma``
   pixels, leaning on one three times as wide, that on the mean of what is visible;
2. twice, of the mean of the channels as it is and blurred by 1.2 pixels: central differences shared
   between the two nearest of eight signed directions; Gaussian pooling (2 pixels) at the middles of
   cells of 4 x 4; divided by their mean over the image plus .005; square root, times .15;
3. brightness, red against green, and yellow against blue: means in the same cells (times .2) and
   over the image (1.2), and standard deviations over the image (.9). The weights are those under
   which a ridge penalty holds members to what survives a window.

Nothing here is learnt, and only the masked image is read: a hidden pixel changes no feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import onnx

from auditor.errors import RecipeError
from auditor.learners.base import InputSpec
from auditor.learners.front_ends import parts
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.gaussian import blur
from auditor.learners.graphs import GraphBuilder
from auditor.learners.options import Options

_FILL_PRIOR: Final = 0.01  # how much the wider fill counts where nothing near is visible
_BLURS: Final = (0.0, 1.2)
_POOL_SIGMA: Final = 2.0
_CELL: Final = 4
_LEAST_ENERGY: Final = 0.005
_LEAST_VARIANCE: Final = 1e-6
_OPPONENTS: Final = ((1 / 3, 1 / 3, 1 / 3), (1, -1, 0), (1 / 2, 1 / 2, -1))
_GRADIENT_WEIGHT: Final = 0.15
_CELL_WEIGHT: Final = 0.2
_MEAN_WEIGHT: Final = 1.2
_DEVIATION_WEIGHT: Final = 0.9

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourHog:
    """The front end's parameters for images of three channels."""

    height: int
    width: int
    masked: bool
    fill_sigma: float

    @classmethod
    def from_options(cls, options: Options, spec: InputSpec) -> ColourHog:
        """Read ``learner.frontEnd``. Raises RecipeError for inputs it cannot read."""
        if not spec.image or spec.shape[0] != 3 or spec.symbols == 0 or min(spec.shape[1:]) < 4:
            msg = (
                "learner.frontEnd: colour-hog expects images of three channels, at least 4 x 4, in "
                f"symbols; got examples of shape {spec.shape}"
            )
            raise RecipeError(msg)
        return cls(
            height=spec.shape[1],
            width=spec.shape[2],
            masked=spec.masked,
            fill_sigma=options.real("fillSigma", "0.8", least=0.1),
        )

    def build(self) -> FixedFrontEnd:
        """Return the graph "x" (batch, row) -> "features" (batch, size)."""
        builder = GraphBuilder("colour-hog")
        planes = 6 if self.masked else 3
        images = builder.reshape("x", (0, planes, self.height, self.width))
        half = builder.constant("half", 0.5)
        if self.masked:
            value, seen = builder.split("Split", (images,), 2, axis=1, num_outputs=2)
            ink = builder.op("Mul", builder.op("Add", value, seen), half)
            colours = self._filled(builder, ink, seen)
        else:
            colours = builder.op("Add", builder.op("Mul", images, half), half)
        found = [self._gradients(builder, colours), *self._colours(builder, colours)]
        features = builder.op("Concat", *(name for name, _ in found), axis=1)
        size = sum(count for _, count in found)
        row = planes * self.height * self.width
        model: onnx.ModelProto = builder.model(
            features, inputs={"x": ("batch", row)}, output="features", shape=("batch", size)
        )
        return FixedFrontEnd(model=model, size=size)

    def _filled(self, builder: GraphBuilder, ink: str, seen: str) -> str:
        """Return p (batch, 3, height, width): ``ink`` (0 where hidden), completed."""
        places = builder.constant("places", [2, 3], np.int64)
        both = builder.op("Concat", ink, seen, axis=1)
        one, prior = builder.constant("one", 1.0), builder.constant("fill_prior", _FILL_PRIOR)
        total, count = (builder.op("ReduceSum", part, places, keepdims=1) for part in (ink, seen))
        fill = builder.op("Div", total, builder.op("Max", count, one))
        for name, sigma in (("wide", 3 * self.fill_sigma), ("near", self.fill_sigma)):
            rows, columns = blur(self.height, sigma), blur(self.width, sigma)
            blurred = parts.smooth(builder, both, rows, columns, name)
            near_ink, near_seen = builder.split("Split", (blurred,), 2, axis=1, num_outputs=2)
            lean = builder.op("Add", near_ink, builder.op("Mul", fill, prior))
            fill = builder.op("Div", lean, builder.op("Add", near_seen, prior))
        return builder.op("Add", ink, builder.op("Mul", builder.op("Sub", one, seen), fill))

    def _gradients(self, builder: GraphBuilder, colours: str) -> tuple[str, int]:
        """Return the histograms of both scales (batch, size), and their number."""
        third = builder.constant("third", np.full((1, 3, 1, 1), 1 / 3))
        light = builder.op("Conv", colours, third, kernel_shape=[1, 1])
        scales = [
            parts.smooth(builder, light, blur(self.height, s), blur(self.width, s), f"scale{i}")
            if s
            else light
            for i, s in enumerate(_BLURS)
        ]
        differences = parts.differences(builder)
        each = [parts.orientations(builder, scale, differences) for scale in scales]
        shares = builder.op("Concat", *each, axis=1)
        rows, columns = _cells(self.height), _cells(self.width)
        pooled = parts.smooth(builder, shares, rows, columns, "pool")
        cells = len(rows) * len(columns)
        size = parts.ORIENTATIONS * cells
        each_scale = builder.reshape(pooled, (0, len(_BLURS), size))
        axis = builder.constant("scale_axis", [2], np.int64)
        total = builder.op("ReduceSum", each_scale, axis, keepdims=1)
        energy = builder.op("Mul", total, builder.constant("per_cell", 1 / cells))
        least = builder.constant("least_energy", _LEAST_ENERGY)
        unit = builder.op("Div", each_scale, builder.op("Add", energy, least))
        weight = builder.constant("gradient_weight", _GRADIENT_WEIGHT)
        weighted = builder.op("Mul", builder.op("Sqrt", unit), weight)
        return builder.reshape(weighted, (0, len(_BLURS) * size)), len(_BLURS) * size

    def _colours(self, builder: GraphBuilder, colours: str) -> list[tuple[str, int]]:
        """Return cell means, means and deviations of three opponent colours, and their sizes."""
        weights = builder.constant("opponents", np.reshape(_OPPONENTS, (3, 3, 1, 1)))
        opponents = builder.op("Conv", colours, weights, kernel_shape=[1, 1])
        rows, columns = _cells(self.height), _cells(self.width)
        pooled = parts.smooth(builder, opponents, rows, columns, "colour_pool")
        size = 3 * len(rows) * len(columns)
        cells = builder.op("Mul", pooled, builder.constant("cell_weight", _CELL_WEIGHT))
        axis = builder.constant("pixel_axis", [2], np.int64)
        flat = builder.reshape(opponents, (0, 3, self.height * self.width))
        share = builder.constant("per_pixel", 1 / (self.height * self.width))
        mean = builder.op("Mul", builder.op("ReduceSum", flat, axis, keepdims=1), share)
        apart = builder.op("Sub", flat, mean)
        square = builder.op("ReduceSum", builder.op("Mul", apart, apart), axis, keepdims=1)
        least = builder.constant("least_variance", _LEAST_VARIANCE)
        deviation = builder.op("Sqrt", builder.op("Add", builder.op("Mul", square, share), least))
        means = builder.op("Mul", mean, builder.constant("mean_weight", _MEAN_WEIGHT))
        spread = builder.op("Mul", deviation, builder.constant("spread_weight", _DEVIATION_WEIGHT))
        return [
            (builder.reshape(cells, (0, size)), size),
            (builder.reshape(means, (0, 3)), 3),
            (builder.reshape(spread, (0, 3)), 3),
        ]


def _cells(extent: int) -> Matrix:
    """Return the matrix (cells, extent) of Gaussian means around the middles of cells."""
    middles = (np.arange(extent // _CELL) + 0.5) * _CELL - 0.5
    apart = np.arange(extent)[None, :] - middles[:, None]
    taps = np.exp(-0.5 * (apart / _POOL_SIGMA) ** 2) * (np.abs(apart) <= 3 * _POOL_SIGMA)
    means: Matrix = taps / taps.sum(1, keepdims=True)
    return means
