"""How a new node and a mesh come to trust each other: state machines without sockets, one a file."""
