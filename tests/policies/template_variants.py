"""Deployment files as people write them, modelled on the public examples for `az ml`, as templates.

Each is a managed deployment unless it says otherwise. ACCEPTED has what `az ml` and the
service accept, and REFUSED what either refuses, with the place and the words of the report.
"""

from __future__ import annotations

LINES = "name: blue\nendpoint_name: ${ENDPOINT_NAME}\n"
VERSION = "model: azureml:${MODEL_NAME}:${MODEL_VERSION}\n"
MACHINE = "instance_type: Standard_F4s_v2\n"
MANAGED = LINES + VERSION + MACHINE
KUBERNETES = f"{LINES}type: kubernetes\n{VERSION}"
IMAGE_ONLY = LINES + MACHINE
ROUTE = "{port: 8501, path: /}"
ROUTES = f"{{liveness_route: {ROUTE}, readiness_route: {ROUTE}, scoring_route: {ROUTE}}}"
LOADER = "azure-ai-ml rejects this: "

ACCEPTED = {
    "MLflow without a script": MANAGED,
    "a script with its environment": MANAGED
    + "code_configuration: {code: ../src, scoring_script: score.py}\n"
    + "environment: {conda_file: conda.yml, image: 'mcr.microsoft.com/azureml/minimal:latest'}\n",
    "a registered environment": MANAGED + "environment: azureml:serving:3\ninstance_count: 2\n",
    "a labelled environment": MANAGED + "environment: azureml:serving@latest\n",
    "an environment of a registry": MANAGED
    + "environment: azureml://registries/azureml/environments/minimal/versions/12\n",
    "a custom container": MANAGED
    + "model_mount_path: /var/tf\n"
    + "environment_variables: {MODEL_BASE_PATH: '/var/tf/${MODEL_NAME}/${MODEL_VERSION}', WORKERS: 2}\n"
    + f"environment: {{image: 'docker.io/tensorflow/serving:2.16', inference_config: {ROUTES}}}\n",
    "an inline conda environment": MANAGED
    + "environment: {image: 'a.azurecr.io/b:1', conda_file: {name: c, dependencies: [python=3.11, pip]}}\n",
    "a build context": MANAGED + "environment: {build: {path: context, dockerfile_path: Dockerfile}}\n",
    "the data collector": MANAGED
    + "data_collector:\n  sampling_rate: 0.5\n  rolling_rate: hour\n  collections:\n"
    + "    model_inputs: {enabled: 'True'}\n    model_outputs: {enabled: 'True'}\n",
    "a private endpoint": MANAGED + "egress_public_network_access: disabled\n",
    "every probe": MANAGED
    + "liveness_probe: {initial_delay: 600, period: 20, timeout: 5, success_threshold: 1, failure_threshold: 9}\n"
    + "readiness_probe: {initial_delay: 1, period: 1, timeout: 1, success_threshold: 1, failure_threshold: 1}\n",
    "the longest timeout": MANAGED + "request_settings: {request_timeout_ms: 180000, max_queue_wait_ms: 60000}\n",
    "a timeout in quotes": MANAGED + "request_settings: {request_timeout_ms: '90000'}\n",
    "a count in quotes": MANAGED + "instance_count: '3'\n",
    "a count with a zero fraction": MANAGED + "instance_count: 3.0\n",
    "a count with several zeros after the point": MANAGED + "instance_count: 4.00\n",
    "a count with a sign": MANAGED + "instance_count: +3\n",
    "a count in quotes with spaces": MANAGED + "instance_count: ' 5 '\n",
    "a count with a separator": MANAGED + "instance_count: 1_2\n",
    "a hexadecimal count": MANAGED + "instance_count: 0xC\n",
    "a count in quotes with a leading zero": MANAGED + "instance_count: '08'\n",
    "a merged probe": MANAGED + "liveness_probe: &slow {initial_delay: 30}\nreadiness_probe: {<<: *slow, period: 7}\n",
    "a merge of a list": MANAGED
    + "tags: &tags {team: a}\nproperties: &more {team: b, area: c}\n"
    + "environment_variables: {<<: [*tags, *more], X: y}\n",
    "keys that are not text": MANAGED + "tags: {2026: year, yes: no, 2026-01-01: day}\n",
    "the type in any case": MANAGED + "type: Managed\n",
    "the default scale type": MANAGED + "scale_settings: {type: default}\n",
    "a model by name and version": LINES + MACHINE + "model: {name: '${MODEL_NAME}', version: '${MODEL_VERSION}'}\n",
    "a model by its ARM id": LINES
    + MACHINE
    + "model: azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/"
    + "models/${MODEL_NAME}/versions/${MODEL_VERSION}\n",
    "a model of a registry": LINES
    + MACHINE
    + "model: azureml://registries/shared/models/${MODEL_NAME}/versions/${MODEL_VERSION}\n",
    "a model package": IMAGE_ONLY + "environment: azureml:packaged-${MODEL_NAME}:${MODEL_VERSION}\n",
    "an image with the model inside": IMAGE_ONLY
    + f"environment: {{image: 'a.azurecr.io/churn:${{MODEL_VERSION}}', inference_config: {ROUTES}}}\n",
    "Kubernetes": KUBERNETES
    + "instance_type: gpu\nresources:\n"
    + "  requests: {cpu: '0.5', memory: 1Gi}\n  limits: {cpu: '1', nvidia.com/gpu: '1'}\n",
    "Kubernetes with autoscaling": KUBERNETES
    + "scale_settings: {type: target_utilization, min_instances: 1, max_instances: 4, polling_interval: 10}\n",
    "Kubernetes with its longer timeout": KUBERNETES + "request_settings: {request_timeout_ms: 300000}\n",
}

REFUSED = {
    "a boolean for the collector": (
        MANAGED + "data_collector:\n  collections:\n    request: {enabled: yes}\n",
        "7:15: data_collector.collections.request.enabled: " + LOADER + "Value True passed is not in set",
    ),
    "an unknown rolling rate": (
        MANAGED + "data_collector: {rolling_rate: daily, collections: {request: {enabled: 'true'}}}\n",
        "5:18: data_collector.rolling_rate: " + LOADER + "Value 'daily' passed is not in set",
    ),
    "a collector that collects nothing": (
        MANAGED + "data_collector: {sampling_rate: 1}\n",
        "5:1: data_collector: " + LOADER,
    ),
    "an environment without azureml:": (
        MANAGED + "environment: serving:3\n",
        "5:1: environment: " + LOADER + "In order to specify an existing environments",
    ),
    "an environment with another key": (
        MANAGED + "environment: {image: 'a/b:1', pip: [numpy]}\n",
        "5:31: environment.pip: " + LOADER + "Unknown field.",
    ),
    "a missing route": (
        MANAGED + "environment: {image: 'a/b:1', inference_config: {scoring_route: {port: 80, path: /}}}\n",
        "5:31: environment.inference_config.liveness_route: " + LOADER + "Missing data for required field.",
    ),
    "a conda environment in the environment": (
        MANAGED + "environment: {name: e, channels: [conda-forge], dependencies: [pip]}\n",
        "5:1: environment: " + LOADER,
    ),
    "a timeout with a unit": (
        MANAGED + "request_settings: {request_timeout_ms: 30s}\n",
        "5:20: request_settings.request_timeout_ms: " + LOADER + "Not a valid integer.",
    ),
    "a timeout above the service's limit": (
        MANAGED + "request_settings: {request_timeout_ms: 180001}\n",
        "5:20: request_settings.request_timeout_ms: Azure ML allows 1 to 180000 milliseconds, not 180001",
    ),
    "a quoted timeout above the service's limit": (
        MANAGED + "request_settings: {request_timeout_ms: '600000'}\n",
        "5:20: request_settings.request_timeout_ms: Azure ML allows 1 to 180000 milliseconds, not 600000",
    ),
    "a timeout with a separator": (
        MANAGED + "request_settings: {request_timeout_ms: 240_000}\n",
        "5:20: request_settings.request_timeout_ms: Azure ML allows 1 to 180000 milliseconds, not 240000",
    ),
    "a hexadecimal timeout": (
        MANAGED + "request_settings: {request_timeout_ms: 0x40000}\n",
        "5:20: request_settings.request_timeout_ms: Azure ML allows 1 to 180000 milliseconds, not 262144",
    ),
    "a timeout that is merged in": (
        MANAGED + "tags: &slow\n  request_timeout_ms: 400000\nrequest_settings: {<<: *slow}\n",
        "6:3: request_settings.request_timeout_ms: Azure ML allows 1 to 180000 milliseconds, not 400000",
    ),
    "a timeout above the Kubernetes limit": (
        KUBERNETES + "request_settings: {request_timeout_ms: 301000}\n",
        "5:20: request_settings.request_timeout_ms: Azure ML allows 1 to 300000 milliseconds, not 301000",
    ),
    "a probe without an initial delay": (
        MANAGED + "liveness_probe: {initial_delay: 0}\n",
        "5:18: liveness_probe.initial_delay: Azure ML allows at least 1, not 0",
    ),
    "no concurrency": (
        MANAGED + "request_settings: {max_concurrent_requests_per_instance: 0}\n",
        "5:20: request_settings.max_concurrent_requests_per_instance: Azure ML allows at least 1, not 0",
    ),
    "a managed deployment with autoscaling": (
        MANAGED + "scale_settings: {type: target_utilization, max_instances: 3}\n",
        "5:1: scale_settings: " + LOADER + "ManagedOnlineEndpoint supports DefaultScaleSettings only.",
    ),
    "numbers for Kubernetes": (
        KUBERNETES + "resources: {limits: {memory: 2}}\n",
        "5:22: resources.limits.memory: " + LOADER + "Not a valid string.",
    ),
    "Kubernetes in capitals": (
        MANAGED + "type: Kubernetes\n",
        "5:1: type: 'Kubernetes' is not managed, or kubernetes in lower case; write it like managed",
    ),
    "Kubernetes with a model of a registry": (
        f"{LINES}type: kubernetes\nmodel: azureml://registries/r/models/${{MODEL_NAME}}/versions/${{MODEL_VERSION}}\n",
        "4:1: model: " + LOADER + "Registry reference for models is not supported for K8SDeployment",
    ),
    "a model with its folder": (
        LINES + MACHINE + "model:\n  name: ${MODEL_NAME}\n  version: ${MODEL_VERSION}\n  path: ../../model\n",
        "7:3: model.path: Azure ML would register this as a version of its own; leave it out",
    ),
    "a model that is only a folder": (
        LINES + MACHINE + "model: {path: model}\n",
        "4:1: model: does not use ${MODEL_NAME} and ${MODEL_VERSION}",
    ),
    "a model without azureml:": (
        LINES + MACHINE + "model: ${MODEL_NAME}:${MODEL_VERSION}\n",
        "4:1: model: " + LOADER + "In order to specify an existing models",
    ),
    "the latest model": (
        LINES + MACHINE + "model: azureml:${MODEL_NAME}@latest\n",
        "4:1: model: does not use ${MODEL_VERSION}",
    ),
    "an image with a fixed version": (
        IMAGE_ONLY + "environment: azureml:packaged:7\nenvironment_variables: {VERSION: '${MODEL_VERSION}'}\n",
        "1:1: model: missing; write it like",
    ),
    "an image whose version is literal text": (
        IMAGE_ONLY + "environment: azureml:packaged:$${MODEL_VERSION}\n",
        "1:1: model: missing; write it like",
    ),
    "a model whose version is literal text": (
        LINES + MACHINE + "model: azureml:${MODEL_NAME}:$${MODEL_VERSION}\n",
        "4:1: model: does not use ${MODEL_VERSION}",
    ),
    "a tag that constructs an object": (
        MANAGED + "tags: {a: !!python/name:os.system x}\n",
        "1:1: " + LOADER + "Error while parsing yaml file: could not determine a constructor",
    ),
    "nothing that depends on the version": (IMAGE_ONLY, "1:1: model: missing; write it like"),
    "an empty key": (
        MANAGED + "environment_variables:\n",
        "5:1: environment_variables: " + LOADER + "Field may not be null.",
    ),
    "a batch deployment's key": (
        MANAGED + "mini_batch_size: 10\n",
        "5:1: mini_batch_size: unknown key",
    ),
    "a merge of something other than a mapping": (
        MANAGED + "tags: &t 5\nproperties: {<<: *t}\n",
        "6:14: << merges only a mapping or a list of mappings",
    ),
    "a script without its code": (
        MANAGED + "code_configuration: {code: ../src}\n",
        "5:1: code_configuration: " + LOADER + "scoring script can't be empty",
    ),
    "a script that is not Python": (
        MANAGED + "code_configuration: {code: ../src, scoring_script: broken.py}\n",
        "5:36: code_configuration.scoring_script: src/broken.py is not valid Python",
    ),
    "a model name with a prefix": (
        LINES + MACHINE + "model: azureml:prod-${MODEL_NAME}:${MODEL_VERSION}\n",
        "4:1: model: is not exactly the registered model; write model: azureml:",
    ),
    "a model with its variables swapped": (
        LINES + MACHINE + "model: azureml:${MODEL_VERSION}:${MODEL_NAME}\n",
        "4:1: model: is not exactly the registered model",
    ),
    "a version with a prefix": (
        LINES + MACHINE + "model: {name: '${MODEL_NAME}', version: 'v${MODEL_VERSION}'}\n",
        "4:1: model: is not exactly the registered model",
    ),
    "MLflow's own reference": (
        LINES + MACHINE + "model: models:/${MODEL_NAME}/${MODEL_VERSION}\n",
        "4:1: model: is not exactly the registered model",
    ),
    "a conda file that is not YAML": (
        MANAGED + "environment: {image: 'a/b:1', conda_file: ../src/broken.yml}\n",
        "5:31: environment.conda_file: ../src/broken.yml is not valid YAML: ",
    ),
    "a conda file at a URL": (
        MANAGED + "environment: {image: 'a/b:1', conda_file: 'https://a.example/c.yml'}\n",
        "5:31: environment.conda_file: is not a local YAML file that can be read",
    ),
    "a conda file that is a list": (
        MANAGED + "environment: {image: 'a/b:1', conda_file: [numpy]}\n",
        "5:31: environment.conda_file: is not a local YAML file that can be read",
    ),
    "a missing Dockerfile": (
        MANAGED + "environment: {build: {path: context, dockerfile_path: Missing}}\n",
        "5:38: environment.build.dockerfile_path: context/Missing: no such file beside",
    ),
}
