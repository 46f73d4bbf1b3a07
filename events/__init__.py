"""The vocabulary and the bytes: no I/O, no keys, no store."""
