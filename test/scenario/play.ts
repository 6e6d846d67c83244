// Plays one scenario and gives its text with the story that was told, or the failure with its file and line.
import { obey } from './commands.ts';
import type { Play } from './commands.ts';
import { commandText, scriptLines, storyText } from './script.ts';
import { ScenarioFailure } from './scenarioFailure.ts';
import { plainSetup } from './setup.ts';

export type Played = {
  /** The scenario with the story as it was told, up to the failure if there is one. */
  readonly text: string;
  /** `A01-x.txt:12: ...`, or null when every expectation was met. */
  readonly failure: string | null;
};

export function playScenario(file: string, text: string): Played {
  const play: Play = { setup: plainSetup, site: null };
  const told: string[] = [];
  for (const line of scriptLines(text)) {
    told.push(commandText(line));
    if (line.kind === 'prose') continue;
    const failure = tried(() => obey(play, line.text));
    told.push(...(play.site?.story.take() ?? []).map(storyText));
    if (failure !== null)
      return { text: `${told.join('\n')}\n`, failure: `${file}:${line.number}: ${failure}` };
  }
  return { text: `${told.join('\n')}\n`, failure: null };
}

function tried(run: () => void): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof ScenarioFailure) return error.message;
    throw error;
  }
}
