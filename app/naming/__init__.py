"""The file-name parser: pure, no I/O."""
