// Socket filters in classic BPF (Linux Documentation/networking/filter.rst). They keep a busy LAN's
// other traffic from waking the agent.

/** The width of a field that a filter looks at, and where it begins in the frame. */
export type FilterField = { readonly width: 8 | 16 | 32; readonly offset: number };

export type FrameFilter = {
  /** Every one of these must hold. */
  readonly all: readonly (FilterField & { readonly value: number })[];
  /** And at least one value of one of these. */
  readonly any: readonly (FilterField & { readonly values: readonly number[] })[];
};

const LOAD = { 32: 0x20, 16: 0x28, 8: 0x30 } as const; // BPF_LD | BPF_ABS | size
const JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const RETURN = 0x06;
const WHOLE_FRAME = 0xffff;
const INSTRUCTION_BYTES = 8;

type Instruction = {
  readonly code: number;
  readonly value: number;
  readonly ifEqual?: 'next' | 'accept';
  readonly ifOther?: 'next' | 'refuse';
};

/**
 * The program as an array of `struct sock_filter`, 8 bytes an instruction, little-endian. A field
 * beyond the end of a frame refuses it. At most about 200 values: jumps are one byte long.
 */
export function encodeFilter(filter: FrameFilter): Buffer {
  const program: Instruction[] = [
    ...filter.all.flatMap((field): Instruction[] => [
      { code: LOAD[field.width], value: field.offset },
      { code: JUMP_IF_EQUAL, value: field.value, ifEqual: 'next', ifOther: 'refuse' },
    ]),
    ...filter.any.flatMap((field): Instruction[] => [
      { code: LOAD[field.width], value: field.offset },
      ...field.values.map((value) => accepting(value)),
    ]),
    { code: RETURN, value: 0 },
    { code: RETURN, value: WHOLE_FRAME },
  ];
  const bytes = Buffer.allocUnsafeSlow(program.length * INSTRUCTION_BYTES);
  program.forEach((instruction, index) => {
    const toRefuse = program.length - 2 - index - 1;
    const at = index * INSTRUCTION_BYTES;
    bytes.writeUInt16LE(instruction.code, at);
    bytes.writeUInt8(instruction.ifEqual === 'accept' ? toRefuse + 1 : 0, at + 2);
    bytes.writeUInt8(instruction.ifOther === 'refuse' ? toRefuse : 0, at + 3);
    bytes.writeUInt32LE(instruction.value >>> 0, at + 4);
  });
  return bytes;
}

function accepting(value: number): Instruction {
  return { code: JUMP_IF_EQUAL, value, ifEqual: 'accept', ifOther: 'next' };
}
