"""Implementations of the ports, one module per Azure service. Adapters do not import each other's services."""
