"""The contracts' notation, the matching of shapes against it, and the reading of entries."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from losslint.contracts import GROUPS, Alternative, Slot, fits
from losslint.errors import KnowledgeError, NotationError
from losslint.facts import DOMAINS, DTYPES
from losslint.knowledge import contracts, contracts_of
from losslint.oneof import OneOf
from losslint.shapes import Dim, Shape
from losslint.tri import Tri

WORDS = st.sampled_from(["N", "C", "d", "L"])
SINGLE = WORDS | st.integers(0, 4).map(str)


@st.composite
def dims(draw: st.DrawFn) -> tuple[str, ...]:
    before, after = draw(st.lists(SINGLE, max_size=3)), draw(st.lists(SINGLE, max_size=3))
    star = draw(st.sampled_from([[], ["*s"], ["*"]]))
    return (*before, *star, *after)


ALTERNATIVES = st.builds(
    lambda domain, words, dims: f"{domain} {','.join(words)}[{' '.join(dims)}]",
    st.sampled_from(sorted(DOMAINS)),
    st.lists(st.sampled_from(sorted([*GROUPS, *DTYPES])), min_size=1, max_size=3),
    dims(),
)
NOTATION = st.lists(ALTERNATIVES, min_size=1, max_size=3).map(" or ".join)


@given(NOTATION)
def test_notation_round_trips(text: str) -> None:
    slot = Slot.parse(text)
    assert str(slot) == text
    assert Slot.parse(str(slot)) == slot


@given(ALTERNATIVES)
def test_an_alternative_prints_its_dtypes_even_when_it_was_not_parsed(text: str) -> None:
    (read,) = Slot.parse(text).alternatives
    assert Slot.parse(str(Alternative(read.domain, read.dtypes, read.dims))).alternatives == (read,)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("logits float", "domain dtypes[dims]"),
        ("logit float[N]", "logit"),
        ("logits flot[N]", "flot"),
        ("logits float[N-1]", "N-1"),
        ("logits float[*a *b]", "any number"),
        ("", "domain dtypes[dims]"),
    ],
)
def test_bad_notation_is_refused_by_its_part(text: str, named: str) -> None:
    with pytest.raises(NotationError) as caught:
        Slot.parse(text)
    assert named in str(caught.value)


def alternative(dims: tuple[str, ...]) -> Alternative:
    return Slot.parse(f"real float[{' '.join(dims)}]").alternatives[0]


def by_definition(dims: tuple[str, ...], sizes: tuple[int, ...]) -> bool:
    """Matching of known sizes, as the notation's description has it: slow and plain."""
    star = next((i for i, dim in enumerate(dims) if dim[0] == "*"), None)
    if star is not None:
        missing = len(sizes) - (len(dims) - 1)
        if missing < 0:
            return False
        dims = (*dims[:star], *(f"_{i}" for i in range(missing)), *dims[star + 1 :])
    bound: dict[str, int] = {}
    return len(dims) == len(sizes) and all(
        size == (int(dim) if dim.isdecimal() else bound.setdefault(dim, size)) for dim, size in zip(dims, sizes, strict=True)
    )


@given(dims(), st.lists(st.integers(0, 4), max_size=6).map(tuple))
def test_known_sizes_match_as_described(dims: tuple[str, ...], sizes: tuple[int, ...]) -> None:
    assert alternative(dims).matches(Shape(sizes)) is Tri.of(by_definition(dims, sizes))


@st.composite
def blurred(draw: st.DrawFn, sizes: tuple[int, ...]) -> Shape:
    """A shape that covers these sizes: some unknown, perhaps the leading ones gone."""
    dims: list[Dim] = [draw(st.sampled_from([size, None])) for size in sizes]
    cut = draw(st.integers(0, len(dims)))
    return Shape(tuple(dims[cut:]), open=True) if draw(st.booleans()) else Shape(tuple(dims))


@given(dims(), st.lists(st.integers(0, 4), max_size=6).map(tuple), st.data())
def test_matching_is_sound(dims: tuple[str, ...], sizes: tuple[int, ...], data: st.DataObject) -> None:
    known = data.draw(blurred(sizes))
    assert known.covers(Shape(sizes))
    said = alternative(dims).matches(known)
    assert said is Tri.MAYBE or said is Tri.of(by_definition(dims, sizes))


@given(dims(), st.data())
def test_binding_covers_what_the_real_shape_binds(dims: tuple[str, ...], data: st.DataObject) -> None:
    stands = {word: data.draw(st.integers(0, 4)) for word in dims if not word.isdecimal()}
    sizes: list[int] = []
    for word in dims:
        size = int(word) if word.isdecimal() else stands[word]
        sizes += [3] * size if word[0] == "*" else [size]
    real = alternative(dims).bind(Shape(tuple(sizes)))
    known = alternative(dims).bind(data.draw(blurred(tuple(sizes))))
    assert real is not None and known is not None and known.keys() == real.keys()
    assert all(known[name].covers(real[name]) for name in real)
    assert real == {
        word.lstrip("*"): Shape((3,) * size if word[0] == "*" else (size,)) for word, size in stands.items() if word != "*"
    }


@given(dims(), st.lists(st.integers(0, 4), max_size=6).map(tuple))
def test_what_does_not_match_binds_nothing(dims: tuple[str, ...], sizes: tuple[int, ...]) -> None:
    assert (alternative(dims).bind(Shape(sizes)) is None) is not by_definition(dims, sizes)


def test_binding_of_any_number_of_dims() -> None:
    bound = alternative(("N", "C", "*d")).bind(Shape(("B", 10, 7, 8)))
    assert bound == {"N": Shape(("B",)), "C": Shape((10,)), "d": Shape((7, 8))}


CROSS_ENTROPY = contracts()["torch.nn.CrossEntropyLoss"]
Sizes = tuple[Dim, ...]


@pytest.mark.parametrize(
    ("input", "target", "dtype", "truth"),
    [
        ((2, 3), (2,), "int64", Tri.YES),
        ((2, 3), (3,), "int64", Tri.NO),
        ((2, 3), (), "int64", Tri.NO),
        ((3,), (), "int64", Tri.YES),
        ((3,), (2,), "int64", Tri.NO),
        ((2, 3), (2, 3), "int64", Tri.NO),
        ((2, 3), (2, 3), "float32", Tri.YES),
        ((3,), (3,), "float32", Tri.YES),
        ((2, 3, 4), (2, 4), "int64", Tri.YES),
        ((2, 3, 4), (2, 4), "uint8", Tri.NO),
        ((2, 3, 4), (2,), "uint8", Tri.NO),
        ((2, 3), (2,), "uint8", Tri.YES),
        ((2, 3, 4), (2, 3), "int64", Tri.NO),
        (("B", 3), (2,), "int64", Tri.MAYBE),
        (("B", 3), ("B",), "int64", Tri.YES),
        ((None, 3), (2, 1), "int64", Tri.NO),
    ],
)
def test_arguments_fit_together(input: Sizes, target: Sizes, dtype: str, truth: Tri) -> None:
    shapes = {"input": Shape(input), "target": Shape(target)}
    assert fits(CROSS_ENTROPY.slots, shapes, CROSS_ENTROPY.class_dim, {"target": OneOf.of(dtype)}) is truth


def test_weight_has_the_size_of_the_class_axis() -> None:
    shapes = {"input": Shape((2, 3, 4)), "target": Shape((2, 4)), "weight": Shape((3,))}
    assert fits(CROSS_ENTROPY.slots, shapes, CROSS_ENTROPY.class_dim) is Tri.YES
    assert fits(CROSS_ENTROPY.slots, {**shapes, "weight": Shape((4,))}, CROSS_ENTROPY.class_dim) is Tri.NO


SHAPES = st.lists(st.integers(1, 3), max_size=4).map(tuple)


@given(SHAPES, SHAPES, st.data())
def test_fitting_is_sound(input: tuple[int, ...], target: tuple[int, ...], data: st.DataObject) -> None:
    def ask(input: Shape, target: Shape) -> Tri:
        return fits(CROSS_ENTROPY.slots, {"input": input, "target": target}, CROSS_ENTROPY.class_dim)

    said = ask(data.draw(blurred(input)), data.draw(blurred(target)))
    assert said is Tri.MAYBE or said is ask(Shape(input), Shape(target))


def test_narrowing_keeps_what_can_be_meant() -> None:
    target = CROSS_ENTROPY.slots["target"]
    assert target.narrowed(OneOf.of("float32")).domains == {"probs"}
    assert target.narrowed(OneOf.of("int32")) == target
    assert target.narrowed(OneOf.of("int64", "float32")).domains == {"class_index", "probs"}
    assert target.shaped(Shape((2, 4))).dtypes == {"int64", "float16", "bfloat16", "float32", "float64"}


ENTRY: dict[str, Any] = {
    "function": "lib.loss",
    "function_args": ["a", "*", "b"],
    "prediction": "a",
    "slots": {"a": "real float[]"},
}


def test_a_star_keeps_keyword_only_parameters_apart() -> None:
    (contract,) = contracts_of("lib.toml", "lib", {"loss": {**ENTRY, "none": ["b"]}})
    assert contract.function == ("a", "b")
    assert contract.keyword_only["function"] == {"b"}
    assert contract.defaults == {"b": None}


def test_an_entry_like_another_is_called_in_its_own_way() -> None:
    table = {"loss": {**ENTRY, "none": ["b"]}, "other": {"like": "loss", "function": "lib.other"}}
    _, other = contracts_of("lib.toml", "lib", table)
    assert (other.function_name, other.function, other.defaults) == ("lib.other", (), {})
    assert (other.prediction, str(other.slots["a"])) == ("a", "real float[]")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"slots": {"a": "nonsense"}}, "nonsense"),
        ({"colour": "red"}, "colour"),
        ({"like": "loss"}, "like"),
        ({"like": "nobody"}, "nobody"),
    ],
)
def test_a_broken_entry_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(KnowledgeError) as caught:
        contracts_of("lib.toml", "lib", {"loss": {**ENTRY, **changes}})
    assert "lib.toml: losses.loss" in str(caught.value) and named in str(caught.value)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(KnowledgeError, match=r"lib.toml: losses.loss: .*prediction"):
        contracts_of("lib.toml", "lib", {"loss": {key: value for key, value in ENTRY.items() if key != "prediction"}})


@pytest.mark.parametrize("contract", {id(c): c for c in contracts().values()}.values(), ids=lambda c: c.name)
def test_an_entry_agrees_with_itself(contract: Any) -> None:
    parameters = {*contract.init, *contract.forward, *contract.function}
    assert contract.prediction in contract.slots
    assert contract.target is None or contract.target in contract.slots
    assert contract.defaults.keys() <= parameters
    assert contract.slots.keys() <= parameters
    assert {*contract.plain} <= contract.slots.keys()
    assert {*contract.renamed.values()} <= {*contract.forward}
    for case in contract.cases:
        assert case.when.keys() <= parameters
        assert case.slots.keys() <= contract.slots.keys()
    if contract.fused is not None:
        assert contract.fused in {other.name for other in contracts().values()}


def test_reading_knowledge_needs_no_torch() -> None:
    code = "import sys, losslint.knowledge as k; k.contracts(); sys.exit(not {'torch', 'libcst'}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
