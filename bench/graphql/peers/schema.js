// The schema of the operations, and resolvers for the peers that take some.
import { continueWatching, movie, movies, totalCount } from './data.js'

export const typeDefs = `
  enum MovieSort { TITLE RATING }
  input MovieFilter { genreIds: [ID!]!, yearFrom: Int!, yearTo: Int! }
  type Genre { id: ID! name: String! }
  type Person { name: String! }
  type Credit { character: String job: String person: Person }
  type File { id: ID! name: String! }
  type Part { part: Int file: File }
  type Version {
    id: ID! edition: String resolution: String height: Int duration: Float parts: [Part!]!
  }
  type Collection { id: ID! name: String! overview: String }
  type ExternalId { source: String! value: String! }
  type Library { name: String! }
  type Progress { position: Float! duration: Float completed: Boolean! }
  type Movie {
    id: ID! title: String! originalTitle: String sortTitle: String! year: Int releaseDate: String
    overview: String tagline: String runtime: Int rating: Float votes: Int popularity: Float
    certification: String trailerUrl: String available: Boolean! addedAt: String!
    library: Library
    genres: [Genre!]!
    cast(first: Int! = 20): [Credit!]!
    crew(first: Int! = 20): [Credit!]!
    versions: [Version!]!
    collection: Collection
    externalIds: [ExternalId!]!
    progress: Progress
  }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type MovieConnection { nodes: [Movie!]! pageInfo: PageInfo! totalCount: Int! }
  type Query {
    movies(
      filter: MovieFilter, sort: MovieSort! = TITLE, first: Int! = 20, after: String
    ): MovieConnection!
    movie(id: ID!): Movie
    continueWatching(first: Int! = 20): MovieConnection!
  }
`

export const resolvers = {
  Query: {
    movies: (_, args) => movies(args),
    movie: (_, args) => movie(args),
    continueWatching: (_, args, { user }) => continueWatching(args, user)
  },
  MovieConnection: { totalCount },
  Movie: {
    addedAt: ({ addedAt }) => addedAt.toISOString(),
    library: ({ libraryId }, _, { libraries }) => libraries.load(libraryId),
    genres: ({ id }, _, { genres }) => genres.load(id),
    cast: ({ id }, { first }, { credits }) => credits('cast', first).load(id),
    crew: ({ id }, { first }, { credits }) => credits('crew', first).load(id),
    versions: ({ id }, _, { versions }) => versions.load(id),
    collection: ({ id }, _, { collections }) => collections.load(id),
    externalIds: ({ id }, _, { externalIds }) => externalIds.load(id),
    progress: ({ id }, _, { progress }) => progress.load(id)
  },
  Credit: { person: ({ personId }, _, { people }) => people.load(personId) }
}
