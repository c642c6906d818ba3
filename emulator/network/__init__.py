"""How clients reach the emulated hosts: the proxy, the certificates and the host table."""
