"""Which workspace the scripts of this example talk to: the command line's, or the environment's. Asks Azure nothing."""

import argparse
import os

from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

NAMES = {
    "subscription": "AZURE_SUBSCRIPTION_ID",
    "resource-group": "AZURE_RESOURCE_GROUP",
    "workspace": "AZURE_ML_WORKSPACE",
}


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser that knows how a workspace is named."""
    made = argparse.ArgumentParser(description=description)
    for name, variable in NAMES.items():
        value = os.environ.get(variable)
        made.add_argument(f"--{name}", default=value, required=value is None, help=f"default: ${variable}")
    return made


def client(arguments: argparse.Namespace) -> MLClient:
    """Return a client of the workspace, signed in as DefaultAzureCredential finds."""
    return MLClient(DefaultAzureCredential(), arguments.subscription, arguments.resource_group, arguments.workspace)
