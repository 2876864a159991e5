// What a newcomer finds in the editor.
export const WELCOME = `# All that this server can do is in one schema:
# the book on the left holds it.
# Ctrl-Enter (⌘-Enter) runs the query.

query Welcome {
  libraries(first: 5) {
    nodes { id name kind folders { path } }
  }
  movies(first: 10, sort: ADDED) {
    totalCount
    nodes {
      title
      year
      runtime
      genres { name }
      versions { edition resolution dynamicRange }
    }
  }
}

# Follow a scan while it runs: remove the #, put
# in the id of a library from above, and run it.
# Start the scan in a second tab (+):
#   mutation {
#     scanLibrary(libraryId: "library_…") { state }
#   }
#
# subscription FollowScan {
#   scanProgress(libraryId: "library_…") {
#     state fraction found added updated failed
#   }
# }
`;
