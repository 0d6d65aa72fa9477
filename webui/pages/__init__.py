"""The pages: each is one function inside the shared frame."""
