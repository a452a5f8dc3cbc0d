// What the GraphiQL page runs. bundle.js bundles it, with GraphiQL and React, into ../graphiql.js.gz.
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { GraphiQL } from "graphiql";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import "graphiql/graphiql.css";

const root = document.getElementById("graphiql");
const endpoint = new URL(root.dataset.endpoint, window.location.href).href;

// The words a visitor meets first. The query runs without a token, on a fresh site as on an old one.
const firstQuery = `# The GraphQL API of this publication.
# Ctrl-Enter runs the query; Ctrl-Space completes.
# The book at the left explains the schema.
#
# Published content needs no token. To see drafts
# or to write, put one behind "Bearer" below: from
# the login mutation, or "pressroom token create".

query LatestPosts {
  site {
    title
    description
  }
  posts(first: 5) {
    edges {
      node {
        title
        slug
        publishedAt
        commentCount
        authors {
          name
        }
        tags {
          name
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const send = createGraphiQLFetcher({ url: endpoint });

/** Leaves out headers that were not filled in: an empty token is no token, not a wrong one. */
function fetcher(parameters, options = {}) {
  const filled = Object.entries(options.headers ?? {}).filter(([, value]) => !/^(Bearer)?\s*$/i.test(String(value)));
  return send(parameters, { ...options, headers: Object.fromEntries(filled) });
}

/** The browser's storage for tabs, history and theme, in which no token is ever kept. */
const storage = {
  get length() {
    return window.localStorage.length;
  },
  getItem: (key) => window.localStorage.getItem(key),
  setItem: (key, value) => window.localStorage.setItem(key, value.replace(/(Bearer)\s+[^\s"\\]+/gi, "$1 ")),
  removeItem: (key) => window.localStorage.removeItem(key),
  clear: () => window.localStorage.clear(),
};

createRoot(root).render(
  createElement(GraphiQL, {
    fetcher,
    storage,
    defaultQuery: firstQuery,
    defaultHeaders: '{\n  "Authorization": "Bearer "\n}',
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
