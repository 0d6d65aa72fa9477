"""What an update is: one signed file with a new version of the system, and how two versions compare."""
