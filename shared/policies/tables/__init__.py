"""What files may hold: every key with its kind, default and meaning, once. Defaults are the core's own.

Reading, suggestions, the JSON Schema and the reference all follow from `policy.POLICY`, `prices.PRICES` and
`template.TEMPLATE`; nothing else may name a key's bounds.
"""
