"""GraphQL kernel: what every slice declares its part of the schema with."""
