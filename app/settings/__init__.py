"""Server and user settings: a typed catalogue, stored, and live in every process."""
