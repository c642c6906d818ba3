"""Measurements, one command each. docs/measurements.md has the figures, with the commands that produced them."""
