// Every bug of the core that the simulator found, by what it was about. What an entry is stands in regression.ts.
import type { Regression } from './regression.ts';
import { contactRegressions } from './regressions/contact.ts';
import { evidenceRegressions } from './regressions/evidence.ts';
import { gateRegressions } from './regressions/gate.ts';
import { handoverRegressions } from './regressions/handover.ts';
import { ledgerRegressions } from './regressions/ledger.ts';
import { orderRegressions } from './regressions/orders.ts';
import { rejoinRegressions } from './regressions/rejoin.ts';

export const regressions: readonly Regression[] = [
  ...handoverRegressions,
  ...gateRegressions,
  ...rejoinRegressions,
  ...contactRegressions,
  ...evidenceRegressions,
  ...ledgerRegressions,
  ...orderRegressions,
];
