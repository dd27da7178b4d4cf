"""# unknown-argument (LL510)

A loss is given an argument that it does not have, or lacks one that it needs.

## What it does
Compares the arguments of a call, and of a constructor, with the parameters of the loss: names, number, and none given
twice. Calls with `*args` or `**kwargs` of unknown content are only checked for names.

## Why is this bad?
The call raises. A frequent case is an option of the constructor, such as `weight` or `reduction`, given to the call of
the module.

## What torch says
TypeError.

## Example
```python
loss = nn.CrossEntropyLoss()(net(x), labels, weight=weights)
```

## Use instead
```python
loss = nn.CrossEntropyLoss(weight=weights)(net(x), labels)
```

## Fix safety
No fix is offered: what was meant shows only in the code around.

## When to ignore it
For a parameter of a torch other than the one whose losses are known here. Losses of other libraries are left alone:
their parameters differ from version to version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from losslint.calls import LossCall
from losslint.contracts import Contract
from losslint.judging import starred, title
from losslint.rule import Severity, Verdict
from losslint.tri import Tri

CODE = "LL510"
SEVERITY: Severity = "error"


def check(call: LossCall) -> Iterator[Verdict]:
    told = _wrong(call)
    if told is not None:
        name, what, advice = told
        yield Verdict(Tri.YES, f"`{title(call)}` takes {_listed(parameters(call))}, but {what}", name, advice=advice)


def parameters(call: LossCall) -> tuple[str, ...]:
    contract = call.contract
    if call.stage == "construct":
        return contract.init
    return contract.forward if call.form == "module" else contract.function


def _wrong(call: LossCall) -> tuple[str | None, str, str] | None:
    contract, names = call.contract, parameters(call)
    if not contract.complete:
        return None
    passed = [one for one in call.passed if not one.held and not one.name.startswith("*")]
    seen: set[str] = set()
    for one in passed:
        name = one.name
        if not name:
            return None, f"is given {len(passed)} arguments, not {len(names)}", "Leave out what is too much"
        if name not in names:
            return one.name, f"`{name}` is none of its parameters", _where_else(contract, name, call)
        if name in seen:
            return one.name, f"`{name}` is given twice", "Give each argument once"
        seen.add(name)
    missing = [name for name in names if name not in seen and name not in contract.defaults]
    if not missing or starred(call):
        return None
    # Without any argument it is hardly the call that it seems.
    return (None, f"`{missing[0]}` is missing", f"Pass `{missing[0]}` as well") if passed or call.stage == "construct" else None


def _where_else(contract: Contract, name: str, call: LossCall) -> str:
    if name in contract.init:
        return f"Give `{name}` to the constructor"
    if name in contract.forward:
        return f"Give `{name}` to the call of the module"
    return "Use a parameter that the loss has"


def _listed(names: Sequence[str]) -> str:
    few = [f"`{name}`" for name in names[:4]]
    return ", ".join(few) + (" and options" if len(names) > 4 else "")
