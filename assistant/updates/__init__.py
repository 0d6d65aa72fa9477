"""Updates of the system as the assistant keeps them: taken in, checked, kept, handed to what installs them."""
