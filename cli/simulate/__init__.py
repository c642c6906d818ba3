"""`teal policy simulate`: a policy tried on thousands of made-up rollouts before a real one depends on it.

It runs the core that ships: every decision and every action is made by `shared.core`; made up here is only the world
around it (Azure, the requests, the people). It must never decide anything in the core's place.
"""
