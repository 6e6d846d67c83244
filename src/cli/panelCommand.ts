// `hotpair panel`: what the front panel shows, on a terminal; also for boxes that have none.
import { agentAnswer } from '../companion/agentWatch.ts';
import { readBoxFacts } from '../companion/boxFacts.ts';
import { takeInventory } from '../companion/inventory.ts';
import type { Size } from '../companion/pageText.ts';
import { pageNames } from '../companion/pages/page.ts';
import type { PageName } from '../companion/pages/page.ts';
import { detailsAt } from '../companion/pages/pages.ts';
import { lightsLine, pagePicture } from '../companion/picture.ts';
import type { View } from '../companion/view.ts';
import { companionSettings } from '../daemon/companionDescription.ts';
import { simulatedModels } from '../io/panel/simulatedPanel.ts';
import { askAgent } from '../daemon/control/controlClient.ts';
import { readGround } from '../daemon/ground.ts';
import { configOption, parseCommandLine, refuseExtra, usageError } from './commandLine.ts';
import { exitCodes } from './exitCodes.ts';

const usage =
  'hotpair panel show [--page NAME] [--details] [--size 20x4] | simulate [--model 635] [--link PATH] [--config FILE]';
const answerDeadlineMs = 3_000;
const smallest: Size = { columns: 16, rows: 2 };
const largest: Size = { columns: 40, rows: 8 };

export const help = `hotpair panel show [--page NAME] [--details] [--size 20x4] [--config FILE]
hotpair panel simulate [--model 635|633|lk204] [--link PATH] [--config FILE]

show prints the pages of the front panel as they are now, and what its lights show.
  --page     one of ${pageNames.join(', ')}
  --details  with what ENTER shows on the panel
  --size     columns and rows, ${sizeText(smallest)} to ${sizeText(largest)}
Exit status 3 where the agent does not answer; then the pages say so, as the panel does.

simulate draws a panel on this terminal; arrows, Enter and Esc are its keys. A switchover that is ordered there is one.
  --model  CFA-635 (4 lines of 20), CFA-633 (2 of 16) or LK204-7T-1U (4 of 20)
  --link   only the panel: its port gets this name, for panel.device of a configuration
`;

export async function run(argv: readonly string[]): Promise<number> {
  const options = {
    ...configOption,
    page: { type: 'string' },
    details: { type: 'boolean' },
    size: { type: 'string' },
    model: { type: 'string' },
    link: { type: 'string' },
  } as const;
  const { values, positionals } = parseCommandLine(usage, argv, options);
  const [word, ...rest] = positionals;
  refuseExtra(usage, rest);
  const { page, details, size, model, link, config } = values;
  const isOfShow = [page, details, size].some((each) => each !== undefined);
  const isOfSimulate = [model, link].some((each) => each !== undefined);
  if (word === 'show' && !isOfSimulate) return show({ page, details, size, config });
  if (word === 'simulate' && !isOfShow) return simulate({ model, link, config });
  throw usageError(usage, `${word ?? 'nothing'} with these options is not expected here`);
}

type ShowValues = {
  readonly page: string | undefined;
  readonly details: boolean | undefined;
  readonly size: string | undefined;
  readonly config: string;
};

async function show(values: ShowValues): Promise<number> {
  const size = sizeOf(values.size ?? '20x4');
  const names = values.page === undefined ? pageNames : [pageCalled(values.page)];
  const view = await liveView(values.config, values.details === true && names.includes('identity'));
  process.stdout.write(
    names.map((name) => pageText(name, view, size, values.details === true)).join('\n'),
  );
  process.stdout.write(`\nlights: ${lightsLine(view)}\n`);
  return view.agent.type === 'answering' ? exitCodes.ok : exitCodes.notAnswering;
}

type SimulateValues = {
  readonly model: string | undefined;
  readonly link: string | undefined;
  readonly config: string;
};

async function simulate({ model = '635', link, config }: SimulateValues): Promise<number> {
  const { simulatePanel } = await import('./panelSimulation.ts');
  const known = simulatedModels.find((each) => each === model);
  if (known === undefined)
    throw usageError(usage, `there is no model ${model}: there is ${simulatedModels.join(', ')}`);
  return simulatePanel({
    model: known,
    link: link ?? null,
    config: () => readGround(config).config,
  });
}

async function liveView(configPath: string, needsInventory: boolean): Promise<View> {
  const { config } = readGround(configPath);
  const place = companionSettings(config);
  const asked = askAgent(place.runDirectory, { command: 'status' }, answerDeadlineMs);
  return {
    place,
    agent: await agentAnswer(asked),
    facts: readBoxFacts(),
    inventory: needsInventory ? await takeInventory() : null,
  };
}

function pageText(name: PageName, view: View, size: Size, withDetails: boolean): string {
  const picture = `${name}\n${pagePicture(name, view, size)}`;
  if (!withDetails) return picture;
  return `${picture}${detailsAt(name, view, size.columns)
    .map((line) => ` ${line}\n`)
    .join('')}`;
}

function pageCalled(name: string): PageName {
  const found = pageNames.find((each) => each === name);
  if (found !== undefined) return found;
  throw usageError(usage, `there is no page ${name}: there is ${pageNames.join(', ')}`);
}

function sizeOf(text: string): Size {
  const [, columns = 0, rows = 0] = /^(\d{1,3})x(\d{1,3})$/.exec(text)?.map(Number) ?? [];
  const isUsable =
    columns >= smallest.columns &&
    columns <= largest.columns &&
    rows >= smallest.rows &&
    rows <= largest.rows;
  if (isUsable) return { columns, rows };
  throw usageError(usage, `${text} is no size: ${sizeText(smallest)} to ${sizeText(largest)}`);
}

function sizeText({ columns, rows }: Size): string {
  return `${columns}x${rows}`;
}
