"""GraphiQL for browsers, served without the internet."""
