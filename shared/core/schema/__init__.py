"""The vocabulary in which a configuration file's schema is declared. Pure data: no YAML, no files, no Azure.

`kinds` and `times` describe single values, `grammar` how they nest, `findings` what a check is given. Readers, the JSON
Schema and the reference are all made from declarations in this vocabulary.
"""
