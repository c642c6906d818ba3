"""The documents, and the code that generates parts of them."""
