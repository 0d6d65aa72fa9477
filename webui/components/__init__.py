"""Parts that pages are made of: each takes data and callbacks and holds no business rule."""
