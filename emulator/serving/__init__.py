"""The serving side: model server processes of Microsoft's inference server, and the gateway in front of them."""
