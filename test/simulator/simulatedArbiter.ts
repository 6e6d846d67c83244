// The arbiters that a world can have. `manual` is not among them: it decides nothing that could go wrong.

export const arbiters = ['lan', 'etcd', 'fence'] as const;
export type SimulatedArbiter = (typeof arbiters)[number];
