"""The assistant's HTTP API on its Unix socket."""
