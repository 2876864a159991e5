"""Sign-in with an OpenID provider: Authentik, Keycloak or any other."""
