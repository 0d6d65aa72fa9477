"""Engines of other makes (vLLM, SGLang, exo, Ollama, llama-server) that take requests as a node would."""
