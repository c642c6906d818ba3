"""Policy files: what they may hold, and how they become the core's checked policies. Nothing here talks to Azure.

`kinds` says what one value may be, `grammar` how values nest, `table` what a policy holds: from these three follow
reading, defaults, suggestions and the reference. `book` is where the others of Teal come in.
"""
