"""The formula that the model applies: a weighted sum of a table's columns."""

import json
from pathlib import Path
from typing import Any


class Formula:
    """The weights by column."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._weights = weights

    def predict(self, table: Any, params: Any = None) -> Any:  # noqa: ANN401, ARG002  # as MLflow calls it
        """Return one number for each row."""
        return sum(table[column] * weight for column, weight in self._weights.items()).to_numpy()


def _load_pyfunc(path: str) -> Formula:
    """Return the model in the file `path`; MLflow calls this."""
    return Formula(json.loads(Path(path).read_text(encoding="utf-8")))
