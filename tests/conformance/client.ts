// A frontend's first lines, written against the generated types: they compile only where the contracts name these things.
import type { FrontPageQuery, PostPageQuery, PostPageQueryVariables } from "./out/graphql-operations";
import type { paths } from "./out/openapi";

type Post = paths["/v1/posts/{post}"]["get"]["responses"][200]["content"]["application/json"];

/** Reads one post through REST. */
export async function post(base: string, slug: string): Promise<Post> {
  const answer = await fetch(`${base}/v1/posts/${encodeURIComponent(slug)}`);
  if (!answer.ok) throw new Error(`no such post: ${slug}`);
  return (await answer.json()) as Post;
}

/** A heading for a post, however it was read. */
export function heading(from: Pick<Post, "title">): string {
  return from.title;
}

/** The variables of the query that shows one post. */
export function postPage(slug: string): PostPageQueryVariables {
  return { slug };
}

/** The titles of a front page. */
export function titles(page: FrontPageQuery): string[] {
  return page.posts.edges.map((edge) => edge.node.title);
}

/** Who wrote a post, for its byline. */
export function byline(page: PostPageQuery): string {
  return page.post ? page.post.authors.map((author) => author.name).join(", ") : "";
}
