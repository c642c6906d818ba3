"""How a client reaches the emulated hosts: the proxy, the certificates, the table of names. Knows no service."""
