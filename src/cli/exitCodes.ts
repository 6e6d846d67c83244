// The one table of exit statuses. Scripts rely on the numbers; they are never given another meaning.

export const exitCodes = {
  ok: 0,
  failed: 1,
  refusedInput: 2,
  notAnswering: 3,
  notPossibleNow: 4,
  deadline: 5,
  brokenInvariant: 70,
} as const;

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'done',
  failed: 'it was tried and did not work',
  refusedInput:
    'the command line, the configuration or a file of the box cannot be used; nothing was changed',
  notAnswering: 'the agent does not run or does not answer',
  notPossibleNow: 'the state of the pair does not allow it now; nothing was changed',
  deadline: 'no end was seen in time; it may still come',
  brokenInvariant:
    'hotpair found itself in a state that must not be; the agent leaves a flight record',
};

/** The table for people, one line a status. */
export function exitCodeTable(): string {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  return names
    .map((name) => `${String(exitCodes[name]).padStart(3)}  ${meanings[name]}\n`)
    .join('');
}
