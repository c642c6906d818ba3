"""Takes one file and answers with its bytes in reverse, or with a custom status."""

from azureml.contrib.services.aml_request import AMLRequest, rawhttp  # type: ignore[import-not-found]  # of .serving
from azureml.contrib.services.aml_response import AMLResponse  # type: ignore[import-not-found]  # as above


def init() -> None:
    """Do nothing: there is no model."""


@rawhttp  # type: ignore[untyped-decorator]
def run(request: AMLRequest) -> AMLResponse:
    """Return the file backwards, as an image."""
    files = request.files.getlist("file")
    if not files:
        return AMLResponse("there is no file", status_code=422)
    answer = AMLResponse(files[0].stream.read()[::-1], status_code=200)
    answer.mimetype = "image/png"
    return answer
