"""The lessons and the deck as web pages."""
