"""What is measured, with one command each. Figures go into docs/measurements.md with the command that gave them."""
