"""Tests of the programs that boot and write the image; none needs an image."""
