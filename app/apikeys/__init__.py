"""API keys: credentials for programs, with a part of their owner's permissions."""
