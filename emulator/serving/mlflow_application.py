"""MLflow's own scoring server with the routes of Azure's container. Runs in the serving environment, under uvicorn.

Azure wraps MLflow models that have no scoring script: callers send `{"input_data": ..., "params": ...}` to /score and
get the bare predictions. Here such requests are translated for MLflow's /invocations. MLflow's own errors are passed
on. The emulator does not import this module.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from fastapi import Request, Response  # type: ignore[import-not-found]  # of the serving environment
from mlflow.exceptions import MlflowException  # type: ignore[import-not-found]  # as above
from mlflow.pyfunc import scoring_server  # type: ignore[import-not-found]  # as above

_JSON = "application/json"


def to_mlflow(payload: Any) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    """Return MLflow's request for one in Azure's form: a table with columns, a list of records, or a tensor.

    Raises ValueError if it is not in Azure's form.
    """
    if not isinstance(payload, dict) or "input_data" not in payload:
        raise ValueError("The request must be a JSON object with the key 'input_data'.")
    data = payload["input_data"]
    if isinstance(data, dict) and {"columns", "data"} <= data.keys():
        form = "dataframe_split"
    elif isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        form = "dataframe_records"
    else:
        form = "inputs"
    params = {"params": payload["params"]} if payload.get("params") else {}
    return {form: data, **params}


def sample(model: Any) -> dict[str, Any]:  # noqa: ANN401  # MLflow's
    """Return a sample request for the model, built as in Azure.

    It has the model's input example, or the columns of its signature without rows, and its parameters' defaults.
    """
    data, signature = model.input_example, model.metadata.signature
    if hasattr(data, "to_json"):  # a table
        data = json.loads(data.to_json(orient="split"))
    elif hasattr(data, "tolist"):  # a tensor
        data = data.tolist()
    elif data is None and signature and signature.inputs and not signature.inputs.is_tensor_spec():
        data = {"columns": signature.inputs.input_names(), "index": [], "data": []}
    declared = signature.params.params if signature and signature.params else []
    params = {each.name: each.default for each in declared if each.default is not None}
    return {"input_data": {} if data is None else data} | ({"params": params} if params else {})


def swagger(model: Any) -> dict[str, Any]:  # noqa: ANN401  # MLflow's
    """Return Azure's OpenAPI description of the service, with the sample request as its example."""
    import azureml_inference_server_http  # type: ignore[import-not-found]  # noqa: PLC0415  # only its template is used

    folder = Path(azureml_inference_server_http.__file__).parent
    text = (folder / "server/swagger2_template.json").read_text(encoding="utf-8")
    values = {"$SERVICE_NAME$": os.environ["SERVICE_NAME"], "$SERVICE_VERSION$": "1.0", "$PATH_PREFIX$": ""}
    for placeholder, value in values.items():
        text = text.replace(placeholder, value)
    document: dict[str, Any] = json.loads(text)
    schema = {"type": "object", "required": ["input_data"], "properties": {"input_data": {}, "params": {}}}
    document["definitions"]["ServiceInput"] = schema | {"example": sample(model)}
    return document


def _application() -> Any:  # noqa: ANN401  # FastAPI's
    """Load the model and return MLflow's application with Azure's routes added."""
    folder = Path(os.environ["AZUREML_MODEL_DIR"], os.environ["MLFLOW_MODEL_FOLDER"])
    model = scoring_server.load_model_with_mlflow_config(str(folder))
    served = scoring_server.init(model)
    schema, described = model.metadata.get_input_schema(), json.dumps(swagger(model))

    def predict(body: bytes) -> Response:
        try:
            translated = json.dumps(to_mlflow(json.loads(body)))
            answer = scoring_server.invocations(translated, _JSON, model, schema)
        except ValueError as error:
            return Response(json.dumps({"message": str(error)}), 400, media_type=_JSON)
        except MlflowException as error:
            return Response(error.serialize_as_json(), error.get_http_status_code(), media_type=_JSON)
        return Response(_bare(answer.response), answer.status, media_type=answer.mimetype)

    async def score(request: Request) -> Response:
        return await asyncio.to_thread(predict, await request.body())

    async def health(_: Request) -> Response:
        return Response("Healthy")

    async def describe(_: Request) -> Response:
        return Response(described, media_type=_JSON)

    served.add_route("/", health)
    served.add_route("/score", score, methods=["POST"])
    served.add_route("/swagger.json", describe)
    return served


def _bare(answer: str) -> str:
    """Return the predictions without MLflow's envelope."""
    document = json.loads(answer)
    return json.dumps(document["predictions"]) if isinstance(document, dict) and "predictions" in document else answer


application = _application()
