// The command line: which word is which command. Each command is loaded when it is asked for, so that the quick ones are
// quick.
import { HotpairError } from '../protocol/hotpairError.ts';
import { exitCodes, exitCodeTable } from './exitCodes.ts';

type Command = {
  /** One line of the general help; null: called by hotpair itself, and not shown to people. */
  readonly about: string | null;
  readonly load: () => Promise<CommandModule>;
};

/** What a command's module exports. */
type CommandModule = {
  readonly help: string;
  readonly run: (argv: readonly string[]) => Promise<number>;
};

const commands: Readonly<Record<string, Command>> = {
  init: { about: 'make this box the first of a new pair', load: () => import('./initCommand.ts') },
  join: { about: 'make this box the second of the pair', load: () => import('./joinCommand.ts') },
  agent: { about: 'run the agent in the foreground', load: () => import('./agentCommand.ts') },
  guardian: { about: null, load: () => import('./guardianCommand.ts') },
  companion: { about: null, load: () => import('./companionCommand.ts') },
  status: {
    about: 'role, pair, what is waited for and why',
    load: () => import('./statusCommand.ts'),
  },
  switchover: {
    about: 'exchange the roles of the two boxes',
    load: () => import('./switchoverCommand.ts'),
  },
  maintenance: {
    about: 'pause takeovers for a while',
    load: () => import('./maintenanceCommand.ts'),
  },
  takeover: {
    about: 'make this box primary although rows may be lost',
    load: () => import('./takeoverCommand.ts'),
  },
  events: { about: 'what happened on this box', load: () => import('./eventsCommand.ts') },
  replay: {
    about: 'run a flight record through the core: what was decided and why',
    load: () => import('./replayCommand.ts'),
  },
  divergence: {
    about: 'what only this box had before it was rewound or cloned',
    load: () => import('./divergenceCommand.ts'),
  },
  service: {
    about: 'what the guardian runs on this box; start, stop and restart it',
    load: () => import('./serviceCommand.ts'),
  },
  panel: {
    about: 'what the front panel shows',
    load: () => import('./panelCommand.ts'),
  },
  logs: { about: 'what a service has printed', load: () => import('./logsCommand.ts') },
  key: {
    about: 'exchange the key of the pair for a new one',
    load: () => import('./keyCommand.ts'),
  },
  board: {
    about: 'the boards that are known, and what this one settles',
    load: () => import('./boardCommand.ts'),
  },
  serial: {
    about: 'whether a serial port takes and gives every byte',
    load: () => import('./serialCommand.ts'),
  },
  config: { about: 'check, show, migrate or compare the configuration', load: loadConfigCommand },
  health: {
    about: 'whether the pair is well, now or after a while',
    load: () => import('./healthCommand.ts'),
  },
  update: {
    about: 'whether this box may be updated now',
    load: () => import('./updateCommand.ts'),
  },
  diagnostics: {
    about: 'write a bundle without secrets for whoever helps',
    load: () => import('./diagnosticsCommand.ts'),
  },
  licenses: {
    about: 'what the executable holds of others, and its bill of materials',
    load: () => import('./licensesCommand.ts'),
  },
  fsm: { about: 'print the table of the state machine', load: () => import('./fsmCommand.ts') },
  shutdown: {
    about: 'hand over and stop everything, before power off',
    load: () => import('./shutdownCommand.ts'),
  },
  unjoin: {
    about: 'take this box out of its pair for good',
    load: () => import('./unjoinCommand.ts'),
  },
  'factory-reset': {
    about: 'erase what this box holds of its pair, in two steps',
    load: () => import('./factoryResetCommand.ts'),
  },
};

/** Runs one command; `argv` is what follows the program's name. Returns its exit status, throws HotpairError. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  const [word, ...rest] = argv;
  if (word === undefined) {
    process.stderr.write(generalHelp());
    return exitCodes.refusedInput;
  }
  if (word === '--help' || word === '-h' || word === 'help') return help(rest[0]);
  const command = commandCalled(word);
  if (rest.includes('--help') || rest.includes('-h')) return help(word);
  const { run } = await command.load();
  return run(rest);
}

async function help(word: string | undefined): Promise<number> {
  if (word === undefined) process.stdout.write(generalHelp());
  else if (word === 'exit-codes') process.stdout.write(exitCodeTable());
  else process.stdout.write(await commandHelp(word));
  return exitCodes.ok;
}

async function commandHelp(word: string): Promise<string> {
  return (await commandCalled(word).load()).help;
}

function commandCalled(word: string): Command {
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (command === undefined) throw unknownCommand(word);
  return command;
}

function generalHelp(): string {
  const lines = Object.entries(commands).flatMap(([word, { about }]) =>
    about === null ? [] : [`  ${word.padEnd(13)} ${about}\n`],
  );
  return `hotpair: two boxes, one telephone system

${lines.join('')}
  hotpair help COMMAND     how a command is called
  hotpair help exit-codes  what the exit statuses mean
  hotpair --version
`;
}

function unknownCommand(word: string): HotpairError {
  const shown = Object.entries(commands).filter(([, { about }]) => about !== null);
  return new HotpairError('USAGE', 'there is no such command', {
    seen: word,
    allowed: shown.map(([name]) => name).join(', '),
    exitCode: exitCodes.refusedInput,
  });
}

async function loadConfigCommand(): Promise<CommandModule> {
  const { configCommand } = await import('./configCommand.ts');
  return {
    run: (argv) => configCommand(argv),
    help: `hotpair config check [FILE]          everything that is wrong with a configuration
hotpair config show [FILE] [--json]  what is in force and where it comes from
hotpair config schema                the JSON Schema of the file
hotpair config reference             every key with its meaning
hotpair config migrate [FILE] [--write]
                                     the file as the newest version has it, printed or written (the old one stays beside it)
hotpair config diff [--json] [--config FILE]
                                     what the other box has otherwise, asked over the heartbeat port; secrets are compared and not
                                     shown. Exit status 0 where only differs what must, 1 where more does
`,
  };
}
