"""The vocabulary for declaring the schema of a configuration file. Pure data: no YAML, no files, no Azure.

`kinds` and `times` describe single values, `grammar` how they nest, `findings` what a check is given. The readers, the
JSON Schema and the reference all follow from declarations in this vocabulary.
"""
