"""Which PC this is and what it needs: the probe, the profile, and whether Hearth can run on it at all."""
