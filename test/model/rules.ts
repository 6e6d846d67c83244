// The rules of the protocol that the model can do without: each is a switch, and the search must find what each prevents.

export const allRules = {
  barrier: true,
  recordBeforeGrant: true,
  catchupNeverPromotes: true,
  grantsAreOfNow: true,
  noTimeoutTakesBack: true,
  operatorSkipsOne: true,
  operatorCountsThePairing: true,
  consentIsExact: true,
  consentIsWrittenFirst: true,
  restartGate: true,
  longerLogIsNotConsented: true,
  recordBeforeClearing: true,
  recordBeforePromotion: true,
  startedNodeWaits: true,
  muteWhileLeaving: true,
  handoverWaitsForTheLog: true,
  handbackProvesTheLog: true,
  higherEpochStops: true,
  /** `lan` */
  windowClosesFirst: true,
  addressOffIsABreak: true,
  probeVetoes: true,
  /** `etcd` */
  claimIsSettled: true,
  claimNamesRevision: true,
  publishingOnlyRaises: true,
  operatorIsEntered: true,
  orderIsRefused: true,
  /** `fence` */
  fenceIsVerified: true,
} as const;

export type RuleName = keyof typeof allRules;
export type Rules = Readonly<Record<RuleName, boolean>>;

export function rulesWithout(name: RuleName): Rules {
  return { ...allRules, [name]: false };
}
