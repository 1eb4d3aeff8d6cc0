// A Vite plugin that reads the bundles of a build: chunks, the modules in them, and who imports those
// (https://rollupjs.org/plugin-development/, which Rolldown follows). It changes nothing.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** @param {() => import('./recorder.js').Recorder | undefined} recorder */
export function collect(recorder) {
  const begun = new Map();
  let isBroken = false;

  const careful = (hook) =>
    function (...context) {
      const current = isBroken ? undefined : recorder();
      if (current === undefined) return;
      try {
        hook.call(this, current, ...context);
      } catch (error) {
        isBroken = true;
        current.warn(`@shipgate/astro could not read a bundle: ${error instanceof Error ? error.message : error}`);
      }
    };
  const nameOf = (context, options) => context.environment?.name ?? (options?.dir?.includes('server') ? 'ssr' : 'client');

  return {
    name: '@shipgate/astro',
    apply: 'build',
    enforce: 'post',
    buildStart: careful(function (current) {
      begun.set(nameOf(this), performance.now());
      current.setVite(this.meta?.viteVersion ?? null);
    }),
    onLog: careful((current, level, log) => {
      const ids = [log.id, ...(log.ids ?? []), log.loc?.file].filter((id) => typeof id === 'string');
      const isForeign = ids.length > 0 && ids.every((id) => id.includes('node_modules'));
      if (level === 'warn' && !isForeign && !String(log.message).includes('node_modules/astro/')) {
        current.warn(String(log.message));
      }
    }),
    writeBundle: careful(function (current, options, bundle) {
      const name = nameOf(this, options);
      current.setEnvironment(name, read(this, name, bundle, current));
      current.addPhase(`bundle ${name}`, begun.get(name) ?? performance.now(), performance.now());
    }),
  };
}

function read(context, name, bundle, recorder) {
  const isClient = name === 'client';
  const table = new Table(context, recorder);
  const chunks = [];
  for (const chunk of Object.values(bundle)) {
    if (chunk.type !== 'chunk') continue;
    const modules = isClient ? Object.entries(chunk.modules) : [];
    chunks.push({
      file: chunk.fileName,
      bytes: null,
      is_entry: chunk.isEntry,
      facade: chunk.facadeModuleId ? table.nameOf(chunk.facadeModuleId) : null,
      imports: chunk.imports,
      dynamic_imports: chunk.dynamicImports,
      modules: modules.map(([id, { renderedLength }]) => [table.indexOf(id), renderedLength]),
    });
  }
  // Of the server's modules only the project's own say anything about a visitor: which page has which island.
  if (!isClient) {
    for (const id of context.getModuleIds()) {
      if (isFile(id) && !id.includes('/node_modules/')) table.indexOf(id);
    }
  }
  return { chunks, modules: table.finish(isClient) };
}

function isFile(id) {
  return id.startsWith('/') || /^[A-Za-z]:[\\/]/.test(id);
}

/** The modules of an environment by number. */
class Table {
  #context;
  #recorder;
  #ids = [];
  #index = new Map();
  #packages = new Map();

  constructor(context, recorder) {
    this.#context = context;
    this.#recorder = recorder;
  }

  indexOf(id) {
    let index = this.#index.get(id);
    if (index === undefined) {
      index = this.#ids.push(id) - 1;
      this.#index.set(id, index);
    }
    return index;
  }

  nameOf(id) {
    // Astro's name for the module that stands for an island.
    const [path, query] = splitOnce(id.replaceAll('\0', '').replace(/^astro-entry:/, ''), '?');
    const below = isFile(path) ? this.#recorder.below(path) : path;
    const inPackage = below.startsWith('../') ? below.indexOf('node_modules/') : -1;
    const name = inPackage >= 0 ? below.slice(inPackage) : below;
    return query === undefined ? name : `${name}?${query}`;
  }

  /** With the importers of each; those of the client's are taken in until all are known. */
  finish(isClient) {
    const modules = [];
    for (let at = 0; at < this.#ids.length; at += 1) {
      const id = this.#ids[at];
      const info = this.#context.getModuleInfo(id);
      const known = (importers) =>
        [...(importers ?? [])].filter((it) => isClient || this.#index.has(it)).map((it) => this.indexOf(it));
      modules.push({
        id: this.nameOf(id),
        package: this.#packageOf(id),
        importers: known(info?.importers),
        dynamic_importers: known(info?.dynamicImporters),
      });
    }
    return modules;
  }

  #packageOf(id) {
    const folder = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/?]+)/.exec(id.replaceAll('\0', ''))?.[1];
    if (folder === undefined) return null;
    let named = this.#packages.get(folder);
    if (named === undefined) {
      named = readPackage(folder);
      this.#packages.set(folder, named);
    }
    return named;
  }
}

function readPackage(folder) {
  try {
    const { name, version } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
    return typeof name === 'string' && typeof version === 'string' ? `${name}@${version}` : null;
  } catch {
    return null;
  }
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
