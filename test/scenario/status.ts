// The status of both boxes and of the rows, a few lines as an operator would read them.
import { hindranceText } from '../../src/words/statusText.ts';
import { summarize } from '../../src/core/summary.ts';
import type { Box } from '../simulator/box.ts';
import type { Site } from './site.ts';

export function statusLines(site: Site): readonly string[] {
  return [...site.world.boxes.flatMap(boxLines), `rows  ${site.client.summary}`];
}

function boxLines(box: Box): readonly string[] {
  const { agent, name } = box;
  if (!box.powered) return [`${name}     is off`];
  if (agent === null) return [`${name}     the agent does not run`];
  const summary = summarize(agent.state, agent.settings, box.clockMs());
  const { role, mode, epoch, eligible, alarms, waitingFor, reason, peerHeard, hindrance } = summary;
  const hindered = !peerHeard && mode === 'paired' && hindrance !== null;
  const what =
    role === 'primary'
      ? mode === 'paired'
        ? 'primary, commits are on both boxes'
        : 'primary, commits are on this box only'
      : role === 'standby'
        ? `standby, ${eligible ? 'can take over' : 'cannot take over now'}`
        : `serves nothing (${summary.state})`;
  return [
    `${name}     ${what} (epoch ${epoch ?? '-'}): ${reason}`,
    ...(waitingFor === null || waitingFor === reason ? [] : [`      waits for: ${waitingFor}`]),
    ...(hindered ? [`      not alone yet: ${hindranceText[hindrance] ?? hindrance}`] : []),
    ...(alarms.length === 0 ? [] : [`      alarms: ${alarms.join(', ')}`]),
  ];
}
