"""The public face of the node: HTTPS, the doors in front of everything, and the pages a person uses."""
