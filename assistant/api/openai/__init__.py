"""The OpenAI dialect under /v1: models, chat, completions, embeddings and responses."""
