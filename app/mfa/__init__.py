"""Second factors: authenticator apps, passkeys, backup codes, and devices that are trusted."""
