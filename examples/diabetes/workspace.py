"""The workspace for this example's scripts, from the command line or the environment. Makes no call to Azure."""

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
    """Return a parser with the arguments that identify a workspace."""
    made = argparse.ArgumentParser(description=description)
    for name, variable in NAMES.items():
        value = os.environ.get(variable)
        made.add_argument(f"--{name}", default=value, required=value is None, help=f"default: ${variable}")
    return made


def client(arguments: argparse.Namespace) -> MLClient:
    """Return a client for the workspace, authenticated with DefaultAzureCredential."""
    return MLClient(DefaultAzureCredential(), arguments.subscription, arguments.resource_group, arguments.workspace)
