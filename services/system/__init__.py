"""The versions of the system on this disk: which there are, which runs, and how the next one comes in."""
