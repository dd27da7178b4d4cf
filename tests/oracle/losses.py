"""What can be passed to each loss: for each argument a right value first, then others, each with what was meant by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Value:
    """A piece of code. `meant` is the right code in its place: the same where it is right, None where that isn't known."""

    code: str
    meant: str | None = ""
    positional: bool = False
    function_only: bool = False

    def __post_init__(self) -> None:
        if self.meant == "":
            object.__setattr__(self, "meant", self.code)


RIGHT: Final = ""
NETS: Final = {
    "NC": ("net = nn.Linear(6, 5)", "scores = net(torch.randn(8, 6))"),
    "N1": ("net = nn.Linear(6, 1)", "scores = net(torch.randn(8, 6))"),
    "N": ("net = nn.Linear(6, 1)", "scores = net(torch.randn(8, 6)).squeeze(1)"),
    "C": ("net = nn.Linear(6, 5)", "scores = net(torch.randn(6))"),
    "NCL": ("net = nn.Conv1d(6, 5, 1)", "scores = net(torch.randn(8, 6, 4))"),
    "NLC": ("net = nn.Linear(6, 5)", "scores = net(torch.randn(8, 4, 6))"),
    "TNC": ("net = nn.Linear(6, 5)", "scores = net(torch.randn(12, 8, 6))"),
    "NF": ("net = nn.Linear(6, 7)", "scores = net(torch.randn(8, 6))"),
    "F": ("net = nn.Linear(6, 7)", "scores = net(torch.randn(6))"),
}
"""By the axes of the scores: N 8 samples, C 5 classes, L 4 places, T 12 times, F 7 features of which a loss makes the scores."""
SHAPES: Final = {"NC": "8, 5", "N1": "8, 1", "N": "8,", "C": "5,", "NCL": "8, 5, 4", "NLC": "8, 4, 5", "TNC": "12, 8, 5"}
SHAPES_OF_SCORES: Final = {**SHAPES, "NF": "8, 5", "F": "5,"}
AXES: Final = {"NC": 1, "N1": 1, "C": 0, "NCL": 1, "NLC": 2, "TNC": 2, "NF": 1, "F": 0}


@dataclass(frozen=True)
class Loss:
    """One loss. `takes`: the domain of its first argument, `wants` that of its target.

    `built`: what its class has to be given; `inside`: arguments of the function that the class has itself; `picked`: what of its
    result is the loss.
    """

    function: str
    module: str
    arguments: tuple[str, ...]
    nets: tuple[str, ...]
    takes: str
    wants: str
    reduces: bool = True
    built: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    picked: str = ""
    forms: tuple[str, ...] = ("function", "module")

    def setup(self, net: str) -> list[str]:
        return ["torch.default_generator.manual_seed(0)", *NETS[net]]

    def values(self, name: str, net: str) -> list[Value]:
        if name == self.arguments[0]:
            return predictions(self, net)
        if name == self.target and self.wants == "class_index":
            return class_ids(net, self.soft, "ignore_index" in OPTIONS.get(self.function, {}))
        return OTHERS[self.wants if name == self.target else name](net)

    @property
    def soft(self) -> bool:
        """Whether the target may be a distribution over the classes."""
        return "cross_entropy" in self.function

    @property
    def target(self) -> str:
        return next((name for name in self.arguments if name in ("target", "targets", "target_")), "")

    def options(self, net: str) -> dict[str, list[Value]]:
        every = {**COMMON_OPTIONS, **OPTIONS.get(self.function, {})} if self.reduces else OPTIONS.get(self.function, {})
        if self.function in NO_LEGACY:
            every = {name: values for name, values in every.items() if name not in ("size_average", "reduce")}
        return every


NO_LEGACY: Final = frozenset(
    {"huber_loss", "gaussian_nll_loss", "triplet_margin_with_distance_loss", "ctc_loss", "linear_cross_entropy"}
)
ACTIVATED: Final = {
    "real": "scores",
    "logits": "scores",
    "log_probs": "scores.log_softmax({axis})",
    "probs": "scores.sigmoid()",
    "rate_log": "scores",
}


DISTINCT: Final = "scores.sigmoid()"
"""What is meant by the softmax of a single score, which is 1 whatever the score."""


def predictions(loss: Loss, net: str) -> list[Value]:
    axis = AXES.get(net)
    classes = loss.wants == "class_index" and net in ("NC", "C", "NCL", "NLC", "N1")
    right = ACTIVATED[loss.takes].format(axis=axis)
    meant = f"{right}.transpose(1, 2)" if classes and net == "NLC" else right

    def by(code: str, instead: str = "") -> Value:
        if loss.takes == "real":
            return Value(code, instead or (DISTINCT if net == "N1" and "softmax(1)" in code else code))
        return Value(code, None if code in NO_RATE and loss.takes == "rate_log" else meant)

    found = [Value(right, meant)]
    activations = ["scores", "scores.sigmoid()", "F.logsigmoid(scores)", "scores.relu()", "F.softplus(scores)", "scores.exp()"]
    found += [by(code) for code in activations if code != right]
    if axis is not None:
        once, logs = f"scores.softmax({axis})", f"scores.log_softmax({axis})"
        found += [by(once), *([by(logs)] if logs != right else []), by(f"{once}.log()")]
        if axis:
            # Over the samples of a batch: meant is the softmax over the classes, where there are any.
            found += [by("scores.softmax(0)", once if classes else ""), by("scores.log_softmax(0)", logs if classes else "")]
        found += [by(f"{once}.softmax({axis})", once), by(f"{once}.log_softmax({axis})", logs)] if net != "N1" else []
    found += [
        Value(f"{right}.double()", meant),
        Value(f"{right}.detach()", meant),
        Value(f"({right} > 0)", meant),
        Value(f"{right}.round().long()", meant),
        Value(f"{right}.detach().numpy()", meant),
        Value(f"{right}.tolist()", meant),
        Value("None", meant),
        Value("0.5", meant),
        Value(f"{right}.clone()", meant),
    ]
    if axis is not None and net != "C":
        found.append(Value(f"{right}.argmax({axis})", meant))
    return found


NO_RATE: Final = frozenset({"F.logsigmoid(scores)", "scores.log_softmax(1)", "scores.log_softmax(0)", "scores.softmax(1).log()"})
"""Logarithms of rates below 1, which can be meant."""


def kinds(right: str) -> list[Value]:
    return [
        Value(f"{right}.numpy()", right),
        Value(f"{right}.tolist()", right),
        Value("None", right),
        Value('"labels"', right),
    ]


def dtypes(right: str, *names: str) -> list[Value]:
    return [Value(f"{right}.{name}()", right) for name in names]


def class_ids(net: str, softly: bool, ignoring: bool) -> list[Value]:
    """Also for a soft target, which has the axes of the scores; and with an id that is left out."""
    shape = {"NC": "8,", "N1": "8,", "C": "", "NCL": "8, 4", "NLC": "8, 4", "TNC": "8,", "NF": "8,", "F": ""}[net]
    classes = 1 if net == "N1" else 5
    right = f"torch.randint(0, {classes}, ({shape}))" if shape else "torch.tensor(4)"
    hot = f"F.one_hot({right}, {classes})" + (".movedim(-1, 1)" if net == "NCL" else "")
    scores = f"torch.randn({SHAPES_OF_SCORES[net]})"
    soft = f"{scores}.softmax({AXES[net]})"
    meant = (f"{soft}.transpose(1, 2)" if net == "NLC" else soft) if softly else right
    found = [
        Value(right),
        *dtypes(right, "int", "short", "byte", "bool", "float", "double"),
        *kinds(right),
        Value(f"{right} + 1", right),
        Value(f"{right} - {1 if shape else 5}", right),
        Value(f"{right} + 300", right),
        Value(hot, right),
        Value(f"{hot}.float()", right),
        Value(f"{right}.unsqueeze(-1)", right),
        Value(soft, meant),
        Value(scores, meant),
        Value(f"{scores}.sigmoid()", meant),
        Value(f"{scores}.log_softmax({AXES[net]})", meant),
        Value(f"{scores}.softmax(0)", meant),
        Value(f"{soft}.double()", meant),
        Value("2", None),
    ]
    if shape:
        masked = f"{right}.masked_fill(torch.arange(8).view(8{', 1' if ',' in shape[:-1] else ''}) < 3, -100)"
        found += [Value(f"{right}[:3]", right), Value(masked, masked if ignoring else right)]
    return found


def same_shape(right: str, net: str) -> list[Value]:
    """Other shapes than the prediction's."""
    found = [Value(f"{right}.unsqueeze(-1)", right), Value(f"{right}.unsqueeze(0)", right), Value(f"{right}[:-1]", right)]
    if net in ("NC", "NLC"):
        found += [
            Value(f"{right}[..., 0]", None),
            Value(f"{right}.flatten()", right),
            Value(f"{right}[0]", None),
            Value(f"{right}.mean()", None),
        ]
    if net == "N1":
        found += [Value(f"{right}.squeeze(1)", right), Value(f"{right}.T", right)]
    return found


def reals(net: str) -> list[Value]:
    right = f"torch.randn({SHAPES[net]})"
    return [Value(right), *dtypes(right, "double", "half", "bfloat16"), *same_shape(right, net), *kinds(right), *integers(net)]


def integers(net: str) -> list[Value]:
    whole = f"torch.randint(0, 9, ({SHAPES[net]}))"
    return [Value(f"{whole}{cast}", f"{whole}.float()") for cast in ("", ".int()", ".byte()")]


def counts(net: str) -> list[Value]:
    right = f"torch.poisson(torch.ones({SHAPES[net]}))"
    return [Value(right), *dtypes(right, "double", "long", "int", "bool"), *same_shape(right, net), *kinds(right)]


def labels(net: str) -> list[Value]:
    right = f"(torch.rand({SHAPES[net]}) > 0.5).float()"
    return [
        Value(right),
        Value(f"torch.rand({SHAPES[net]})"),
        *dtypes(right, "double", "long", "int", "byte", "bool", "half"),
        *same_shape(right, net),
        *kinds(right),
        Value(f"{right} * 255", right),
        Value(f"{right} * 2 - 1", right),
        Value(f"{right} + 1", right),
        Value(f"torch.randn({SHAPES[net]})", right),
    ]


def signs(net: str) -> list[Value]:
    shape = SHAPES[net].split(",")[0] + "," if net == "ND" else SHAPES[net]
    zero_one = f"(torch.rand({shape}) > 0.5).float()"
    right = f"({zero_one} * 2 - 1)"
    return [
        Value(right),
        *dtypes(right, "double", "long", "int", "char", "byte", "half"),
        *same_shape(right, net),
        *kinds(right),
        Value(zero_one, right),
        Value(f"{zero_one}.long()", right),
        Value(f"{zero_one}.bool()", right),
        Value(f"{zero_one} + 1", right),
    ]


def pair_signs(net: str) -> list[Value]:
    """One sign a pair of embeddings."""
    zero_one = f"(torch.rand({'8' if net == 'NC' else '()'}) > 0.5).float()"
    right = f"({zero_one} * 2 - 1)"
    more = [Value(f"{right}.unsqueeze(-1)", right), Value(f"{right}[:3]", right)] if net == "NC" else []
    return [
        Value(right),
        *dtypes(right, "double", "long", "int", "char", "byte"),
        *more,
        *kinds(right),
        Value(zero_one, right),
        Value(f"{zero_one}.long()", right),
        Value(f"{zero_one}.bool()", right),
    ]


def distributions(net: str) -> list[Value]:
    axis = AXES[net]
    scores = f"torch.randn({SHAPES[net]})"
    right = f"{scores}.softmax({axis})"
    return [
        Value(right),
        *dtypes(right, "double", "half"),
        *same_shape(right, net),
        *kinds(right),
        Value(f"{scores}.log_softmax({axis})", right),
        Value(scores, right),
        Value(f"{scores}.softmax(0)", right),
        Value(f"torch.randint(0, 2, ({SHAPES[net]}))", None),
    ]


def label_lists(net: str) -> list[Value]:
    """Rows of class ids that end in -1."""
    shape = SHAPES[net]
    padded = f"torch.randint(0, 5, ({shape})).scatter(-1, torch.randint(1, 5, ({shape})), -1)"
    multi_hot = f"torch.randint(0, 2, ({shape}))"
    return [
        Value(padded),
        *dtypes(padded, "int", "byte", "float", "bool"),
        *same_shape(padded, net)[:3],
        *kinds(padded),
        Value(f"{padded} + 6", padded),
        Value(multi_hot, None),
    ]


def embeddings(net: str) -> list[Value]:
    right = f"torch.randn({SHAPES[net]})"
    return [Value(right), *dtypes(right, "double"), Value(f"{right}[..., :3]", right), *kinds(right)]


def variances(net: str) -> list[Value]:
    right = f"(torch.rand({SHAPES[net]}) + 0.1)"
    return [
        Value(right),
        *dtypes(right, "double"),
        Value("0.5"),
        Value(f"{right}[..., 0]", None),
        Value(f"-{right}", right),
        *kinds(right)[1:],
    ]


def ctc_targets(net: str) -> list[Value]:
    right = "torch.randint(1, 5, (8, 3))"
    return [
        Value(right),
        *dtypes(right, "int", "byte", "float"),
        Value(f"{right}.flatten()", right),
        *kinds(right),
        Value(f"{right}[:3]", right),
    ]


def lengths(of: int) -> list[Value]:
    right = f"torch.full((8,), {of})"
    return [
        Value(right),
        *dtypes(right, "int"),
        Value(f"(({of},) * 8)"),
        Value(f"([{of}] * 8)"),
        Value(f"{right}.float()", right),
        Value(f"{right}[:3]", right),
        Value(f"{right} + 20", right),
        Value(f"{right}.numpy()", right),
    ]


def last_layers(net: str) -> list[Value]:
    """The weight of the layer that makes scores of features."""
    right = "torch.randn(5, 7)"
    return [
        Value(right),
        *dtypes(right, "double", "half", "long"),
        Value(f"{right}.T", right),
        Value(f"{right}[0]", right),
        Value(f"{right}[:, :3]", right),
        *kinds(right),
    ]


OTHERS: Final = {
    "linear_weight": last_layers,
    "real": reals,
    "counts": counts,
    "labels": labels,
    "signs": signs,
    "pair_signs": pair_signs,
    "distributions": distributions,
    "label_lists": label_lists,
    "ctc_targets": ctc_targets,
    "var": variances,
    "input2": embeddings,
    "positive": embeddings,
    "negative": embeddings,
    "input_lengths": lambda net: lengths(12),
    "target_lengths": lambda net: lengths(3),
}

COMMON_OPTIONS: Final = {
    "reduction": [
        Value('"sum"'),
        Value('"none"'),
        Value('"avg"', '"mean"'),
        Value('"batchmean"', None),
        Value("None", '"mean"'),
        Value("True", '"mean"'),
        Value('"sum"', '"sum"', positional=True, function_only=False),
        Value('"none"', '"none"', positional=True, function_only=False),
    ],
    "size_average": [Value("False"), Value("True"), Value("None")],
    "reduce": [Value("False"), Value("True")],
    "rduction": [Value('"sum"', None)],
}
CLASS_WEIGHT: Final = [
    Value("torch.rand(5)"),
    Value("torch.rand(3)", None),
    Value("torch.rand(5, 1)", None),
    Value("torch.rand(8)", None),
    Value("torch.rand(5).double()", "torch.rand(5)"),
    Value("torch.ones(5).long()", "torch.ones(5)"),
    Value("[1.0, 1.0, 1.0, 1.0, 1.0]", "torch.ones(5)"),
    Value("torch.rand(5).numpy()", "torch.rand(5)"),
    Value("0.5", None),
]
ELEMENT_WEIGHT: Final = [
    Value("torch.rand(8, 5)"),
    Value("torch.rand(5)", None),
    Value("torch.rand(8, 1)", None),
    Value("torch.rand(3)", None),
    Value("torch.rand(8, 5).double()", "torch.rand(8, 5)"),
    Value("torch.ones(8, 5).long()", "torch.ones(8, 5)"),
    Value("torch.rand(8, 5).numpy()", "torch.rand(8, 5)"),
    Value("0.5", None),
]
LAYER_BIAS: Final = [
    Value("torch.rand(5)", function_only=True),
    Value("torch.rand(3)", None, function_only=True),
    Value("torch.rand(5).double()", "torch.rand(5)", function_only=True),
    Value("0.5", None, function_only=True),
]
ONLY_FUNCTION: Final = [Value(one.code, one.meant, function_only=True) for one in ELEMENT_WEIGHT]


def numbers(right: str, *wrong: str) -> list[Value]:
    return [*(Value(one) for one in right.split()), *(Value(one, None) for one in wrong)]


OPTIONS: Final[dict[str, dict[str, list[Value]]]] = {
    "cross_entropy": {
        "weight": CLASS_WEIGHT,
        "ignore_index": numbers("-100 255 -1 2"),
        "label_smoothing": numbers("0.1 0.0 1.0", "1.5", "-0.1"),
    },
    "linear_cross_entropy": {
        "weight": CLASS_WEIGHT,
        "ignore_index": numbers("-100 255 -1 2"),
        "label_smoothing": numbers("0.1 0.0 1.0", "1.5", "-0.1"),
        "linear_bias": LAYER_BIAS,
        "size_average": [Value("True", None)],
    },
    "adaptive_log_softmax_with_loss": {
        "head_bias": numbers("True"),
        "div_value": numbers("2.0"),
        "reduction": [Value('"sum"', None)],
    },
    "nll_loss": {"weight": CLASS_WEIGHT, "ignore_index": numbers("-100 255 -1 2")},
    "multi_margin_loss": {"weight": CLASS_WEIGHT, "p": numbers("1 2", "3"), "margin": numbers("0.5")},
    "binary_cross_entropy": {"weight": ELEMENT_WEIGHT},
    "binary_cross_entropy_with_logits": {"weight": ELEMENT_WEIGHT, "pos_weight": ELEMENT_WEIGHT},
    "multilabel_soft_margin_loss": {"weight": CLASS_WEIGHT},
    "l1_loss": {"weight": ONLY_FUNCTION},
    "mse_loss": {"weight": ONLY_FUNCTION},
    "huber_loss": {"delta": numbers("0.5", "0.0", "-1.0"), "weight": ONLY_FUNCTION},
    "smooth_l1_loss": {"beta": numbers("0.5 0.0", "-1.0")},
    "poisson_nll_loss": {"full": numbers("True"), "log_input": [Value("True")]},
    "gaussian_nll_loss": {"full": numbers("True"), "eps": numbers("1e-3", "-1.0")},
    "kl_div": {"log_target": [Value("False"), Value("True", "False")]},
    "hinge_embedding_loss": {"margin": numbers("0.5")},
    "cosine_embedding_loss": {"margin": numbers("0.5")},
    "margin_ranking_loss": {"margin": numbers("0.5")},
    "triplet_margin_loss": {"margin": numbers("0.5", "0.0", "-1.0"), "p": numbers("1"), "swap": numbers("True")},
    "triplet_margin_with_distance_loss": {
        "margin": numbers("0.5", "-1.0"),
        "distance_function": numbers("F.pairwise_distance"),
    },
    "ctc_loss": {"blank": numbers("0", "7", "-1"), "zero_infinity": numbers("True")},
}

PAIR: Final = ("input", "target")
LOSSES: Final = (
    Loss("l1_loss", "L1Loss", PAIR, ("NC", "N1", "N"), "real", "real"),
    Loss("mse_loss", "MSELoss", PAIR, ("NC", "N1", "N", "NLC"), "real", "real"),
    Loss("smooth_l1_loss", "SmoothL1Loss", PAIR, ("NC", "N1", "N"), "real", "real"),
    Loss("huber_loss", "HuberLoss", PAIR, ("NC", "N1", "N"), "real", "real"),
    Loss("poisson_nll_loss", "PoissonNLLLoss", PAIR, ("NC", "N1", "N"), "rate_log", "counts"),
    Loss("gaussian_nll_loss", "GaussianNLLLoss", ("input", "target", "var"), ("NC", "N1", "N"), "real", "real"),
    Loss("kl_div", "KLDivLoss", PAIR, ("NC", "NLC"), "log_probs", "distributions"),
    Loss("binary_cross_entropy", "BCELoss", PAIR, ("NC", "N1", "N", "NLC"), "probs", "labels"),
    Loss("binary_cross_entropy_with_logits", "BCEWithLogitsLoss", PAIR, ("NC", "N1", "N", "NLC"), "logits", "labels"),
    Loss("multilabel_soft_margin_loss", "MultiLabelSoftMarginLoss", PAIR, ("NC", "N1"), "logits", "labels"),
    Loss("soft_margin_loss", "SoftMarginLoss", PAIR, ("NC", "N1", "N"), "logits", "signs"),
    Loss("hinge_embedding_loss", "HingeEmbeddingLoss", PAIR, ("NC", "N1", "N"), "real", "signs"),
    Loss("cosine_embedding_loss", "CosineEmbeddingLoss", ("input1", "input2", "target"), ("NC", "C"), "real", "pair_signs"),
    Loss("margin_ranking_loss", "MarginRankingLoss", ("input1", "input2", "target"), ("NC", "N1", "N"), "real", "signs"),
    Loss("triplet_margin_loss", "TripletMarginLoss", ("anchor", "positive", "negative"), ("NC", "C"), "real", ""),
    Loss(
        "triplet_margin_with_distance_loss",
        "TripletMarginWithDistanceLoss",
        ("anchor", "positive", "negative"),
        ("NC",),
        "real",
        "",
    ),
    Loss("nll_loss", "NLLLoss", PAIR, ("NC", "C", "NCL", "NLC", "N1"), "log_probs", "class_index"),
    Loss("cross_entropy", "CrossEntropyLoss", PAIR, ("NC", "C", "NCL", "NLC", "N1"), "logits", "class_index"),
    Loss("multi_margin_loss", "MultiMarginLoss", PAIR, ("NC", "C"), "real", "class_index"),
    Loss("multilabel_margin_loss", "MultiLabelMarginLoss", PAIR, ("NC", "C"), "real", "label_lists"),
    Loss(
        "ctc_loss", "CTCLoss", ("log_probs", "targets", "input_lengths", "target_lengths"), ("TNC",), "log_probs", "ctc_targets"
    ),
    Loss(
        "linear_cross_entropy",
        "LinearCrossEntropyLoss",
        ("input", "linear_weight", "target"),
        ("NF", "F"),
        "real",
        "class_index",
        built=("7", "5"),
        inside=("linear_weight",),
    ),
    Loss(
        "adaptive_log_softmax_with_loss",
        "AdaptiveLogSoftmaxWithLoss",
        ("input_", "target_"),
        ("NF", "F"),
        "real",
        "class_index",
        reduces=False,
        built=("7", "5", "[2]"),
        picked=".loss",
        forms=("module",),
    ),
)
