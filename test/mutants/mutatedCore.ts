// Builds the core with one rule switched off: src/core bundled in memory, each patched file with its new text.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import type { Settings } from '../../src/core/settings.ts';
import type { Core } from '../simulator/core.ts';
import type { Mutant, Patch } from './mutant.ts';

const coreFolder = join(import.meta.dirname, '..', '..', 'src', 'core');

/** Throws where a text of the mutant is not found exactly once. */
export async function mutatedCore(mutant: Mutant): Promise<Core> {
  const bundled = await build({
    stdin: {
      contents: `export * from './step.ts'; export * as ledger from './ledger.ts';`,
      resolveDir: coreFolder,
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'node26',
    logLevel: 'silent',
    plugins: [patching(mutant)],
  });
  const text = bundled.outputFiles[0]?.text ?? '';
  const url = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`;
  // What the two files export is known to tsc only where they are imported by their names.
  const core = (await import(url)) as Core;
  return mutant.settings === undefined ? core : withSettings(core, mutant.settings);
}

function patching(mutant: Mutant): Plugin {
  return {
    name: 'mutant',
    setup: (plugin) => {
      plugin.onLoad({ filter: /[/\\]src[/\\]core[/\\][^/\\]+\.ts$/ }, ({ path }) => ({
        contents: patched(mutant, basename(path)),
        loader: 'ts',
        resolveDir: dirname(path),
      }));
    },
  };
}

/** The text of a file of src/core with the rule switched off. */
export function patched(mutant: Pick<Mutant, 'name' | 'patches'>, file: string): string {
  const original = readFileSync(join(coreFolder, file), 'utf8');
  return mutant.patches
    .filter((change) => change.file === file)
    .reduce((text, change) => applied(mutant.name, text, change), original);
}

function applied(name: string, text: string, { file, find, put }: Patch): string {
  const pieces = text.split(find);
  if (pieces.length !== 2)
    throw new Error(
      `mutant ${name}: its text stands ${pieces.length - 1} times in src/core/${file}, not once:\n${find}`,
    );
  return pieces.join(put);
}

function withSettings(core: Core, changed: NonNullable<Mutant['settings']>): Core {
  const wrong = (settings: Settings): Settings => ({ ...settings, ...changed(settings) });
  return {
    ...core,
    initialState: (settings) => core.initialState(wrong(settings)),
    step: (state, event, settings) => core.step(state, event, wrong(settings)),
    nextWakeAt: (state, settings) => core.nextWakeAt(state, wrong(settings)),
  };
}
