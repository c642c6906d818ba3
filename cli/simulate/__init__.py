"""Simulated rollouts: the shipped core (`shared.core.turn`) in a synthetic or recorded world.

The core makes every decision and chooses every action; only its surroundings are simulated: Azure, requests, operators.
This is a library; `cli.policy` has the commands.
"""
