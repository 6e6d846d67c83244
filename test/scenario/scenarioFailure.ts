// A scenario that did not go as its script says: the script has a word that nobody knows, an expectation is not met, or
// an invariant is broken.

export class ScenarioFailure extends Error {
  override readonly name = 'ScenarioFailure';
}
