"""What operations do to facts: torch functions, methods of tensors, numpy, operators, attributes."""

from losslint.static.operations.attributes import attribute
from losslint.static.operations.dispatcher import apply, method
from losslint.static.operations.writing import changed, met, written

__all__ = ["apply", "attribute", "changed", "met", "method", "written"]
