"""The laws of the vocabulary: truth, alternatives, shapes, facts."""

from __future__ import annotations

import itertools
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from losslint.checking import describe
from losslint.facts import EACH, UNKNOWN, UNKNOWN_AXIS, Domain, Facts, Range, join_shapes
from losslint.oneof import ANY, LIMIT, OneOf
from losslint.places import Place, Step
from losslint.shapes import Dim, Shape, broadcast, same_dim
from losslint.tri import Tri

TRIS = st.sampled_from(list(Tri))
WORLDS = {Tri.YES: {True}, Tri.NO: {False}, Tri.MAYBE: {True, False}}


def tri(worlds: set[bool]) -> Tri:
    return Tri.MAYBE if len(worlds) == 2 else Tri.of(worlds.pop())


@pytest.mark.parametrize(("a", "b"), list(itertools.product(Tri, Tri)))
def test_truth_tables_are_what_every_world_agrees_on(a: Tri, b: Tri) -> None:
    pairs = list(itertools.product(WORLDS[a], WORLDS[b]))
    assert (a & b) is tri({x and y for x, y in pairs})
    assert (a | b) is tri({x or y for x, y in pairs})
    assert ~a is tri({not x for x in WORLDS[a]})
    assert ~(a & b) is (~a | ~b)
    assert (a & b) is Tri.all([a, b])
    assert (a | b) is Tri.any([a, b])


def test_truth_of_nothing_and_bool() -> None:
    assert (Tri.all([]), Tri.any([])) == (Tri.YES, Tri.NO)
    for each in Tri:
        with pytest.raises(TypeError, match="not a bool"):
            bool(each)


NUMBERS = st.frozensets(st.integers(0, 20), min_size=1, max_size=LIMIT + 3)
ONE_OFS: st.SearchStrategy[OneOf[int]] = st.one_of(st.just(ANY), NUMBERS.map(OneOf))


@given(ONE_OFS, ONE_OFS, ONE_OFS)
def test_join_is_a_semilattice(a: OneOf[int], b: OneOf[int], c: OneOf[int]) -> None:
    assert a.join(a) == a
    assert a.join(b) == b.join(a)
    assert a.join(b).join(c) == a.join(b.join(c))
    assert a.join(b).covers(a)
    assert a.join(b).covers(b)
    if c.covers(a) and c.covers(b):
        assert c.covers(a.join(b))


@given(ONE_OFS, ONE_OFS, ONE_OFS)
def test_covers_is_a_partial_order(a: OneOf[int], b: OneOf[int], c: OneOf[int]) -> None:
    assert a.covers(a)
    if a.covers(b) and b.covers(a):
        assert a == b
        assert hash(a) == hash(b)
    if a.covers(b) and b.covers(c):
        assert a.covers(c)


@given(ONE_OFS, st.frozensets(st.integers(0, 20)), st.integers(0, 20))
def test_membership_is_sound(a: OneOf[int], wanted: frozenset[int], real: int) -> None:
    if not a.covers(OneOf.of(real)):
        return
    answer = a.in_(wanted)
    assert answer is Tri.MAYBE or answer is Tri.of(real in wanted)
    assert a.is_(real) is not Tri.NO
    assert a.map(lambda x: x // 2).covers(OneOf.of(real // 2))
    assert not a.known or a.some(lambda x: x == real)


@given(ONE_OFS)
def test_one_of_survives_pickling_and_cannot_be_changed(a: OneOf[int]) -> None:
    assert pickle.loads(pickle.dumps(a)) == a
    assert list(a) == sorted(a.values or (), key=repr)
    with pytest.raises(AttributeError):
        a.values = None  # type: ignore[misc]
    with pytest.raises(ValueError, match="at least one"):
        OneOf([])


BOUNDS = st.sampled_from([-math.inf, -1.0, 0.0, 0.5, 1.0, math.inf])
RANGES = st.builds(lambda a, b, exact: Range(min(a, b), max(a, b), exact), BOUNDS, BOUNDS, st.booleans())


@given(RANGES, RANGES, RANGES)
def test_ranges_join_and_cover(a: Range, b: Range, c: Range) -> None:
    joined = a.join(b)
    assert joined == b.join(a)
    assert a.join(a) == a
    assert joined.covers(a)
    assert joined.covers(b)
    assert not (joined.exact and a != b)
    if a.covers(b) and b.covers(c):
        assert a.covers(c)


NUMERIC = [dims for rank in range(4) for dims in itertools.product((1, 2, 3), repeat=rank)]


def real_broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...] | None:
    dims = []
    for x, y in itertools.zip_longest(reversed(a), reversed(b), fillvalue=1):
        if x != y and 1 not in (x, y):
            return None
        dims.append(y if x == 1 else x)
    return tuple(reversed(dims))


def test_numeric_shapes_broadcast_as_in_torch() -> None:
    torch = pytest.importorskip("torch")
    for a, b in itertools.product(NUMERIC, NUMERIC):
        try:
            wanted = tuple(torch.broadcast_shapes(a, b))
        except RuntimeError:
            wanted = None
        assert real_broadcast(a, b) == wanted
        got = broadcast(Shape(a), Shape(b))
        assert (None if got is None else got.dims) == wanted
        assert Shape(a).same(Shape(b)) is Tri.of(a == b)
        assert Shape(a).covers(Shape(b)) is (a == b)


DIMS = st.one_of(st.integers(1, 3), st.sampled_from(["N", "C"]), st.none())
SHAPES = st.builds(lambda dims, is_open: Shape(tuple(dims), is_open), st.lists(DIMS, max_size=3), st.booleans())
FRONT = st.lists(st.integers(1, 3), max_size=2)
NAMES = st.fixed_dictionaries({"N": st.integers(1, 3), "C": st.integers(1, 3)})


def real(shape: Shape, names: dict[str, int], fill: list[int], front: list[int]) -> tuple[int, ...]:
    """One of the shapes that a shape allows: names as given, unknown dims and leading ones filled in."""
    unknown = iter(fill)

    def size(dim: Dim) -> int:
        return names[dim] if isinstance(dim, str) else next(unknown) if dim is None else dim

    return (*(front if shape.open else ()), *map(size, shape.dims))


FILL = st.lists(st.integers(1, 3), min_size=3, max_size=3)


@settings(max_examples=400)
@given(SHAPES, SHAPES, NAMES, FILL, FILL, FRONT, FRONT)
def test_symbolic_shapes_agree_with_each_of_their_instances(
    a: Shape, b: Shape, names: dict[str, int], fill_a: list[int], fill_b: list[int], front_a: list[int], front_b: list[int]
) -> None:
    x, y = real(a, names, fill_a, front_a), real(b, names, fill_b, front_b)
    same = a.same(b)
    assert same is b.same(a)
    assert same is Tri.MAYBE or same is Tri.of(x == y)
    both, wanted = broadcast(a, b), real_broadcast(x, y)
    if both is None:
        assert wanted is None
    elif wanted is not None:
        assert allows(both, wanted, names), (a, b, both, wanted, names)
    assert a.covers(Shape(x))
    if a.covers(b):
        assert a.covers(Shape(y))
    for axis in range(-4, 4):
        size = a.dim(axis)
        if isinstance(size, int):
            assert x[axis] == size
    assert a.numel in (None, math.prod(x))
    assert a.rank in (None, len(x))


def allows(shape: Shape, dims: tuple[int, ...], names: dict[str, int]) -> bool:
    """Whether a shape stands for these sizes when its names have the sizes given."""
    if len(dims) < len(shape.dims) or (not shape.open and len(dims) != len(shape.dims)):
        return False
    tail = dims[len(dims) - len(shape.dims) :]
    return all(
        dim is None or (names[dim] if isinstance(dim, str) else dim) == size for dim, size in zip(shape.dims, tail, strict=True)
    )


@given(SHAPES, SHAPES, SHAPES)
def test_covering_shapes_is_a_preorder(a: Shape, b: Shape, c: Shape) -> None:
    assert a.covers(a)
    if a.covers(b) and b.covers(c):
        assert a.covers(c)


@given(st.lists(SHAPES, min_size=1, max_size=3), st.lists(SHAPES, min_size=1, max_size=3))
def test_joined_shapes_cover_both_sides(a: list[Shape], b: list[Shape]) -> None:
    joined = join_shapes(OneOf(a), OneOf(b))
    assert joined.values is not None
    for shape in (*a, *b):
        assert any(each.covers(shape) for each in joined.values)


def test_dims() -> None:
    assert [same_dim(2, 2), same_dim(2, 3), same_dim("N", "N"), same_dim("N", "C"), same_dim("N", 2), same_dim(None, None)] == [
        Tri.YES,
        Tri.NO,
        Tri.YES,
        Tri.MAYBE,
        Tri.MAYBE,
        Tri.MAYBE,
    ]
    assert [str(Shape((8, "N", None))), str(Shape((), True)), str(Shape((1,), True)), str(Shape(()))] == [
        "[8 N ?]",
        "[...]",
        "[... 1]",
        "[]",
    ]


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.just(ANY), st.frozensets(values, min_size=1, max_size=2).map(OneOf))


DOMAINS = st.builds(Domain, st.sampled_from(["logits", "probs"]), st.sampled_from([1, -1, EACH, UNKNOWN_AXIS]))
STEPS = st.lists(st.builds(lambda line: Step(Place("a.py", line), "made"), st.integers(1, 5)), max_size=3).map(tuple)
FACTS = st.builds(
    Facts,
    maybe(st.sampled_from(["tensor", "list"])),
    maybe(DOMAINS),
    maybe(st.sampled_from(["float32", "int64"])),
    maybe(SHAPES),
    maybe(st.booleans()),
    maybe(st.sampled_from(["cpu", "cuda"])),
    RANGES,
    steps=STEPS,
)


@given(FACTS, FACTS)
def test_joined_facts_cover_both_sides(a: Facts, b: Facts) -> None:
    joined = a.join(b)
    assert joined.contradictions(a) == ()
    assert joined.contradictions(b) == ()
    assert joined.covers(a)
    assert a.covers(a)
    assert UNKNOWN.covers(a)
    assert a.join(UNKNOWN).with_(steps=()) == UNKNOWN


@given(FACTS, FACTS, FACTS)
def test_covering_facts_is_transitive(a: Facts, b: Facts, c: Facts) -> None:
    if a.covers(b) and b.covers(c):
        assert a.covers(c)
    grown = a.join(b)
    assert grown.join(c).covers(a)


@given(FACTS, FACTS)
def test_loops_settle(a: Facts, b: Facts) -> None:
    once = a.join(b)
    twice = once.join(b)
    assert twice.join(b) == twice


@given(FACTS)
def test_facts_survive_pickling_and_description(facts: Facts) -> None:
    assert pickle.loads(pickle.dumps(facts)) == facts
    words = describe(facts)
    assert "\n" not in words
    assert all(dtype in words for dtype in facts.dtype)


def test_contradictions_name_the_field() -> None:
    known = Facts(OneOf.of("tensor"), OneOf.of(Domain("probs", 1)), OneOf.of("float32"), OneOf.of(Shape((2, 3))), OneOf.of(True))
    known = known.with_(device=OneOf.of("cpu"), range=Range(0, 1))
    other = Facts(OneOf.of("list"), OneOf.of(Domain("probs", 0)), OneOf.of("int64"), OneOf.of(Shape((2, 4))), OneOf.of(False))
    other = other.with_(device=OneOf.of("cuda"), range=Range(0, 2))
    assert set(known.contradictions(other)) == {"kind", "domain", "dtype", "shape", "requires_grad", "device", "range"}
    assert known.contradictions(known.with_(dtype=ANY)) == ("dtype",)
    loose = known.with_(domain=OneOf.of(Domain("probs")))
    assert loose.covers(known)
    assert known.contradictions(loose) == ("domain",)


def test_steps_take_no_part_in_equality_and_are_kept_by_joins() -> None:
    first, second = Step(Place("a.py", 1), "made"), Step(Place("a.py", 2), "softmax")
    a, b = UNKNOWN.after(first), UNKNOWN.with_(dtype=OneOf.of("int64")).after(first).after(second)
    assert a == UNKNOWN
    assert a.join(b).steps == (first, second)
    assert a.join(UNKNOWN).steps == (first,)


def test_places_print_and_sort() -> None:
    assert str(Place("a.py", 3, 5)) == "a.py:3"
    assert str(Place("n.ipynb", 3, cell=2)) == "n.ipynb:cell 2:3"
    assert sorted([Place("b.py", 1), Place("a.py", 10), Place("a.py", 9)])[0] == Place("a.py", 9)
    assert Place("a.py", 1).resolve() == Place("a.py", 1)


def test_descriptions() -> None:
    probs = Facts(OneOf.of("tensor"), OneOf.of(Domain("probs", 1)), OneOf.of("float32"), OneOf.of(Shape((8, 10))))
    assert describe(probs) == "probabilities over axis 1, float32 [8 10]"
    assert describe(probs.with_(kind=OneOf.of("list"), domain=OneOf.of(Domain("probs", EACH)))) == (
        "list, probabilities of each element, float32 [8 10]"
    )
    assert describe(UNKNOWN) == ""
