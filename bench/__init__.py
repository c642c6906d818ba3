"""Measurements, one command each. docs/measurements.md has the figures, with the command that produced them."""
