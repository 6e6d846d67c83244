// The parts of one opened database, put together: what every act on it works with.
import { binariesOnce } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { holdConnection } from './connection.ts';
import type { HeldConnection } from './connection.ts';
import type { DatabaseOptions } from './databaseOptions.ts';
import { openGeneratedFiles } from './generatedFiles.ts';
import type { GeneratedFiles } from './generatedFiles.ts';
import { openServerProcess } from './serverProcess.ts';
import type { ServerProcess } from './serverProcess.ts';
import { systemUser } from './systemUser.ts';
import type { SystemUser } from '../../kernel/systemUser.ts';

export type Instance = {
  readonly options: DatabaseOptions;
  readonly user: SystemUser;
  readonly files: GeneratedFiles;
  readonly server: ServerProcess;
  /** Looks and commands; its own commits never wait for the standby. */
  readonly main: HeldConnection;
  /** Commits as a client does, to see whether commits wait. */
  readonly probe: HeldConnection;
  readonly binaries: () => Promise<Binaries>;
};

export function openInstance(options: DatabaseOptions): Instance {
  const user = systemUser(options.user);
  const server = openServerProcess(options, user);
  server.adopt();
  const mayConnect = (): boolean => server.isReady();
  return {
    options,
    user,
    server,
    files: openGeneratedFiles(options, user),
    main: holdConnection({ options, name: 'hotpair', synchronousCommit: 'local', mayConnect }),
    probe: holdConnection({ options, name: 'hotpair probe', synchronousCommit: 'on', mayConnect }),
    binaries: binariesOnce(options.binDirectory, options.dataDirectory, user),
  };
}

export function closeInstance(instance: Instance): void {
  instance.main.close();
  instance.probe.close();
  instance.server.close();
}
