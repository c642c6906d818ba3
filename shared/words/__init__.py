"""The only place with prose: reason codes and facts become sentences, for the API, logs, demo and commands."""

from shared.words.reasons import sentence

__all__ = ["sentence"]
