"""Takes any number of files and answers with their sizes."""

from azureml.contrib.services.aml_request import AMLRequest, rawhttp  # type: ignore[import-not-found]  # of .serving


def init() -> None:
    """Do nothing: there is no model."""


@rawhttp  # type: ignore[untyped-decorator]
def run(request: AMLRequest) -> dict[str, int]:
    """Return the size of each file by name."""
    return {file.filename: len(file.stream.read()) for file in request.files.getlist("file[]")}
