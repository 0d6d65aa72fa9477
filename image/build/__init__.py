"""Makes a Debian host able to run Hearth, to test it, and to build its image: `make setup`."""
