"""What mixes kinds of content, as the API shows it."""

from app.home.graphql.lists import HomeRoots as HomeRoots
from app.home.graphql.watching import WatchMutations as WatchMutations
