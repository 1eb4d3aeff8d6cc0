// What is known of one build, and the file that it is written to.

import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Raised when a reader of the older version would misread the newer one. */
export const VERSION = 1;
const FILE = 'node_modules/.cache/shipgate/astro-build.json';
/** What makes a second build faster than a first. */
const CACHES = ['.astro', 'node_modules/.astro', 'node_modules/.vite'];
const MOST_WARNINGS = 100;

export class Recorder {
  #root;
  #file;
  #began = performance.now();
  #cpu = process.cpuUsage();
  #last;
  #own = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
  #routes = new Map();
  #manifest;
  #environments = new Map();
  #warnings = new Set();
  #data;

  constructor(config, options) {
    this.#root = fileURLToPath(config.root);
    this.#file = resolve(this.#root, process.env.SHIPGATE_BUILD_FILE || options.file || FILE);
    this.#last = this.#began;
    this.#data = {
      version: VERSION,
      tool: { name: this.#own.name, version: this.#own.version },
      build_id: process.env.SHIPGATE_BUILD_ID ?? null,
      state: 'building',
      started_at: new Date().toISOString(),
      finished_at: null,
      astro_version: this.#versionOf('astro'),
      vite_version: null,
      node_version: process.versions.node,
      output: null,
      adapter: null,
      base: config.base ?? '/',
      assets_prefix: null,
      output_folder: null,
      client_folder: null,
      caches: CACHES.filter((folder) => existsSync(resolve(this.#root, folder))),
      cpu_seconds: null,
      peak_memory: null,
      phases: [],
      routes: [],
      pages: [],
      environments: [],
      warnings: [],
    };
  }

  setConfig(config, buildOutput) {
    const prefix = config.build?.assetsPrefix;
    this.#data.output = buildOutput ?? null;
    this.#data.adapter = config.adapter?.name ?? null;
    this.#data.base = config.base ?? '/';
    this.#data.assets_prefix = typeof prefix === 'string' ? prefix : (prefix?.fallback ?? null);
    this.#data.output_folder = this.below(fileURLToPath(config.outDir));
  }

  /** Called several times; the last one has them all. */
  setRoutes(routes) {
    this.#routes = new Map(routes.filter(({ origin }) => origin !== 'internal').map((route) => [route.pattern, route]));
  }

  setManifest(manifest) {
    this.#manifest = manifest;
  }

  setVite(version) {
    this.#data.vite_version ??= version;
  }

  begin() {
    this.#phase('setup');
    this.#write();
  }

  generated() {
    this.#phase('generate pages');
  }

  /** A time that is measured elsewhere; what comes next begins after it. */
  addPhase(name, from, to) {
    this.#data.phases.push({ name, seconds: seconds(to - from) });
    this.#last = Math.max(this.#last, to);
  }

  setEnvironment(name, environment) {
    this.#environments.set(name, environment);
  }

  warn(message) {
    if (this.#warnings.size < MOST_WARNINGS) this.#warnings.add(message);
  }

  /** A path below the project's root with forward slashes. */
  below(path) {
    return relative(this.#root, path).split(sep).join('/');
  }

  finish(dir, pages, assets) {
    this.#phase('finish');
    const client = fileURLToPath(dir);
    const data = this.#data;
    data.client_folder = this.below(client);
    data.pages = pages.map((page) => page.pathname);
    data.routes = [...this.#routes.values()].map((route) => this.#route(route, client, assets));
    data.environments = [...this.#environments].map(([name, environment]) => ({ name, ...environment }));
    for (const environment of data.environments.filter(({ name }) => name === 'client')) {
      // What small scripts were put into pages instead of files is known only now.
      for (const chunk of environment.chunks) chunk.bytes = sizeOf(resolve(client, chunk.file));
    }
    data.warnings = [...this.#warnings];
    const { user, system } = process.cpuUsage(this.#cpu);
    data.cpu_seconds = seconds((user + system) / 1000);
    data.peak_memory = process.resourceUsage().maxRSS * 1024;
    data.state = 'done';
    data.finished_at = new Date().toISOString();
    this.#write();
  }

  #route(route, client, assets) {
    const found = this.#manifest?.routes?.find(({ routeData }) => routeData?.route === route.pattern);
    const scripts = found?.scripts ?? [];
    const styles = found?.styles ?? [];
    const bytes = (texts) => texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
    const inline = scripts.filter((script) => script.type === 'inline' && script.stage !== 'before-hydration');
    return {
      pattern: route.pattern,
      kind: route.type,
      is_prerendered: Boolean(route.isPrerendered),
      entrypoint: route.entrypoint ?? '',
      files: (assets?.get(route.pattern) ?? []).map((url) => relative(client, fileURLToPath(url)).split(sep).join('/')),
      scripts: scripts.filter((script) => script.type === 'external').map((script) => script.value),
      styles: styles.filter((style) => style.type === 'external').map((style) => style.src),
      inline_script: bytes(inline.map((script) => script.value)),
      inline_style: bytes(styles.filter((style) => style.type === 'inline').map((style) => style.content)),
    };
  }

  #phase(name) {
    const now = performance.now();
    this.addPhase(name, this.#last, now);
  }

  #versionOf(name) {
    try {
      return createRequire(resolve(this.#root, 'package.json'))(`${name}/package.json`).version;
    } catch {
      return null;
    }
  }

  /** Whole or not at all: a reader never sees half of it. */
  #write() {
    mkdirSync(dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(this.#data));
    renameSync(temporary, this.#file);
  }
}

function seconds(milliseconds) {
  return Math.round(milliseconds) / 1000;
}

function sizeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
