"""The peers: each a server of its own, written as its documentation shows."""
