"""Making the image of the stick, booting it in an emulated PC, and writing it to a stick."""
