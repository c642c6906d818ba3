"""Creates the endpoint with version 1 of the model and gives it all traffic. A team does this once, before using Teal.

Plain azure-ai-ml code, independent of Teal.
"""

from pathlib import Path

import workspace
from azure.ai.ml import load_online_deployment, load_online_endpoint

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Create endpoint and deployment, and wait until they serve."""
    parser = workspace.parser("Create the endpoint `diabetes` with version 1 of the model.")
    parser.add_argument("--trained", type=Path, default=HERE, help="folder that train.py wrote (default: here)")
    arguments = parser.parse_args()
    client = workspace.client(arguments)

    endpoint = load_online_endpoint(HERE / "endpoint.yml")
    client.online_endpoints.begin_create_or_update(endpoint).result()

    local_model = [{"model.path": str((arguments.trained / "models/1").resolve())}]
    deployment = load_online_deployment(HERE / "deployment.yml", params_override=local_model)
    client.online_deployments.begin_create_or_update(deployment).result()

    endpoint = client.online_endpoints.get(endpoint.name)
    endpoint.traffic = {deployment.name: 100}
    client.online_endpoints.begin_create_or_update(endpoint).result()
    uri = client.online_endpoints.get(endpoint.name).scoring_uri
    print(f"{deployment.name} serves at {uri}")  # noqa: T201  # a script tells its user


if __name__ == "__main__":
    main()
