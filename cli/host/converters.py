"""Conversion where a parameter is plain `str` or `bytes`: the one case for which azure-functions has no converter."""

from __future__ import annotations

from azure.functions.meta import Datum


class TextConverter:
    """Hands text and bytes through as they are."""

    @staticmethod
    def check_input_type_annotation(annotation: type) -> bool:
        """Tell whether a parameter of this type can be filled."""
        return issubclass(annotation, str | bytes)

    @staticmethod
    def check_output_type_annotation(annotation: type) -> bool:
        """Tell whether a value of this type can be taken."""
        return issubclass(annotation, str | bytes)

    @staticmethod
    def decode(data: Datum, *, trigger_metadata: object) -> object:
        """Return the value as it came."""
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
