"""What an administrator reads when a local server cannot be had."""


class EmbeddedError(Exception):
    """A local server cannot run; the message is a sentence that says why and what to do."""
