// A comment's Markdown → a page that looks like GitHub's: `node comment-to-html.mjs NODE_MODULES COMMENT.md light|dark`.
// The page's title is its height in pixels, for the screenshot.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [modules, input, theme] = process.argv.slice(2);
const require = createRequire(resolve(modules, "index.js"));
const markdown = require("markdown-it")({ html: true, linkify: true });
const css = readFileSync(resolve(modules, `github-markdown-css/github-markdown-${theme}.css`), "utf8");
const [page, border, head] = theme === "dark" ? ["#010409", "#3d444d", "#151b23"] : ["#ffffff", "#d1d9e0", "#f6f8fa"];
const [text, back] = theme === "dark" ? ["#9198a1", "#0d1117"] : ["#59636e", "#ffffff"];

process.stdout.write(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>800</title>
<style>
${css}
body { margin: 0; padding: 16px; background: ${page}; }
.comment { border: 1px solid ${border}; border-radius: 6px; overflow: hidden; background: ${back}; }
.author { padding: 8px 16px; background: ${head}; border-bottom: 1px solid ${border}; color: ${text};
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
.markdown-body { padding: 16px; font-size: 14px; }
</style>
<div class="comment">
<div class="author"><b>github-actions</b> bot commented</div>
<article class="markdown-body">
${markdown.render(readFileSync(input, "utf8"))}
</article>
</div>
<script>document.title = String(Math.ceil(document.documentElement.getBoundingClientRect().height));</script>
</html>
`);
