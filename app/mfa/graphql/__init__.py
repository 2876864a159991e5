"""Second factors in the API."""

from app.mfa.graphql.factors import FactorMutations, FactorRoots
from app.mfa.graphql.sign_in import FactorSignInMutations

__all__ = ["FactorMutations", "FactorRoots", "FactorSignInMutations"]
