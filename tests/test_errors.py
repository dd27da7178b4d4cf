"""Exceptions of losslint travel between processes."""

from __future__ import annotations

import pickle

import pytest

from losslint import errors
from losslint.checking import Finding
from losslint.places import Place

FINDING = Finding("LL101", "probabilities-as-logits", "two softmax", "error", "proven", Place("a.py", 1))


@pytest.mark.parametrize(
    "error",
    [
        errors.LossMisuse(FINDING),
        errors.InputError("a.py:3", "is no Python"),
        errors.ConfigError("losslint.toml: no"),
        errors.RuleError("LL999 broke"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_pickles(error: Exception) -> None:
    read = pickle.loads(pickle.dumps(error))
    assert type(read) is type(error) and str(read) == str(error) and vars(read) == vars(error)
