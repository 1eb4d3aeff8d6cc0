// The integration: Astro's hooks (https://docs.astro.build/en/reference/integrations-reference/) → one file.
// It looks on. Whatever goes wrong in here is a warning, and the build goes on as if it were not there.

import { Recorder } from './recorder.js';
import { collect } from './vite-plugin.js';

const NAME = '@shipgate/astro';

/** @param {import('./index.d.ts').Options} [options] */
export default function shipgate(options = {}) {
  /** @type {Recorder | undefined} */
  let recorder;
  let said = false;

  /** A hook that cannot fail the build. */
  const careful = (hook) => async (context) => {
    try {
      await hook(context);
    } catch (error) {
      recorder = undefined;
      if (!said) context.logger?.warn(`this build is not recorded: ${error instanceof Error ? error.message : error}`);
      said = true;
    }
  };

  return {
    name: NAME,
    hooks: {
      'astro:config:setup': careful(({ command, config, updateConfig }) => {
        if (command !== 'build') return;
        recorder = new Recorder(config, options);
        updateConfig({ vite: { plugins: [collect(() => recorder)] } });
      }),
      'astro:routes:resolved': careful(({ routes }) => recorder?.setRoutes(routes)),
      'astro:config:done': careful(({ config, buildOutput }) => recorder?.setConfig(config, buildOutput)),
      'astro:build:start': careful(() => recorder?.begin()),
      'astro:build:ssr': careful(({ manifest }) => recorder?.setManifest(manifest)),
      'astro:build:generated': careful(() => recorder?.generated()),
      'astro:build:done': careful(({ dir, pages, assets }) => recorder?.finish(dir, pages, assets)),
    },
  };
}
