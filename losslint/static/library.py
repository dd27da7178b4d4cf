"""What the interpreter itself must know of libraries: wrappers that pass their argument through, containers, methods of modules.

What operations, layers and models return is data, in `losslint/knowledge/`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from losslint.facts import INTS, NO_RANGE, Domain, Facts
from losslint.knowledge import contracts
from losslint.oneof import ANY, OneOf
from losslint.places import Locatable, Step
from losslint.shapes import Shape
from losslint.static import environments, hooks, loading, options, tabular, told
from losslint.static.choices import Origin
from losslint.static.modules import ModelKnowledge, is_module, model_result
from losslint.static.operand import Operand
from losslint.static.values import (
    NOTHING,
    Alternatives,
    Data,
    Function,
    Instance,
    Library,
    LibraryMethod,
    LibraryObject,
    Members,
    Method,
    Partial,
    Table,
    Unknown,
    Value,
    choose,
    constant,
    constants,
    is_none,
    join_all,
    operand_of,
    value_of,
)
from losslint.tri import Tri

if TYPE_CHECKING:
    from losslint.static.calls import Args, Calls, Keywords
    from losslint.static.machine import Scope

MODULE_BASES: Final = frozenset({
    "torch.nn.Module", "pytorch_lightning.LightningModule", "lightning.LightningModule", "lightning.pytorch.LightningModule",
})  # fmt: skip
TRANSPARENT: Final = frozenset({
    "torch.nn.DataParallel", "torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel", "torch.compile",
    "torch.jit.script", "torch.nn.utils.weight_norm", "torch.nn.utils.spectral_norm",
    "torch.nn.utils.parametrizations.weight_norm", "torch.nn.utils.parametrizations.spectral_norm", "copy.copy",
    "copy.deepcopy", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "functools.update_wrapper",
    "functools.lru_cache", "functools.cache", "torch.quantization.quantize_dynamic", "apex.parallel.DistributedDataParallel",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm", "apex.parallel.convert_syncbn_model",
    "torch.distributed.fsdp.FullyShardedDataParallel", "fairscale.nn.FullyShardedDataParallel",
    "fairscale.nn.data_parallel.FullyShardedDataParallel", "fairscale.nn.data_parallel.ShardedDataParallel",
    "ignite.distributed.auto_model", "ray.train.torch.prepare_model",
    "opacus.validators.ModuleValidator.fix", "peft.get_peft_model", "peft.prepare_model_for_kbit_training",
    "peft.PeftModel.from_pretrained", "torch.jit.trace", "torch.quantization.prepare_qat", "torch.ao.quantization.prepare_qat",
})  # fmt: skip
"""Called with one thing they return it, or something that behaves alike."""


def _spread(args: list[Value]) -> list[Value]:
    """The inputs of `data_parallel`: one, or a tuple of them."""
    one = args[0]
    return list(one.items) if isinstance(one, Members) and one.items is not None else [one]


CALLS_FIRST: Final[dict[str, Callable[[list[Value]], list[Value]]]] = {
    "torch.nn.parallel.data_parallel": _spread,
    "torch.utils.checkpoint.checkpoint": list,
}
"""They call their first argument, with what is made of the others."""
TRANSPARENT_OBJECTS: Final = frozenset({
    "torch.nn.DataParallel", "torch.optim.swa_utils.AveragedModel",
    *(f"timm.utils.{inner}ModelEma{version}" for inner in ("", "model_ema.") for version in ("V2", "V3")),
})  # fmt: skip
CONTAINERS: Final = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})
KEEPS_WHOLE: Final = frozenset(f"operator.{name}" for name in ("add", "sub", "mul", "floordiv", "mod", "neg"))
"""What whole numbers make whole numbers by."""
MAKE_DATA: Final = ("torch.", "numpy.random.")
"""Where the names of functions begin that make more of numbers than a number."""
DROPS_LOSS: Final = frozenset({
    "item", "detach", "tolist", "numpy", "data", "zeros_like", "ones_like", "empty_like", "full_like", "rand_like", "randn_like",
    "new_zeros", "new_ones", "new_empty", "new_full", "new_tensor",
})  # fmt: skip
"""What they give has nothing of the loss that they are asked of, or none of its graph."""
SETS_UP: Final = frozenset({"setup", "setup_module", "setup_optimizers", "setup_dataloaders"})
"""Methods of Lightning's Fabric that give back what they are given, as accelerate's `prepare` does."""
PRIVATE: Final = frozenset({"make_private", "make_private_with_epsilon"})
"""Methods of opacus' engine that give back the module, the optimizer and the loader that they are given by name."""
PRIVATE_PARTS: Final = frozenset({"module", "optimizer", "data_loader"})
SOME: Final = "*"
"""Begins the name under which an object keeps what has a name that isn't known."""
SAME: Final = frozenset({
    "to", "cuda", "cpu", "float", "half", "double", "bfloat16", "type", "share_memory", "requires_grad_", "apply", "compile",
    "to_empty", "xpu", "npu", "mps",
})  # fmt: skip
"""Methods of `nn.Module` that return the module itself."""
TENSOR_ONLY: Final = frozenset({"item", "backward", "detach", "mean", "sum", "numpy"})
"""Methods that a tensor has and an instance of a loss's class hasn't."""
REWRAPS: Final = frozenset({"torch.tensor", "torch.autograd.Variable"})
"""With `requires_grad=True` they make a new leaf of what they are given."""
PARAMETERS: Final = frozenset({"torch.nn.Parameter", "torch.nn.parameter.Parameter"})
ROOTS: Final = frozenset({"torch.sqrt", "Tensor.sqrt"})
POWERS: Final = frozenset({"operator.pow", "torch.pow", "Tensor.pow"})
AUTOCAST: Final = {
    "torch.autocast": None, "torch.amp.autocast": None, "torch.amp.autocast_mode.autocast": None,
    "torch.cuda.amp.autocast": "cuda", "torch.cuda.amp.autocast_mode.autocast": "cuda", "torch.cpu.amp.autocast": "cpu",
}  # fmt: skip
"""Contexts of mixed precision, and the device that they are for where the name says so."""
SETS_DTYPE: Final = frozenset({"torch.set_default_dtype", "torch.set_default_tensor_type"})
NO_GRAD: Final = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad", "torch.autograd.inference_mode"})
ENABLE_GRAD: Final = frozenset({"torch.enable_grad", "torch.autograd.enable_grad"})
SETS_GRADIENTS: Final = frozenset({"torch.set_grad_enabled", "torch.autograd.set_grad_enabled"})
_ALIASES: Final = {
    "torch.nn.modules.loss.": "torch.nn.", "torch.nn.modules.activation.": "torch.nn.", "torch.nn.modules.": "torch.nn.",
    "torch.nn.Functional.": "torch.nn.functional.", "lightning.pytorch.": "pytorch_lightning.",
    "torch.nn.parallel.data_parallel.Data": "torch.nn.parallel.Data",
    "torch.nn.parallel.distributed.Distributed": "torch.nn.parallel.Distributed",
}  # fmt: skip


def canonical(name: str) -> str:
    for alias, real in _ALIASES.items():
        if name.startswith(alias):
            rest = name[len(alias) :]
            return real + (rest.rpartition(".")[2] if alias == "torch.nn.modules." else rest)
    return name


SIZED: Final = ("torch.nn.Linear", "torch.nn.Conv", "torch.nn.Embedding")
SIZES: Final = ("in_features", "out_features", "in_channels", "out_channels", "num_embeddings", "embedding_dim")


def is_class(name: str) -> bool:
    """By the convention of Python names: `torch.nn.Linear`, `torch.optim.Adam`. Legacy tensor types are functions."""
    last = name.rpartition(".")[2]
    if last.endswith("Tensor") or name in ("torch.autograd.Variable", "torch.nn.Parameter", "torch.nn.parameter.Parameter"):
        return False
    contract = contracts().get(name)
    if contract is not None:
        return name != contract.function_name and last[:1].isupper()
    return last[:1].isupper()


def backpropagates(value: Value) -> bool:
    """Whether an object takes a loss to its `backward`: accelerate's `Accelerator`, Lightning's `Fabric`."""
    return isinstance(value, LibraryObject) and value.name.endswith((".Accelerator", ".Fabric"))


def may_be_scaler(value: Value) -> bool:
    """Whether a method `scale` of it, given a loss, makes a loss of it that is larger, for mixed precision."""
    return isinstance(value, Unknown) or (isinstance(value, LibraryObject) and value.name.endswith("GradScaler"))


def in_place(name: str, function: Value) -> bool:
    """Whether a method or function, by the name it is called by, changes the tensor or array that it is given."""
    if isinstance(function, Alternatives):
        known = [
            one
            for one in function.values
            if not (isinstance(one, LibraryMethod) and isinstance(one.receiver, (Unknown, LibraryMethod)))
        ]
        return bool(known) and all(in_place(name, one) for one in known)
    if isinstance(function, Library):
        return name.endswith("_") and function.name.startswith("torch.") and ".init." not in function.name
    if not isinstance(function, LibraryMethod) or not isinstance(function.receiver, Data):
        return False
    kind = function.receiver.operand.facts.kind
    if kind.only == "ndarray":
        return name == "resize"
    return (not kind.known or kind.only == "tensor") and name.endswith("_") and not name.endswith("__")


CONVENTIONS: Final = {"predict_proba": "probs", "predict_log_proba": "log_probs"}
"""What methods of these names return, over axis 1, whatever the object: scikit-learn's protocol."""


def by_convention(name: str, where: Locatable) -> Value | None:
    domain = CONVENTIONS.get(name)
    if domain is None:
        return None
    kind: OneOf[Any] = OneOf.of("ndarray", "tensor")
    return Data(Operand(Facts(kind=kind, domain=OneOf.of(Domain(domain, 1)), steps=(Step(where, f"returned by `{name}`"),))))


def is_activation(name: str) -> bool:
    return name.rpartition(".")[2] in (
        "Softmax",
        "LogSoftmax",
        "Sigmoid",
        "LogSigmoid",
        "Softmax2d",
        "Softmin",
        "ReLU",
        "Softplus",
    )


MODELS: Final = frozenset({"torchvision.models", "torchvision.models.__dict__"})
SOME_MODEL: Final = "torchvision.models.?"
"""A classifier that is picked by a name which isn't known."""


NO_LAYERS: Final = (Data, Function, Library, LibraryMethod, Members, Method, Partial, Table)
"""What is no layer of the `Sequential` that it is an attribute of."""


def layers(made: LibraryObject) -> list[Value]:
    """The members of a `Sequential`, in order. Any number of layers that were spread is one `Members`."""
    return list(named_layers(made).values())


def named_layers(made: LibraryObject) -> dict[str, Value]:
    """The members of a `Sequential`: positional, or one OrderedDict, and those added or replaced later."""
    found: dict[str, Value] = {}
    args = made.args
    if len(args) == 1 and isinstance(args[0], Table):
        found = {str(key): value for key, value in args[0].items.items()}
    else:
        for value in args:
            found[str(len(found))] = value
    for name, value in made.attributes.items():
        if is_spread(value) or not isinstance(value, NO_LAYERS):
            found[name] = value
    return found


def is_spread(value: Value) -> bool:
    """Whether it is any number of layers, of which there may be none."""
    return isinstance(value, Members) and value.kind == "*"


def is_container(function: Value) -> bool:
    return isinstance(function, Library) and canonical(function.name) in CONTAINERS


def member(made: LibraryObject, key: Any) -> Value:
    """`sequential[2]`, `module_list[-1]`."""
    held = layers(made)
    if made.name == "torch.nn.ModuleList":
        held = list_items(made)
    if made.name == "torch.nn.ModuleDict":
        return made.args[0].items.get(key, NOTHING) if made.args and isinstance(made.args[0], Table) else NOTHING
    first = made.args[0] if made.args else None
    if isinstance(first, Members) and first.items is None and isinstance(key, int) and key >= 0:
        if made.name != "torch.nn.ModuleList":
            return NOTHING  # counted from where isn't known
        return first.head[key] if key < len(first.head) else first.any()
    if isinstance(key, int) and -len(held) <= key < len(held):
        counted = held[: key + 1] if key >= 0 else held[key:]  # not over any number of layers
        return NOTHING if any(map(is_spread, counted)) else held[key]
    return NOTHING


def any_member(made: LibraryObject) -> Value:
    """`module_list[number]`, `module_dict[name]`, of which it isn't known what it is: one of them all."""
    if made.name == "torch.nn.ModuleDict":
        table = made.args[0] if made.args else NOTHING
        return join_all(list(table.items.values())) if isinstance(table, Table) and table.rest is None else NOTHING
    held = list_items(made) if made.name == "torch.nn.ModuleList" else layers(made) if made.name in CONTAINERS else []
    return NOTHING if any(map(is_spread, held)) else join_all(held)


def members(made: LibraryObject, chosen: slice) -> Value:
    """`sequential[:-1]`, a container of its own."""
    first = made.args[0] if made.args else None
    if made.name == "torch.nn.ModuleList" and isinstance(first, Members) and first.items is not None:
        return LibraryObject(made.name, [Members("list", first.items[chosen])], {}, where=made.where, branch=made.branch)
    if made.name == "torch.nn.Sequential" and not any(map(is_spread, layers(made))):
        return LibraryObject(made.name, layers(made)[chosen], {}, where=made.where, branch=made.branch)
    return NOTHING


def is_endless(made: LibraryObject) -> bool:
    """Whether a `ModuleList` has members whose number isn't known."""
    first = made.args[0] if made.args else None
    return isinstance(first, Members) and first.items is None


def list_items(made: LibraryObject) -> list[Value]:
    """The members of a `ModuleList`; those whose number isn't known are one."""
    first = made.args[0] if made.args else None
    if isinstance(first, Members):
        return list(first.items) if first.items is not None else [first.rest, *first.tail]
    return []


def attribute(made: LibraryObject, name: str) -> Value:
    if name in made.attributes:
        return made.attributes[name]
    if name in made.keywords:
        return made.keywords[name]
    if name == "dataset" and made.name == loading.LOADER and made.args:
        return made.args[0]
    if name == "module" and (made.name in TRANSPARENT_OBJECTS or made.name.endswith("Parallel")):
        return made.args[0] if made.args else NOTHING
    if (name == "module" and is_model(made.name)) or (name in environments.ITSELF and environments.is_environment(made)):
        return made
    return LibraryMethod(name, made)


def object_method(
    machine: Calls, made: LibraryObject | Instance, name: str, args: Args, keywords: Keywords, node: ast.AST, scope: Scope
) -> Value:
    """A method that a library gives to an object: of `nn.Module`, of an optimizer, of a scaler."""
    from losslint.static import sequences

    if isinstance(made, LibraryObject) and made.name in options.PARSERS:
        answer = options.parser_method(machine, made, name, args, keywords)
        return answer if answer is not None else machine.unknown(args, keywords)
    if isinstance(made, LibraryObject) and (fields := told.parsed(machine, made, name, keywords)) is not None:
        return fields
    if name == "parse_args" and isinstance(made, Instance) and not told.TAPS.isdisjoint(made.cls.library_bases()):
        told.fill(machine, made, Origin(made.cls.name))
        return made
    if name in SAME:
        from losslint.static.modes import convert

        convert(machine, made, name, args, keywords)
        return made
    if isinstance(made, LibraryObject) and environments.is_environment(made):
        given = environments.method(made, name)
        return given if given is not None else machine.unknown(args, keywords)
    if name in TENSOR_ONLY and isinstance(made, LibraryObject) and made.record is not None:
        machine.records[made.record].used = True  # the object is taken for the loss itself
    if name in ("train", "eval") and not keywords:
        from losslint.static.modes import set_training

        set_training(machine, made, OneOf.of(False) if name == "eval" else constants(args[0]) if args else OneOf.of(True))
        return made
    if name in ("forward", "__call__"):
        if not isinstance(made, LibraryObject):
            return machine.unknown(args, keywords)
        call = machine.call if name == "__call__" else machine.call_object  # `forward` as it was before it was replaced
        return call(made, args, keywords, node, scope)
    if name in (hooks.BEFORE, hooks.AFTER):
        return hooks.register(machine, made, name, args, keywords)
    if name == "remove" and isinstance(made, LibraryObject) and made.name == hooks.HANDLE:
        return hooks.remove(machine, made)
    if name in ("add_module", "register_module"):
        return sequences.add_module(machine, made, args, keywords)
    if isinstance(made, LibraryObject) and made.name == sequences.SEQUENTIAL:
        changed = sequences.method(machine, made, name, args, keywords)
        if changed is not None:
            return changed
    if name in ("append", "extend", "insert") and isinstance(made, LibraryObject) and made.name == "torch.nn.ModuleList":
        from losslint.static import builtin

        if not made.args:
            made.args.append(Members("list", [], branch=made.branch))
        if isinstance(made.args[0], Members):
            builtin.container_method(machine, made.args[0], name, args, keywords)
        return made
    if name == "register_buffer" and isinstance(made, Instance):
        named: dict[str, Value] = {**dict(zip(("name", "tensor"), args, strict=False)), **keywords}
        key = constants(named.get("name", NOTHING)).only
        if isinstance(key, str):
            made.attributes[key] = _buffer(named.get("tensor", NOTHING))
        return constant(None)
    if name in ("manual_backward", "backward"):
        for value in args:
            machine.mark_backward(value)
        return constant(None)
    if name in ("children", "modules") and isinstance(made, LibraryObject):
        return Members("list", [Unknown() if isinstance(one, Members) else one for one in layers(made)])
    if name in ("children", "named_children") and isinstance(made, Instance):
        return _children(made, named=name == "named_children")
    if isinstance(made, LibraryObject) and (array := tabular.object_method(made.name, name, args, machine.mark(node, scope))):
        return array
    if name in PRIVATE and keywords.keys() >= PRIVATE_PARTS and "grad_sample_mode" not in keywords:
        return Members("tuple", [keywords[part] for part in ("module", "optimizer", "data_loader")])
    if args and (name == "prepare" or (name in SETS_UP and isinstance(made, LibraryObject) and made.name.endswith(".Fabric"))):
        return Members("tuple", list(args)) if len(args) > 1 else args[0]
    if isinstance(made, LibraryObject) and made.name == "torch.nn.ModuleDict" and made.args and isinstance(made.args[0], Table):
        from losslint.static import builtin

        return builtin.container_method(machine, made.args[0], name, args, keywords)
    if isinstance(made, LibraryObject):
        from losslint.static import trainers

        trainers.note_training(machine, made.name, args, keywords, node, scope)  # `runner.train(model=…, criterion=…)`
    return machine.unknown(args, keywords)


def prepared(name: str, args: Args, keywords: Keywords) -> Value | None:
    """What a library gives back of the model and the optimizer that it makes ready for training; None where it does no such
    thing."""
    if name == "deepspeed.initialize":
        return Members("tuple", [keywords.get("model", args[1] if len(args) > 1 else NOTHING), NOTHING, NOTHING, NOTHING])
    if name == "apex.amp.initialize":
        given = {**dict(zip(("models", "optimizers"), args, strict=False)), **keywords}
        model, optimizer = given.get("models", NOTHING), given.get("optimizers", constant(None))
        return model if is_none(optimizer) else Members("tuple", [model, optimizer])
    return None


def classified(value: Value) -> Value:
    """What a model that classifies returns, from what its head makes of unknown features: a row for each image. A head of
    convolutions is flattened after it."""
    if not isinstance(value, Data):
        return value
    facts = value.operand.facts
    shape = facts.shape.map(lambda one: Shape((*[None] * (2 - len(one.dims)), *one.dims)) if one.open else one)
    rows = shape if shape.holds(lambda one: one.rank == 2) is Tri.YES else OneOf.of(Shape((None, None)))
    return replace(value, operand=replace(value.operand, facts=facts.with_(shape=rows)))


OTHERS: Final = re.compile("segmentation|detection|video")
"""Models of torchvision that don't classify images."""


def replaced_head(instance: Instance) -> Value | None:
    """The last layer that a class derived from a library's model gives itself."""
    if not any(name.startswith("torchvision.models.") and not OTHERS.search(name) for name in instance.cls.library_bases()):
        return None
    heads = (instance.attributes.get(name) for name in ("fc", "classifier", "head"))
    return next((one for one in heads if isinstance(one, (LibraryObject, Instance))), None)


def _children(made: Instance, named: bool) -> Value:
    """The modules that an object has as attributes; a list of anything where something else may be one."""
    found = [(name, value) for name, value in made.attributes.items() if isinstance(value, (Instance, LibraryObject, Unknown))]
    if any(isinstance(value, Unknown) for _, value in found) or SOME in made.attributes:
        return Members("list", None)
    return Members("list", [Members("tuple", [constant(name), value]) if named else value for name, value in found])


def call_model(machine: Calls, made: LibraryObject, args: Args, keywords: Keywords, node: ast.AST, scope: Scope) -> Value:
    """A model of a library, or a head that the program put into it."""
    known = knowledge_of(made)
    for head in known.head if known is not None else ("fc", "classifier", "head"):
        replaced = made.attributes.get(head)
        if replaced is not None and not isinstance(replaced, LibraryMethod):
            flat = known is not None and known.result.facts.shape.holds(lambda shape: shape.rank == 2) is Tri.YES
            result = machine.call(replaced, [NOTHING], {}, node, scope)
            return classified(result) if flat else result
    if known is None:
        return machine.unknown(args, keywords)
    given = {key: operand_of(value) for key, value in keywords.items() if key != "**"}
    starred = "**" in keywords or any(isinstance(value, Members) and value.kind == "*" for value in args)
    modes = made.training.values or frozenset({True})
    operands, where = [operand_of(value) for value in args], machine.mark(node, scope)
    results = [
        known.called(operands, given, where, mode, starred) for mode in sorted(modes if known.evaluating is not None else {True})
    ]
    return choose([(_returned(machine, result, node, scope), ()) for result in results])


def _returned(machine: Calls, result: Operand, node: ast.AST, scope: Scope) -> Value:
    if machine.no_grad:
        result = machine.without_grad(result, [], node, scope)
    if result.tag == "dict":
        items = result.items or ()
        return Table({name: value_of(items[index]) for name, index in result.fields.items()}, NOTHING)
    return value_of(result)


def knowledge_of(made: LibraryObject) -> ModelKnowledge | None:
    init = [operand_of(value) for value in made.args]
    return model_result(made.name, init, {key: operand_of(value) for key, value in made.keywords.items()})


def is_model(name: str) -> bool:
    """A factory of a library's model: `torchvision.models.resnet18`, `AutoModel.from_pretrained`."""
    return name == SOME_MODEL or model_result(name, (), {}) is not None


def _buffer(value: Value) -> Value:
    """A buffer goes where its module goes. One of class ids is a memory, which others fill: what it is made with says little of
    the ids that it holds later."""
    if not isinstance(value, Data) or value.operand.facts.kind.only != "tensor":
        return value
    facts = value.operand.facts.with_(device=ANY)
    if facts.dtype.in_(INTS) is not Tri.YES:
        return replace(value, operand=replace(value.operand, facts=facts))
    return replace(value, operand=replace(value.operand, facts=facts.with_(range=NO_RANGE, sums=NO_RANGE), value=ANY))


def is_module_base(name: str) -> bool:
    full = canonical(name)
    if full in MODULE_BASES or full in CONTAINERS or name.endswith("LightningModule"):
        return True
    return full.startswith("torchvision.models.") or is_module(full)


__all__ = ["Library", "Method", "attribute", "call_model", "canonical", "is_class", "layers", "member", "object_method"]


def star_names(package: str) -> list[str]:
    """The names that `from package import *` brings in, as far as the knowledge has them."""
    from losslint.static.modules.library import library as modules
    from losslint.static.operations.knowledge import operations

    known = [*contracts(), *modules().layers, *modules().delegates, *operations(), "torch.nn.Module", "torch.nn.Sequential",
             "torch.nn.ModuleList", "torch.nn.ModuleDict", "torch.nn.functional", "torch.nn.Parameter"]  # fmt: skip
    return [name[len(package) + 1 :] for name in known if name.startswith(package + ".") and "." not in name[len(package) + 1 :]]
