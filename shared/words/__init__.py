"""The only place with prose: turns reason codes and facts into sentences, for the API, logs, demo and commands."""

from shared.words.reasons import sentence

__all__ = ["sentence"]
