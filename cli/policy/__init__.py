"""`teal policy`: check, explain, simulate and backtest policies, and the JSON Schema for editors. Read-only.

The commands need only files and the shipped core: no Azure, no running Teal.
"""
