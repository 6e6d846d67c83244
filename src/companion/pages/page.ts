// What a page is: a glance that fits on the panel, and details that are scrolled.
import type { StatusJson } from '../../daemon/status.ts';
import type { Size } from '../pageText.ts';
import type { View } from '../view.ts';

export const pageNames = [
  'role',
  'database',
  'network',
  'services',
  'alarms',
  'identity',
  'switchover',
] as const;
export type PageName = (typeof pageNames)[number];

export type Page = {
  readonly name: PageName;
  /** Lines, the most important ones first; those that the panel has no room for are left out. */
  readonly glance: (view: View, status: StatusJson, size: Size) => readonly string[];
  /** Sentences; they are broken into lines where they are shown. */
  readonly details: (view: View, status: StatusJson) => readonly string[];
  /** The same where the agent does not answer; absent where nothing is known without it. */
  readonly alone?: {
    readonly glance: (view: View, size: Size) => readonly string[];
    readonly details: (view: View) => readonly string[];
  };
};
