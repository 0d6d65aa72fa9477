"""`hearth run`: the node's daemons as child processes, where no systemd starts them."""
