"""One Bicep compiler for many files: `bicep jsonrpc` loads its types once, but each command would load them again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

# What a snapshot is evaluated for. `bicep snapshot FILE --mode overwrite` has the same as options.
METADATA = {
    "tenantId": "00000000-0000-0000-0000-000000000001",
    "subscriptionId": "00000000-0000-0000-0000-000000000000",
    "location": "westeurope",
    "deploymentName": "teal",
}


class BicepCompiler:
    """A running compiler. program: the path of `bicep`. environment: what parameter files can read."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- found on the PATH
            [program, "jsonrpc", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(environment)
        )
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes its input and output, and waits
            self._process.terminate()

    def template(self, path: Path) -> tuple[list[str], str]:
        """Return the warnings and errors of a template and all its modules, and the compiled template."""
        answer = self._call("bicep/compile", {"path": str(path)})
        return _problems(answer), str(answer.get("contents"))

    def parameters(self, path: Path) -> list[str]:
        """Return the warnings and errors of a parameter file."""
        return _problems(self._call("bicep/compileParams", {"path": str(path), "parameterOverrides": {}}))

    def formatted(self, path: Path) -> str:
        """Return a file as the formatter would write it."""
        return str(self._call("bicep/format", {"path": str(path)})["contents"])

    def snapshot(self, path: Path) -> Any:  # noqa: ANN401 -- any JSON
        """Return what a parameter file's template evaluates to, offline."""
        answer = self._call("bicep/getSnapshot", {"path": str(path), "metadata": METADATA, "externalInputs": []})
        return json.loads(answer["snapshot"])

    def _call(self, method: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        self._calls += 1
        request = {"jsonrpc": "2.0", "id": self._calls, "method": method, "params": parameters}
        body = json.dumps(request).encode()
        sink, source = _open(self._process.stdin), _open(self._process.stdout)
        sink.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        sink.flush()
        headers = dict(line.split(b": ", 1) for line in iter(source.readline, b"\r\n"))
        answer = json.loads(source.read(int(headers[b"Content-Length"])))
        assert "error" not in answer, answer["error"]
        result: Mapping[str, Any] = answer["result"]
        return result


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def _problems(answer: Mapping[str, Any]) -> list[str]:
    return [
        f"{each['source']}:{each['range']['start']['line'] + 1}: {each['level']} {each['code']}: {each['message']}"
        for each in answer["diagnostics"]
    ]
