"""The daemons of a node: entry points, settings, supervision and the command line."""
