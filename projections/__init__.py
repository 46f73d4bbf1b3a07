"""The read side: folds over events."""
