"""`teal demo`: all of Teal on this machine, in five scenes.

It uses only public interfaces (Azure's SDKs, scoring requests, Teal's HTTP API) and imports nothing from `shared`.
"""
