// The key `board`: a word that names a profile.
import { boardCalled } from './boardProfile.ts';
import { facts } from './facts.ts';
import { refuse, written } from './values.ts';

export function boardNamed() {
  return written((text) =>
    text === 'auto' || text === 'none' || boardCalled(text) !== undefined
      ? { value: text }
      : refuse('CONFIG_BOARD', 'no board is called so'),
  )
    .prefault('auto')
    .register(facts, {
      description:
        'The hardware, which settles defaults of other keys: ports, watchdog, panel, lights. What this file says wins. auto: what the firmware (DMI) or the device tree says, none where it is unknown. See docs/boards.md.',
      allowed: 'auto, none, or a name of `hotpair board list`',
      example: 'generic-x86_64',
    });
}
