"""Measurements: `make bench` prints tables and writes build/bench/*.json; nothing here is a test."""
