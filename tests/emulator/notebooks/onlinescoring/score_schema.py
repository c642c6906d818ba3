"""Adds numbers; its input and output are declared with inference-schema."""

from typing import Any

import numpy as np
from inference_schema.parameter_types.numpy_parameter_type import (  # type: ignore[import-not-found]  # of .serving
    NumpyParameterType,
)
from inference_schema.parameter_types.standard_py_parameter_type import (  # type: ignore[import-not-found]  # as above
    StandardPythonParameterType,
)
from inference_schema.schema_decorators import (  # type: ignore[import-not-found]  # as above
    input_schema,
    output_schema,
)

OPTIONS = StandardPythonParameterType({"factor": 2, "labels": StandardPythonParameterType(["a", "b"])})


def init() -> None:
    """Do nothing: there is no model."""


@input_schema("data", NumpyParameterType(np.array([[1.5, 2.0], [3.0, 4.0]])))  # type: ignore[untyped-decorator]
@input_schema("options", OPTIONS)  # type: ignore[untyped-decorator]
@output_schema(StandardPythonParameterType({"a": 7.0, "b": 14.0}))  # type: ignore[untyped-decorator]
def run(data: np.ndarray[Any, Any], options: dict[str, Any]) -> dict[str, float]:
    """Return the sum of each row, times the factor, by label."""
    return dict(zip(options["labels"], (data.sum(axis=1) * options["factor"]).tolist(), strict=True))
