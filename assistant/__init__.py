"""Answers from personal files: documents, passages, search, people, chats and the engine behind them."""
