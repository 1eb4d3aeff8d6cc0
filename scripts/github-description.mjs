#!/usr/bin/env node
// Gets GitHub's own description of its API for the tests, into target/tools/github:
//   api.github.com.json, ghes.json   the operations below, as JSON Schema, with GitHub's examples
//   webhooks.json                    example payloads of the events below
//   node_modules                     graphql and GitHub's GraphQL schema, for tests/fixtures/github/graphql.mjs
//
// From npm: @octokit/openapi, @octokit/webhooks-examples, @octokit/graphql-schema, graphql (all MIT).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGES = [
  "@octokit/openapi@23.0.2",
  "@octokit/webhooks-examples@7.6.1",
  "@octokit/graphql-schema@15.26.1",
  "graphql@16.15.0",
];
const REPOSITORY = "/repos/{owner}/{repo}";
const OPERATIONS = {
  [`${REPOSITORY}/issues/{issue_number}/comments`]: ["post"],
  [`${REPOSITORY}/issues/comments/{comment_id}`]: ["get", "patch", "delete"],
  [`${REPOSITORY}/issues`]: ["post"],
  [`${REPOSITORY}/issues/{issue_number}`]: ["patch"],
  [`${REPOSITORY}/check-runs`]: ["post"],
  [`${REPOSITORY}/check-runs/{check_run_id}`]: ["get", "patch"],
  [`${REPOSITORY}/commits/{ref}/check-runs`]: ["get"],
  [`${REPOSITORY}/commits/{ref}/statuses`]: ["get"],
  [`${REPOSITORY}/statuses/{sha}`]: ["post"],
  [`${REPOSITORY}/actions/runs/{run_id}/artifacts`]: ["get"],
  [`${REPOSITORY}/actions/artifacts/{artifact_id}/{archive_format}`]: ["get"],
  [`${REPOSITORY}/deployments`]: ["get", "post"],
  [`${REPOSITORY}/deployments/{deployment_id}`]: ["get"],
  [`${REPOSITORY}/deployments/{deployment_id}/statuses`]: ["get", "post"],
  [`${REPOSITORY}/pulls`]: ["get"],
  [`${REPOSITORY}/pulls/{pull_number}`]: ["get"],
  [`${REPOSITORY}/commits/{commit_sha}/pulls`]: ["get"],
};
const EVENTS = ["pull_request", "merge_group", "push", "workflow_run", "workflow_dispatch", "check_run"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "target/tools/github");
const stamp = join(folder, "installed");
const wanted = JSON.stringify([PACKAGES, OPERATIONS, EVENTS, readFileSync(fileURLToPath(import.meta.url), "utf8").length]);
if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) process.exit(0);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent", ...PACKAGES], { cwd: folder, stdio: "inherit" });

const modules = join(folder, "node_modules");
const descriptions = join(modules, "@octokit/openapi/generated");
const version = (name) => Number(/^ghes-3\.(\d+)\.json$/.exec(name)?.[1] ?? -1);
const newest = readdirSync(descriptions).sort((a, b) => version(b) - version(a))[0];
write("api.github.com.json", cut(join(descriptions, "api.github.com.json")));
write("ghes.json", cut(join(descriptions, newest)));
const examples = JSON.parse(readFileSync(join(modules, "@octokit/webhooks-examples/api.github.com/index.json"), "utf8"));
write("webhooks.json", Object.fromEntries(EVENTS.map((name) => [name, examples.find((event) => event.name === name).examples])));
// Hundreds of megabytes that nobody needs any more.
rmSync(join(modules, "@octokit/openapi"), { recursive: true });
rmSync(join(modules, "@octokit/webhooks-examples"), { recursive: true });
writeFileSync(stamp, wanted);

function write(name, value) {
  writeFileSync(join(folder, name), JSON.stringify(value));
}

/** The operations of one description with all that they refer to. */
function cut(file) {
  const description = JSON.parse(readFileSync(file, "utf8"));
  const resolve = (value) => (value?.$ref ? value.$ref.slice(2).split("/").reduce((at, key) => at[key], description) : value);
  const schemas = {};
  const schema = (value) => {
    for (const name of references(value)) {
      if (!(name in schemas)) {
        schemas[name] = null;
        schemas[name] = schema(description.components.schemas[name]);
      }
    }
    return convert(value);
  };
  const operations = {};
  for (const [path, methods] of Object.entries(OPERATIONS)) {
    for (const method of methods) {
      const item = description.paths[path];
      const operation = item[method];
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolve);
      const body = resolve(operation.requestBody)?.content?.["application/json"]?.schema;
      const responses = {};
      for (const [status, response] of Object.entries(operation.responses)) {
        const content = resolve(response).content?.["application/json"];
        const example = content?.example ?? resolve(Object.values(content?.examples ?? {})[0])?.value;
        responses[status] = { schema: content?.schema ? schema(content.schema) : null, example: example ?? null };
      }
      operations[`${method.toUpperCase()} ${path}`] = {
        parameters: parameters.map(({ name, in: where, required, schema: type }) => ({ name, in: where, required: !!required, schema: schema(resolve(type)) })),
        request: body ? { required: !!resolve(operation.requestBody).required, schema: schema(body) } : null,
        responses,
      };
    }
  }
  return { version: `${description.info.title} ${description.info.version}`, operations, schemas };
}

function references(value, found = []) {
  if (value && typeof value === "object") {
    const reference = value.$ref;
    if (typeof reference === "string") found.push(reference.replace("#/components/schemas/", ""));
    Object.values(value).forEach((inner) => references(inner, found));
  }
  return found;
}

/** OpenAPI 3.0's dialect as JSON Schema: `nullable` is a type, references lead to `$defs`. */
function convert(value) {
  if (Array.isArray(value)) return value.map(convert);
  if (!value || typeof value !== "object") return value;
  const { nullable, example, examples, ...rest } = value;
  const result = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [key, key === "$ref" ? inner.replace("#/components/schemas/", "#/$defs/") : convert(inner)]),
  );
  // A property may be called `example`, too.
  if (example && typeof example === "object" && (example.type || example.$ref)) result.example = convert(example);
  if (nullable !== true) return result;
  if (typeof result.type !== "string") return { anyOf: [result, { type: "null" }] };
  result.type = [result.type, "null"];
  if (result.enum && !result.enum.includes(null)) result.enum = [...result.enum, null];
  return result;
}
