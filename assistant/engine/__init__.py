"""The language-model engine: `llama-server` as a child process, and a client for it."""
