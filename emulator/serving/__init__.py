"""The serving side: real processes of Microsoft's inference server, and the gateway in front of them."""
