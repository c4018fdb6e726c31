"""Histograms of oriented gradients of an image whose hidden pixels are filled in first.

One ONNX graph of standard operators:

1. fill hidden pixels by normalised convolution, u = (G*z - .02) / (G*|z| + .02), to p = (u + 1) / 2
   in [0, 1] (G a Gaussian of .8 pixels; z the masked image in -1 .. 1, 0 where hidden). Without
   masks, or with fill = "background", p is the visible image itself, blurred by .7 pixels;
2. move the ink's centre to the middle and undo its shear mu_xy / (mu_yy + .5), at most 1, bilinear
   (unless deskew = false);
3. central differences, shared between the two nearest of eight signed directions; Gaussian pooling
   (1.6 pixels, 9 taps) at every third pixel; square root; unit length;
4. with hiddenFraction = w > 0, beside these, w times the hidden share of each 4 x 4 cell: a member
   can then learn that a missing stroke is no evidence where the place of that stroke is hidden.

Nothing here is learnt, and only the masked image is read: a hidden pixel changes no feature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx

from auditor.errors import RecipeError
from auditor.learners.base import InputSpec
from auditor.learners.front_ends import parts
from auditor.learners.front_ends.fixed import FixedFrontEnd
from auditor.learners.gaussian import blur, pooling
from auditor.learners.graphs import GraphBuilder
from auditor.learners.options import Options

_FILL_SIGMA: Final = 0.8
_FILL_PRIOR: Final = 0.02  # pulls what nothing visible is near to towards the background
_BLUR_SIGMA: Final = 0.7
_SHEAR_PRIOR: Final = 0.5
_POOL_SIGMA: Final = 1.6
_POOL_RADIUS: Final = 4
_POOL_STRIDE: Final = 3
_LEAST_INK: Final = 1e-3  # a blank image keeps its centre
_LEAST_ENERGY: Final = 1e-6  # and has features 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedHog:
    """The front end's parameters for images of one channel."""

    height: int
    width: int
    masked: bool
    deskew: bool
    inpaint: bool
    hidden_weight: float

    @classmethod
    def from_options(cls, options: Options, spec: InputSpec) -> MaskedHog:
        """Read ``learner.frontEnd``. Raises RecipeError for inputs it cannot read."""
        if not spec.image or spec.shape[0] != 1 or spec.symbols == 0 or min(spec.shape[1:]) < 3:
            msg = (
                "learner.frontEnd: masked-hog expects images of one channel, at least 3 x 3, in "
                f"symbols; got examples of shape {spec.shape}"
            )
            raise RecipeError(msg)
        _, height, width = spec.shape
        fill = options.text("fill", "inpaint")
        if fill not in {"inpaint", "background"}:
            raise options.error("fill", fill, "inpaint or background")
        weight = options.real("hiddenFraction", "0", least=0)
        if weight and not spec.masked:
            shown = options.table["hiddenFraction"]
            raise options.error("hiddenFraction", shown, "0 where the test side hides nothing")
        return cls(
            height=height,
            width=width,
            masked=spec.masked,
            deskew=options.switch("deskew", default=True),
            inpaint=fill == "inpaint",
            hidden_weight=weight,
        )

    def build(self) -> FixedFrontEnd:
        """Return the graph "x" (batch, row) -> "features" (batch, size)."""
        builder = GraphBuilder("masked-hog")
        planes = 2 if self.masked else 1
        images = builder.reshape("x", (0, planes, self.height, self.width))
        inpainted = self.masked and self.inpaint
        picture = self._filled(builder, images) if inpainted else self._visible(builder, images)
        if self.deskew:
            picture = self._straightened(builder, picture)
        features, size = self._histograms(builder, picture)
        if self.hidden_weight:
            _, seen = builder.split("Split", (images,), 2, axis=1, num_outputs=2)
            hidden, cells = parts.hidden_fraction(
                builder, seen, self.height, self.width, self.hidden_weight
            )
            features = builder.op("Concat", features, hidden, axis=1)
            size += cells
        row = planes * self.height * self.width
        model: onnx.ModelProto = builder.model(
            features, inputs={"x": ("batch", row)}, output="features", shape=("batch", size)
        )
        return FixedFrontEnd(model=model, size=size)

    def _smooth(self, builder: GraphBuilder, images: str, sigma: float) -> str:
        """Blur (.., height, width) along both axes."""
        rows = builder.constant("blur_rows", blur(self.height, sigma))
        columns = builder.constant("blur_columns", blur(self.width, sigma).T)
        return builder.op("MatMul", rows, builder.op("MatMul", images, columns))

    def _filled(self, builder: GraphBuilder, images: str) -> str:
        """Return p (batch, 1, height, width) of masked images, inpainted."""
        smooth = self._smooth(builder, images, _FILL_SIGMA)
        ink, seen = builder.split("Split", (smooth,), 2, axis=1, num_outputs=2)
        prior = builder.constant("fill_prior", _FILL_PRIOR)
        ratio = builder.op("Div", builder.op("Sub", ink, prior), builder.op("Add", seen, prior))
        return self._unit(builder, ratio)

    def _visible(self, builder: GraphBuilder, images: str) -> str:
        """Return p (batch, 1, height, width), what is hidden being background."""
        if self.masked:
            value, seen = builder.split("Split", (images,), 2, axis=1, num_outputs=2)
            half = builder.constant("half", 0.5)
            ink = builder.op("Mul", builder.op("Add", value, seen), half)
        else:
            ink = self._unit(builder, images)
        return self._smooth(builder, ink, _BLUR_SIGMA)

    def _unit(self, builder: GraphBuilder, value: str) -> str:
        """Map -1 .. 1 to 0 .. 1, clipped."""
        half = builder.constant("half", 0.5)
        halved = builder.op("Add", builder.op("Mul", value, half), half)
        zero, one = builder.constant("zero", 0.0), builder.constant("one", 1.0)
        return builder.op("Clip", halved, zero, one)

    def _straightened(self, builder: GraphBuilder, picture: str) -> str:
        """Centre and unshear (batch, 1, height, width) by its moments."""
        down, right = np.mgrid[0 : self.height, 0 : self.width].astype(np.float64)
        y = (down - (self.height - 1) / 2).ravel()
        x = (right - (self.width - 1) / 2).ravel()
        basis = np.stack([np.ones_like(x), x, y, x * y, y * y], -1)
        flat = builder.reshape(picture, (0, self.height * self.width))
        sums = builder.op("MatMul", flat, builder.constant("moments", basis))
        ink, rest = builder.split(
            "Split", (sums, builder.constant("moment_parts", [1, 4], np.int64)), 2, axis=1
        )
        ink = builder.op("Max", ink, builder.constant("least_ink", _LEAST_INK))
        means = builder.op("Div", rest, ink)
        mean_x, mean_y, mean_xy, mean_yy = builder.split(
            "Split", (means,), 4, axis=1, num_outputs=4
        )
        mu_xy = builder.op("Sub", mean_xy, builder.op("Mul", mean_x, mean_y))
        mu_yy = builder.op("Sub", mean_yy, builder.op("Mul", mean_y, mean_y))
        spread = builder.op("Add", mu_yy, builder.constant("shear_prior", _SHEAR_PRIOR))
        shear = builder.op(
            "Clip",
            builder.op("Div", mu_xy, spread),
            builder.constant("least_shear", -1.0),
            builder.constant("most_shear", 1.0),
        )
        # GridSample reads at (column, row), each scaled to -1 .. 1 between the outer pixels'
        # centres. Where: (x, y) + means + shear * y along x; one product makes all of it.
        scale_x, scale_y = 2 / (self.width - 1), 2 / (self.height - 1)
        nothing = np.zeros_like(x)
        still = np.stack([x * scale_x, y * scale_y], -1).ravel()
        along_x = np.stack([nothing + scale_x, nothing], -1).ravel()
        along_y = np.stack([nothing, nothing + scale_y], -1).ravel()
        lean = np.stack([y * scale_x, nothing], -1).ravel()
        moves = builder.op("Concat", mean_x, mean_y, shear, axis=1)
        moved = builder.op(
            "MatMul", moves, builder.constant("moves", np.stack([along_x, along_y, lean]))
        )
        grid = builder.op("Add", moved, builder.constant("still", still))
        grid = builder.reshape(grid, (0, self.height, self.width, 2))
        return builder.op(
            "GridSample", picture, grid, align_corners=1, mode="bilinear", padding_mode="zeros"
        )

    def _histograms(self, builder: GraphBuilder, picture: str) -> tuple[str, int]:
        """Return the features (batch, size) of (batch, 1, height, width), and their number."""
        shares = parts.orientations(builder, picture, parts.differences(builder))
        rows = pooling(self.height, _POOL_SIGMA, radius=_POOL_RADIUS, stride=_POOL_STRIDE)
        columns = pooling(self.width, _POOL_SIGMA, radius=_POOL_RADIUS, stride=_POOL_STRIDE)
        pooled = parts.smooth(builder, shares, rows, columns, "pool")
        size = parts.ORIENTATIONS * len(rows) * len(columns)
        flat = builder.reshape(pooled, (0, size))
        axes = builder.constant("feature_axis", [1], np.int64)
        energy = builder.op("ReduceSum", flat, axes, keepdims=1)
        least = builder.constant("least_energy", _LEAST_ENERGY)
        # Squared, the features are the pooled sums, so their length is the root of the total.
        unit = builder.op("Div", flat, builder.op("Max", energy, least))
        return builder.op("Sqrt", unit), size
