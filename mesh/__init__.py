"""Trusted nodes as one: identity, discovery through Avahi, and the agent that tells what it sees."""
