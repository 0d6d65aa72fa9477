"""The Ollama dialect: chat, generate, embed, and what is told of the models."""
