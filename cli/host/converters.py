"""Conversion for plain `str` and `bytes` parameters, the one case that azure-functions has no converter for."""

from __future__ import annotations

from azure.functions.meta import Datum


class TextConverter:
    """Passes text and bytes through unchanged."""

    @staticmethod
    def check_input_type_annotation(annotation: type) -> bool:
        """Return whether an input parameter may have this type."""
        return issubclass(annotation, str | bytes)

    @staticmethod
    def check_output_type_annotation(annotation: type) -> bool:
        """Return whether an output parameter may have this type."""
        return issubclass(annotation, str | bytes)

    @staticmethod
    def decode(data: Datum, *, trigger_metadata: object) -> object:
        """Return the value unchanged."""
        del trigger_metadata
        return data.value

    @staticmethod
    def encode(value: object, *, expected_type: object) -> Datum:
        """Return the value for the wire. Raises NotImplementedError for anything but text and bytes."""
        del expected_type
        if isinstance(value, str):
            return Datum(value, "string")
        if isinstance(value, bytes):
            return Datum(value, "bytes")
        raise NotImplementedError
