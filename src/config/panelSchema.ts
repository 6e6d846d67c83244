// The keys of the front: the panel with its text, keys and lights, and lights of the case that the kernel knows.
import * as z from 'zod';
import { canonicalAddress } from './address.ts';
import { facts } from './facts.ts';
import { absolutePath, refuse, written } from './values.ts';

/** The lights that every box has, top to bottom. */
export const lightNames = ['box', 'role', 'peer', 'database'] as const;
/** The colours that a light may have a device for. */
export const ledColours = ['green', 'amber', 'red'] as const;

const baudRates = [9_600, 19_200, 38_400, 57_600, 115_200] as const;

/** The section `panel`. */
export function panelSection() {
  return z
    .strictObject({
      driver: z.enum(['crystalfontz', 'matrix-orbital', 'lcdproc']).optional().register(facts, {
        description:
          'Which panel the box has: a CFA-635 or CFA-633, an LK204-7T-1U, or whatever LCDd of LCDproc knows. There is none where this is missing.',
        example: 'crystalfontz',
      }),
      device: absolutePath().optional().register(facts, {
        description: 'Serial port of a crystalfontz or matrix-orbital.',
        allowed: 'absolute path of a device',
        example: '/dev/ttyS1',
      }),
      model: panelModel().optional().register(facts, {
        description: 'Model of a crystalfontz: 635 has 4 lines of 20, 633 has 2 lines of 16.',
        allowed: "'635' or '633'",
        derived: "'635' with crystalfontz",
        example: '635',
      }),
      baud: baudRate()
        .optional()
        .register(facts, {
          description: 'Speed of the serial port.',
          allowed: baudRates.join(', '),
          derived: '115200 for a 635, 19200 for the others',
          example: 115_200,
        }),
      host: hostAddress().optional().register(facts, {
        description: 'Where LCDd listens.',
        allowed: 'IP address',
        derived: '127.0.0.1 with lcdproc',
        example: '127.0.0.1',
      }),
      port: z.int().min(1).max(65_535).optional().register(facts, {
        description: 'TCP port of LCDd.',
        allowed: '1 to 65535',
        derived: '13666 with lcdproc',
        example: 13_666,
      }),
    })
    .prefault({})
    .register(facts, {
      description:
        'The front panel of the box, see [panel.md](panel.md). A panel that is missing or broken disturbs nothing.',
    });
}

/** The section `leds`. */
export function ledsSection() {
  return z
    .strictObject({
      box: light('how the box is'),
      role: light('what it is in the pair'),
      peer: light('how the other box is seen'),
      database: light('how the database stands'),
    })
    .prefault({})
    .register(facts, {
      description:
        'Lights of the case under `/sys/class/leds`, beside those of the panel. What they mean is in [panel.md](panel.md).',
    });
}

function light(tells: string) {
  return z
    .strictObject({
      green: led('green'),
      amber: led('amber; where there is none, green and red together'),
      red: led('red'),
    })
    .prefault({})
    .register(facts, { description: `The light that tells ${tells}.` });
}

function led(colour: string) {
  return written((text) =>
    /^[A-Za-z0-9][A-Za-z0-9:._+-]{0,62}$/.test(text)
      ? { value: text }
      : refuse('CONFIG_NAME', 'this cannot be the name of a light under /sys/class/leds'),
  )
    .optional()
    .register(facts, {
      description: `Name of the light under /sys/class/leds that is ${colour}.`,
      allowed: 'name of a folder there',
      example: 'hotpair:green:box',
    });
}

/** A number is what a person writes, a text is what is meant: both are taken. */
function panelModel() {
  return z.union([z.string(), z.number()]).transform((input, context): '635' | '633' => {
    const text = String(input);
    if (text === '635' || text === '633') return text;
    const message = 'this model is not known';
    context.issues.push({ code: 'custom', input, message, params: { code: 'CONFIG_CHOICE' } });
    return z.NEVER;
  });
}

function baudRate() {
  return z.int().transform((input, context) => {
    if (baudRates.some((rate) => rate === input)) return input;
    const message = 'no panel has this speed';
    context.issues.push({ code: 'custom', input, message, params: { code: 'CONFIG_RANGE' } });
    return z.NEVER;
  });
}

function hostAddress() {
  return written((text) => {
    const address = canonicalAddress(text);
    return address === undefined
      ? refuse('CONFIG_ADDRESS', 'this is no IP address')
      : { value: address };
  });
}
