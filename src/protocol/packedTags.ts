// The first byte of a packed value: what follows it. Packed values are the inside of a flight record; writer and reader
// are in packedWriter.ts and packedReader.ts. Numbers of tags are never given another meaning.
export const tags = {
  /** Equal to the base, which both sides know: the value before it in the same place. */
  same: 0,
  null: 1,
  true: 2,
  false: 3,
  undefined: 4,
  /** A whole number. */
  whole: 5,
  /** A whole number as its difference to the base. */
  wholeChange: 6,
  /** Eight bytes of IEEE 754: every other number, infinities and -0 among them. */
  double: 7,
  /** Milliseconds that are a whole number of nanoseconds, as those. */
  nanoseconds: 8,
  nanosecondsChange: 9,
  /** Bytes of the magnitude, big-endian. */
  bigPositive: 10,
  bigNegative: 11,
  /** A bigint as its difference to the base. */
  bigChange: 12,
  /** A string that may be repeated by its number from then on. */
  text: 13,
  textAgain: 14,
  /** UTF-16 code units, for a string that UTF-8 cannot hold. */
  textUnits: 15,
  array: 16,
  /** As long as the base: bits for the items that differ, then these. */
  arrayChange: 17,
  /** An object with keys that may be repeated by their number from then on. */
  object: 18,
  objectAgain: 19,
  /** The keys of the base: bits for the fields that differ, then these. */
  objectChange: 20,
} as const;

/** Longer strings, and those past the limit, are written out each time, so that neither side remembers without bound. */
export const longestRemembered = 64;
export const mostRemembered = 4096;

/** Whole numbers from here on are written as doubles: twice a difference of two, and one, must be exact. */
export const largestWhole = 2 ** 51;

export const deepest = 24;
