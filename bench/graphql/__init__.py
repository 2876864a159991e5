"""The GraphQL server beside its peers: `python -m bench.graphql`."""
