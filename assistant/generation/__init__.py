"""One model of what a program asks a language model and what comes back, whichever API dialect it speaks."""
