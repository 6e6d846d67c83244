// Builds the guardian's machine with one rule taken out: its files bundled in memory, each patched one with its new text.
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';
import type { Mutant } from '../mutants/mutant.ts';
import { patched } from '../mutants/mutatedCore.ts';
import type { GuardianCore } from './guardianCore.ts';

export type GuardianMutant = Pick<Mutant, 'name' | 'rule' | 'patches'> & {
  /** Of SPEC.md; what catches it may be the number of another rule that breaks with it. */
  readonly invariant: string;
};

const folder = join(import.meta.dirname, '..', '..', 'src', 'core', 'guardian');

/** Throws where a text of the mutant is not found exactly once. */
export async function mutatedGuardian(mutant: GuardianMutant): Promise<GuardianCore> {
  const bundled = await build({
    stdin: {
      contents: ['machine', 'state', 'summary', 'wake']
        .map((name) => `export * from './${name}.ts';`)
        .join('\n'),
      resolveDir: folder,
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
  // What the files export is known to tsc only where they are imported by their names.
  return (await import(url)) as GuardianCore;
}

function patching(mutant: GuardianMutant): Plugin {
  return {
    name: 'guardianMutant',
    setup: (plugin) => {
      plugin.onLoad({ filter: /[/\\]guardian[/\\][^/\\]+\.ts$/ }, ({ path }) => ({
        contents: patched(mutant, join('guardian', basename(path))),
        loader: 'ts',
        resolveDir: dirname(path),
      }));
    },
  };
}
