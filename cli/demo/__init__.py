"""`teal demo`: the whole of Teal on this machine, shown in five scenes.

It uses public ways in only: Azure's SDKs, scoring requests, Teal's HTTP API. It must never import `shared`.
"""
