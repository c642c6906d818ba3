"""Registers a folder as the next version of the model `diabetes`.

That is all it takes: Teal receives the event and does the rest.
"""

from pathlib import Path

import workspace
from azure.ai.ml.entities import Model


def main() -> None:
    """Register one folder."""
    parser = workspace.parser("Register a folder as the next version of the model `diabetes`.")
    parser.add_argument("folder", type=Path, help="what train.py wrote, such as models/2")
    arguments = parser.parse_args()
    client = workspace.client(arguments)
    model = client.models.create_or_update(Model(path=arguments.folder, name="diabetes", type="custom_model"))
    print(f"registered {model.name}:{model.version}")  # noqa: T201  # a script tells its user


if __name__ == "__main__":
    main()
