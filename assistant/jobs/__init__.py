"""Work that goes on in the background: nobody has to wait for it, and no crash loses or doubles it."""
