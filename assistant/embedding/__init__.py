"""Text becomes vectors, in a process of its own that holds the model."""
