"""`teal policy`: check, explain, simulate and backtest policies, and the JSON Schema for editors. Read-only.

The commands need files and the shipped core, and neither Azure nor a running Teal.
"""
