"""Shows, seasons and episodes as the API shows them."""

from app.shows.graphql.roots import ShowRoots as ShowRoots
from app.shows.graphql.views import EpisodeView as EpisodeView
from app.shows.graphql.views import SeasonView as SeasonView
from app.shows.graphql.views import ShowView as ShowView
