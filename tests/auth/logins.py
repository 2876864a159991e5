"""What tests of signing in and of accounts ask the API, and with which password."""

PASSWORD = "a long enough password"
LOGIN = """
mutation($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    __typename ... on LoginSuccess { accessToken expiresAt user { id username } }
  }
}
"""
VIEWER = """
{ viewer { user { id username } roles { name builtIn } permissions session { createdAt expiresAt }
           mustChangePassword } }
"""
