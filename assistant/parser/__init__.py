"""Files become pages of text: a process of its own for each file, shut in, and the library's side that speaks to it."""
