"""The pictures on the slides, the states of live widgets, and the numbers that a slide may quote: `make figures`."""
