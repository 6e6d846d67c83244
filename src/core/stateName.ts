// The states of a node, in the order in which a life usually meets them. SPEC.md says what each means.
export const stateNames = [
  'unpaired',
  'starting',
  'opening',
  'solo',
  'pairing',
  'paired',
  'leaving',
  'handingOver',
  'rejoining',
  'standby',
  'takingOver',
  'steppingDown',
] as const;

export type StateName = (typeof stateNames)[number];
