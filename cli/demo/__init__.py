"""`teal demo`: the whole of Teal on this machine, shown in five scenes.

It uses only public interfaces (Azure's SDKs, scoring requests, Teal's HTTP API) and imports nothing of `shared`.
"""
