"""`hearth bench`: what is measured over all nodes of the mesh, and how it is told: table, JSON and picture."""
