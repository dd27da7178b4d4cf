"""The static engine: source files to loss calls, by abstract interpretation."""
