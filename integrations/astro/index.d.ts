import type { AstroIntegration } from 'astro';

/** What the integration may be told. */
export interface Options {
  /**
   * Where its file is written, from the project's root.
   * `shipgate run` looks at the default, `node_modules/.cache/shipgate/astro-build.json`.
   */
  file?: string;
}

/**
 * Writes one file about each `astro build` that `shipgate` picks up: phases and their times, routes,
 * chunks, the modules in them and what imported those. It changes nothing about the build.
 */
export default function shipgate(options?: Options): AstroIntegration;

/** The form of the file. A reader refuses a `version` that it does not know. */
export interface BuildFile {
  version: 1;
  tool: { name: string; version: string };
  /** `SHIPGATE_BUILD_ID` as the build's environment had it: which run the file is of. */
  build_id: string | null;
  /** `building` until the end: a build that was killed or failed never says `done`. */
  state: 'building' | 'done';
  started_at: string;
  finished_at: string | null;
  astro_version: string | null;
  vite_version: string | null;
  node_version: string;
  output: 'static' | 'server' | null;
  adapter: string | null;
  base: string;
  assets_prefix: string | null;
  /** Folders below the project's root, with forward slashes. */
  output_folder: string | null;
  client_folder: string | null;
  /** Caches that were there before the build, below the project's root. */
  caches: string[];
  cpu_seconds: number | null;
  /** Bytes. */
  peak_memory: number | null;
  phases: { name: string; seconds: number }[];
  routes: Route[];
  pages: string[];
  environments: Environment[];
  warnings: string[];
}

export interface Route {
  pattern: string;
  kind: 'page' | 'endpoint' | 'redirect' | 'fallback';
  is_prerendered: boolean;
  /** The source file, below the project's root. */
  entrypoint: string;
  /** Files that were written for it, below the client folder. */
  files: string[];
  /** Of routes rendered on demand: addresses of what the server puts into the page. */
  scripts: string[];
  styles: string[];
  /** The same, as code within the page: bytes. */
  inline_script: number;
  inline_style: number;
}

export interface Environment {
  /** `client`, `ssr`, `prerender`. */
  name: string;
  chunks: Chunk[];
  modules: Module[];
}

export interface Chunk {
  file: string;
  /** Of the file as it was written; `null` when it was put into pages instead. */
  bytes: number | null;
  is_entry: boolean;
  /** The module that it stands for. */
  facade: string | null;
  imports: string[];
  dynamic_imports: string[];
  /** Index of a module, and its bytes in the chunk before anything was made smaller. */
  modules: [number, number][];
}

export interface Module {
  id: string;
  /** `name@version`, of modules of packages. */
  package: string | null;
  /** Indexes of modules. */
  importers: number[];
  dynamic_importers: number[];
}
