// Runs the GraphQL over HTTP audits of the npm package graphql-http against BASE_URL/graphql.
// A MUST that fails is an "error" there, a SHOULD is a "warn", a MAY is a "notice"; the first two fail this check.
import { auditServer } from "graphql-http";

const url = new URL("/graphql", process.env.BASE_URL).href;
const results = await auditServer({ url });
const count = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const result of results) {
  count[result.status] += 1;
  if (result.status === "ok") continue;
  console.log(`${result.status}: ${result.name}: ${result.reason}`);
  if (result.status !== "notice") console.log(`  answered ${result.response.status} ${await body(result.response)}`);
}
console.log(`${results.length} audits: ${count.ok} ok, ${count.notice} notices, ${count.warn} warnings, ${count.error} errors`);
process.exitCode = results.length === 0 || count.warn + count.error > 0 ? 1 : 0;

/** What is left to read of an answer, shortened. */
async function body(response) {
  return response.bodyUsed ? "" : (await response.text()).slice(0, 300);
}
