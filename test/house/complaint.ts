// What a house rule has against a file, and how a rule says it.

import { lineAt } from './sourceText.ts';

/** A file of the tree; `path` is relative to its top, with slashes. */
export type SourceFile = { readonly path: string; readonly text: string };

export type Complaint = {
  readonly rule: RuleName;
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
};

export type RuleName =
  | 'importDirection'
  | 'importEnding'
  | 'corePurity'
  | 'fileName'
  | 'fileLength'
  | 'fileHeader'
  | 'defaultExport'
  | 'testThatDoesNotRun'
  | 'unfinishedWork'
  | 'machinePath'
  | 'lockfileHost'
  | 'errorCode';

/** One complaint for each place where `pattern` (with the flag g) is found in `text`. */
export function complainWhere(
  file: SourceFile,
  rule: RuleName,
  text: string,
  pattern: RegExp,
  sentence: (found: string) => string,
): readonly Complaint[] {
  return [...text.matchAll(pattern)].map((match) => ({
    rule,
    path: file.path,
    line: lineAt(text, match.index),
    sentence: sentence(match[0].trim()),
  }));
}

/** A complaint about the file as a whole. */
export function atTop(file: SourceFile, rule: RuleName, sentence: string): Complaint {
  return { rule, path: file.path, line: 1, sentence };
}
