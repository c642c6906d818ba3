"""Simulated rollouts: the shipped core (`shared.core.turn`) in a made-up or recorded world.

Every decision and every action is the core's; simulated here is only what surrounds it: Azure, requests, operators. A
library without a command line: `cli.policy` has the commands.
"""
