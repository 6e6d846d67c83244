// `hotpair licenses`: what the executable holds of others, under which terms. The texts were put into it when it was built.
import { getAsset, isSea } from 'node:sea';
import { HotpairError } from '../protocol/hotpairError.ts';
import { parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage = 'hotpair licenses [--list | --sbom]';

export const help = `${usage}

Prints the licences of hotpair and of everything inside this executable.
  --list  name, version and licence, a line each
  --sbom  a bill of materials for programs: CycloneDX 1.6, JSON
`;

type Component = {
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly {
    readonly expression?: string;
    readonly license?: { readonly id: string };
  }[];
};

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    list: { type: 'boolean', default: false },
    sbom: { type: 'boolean', default: false },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  refuseExtra(usage, positionals);
  if (values.list && values.sbom) throw usageError(usage, '--list and --sbom do not go together');
  if (!isSea()) {
    throw new HotpairError(
      'NOT_BUILT',
      'this hotpair runs from its sources and holds nothing of others',
      {
        allowed: 'dist/hotpair, which npm run build makes',
        exitCode: exitCodes.refusedInput,
      },
    );
  }
  process.stdout.write(
    values.list ? listText() : getAsset(values.sbom ? 'sbom.json' : 'licenses.txt', 'utf8'),
  );
  return exitCodes.ok;
}

function listText(): string {
  const { components } = JSON.parse(getAsset('sbom.json', 'utf8')) as {
    readonly components: readonly Component[];
  };
  const rows = components.map(({ name, version, licenses: [first] }) => ({
    part: `${name} ${version}`,
    license: first?.expression ?? first?.license?.id ?? '',
  }));
  const width = Math.max(...rows.map(({ part }) => part.length));
  return rows.map(({ part, license }) => `${part.padEnd(width)}  ${license}\n`).join('');
}
