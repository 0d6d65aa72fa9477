"""The image booted in emulated PCs, from power-on to an answer (make test-boot)."""
