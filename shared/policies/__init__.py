"""Policy files: reading, checking, and converting them to the core's policies. Nothing here talks to Azure.

`tables` and the kinds of step and gate in the core declare the keys of a file, in the vocabulary of
`shared.core.schema`. Reading, defaults, problems, the JSON Schema and the reference follow from the declarations. The
rest of Teal uses `policy_set`.
"""
