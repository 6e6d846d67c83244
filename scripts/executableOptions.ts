// The options of Node with which dist/hotpair runs.

/**
 * The agent decides within milliseconds and shares a small appliance: a small young generation
 * keeps pauses short. Garbage is collected by the main thread alone: it is real-time and V8's
 * helpers are not, and a collector that waits for its helpers asks the event loop again and again
 * without a pause. The helpers then get no processor, and nothing else does either, until the
 * kernel takes the processor away from real-time threads (950 ms of each second). One helper is
 * left for the compiler, which nobody waits for.
 *
 * The two warnings come from node:ffi and from url.parse in a dependency; neither tells the person
 * at the console anything.
 */
export const executableOptions = [
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=DEP0169',
  '--max-old-space-size=64',
  '--max-semi-space-size=1',
  '--single-threaded-gc',
  '--v8-pool-size=1',
];
