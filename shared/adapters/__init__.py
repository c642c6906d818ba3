"""How: one file per Azure service. Adapters do not know each other."""
