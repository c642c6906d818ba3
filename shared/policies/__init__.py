"""Policy files: how they are read and checked, and how they become the core's policies. Nothing here talks to Azure.

`tables` and the kinds of step and gate in the core declare what a file may hold, in the vocabulary of
`shared.core.schema`. Reading, defaults, problems, the JSON Schema and the reference follow from the declarations.
`policy_set` is what the rest of Teal uses.
"""
