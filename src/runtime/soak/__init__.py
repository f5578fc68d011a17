"""The parts of the soak: what is measured from outside and from inside, how it is judged, shown and written down."""
