"""Record, sign, keep, prove, audit."""
